"""Many voices in one module of samples, whose memory lies in rows of its buffers, as cached convolutions have it.

Such a module keeps what it needs of the last call in buffers [64, ..] and touches the rows of its batch only. So a
voice's memory is taken out after each call and put back before the next, whoever is decoded beside it: 0.3 MB for one
of RAVE v2 instead of a copy of 149 MB, and a batch of four costs half of what four calls do.

A batch is never of one, whose sums a CPU adds up in another order. That a module has rows is not believed but tried: a
voice must be the same bits alone, in any row and in any batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from oscvae.arrays import Float32s

SIZES = (2, 4, 8)
"""Of batches."""
Decode = Callable[[Float32s, list[tuple[int, int]]], Any]
"""Points [B, D, frames], and of each row the voice and the chunk that seed its noise, to samples [B, rows]."""
_CHUNKS = 2  # that a voice is decoded in a trial: its memory counts in the second
_VOICE = 1


class Rows:
    """The memory of voices of one module. buffers: those that hold it. voices: how many there may be."""

    def __init__(self, torch: Any, buffers: Sequence[Any], voices: int) -> None:
        self._torch = torch
        self._buffers = buffers
        # exports leave the sound of their own tests in the first rows, and the last as it was made
        self._first = [buffer[-1:].clone() for buffer in buffers]
        self._kept = [row.repeat(voices, *[1] * (row.dim() - 1)) for row in self._first]

    def begin(self, voice: int) -> None:
        """A voice remembers nothing."""
        for kept, first in zip(self._kept, self._first, strict=True):
            kept[voice].copy_(first[0])

    def bring(self, voices: Sequence[int]) -> None:
        """Put the memory of these voices into the first rows."""
        index = self._torch.tensor(voices)
        for buffer, kept in zip(self._buffers, self._kept, strict=True):
            buffer[: len(voices)].copy_(kept[index.to(kept.device)])

    def keep(self, voices: Sequence[int]) -> None:
        """Take the memory of these voices out of the first rows."""
        index = self._torch.tensor(voices)
        for buffer, kept in zip(self._buffers, self._kept, strict=True):
            kept.index_copy_(0, index.to(kept.device), buffer[: len(voices)])


def batch_size(wanted: int) -> int:
    """The smallest batch that holds so many, of at most SIZES[-1]."""
    return next(size for size in SIZES if size >= min(wanted, SIZES[-1]))


def find_rows(torch: Any, module: Any, decode: Decode, size: tuple[int, int], voices: int) -> Rows | None:
    """The rows of a module, as it was loaded; None where its memory is elsewhere, or voices hear each other.

    size: D, frames. Leaves something in the module's memory.
    """
    before = [(buffer, buffer.data_ptr(), buffer.clone()) for buffer in module.buffers()]
    points = np.random.default_rng(0).standard_normal((SIZES[-1], size[0], _CHUNKS * size[1])).astype(np.float32)
    decode(points[:2, :, : size[1]], [(0, 0), (1, 0)])
    touched = [(buffer, was) for buffer, _, was in before if buffer.shape != was.shape or not torch.equal(buffer, was)]
    heights = {buffer.shape[0] if buffer.dim() else 0 for buffer, _ in touched}
    if len(heights) > 1 or any(height < SIZES[-1] for height in heights):
        return None
    if any(buffer.shape != was.shape or not torch.equal(buffer[2:], was[2:]) for buffer, was in touched):
        return None
    # what an encoder keeps is among them, and what is only touched now and then; a constant differs behind
    # the rows that an export leaves something in
    known = {id(buffer) for buffer, _ in touched}
    alike = [(b, was[SIZES[-1] :]) for b, _, was in before if b.dim() and b.numel() and b.shape[0] in heights]
    buffers = [b for b, rest in alike if id(b) in known or torch.equal(rest, rest[:1].expand_as(rest))]
    rows = Rows(torch, buffers, SIZES[-1])
    whole = [_play(rows, decode, points, [_VOICE] * 2, size[1])[0]]
    for others in _companies(batch_size(voices)):
        outs = _play(rows, decode, points, others, size[1])
        whole += [out for voice, out in zip(others, outs, strict=True) if voice == _VOICE]
    same = all(torch.equal(whole[0], other) for other in whole[1:])
    now = [(buffer.data_ptr(), buffer.shape) for buffer in module.buffers()]
    if not same or now != [(pointer, was.shape) for _, pointer, was in before]:
        return None
    return Rows(torch, buffers, voices)


def _companies(largest: int) -> list[list[int]]:
    """Batches up to that size with the voice in question in every other row, at last in the others."""
    sizes = [size for size in SIZES if size <= largest]
    batches = [[_VOICE if row % 2 == 0 else 2 + row % 6 for row in range(size)] for size in sizes]
    return [*batches, batches[-1][::-1]]


def _play(rows: Rows, decode: Decode, points: Float32s, voices: list[int], frames: int) -> Any:
    """Samples [B, all] of new voices."""
    for row in range(len(voices)):
        rows.begin(row)
    taken = list(range(len(voices)))
    outs = []
    for chunk in range(_CHUNKS):
        rows.bring(taken)
        z = points[voices, :, chunk * frames : (chunk + 1) * frames]
        outs.append(decode(np.ascontiguousarray(z), [(voice, chunk) for voice in voices]))
        rows.keep(taken)
    return rows._torch.cat(outs, 1)
