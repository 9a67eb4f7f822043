"""The memory that a daemon and a decoder share: the blocks that it fills, and what it is to encode behind them."""

from __future__ import annotations

import mmap
from typing import NamedTuple

import numpy as np

from oscvae.arrays import Float32s
from oscvae.model.document import ModelDocument

_ITEM_BYTES = 4


class PoolShape(NamedTuple):
    """Of `blocks` decoded notes [rows, bands], their textures included, and of one sound to encode [frames, bands], all
    float32."""

    blocks: int
    rows: int
    frames: int
    bands: int

    @classmethod
    def of(cls, document: ModelDocument, blocks: int) -> PoolShape:
        return cls(blocks, document.block_rows, document.frames, document.bands.n)

    @property
    def n_bytes(self) -> int:
        return (self.blocks * self.rows + self.frames) * self.bands * _ITEM_BYTES

    def views(self, memory: mmap.mmap) -> tuple[Float32s, Float32s]:
        """The blocks [blocks, rows, bands], and the sound [frames, bands]."""
        rows = np.frombuffer(memory, np.float32, count=self.n_bytes // _ITEM_BYTES).reshape(-1, self.bands)
        decoded = self.blocks * self.rows
        return rows[:decoded].reshape(self.blocks, self.rows, self.bands), rows[decoded:]
