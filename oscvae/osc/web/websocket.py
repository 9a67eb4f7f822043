"""One WebSocket of the door: what it listens to, and what waits to be sent; a slow reader loses sound first."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import struct
import termios

from aiohttp import WSMsgType, web

from oscvae.errors import CommandError
from oscvae.osc.client import Client
from oscvae.osc.packets import encode_message
from oscvae.osc.parts import joined, split
from oscvae.osc.web import tree

MOST_LISTENED = 512  # addresses, of one socket
UNREAD_MAX = 2**20  # bytes that a slow reader may leave lying
CLOSE_S = 5.0  # in which it must have read what it was told
_LOOK_S = 0.02
SOUND_PER_S = 50  # packets of /monitor
LATE_S = 0.2  # of sound that may wait for a slow listener
LATE_LEAST = 2**13  # bytes: half a second of pictures
_FINAL = 0x80  # a frame that is a whole message
_TEXT, _BINARY = _FINAL | WSMsgType.TEXT, _FINAL | WSMsgType.BINARY


class WebSocket:
    """One WebSocket: what it listens to, and what waits to be sent, in order.

    What is to be sent in one turn of the event clock is written at once, in its next turn: twenty pages that follow the
    cursor are told 4,500 frames a second, a hundred at a time.
    """

    def __init__(
        self, response: web.WebSocketResponse, standing: tree.Standing, transport: asyncio.Transport | None
    ) -> None:
        self._response = response
        self._transport = transport
        self._standing = standing
        self._frames: list[bytes] = []  # heads and payloads, for the next turn
        self._unwritten = 0  # bytes of them
        self._closing: asyncio.Task[None] | None = None
        self.listens: dict[str, str] = {}  # addresses as it named them, and as they are told

    def send(self, packet: bytes, _client: Client | None = None) -> None:
        self._put(_BINARY, packet)

    def send_or_drop(self, packet: bytes) -> None:
        """Send a 20 ms packet of sound, unless LATE_S of it wait already; or a picture, unless as much as sound may."""
        if self._waiting() + _unsent(self._transport) <= max(LATE_S * SOUND_PER_S * len(packet), LATE_LEAST):
            self._put(_BINARY, packet)

    def _waiting(self) -> int:
        """Bytes that the system has not taken: here, and in the transport."""
        return self._unwritten + (self._transport.get_write_buffer_size() if self._transport is not None else 0)

    def say(self, text: str) -> None:
        self._put(_TEXT, text.encode())

    def end(self) -> None:
        """Close it, once what waits is written."""
        if self._closing is None:
            self._write()
            self._closing = asyncio.get_running_loop().create_task(self._close())

    def let_go(self) -> None:
        """It is gone; who answers no ping may have left something unread, and its connection with it."""
        if self._waiting():
            self.end()

    async def _close(self) -> None:
        """Say goodbye, to who reads; hang up on who does not."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._response.close()
                while self._waiting():  # it is closing, and still written to
                    await asyncio.sleep(_LOOK_S)
        if self._waiting() and self._transport is not None:
            self._transport.abort()

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

    def _put(self, kind: int, payload: bytes) -> None:
        if self._closing is not None:
            return
        if self._waiting() > UNREAD_MAX:
            self.end()  # it does not read
            return
        if not self._frames:
            asyncio.get_running_loop().call_soon(self._write)
        self._frames += (_head(kind, len(payload)), payload)
        self._unwritten += len(payload)

    def _write(self) -> None:
        frames, self._frames, self._unwritten = self._frames, [], 0
        if frames and self._transport is not None and not (self._transport.is_closing() or self._response.closed):
            self._transport.write(b"".join(frames))


def _head(kind: int, size: int) -> bytes:
    """What stands before the payload of a frame that is whole and unmasked (RFC 6455, 5.2)."""
    if size < 126:
        return struct.pack(">BB", kind, size)
    if size < 1 << 16:
        return struct.pack(">BBH", kind, 126, size)
    return struct.pack(">BBQ", kind, 127, size)


def _unsent(transport: asyncio.Transport | None) -> int:
    """Bytes that a TCP socket has been given and the other end has not acknowledged; Linux (tcp(7), SIOCOUTQ)."""
    line = transport.get_extra_info("socket") if transport is not None else None
    if line is None:
        return 0
    try:
        answer = fcntl.ioctl(line.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
    except (OSError, ValueError):
        return 0
    return int(struct.unpack("i", answer)[0])
