"""The chunks of WAV and AIFF files: what such a file says of itself that libsndfile passes over.

Source: Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0, 1991, and the chunk `smpl` of
its revision of 1994; Apple, Audio Interchange File Format 1.3, 1989.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

_ROOT_AT = {b"smpl": (12, 4), b"inst": (0, 1), b"INST": (0, 1)}
"""Where in a chunk the note stands at which the sound is as it was recorded, and in how many bytes."""
_HIGHEST = 127
_LARGEST = 1 << 31  # bytes that are read into memory to mend a header


class Chunk(NamedTuple):
    """A chunk of a file, and where its content begins."""

    name: bytes
    begin: int
    size: int
    """As the file says, whatever is there."""


def read_chunks(file: BinaryIO) -> Iterator[Chunk]:
    """The chunks of a WAV or AIFF file, up to the end of the file; none of another."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(12)
    kind = head[:4] + head[8:]
    if kind not in {b"RIFFWAVE", b"FORMAIFF", b"FORMAIFC"}:
        return
    order: Literal["little", "big"] = "big" if kind.startswith(b"FORM") else "little"
    begin = 12
    while begin + 8 <= size:
        file.seek(begin)
        name, length = file.read(4), int.from_bytes(file.read(4), order)
        yield Chunk(name, begin + 8, length)
        begin += 8 + length + length % 2


def stored_root(path: Path) -> int | None:
    """The MIDI note that a WAV or AIFF file says it is a recording of; None where it says none. Raises OSError.

    0 counts as none: it is what editors write that know no note.
    """
    with path.open("rb") as file:
        for name, begin, size in read_chunks(file):
            at, length = _ROOT_AT.get(name, (0, 0))
            if length and size >= at + length:
                file.seek(begin + at)
                root = int.from_bytes(file.read(length), "little")
                if 0 < root <= _HIGHEST:
                    return root
    return None


def mended(path: Path) -> io.BytesIO | None:
    """A WAV file whose recorder was stopped before it wrote how much it had recorded, with the size of what is there.

    None for a file that is whole, or no WAV. Raises OSError.
    """
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        found = next((chunk for chunk in read_chunks(file) if chunk.name == b"data"), None)
        if found is None or found.size or not found.begin < size <= _LARGEST or _goes_on(file, found.begin, size):
            return None
        file.seek(0)
        whole = bytearray(file.read())
    whole[found.begin - 4 : found.begin] = (size - found.begin).to_bytes(4, "little")
    whole[4:8] = (size - 8).to_bytes(4, "little")
    return io.BytesIO(bytes(whole))


def _goes_on(file: BinaryIO, begin: int, size: int) -> bool:
    """Whether chunks follow up to the end of the file, so that the empty one before them is meant."""
    while begin + 8 <= size:
        file.seek(begin)
        name = file.read(4)
        if not (name.isascii() and name.decode("ascii").isprintable()):
            return False
        begin += 8 + int.from_bytes(file.read(4), "little")
        begin += begin % 2
    return begin >= size
