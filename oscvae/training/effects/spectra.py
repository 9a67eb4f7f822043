"""Spectra of sounds as they are needed: what `oscvae.sound.takes.finish` makes of an aligned sound, compiled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Int64s
from oscvae.model.analysis import Analysis
from oscvae.model.level import level_frames, loudest
from oscvae.sound.stft import hann
from oscvae.training.compiled import compiled


@compiled
def _to_bands(spectra: NDArray[Any], first: Int64s, offset: Int64s, weight: Float32s) -> Float32s:
    """[frames, bins] to bands [frames, bands]."""
    out = np.empty((spectra.shape[0], first.size), np.float32)
    size = np.empty(spectra.shape[1], np.float32)
    for t in range(spectra.shape[0]):
        for k in range(size.size):
            value = spectra[t, k]
            size[k] = np.sqrt(value.real * value.real + value.imag * value.imag)
        for band in range(first.size):
            total = np.float32(0.0)
            for at in range(offset[band], offset[band + 1]):
                total += weight[at] * size[first[band] + at - offset[band]]
            out[t, band] = total
    return out


@compiled
def _to_x(bands: Float32s, level: float, floor_db: float, ceiling_db: float) -> Float32s:
    """Bands [frames, bands] to x [bands, frames] in [-1, 1]."""
    x = np.empty((bands.shape[1], bands.shape[0]), np.float32)
    least = level * 10.0 ** (floor_db / 20.0) * 0.5
    scale = 2.0 / (ceiling_db - floor_db)
    for t in range(bands.shape[0]):
        for band in range(bands.shape[1]):
            level_db = 20.0 * np.log10(max(bands[t, band], least) / level)
            x[band, t] = min(max((level_db - floor_db) * scale - 1.0, -1.0), 1.0)
    return x


class Analyser:
    """Of one analysis; may be used by several threads at once.

    rfft: NumPy's, so that a data set is the same everywhere, or another that is faster.
    """

    def __init__(self, analysis: Analysis, rfft: Callable[..., NDArray[Any]] = np.fft.rfft) -> None:
        self._rfft = rfft
        self._analysis = analysis
        self._axis = analysis.band_axis()
        self._window = hann(analysis.n_fft)
        self._level_frames = level_frames(analysis)
        self._room = threading.local()
        self._width = self._axis.width()
        axis = self._axis
        self._first, self._offset = (np.ascontiguousarray(part, np.int64) for part in (axis.first, axis.offset))
        self._weight = np.ascontiguousarray(axis.weight, np.float32)

    def levelled(self, sound: Float32s) -> tuple[Float32s, float]:
        """(x [bands, frames], the linear magnitude of 0 dB) of a sound [samples] from its onset on."""
        analysis = self._analysis
        onset = analysis.onset_sample
        whole = np.zeros(analysis.n_samples, np.float32)
        taken = sound[: whole.size - onset]
        whole[onset : onset + taken.size] = taken
        windows = np.lib.stride_tricks.sliding_window_view(whole, analysis.n_fft)[:: analysis.hop]
        room = self._room  # each thread's own
        if not hasattr(room, "windows"):
            room.windows = np.empty(windows.shape, np.float32)
        spectra = self._rfft(np.multiply(windows, self._window, out=room.windows), axis=1)
        bands = _to_bands(spectra, self._first, self._offset, self._weight)
        power = np.square(bands, dtype=np.float64) @ self._width
        level = float(np.sqrt(loudest(power, self._level_frames)))
        return _to_x(bands, max(level, 1e-12), analysis.floor_db, analysis.ceiling_db), level

    def __call__(self, sound: Float32s) -> Float32s:
        """x [bands, frames] alone."""
        return self.levelled(sound)[0]
