"""What a file's name says of its sound: the note, and how hard it was played.

Notes are names with an octave (C#4, Bb3, fs2, E♭5) or MIDI numbers (60, n60, midi_60). A name that says two different
notes says none.
"""

from __future__ import annotations

import re

_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ACCIDENTALS = {"": 0, "#": 1, "s": 1, "sharp": 1, "♯": 1, "b": -1, "flat": -1, "♭": -1}
_DYNAMICS = {"ppp": 15, "pp": 30, "p": 50, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 124}

# A word of a name ends where the letters or digits do; "Guitar_A#3-vel100" has four.
_EDGE, _END = r"(?<![A-Za-z0-9#♯♭])", r"(?![A-Za-z0-9#♯♭])"
_NAMED = re.compile(_EDGE + r"([A-Ga-g])(#|♯|♭|sharp|flat|s|b)?(-1|\d)" + _END)
_TAGGED = re.compile(_EDGE + r"(?:n|note|midi|key)[ _-]?(\d{1,3})" + _END, re.IGNORECASE)
_NUMBER = re.compile(_EDGE + r"(\d{2,3})" + _END)
_VELOCITY = re.compile(_EDGE + r"(?:vel|velocity)[ _-]?(\d{1,3})" + _END + r"|" + _EDGE + r"v(\d{2,3})" + _END, re.I)
_DYNAMIC = re.compile(_EDGE + r"(ppp|pp|p|mp|mf|f|ff|fff)" + _END)
# Bare numbers count things too: only what a plucked string can play is taken for a note, and never a leading zero.
_LEAST_BARE, _MOST_BARE = 21, 108


def note_of(stem: str, middle_c: int = 4) -> int | None:
    """The MIDI note that a file's stem names, or None; `middle_c` is the octave of MIDI note 60, 3 for some makers."""
    for found in (_named(stem, middle_c), _numbers(_TAGGED, stem, 0, 127), _bare(stem)):
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def velocity_of(stem: str, otherwise: int) -> int:
    """The MIDI velocity that a file's stem names (vel100, v100, mf), else `otherwise`."""
    said = {int(first or second) for first, second in _VELOCITY.findall(stem)}
    said = {velocity for velocity in said if 1 <= velocity <= 127}
    said = said or {_DYNAMICS[word] for word in _DYNAMIC.findall(stem)}
    return said.pop() if len(said) == 1 else otherwise


def _named(stem: str, middle_c: int) -> set[int]:
    notes = {
        60 + 12 * (int(octave) - middle_c) + _STEPS[step.lower()] + _ACCIDENTALS[accidental]
        for step, accidental, octave in _NAMED.findall(stem)
    }
    return {note for note in notes if 0 <= note <= 127}


def _bare(stem: str) -> set[int]:
    rest = _VELOCITY.sub(" ", stem)
    return _numbers(_NUMBER, rest, _LEAST_BARE, _MOST_BARE)


def _numbers(pattern: re.Pattern[str], stem: str, low: int, high: int) -> set[int]:
    said = {int(number) for number in pattern.findall(stem) if not number.startswith("0")}
    return {number for number in said if low <= number <= high}
