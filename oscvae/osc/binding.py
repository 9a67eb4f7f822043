"""A binding: what one number, from a MIDI controller or a macro, moves, and over which range."""

from __future__ import annotations

from dataclasses import dataclass

from oscvae.errors import CommandError, UnknownAddressError
from oscvae.osc.packets import Message
from oscvae.osc.vocabulary import TABLE, find, suggestion

_MOVABLE = {
    row.path: row.args[0]
    for row in TABLE
    if row.told and len(row.args) == 1 and row.args[0].kind in {"float", "dimension", "bool"}
}


@dataclass(frozen=True, slots=True)
class Binding:
    """What is moved: linearly from `low` to `high`; a switch has only its ends."""

    to: str
    low: float
    high: float
    switch: bool = False

    def at(self, share: float) -> Message:
        """What is asked for at `share`, 0 to 1, of the way; a switch is on from the middle."""
        if self.switch:
            return Message(self.to, (self.high if share >= 0.5 else self.low,))
        return Message(self.to, (self.low + share * (self.high - self.low),))


def bind(address: str, span: tuple[float, float] | None = None, by: str = "a controller") -> Binding:
    """The binding to `address` over `span`, by default all that it takes. by: what it is that moves it.

    Raises CommandError for an address that cannot be moved so, or that has no range of its own.
    """
    try:
        row, _ = find(address)
    except UnknownAddressError:
        hint = suggestion(address, "docs/osc.md lists the addresses")
        raise CommandError(f"{address} is no address of oscvae, {hint}") from None
    arg = _MOVABLE.get(row.path)
    if arg is None:
        raise CommandError(f"{by} cannot move {address}, only {', '.join(_MOVABLE)}")
    if arg.kind == "bool":
        low, high = span or (0.0, 1.0)
        if not {low, high} <= {0.0, 1.0}:
            raise CommandError(f"{address} is a switch: its range is [0, 1] or [1, 0], got [{low:g}, {high:g}]")
        return Binding(address, low, high, switch=True)
    if span is None:
        if arg.low is None or arg.high is None:
            raise CommandError(f"{address} has no range of its own: use /unit/N, or give a range in config.yaml")
        span = (float(arg.low), float(arg.high))
    return Binding(address, *span)
