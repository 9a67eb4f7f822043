"""The memory that a daemon and a decoder share: the blocks that it fills, and what it is to encode behind them.

Until it is filled a block holds what is asked for besides a point: the numbers of fine details.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from oscvae.arrays import Float32s
from oscvae.model.document import AnyDocument, ModelDocument, SamplesDocument
from oscvae.model.frames import FramesDocument

_ITEM_BYTES = 4


class PoolShape(NamedTuple):
    """Of `blocks` decoded notes [rows, bands], their textures included, or chunks of a stream, and of one sound to
    encode [frames, bands], or a part of it, all float32."""

    blocks: int
    rows: int
    frames: int
    bands: int

    @classmethod
    def of(cls, document: AnyDocument, blocks: int) -> PoolShape:
        rows, numbers = document.block_shape
        frames = 0
        if isinstance(document, ModelDocument):
            frames = document.frames
        else:  # and behind them the level of each
            frames = math.ceil(document.encoded_at_once * (document.frame_numbers + 1) / numbers)
        return cls(blocks, rows, frames, numbers)

    @property
    def n_bytes(self) -> int:
        return (self.blocks * self.rows + self.frames) * self.bands * _ITEM_BYTES

    def views(self, memory: mmap.mmap) -> tuple[Float32s, Float32s]:
        """The blocks [blocks, rows, bands], and the sound [frames, bands]."""
        rows = np.frombuffer(memory, np.float32, count=self.n_bytes // _ITEM_BYTES).reshape(-1, self.bands)
        decoded = self.blocks * self.rows
        return rows[:decoded].reshape(self.blocks, self.rows, self.bands), rows[decoded:]


def put_part(shared: Float32s, document: FramesDocument | SamplesDocument, x: Float32s, level_db: Float32s) -> None:
    """Lay frames of a recording, x [T, numbers] and the level of each [T], where they are to be encoded."""
    flat, behind = shared.reshape(-1), document.encoded_at_once * document.frame_numbers
    flat[: x.size] = x.reshape(-1)
    flat[behind : behind + level_db.size] = level_db


def take_part(shared: Float32s, document: FramesDocument | SamplesDocument, frames: int) -> tuple[Float32s, Float32s]:
    """A copy of them."""
    flat, behind = shared.reshape(-1), document.encoded_at_once * document.frame_numbers
    numbers = document.frame_numbers
    return flat[: frames * numbers].reshape(frames, numbers).copy(), flat[behind : behind + frames].copy()


def put_details(block: Float32s, details: Sequence[Float32s]) -> int:
    """Lay the numbers [2, n] of details into a free block [rows, bands], of as many as it holds; how many they are."""
    flat, begin = block.reshape(-1), 0
    for count, numbers in enumerate(details):
        if begin + numbers.size > flat.size:
            return count
        flat[begin : begin + numbers.size] = numbers.reshape(-1)
        begin += numbers.size
    return len(details)


def take_details(block: Float32s, count: int, n: int) -> list[Float32s]:
    """A copy of the numbers [2, n] of so many details that lie in a block."""
    return list(block.reshape(-1)[: count * 2 * n].reshape(count, 2, n).copy())
