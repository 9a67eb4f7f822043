"""From a message to a command: counts, types and ranges, checked against the table of addresses.

Numbers are lenient in kind (int, float, double, bool), because every client sends its own: Pd floats only, others 1.0
as an int. They are strict in value: NaN and infinity are errors, and what is a number only to a decoder (a colour, a
timetag) is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

from oscvae.errors import CommandError
from oscvae.osc import parts
from oscvae.osc.packets import Message, Opaque
from oscvae.osc.rows import CURVE_MOST, Address, Arg
from oscvae.osc.vocabulary import SETTING_BY_NAME, find

RESAMPLED_NOTES = 12.0  # how far beyond the model's notes resampling reaches, in semitones
NO_MODEL = "no model is loaded: /load one, /models lists them"


def no_model(part: int) -> str:
    """What is said where a part plays none."""
    if part == parts.FIRST:
        return NO_MODEL
    return f"part {part} plays no model: {parts.joined(part, '/load')} one, /models lists them"


NESTED = "as which sclang sends an array inside a message: put * before the array"
_SHOWN = 40  # characters of a foreign value in an error
_OPAQUE = {"r": "a colour", "m": "a MIDI message", "t": "a timetag"}


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What the vocabulary needs of the model that plays; without one, D is the default model's 4, which may be wrong.

    z_low, z_high: [dims], the clip range of a latent point (mean +- 6 standard deviations); empty = unbounded.
    note_min, note_max: the notes that the model knows, MIDI. part: which has none, for its error.
    """

    dims: int = 4
    z_low: tuple[float, ...] = ()
    z_high: tuple[float, ...] = ()
    note_min: float = 0.0
    note_max: float = 127.0
    is_loaded: bool = True
    part: int = parts.FIRST

    def point(self, z: Sequence[float]) -> tuple[float, ...]:
        """A latent point [dims], clipped to the range."""
        return tuple([self.coordinate(value, i) for i, value in enumerate(z)])

    def coordinate(self, value: float, dimension: int) -> float:
        """The same of one dimension, counted from 0."""
        return max(self.z_low[dimension], min(value, self.z_high[dimension])) if self.z_low else value

    def offset(self, z: Sequence[float]) -> tuple[float, ...]:
        """What is added to points [dims]: at most what leads from one end of the range to the other."""
        if not self.z_low:
            return tuple(z)
        across = [high - low for low, high in zip(self.z_low, self.z_high, strict=True)]
        return tuple([max(-most, min(value, most)) for value, most in zip(z, across, strict=True)])


class Command(NamedTuple):
    """A checked message. `values` by argument name: latent points as tuples of D floats or the name of one, absent
    optionals as their default, the N of /z/N as "n". `args` are the same values, flat, as they would be sent on to a
    subscriber. `path` is the address as it was sent, `row.path` that of the table. `part` is whose it is, from 1."""

    row: Address
    values: dict[str, Any]
    path: str
    args: tuple[Any, ...]
    part: int = parts.FIRST

    @property
    def address(self) -> str:
        """Its address without the prefix of a part."""
        return f"{self.row.path[:-1]}{self.values['n']}" if self.row.index else self.row.path

    @property
    def is_for_all(self) -> bool:
        """Whether it is for all parts together."""
        return self.row.scope == "all" and not parts.is_prefixed(self.path)

    @property
    def ends_notes(self) -> bool:
        """Whether it lets go of something: where that is lost, a note hangs."""
        ends = self.row.ends
        return not self.values[ends] if isinstance(ends, str) else ends

    @property
    def starts_note(self) -> bool:
        """Whether it starts a voice, and is not the end of one."""
        return self.row.starts and not self.ends_notes

    @property
    def named_points(self) -> tuple[str, ...]:
        """Its arguments that give a latent point by a name."""
        points = (arg.name for arg in self.row.args if arg.kind == "latent")
        return tuple(name for name in points if isinstance(self.values[name], str))

    @property
    def channel(self) -> int:
        """Of the keys that it is about, 1 to 16; 0 = it names none."""
        return int(self.values["n"]) if self.row.index == "channel" else 0


def parse_for(message: Message, model: Callable[[int], ModelInfo]) -> Command | None:
    """As `parse`, of an address that may name a part; model: what plays in a part."""
    if message.is_pattern or not parts.is_prefixed(message.address):
        return parse(message, model(parts.FIRST))
    part, address = parts.split(message.address)
    info = model(part)
    if not info.is_loaded:
        info = replace(info, part=part)
    command = parse(message._replace(address=address), info)
    if command is None:
        return None
    if command.row.scope == "daemon":
        raise CommandError(f"{address} is the daemon's, not of a part: send {address}")
    return command._replace(path=message.address, part=part)


