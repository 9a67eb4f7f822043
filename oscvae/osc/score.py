"""Scores: scsynth's binary non-real-time format, a file of bundles whose timetags count from 0.

Source: SuperCollider, "Non-Realtime Synthesis": each bundle is preceded by its size as an int32, big-endian; times are
NTP timetags of which second 0 is the start of the score.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

from oscvae.errors import DataError, PacketError
from oscvae.osc.packets import Bundle, Message, decode

_SIZE = struct.Struct(">i")
_MOST_BUNDLE = 65536
_PER_SECOND = 1 << 32


class Moment(NamedTuple):
    """Messages of one time, ns from the start of the score, in their order."""

    due_ns: int
    messages: tuple[Message, ...]


def read_score(path: Path) -> list[Moment]:
    """The moments of a score file, in the order of time. Raises DataError that says which bundle is wrong and how."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"score {path} cannot be read: {error.strerror or error}") from error
    moments: list[Moment] = []
    position = 0
    number = 0
    while position < len(data):
        number += 1
        where = f"score {path}: bundle {number} at byte {position}"
        if position + _SIZE.size > len(data):
            raise DataError(f"{where}: the file ends inside its size")
        (size,) = _SIZE.unpack_from(data, position)
        position += _SIZE.size
        if not 0 < size <= _MOST_BUNDLE or position + size > len(data):
            raise DataError(f"{where}: a size of {size} bytes, of which the file holds {len(data) - position}")
        try:
            packet = decode(data[position : position + size])
        except PacketError as error:
            raise DataError(f"{where}: {error}") from error
        if isinstance(packet, Message):
            raise DataError(f"{where}: {packet.address} is no bundle, a score consists of bundles")
        _flatten(packet, 0, moments)
        position += size
    moments.sort(key=lambda moment: moment.due_ns)
    return moments


def _flatten(bundle: Bundle, outer_ns: int, moments: list[Moment]) -> None:
    due_ns = max(outer_ns, (bundle.timetag * 1_000_000_000 + _PER_SECOND // 2) // _PER_SECOND)
    messages: list[Message] = []
    for element in bundle.elements:
        if isinstance(element, Message):
            messages.append(element)
        else:
            _flatten(element, due_ns, moments)
    moments.append(Moment(due_ns, tuple(messages)))
