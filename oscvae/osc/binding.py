"""A binding: what one number, from a MIDI controller or a macro, moves over which range, or makes happen."""

from __future__ import annotations

import contextlib
import shlex
from dataclasses import dataclass
from typing import ClassVar

from oscvae.errors import CommandError, UnknownAddressError
from oscvae.osc.packets import Message
from oscvae.osc.parse import ModelInfo, parse
from oscvae.osc.rows import Address, Arg
from oscvae.osc.vocabulary import TABLE, find, suggestion

EXAMPLE = '"/preset/recall dark"'

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


@dataclass(frozen=True, slots=True)
class Press:
    """What a button or footswitch makes happen: `message`, each time that it is pressed. to: the same in words."""

    to: str
    message: Message
    switch: ClassVar[bool] = True

    def at(self, share: float) -> Message | None:
        """What is asked for at `share`, 0 to 1, of the way: pressed is from the middle on."""
        return self.message if share >= 0.5 else None


def bind(address: str, span: tuple[float, float] | None = None, by: str = "a controller") -> Binding:
    """The binding to `address` over `span`, by default all that it takes. by: what it is that moves it.

    Raises CommandError for an address that cannot be moved so, or that has no range of its own.
    """
    row = _row(address)
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


def bind_controller(text: str, span: tuple[float, float] | None = None) -> Binding | Press:
    """What a MIDI controller does: it moves an address that takes one number, or presses one with all its arguments.

    text: `/unit/3`, or `/preset/recall dark`, with quotes around what has spaces in it. Raises CommandError for what no
    controller can do.
    """
    try:
        address, *words = shlex.split(text)
    except ValueError:
        raise CommandError(f"{text!r} is no address, or its quotes do not match") from None
    row = _row(address)
    if not words and (row.path in _MOVABLE or not row.is_pressed or _needs_arguments(row)):
        if row.is_pressed and row.path not in _MOVABLE:
            raise CommandError(f"a controller cannot move {address}; a button can, with its arguments, as {EXAMPLE}")
        return bind(address, span)
    if not row.is_pressed:
        raise CommandError(f"no button stands for {address}: only what is heard, /preset/save, /load and /record")
    if span is not None:
        raise CommandError(f"{text} is what a button does, and has no range")
    message = Message(address, tuple(_argument(row.args, i, word) for i, word in enumerate(words)))
    _check(row, message)
    return Press(text.strip(), message)


def _row(address: str) -> Address:
    try:
        return find(address)[0]
    except UnknownAddressError:
        hint = suggestion(address, "docs/osc.md lists the addresses")
        raise CommandError(f"{address} is no address of oscvae, {hint}") from None


def _needs_arguments(row: Address) -> bool:
    return any(not arg.optional for arg in row.args)


def _argument(args: tuple[Arg, ...], index: int, word: str) -> str | float:
    """A word as the argument that it is to be; more of them than there are, or a wrong one, is found later."""
    arg = args[min(index, len(args) - 1)] if args else None
    if arg is None or arg.kind == "string":
        return word
    try:
        return float(word)
    except ValueError:
        hint = ", put quotes around what has spaces in it" if args[0].kind == "string" else ""
        raise CommandError(f"{arg.name} must be a number, got {word!r}{hint}") from None


def _check(row: Address, message: Message) -> None:
    """Raises CommandError unless some model could obey the message: which one will play is not known yet."""
    points = sum(arg.kind == "latent" for arg in row.args)
    if not points:
        parse(message, ModelInfo(is_loaded=False))
        return
    for dims in range(len(message.args) // points, 0, -1):
        with contextlib.suppress(CommandError):
            parse(message, ModelInfo(dims))
            return
    raise CommandError(f"expected {row.signature()}, got {' '.join(f'{arg:g}' for arg in message.args) or 'nothing'}")
