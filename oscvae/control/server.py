"""The OSC server: packets in over UDP and TCP, answers out, on the event clock.

Why not python-osc's own: it starts a thread per datagram and sleeps in the handler (DESIGN 4). Why not asyncio's
datagram endpoint: it takes one datagram per turn of the loop, and each turn costs more than the datagram.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import logging
import socket
import time
from collections.abc import Callable, Sequence

from oscvae.control.clients import Client, ErrorLimiter
from oscvae.control.dump import Dump
from oscvae.control.packets import Packet, decode
from oscvae.control.ports import taken_message
from oscvae.control.tcp import MAX_CONNECTIONS, SLICE_S, TcpConnection
from oscvae.errors import ConfigError, PacketError, PortTakenError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Handler = Callable[[Packet, Client], None]

_RECEIVE_BUFFER = 2**22  # bytes asked of the kernel: about 10,000 small datagrams while the loop is busy elsewhere
_DATAGRAM_MAX = 65535
_HOSTS = "127.0.0.1 is this machine alone, 0.0.0.0 all of its networks"
_HOSTS_MAX = 1024  # whose rights are remembered

log = logging.getLogger(__name__)


class OscServer:
    """Listens on one UDP and, if `tcp_port` is not None, one TCP port, and calls `handler(packet, client)`.

    host: numeric address or name to bind. port, tcp_port: 0 takes any free one. allow: networks that may send besides
    loopback, which always may; a packet from elsewhere gets no answer. Counters only grow.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        host: str = "127.0.0.1",
        port: int = 9000,
        tcp_port: int | None = None,
        allow: Sequence[Network] = (),
        errors_per_second: float = 20.0,
    ) -> None:
        self.host = host
        self.port = port
        self.tcp_port = tcp_port
        self.error_limiter = ErrorLimiter(errors_per_second)
        self.dump = Dump()
        self.on_closed: Callable[[Client], None] = lambda client: None  # a TCP connection has ended
        self.packets = 0
        self.malformed = 0
        self.refused = 0  # packets and connections from outside `allow`
        self.unsent = 0  # answers that the network would not take
        self._handler = handler
        self._allow = tuple(allow)
        self._rights: dict[str, tuple[bool, bool]] = {}
        self._socket: socket.socket | None = None
        self._tcp: asyncio.Server | None = None
        self._connections: set[TcpConnection] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def set_handler(self, handler: Handler) -> None:
        """From now on packets go to `handler`."""
        self._handler = handler

    async def start(self) -> None:
        """Binds and listens. Raises PortTakenError, or ConfigError for an address that cannot be bound."""
        self._loop = asyncio.get_running_loop()
        self._socket = self._bind()
        self.port = self._socket.getsockname()[1]
        try:
            if self.tcp_port is not None:
                await self._listen(self.tcp_port)
        except BaseException:
            self._socket.close()
            self._socket = None
            raise
        self._loop.add_reader(self._socket, self._drain)
        beyond = not self.judge(self._socket.getsockname()[0])[1]
        if beyond and not self._allow:
            log.warning("osc.host is %s but osc.allow is empty: only this machine is heard", self.host)

    async def close(self) -> None:
        """Stops listening; answers that are on their way over TCP are still sent."""
        if self._socket is not None:
            assert self._loop is not None
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        if self._tcp is not None:
            self._tcp.close()
            self._tcp = None
        for connection in list(self._connections):
            connection.close()

    def udp_client(self, host: str, port: int) -> Client:
        """Somebody to send to who has not asked: a subscriber. `host` is numeric."""
        return Client("udp", host, port, self.judge(host)[1], 0, self._send_datagram, self.error_limiter)

    def judge(self, host: str) -> tuple[bool, bool]:
        """(whether packets from `host` are taken, whether it is this machine)."""
        rights = self._rights.get(host)
        if rights is None:
            if len(self._rights) >= _HOSTS_MAX:
                self._rights.clear()
            rights = self._rights[host] = self._read_rights(host)
        return rights

    def take(self, data: bytes, client: Client) -> None:
        """One packet from a client that may send: decodes it and hands it on. Never raises."""
        self.packets += 1
        try:
            packet = decode(data)
        except PacketError as error:
            self.malformed += 1
            client.fail("packet", error)
            return
        if self.dump.on:
            self.dump.show(packet, client)
        try:
            self._handler(packet, client)
        except Exception:
            log.exception("packet from %s failed, the daemon goes on", client.address)

    def admit(self, connection: TcpConnection) -> bool:
        """Whether one more TCP connection is taken."""
        if len(self._connections) >= MAX_CONNECTIONS:
            log.warning("TCP connection refused: there are %d already", MAX_CONNECTIONS)
            return False
        self._connections.add(connection)
        return True

    def leave(self, connection: TcpConnection, client: Client) -> None:
        """A TCP connection is gone."""
        self._connections.discard(connection)
        self.on_closed(client)

    def log_slow_reader(self, client: Client) -> None:
        self.unsent += 1
        log.warning("%s does not read its answers: connection closed", client.address)

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
            allowed, is_loopback = self.judge(host)
            if allowed:
                client = Client("udp", host, sender[1], is_loopback, len(data), self._send_datagram, self.error_limiter)
                self.take(data, client)
            else:
                self.refused += 1
            if time.perf_counter() > deadline:
                return

    def _send_datagram(self, packet: bytes, client: Client) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(packet, (client.host, client.port))
        except OSError:  # full or unreachable: UDP promises nothing
            self.unsent += 1

    def _read_rights(self, host: str) -> tuple[bool, bool]:
        try:
            address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return False, False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if address.is_loopback:
            return True, True
        allowed = any(address in network for network in self._allow)
        if not allowed and not address.is_unspecified:
            log.warning("%s is outside osc.allow: what it sends is ignored", host)
        return allowed, False

    def _bind(self) -> socket.socket:
        family, kind, protocol, _, address = self._resolve()
        udp = socket.socket(family, kind, protocol)
        try:
            udp.setblocking(False)
            with contextlib.suppress(OSError):
                udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            udp.bind(address)
        except OSError as error:
            udp.close()
            raise self._bind_error("udp", self.port, error) from error
        return udp

    async def _listen(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._tcp = await loop.create_server(lambda: TcpConnection(self), self.host, port)
        except OSError as error:
            raise self._bind_error("tcp", port, error) from error
        self.tcp_port = self._tcp.sockets[0].getsockname()[1]

    def _resolve(self) -> tuple[int, int, int, str, tuple[object, ...]]:
        try:
            return socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)[0]
        except (OSError, UnicodeError) as error:
            raise ConfigError(f"osc.host {self.host!r} is no address of a network: {error}; {_HOSTS}") from error

    def _bind_error(self, protocol: str, port: int, error: OSError) -> Exception:
        if error.errno == errno.EADDRINUSE:
            return PortTakenError(taken_message(protocol, self.host, port))
        why = error.strerror or error
        hint = f"; osc.host: {_HOSTS}" if error.errno == errno.EADDRNOTAVAIL else ""
        return ConfigError(f"cannot listen on {self.host} {protocol} port {port}: {why}{hint}")
