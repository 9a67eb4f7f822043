"""Sounds made by formula, for tests that need no soundfont."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s


def pluck(freq_hz: float, seconds: float, sample_rate: int = 48_000, lead: int = 3000) -> Float32s:
    """A decaying, slightly inharmonic string after `lead` samples of silence."""
    rng = np.random.default_rng(round(freq_hz))
    t = np.arange(round(seconds * sample_rate)) / sample_rate
    signal = np.zeros(t.size)
    partial = 1
    while (f := freq_hz * partial * np.sqrt(1.0 + 3e-4 * partial**2)) < 0.45 * sample_rate and partial < 60:
        signal += np.exp(-t * (1.0 + 0.4 * partial)) * np.cos(2 * np.pi * f * t + rng.uniform(0, 6)) / partial
        partial += 1
    return np.concatenate([np.zeros(lead), signal]).astype(np.float32)


def convergence_db(got: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    """Spectral convergence of two magnitude spectrograms [frames, bins] in dB."""
    return float(20.0 * np.log10(np.linalg.norm(got - wanted) / np.linalg.norm(wanted)))
