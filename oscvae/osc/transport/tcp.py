"""OSC over TCP: packets behind their lengths (OSC 1.0) or in SLIP (OSC 1.1), answered as they are sent.

One connection can neither hold the event clock (frames are taken in slices of half a millisecond), nor fill memory (one
frame of 64 KiB at most, unread answers at most 1 MiB), nor keep its place after its peer is gone without a word: a
tablet that was switched off, or has left the network. One host can hold no more than its share of the places.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from typing import cast

from oscvae.errors import ConfigError, PacketError
from oscvae.osc.client import Client
from oscvae.osc.hub import Hub
from oscvae.osc.transport.accepting import Accepting
from oscvae.osc.transport.framing import Framing, Lengths, recognise
from oscvae.osc.transport.ports import HOSTS, bind_error
from oscvae.osc.transport.sparing import Sparing
from oscvae.osc.transport.udp import SLICE_S

MAX_CONNECTIONS = 64
UNREAD_MAX = 2**20  # bytes of answers that a slow reader may leave lying

log = logging.getLogger(__name__)


class TcpPort:
    """One listening TCP port and its connections, whose packets go to `hub`."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._accepting = Accepting(hub, kind="TCP", most=MAX_CONNECTIONS, make=self._admit, lost=self.leave)
        self._connections: set[TcpConnection] = set()
        self._strange, self._slow = Sparing(log), Sparing(log)

    async def listen(self, host: str, port: int) -> int:
        """Takes connections; returns the port. Raises PortTakenError or ConfigError."""
        try:
            return await self._accepting.listen(host, port)
        except (socket.gaierror, UnicodeError) as error:
            raise ConfigError(f"osc.host {host!r} is no address of a network: {error}; {HOSTS}") from error
        except OSError as error:
            raise bind_error("tcp", host, port, error) from error

    @property
    def is_open(self) -> bool:
        return self._accepting.is_open

    def close(self) -> None:
        """Stops listening; answers that are on their way are still sent."""
        self._accepting.close()
        for connection in list(self._connections):
            connection.close()

    def _admit(self, host: str, port: int, is_loopback: bool) -> TcpConnection:
        connection = TcpConnection(self, host, port, is_loopback)
        self._connections.add(connection)
        return connection

    def leave(self, connection: TcpConnection) -> None:
        """A connection is gone."""
        if connection in self._connections:
            self._connections.discard(connection)
            self._accepting.leave(connection.host, connection.is_loopback)
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
