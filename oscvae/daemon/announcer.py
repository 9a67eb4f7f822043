"""The process that tells the local network where a daemon is: `_osc._udp` and `_oscjson._tcp`, by zeroconf.

A process of its own, because whoever announces hears all that others announce: a network full of printers, or a name
that has to be defended, would take the GIL from the event clock. It never browses.
Usage: python -m oscvae.daemon.announcer NAME HOST OSC_PORT HTTP_PORT, until standard input ends; 0 is no port.

Sources: RFC 6762 (multicast DNS), RFC 6763 (service discovery).
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import select
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import ifaddr
from zeroconf import Error, IPVersion, ServiceInfo, Zeroconf

from oscvae.osc.web.rights import announced_host

LOOK_S = 10.0  # how often the machine's addresses are looked at: a stage's network comes when it comes
OSC, OSCQUERY = "_osc._udp.local.", "_oscjson._tcp.local."
_NICE = 10
_OOM_FIRST = "1000"
_EVERYWHERE = {"0.0.0.0", "::"}


def addresses(host: str) -> list[str]:
    """At which of this machine's IPv4 addresses, loopback apart, a daemon that listens on `host` can be reached."""
    own = {str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4}
    if host not in _EVERYWHERE:
        try:
            own &= {str(place[4][0]) for place in socket.getaddrinfo(host, None, socket.AF_INET)}
        except OSError:
            return []
    return sorted(address for address in own if not ipaddress.ip_address(address).is_loopback)


def services(name: str, here: Sequence[str], ports: dict[str, int]) -> list[ServiceInfo]:
    """What is announced: one service for each type that has a port."""
    server = f"{announced_host()}.local."
    return [
        ServiceInfo(kind, f"{name}.{kind}", port=port, parsed_addresses=list(here), server=server)
        for kind, port in ports.items()
        if port
    ]


def announce(name: str, here: Sequence[str], ports: dict[str, int]) -> tuple[Zeroconf, list[str]]:
    """Say at the addresses `here` that a daemon is there, until what is returned is closed; the names under which it
    is: one that another has gets a number. Raises OSError, and zeroconf's Error."""
    speaker = Zeroconf(interfaces=list(here), ip_version=IPVersion.V4Only)
    try:
        told = services(name, here, ports)
        for service in told:
            speaker.register_service(service, allow_name_change=True)
    except BaseException:
        speaker.close()
        raise
    return speaker, [service.name for service in told]


def run(name: str, host: str, ports: dict[str, int], until: int) -> None:
    """Announce at whichever addresses there are, until the descriptor `until` ends."""
    speaker: Zeroconf | None = None
    known: list[str] | None = None
    said = ""
    while True:
        here = addresses(host)
        if here != known:
            if speaker is not None:
                speaker.close()
            speaker, known, words = None, here, f"nowhere: {host} is at no network"
            if here:
                try:
                    speaker, names = announce(name, here, ports)
                    words = f"{', '.join(names)} at {', '.join(here)}"
                except (OSError, Error) as error:
                    known, words = None, f"nowhere: {error or type(error).__name__}"
            if words != said:
                print(words, flush=True)
                said = words
        if select.select([until], [], [], LOOK_S)[0]:
            break
    if speaker is not None:
        speaker.close()  # says goodbye


def main() -> None:
    name, host, osc_port, http_port = sys.argv[1:]
    os.nice(_NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_FIRST, encoding="ascii")
    with contextlib.suppress(BrokenPipeError):
        run(name, host, {OSC: int(osc_port), OSCQUERY: int(http_port)}, sys.stdin.fileno())


if __name__ == "__main__":
    main()
