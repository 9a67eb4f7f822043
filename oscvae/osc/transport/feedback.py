"""osc.feedback: the subscribers that never expire, at places that may not be there yet, or never.

A place that cannot be reached is no reason not to play: it is told of once, with what to change. Names are looked up
again every minute, off the event clock, because a tablet joins the network when it likes.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from oscvae.errors import ConfigError
from oscvae.osc.client import Client
from oscvae.osc.transport.reach import BROADCAST, UnreachableError, is_numeric
from oscvae.osc.transport.udp import UdpPort

LOOK_UP_S = 60.0
_PASSING = {errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.ENOMEM, errno.EINTR, errno.EMSGSIZE}

Place = tuple[str, int]

log = logging.getLogger(__name__)


class Feedback(Collection[Client]):
    """Those of the `places` (host, port) that have an address, as UDP clients; on the event clock.

    found: called with each that gets one, or another one, later. Raises ConfigError for a place that is the daemon's
    own port.
    """

    def __init__(self, places: Sequence[Place], udp: UdpPort, own_port: int) -> None:
        self.found: Callable[[Client], None] = lambda client: None
        self._udp = udp
        self._own_port = own_port
        self._targets: dict[Place, Client] = {}
        self._said: dict[Place, str] = {}
        self._failed: set[tuple[Place, int | None]] = set()
        self._names = [place for place in places if not is_numeric(place[0])]
        self._asking = ThreadPoolExecutor(1, "oscvae-names")  # a name server may keep one waiting for half a minute
        for place in places:
            if place not in self._names:
                self._settle(place, self._try(place[0]))
        udp.on_unsent = self._unsent

    def __iter__(self) -> Iterator[Client]:
        return iter(self._targets.values())

    def __len__(self) -> int:
        return len(self._targets)

    def __contains__(self, client: object) -> bool:
        return client in self._targets.values()

    async def run(self) -> None:
        """Look the names up, now and every minute; ends only by being cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            for place in self._names:
                answer = await loop.run_in_executor(self._asking, self._try, place[0])
                try:
                    self._settle(place, answer)
                except ConfigError as error:
                    self._say(place, str(error))
            await asyncio.sleep(LOOK_UP_S)

    def close(self) -> None:
        """Nobody is told any more."""
        self._targets.clear()
        self._names.clear()
        self._udp.on_unsent = lambda client, error: None
        self._asking.shutdown(wait=False, cancel_futures=True)

    def _try(self, host: str) -> str | UnreachableError:
        try:
            return self._udp.reach.address(host)
        except UnreachableError as error:
            return error

    def _settle(self, place: Place, answer: str | UnreachableError) -> None:
        """What a look-up has brought: a new address, the same one, or none."""
        host, port = place
        if isinstance(answer, UnreachableError):
            if place not in self._targets:  # one that was known stays: a name server may be away for a while
                again = "" if answer.is_final else f"; it is tried again every {LOOK_UP_S:.0f} s"
                self._say(place, f"{answer}{again}")
            return
        old = self._targets.get(place)
        if old is not None and old.host == answer:
            return
        target = self._udp.client(answer, port)
        check_own(place, target, self._own_port)
        if answer == BROADCAST:
            self._udp.allow_broadcast()
        self._targets[place] = target
        if place in self._names:
            log.info("osc.feedback %s:%d is at %s", host, port, answer)
        self.found(target)

    def _say(self, place: Place, why: str) -> None:
        """Once, as long as nothing else is to be said."""
        if self._said.get(place) != why:
            self._said[place] = why
            log.warning("osc.feedback %s: nothing is sent there: %s", _text(place), why)

    def _unsent(self, client: Client, error: OSError) -> None:
        """The system would not send it: said once for each place and reason, not for each packet."""
        place = next((place for place, target in self._targets.items() if target == client), None)
        if place is None or error.errno in _PASSING:
            return
        if error.errno == errno.EACCES and self._udp.allow_broadcast():
            return  # the broadcast address of a network; from the next packet on
        if (place, error.errno) not in self._failed:
            self._failed.add((place, error.errno))
            log.warning("osc.feedback %s: what is sent there is lost: %s", _text(place), error.strerror or error)


def check_own(place: Place, target: Client, own_port: int) -> None:
    """Raises ConfigError for the daemon itself: what it tells would go round in circles."""
    if target.port == own_port and (target.is_loopback or target.host == BROADCAST):
        raise ConfigError(f"osc.feedback: {_text(place)} is oscvae's own port")


def complaints(places: Sequence[Place], udp: UdpPort, own_port: int) -> list[str]:
    """Why nothing is sent to some of the `places`, as far as can be told beforehand; waits for the network.

    Raises ConfigError for the daemon's own port.
    """
    wrong = []
    for place in places:
        try:
            address = udp.reach.address(place[0])
        except UnreachableError as error:
            wrong.append(f"{_text(place)}: {error}")
        else:
            check_own(place, udp.client(address, place[1]), own_port)
    return wrong


def _text(place: Place) -> str:
    host, port = place
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
