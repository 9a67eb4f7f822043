"""OSC over TCP: packets behind their lengths (OSC 1.0) or in SLIP (OSC 1.1), answered as they are sent.

One connection can neither hold the event clock (frames are taken in slices of half a millisecond), nor fill memory (one
frame of 64 KiB at most, unread answers at most 1 MiB), nor keep its place after its peer is gone without a word: a
tablet that was switched off, or has left the network. One host can hold no more than its share of the places.

Why not asyncio's own server: where no descriptor is left, it logs a hundred tracebacks a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import time
from typing import cast

from oscvae.errors import ConfigError, PacketError
from oscvae.osc.client import Client
from oscvae.osc.hub import Hub
from oscvae.osc.transport.framing import Framing, Lengths, recognise
from oscvae.osc.transport.ports import HOSTS, bind_error
from oscvae.osc.transport.shares import Shares
from oscvae.osc.transport.sparing import Sparing
from oscvae.osc.transport.udp import SLICE_S

MAX_CONNECTIONS = 64
UNREAD_MAX = 2**20  # bytes of answers that a slow reader may leave lying
KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}  # a minute in all, as a subscription lasts
PAUSE_S = 1.0  # without accepting, where the system has no room for a connection

_BACKLOG = 100
_ACCEPTED_AT_ONCE = 16  # of the event clock's turn

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
        self._listening: list[socket.socket] = []
        self._connections: set[TcpConnection] = set()
        self._places = Shares(MAX_CONNECTIONS)
        self._taking: set[asyncio.Task[object]] = set()
        self._resuming: set[asyncio.TimerHandle] = set()
        self._refusals, self._exhaustions = Sparing(log), Sparing(log)
        self._strange, self._slow = Sparing(log), Sparing(log)

    async def listen(self, host: str, port: int) -> int:
        """Takes connections; returns the port. Raises PortTakenError or ConfigError."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except (OSError, UnicodeError) as error:
            raise ConfigError(f"osc.host {host!r} is no address of a network: {error}; {HOSTS}") from error
        try:
            for family, address in dict.fromkeys((info[0], info[4]) for info in found):
                self._listen(family, (address[0], port, *address[2:]))
                port = port or int(self._listening[0].getsockname()[1])
        except OSError as error:
            self.close()
            raise bind_error("tcp", host, port, error) from error
        for listening in self._listening:
            loop.add_reader(listening, self._accept, listening)
        return port

    def _listen(self, family: int, address: tuple[object, ...]) -> None:
        listening = socket.socket(family, socket.SOCK_STREAM)
        self._listening.append(listening)
        listening.setblocking(False)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)

    @property
    def is_open(self) -> bool:
        return bool(self._listening)

    def close(self) -> None:
        """Stops listening; answers that are on their way are still sent."""
        loop = asyncio.get_running_loop()
        for handle in self._resuming:
            handle.cancel()
        for listening in self._listening:
            loop.remove_reader(listening)
            listening.close()
        self._listening.clear()
        for connection in list(self._connections):
            connection.close()

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                accepted, peer = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._pause(listening, error)
                return
            connection = self._admit(str(peer[0]), int(peer[1]))
            if connection is None:
                accepted.close()
                continue
            accepted.setblocking(False)
            keep_alive(accepted)
            self._take(connection, accepted)

    def _pause(self, listening: socket.socket, error: OSError) -> None:
        """The system has no room: what knocks waits in its queue, and the event clock is not asked at each turn."""
        why = error.strerror or error
        more = "; ulimit -n says how many files may be open" if error.errno == errno.EMFILE else ""
        self._exhaustions.warn(f"no further TCP connection can be taken now: {why}{more}")
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening)

        def resume() -> None:
            self._resuming.discard(handle)
            loop.add_reader(listening, self._accept, listening)

        handle = loop.call_later(PAUSE_S, resume)
        self._resuming.add(handle)

    def _admit(self, host: str, port: int) -> TcpConnection | None:
        """The connection of who may have one more."""
        allowed, is_loopback = self.hub.judge(host)
        if not allowed:
            self.hub.refused += 1
            return None
        why = self._places.refusal(host, is_loopback, "TCP connections")
        if why:
            self._refusals.warn(f"TCP connection of {host} refused: {why}")
            return None
        self._places.take(host, is_loopback)
        connection = TcpConnection(self, host, port, is_loopback)
        self._connections.add(connection)
        return connection

    def _take(self, connection: TcpConnection, accepted: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        task: asyncio.Task[object] = loop.create_task(loop.connect_accepted_socket(lambda: connection, accepted))
        self._taking.add(task)

        def taken(task: asyncio.Task[object]) -> None:
            self._taking.discard(task)
            if task.cancelled() or task.exception() is not None:
                accepted.close()
                self.leave(connection)

        task.add_done_callback(taken)

    def leave(self, connection: TcpConnection) -> None:
        """A connection is gone."""
        if connection in self._connections:
            self._connections.discard(connection)
            self._places.leave(connection.host, connection.is_loopback)
            self.hub.on_closed(connection.client(0))

    def log_slow_reader(self, client: Client) -> None:
        self.hub.unsent += 1
        self._slow.warn(f"{client.address} does not read its answers: connection closed")

    def log_strange(self, client: Client, why: object) -> None:
        self._strange.warn(f"{client.address} sends {why}; connection closed")


class TcpConnection(asyncio.Protocol):
    """One connection: frames in, frames out, in the framing of its first byte."""

    def __init__(self, port: TcpPort, host: str, number: int, is_loopback: bool) -> None:
        self.host = host
        self.is_loopback = is_loopback
        self._port = number
        self._tcp = port
        self._hub = port.hub
        self._buffer = bytearray()
        self._framing: Framing | None = None
        self._waiting = False  # for the next slice
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self._tcp.is_open:  # since it was accepted
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._buffer.clear()
        self._transport = None
        self._tcp.leave(self)

    def client(self, request_size: int) -> Client:
        limiter = self._hub.error_limiter
        peer = "tcp", self.host, self._port, self.is_loopback
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
        try:
            if self._framing is None and buffer:
                self._framing = recognise(buffer)
            while self._framing is not None and self._transport is not None and not self._transport.is_closing():
                packet, position = self._framing.split(buffer, position)
                if packet is None:
                    break
                self._hub.take(packet, self.client(len(packet)))
                if time.perf_counter() > deadline:
                    self._waiting = True
                    break
        except PacketError as error:
            self._refuse(error)
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

    def _refuse(self, error: PacketError) -> None:
        """What can be no OSC: said to its sender and in the log, and the end of the connection."""
        client = self.client(4)
        self._tcp.log_strange(client, error)
        client.fail("packet", f"{error}: connection closed")
        if self._transport is not None:
            self._transport.close()

    def _send(self, packet: bytes, _client: Client) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() + len(packet) > UNREAD_MAX:
            self._tcp.log_slow_reader(self.client(0))
            transport.abort()
            return
        transport.write((self._framing or Lengths()).wrap(packet))
