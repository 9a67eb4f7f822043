"""How packets stand in a stream: each behind its length (OSC 1.0), or between SLIP's END bytes (OSC 1.1).

The first byte tells them apart: a length of at most 64 KiB begins with a zero byte, SLIP with END. What begins
otherwise is no OSC over TCP, and is named.

Sources: the OSC 1.0 specification, "OSC Packets"; Freed and Schmeder, "Features and Future of Open Sound Control
version 1.1 for NIME", 2009; RFC 1055.
"""

from __future__ import annotations

import re
from typing import Protocol

from oscvae.errors import PacketError
from oscvae.osc.packets import MAX_PACKET

END, ESC = b"\xc0", b"\xdb"
ESC_END, ESC_ESC = b"\xdb\xdc", b"\xdb\xdd"
SLIP_MAX = 2 * MAX_PACKET  # bytes of a packet each of whose bytes is escaped
RIGHT = "each packet needs its length as an int32 before it (OSC 1.0), or SLIP's byte 192 around it (OSC 1.1)"

_ENDS = re.compile(END + b"+")
_HEAD = 16  # bytes that tell what it is
_HTTP = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"OPTIONS ", b"CONNECT ", b"DELETE ", b"PATCH ", b"PRI ")
_TLS = b"\x16\x03"


class Framing(Protocol):
    """One direction's packets are taken from a stream, the other's are wrapped for it."""

    def split(self, buffer: bytearray, start: int) -> tuple[bytes | None, int]:
        """The packet at `start` and where the next begins; (None, where it begins) if it has not arrived whole.

        Raises PacketError for what can be no packet: nothing that follows it can be understood.
        """

    def wrap(self, packet: bytes) -> bytes:
        """A packet as it is sent."""


class Lengths:
    """Each packet behind its length, an int32, big-endian."""

    def split(self, buffer: bytearray, start: int) -> tuple[bytes | None, int]:
        if len(buffer) - start < 4:
            return None, start
        size = int.from_bytes(buffer[start : start + 4], signed=True)
        if not 0 < size <= MAX_PACKET or size % 4:
            raise PacketError(f"frame of {size} bytes, must be a multiple of 4 from 4 to {MAX_PACKET}")
        end = start + 4 + size
        return (bytes(buffer[start + 4 : end]), end) if end <= len(buffer) else (None, start)

    def wrap(self, packet: bytes) -> bytes:
        return len(packet).to_bytes(4) + packet


class Slip:
    """Each packet between END bytes, those inside it escaped."""

    def __init__(self) -> None:
        self._seen = 0  # bytes of a packet that has not arrived whole: they hold no END, and are not searched again

    def split(self, buffer: bytearray, start: int) -> tuple[bytes | None, int]:
        ends = _ENDS.match(buffer, start)  # the one before a packet, or nothing between two of them
        first = ends.end() if ends else start
        end = buffer.find(END, first + self._seen)
        if end >= 0:
            self._seen = 0
            return unescaped(bytes(buffer[first:end])), end + 1
        self._seen = len(buffer) - first
        if self._seen > SLIP_MAX:
            raise PacketError(f"{self._seen} bytes of SLIP without an END, at most {SLIP_MAX} are taken")
        return None, first

    def wrap(self, packet: bytes) -> bytes:
        return END + packet.replace(ESC, ESC_ESC).replace(END, ESC_END) + END


def unescaped(data: bytes) -> bytes:
    """A packet without SLIP's escapes; an ESC before any other byte is left where it is, as RFC 1055 advises."""
    return data.replace(ESC_END, END).replace(ESC_ESC, ESC) if ESC in data else data


def recognise(data: bytes | bytearray) -> Framing:
    """The framing of a stream that begins with `data`, one byte at least. Raises PacketError that names what it is."""
    if data[:1] == END:
        return Slip()
    if data[:1] == b"\0":
        return Lengths()
    raise PacketError(f"{_name(bytes(data[:_HEAD]))}: {RIGHT}")


def _name(head: bytes) -> str:
    if head[:1] in (b"/", b"#"):
        return f"OSC without framing ({_text(head)})"
    if head.startswith(_HTTP):
        return f"an HTTP request ({_text(head)})"
    if head.startswith(_TLS):
        return "TLS"
    if all(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in head):
        return f"text ({_text(head)})"
    return f"a frame of {int.from_bytes(head[:4].ljust(4, bytes(1)), signed=True)} bytes ({head[:4].hex(' ')})"


def _text(head: bytes) -> str:
    """What can be printed of it, up to the first byte that cannot."""
    text = head.decode("ascii", "replace")
    return repr(text[: next((i for i, character in enumerate(text) if not character.isprintable()), len(text))])
