"""Who is told what happens: /notify subscribers, and the permanent ones of osc.feedback.

An event goes out at once. A change (the cursor, the gain ..) goes out at its own address to everybody but the one who
made it, at most 30 times a second for each address, and the last value always arrives; what changes nothing is not
told. Changes keep their order across addresses, because several move the same thing: a /pad/1 that was held back must
not arrive after a later /z.

Whoever subscribes over UDP from beyond this machine may have forged whose address it is: until a further packet comes
from there, it is told no more than its answers may have.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from oscvae.errors import BusyError, CommandError
from oscvae.osc.client import Client
from oscvae.osc.echoes import Echoes, Standing
from oscvae.osc.packets import encode_message
from oscvae.osc.parts import bare
from oscvae.osc.transport.shares import Shares

EXPIRES_S = 60.0  # after the last packet of its sender
SUBSCRIBERS_MAX = 64
CHANGE_INTERVAL_S = 1 / 30
HELLO_S = 10.0  # between the packets by which those of osc.feedback know that a daemon tells them
LEAD_S = 1.0  # that another daemon leads the cursor after its last move

_HELLO = encode_message("/pong")

OpenClient = Callable[[str, int], Client]


@dataclass(slots=True)
class _Subscription:
    target: Client
    sender: Hashable  # the key of who asked, and so of who is not told of its own changes
    renewed_by: Hashable  # the sender's key, or its host where it named another port
    renewed_s: float
    doubted: Client | None  # who asked, with what its packet may cause, until a further one comes from there
    missed: bool = False  # something that was too much for it


@dataclass(slots=True)
class _Change:
    args: tuple[Any, ...]
    by: Client | None
    waits: bool
    sent_s: float


class Subscribers:
    """All who listen; lives on the event clock.

    open_client: makes a UDP client of a numeric host and a port (OscServer.udp_client). permanent: those of
    osc.feedback. own_port: refused as a target on this machine, where events would go round in circles. introduce: told
    of a subscriber that has missed something and can be told now. Inside a running asyncio loop what waits is sent by
    itself, elsewhere by `tick`.
    """

    def __init__(
        self,
        open_client: OpenClient,
        *,
        permanent: Collection[Client] = (),
        own_port: int | None = None,
        echoes: Echoes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.introduce: Callable[[Client], None] = lambda target: None
        self.permanent = permanent
        self._open_client = open_client
        self._own_port = own_port
        self._echoes = echoes or Echoes(clock)
        self._clock = clock
        self._subscriptions: dict[Hashable, _Subscription] = {}  # by target
        self._renewals: defaultdict[Hashable, list[_Subscription]] = defaultdict(list)
        self._places = Shares(SUBSCRIBERS_MAX)
        self._standing = Standing()
        self._changes: dict[str, _Change] = {}  # in the order of the last one at each address
        self._timer: asyncio.TimerHandle | None = None
        self._led_until_s: dict[int, float] = {}  # by the part whose cursor is led
        self._hello_s = -math.inf

    def __len__(self) -> int:
        """Subscribers, without the permanent ones; those that expired count until the next `tick` or event."""
        return len(self._subscriptions)

    def subscribe(self, client: Client, port: int | None = None) -> Client | None:
        """Tells `client` from now on, at `port` of its own host if that is given. Returns where, if that is new.

        Raises BusyError beyond 64 subscribers, or beyond a host's share of them; CommandError for oscvae's own port.
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
        why = self._places.refusal(target.host, target.is_loopback, "subscriptions")
        if why:
            raise BusyError(why)
        renewed_by = client.host if port is not None else client.key
        doubted = None if client.is_loopback or client.persistent else client
        if old is not None:
            doubted = old.doubted
        subscription = _Subscription(target, client.key, renewed_by, self._clock(), doubted)
        self._subscriptions[target.key] = subscription
        self._renewals[renewed_by].append(subscription)
        self._places.take(target.host, target.is_loopback)
        return target if old is None else None

    def tell(self, target: Client, packets: Sequence[bytes]) -> None:
        """Tells one subscriber alone: all of it, or, where that is too much for it, later."""
        subscription = self._subscriptions.get(target.key)
        if subscription is None or self._may_tell(subscription, sum(map(len, packets))):
            for packet in packets:
                target.send(packet)

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
                if subscription.doubted is not None:
                    self._believe(subscription)

    def closed(self, client: Client) -> None:
        """A TCP connection has ended."""
        self.unsubscribe(client)

    def event(self, address: str, *args: Any) -> None:
        """Tells all subscribers, now."""
        self._tell(address, args, None)

    def concerns(self, target: Client, address: str) -> bool:
        """Whether what stands at an address is any of a subscriber's business: those of osc.feedback may be daemons,
        whose outputs are their own."""
        return target not in self.permanent or bare(address) != "/out"

    def lead(self, address: str) -> None:
        """The cursor at an address has gone somewhere by itself, as with a new model: no other daemon tells where."""
        self._led_until_s.pop(self._standing.cursor(address), None)

    def changed(self, address: str, args: Sequence[Any], by: Client | None) -> None:
        """A value has a new state; all but `by`, who has just asked for it, are told within a thirtieth of a second."""
        if not self._subscriptions and not self.permanent:
            self._standing.clear()
            return
        now = self._clock()
        cursor = self._standing.cursor(address)
        if by is not None and cursor and self._echoes.is_daemon(by):
            self._led_until_s[cursor] = now + LEAD_S
        elif by is None and cursor and now < self._led_until_s.get(cursor, -math.inf):
            return
        if not self._standing.moves(address, args):
            return
        last = self._changes.pop(address, None)
        sent_s = -math.inf if last is None else last.sent_s
        if now - sent_s >= CHANGE_INTERVAL_S and not any(change.waits for change in self._changes.values()):
            self._changes[address] = _Change((), None, False, now)
            self._tell_change(address, args, by)
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
            self._tell_change(address, change.args, change.by)
        self._drop_expired()

    def close(self) -> None:
        """Sends nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._subscriptions.clear()
        self._renewals.clear()
        self.permanent = ()

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

    def _tell_change(self, address: str, args: Sequence[Any], by: Client | None) -> None:
        now = self._clock()
        if now >= self._hello_s:
            self._hello_s = now + HELLO_S
            for target in self.permanent:
                target.send(_HELLO)
        self._echoes.told(address, args, by)
        self._tell(address, args, by)

    def _tell(self, address: str, args: Sequence[Any], by: Client | None) -> None:
        self._drop_expired()
        if not self._subscriptions and not self.permanent:
            return
        packet = encode_message(address, args)
        for subscription in list(self._subscriptions.values()):  # sending may close a slow TCP reader
            is_its_own = by is not None and by.key in (subscription.sender, subscription.target.key)
            if not is_its_own and self._may_tell(subscription, len(packet)):
                subscription.target.send(packet)
        for target in self.permanent:
            if target.key in self._subscriptions:
                continue  # it has asked for it as well, as the TouchOSC layout does: once is enough
            if not self.concerns(target, address):
                continue
            if by is None or not _is_same_controller(target, by):
                target.send(packet)

    def _may_tell(self, subscription: _Subscription, size: int) -> bool:
        """Whether it may be told so many bytes; what it misses, it is told how it stands later."""
        if subscription.doubted is None or subscription.doubted.may_cause(size):
            return True
        subscription.missed = True
        return False

    def _believe(self, subscription: _Subscription) -> None:
        """A further packet has come from there."""
        subscription.doubted = None
        if subscription.missed:
            subscription.missed = False
            self.introduce(subscription.target)

    def _drop_expired(self) -> None:
        oldest_s = self._clock() - EXPIRES_S
        for subscription in [s for s in self._subscriptions.values() if s.renewed_s < oldest_s]:
            self._remove(subscription)

    def _remove(self, subscription: _Subscription | None) -> None:
        if subscription is None or self._subscriptions.pop(subscription.target.key, None) is None:
            return
        self._places.leave(subscription.target.host, subscription.target.is_loopback)
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
