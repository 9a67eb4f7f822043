"""Where a UDP socket can send: what a host means to it, and why some hosts can never hear it."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from oscvae.errors import ConfigError

BROADCAST = "255.255.255.255"
_FAMILIES = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}


class UnreachableError(ConfigError):
    """A host to which this socket can never send; the message says what to change. is_final: not even later."""

    def __init__(self, why: str, *, is_final: bool = False) -> None:
        super().__init__(why)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Reach:
    """What a socket bound to `host`, numeric, can reach. is_dual: an IPv6 one that sends IPv4 as well."""

    family: int
    host: str
    is_dual: bool = False

    @classmethod
    def of(cls, bound: socket.socket) -> Reach:
        """The reach of a bound socket."""
        host = str(bound.getsockname()[0])
        only = bound.family == socket.AF_INET6 and bound.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
        return cls(bound.family, host, host == "::" and not only)

    def address(self, host: str) -> str:
        """`host` as this socket sends to it, numeric. Waits for the network where `host` is a name.

        Raises UnreachableError.
        """
        flags = socket.AI_V4MAPPED if self.is_dual else 0
        try:
            found = socket.getaddrinfo(host, None, self.family, socket.SOCK_DGRAM, flags=flags)
        except (OSError, UnicodeError) as error:
            raise self._unknown(host, error) from None
        address = host if "%" in host else str(found[0][4][0])
        if self._is_confined and not _is_loopback(address):
            why = f"{host} is beyond this machine, which osc.host {self.host} cannot reach"
            raise UnreachableError(f"{why}: osc.host: 0.0.0.0 can, together with osc.allow", is_final=is_numeric(host))
        return address

    @property
    def _is_confined(self) -> bool:
        return _is_loopback(self.host)

    def _unknown(self, host: str, error: Exception) -> UnreachableError:
        """It has no address at all, or none of this family."""
        try:
            other = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)[0][0]
        except (OSError, UnicodeError):
            why = getattr(error, "strerror", None) or str(error)
            return UnreachableError(f"{host} is no host that is known here ({why})")
        name, own = _FAMILIES.get(other, "of another kind"), _FAMILIES[socket.AddressFamily(self.family)]
        right = "osc.host: '::' reaches both" if other == socket.AF_INET6 else "osc.host: 0.0.0.0 reaches it"
        why = f"{host} is {name}, and osc.host {self.host} sends {own}"
        return UnreachableError(f"{why}: name its {own} address, or {right}", is_final=is_numeric(host))


def is_numeric(host: str) -> bool:
    """Whether nobody has to be asked what it means."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host.lower() == "localhost"
    return True


def _is_loopback(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return parsed.is_loopback
