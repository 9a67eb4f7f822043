"""Which requests are this daemon's own: under which names it may be asked, and from which pages.

A browser sends what any page wants it to send, to any address, also to this one. Two headers that a page cannot forge
tell it apart: `Origin`, the page's own, and `Host`, the name that was asked for, which an attacker's name server could
point here.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

_LABEL_MAX = 63  # bytes between two dots (RFC 1035)


class Rights:
    """hosts: further names of this machine. origins: pages from elsewhere that may ask, as `https://example.org`."""

    def __init__(self, hosts: Sequence[str] = (), origins: Sequence[str] = ()) -> None:
        here = socket.gethostname().lower()
        announced = f"{announced_host()}.local"
        self._hosts = {"localhost", here, f"{here}.local", announced, *(host.lower() for host in hosts)}
        self._origins = {origin.lower().rstrip("/") for origin in origins}

    def complaint(self, host: str, origin: str | None) -> str:
        """Why a request with these headers is refused; "" if it is not. origin: None where a request has none."""
        name = _split(f"//{host}").hostname or ""
        if not _is_address(name) and name.lower() not in self._hosts:
            return f"{host[:80]!r} is no name of this machine: use its address, or add the name to http.hosts"
        if origin is None or origin.lower() in self._origins:
            return ""
        if _split(origin).netloc.lower() != host.lower() or origin == "null":
            return f"a page from {origin[:80]!r} may not ask: add it to http.origins to let it"
        return ""


def announced_host() -> str:
    """The name, below .local, that zeroconf gives to this machine for oscvae: the machine's own is for the system's
    responder, which would take a second one for a conflict."""
    return f"oscvae-{socket.gethostname().lower().partition('.')[0]}"[:_LABEL_MAX]


def _split(url: str) -> SplitResult:
    """Its parts; none of what is no URL, as with a bracket that is not closed."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
