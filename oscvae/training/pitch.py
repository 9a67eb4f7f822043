"""How far a note is from the pitch that it should have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscvae.units import cents

Float32s = NDArray[np.float32]

_WINDOW_S = 0.5
_REACH_CENTS = 60.0
_PARTIALS = (1, 2)  # a stiff string's higher partials are sharp
_ZERO_PADDING = 4


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
        place = peak + (0.5 * (left - right) / bend if bend < 0.0 else 0.0)
        deviation.append(cents(place * per_bin_hz, partial * f0_hz))
        weight.append(float(mags[peak]))
    return float(np.average(deviation, weights=np.array(weight) + 1e-20))
