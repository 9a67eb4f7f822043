"""The document of a model that decodes single frames, and how the level of a frame is told apart.

Such a model knows no time: each frame of a recording is a point, so a recording is a trajectory, along which another
one can be met. A frame is decoded at 0 dB; how loud it is belongs to the trajectory.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from oscvae.arrays import Float32s
from oscvae.model.analysis import Finite, Spectrum
from oscvae.model.streams import CHUNK_FRAMES, ENCODED_FRAMES, Streamed

SILENT_DB = -160.0
"""The least level that a frame is told to have."""


class FramesDocument(Streamed, Spectrum):
    """The document of a model that decodes single frames, without memory between them: `forward(z [B, D, T])` returns
    log magnitudes [B, bands, T]; `encode(x [B, bands, T])` returns mean and log variance, each [B, D, T].

    level: apart, where x is relative to each frame's own level (`Apart`), 0 dB for a point; or in. points: one for each
    recording, where most of its frames are.
    """

    output: Literal["frames"]
    reference: Annotated[Finite, Field(gt=0.0, le=1e6)]
    """The linear STFT magnitude of 0 dB; with the level apart, the level (`Apart`) of a frame at 0 dB."""

    @property
    def block_shape(self) -> tuple[int, int]:
        """Rows and numbers a row of a decoded chunk: frames, bands."""
        return CHUNK_FRAMES, self.bands.n

    @property
    def frame_numbers(self) -> int:
        """Numbers of one frame of a recording, without its level: bands."""
        return self.bands.n

    @property
    def encoded_at_once(self) -> int:
        """Frames of a recording."""
        return ENCODED_FRAMES

    @property
    def frame_s(self) -> float:
        """Seconds from one frame of a recording to the next."""
        return self.hop / self.sample_rate


class Apart:
    """Tells the level of frames apart from their log magnitudes, and adds it to what is decoded.

    A frame's level is the root of the power that its bins have together, so no band is above it. x = -1 is `floor_db`
    below the level; `ceiling_db` is the headroom for frames that are louder than 0 dB.
    spectrum: framing, bands and scale. reference: the linear magnitude of 0 dB.
    """

    def __init__(self, spectrum: Spectrum, reference: float) -> None:
        self._width = spectrum.band_axis().width()
        self._reference = reference
        self._floor_db, self._per_db = spectrum.floor_db, 2.0 / spectrum.range_db

    def tell(self, bands: NDArray[np.floating]) -> tuple[Float32s, Float32s]:
        """Linear band magnitudes [T, bands] as x [T, bands] in [-1, 1], and the level of each frame in dB [T]."""
        power = np.square(bands, dtype=np.float64) @ self._width
        level = np.sqrt(power)
        least = self._reference * 10.0 ** (SILENT_DB / 20.0)
        ratio = bands / np.maximum(level, least)[:, None]
        lowest = 10.0 ** (self._floor_db / 20.0) * 1e-3  # below the floor, so that zero has a logarithm and clips
        x = (20.0 * np.log10(np.maximum(ratio, lowest)) - self._floor_db) * self._per_db - 1.0
        level_db = 20.0 * np.log10(np.maximum(level, least) / self._reference)
        return np.clip(x, -1.0, 1.0).astype(np.float32), level_db.astype(np.float32)

    def add(self, x: Float32s, level_db: Float32s) -> Float32s:
        """x [T, bands] of frames at 0 dB at the levels [T]; what is -1, and so silent, stays so."""
        raised = x + (np.float32(self._per_db) * level_db)[:, None]
        return np.where(x > -1.0, np.maximum(raised, -1.0), -1.0).astype(np.float32)
