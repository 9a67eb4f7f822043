"""One WebSocket of the door: what it listens to, and what waits to be sent; a slow reader loses sound first."""

from __future__ import annotations

import asyncio
import fcntl
import json
import struct
import termios
from typing import Any

from aiohttp import web

from oscvae.errors import CommandError
from oscvae.osc.client import Client
from oscvae.osc.packets import encode_message
from oscvae.osc.parts import joined, split
from oscvae.osc.web import tree

MOST_LISTENED = 512  # addresses, of one socket
UNREAD_MAX = 2**20  # bytes that a slow reader may leave lying
SOUND_PER_S = 50  # packets of /monitor
LATE_S = 0.2  # of sound that may wait for a slow listener
LATE_LEAST = 2**13  # bytes: half a second of pictures


class WebSocket:
    """One WebSocket: what it listens to, and what waits to be sent, in order."""

    def __init__(
        self, response: web.WebSocketResponse, standing: tree.Standing, transport: asyncio.Transport | None
    ) -> None:
        self._response = response
        self._transport = transport
        self._standing = standing
        self._out: asyncio.Queue[bytes | str | None] = asyncio.Queue()
        self._unread = 0
        self.listens: dict[str, str] = {}  # addresses as it named them, and as they are told

    def send(self, packet: bytes, _client: Client | None = None) -> None:
        self._put(packet)

    def send_or_drop(self, packet: bytes) -> None:
        """Send a 20 ms packet of sound, unless LATE_S of it wait already; or a picture, unless as much as sound may."""
        if self._waiting() <= max(LATE_S * SOUND_PER_S * len(packet), LATE_LEAST):
            self._put(packet)

    def _waiting(self) -> int:
        """Bytes that have not arrived: here, in the transport, and in the system's own buffer."""
        transport = self._transport
        if transport is None:
            return self._unread
        return self._unread + transport.get_write_buffer_size() + _unsent(transport.get_extra_info("socket"))

    def say(self, text: str) -> None:
        self._put(text)

    def end(self) -> None:
        self._out.put_nowait(None)

    def obey(self, text: str) -> None:
        """OSCQuery's LISTEN and IGNORE; what else a page says in text is answered with what would be right."""
        try:
            said = json.loads(text)
            command, path = said["COMMAND"], said["DATA"]
            act = {"LISTEN": self._listen, "IGNORE": self._ignore}[command]
        except (ValueError, KeyError, TypeError, RecursionError):
            right = 'text must be {"COMMAND": "LISTEN" or "IGNORE", "DATA": "/address"}; OSC goes in binary frames'
            self.send(encode_message("/fail", ("packet", right)))
            return
        try:
            act(str(path))
        except CommandError as error:
            self.send(encode_message("/fail", (str(path)[:64], str(error))))

    def _listen(self, path: str) -> None:
        told = joined(*split(path))
        self._standing(told)
        if len(self.listens) >= MOST_LISTENED:
            raise CommandError(f"a WebSocket listens to at most {MOST_LISTENED} addresses")
        self.listens[path] = told

    def _ignore(self, path: str) -> None:
        self.listens.pop(path, None)

    def _put(self, item: bytes | str) -> None:
        if self._unread > UNREAD_MAX:
            self.end()  # it does not read
            return
        self._unread += len(item)
        self._out.put_nowait(item)

    async def run(self) -> None:
        """Send what waits, until there is an end."""
        while (item := await self._out.get()) is not None:
            try:
                if isinstance(item, bytes):
                    await self._response.send_bytes(item)
                else:
                    await self._response.send_str(item)
            except (ConnectionError, RuntimeError):  # it is gone
                return
            self._unread -= len(item)
        await self._response.close()


def _unsent(line: Any) -> int:
    """Bytes that a TCP socket has been given and the other end has not acknowledged; Linux (tcp(7), SIOCOUTQ)."""
    try:
        answer = fcntl.ioctl(line.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
    except (OSError, AttributeError, ValueError):
        return 0
    return int(struct.unpack("i", answer)[0])
