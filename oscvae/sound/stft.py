"""Offline magnitude spectra, and the logarithmic scale on which decoders speak.

Framing, as everywhere in oscvae: frame t covers the samples from t * hop to t * hop + n_fft - 1; there is no
centring, no padding and no normalisation, and the window is the periodic Hann.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.errors import DataError

_FRAMES_AT_ONCE = 256


def hann(n_fft: int) -> Float32s:
    """The periodic Hann window [n_fft], peak 1."""
    return (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)


def n_frames(n_samples: int, n_fft: int, hop: int) -> int:
    """How many whole windows fit into `n_samples`."""
    return max(0, (n_samples - n_fft) // hop + 1)


def n_samples(frames: int, n_fft: int, hop: int) -> int:
    """The length that `frames` windows cover: n_fft + (frames - 1) hop."""
    return n_fft + (frames - 1) * hop


def magnitudes(signal: NDArray[Any], n_fft: int, hop: int) -> Float32s:
    """Linear magnitudes [frames, n_fft // 2 + 1] of a signal [samples]; no frames when it is shorter than n_fft.

    Raises DataError for a signal that is not one channel.
    """
    if signal.ndim != 1:
        raise DataError(f"signal has the shape {signal.shape}: it must be one channel, [samples]")
    count = n_frames(signal.shape[0], n_fft, hop)
    mags = np.empty((count, n_fft // 2 + 1), np.float32)
    if count == 0:
        return mags
    windows = np.lib.stride_tricks.sliding_window_view(np.ascontiguousarray(signal, np.float32), n_fft)[::hop]
    window = hann(n_fft)
    for begin in range(0, count, _FRAMES_AT_ONCE):
        end = min(count, begin + _FRAMES_AT_ONCE)
        mags[begin:end] = np.abs(np.fft.rfft(windows[begin:end] * window, axis=-1))
    return mags


def to_log(mags: NDArray[Any], reference: float, floor_db: float, ceiling_db: float) -> Float32s:
    """Linear magnitudes to x in [-1, 1]: -1 is `floor_db` or less, 1 is `ceiling_db` or more, 0 dB is `reference`."""
    lowest = 10.0 ** (floor_db / 20.0) * 1e-3  # below the floor, so that zero has a logarithm and clips
    level_db = 20.0 * np.log10(np.maximum(np.asarray(mags, np.float32) / np.float32(reference), np.float32(lowest)))
    return np.clip(db_to_log(level_db, floor_db, ceiling_db), -1.0, 1.0).astype(np.float32)


def from_log(x: NDArray[Any], reference: float, floor_db: float, ceiling_db: float) -> Float32s:
    """x to linear magnitudes, `reference` at 0 dB; x <= -1 is exactly zero, and above 1 is clipped."""
    x = np.asarray(x, np.float32)
    level_db = log_to_db(np.minimum(x, np.float32(1.0)), floor_db, ceiling_db)
    mags = np.float32(reference) * np.power(np.float32(10.0), level_db / np.float32(20.0))
    return np.where(x > -1.0, mags, np.float32(0.0)).astype(np.float32)


def db_to_log(level_db: NDArray[Any], floor_db: float, ceiling_db: float) -> NDArray[Any]:
    """dB to x, linear: floor_db is -1, ceiling_db is 1; not clipped."""
    return (level_db - floor_db) * (2.0 / (ceiling_db - floor_db)) - 1.0


def log_to_db(x: NDArray[Any], floor_db: float, ceiling_db: float) -> NDArray[Any]:
    """x to dB, linear: -1 is floor_db, 1 is ceiling_db; not clipped."""
    return floor_db + (x + 1.0) * (0.5 * (ceiling_db - floor_db))
