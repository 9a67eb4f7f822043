"""What a row of the OSC vocabulary says: an address, a reply, a setting of a voice, and their arguments.

A row says everything about an address: what it takes, who obeys it, whether others are told, what it means in a score.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["float", "int", "bool", "string", "latent", "dimension", "setting", "rest", "curve", "blob"]
TAGS = {
    "float": "f",
    "int": "i",
    "bool": "i",
    "string": "s",
    "latent": "f*D",
    "dimension": "f",
    "setting": "s",
    "rest": "...",
    "curve": "...",
    "blob": "b",
}
"""The OSC type tag as which an argument is sent in a reply, with its repetition in docs."""
CHANNELS = 16
CURVE_MOST = 64
"""Points of a curve."""


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Any = _Required()


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument: numbers lie in [low, high]; outside, `clip` decides between the nearest end and /fail.

    Kinds: float, int, bool, string; latent = D floats; dimension = one of them, the N-th; setting = the name of a
    setting of a voice; rest = all that follow; curve = pairs of numbers. identity: a number names something here, even
    1 and 0, which would otherwise be what a button sends. choices: the only strings that it may be.
    """

    name: str
    kind: Kind = "float"
    low: float | None = None
    high: float | None = None
    unit: str = ""
    clip: bool = False
    default: Any = REQUIRED
    help: str = ""
    identity: bool = False
    choices: tuple[str, ...] = ()

    @property
    def optional(self) -> bool:
        return self.default is not REQUIRED

    @property
    def tag(self) -> str:
        """The OSC type tag, as in TAGS."""
        return TAGS[self.kind]

    def words(self, dims: int | None) -> Iterator[str]:
        """How the signature shows it: `z1 z2 z3`, or `z1..zD` where the dimension is not known."""
        if self.kind == "latent":
            if dims is None:
                yield f"{self.name}1..{self.name}D"
            else:
                yield from (f"{self.name}{i + 1}" for i in range(dims))
        elif self.kind == "curve":
            yield f"t1 {self.name}1 t2 {self.name}2 .."
        elif self.kind == "rest":
            yield f"{self.name}.."
        else:
            yield f"[{self.name}]" if self.optional else self.name


@dataclass(frozen=True, slots=True)
class Address:
    """One address that the daemon obeys.

    index: what the N of a path like /z/N counts, from 1. by: who obeys it; what the performer obeys is heard. scope:
    whether it means one part or the whole daemon, or all parts where it names none. starts: it starts a voice. ends: it
    ends notes, always or where the argument of that name is 0. delayed: osc.latency_s delays it, because it is heard or
    must keep its order with what is (None: where the performer obeys it). awaited: /sync waits for it. told: other
    subscribers are told at the same address when it is accepted. moves_cursor: it moves the one cursor that several
    addresses share. stands_at: its arguments at the start; whoever subscribes is told where it stands.
    in_score: what `oscvae render` does with it. note_in_model: the note must lie within an octave of the model's range.
    pressed: a button or footswitch of a MIDI controller may stand for it (None: where it is heard).
    is_trigger: it needs no argument, so a button may be its sender, which has always one: 1 acts, 0 does nothing.
    """

    path: str
    group: str
    help: str
    args: tuple[Arg, ...] = ()
    replies: tuple[str, ...] = ()
    index: Literal["", "dimension", "pad", "macro", "channel"] = ""
    by: Literal["performer", "services"] = "performer"
    scope: Literal["part", "daemon", "all"] = "part"
    starts: bool = False
    ends: bool | str = False
    delayed: bool | None = None
    awaited: bool = False
    told: bool = False
    moves_cursor: bool = False
    in_score: Literal["obeyed", "ignored", "refused"] | None = None
    note_in_model: bool = False
    pressed: bool | None = None
    stands_at: tuple[float | str, ...] | None = None
    is_trigger: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_trigger", all(arg.optional for arg in self.args))

    @property
    def is_heard(self) -> bool:
        """Whether it makes sound, or changes how something sounds."""
        return self.by == "performer"

    @property
    def is_delayed(self) -> bool:
        """Whether osc.latency_s delays it."""
        return self.is_heard if self.delayed is None else self.delayed

    @property
    def is_pressed(self) -> bool:
        """Whether a button or footswitch of a MIDI controller may stand for it."""
        return self.is_heard if self.pressed is None else self.pressed

    @property
    def score(self) -> Literal["obeyed", "ignored", "refused"]:
        """What `oscvae render` does with it."""
        return self.in_score or ("obeyed" if self.is_heard else "refused")

    def dimensions(self, n: int) -> frozenset[int] | None:
        """Which dimensions of the cursor a path like /z/N moves, counted from 1; None = all."""
        if self.index == "dimension":
            return frozenset({n})
        return frozenset({2 * n - 1, 2 * n}) if self.index == "pad" else None

    def count(self, dims: int | None) -> int | None:
        """How many of a path like /z/N there are with a model of D = `dims`; None where that is not known."""
        if self.index == "channel":
            return CHANNELS
        return None if dims is None else {"dimension": dims, "pad": dims // 2}.get(self.index)

    def signature(self, dims: int | None = None) -> str:
        """The arguments as one line, `note z1 z2 [velocity]`; "no arguments" if there are none."""
        return " ".join(word for arg in self.args for word in arg.words(dims)) or "no arguments"


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that /voice/set sets; `arg` is its value, a latent point or a number."""

    name: str
    arg: Arg


@dataclass(frozen=True, slots=True)
class Reply:
    """One address that the daemon sends; events go to subscribers, the rest to whoever asked."""

    path: str
    help: str
    args: tuple[Arg, ...] = ()
    event: bool = False
