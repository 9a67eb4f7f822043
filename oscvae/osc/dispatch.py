"""From a packet to the executor: bundles are opened, messages become commands, errors become /fail.

A bundle's messages stay together and in order, nested ones included; what shares one moment is handed over in one call.
Nothing waits here: what lies ahead goes to the scheduler.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from oscvae.errors import CommandError, OscvaeError, UnknownAddressError
from oscvae.osc.client import Client
from oscvae.osc.echoes import Echoes
from oscvae.osc.mapping import AddressMap
from oscvae.osc.packets import Bundle, Message, Packet, timetag_to_ns
from oscvae.osc.parse import Command, ModelInfo, parse_for
from oscvae.osc.parts import FIRST, joined, split
from oscvae.osc.vocabulary import is_reply, prefix_of, suggestion

HORIZON_S = 3600.0  # how far ahead a bundle may lie: an hour of show
FOREIGN_S = 7200.0  # further away, in either direction, than anything that was meant: another clock than the system's
_NOW = 1  # timetags up to this one mean now; 0 is what careless senders write

log = logging.getLogger(__name__)


class Executor(Protocol):
    """Obeys commands now."""

    def execute(self, commands: Sequence[Command], client: Client, due_ns: int | None) -> None:
        """Obeys `commands` in order and uninterrupted; their notes share one start.

        due_ns: the moment of their bundle, Unix ns; None = as soon as possible. A command that cannot be obeyed is
        answered by `client.fail(command.path, why)` and the next ones go on; an OscvaeError that escapes is answered
        by the dispatcher in the name of the first command.
        """


class Scheduler(Protocol):
    """Keeps commands until their time, and then calls the executor in the order of time."""

    def at(self, due_ns: int, commands: Sequence[Command], client: Client) -> None:
        """Takes `commands` for the moment `due_ns`, Unix ns. Raises BusyError if too many wait already: then it takes
        only what ends notes."""


class Dispatcher:
    """The server's handler.

    model: what plays now in a part, asked for each message. use_timetags: False obeys every bundle on arrival.
    latency_s: constant delay of what carries no timetag (0 = the shortest). Counts `late` bundles, which are obeyed at
    once; those of a foreign clock, hours away in either direction, are late, too. echoes: what subscribers were told;
    what comes back of it by itself, as daemons send it, is not obeyed.
    """

    def __init__(
        self,
        executor: Executor,
        scheduler: Scheduler,
        model: Callable[[int], ModelInfo],
        *,
        address_map: AddressMap | None = None,
        use_timetags: bool = True,
        latency_s: float = 0.0,
        horizon_s: float = HORIZON_S,
        echoes: Echoes | None = None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.late = 0
        self._executor = executor
        self._scheduler = scheduler
        self._model = model
        self._map = address_map
        self._use_timetags = use_timetags
        self._latency_ns = round(latency_s * 1e9)
        self._horizon_s = horizon_s
        self._now_ns = now_ns
        self._knows_foreign = False  # whether it was told that somebody's clock is foreign
        self._echoes = echoes or Echoes()
        self._may_hint = True  # looking for the address that was meant takes 0.1 ms: once for each packet

    def handle(self, packet: Packet, client: Client) -> None:
        """Obeys one packet, now or later."""
        self._may_hint = True
        if isinstance(packet, Message):
            command = self._command(packet, client)
            if command is not None and not self._is_echo(command, client):
                self._hand_over([command], client, None)
            return
        moments: dict[int | None, list[Command]] = {}
        self._open(packet, None, moments, client, self._now_ns())
        for due_ns, commands in moments.items():
            self._hand_over(commands, client, due_ns)

    def _is_echo(self, command: Command, client: Client) -> bool:
        return command.row.told and self._echoes.is_echo(joined(command.part, command.address), command.args, client)

    def _open(
        self,
        bundle: Bundle,
        outer_ns: int | None,
        moments: dict[int | None, list[Command]],
        client: Client,
        now_ns: int,
    ) -> None:
        """Sorts a bundle's commands by their moment (None = now); the decoder bounds the depth of this recursion."""
        due_ns = outer_ns
        if self._use_timetags and bundle.timetag > _NOW:
            own_ns = timetag_to_ns(bundle.timetag)
            ahead_s = (own_ns - now_ns) / 1e9
            if abs(ahead_s) > FOREIGN_S:
                self.late += 1
                self._explain_foreign(ahead_s, client)
            elif ahead_s > self._horizon_s:
                why = f"timetag {ahead_s:.0f} s ahead, at most {self._horizon_s:.0f} s are kept"
                client.fail("#bundle", f"{why}: is the sender's clock right? osc.timetags: ignore does without")
                return
            elif own_ns > now_ns:
                due_ns = own_ns if outer_ns is None else max(own_ns, outer_ns)
            else:
                self.late += 1
        for element in bundle.elements:
            if isinstance(element, Bundle):
                self._open(element, due_ns, moments, client, now_ns)
                continue
            command = self._command(element, client)
            if command is not None:
                moments.setdefault(due_ns, []).append(command)

    def _explain_foreign(self, ahead_s: float, client: Client) -> None:
        """Once: a clock that is wrong stays wrong, and a log line for each bundle would say no more."""
        if self._knows_foreign:
            return
        self._knows_foreign = True
        days = abs(ahead_s) / 86_400
        far = f"{days:.0f} days" if days >= 2 else f"{24 * days:.0f} hours"
        where = "ahead of" if ahead_s > 0 else "behind"
        log.warning(
            "the timetags of %s are %s %s this machine's clock: their bundles are played on arrival and counted late; "
            "set that clock, or say osc.timetags: ignore",
            client.address,
            far,
            where,
        )

    def _command(self, message: Message, client: Client) -> Command | None:
        """The command of a message, or None after telling the client why there is none."""
        address = message.address
        try:
            if self._map is not None:
                mapped = self._map.rewrite(message)
                if mapped is None:
                    return None
                message = mapped
            return parse_for(message, self._model)
        except CommandError as error:
            if is_reply(message.address):
                self._echoes.hears_daemon(client)
            elif client.may_fail(address):
                client.fail_now(address, self._explained(error, message.address))
            return None

    def _explained(self, error: CommandError, address: str) -> str:
        if not isinstance(error, UnknownAddressError) or not self._may_hint:
            return str(error)
        self._may_hint = False
        part, address = _parted(address)
        prefix = prefix_of(address)
        hint = f" osc.prefix: {prefix} in config.yaml takes it off" if prefix else ""
        near = suggestion(address, "/help lists them")
        if part != FIRST:
            near = near.replace("did you mean /", f"did you mean {joined(part, '/')}")
        return f"{error}, {near}{hint}"

    def _hand_over(self, commands: Sequence[Command], client: Client, due_ns: int | None) -> None:
        """Under a constant latency, what carries no timetag is split: a /panic must find what stands before it."""
        if due_ns is not None or not self._latency_ns:
            self._obey(commands, client, due_ns)
            return
        later_ns = self._now_ns() + self._latency_ns
        for is_delayed, run in itertools.groupby(commands, lambda command: command.row.is_delayed):
            self._obey(list(run), client, later_ns if is_delayed else None)

    def _obey(self, commands: Sequence[Command], client: Client, due_ns: int | None) -> None:
        try:
            if due_ns is None:
                self._executor.execute(commands, client, None)
            else:
                self._scheduler.at(due_ns, commands, client)
        except OscvaeError as error:
            client.fail(commands[0].path, error)


def _parted(address: str) -> tuple[int, str]:
    """The part and the rest of an address that means nothing."""
    try:
        return split(address)
    except CommandError:
        return FIRST, address
