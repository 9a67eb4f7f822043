"""Who is told what happens: /notify subscribers, and the permanent ones of osc.feedback.

An event goes out at once. A change (the cursor, the gain ..) goes out at its own address to everybody but the one who
made it, at most 30 times a second for each address, and the last value always arrives. Changes keep their order across
addresses, because several move the same thing: a /pad/1 that was held back must not arrive after a later /z.
"""

from __future__ import annotations

import asyncio
import math
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from oscvae.errors import BusyError, CommandError, ConfigError
from oscvae.osc.client import Client
from oscvae.osc.packets import encode_message

EXPIRES_S = 60.0  # after the last packet of its sender
SUBSCRIBERS_MAX = 64
CHANGE_INTERVAL_S = 1 / 30

OpenClient = Callable[[str, int], Client]


@dataclass(slots=True)
class _Subscription:
    target: Client
    sender: Hashable  # the key of who asked, and so of who is not told of its own changes
    renewed_by: Hashable  # the sender's key, or its host where it named another port
    renewed_s: float


@dataclass(slots=True)
class _Change:
    args: tuple[Any, ...]
    by: Client | None
    waits: bool
    sent_s: float


class Subscribers:
    """All who listen; lives on the event clock.

    open_client: makes a UDP client of a numeric host and a port (OscServer.udp_client). permanent: (host, port) of
    osc.feedback; names are looked up here, once. own_port: refused as a target on this machine, where events would
    go round in circles. Inside a running asyncio loop what waits is sent by itself, elsewhere by `tick`.
    """

    def __init__(
        self,
        open_client: OpenClient,
        *,
        permanent: Sequence[tuple[str, int]] = (),
        own_port: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_client = open_client
        self._own_port = own_port
        self._clock = clock
        self._subscriptions: dict[Hashable, _Subscription] = {}  # by target
        self._renewals: defaultdict[Hashable, list[_Subscription]] = defaultdict(list)
        self._changes: dict[str, _Change] = {}  # in the order of the last one at each address
        self._timer: asyncio.TimerHandle | None = None
        self._permanent = [open_client(_numeric(host), port) for host, port in permanent]
        for target in self._permanent:
            if self._is_self(target):
                raise ConfigError(f"osc.feedback: {target.host}:{target.port} is oscvae's own port")

    def __len__(self) -> int:
        """Subscribers, without the permanent ones; those that expired count until the next `tick` or event."""
        return len(self._subscriptions)

    @property
    def permanent(self) -> Sequence[Client]:
        """Those of osc.feedback."""
        return self._permanent

    def subscribe(self, client: Client, port: int | None = None) -> Client | None:
        """Tells `client` from now on, at `port` of its own host if that is given. Returns where, if that is new.

        Raises BusyError beyond 64 subscribers, CommandError for oscvae's own port.
        """
        if port is not None:
            target = self._open_client(client.host, port)
        elif client.persistent:
            target = client
        else:
            target = self._open_client(client.host, client.port)
        if self._is_self(target):
            raise CommandError(f"port {target.port} is oscvae's own")
        self._drop_expired()
        old = self._subscriptions.get(target.key)
        self._remove(old)
        if len(self._subscriptions) >= SUBSCRIBERS_MAX:
            raise BusyError(f"{SUBSCRIBERS_MAX} subscribers already")
        renewed_by = client.host if port is not None else client.key
        subscription = _Subscription(target, client.key, renewed_by, self._clock())
        self._subscriptions[target.key] = subscription
        self._renewals[renewed_by].append(subscription)
        return target if old is None else None

    def unsubscribe(self, client: Client, port: int | None = None) -> None:
        """Ends the subscription of that port, or without it all that `client` has asked for."""
        for subscription in list(self._subscriptions.values()):
            named = port is not None and (subscription.target.host, subscription.target.port) == (client.host, port)
            if named or (port is None and subscription.sender == client.key):
                self._remove(subscription)

    def renew(self, client: Client) -> None:
        """Any packet from `client` keeps its subscriptions alive."""
        if not self._subscriptions:
            return
        now = self._clock()
        for renewed_by in (client.key, client.host):
            for subscription in self._renewals.get(renewed_by, ()):
                subscription.renewed_s = now

    def closed(self, client: Client) -> None:
        """A TCP connection has ended."""
        self.unsubscribe(client)

    def event(self, address: str, *args: Any) -> None:
        """Tells all subscribers, now."""
        self._tell(address, args, None)

    def changed(self, address: str, args: Sequence[Any], by: Client | None) -> None:
        """A value has a new state; all but `by` are told within a thirtieth of a second."""
        if not self._subscriptions and not self._permanent:
            return
        now = self._clock()
        last = self._changes.pop(address, None)
        sent_s = -math.inf if last is None else last.sent_s
        if now - sent_s >= CHANGE_INTERVAL_S and not any(change.waits for change in self._changes.values()):
            self._changes[address] = _Change((), None, False, now)
            self._tell(address, args, by)
            return
        self._changes[address] = _Change(tuple(args), by, True, sent_s)
        self._arm(sent_s + CHANGE_INTERVAL_S - now)

    def tick(self) -> None:
        """Sends what has waited long enough, and forgets who has been silent too long."""
        now = self._clock()
        for address, change in list(self._changes.items()):
            if not change.waits:
                continue
            due = change.sent_s + CHANGE_INTERVAL_S
            if due > now:
                self._arm(due - now)
                break  # what came after it waits behind it, a thirtieth of a second at most
            change.waits, change.sent_s = False, now
            self._tell(address, change.args, change.by)
        self._drop_expired()

    def close(self) -> None:
        """Sends nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._subscriptions.clear()
        self._renewals.clear()
        self._permanent.clear()

    def _arm(self, delay_s: float) -> None:
        if self._timer is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # offline: the owner ticks
        self._timer = loop.call_later(max(0.0, delay_s), self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.tick()

    def _tell(self, address: str, args: Sequence[Any], by: Client | None) -> None:
        self._drop_expired()
        if not self._subscriptions and not self._permanent:
            return
        packet = encode_message(address, args)
        for subscription in list(self._subscriptions.values()):  # sending may close a slow TCP reader
            if by is None or by.key not in (subscription.sender, subscription.target.key):
                subscription.target.send(packet)
        for target in self._permanent:
            if target.key in self._subscriptions:
                continue  # it has asked for it as well, as the TouchOSC layout does: once is enough
            if by is None or not _is_same_controller(target, by):
                target.send(packet)

    def _drop_expired(self) -> None:
        oldest_s = self._clock() - EXPIRES_S
        for subscription in [s for s in self._subscriptions.values() if s.renewed_s < oldest_s]:
            self._remove(subscription)

    def _remove(self, subscription: _Subscription | None) -> None:
        if subscription is None or self._subscriptions.pop(subscription.target.key, None) is None:
            return
        renewed = self._renewals[subscription.renewed_by]
        renewed.remove(subscription)
        if not renewed:
            del self._renewals[subscription.renewed_by]

    def _is_self(self, target: Client) -> bool:
        return not target.persistent and target.is_loopback and target.port == self._own_port


def _is_same_controller(target: Client, by: Client) -> bool:
    """Whether a permanent subscriber made the change itself: a tablet sends from another port than it listens to.

    On this machine several programs share the host, so there only the port tells them apart.
    """
    return target.host == by.host and (not target.is_loopback or target.port == by.port)


def _numeric(host: str) -> str:
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)[0][4][0])
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"osc.feedback: {host!r} is no host: {error}") from error
