"""The OSC server: one UDP port and, where it is wanted, one TCP port, which share one hub."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from oscvae.osc.client import Client
from oscvae.osc.hub import Handler, Hub, Network
from oscvae.osc.transport.tcp import TcpPort
from oscvae.osc.transport.udp import UdpPort

log = logging.getLogger(__name__)


class OscServer(Hub):
    """Listens on one UDP and, if `tcp_port` is not None, one TCP port, and calls `handler(packet, client)`.

    host: numeric address or name to bind. port, tcp_port: 0 takes any free one; after `start` they are those that were
    taken. allow, errors_per_second: as Hub's.
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
        super().__init__(handler, allow=allow, errors_per_second=errors_per_second)
        self.host = host
        self.port = port
        self.tcp_port = tcp_port
        self._udp: UdpPort | None = None
        self._tcp: TcpPort | None = None

    async def start(self) -> None:
        """Binds and listens. Raises PortTakenError, or ConfigError for an address that cannot be bound."""
        udp = UdpPort(self, self.host, self.port)
        try:
            if self.tcp_port is not None:
                self._tcp = TcpPort(self)
                self.tcp_port = await self._tcp.listen(self.host, self.tcp_port)
        except BaseException:
            udp.close()
            raise
        self._udp = udp
        self.port = udp.port
        udp.listen()
        if not self.is_loopback(udp.host) and not self.allow:
            log.warning("osc.host is %s but osc.allow is empty: only this machine is heard", self.host)

    async def close(self) -> None:
        """Stops listening; answers that are on their way over TCP are still sent."""
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()

    @property
    def udp(self) -> UdpPort:
        """The UDP port of a server that has started."""
        assert self._udp is not None, "the server has not started"
        return self._udp

    def udp_client(self, host: str, port: int) -> Client:
        """Somebody to send to who has not asked: a subscriber. `host` is numeric."""
        return self.udp.client(host, port)
