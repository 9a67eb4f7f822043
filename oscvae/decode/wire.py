"""What the daemon and a decoder process say to each other.

- daemon > decoder, a SOCK_SEQPACKET socket: one JSON `Setup`, then binary requests (`pack_request`).
- decoder > daemon, the same socket: JSON notices {"loaded": ...} (the file; then once for each call that warms it),
  {"ready": ...}, {"error": ...}, {"encoded": ...}, {"cuda_failed": why} as the last.
- decoder > renderer: a record of RECORD int64 (`realtime.layout.DECODED`) in a pipe, written after the magnitudes lie
  in their block of the shared pool, then a post of the renderer's semaphore. A pipe write of 64 bytes is atomic and
  orders the memory before it, so a decoder that dies half-way leaves nothing half-said.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

NOTE_ON, MOVE, ENCODE = range(3)  # in the order of their urgency
MAX_LATENT = 64
MAX_MESSAGE = 65536

_HEAD = struct.Struct("<qqqqqq")  # kind, slot, generation, block, deadline, note
RECORD = struct.Struct("<qqqqqqqq")


class Setup(BaseModel):
    """The first message: what to load, and the descriptors that the process was given."""

    model_config = ConfigDict(frozen=True)

    path: str
    device: str
    threads: int
    blocks: int
    frames: int
    bands: int
    latent: int
    first_octave: int
    notes: tuple[int, int]
    pool_fd: int
    pipe_fd: int
    wake_fd: int


class Request(NamedTuple):
    """Decode (or encode) something into a block.

    kind: NOTE_ON, MOVE or ENCODE; deadline: any int that orders requests of one kind, the earliest first;
    note: MIDI note inside the model's range; z: D latent numbers (empty for ENCODE, whose input lies in the block).
    """

    kind: int
    slot: int
    generation: int
    block: int
    deadline: int
    note: int
    z: tuple[float, ...]


def pack_request(request: Request) -> bytes:
    return _HEAD.pack(*request[:6]) + struct.pack(f"<{len(request.z)}d", *request.z)


def unpack_request(data: bytes) -> Request:
    kind, slot, generation, block, deadline, note = _HEAD.unpack_from(data)
    z = struct.unpack_from(f"<{(len(data) - _HEAD.size) // 8}d", data, _HEAD.size)
    return Request(kind, slot, generation, block, deadline, note, z)
