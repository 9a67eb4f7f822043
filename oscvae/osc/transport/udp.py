"""OSC over UDP: datagrams in, answers out, on the event clock.

Why not python-osc's own server: it starts a thread per datagram and sleeps in the handler. Why not asyncio's datagram
endpoint: it takes one datagram per turn of the loop, and each turn costs more than the datagram.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable

from oscvae.errors import ConfigError
from oscvae.osc.client import Client
from oscvae.osc.hub import Hub
from oscvae.osc.transport.ports import HOSTS, bind_error
from oscvae.osc.transport.reach import Reach

SLICE_S = 0.0005  # of the event clock, before others get their turn
_RECEIVE_BUFFER = 2**22  # bytes asked of the kernel: about 10,000 small datagrams while the loop is busy elsewhere
_DATAGRAM_MAX = 65535

log = logging.getLogger(__name__)


class UdpPort:
    """One bound UDP port, whose packets go to `hub`. Raises PortTakenError, or ConfigError for an address that cannot
    be bound."""

    def __init__(self, hub: Hub, host: str, port: int) -> None:
        self._hub = hub
        self._socket: socket.socket | None = self._bind(host, port)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._may_broadcast = False
        self.host, self.port = self._socket.getsockname()[:2]
        self.reach = Reach.of(self._socket)
        self.on_unsent: Callable[[Client, OSError], None] = lambda client, error: None  # it could not be sent

    def listen(self) -> None:
        """Take what arrives from here on."""
        assert self._socket is not None
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._drain)

    def close(self) -> None:
        """Stop, at once."""
        if self._socket is not None:
            if self._loop is not None:
                self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def client(self, host: str, port: int, request_size: int = 0) -> Client:
        """Somebody at that numeric address, who has sent so many bytes: 0 for a subscriber, who has not asked now."""
        is_loopback = self._hub.is_loopback(host)
        return Client("udp", host, port, is_loopback, request_size, self._send, self._hub.error_limiter)

    def allow_broadcast(self) -> bool:
        """Let whole networks be sent to, from now on; False if they could be already."""
        if self._socket is None or self._may_broadcast:
            return False
        self._may_broadcast = True
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        return True

    def _drain(self) -> None:
        """Takes what has arrived, for half a millisecond at most; the selector calls again if there is more."""
        assert self._socket is not None
        receive = self._socket.recvfrom
        deadline = time.perf_counter() + SLICE_S
        while self._socket is not None:
            try:
                data, sender = receive(_DATAGRAM_MAX)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:  # pragma: no cover - a network that goes away under us
                log.warning("receiving failed: %s", error)
                return
            host = sender[0]
            if self._hub.judge(host)[0]:
                self._hub.take(data, self.client(host, sender[1], len(data)))
            else:
                self._hub.refused += 1
            if time.perf_counter() > deadline:
                return

    def _send(self, packet: bytes, client: Client) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(packet, (client.host, client.port))
        except OSError as error:  # full or unreachable: UDP promises nothing
            self._hub.unsent += 1
            self.on_unsent(client, error)

    @staticmethod
    def _bind(host: str, port: int) -> socket.socket:
        family, kind, protocol, _, address = _resolve(host, port)
        udp = socket.socket(family, kind, protocol)
        try:
            udp.setblocking(False)
            with contextlib.suppress(OSError):
                udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            udp.bind(address)
        except OSError as error:
            udp.close()
            raise bind_error("udp", host, port, error) from error
        return udp


def _resolve(host: str, port: int) -> tuple[int, int, int, str, tuple[object, ...]]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"osc.host {host!r} is no address of a network: {error}; {HOSTS}") from error