def parse(message: Message, model: ModelInfo) -> Command | None:
    """The command that `message` asks for; None where a button lets go of a trigger, which asks for nothing.

    Raises CommandError with what is wrong and what would be right.
    """
    if message.is_pattern:
        raise CommandError("address patterns are not supported, name one address")
    row, index = find(message.address, model.dims if model.is_loaded else None)
    args = message.args
    values: dict[str, Any] = {}
    if args and row.is_trigger:
        is_down = _button(row, args)
        if is_down is not None:
            if not is_down:
                return None
            args = args[:-1]
    if index:
        values["n"] = index
    if row.args:
        clean = _values(row, args, values, model)
    elif args:
        raise _wrong_count(row, args, model)
    else:
        clean = ()
    command = Command(row, values, message.address, clean)
    if row.note_in_model and not command.ends_notes:
        _check_note(values["note"], model)
    return command


def _button(row: Address, args: tuple[Any, ...]) -> bool | None:
    """Whether the button that sent a trigger's last argument is down; None where that is no button's.

    A button sends 1 or 0, as one argument too many or instead of all arguments.
    """
    value = args[-1]
    n_args = len(args)
    if n_args not in (1, len(row.args) + 1) or not isinstance(value, (int, float)) or value not in (0, 1):
        return None
    if n_args == len(row.args) + 1:
        return bool(value)
    is_name = row.args[0].identity and not isinstance(value, bool)
    return None if is_name else bool(value)


def _values(row: Address, args: tuple[Any, ...], values: dict[str, Any], model: ModelInfo) -> tuple[Any, ...]:
    """Fills `values`; the same values flat."""
    n_args = len(args)
    clean: list[Any] = []
    position = 0
    for arg in row.args:
        kind = arg.kind
        if kind == "latent":
            if position < n_args and isinstance(args[position], str) and model.is_loaded:
                values[arg.name] = args[position]
                clean.append(args[position])
                position += 1
                continue
            if n_args - position < model.dims:
                raise _wrong_count(row, args, model)
            point = _latent(arg.name, args[position : position + model.dims], model)
            position += model.dims
            values[arg.name] = point
            clean.extend(point)
        elif kind == "rest":
            rest = _setting(row, values["name"], args[position:], n_args, model)
            values[arg.name] = rest
            clean.extend(rest)
            position = n_args
        elif kind == "curve":
            values[arg.name] = curve = _curve(row, arg, args[position:], model)
            clean.extend(curve)
            position = n_args
        elif kind == "dimension" and position < n_args:
            value = model.coordinate(_number(arg.name, args[position]), values["n"] - 1)
            position += 1
            values[arg.name] = value
            clean.append(value)
        elif position < n_args:
            value = _CONVERT[kind](arg, args[position])
            position += 1
            values[arg.name] = value
            clean.append(value)
        elif arg.optional:
            values[arg.name] = arg.default
        else:
            raise _wrong_count(row, args, model)
    if position != n_args:
        raise _wrong_count(row, args, model)
    return tuple(clean)


def _number(name: str, value: Any) -> float:
    """A finite float from any number."""
    if not isinstance(value, (int, float)):
        raise CommandError(f"{name} must be a number, got {_shown(value)}")
    if not math.isfinite(value):
        raise CommandError(f"{name} must be a finite number, got {value}")
    return float(value)


def _float(arg: Arg, value: Any) -> float:
    number = _number(arg.name, value)
    if arg.low is not None and number < arg.low:
        if arg.clip:
            return float(arg.low)
    elif arg.high is None or number <= arg.high:
        return number
    elif arg.clip:
        return float(arg.high)
    raise CommandError(_out_of_range(arg, number))


def _int(arg: Arg, value: Any) -> int:
    number = _number(arg.name, value)
    if number != int(number):
        raise CommandError(f"{arg.name} must be a whole number, got {number:g}")
    if not (arg.low is None or arg.low <= number) or not (arg.high is None or number <= arg.high):
        raise CommandError(_out_of_range(arg, number))
    return int(number)


def _bool(arg: Arg, value: Any) -> bool:
    number = _number(arg.name, value)
    if number not in (0.0, 1.0):
        raise CommandError(f"{arg.name} must be 0 or 1, got {number:.10g}")
    return number == 1.0


