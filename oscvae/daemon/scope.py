"""Pictures of the output for those who look at it: a wave that stands still, and levels of bands evenly apart in pitch.

Why not the sound itself: a picture of half a kilobyte 20 times a second is a twentieth of what /monitor sends, and the
same for all who look.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscvae.osc.packets import encode_message
from oscvae.osc.vocabulary import reply_args

FRAMES = 4096  # of which one picture is made: 85 ms at 48 kHz
PICTURES_PER_S = 20
BANDS = 96
LOW_HZ, HIGH_HZ = 40.0, 16_000.0
WAVE = 512  # points
STEP_DB = 0.5  # of a band's byte
SILENT = 1e-5  # peak
_AVERAGED = 2  # samples of a point of the wave
_LEAST = 1e-9

Samples = NDArray[np.floating[Any]]


def picture(samples: Samples, rate: int) -> bytes | None:
    """`/scope.reply` of the last FRAMES of an output, [FRAMES, 2] at `rate` Hz; None of silence."""
    mid = samples.mean(axis=1)
    if np.abs(mid).max() < SILENT:
        return None
    peak, shape = wave(mid)
    levels = bands(mid, rate)
    args = reply_args("/scope.reply", rate=rate / _AVERAGED, peak=peak, wave=shape.tobytes(), bands=levels.tobytes())
    return encode_message("/scope.reply", args)


def wave(mid: Samples) -> tuple[float, NDArray[np.int8]]:
    """The peak, and WAVE points from the first rising zero crossing on; from the beginning where there is none."""
    length = WAVE * _AVERAGED
    early = mid[: len(mid) - length]
    rising = np.flatnonzero((early[:-1] < 0.0) & (early[1:] >= 0.0))
    first = int(rising[0]) + 1 if rising.size else 0
    points = mid[first : first + length].reshape(WAVE, _AVERAGED).mean(axis=1)
    peak = float(np.abs(points).max())
    return peak, np.rint(points * (127.0 / max(peak, SILENT))).astype(np.int8)


def bands(mid: Samples, rate: int) -> NDArray[np.uint8]:
    """The level of each band, the loudest of its bins: 255 is a sine of full scale, each below it STEP_DB less."""
    window, starts, end = _layout(len(mid), rate)
    spectrum = np.zeros(max(end, len(mid) // 2 + 1))  # nothing beyond half a low rate
    spectrum[: len(mid) // 2 + 1] = np.abs(np.fft.rfft(mid * window))
    level_db = 20.0 * np.log10(np.maximum.reduceat(spectrum[:end], starts) + _LEAST)
    return np.clip(np.rint(255.0 + level_db / STEP_DB), 0.0, 255.0).astype(np.uint8)


@lru_cache(maxsize=2)
def _layout(n_frames: int, rate: int) -> tuple[Samples, NDArray[np.intp], int]:
    """A window under which a sine of amplitude 1 has a bin of 1, the bins at which bands begin, and where the last one
    ends. A band that is narrower than a bin has the nearest."""
    window = np.blackman(n_frames)
    edges_hz = LOW_HZ * (HIGH_HZ / LOW_HZ) ** (np.arange(BANDS + 1) / BANDS)
    edges = np.rint(edges_hz * n_frames / rate).astype(np.intp)
    return window * (2.0 / window.sum()), edges[:-1], int(edges[-1])
