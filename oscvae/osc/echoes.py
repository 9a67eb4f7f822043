"""What has been told, and what of it comes back: so that daemons whose feedback forms a ring fall silent.

Three daemons, each in the next one's `osc.feedback`, would send a move round for ever, and one that comes back late
would undo the moves after it. Three rules end that. What changes nothing is not told. What comes back from another
daemon as it was told a moment ago is an echo, and is not obeyed. And while another daemon leads the cursor, only that
one tells where it travels: each would tell its own way there, and stop the others.
"""

from __future__ import annotations

import math
import struct
import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from oscvae.errors import CommandError
from oscvae.osc.client import Client
from oscvae.osc.parts import split
from oscvae.osc.vocabulary import find

ECHO_S = 0.25  # a ring of seven, each of which keeps a change for a thirtieth of a second
RETURNS = 2  # after so many a sender is taken for one that sends back what it is told
KNOWN_S = 20.0  # after its last return; a daemon introduces itself again every 10 s that it tells something
_SENDERS_MAX = 256
_FLOAT = struct.Struct("f")

Args = tuple[Any, ...]


class Standing:
    """What was told last of each address, as long as it stands."""

    def __init__(self) -> None:
        self._args: dict[str, Args] = {}
        self._moves: dict[str, tuple[int, frozenset[int] | None]] = {}

    def clear(self) -> None:
        """Nobody listened: nothing is known."""
        self._args.clear()

    def moves(self, address: str, args: Sequence[Any]) -> bool:
        """Whether `address` changes by `args`; what it moves of others stands no longer.

        Arguments are compared as they are sent, with 32 bits.
        """
        sent = as_sent(args)
        if self._args.get(address) == sent:
            return False
        cursor, dimensions = self._reach(address)
        if cursor:
            for other in [other for other in self._args if other != address]:
                its_cursor, others = self._reach(other)
                if its_cursor == cursor and (dimensions is None or others is None or dimensions & others):
                    del self._args[other]
        self._args[address] = sent
        return True

    def cursor(self, address: str) -> int:
        """The part whose cursor it moves, which several addresses share; 0 = none."""
        return self._reach(address)[0]

    def _reach(self, address: str) -> tuple[int, frozenset[int] | None]:
        """Which part's cursor it moves, 0 for none, and which dimensions of it; None = all."""
        reach = self._moves.get(address)
        if reach is None:
            try:
                part, bare = split(address)
                row, n = find(bare)
                reach = part if row.moves_cursor else 0, row.dimensions(n)
            except CommandError:
                reach = 0, None
            self._moves[address] = reach
        return reach


class Echoes:
    """What was told a moment ago, by whom it was caused, and which senders send such things back.

    A daemon is known by what only daemons send. Whatever else sends back what stands no longer, again and again, is
    taken for one, too: a surface may well set what stands already.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: dict[tuple[str, Args], tuple[float, Hashable]] = {}
        self._last: dict[str, Args] = {}  # told at each address
        self._forget_s = 0.0
        self._returned: dict[Hashable, tuple[int, float]] = {}  # how often, and when last

    def told(self, address: str, args: Sequence[Any], by: Client | None) -> None:
        """It goes out now; `by` has caused it."""
        now = self._clock()
        if now >= self._forget_s:
            self._told = {key: told for key, told in self._told.items() if told[0] >= now - ECHO_S}
            self._forget_s = now + ECHO_S
        sent = self._last[address] = as_sent(args)
        self._told[address, sent] = now, None if by is None else by.key

    def hears_daemon(self, client: Client) -> None:
        """`client` sends what only daemons send: it is one, and sends on what it is told."""
        self._note(client.key, RETURNS)

    def is_daemon(self, client: Client) -> bool:
        """Whether it is known to send back what it is told."""
        return self._returns(client) >= RETURNS

    def is_echo(self, address: str, args: Sequence[Any], client: Client) -> bool:
        """Whether `client` sends back what was told a moment ago, and somebody else had caused."""
        if not self._told:
            return False
        sent = as_sent(args)
        told = self._told.get((address, sent))
        if told is None:
            return False
        told_s, caused_by = told
        if self._clock() - told_s > ECHO_S or caused_by == client.key:
            return False
        if self._last[address] != sent:
            self._note(client.key, self._returns(client) + 1)
        return self.is_daemon(client)

    def _returns(self, client: Client) -> int:
        returned, last_s = self._returned.get(client.key, (0, -math.inf))
        return returned if self._clock() - last_s <= KNOWN_S else 0

    def _note(self, sender: Hashable, returned: int) -> None:
        if sender not in self._returned and len(self._returned) >= _SENDERS_MAX:
            self._returned.clear()
        self._returned[sender] = returned, self._clock()


def as_sent(args: Sequence[Any]) -> Args:
    """Arguments as their receiver will have them: numbers of 32 bits."""
    return tuple([_rounded(arg) if isinstance(arg, float) else arg for arg in args])


def _rounded(value: float) -> float:
    try:
        rounded: float = _FLOAT.unpack(_FLOAT.pack(value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return rounded
