"""What a file's name says of its sound: the note, and how hard it was played.

Notes are names with an octave (C#4, Bb3, fs2, E♭5), tagged MIDI numbers (n60, midi_60), or bare numbers (60), which may
as well count files: those are only a guess. A name that says two different notes says none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ACCIDENTALS = {"": 0, "#": 1, "s": 1, "sharp": 1, "♯": 1, "b": -1, "flat": -1, "♭": -1}
_DYNAMICS = {"ppp": 15, "pp": 30, "p": 50, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 124}

# A word of a name ends where the letters or digits do; "Guitar_A#3-vel100" has four. A layer may cling to its note, as
# in C4v8.
_EDGE, _END = r"(?<![A-Za-z0-9#♯♭])", r"(?![A-Za-z0-9#♯♭])"
_NAMED = re.compile(
    _EDGE + r"([A-Ga-g])(#|♯|♭|sharp|flat|s|b)?(-1|\d)(?:" + _END + r"|(?=v(?:el(?:ocity)?)?[ _-]?\d+" + _END + "))"
)
_TAGGED = re.compile(_EDGE + r"(?:n|note|midi|key)[ _-]?(\d{1,3})" + _END, re.IGNORECASE)
_NUMBER = re.compile(_EDGE + r"(\d{2,3})" + _END)
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d[-_. ]?[01]\d[-_. ]?[0-3]\d(?!\d)")
_VELOCITY = re.compile(r"(?<![A-Za-z])vel(?:ocity)?[ _-]?(\d{1,3})" + _END, re.IGNORECASE)
_V = re.compile(r"(?<![A-Za-z])v(\d{1,3})" + _END, re.IGNORECASE)
_DYNAMIC = re.compile(r"(?:p|f|(?i:ppp|pp|mp|mf|ff|fff))")
_WORDS = re.compile(r"[^\s_.,;()\[\]-]+")
_COUNT = re.compile(r"(?i:rr|take|v)?\d+")
# Bare numbers count things too: only what a plucked string can play is taken for a note, and never a leading zero.
_LEAST_BARE, _MOST_BARE = 21, 108
MOST_LAYERS = 32
"""v1 to v16 are layers, counted from the softest; v20 to v127 are velocities."""


class Said(NamedTuple):
    """A note, and what of the name says it."""

    note: int
    word: str
    bare: bool = False
    """Whether it is a number that could as well count something."""


def note_of(stem: str, middle_c: int = 4) -> Said | None:
    """The MIDI note that a file's stem names, or None; `middle_c` is the octave of MIDI note 60, 3 for some makers."""
    for found in (_named(stem, middle_c), _tagged(stem), _bare(stem)):
        if found:
            return found[0] if len({said.note for said in found}) == 1 else None
    return None


def velocities_of(stems: Sequence[str], otherwise: int) -> list[int]:
    """The MIDI velocity that each file's stem names (vel100, v100, mf), else `otherwise`.

    stems: of all files of one instrument. Where no number after a v is above `MOST_LAYERS`, and there are several, they
    count layers from the softest, evenly over the velocities: of C4v1 to C4v16 the last is 127.
    """
    numbers = [_only({int(number) for number in _V.findall(stem)}) for stem in stems]
    counted = {number for number in numbers if number}
    layers = max(counted) if len(counted) > 1 and max(counted) <= MOST_LAYERS else 0
    return [_velocity(stem, number, layers) or otherwise for stem, number in zip(stems, numbers, strict=True)]


def _velocity(stem: str, number: int | None, layers: int) -> int | None:
    said = {int(found) for found in _VELOCITY.findall(stem)}
    if not said and number and layers:
        said = {max(1, round(127 * number / layers))}
    if not said and number and number >= 10:
        said = {number}
    said = {velocity for velocity in said if 1 <= velocity <= 127}
    return _only(said) or _dynamic(stem)


def _dynamic(stem: str) -> int | None:
    """The velocity of the mark at a name's end, before or behind a note and numbers: p and f are too short to count
    elsewhere."""
    for word in reversed(_WORDS.findall(stem)):
        if _DYNAMIC.fullmatch(word):
            return _DYNAMICS[word.lower()]
        if not (_COUNT.fullmatch(word) or _NAMED.fullmatch(word) or _TAGGED.fullmatch(word)):
            return None
    return None


def _only(found: set[int]) -> int | None:
    return next(iter(found)) if len(found) == 1 else None


def _named(stem: str, middle_c: int) -> list[Said]:
    said = []
    for found in _NAMED.finditer(stem):
        step, accidental, octave = found.groups(default="")
        note = 60 + 12 * (int(octave) - middle_c) + _STEPS[step.lower()] + _ACCIDENTALS[accidental]
        if 0 <= note <= 127:
            said.append(Said(note, found[0]))
    return said


def _tagged(stem: str) -> list[Said]:
    found = ((int(word[1]), word[0]) for word in _TAGGED.finditer(stem) if not word[1].startswith("0"))
    return [Said(number, word) for number, word in found if number <= 127]


def _bare(stem: str) -> list[Said]:
    rest = _V.sub(" ", _VELOCITY.sub(" ", _DATE.sub(" ", stem)))
    words = [word for word in _NUMBER.findall(rest) if not word.startswith("0")]
    return [Said(int(word), word, bare=True) for word in words if _LEAST_BARE <= int(word) <= _MOST_BARE]
