"""How a whole recording reaches a decoder: part by part, each through the memory that is shared with it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from oscvae.arrays import Float32s
from oscvae.decode.pool import put_part
from oscvae.decode.wire import ENCODE, Request
from oscvae.errors import CommandError
from oscvae.model.document import SamplesDocument
from oscvae.model.frames import FramesDocument

Recorded = FramesDocument | SamplesDocument
"""The documents of models that encode recordings."""


def recording_parts(frames: int, number: int, at_once: int) -> Iterator[Request]:
    """What is asked for, part after part, of a recording that is to have that number. at_once: frames of a part."""
    for begin in range(0, frames, at_once):
        count = min(at_once, frames - begin)
        yield Request(ENCODE, number, 0, begin, count, int(begin + count == frames), ())


def put_recording(x: Float32s, level_db: Float32s, request: Request, document: Recorded, to_encode: Float32s) -> None:
    """Lay a part of a recording, x [T, numbers] and its levels [T], into the shared memory."""
    part = slice(request.block, request.block + request.deadline)
    put_part(to_encode, document, x[part], level_db[part])


def read_recording(shared: int, frames: int, request: Request, document: Recorded, to_encode: Float32s) -> None:
    """The same of a recording that lies in a memfd: x [T, numbers], and behind it the levels [T]. Raises
    CommandError."""
    numbers = document.frame_numbers
    x = np.empty((request.deadline, numbers), np.float32)
    level_db = np.empty(request.deadline, np.float32)
    for target, first in ((x, request.block * numbers), (level_db, frames * numbers + request.block)):
        if os.preadv(shared, [target.view(np.uint8).data], first * target.itemsize) != target.nbytes:
            raise CommandError("the frames of the recording are cut off")
    put_part(to_encode, document, x, level_db)
