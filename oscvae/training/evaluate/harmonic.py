"""The partials of one plucked note: pitch, octave, inharmonicity, harmonic-to-noise ratio.

Sources: the biased autocorrelation estimator of the fundamental, as in the Ukulelatent report (IRCAM ATIAM 2018/19);
H. Fletcher, Normal Vibration Frequencies of a Stiff Piano String, JASA 36, 1964 (f_h = h f sqrt(1 + B h^2));
F. J. Harris, On the Use of Windows for Harmonic Analysis with the DFT, Proc. IEEE 66(1), 1978 (the window).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Float64s
from oscvae.units import cents

WINDOW_S = 0.5
"""How much of a note is analysed."""
HIGHEST_HZ = 8000.0
"""Partials and noise are compared up to here."""

_BLACKMAN_HARRIS = (0.35875, -0.48829, 0.14128, -0.01168)  # side lobes 92 dB down: a partial does not look like noise
_LOBE_BINS = 5  # half the main lobe, and one bin for a partial that decays
_ZERO_PADDING = 4
_MOST_PARTIALS = 40
_REACH = 0.25  # of the fundamental, around where a partial is expected
_WIDTH = 0.08  # of the fundamental: what belongs to a partial, where that is wider than the lobe
_FAINTEST_DB = -50.0  # below the strongest partial: what is fainter is not trusted to place a partial
_PROMINENCE_DB = 12.0  # over what lies between it and its neighbours
_FEWEST_PARTIALS = 4
_OWN_PARTIALS, _SAME_PARTIALS = 1.25, 0.99  # of the energy of the expected ones
_SAME_CENTS = 50.0  # half a semitone
_FINE = 8  # autocorrelation lags between two samples
_BLOCK_HZ = 100.0  # wide enough to hold more of what lies between the partials of a low note than of the partials
_AS_GOOD = 0.9  # of the highest autocorrelation: an octave higher needs its odd partials 13 dB below the even ones
_TOO_FAINT = 1e-2  # of the strongest: 20 dB below it, nothing decides a pitch
_STANDS_OUT = 30.0  # times the lower quartile of its block: noise rarely does


@dataclass(frozen=True)
class Partials:
    """What the partials of a note say."""

    fundamental_hz: float
    """f of the stiff string's f_h = h f sqrt(1 + B h^2); the expected one where too few partials are heard."""
    stiffness: float
    """B; NaN where fewer than four partials are heard."""
    hnr_db: float
    """Energy of the partials against everything else up to `HIGHEST_HZ`."""


