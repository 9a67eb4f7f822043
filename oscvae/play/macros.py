"""Macros: one fader that moves several parameters at once, each through its own range, as macros.map says.

soften: {/attack: [0, 0.25], /release: [0.15, 2.5]}      from the first number, at 0, linearly to the second, at 1
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from oscvae.errors import CommandError, RuleError
from oscvae.osc.binding import Binding, bind
from oscvae.osc.packets import Message
from oscvae.osc.parts import is_prefixed
from oscvae.settings.sections import Span

MOST = 8
MOVES_MOST = 16  # of one macro: it is obeyed in one go on the event clock
_PREFIX = "/macro"


class Macro(NamedTuple):
    """One of them."""

    name: str
    moves: tuple[Binding, ...]


class Macros:
    """All of them, counted from 1."""

    def __init__(self, macros: tuple[Macro, ...] = ()) -> None:
        self._macros = macros

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(macro.name for macro in self._macros)

    def messages(self, n: int, value: float) -> list[Message]:
        """What macro `n` asks for at `value`, 0 to 1; raises CommandError if there is no such macro."""
        count = len(self._macros)
        if not 1 <= n <= count:
            there = f"there are {count}, {_PREFIX}/1 to {_PREFIX}/{count}" if count > 1 else f"only {_PREFIX}/1"
            raise CommandError(f"no macro {n}: {there if count else 'macros.map in config.yaml has none'}")
        return [move.at(value) for move in self._macros[n - 1].moves]


def read_macros(rules: Mapping[str, Mapping[str, Span | None]]) -> Macros:
    """The macros that macros.map asks for. Raises RuleError for one that could never work."""
    if len(rules) > MOST:
        raise RuleError(("macros", "map"), f"must hold at most {MOST} macros, got {len(rules)}")
    return Macros(tuple(Macro(name, _read_moves(("macros", "map", name), moves)) for name, moves in rules.items()))


def _read_moves(key: tuple[str, ...], moves: Mapping[str, Span | None]) -> tuple[Binding, ...]:
    if len(moves) > MOVES_MOST:
        raise RuleError(key, f"must move at most {MOVES_MOST} parameters, got {len(moves)}")
    bindings = []
    for address, span in moves.items():
        try:
            bindings.append(_read_move(address, span))
        except CommandError as error:
            raise RuleError((*key, address), str(error)) from None
    return tuple(bindings)


def _read_move(address: str, span: Span | None) -> Binding:
    if address == _PREFIX or address.startswith(f"{_PREFIX}/"):
        raise CommandError("a macro cannot move a macro")
    if is_prefixed(address):
        raise CommandError("a macro moves its own part: leave the prefix out")
    binding = bind(address, span, by="a macro")
    arg = binding.arg
    low, high = (-math.inf if arg.low is None else arg.low), (math.inf if arg.high is None else arg.high)
    for end in (binding.low, binding.high):
        if not math.isfinite(end) or (not binding.switch and not low <= end <= high):
            unit = f" {arg.unit}" if arg.unit else ""
            right = f"{low:g} to {high:g}{unit}" if math.isfinite(high - low) else "a finite number"
            raise CommandError(f"its range must be {right}, got {end:g}")
    return binding
