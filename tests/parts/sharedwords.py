"""Who wrote what of an engine's shared memory, by the tables that say whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscvae.realtime import layout as at
from oscvae.realtime.arrays import WORDS, Row, SharedArrays
from oscvae.realtime.layout import Group, Writer
from oscvae.realtime.ring import TAIL

_GROUPS: dict[str, tuple[tuple[Group, ...], int]] = {
    WORDS: (at.ENGINE_GROUPS, at.ENGINE_WORDS),
    "parts": (at.PART_GROUPS, at.PART_WORDS),
    "voices": (at.VOICE_GROUPS, at.VOICE_WORDS),
}
"""The groups of an array of words, and how long a row of it is."""


def writer_of(row: Row[Any], index: int) -> Writer:
    """Who may write the item of that flat index, in an array of one of the two-dimensional shapes too."""
    if row.writer is Writer.EACH:
        groups, width = _GROUPS[row.name]
        return next(group.writer for group in groups if group.first <= index % width < group.end)
    return row.reader if row.reader is not None and index == TAIL else row.writer


def bits(array: NDArray[Any]) -> NDArray[np.uint8]:
    """The bytes of a copy, item by item: a NaN is equal to itself."""
    return array.copy().reshape(-1, 1).view(np.uint8)


@contextmanager
def only(arrays: SharedArrays[Any], *allowed: Writer) -> Iterator[set[str]]:
    """What is done within writes nothing but what the tables let these write; the names of the arrays it has written
    are known afterwards."""
    before = {row.name: bits(arrays[row.name]) for row in arrays.rows}
    written: set[str] = set()
    yield written
    for row in arrays.rows:
        changed = np.flatnonzero((bits(arrays[row.name]) != before[row.name]).any(axis=1))
        for index in changed:
            writer = writer_of(row, int(index))
            assert writer in allowed, f"{row.name}[{index}] is written by {writer.value}"
        if changed.size:
            written.add(row.name)
    assert arrays.intact()
