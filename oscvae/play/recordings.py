"""How a whole recording reaches a decoder: part by part, each through the memory that is shared with it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from oscvae.arrays import Float32s
from oscvae.decode.pool import ENCODED_AT_ONCE
from oscvae.decode.wire import ENCODE, Request
from oscvae.errors import CommandError
from oscvae.model.frames import FramesDocument

_ITEM_BYTES = 4


def recording_parts(frames: int, number: int) -> Iterator[Request]:
    """What is asked for, part after part, of a recording that is to have that number."""
    for begin in range(0, frames, ENCODED_AT_ONCE):
        count = min(ENCODED_AT_ONCE, frames - begin)
        yield Request(ENCODE, number, 0, begin, count, int(begin + count == frames), ())


def put_part(x: Float32s, level_db: Float32s, request: Request, to_encode: Float32s) -> None:
    """Lay a part of a recording, x [T, bands] and its levels [T], into the shared memory."""
    part = slice(request.block, request.block + request.deadline)
    to_encode[: request.deadline] = x[part]
    to_encode[ENCODED_AT_ONCE:].reshape(-1)[: request.deadline] = level_db[part]


def read_part(shared: int, frames: int, request: Request, document: FramesDocument, to_encode: Float32s) -> None:
    """The same of a recording that lies in a memfd: x [T, bands], and behind it the levels [T]. Raises CommandError."""
    bands, count = document.bands.n, request.deadline
    for target, first in (
        (to_encode[:count], request.block * bands),
        (to_encode[ENCODED_AT_ONCE:].reshape(-1)[:count], frames * bands + request.block),
    ):
        if os.preadv(shared, [target.view(np.uint8).data], first * _ITEM_BYTES) != target.nbytes:
            raise CommandError("the frames of the recording are cut off")
