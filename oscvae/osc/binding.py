"""A binding: what one number, from a MIDI controller or a macro, moves over which range, or makes happen."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from oscvae.errors import CommandError, UnknownAddressError
from oscvae.osc.packets import Message
from oscvae.osc.parse import ModelInfo, parse_for
from oscvae.osc.parts import bare, split
from oscvae.osc.rows import Address, Arg
from oscvae.osc.vocabulary import TABLE, find, suggestion

EXAMPLE = '"/preset/recall dark"'


def _moved(row: Address, n_words: int) -> Arg | None:
    """The argument of an address that a fader moves, where it stands behind so many words, such as the names of
    /preset/morph; None where it cannot be moved so."""
    words, rest = row.args[:n_words], row.args[n_words:]
    if not row.told or not rest or rest[0].optional or rest[0].kind not in {"float", "dimension", "bool"}:
        return None
    is_alone = all(arg.kind == "string" for arg in words) and all(arg.optional for arg in rest[1:])
    return rest[0] if is_alone else None


_MOVABLE = {
    row.path: " ".join((row.path, *(arg.name for arg in row.args[:n])))
    for row in TABLE
    for n in range(len(row.args))
    if _moved(row, n)
}
"""The addresses that a fader can move: as they stand in the table, to how they are written."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What is moved: linearly from `low` to `high`; a switch has only its ends. to: an address, and the words that
    stand before its number, as they were written."""

    to: str
    low: float
    high: float
    switch: bool = False

    @property
    def arg(self) -> Arg:
        """What the number is that is moved."""
        address, *words = shlex.split(self.to)
        return find(bare(address))[0].args[len(words)]

    def at(self, share: float) -> Message:
        """What is asked for at `share`, 0 to 1, of the way; a switch is on from the middle."""
        address, *words = shlex.split(self.to) if " " in self.to else (self.to,)
        if self.switch:
            return Message(address, (*words, self.high if share >= 0.5 else self.low))
        return Message(address, (*words, self.low + share * (self.high - self.low)))


@dataclass(frozen=True, slots=True)
class Press:
    """What a button or footswitch makes happen: `message`, each time that it is pressed. to: the same in words."""

    to: str
    message: Message
    switch: ClassVar[bool] = True

    def at(self, share: float) -> Message | None:
        """What is asked for at `share`, 0 to 1, of the way: pressed is from the middle on."""
        return self.message if share >= 0.5 else None


def bind(text: str, span: tuple[float, float] | None = None, by: str = "a controller") -> Binding:
    """The binding to an address, with the words before its number, over `span`, by default all that it takes.

    text: `/unit/3`, or `/preset/morph dark "very bright"`. by: what it is that moves it. Raises CommandError for what
    cannot be moved so, or has no range of its own.
    """
    address, *words = _split(text)
    row = _row(address)
    arg = _moved(row, len(words))
    if arg is None:
        raise CommandError(f"{by} cannot move {text}, only {', '.join(_MOVABLE.values())}")
    if arg.kind == "bool":
        low, high = span or (0.0, 1.0)
        if not {low, high} <= {0.0, 1.0}:
            raise CommandError(f"{address} is a switch: its range is [0, 1] or [1, 0], got [{low:g}, {high:g}]")
        return Binding(text.strip(), low, high, switch=True)
    if span is None:
        if arg.low is None or arg.high is None:
            raise CommandError(f"{address} has no range of its own: use /unit/N, or give a range in config.yaml")
        span = (float(arg.low), float(arg.high))
    return Binding(text.strip(), *span)


def bind_controller(text: str, span: tuple[float, float] | None = None) -> Binding | Press:
    """What a MIDI controller does: it moves an address that takes one number, or presses one with all its arguments.

    text: `/unit/3`, or `/preset/recall dark`, with quotes around what has spaces in it. Raises CommandError for what no
    controller can do.
    """
    address, *words = _split(text)
    row = _row(address)
    if _moved(row, len(words)) is not None:
        return bind(text, span)
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


def _split(text: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    if not words:
        raise CommandError(f"{text!r} is no address, or its quotes do not match")
    return words


def _row(address: str) -> Address:
    try:
        return find(split(address)[1])[0]
    except UnknownAddressError:
        hint = suggestion(bare(address), "docs/osc.md lists the addresses")
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
        if arg.kind == "latent":  # a name
            return word
        hint = ", put quotes around what has spaces in it" if args[0].kind == "string" else ""
        raise CommandError(f"{arg.name} must be a number, got {word!r}{hint}") from None


def _check(row: Address, message: Message) -> None:
    """Raises CommandError unless some model could obey the message: which one will play is not known yet."""
    points = sum(arg.kind == "latent" for arg in row.args)
    if not points:
        parse_for(message, lambda part: ModelInfo(is_loaded=False))
        return
    for dims in range(len(message.args) // points, 0, -1):
        with contextlib.suppress(CommandError):
            parse_for(message, _of(dims))
            return
    raise CommandError(f"expected {row.signature()}, got {' '.join(map(_shown, message.args)) or 'nothing'}")


def _of(dims: int) -> Callable[[int], ModelInfo]:
    return lambda part: ModelInfo(dims)


def _shown(arg: str | float) -> str:
    return arg if isinstance(arg, str) else f"{arg:g}"
