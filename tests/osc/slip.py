"""SLIP by a few lines of our own from RFC 1055, and a TCP client that speaks it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from osc.listening import Listening


def slip(packet: bytes) -> bytes:
    """RFC 1055, byte by byte."""
    out = bytearray(b"\xc0")
    for byte in packet:
        out += {0xC0: b"\xdb\xdc", 0xDB: b"\xdb\xdd"}.get(byte, bytes([byte]))
    return bytes(out + b"\xc0")


def unslip(data: bytes) -> Iterator[bytes]:
    """RFC 1055, byte by byte."""
    packet, is_escaped = bytearray(), False
    for byte in data:
        if is_escaped:
            packet.append({0xDC: 0xC0, 0xDD: 0xDB}.get(byte, byte))
            is_escaped = False
        elif byte == 0xDB:
            is_escaped = True
        elif byte != 0xC0:
            packet.append(byte)
        elif packet:
            yield bytes(packet)
            packet.clear()
    assert not packet and not is_escaped


class Stream:
    """A TCP client of bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, one: Listening) -> Stream:
        return cls(*await asyncio.open_connection("127.0.0.1", one.server.tcp_port))

    async def read(self, size: int) -> bytes:
        async with asyncio.timeout(10):
            return await self.reader.readexactly(size)