def _string(arg: Arg, value: Any) -> str:
    """A string; a number counts as its shortest text, because Pd and faders make numbers of names like 1."""
    if arg.choices and value not in arg.choices:
        words = " or ".join(filter(None, (", ".join(arg.choices[:-1]), arg.choices[-1])))
        raise CommandError(f"{arg.name} must be {words}, got {_shown(value)}")
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return f"{value:g}"
    raise CommandError(f"{arg.name} must be a string, got {_shown(value)}")


def _choice(arg: Arg, value: Any) -> str:
    if isinstance(value, str) and value in SETTING_BY_NAME:
        return value
    raise CommandError(f"{arg.name} must be one of {', '.join(SETTING_BY_NAME)}, got {_shown(value)}")


_CONVERT: dict[str, Callable[[Arg, Any], Any]] = {
    "float": _float,
    "int": _int,
    "bool": _bool,
    "string": _string,
    "setting": _choice,
}


def _setting(row: Address, name: str, args: Sequence[Any], n_args: int, model: ModelInfo) -> tuple[float | str, ...]:
    """The numbers that follow the name in /voice/set, or the name of a latent point. A point is not clipped: it is
    an offset where the voice is a blend."""
    arg = SETTING_BY_NAME[name].arg
    if arg.kind == "latent" and len(args) == 1 and isinstance(args[0], str):
        return (args[0],)
    n_expected = model.dims if arg.kind == "latent" else 1
    if len(args) != n_expected:
        raise CommandError(f"expected id {name} and {n_expected} number(s), got {n_args} arguments")
    return _numbers(name, args) if arg.kind == "latent" else (_float(arg, args[0]),)


def _curve(row: Address, arg: Arg, args: Sequence[Any], model: ModelInfo) -> tuple[float, ...]:
    """Pairs of a place, from 0 to 1 and none before the last, and a number that is clipped to its range."""
    if not args or len(args) % 2 or len(args) > 2 * CURVE_MOST:
        raise CommandError(f"expected {row.signature(model.dims)}, 1 to {CURVE_MOST} pairs, got {len(args)} numbers")
    places = [_number("t", value) for value in args[::2]]
    if any(low > high for low, high in pairwise([0.0, *places, 1.0])):
        raise CommandError(f"t must rise from 0 to 1, got {' '.join(f'{place:g}' for place in places)}")
    numbers = [_float(arg, value) for value in args[1::2]]
    return tuple(number for pair in zip(places, numbers, strict=True) for number in pair)


def _latent(name: str, args: Sequence[Any], model: ModelInfo) -> tuple[float, ...]:
    return model.point(_numbers(name, args))


def _numbers(name: str, args: Sequence[Any]) -> tuple[float, ...]:
    return tuple([_number(f"{name}{i + 1}", value) for i, value in enumerate(args)])


def _check_note(note: float, model: ModelInfo) -> None:
    if not model.note_min - RESAMPLED_NOTES <= note <= model.note_max + RESAMPLED_NOTES:
        raise CommandError(
            f"note {note:g} is out of the model's range, {model.note_min:g} to {model.note_max:g} "
            f"and an octave either side"
        )


def _wrong_count(row: Address, args: Sequence[Any], model: ModelInfo) -> CommandError:
    if not model.is_loaded and any(arg.kind == "latent" for arg in row.args):
        return CommandError(no_model(model.part))
    button = ", and a button's 1 or 0 at most" if row.is_trigger else ""
    got = f"got {len(args)} argument{'' if len(args) == 1 else 's'}"
    if any(isinstance(arg, bytes) for arg in args):
        got += f", one of them a blob, {NESTED}"
    return CommandError(f"expected {row.signature(model.dims)}{button}, {got}")


def _out_of_range(arg: Arg, number: float) -> str:
    unit = f" {arg.unit}" if arg.unit else ""
    return f"{arg.name} must be {arg.low:.10g} to {arg.high:.10g}{unit}, got {number:.10g}"


def _shown(value: Any) -> str:
    if value is None:
        return "nil"
    if isinstance(value, Opaque):
        return _OPAQUE[value.tag]
    if isinstance(value, bytes):
        return f"a blob, {NESTED}"
    text = repr(value[:_SHOWN] if isinstance(value, str) else value)
    return text if len(text) <= 2 * _SHOWN else text[: 2 * _SHOWN] + "..."