def fundamental_hz(sound: Float32s, sample_rate: int, low_hz: float, high_hz: float) -> float:
    """The fundamental between two frequencies, in Hz, by the autocorrelation of the first half second.

    Departs from the published estimator three times. What does not stand out of its surroundings is left out of the
    spectrum: the body that rings on below a short high note would else be taken for its lower octave. The lags are
    interpolated, so that the period of a high note is not rounded. And of several periods that are about as good, the
    shortest is meant.
    """
    size = min(sound.size, round(WINDOW_S * sample_rate))
    power = np.abs(np.fft.rfft(sound[:size] * _window(size), 2 * size)) ** 2
    block = max(4, round(_BLOCK_HZ * 2 * size / sample_rate))
    blocks = power[: power.size // block * block].reshape(-1, block)
    quiet = np.maximum(
        _STANDS_OUT * np.percentile(blocks, 25.0, axis=1, keepdims=True), _TOO_FAINT * float(blocks.max())
    )
    standing = np.where(blocks > quiet, blocks, 0.0).ravel()
    correlation = np.fft.irfft(np.pad(standing, (0, power.size - standing.size)), 2 * size * _FINE)
    shortest = max(1, math.floor(_FINE * sample_rate / high_hz))
    longest = min(size * _FINE - 2, math.ceil(_FINE * sample_rate / low_hz))
    here = correlation[shortest : longest + 1]
    tops = (here >= correlation[shortest - 1 : longest]) & (here >= correlation[shortest + 1 : longest + 2])
    lag = shortest + int(np.argmax(tops & (here >= _AS_GOOD * here[tops].max(initial=0.0))))
    return float(_FINE * sample_rate / (lag + _vertex(correlation[lag - 1 : lag + 2])))


def octaves_off(found_hz: float, expected_hz: float) -> int | None:
    """By how many octaves a pitch is wrong, 0 for none; None where it is off by anything else."""
    off_cents = cents(found_hz, expected_hz)
    octaves = round(off_cents / 1200.0)
    return octaves if abs(off_cents - 1200.0 * octaves) <= _SAME_CENTS else None


def explains_better(sound: Float32s, sample_rate: int, other_hz: float, expected_hz: float) -> bool:
    """Whether the partials of another fundamental tell more of a note than those of the expected one.

    A lower one must have partials of its own between those expected. A higher one must leave nothing but what is 20 dB
    down: real harps and shamisens have notes whose odd partials are 12 to 18 dB below the even ones.
    """
    power, per_bin_hz = _spectrum(sound, sample_rate)
    other, expected = (_energies(power, per_bin_hz, hz, 0.0)[0] for hz in (other_hz, expected_hz))
    return other > (_OWN_PARTIALS if other_hz < expected_hz else _SAME_PARTIALS) * expected


def partials(sound: Float32s, sample_rate: int, expected_hz: float) -> Partials:
    """Of the first half second of a note whose fundamental is known to within a few percent."""
    power, per_bin_hz = _spectrum(sound, sample_rate)
    fundamental, stiffness = _stiff_string(power, per_bin_hz, expected_hz)
    harmonic, noise = _energies(power, per_bin_hz, fundamental, 0.0 if math.isnan(stiffness) else stiffness)
    return Partials(fundamental, stiffness, 10.0 * math.log10((harmonic + 1e-30) / (noise + 1e-30)))


def _spectrum(sound: Float32s, sample_rate: int) -> tuple[Float64s, float]:
    """Power, zero-padded, and the Hz from one bin to the next."""
    size = min(sound.size, round(WINDOW_S * sample_rate))
    power: Float64s = np.abs(np.fft.rfft(sound[:size] * _window(size), _ZERO_PADDING * size)) ** 2
    return power, sample_rate / (_ZERO_PADDING * size)


def _stiff_string(power: Float64s, per_bin_hz: float, expected_hz: float) -> tuple[float, float]:
    """(f, B), by least squares on (f_h / h)^2 = f^2 (1 + B h^2), each partial sought where the lower ones put it."""
    square, slope = expected_hz**2, 0.0
    orders: list[int] = []
    places: list[float] = []
    strongest = 0.0
    for h in range(1, _MOST_PARTIALS + 1):
        guess_hz = h * math.sqrt(max(square + slope * h * h, 0.25 * square))
        begin = round((guess_hz - _REACH * expected_hz) / per_bin_hz)
        end = round((guess_hz + _REACH * expected_hz) / per_bin_hz) + 1
        if guess_hz > HIGHEST_HZ or end + 1 >= power.size or begin < 1:
            break
        peak = begin + int(np.argmax(power[begin:end]))
        height = float(power[peak])
        strongest = max(strongest, height)
        if height < strongest * 10.0 ** (_FAINTEST_DB / 10.0) or height <= 0.0 or peak in (begin, end - 1):
            continue
        if height < 10.0 ** (_PROMINENCE_DB / 10.0) * float(np.median(power[begin:end])):
            continue
        orders.append(h)
        places.append((peak + _vertex(np.log(power[peak - 1 : peak + 2] + 1e-300))) * per_bin_hz)
        if len(orders) >= _FEWEST_PARTIALS:
            slope, square = np.polyfit(np.square(orders), np.square(np.array(places) / orders), 1)
    if len(orders) < _FEWEST_PARTIALS or square <= 0.0:
        return expected_hz, math.nan
    return math.sqrt(square), float(slope / square)


def _energies(power: Float64s, per_bin_hz: float, fundamental: float, stiffness: float) -> tuple[float, float]:
    """Of the partials, and of everything else; noise under a partial is taken to be as strong as beside it."""
    harmonic = noise = 0.0
    begin = round(20.0 / per_bin_hz)
    for h in range(1, round(HIGHEST_HZ / fundamental) + 2):
        place_hz = h * fundamental * math.sqrt(max(1.0 + stiffness * h * h, 0.25))
        end = round((place_hz + 0.5 * fundamental) / per_bin_hz)
        if place_hz > HIGHEST_HZ or end >= power.size:
            break
        half = max(_LOBE_BINS * _ZERO_PADDING, round(_WIDTH * fundamental / per_bin_hz))
        peak = round(place_hz / per_bin_hz)
        left, right = max(begin, peak - half), min(end, peak + half + 1)
        around, total = power[begin:end], float(power[begin:end].sum())
        inside = float(power[left:right].sum())
        outside_bins = around.size - (right - left)
        below = (total - inside) / outside_bins * (right - left) if outside_bins > 0 else 0.0
        harmonic += max(0.0, inside - below)
        noise += total - inside + min(inside, below)
        begin = end
    return harmonic, noise


def _window(size: int) -> Float64s:
    phase = 2.0 * np.pi * np.arange(size) / size
    return np.sum([weight * np.cos(k * phase) for k, weight in enumerate(_BLACKMAN_HARRIS)], axis=0)


def _vertex(three: NDArray[np.floating]) -> float:
    """Where a parabola through three neighbours has its top, from the middle one, -0.5 to 0.5."""
    left, middle, right = (float(value) for value in three)
    bend = left - 2.0 * middle + right
    return min(max(0.5 * (left - right) / bend, -0.5), 0.5) if bend < 0.0 else 0.0
