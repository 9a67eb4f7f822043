"""Expression: what pressure, and the third dimension of an MPE finger, do to the notes of their channel.

mpe_pressure: gain                                 0 to +6 dB
mpe_timbre: {to: z/2, range: [-0.5, 0.5]}          from the cursor half of the latent range either way; 64 is the cursor
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from oscvae.errors import RuleError
from oscvae.midi.fine import share
from oscvae.osc.packets import Message
from oscvae.osc.vocabulary import BY_PREFIX
from oscvae.settings.sections import MidiConfig, Span, Target

_RISING: dict[str, Span] = {"gain": (0.0, 6.0), "pan": (0.0, 1.0), "shift": (0.0, 0.5)}
_EITHER_WAY: dict[str, Span] = {"gain": (-6.0, 6.0), "pan": (-1.0, 1.0), "shift": (-0.5, 0.5)}


@dataclass(frozen=True, slots=True)
class Expression:
    """What one kind of message moves of its channel's notes: gain, pan, or a dimension of their shift; and how far.

    rest: the value, 0 to 127, of a finger that only just touches.
    """

    what: str
    dimension: int
    low: float
    high: float
    rest: int

    def at(self, channel: int, value: int, *, is_master: bool = False) -> Message:
        """What `value`, 0 to 127, asks for; what a master adds to its fingers counts from where they rest."""
        number = self._number(value) - (self._number(self.rest) if is_master else 0.0)
        return Message(f"/{self.what}/{channel}", (self.dimension, number) if self.dimension else (number,))

    def _number(self, value: int) -> float:
        return self.low + share(value) * (self.high - self.low)

    @property
    def rests_elsewhere(self) -> bool:
        """Whether a finger that only just touches already moves something."""
        return self._number(self.rest) != 0.0


class Expressions(NamedTuple):
    """Of an ordinary channel, and of an MPE zone's; None = nothing."""

    pressure: Expression | None
    mpe_pressure: Expression | None
    mpe_timbre: Expression | None


def read_expressions(config: MidiConfig) -> Expressions:
    """What the configuration asks for. Raises RuleError for what could never work."""
    return Expressions(
        read_expression("pressure", config.pressure),
        read_expression("mpe_pressure", config.mpe_pressure),
        read_expression("mpe_timbre", config.mpe_timbre, is_centred=True),
    )


def read_expression(name: str, target: Target | None, *, is_centred: bool = False) -> Expression | None:
    """What the key `name` of the section asks for. is_centred: it rests in its middle. Raises RuleError."""
    if target is None:
        return None
    what, slash, number = target.to.partition("/")
    is_number = number.isascii() and number.isdecimal() and number[0] != "0"
    if not (what == "z" and is_number) and not (what in ("gain", "pan") and not slash):
        raise RuleError(("midi", name), f"must be gain, pan or a dimension like z/2, got {target.to!r}")
    what = "shift" if what == "z" else what
    low, high = target.span or (_EITHER_WAY if is_centred else _RISING)[what]
    arg = BY_PREFIX[f"/{what}"].args[-1]
    assert arg.low is not None and arg.high is not None
    if not all(arg.low <= end <= arg.high for end in (low, high)):
        unit = f" {arg.unit}" if arg.unit else ""
        why = f"its range must lie in {arg.low:g} to {arg.high:g}{unit}, got [{low:g}, {high:g}]"
        raise RuleError(("midi", name), why)
    return Expression(what, int(number or 0), low, high, 64 if is_centred else 0)
