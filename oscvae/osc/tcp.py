"""OSC over TCP: packets framed by an int32 big-endian length (the OSC 1.0 stream rule).

One connection can neither hold the event clock (frames are taken in slices of half a millisecond), nor fill memory (one
frame of 64 KiB at most, unread answers at most 1 MiB), nor keep its place after its peer is gone without a word: a
tablet that was switched off, or has left the network.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from typing import cast

from oscvae.osc.client import Client
from oscvae.osc.hub import Hub
from oscvae.osc.packets import MAX_PACKET
from oscvae.osc.ports import bind_error
from oscvae.osc.udp import SLICE_S

MAX_CONNECTIONS = 64
UNREAD_MAX = 2**20  # bytes of answers that a slow reader may leave lying
KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}  # a minute in all, as a subscription lasts

log = logging.getLogger(__name__)


def keep_alive(connection: socket.socket) -> None:
    """Have the system ask a silent peer now and then whether it is still there, and end the connection if it is not."""
    with contextlib.suppress(OSError):  # it has ended already
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE.items():
            option = getattr(socket, name, None)  # not every system has them all
            if option is not None:
                connection.setsockopt(socket.IPPROTO_TCP, option, value)


class TcpPort:
    """One listening TCP port and its connections, whose packets go to `hub`."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._server: asyncio.Server | None = None
        self._connections: set[TcpConnection] = set()

    async def listen(self, host: str, port: int) -> int:
        """Takes connections; returns the port. Raises PortTakenError or ConfigError."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: TcpConnection(self), host, port)
        except OSError as error:
            raise bind_error("tcp", host, port, error) from error
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Stops listening; answers that are on their way are still sent."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.close()

    def admit(self, connection: TcpConnection) -> bool:
        """Whether one more connection is taken."""
        if len(self._connections) >= MAX_CONNECTIONS:
            log.warning("TCP connection refused: there are %d already", MAX_CONNECTIONS)
            return False
        self._connections.add(connection)
        return True

    def leave(self, connection: TcpConnection) -> None:
        """A connection is gone."""
        self._connections.discard(connection)
        self.hub.on_closed(connection.client(0))

    def log_slow_reader(self, client: Client) -> None:
        self.hub.unsent += 1
        log.warning("%s does not read its answers: connection closed", client.address)


class TcpConnection(asyncio.Protocol):
    """One connection: frames in, frames out."""

    def __init__(self, port: TcpPort) -> None:
        self._tcp = port
        self._hub = port.hub
        self._buffer = bytearray()
        self._waiting = False  # for the next slice
        self._transport: asyncio.Transport | None = None
        self._host = ""
        self._port = 0
        self._is_loopback = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername") or ("", 0)
        self._host, self._port = str(peer[0]), int(peer[1])
        allowed, self._is_loopback = self._hub.judge(self._host)
        if not allowed or not self._tcp.admit(self):
            self._transport.abort()
            self._transport = None
            return
        keep_alive(transport.get_extra_info("socket"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._buffer.clear()
        if self._transport is not None:
            self._transport = None
            self._tcp.leave(self)

    def client(self, request_size: int) -> Client:
        limiter = self._hub.error_limiter
        peer = "tcp", self._host, self._port, self._is_loopback
        return Client(*peer, request_size, self._send, limiter, persistent=True)

    def close(self) -> None:
        """Closes once what was written is sent."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._waiting:
            self._take_frames()

    def eof_received(self) -> bool:
        return False

    def _take_frames(self) -> None:
        self._waiting = False
        buffer, position = self._buffer, 0
        deadline = time.perf_counter() + SLICE_S
        while len(buffer) - position >= 4 and self._transport is not None and not self._transport.is_closing():
            size = int.from_bytes(buffer[position : position + 4], signed=True)
            if not 0 < size <= MAX_PACKET or size % 4:
                why = f"frame of {size} bytes, must be a multiple of 4 from 4 to {MAX_PACKET}: connection closed"
                self.client(4).fail("packet", why)
                self._transport.close()
                break
            end = position + 4 + size
            if end > len(buffer):
                break
            self._hub.take(bytes(buffer[position + 4 : end]), self.client(size))
            position = end
            if time.perf_counter() > deadline:
                self._waiting = True
                break
        if self._transport is None:
            return
        del buffer[:position]
        if self._transport.is_closing():
            buffer.clear()
        elif self._waiting:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._take_frames)
        else:
            self._transport.resume_reading()

    def _send(self, packet: bytes, _client: Client) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() + len(packet) > UNREAD_MAX:
            self._tcp.log_slow_reader(self.client(0))
            transport.abort()
            return
        transport.write(len(packet).to_bytes(4) + packet)
