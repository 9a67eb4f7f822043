"""What one host may hold of the places that all share: so that a single one can never shut the others out."""

from __future__ import annotations

import ipaddress
from collections import Counter

LOOPBACK_SHARE = 0.75  # of all places, for all programs of this machine together
HOST_SHARE = 0.25  # for any other host
_IPV6_HOST_BITS = 64  # a host picks its addresses out of a whole /64


class Shares:
    """`most` places, and how many of them each host holds."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: Counter[str] = Counter()

    def refusal(self, host: str, is_loopback: bool, places: str) -> str:
        """Why `host` can have no further one of the `places`; "" if it can."""
        if self._held.total() >= self._most:
            return f"there are {self._most} {places} already"
        share = most_of(self._most, is_loopback)
        if self._held[household(host, is_loopback)] >= share:
            whose = "this machine" if is_loopback else "one host"
            return f"{whose} has {share} {places} already, of {self._most} for all"
        return ""

    def take(self, host: str, is_loopback: bool) -> None:
        """One more place for `host`."""
        self._held[household(host, is_loopback)] += 1

    def leave(self, host: str, is_loopback: bool) -> None:
        """One place of `host` is free again."""
        whose = household(host, is_loopback)
        self._held[whose] -= 1
        if self._held[whose] <= 0:
            del self._held[whose]


def most_of(places: int, is_loopback: bool) -> int:
    """How many of all `places` one host may hold."""
    return max(1, int(places * (LOOPBACK_SHARE if is_loopback else HOST_SHARE)))


def household(host: str, is_loopback: bool) -> str:
    """Whose place it is: all of loopback is one, and so is an IPv6 network of 64 bits."""
    if is_loopback:
        return "this machine"
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if address.is_link_local:  # one /64 for all hosts of a network
        return str(address)
    return str(ipaddress.ip_network((address, _IPV6_HOST_BITS), strict=False))
