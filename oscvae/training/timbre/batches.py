"""What each training step sees: which frames, and with what noise.

Everything is a function of the seed and the number of the batch, so that a run which goes on after a kill sees what it
would have seen.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from oscvae.errors import DataError
from oscvae.training.timbre.config import TimbreConfig
from oscvae.training.timbre.frameset import TRAIN, FrameSet


class FrameBatch(NamedTuple):
    """B rows of the data set."""

    row: Tensor
    """(B,)."""
    noise: Tensor
    """(B, D), standard normal."""


class FrameSampler:
    """Batches by number: first a recording is drawn, then one of its frames."""

    def __init__(self, frames: FrameSet, config: TimbreConfig) -> None:
        recordings = frames.of_split(TRAIN, copies=True)
        parts = [one.begin + np.flatnonzero(frames.heard(one)) for one in recordings]
        self._rows = np.concatenate(parts) if parts else np.empty(0, np.int64)
        if self._rows.size < 2:
            raise DataError(f"the data set has {self._rows.size} frames to train on: it must have at least 2")
        sizes = np.array([part.size for part in parts], np.float64)
        self._chance = np.cumsum(sizes ** (1.0 - config.balance))
        self._chance /= self._chance[-1]
        self._begin = np.concatenate([[0], np.cumsum([part.size for part in parts])])
        self._config = config

    @property
    def epoch(self) -> int:
        """How many frames there are to train on."""
        return int(self._rows.size)

    def batch(self, number: int, rank: int = 0, world: int = 1) -> FrameBatch:
        """The share of process `rank` of `world` in the batch of that number; the batch is the same for any `world`."""
        config = self._config
        size, rng = config.fit.batch, np.random.default_rng((config.seed, number))
        row = self._draw(rng, size)
        noise = rng.standard_normal((size, config.latent), np.float32)
        mine = slice(rank, None, world)
        return FrameBatch(*(torch.from_numpy(part[mine]) for part in (row, noise)))

    def _draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        which = np.searchsorted(self._chance, rng.random(size), side="right").clip(max=self._chance.size - 1)
        length = self._begin[which + 1] - self._begin[which]
        return self._rows[self._begin[which] + (rng.random(size) * length).astype(np.int64)]
