"""How a stretch of sound becomes frames of a model that decodes single ones: of a recording, and of the live input."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from oscvae.arrays import Float32s
from oscvae.model.frames import Apart, FramesDocument
from oscvae.sound.stft import magnitudes, to_log


class Trajectory(NamedTuple):
    """A sound, frame by frame."""

    x: Float32s
    """Log magnitudes [T, bands] in [-1, 1]."""
    level_db: Float32s
    """[T], of each frame, where the model tells it apart; else 0."""


class FrameAnalysis:
    """The analysis that a model's document says."""

    def __init__(self, document: FramesDocument) -> None:
        self._document = document
        self._gather = np.ascontiguousarray(document.band_axis().matrix().T)
        self._apart = Apart(document, document.reference)

    def tell(self, sound: Float32s) -> Trajectory:
        """Each whole window of a sound [samples] at the model's rate, without padding."""
        document = self._document
        bands = magnitudes(sound, document.n_fft, document.hop) @ self._gather
        if document.level == "apart":
            return Trajectory(*self._apart.tell(bands))
        x = to_log(bands, document.reference, document.floor_db, document.ceiling_db)
        return Trajectory(x, np.zeros(len(x), np.float32))
