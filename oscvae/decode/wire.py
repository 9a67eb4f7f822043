"""What the daemon and a decoder process say to each other.

- daemon > decoder, a SOCK_SEQPACKET socket: one JSON `Setup`, then binary requests (`pack_request`).
  A file without a document has two: what it would say comes as {"document": ...} in between.
  With the Setup of a stream comes the pipe in which the renderer asks for its chunks, records of RECORD as well; and
  where there is a live input its memory, to be read only (`live`).
- decoder > daemon, the same socket: JSON notices {"confined": ...} before it opens the model, {"loaded": ...} for the
  file and each call that warms it, {"ready": ...}, {"error": ...}, {"encoded": ...}, {"cuda_failed": why} as the last.
- decoder > renderer: a record of RECORD int64 (`realtime.layout.DECODED`) in a pipe, written after the magnitudes lie
  in their block of the shared pool. A pipe write of 64 bytes is atomic and orders the memory before it, so a decoder
  that dies half-way leaves nothing half-said; it wakes the renderer, which waits for its pipes.

A decoder runs foreign code, so what it says is foreign as well: `read_notice` lets through what is well-formed, and the
renderer takes a record only as the answer to a request (`spectral.renderer`).
"""

from __future__ import annotations

import struct
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from oscvae.decode.pool import PoolShape
from oscvae.errors import DecoderError
from oscvae.model.described import MAX_LATENT
from oscvae.model.detail import MOST_BANDS

NOTE_ON, MOVE, ENCODE, END, BLEND, STEER, LISTEN = range(7)  # the first three in the order of their urgency
BEGINNINGS = (NOTE_ON, BLEND, LISTEN)  # what of a stream has an answer
MIX, RATE, POSITION, LOOP, OFFSET, CURVE = range(6)  # what STEER sets
BLENDED = (MIX, RATE, POSITION, LOOP)
MOST_STREAMS = 64  # voices of a model that has memory inside
MAX_MESSAGE = 65536
MAX_TEXT = 1000  # characters of a reason

_HEAD = struct.Struct("<qqqqqqq")  # kind, slot, generation, block, deadline, note, how many latent numbers
_PART = struct.Struct("<dd")  # share and note of a detail
RECORD = struct.Struct("<qqqqqqqq")


class Setup(BaseModel):
    """The first message: what to load, and the shape of the pool that the process was given."""

    model_config = ConfigDict(frozen=True)

    path: str
    device: str
    threads: int
    confine: bool
    pool: PoolShape
    latent: int
    output: Literal["note", "frames", "samples", "unknown"] = "note"
    """unknown: the file has no document. The process says what it would be, and is told the rest by a second Setup."""
    first_octave: int = 0
    notes: tuple[int, int] = (0, 0)
    streams: int = 0
    """The most voices of a model that has memory inside."""
    sample_rate: int = 0
    """Hz, of a model without a document that does not say its own; 0 = none was given."""
    in_time: bool = True
    """Whether somebody listens. Else as many voices sound as are wanted, in chunks that no measurement chooses."""


class Request(NamedTuple):
    """Decode something into a block, or encode what lies behind them.

    Of a stream: NOTE_ON begins a voice at a point, BLEND one along two recordings (z: their numbers, what BLENDED
    names, how many numbers a curve has, these, and an offset), LISTEN one along the live input (z: an offset); MOVE and
    STEER (note: what, z: to what) bring it elsewhere, END says that it is over, and none of these has an answer.
    ENCODE: slot is the recording's number, block the first of its frames that lie behind the blocks, deadline how many
    these are, note 1 for the last of them.

    kind: one of these; deadline: any int that orders requests of one kind, the earliest first;
    note: MIDI note inside the model's range; z: D latent numbers (none for ENCODE, whose input lies behind the blocks).
    details: share and note of each fine detail that is to be added, whose numbers lie in the block (`put_details`).
    """

    kind: int
    slot: int
    generation: int
    block: int
    deadline: int
    note: int
    z: tuple[float, ...]
    details: tuple[tuple[float, float], ...] = ()


def pack_request(request: Request) -> bytes:
    head = _HEAD.pack(*request[:6], len(request.z)) + struct.pack(f"<{len(request.z)}d", *request.z)
    return b"".join((head, *(_PART.pack(*part) for part in request.details))) if request.details else head


def unpack_request(data: bytes) -> Request:
    kind, slot, generation, block, deadline, note, count = _HEAD.unpack_from(data)
    z = struct.unpack_from(f"<{count}d", data, _HEAD.size)
    details = tuple(_PART.iter_unpack(data[_HEAD.size + 8 * count :]))
    return Request(kind, slot, generation, block, deadline, note, z, details)


def _plain(text: str) -> str:
    """One line for a log or a /fail, whatever was sent."""
    return "".join(character if character.isprintable() else " " for character in text[:MAX_TEXT])


_Text = Annotated[str, AfterValidator(_plain)]
_Numbers = Annotated[list[float], Field(max_length=MAX_LATENT)]
_Detail = Annotated[list[float], Field(max_length=2 * MOST_BANDS)]


class _Foreign(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Confined(_Foreign):
    """As `decode.confine.Confinement`. What was said before the model's code ran can be believed."""

    level: _Text
    lacking: Annotated[list[_Text], Field(max_length=16)]


class _Ready(_Foreign):
    """The model is loaded, checked and warmed."""

    device: Annotated[str, Field(pattern=r"^(cpu|cuda)(:\d{1,3})?$")]
    warning: _Text
    encodes: bool
    streams: Annotated[int, Field(ge=0, le=MOST_STREAMS)] = 0


class _Notice(_Foreign):
    document: Annotated[str, Field(max_length=MAX_MESSAGE)] | None = None
    confined: _Confined | None = None
    loaded: _Text | None = None
    ready: _Ready | None = None
    error: _Text | None = None
    cuda_failed: _Text | None = None
    encoded: Annotated[int, Field(ge=0, lt=1 << 62)] | None = None
    why: _Text | None = None
    mean: _Numbers | None = None
    log_variance: _Numbers | None = None
    distance_db: float | None = None
    detail: _Detail | None = None


def read_notice(data: bytes) -> dict[str, Any]:
    """A notice, with what it says checked. Raises DecoderError for anything else."""
    try:
        notice = _Notice.model_validate_json(data).model_dump(exclude_none=True)
    except ValidationError as error:
        raise DecoderError(f"the decoder answered nonsense: {_plain(repr(data[:100]))}") from error
    kinds = {"confined", "document", "loaded", "ready", "error", "cuda_failed", "encoded"} & notice.keys()
    if len(kinds) != 1:
        raise DecoderError(f"the decoder's notice must say one thing, it says {sorted(kinds) or 'nothing'}")
    if "encoded" in kinds and ("why" in notice) == ("mean" in notice):
        raise DecoderError("the decoder encoded a sound to neither a point nor a reason, or to both")
    return notice
