"""The pitch of a recorded or decoded note: its fundamental, and how far it is from the one that it should have.

Source: the fundamental by the biased autocorrelation estimator, as in the Ukulelatent report (IRCAM ATIAM 2018/19). Two
cares are ours: its lags are interpolated, because the period of a high note is no whole number of samples, and a
multiple that is nearer to one would win; and only tops count, because a low note's shortest lags correlate well without
being one.
"""

from __future__ import annotations

import numpy as np

from oscvae.arrays import Float32s
from oscvae.errors import SoundFileError
from oscvae.units import cents

_FINE = 8  # lags between two samples
_WINDOW_S = 0.5
_REACH_CENTS = 60.0
_PARTIALS = (1, 2)  # a stiff string's higher partials are sharp
_ZERO_PADDING = 4


def fundamental_hz(sound: Float32s, sample_rate: int, low_hz: float, high_hz: float) -> float:
    """The fundamental of a sound between two frequencies, in Hz, by the biased autocorrelation.

    Raises SoundFileError for a sound that is shorter than the shortest period.
    """
    size = sound.size
    correlation = np.fft.irfft(np.abs(np.fft.rfft(sound, 2 * size)) ** 2, 2 * size * _FINE)
    shortest = max(1, int(_FINE * sample_rate / high_hz))
    longest = min(_FINE * size - 2, int(np.ceil(_FINE * sample_rate / low_hz)))
    if longest <= shortest:
        raise SoundFileError(f"its {size / sample_rate:.3f} s are too short to tell a pitch")
    here = correlation[shortest : longest + 1]
    tops = (here >= correlation[shortest - 1 : longest]) & (here >= correlation[shortest + 1 : longest + 2])
    lag = shortest + int(np.argmax(np.where(tops, here, -np.inf)))
    before, top, after = (float(value) for value in correlation[lag - 1 : lag + 2])
    curve = before - 2.0 * top + after
    offset = 0.5 * (before - after) / curve if curve < 0.0 else 0.0
    return _FINE * sample_rate / (lag + min(max(offset, -0.5), 0.5))


def detune_cents(sound: Float32s, sample_rate: int, f0_hz: float) -> float:
    """How far the first two partials lie from f0_hz and its octave, weighted by their amplitudes."""
    size = min(sound.shape[0], round(_WINDOW_S * sample_rate))
    mags = np.abs(np.fft.rfft(sound[:size] * np.hanning(size), _ZERO_PADDING * size))
    per_bin_hz = sample_rate / (_ZERO_PADDING * size)
    reach = 2.0 ** (_REACH_CENTS / 1200.0)
    deviation, weight = [], []
    for partial in _PARTIALS:
        low, high = int(partial * f0_hz / reach / per_bin_hz), int(np.ceil(partial * f0_hz * reach / per_bin_hz))
        peak = low + int(np.argmax(mags[low : high + 1]))
        left, middle, right = np.log(mags[peak - 1 : peak + 2] + 1e-20)
        bend = left - 2.0 * middle + right
        offset = 0.5 * (left - right) / bend if bend < 0.0 else 0.0
        place = peak + min(max(offset, -0.5), 0.5)  # on a slope that rises beyond the reach it would lie anywhere
        deviation.append(cents(place * per_bin_hz, partial * f0_hz))
        weight.append(float(mags[peak]))
    return float(np.average(deviation, weights=np.array(weight) + 1e-20))
