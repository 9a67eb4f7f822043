"""From decoded spectra to sound, offline: how training hears its models.

The daemon does the same on its hop clock; both end in the same phase reconstruction, `oscvae.reconstruct`.
"""

from __future__ import annotations

import numpy as np

from oscvae.arrays import Float32s
from oscvae.model.analysis import Spectrum
from oscvae.sound.stft import from_log

_TINY = 1e-12


class Renderer:
    """Turns decoded notes into samples at a given level of 0 dB."""

    def __init__(self, analysis: Spectrum) -> None:
        axis = analysis.band_axis()
        self._analysis = analysis
        self._matrix = axis.matrix()
        self._spread = axis.transpose()
        self._covered = np.maximum(self._matrix.sum(axis=0), _TINY)

    def bins(self, x: Float32s, reference: float, updates: int = 3) -> Float32s:
        """Log band magnitudes [bands, frames] to linear bin magnitudes [frames, bins].

        Starts from the axis's interpolation and refines it by `updates` multiplicative steps on the Kullback-Leibler
        divergence (D. D. Lee and H. S. Seung, NIPS 2000).
        """
        bands = from_log(x.T, reference, self._analysis.floor_db, self._analysis.ceiling_db)
        mags = bands @ self._spread.T
        for _ in range(updates):
            ratio = bands / np.maximum(mags @ self._matrix.T, _TINY)
            mags = mags * ((ratio @ self._matrix) / self._covered)
        return mags.astype(np.float32)

    def sound(self, x: Float32s, reference: float) -> Float32s:
        """Log band magnitudes [bands, frames] to samples [n_fft + (frames - 1) hop]."""
        from oscvae import reconstruct

        samples: Float32s = reconstruct(self.bins(x, reference), self._analysis.n_fft, self._analysis.hop)
        return samples
