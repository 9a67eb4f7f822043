"""The hub of all transports: who may send, what came, and to whom it is handed; on the event clock.

A packet from UDP, TCP or whatever door comes next goes through `take`, so that rights, limits and counts are one.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Sequence

from oscvae.errors import PacketError
from oscvae.osc.client import Client, ErrorLimiter
from oscvae.osc.dump import Dump
from oscvae.osc.packets import Packet, decode
from oscvae.osc.transport.sparing import Sparing

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Handler = Callable[[Packet, Client], None]

_HOSTS_MAX = 1024  # whose rights are remembered

log = logging.getLogger(__name__)


class Hub:
    """Takes packets from the transports and calls `handler(packet, client)`.

    allow: networks that may send besides loopback, which always may; a packet from elsewhere gets no answer. Counters
    only grow.
    """

    def __init__(self, handler: Handler, *, allow: Sequence[Network] = (), errors_per_second: float = 20.0) -> None:
        self.error_limiter = ErrorLimiter(errors_per_second)
        self.dump = Dump()
        self.on_closed: Callable[[Client], None] = lambda client: None  # a connection has ended
        self.packets = 0
        self.malformed = 0
        self.refused = 0  # packets and connections from outside `allow`
        self.unsent = 0  # answers that the network would not take
        self.allow = tuple(allow)
        self._handler = handler
        self._rights: dict[str, tuple[bool, bool]] = {}
        self._strangers = Sparing(log)

    def set_handler(self, handler: Handler) -> None:
        """From now on packets go to `handler`."""
        self._handler = handler

    def judge(self, host: str) -> tuple[bool, bool]:
        """(whether packets from `host` are taken, whether it is this machine). A stranger is said to be one."""
        rights = self._rights.get(host)
        if rights is None:
            if len(self._rights) >= _HOSTS_MAX:
                self._rights.clear()
            rights = self._rights[host] = self._read_rights(host)
            if not rights[0]:
                self._strangers.warn(f"{host} is outside osc.allow: what it sends is ignored")
        return rights

    def is_loopback(self, host: str) -> bool:
        """Whether `host` is this machine; may it send or not."""
        rights = self._rights.get(host) or self._read_rights(host)
        return rights[1]

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

    def _read_rights(self, host: str) -> tuple[bool, bool]:
        try:
            address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return False, False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if address.is_loopback:
            return True, True
        return any(address in network for network in self.allow), False
