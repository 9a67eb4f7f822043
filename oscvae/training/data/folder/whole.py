"""What a whole folder says that no single sound does: it is tuned otherwise, its names count octaves otherwise, most of
its sounds have no pitch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from oscvae.sound.doubts import BEYOND, CHORD, MOVES, NOISE, OTHER, SEVERAL, STEADY
from oscvae.training.data.plan import Item
from oscvae.units import A4_HZ, cents, note_to_hz

_FEWEST = 4  # sounds that can agree
_AGREED = 0.75
_EVEN_CENTS = 25.0
"""From what a whole set is off, at most: so far are single strings."""
_WORTH_TELLING_CENTS = 15.0
_MOST_CENTS = 150.0
"""A set that is farther off has other names than notes."""
# So many outliers an octave off, of those that are left out, that the names must count octaves otherwise.
_OCTAVE_SHARE, _OCTAVE_CENTS, _FEWEST_OCTAVES = 0.5, 60.0, 3
_KINDS = {
    NOISE: ("has no clear pitch", "have no clear pitch"),
    SEVERAL: ("holds several sounds", "hold several sounds"),
    CHORD: ("is a chord", "are chords"),
    MOVES: ("has a pitch that moves", "have a pitch that moves"),
    STEADY: ("is a steady tone or a loop", "are steady tones or loops"),
    BEYOND: ("lies beyond the notes", "lie beyond the notes"),
    OTHER: ("is another note than it is said to be", "are other notes than they are said to be"),
}


def evenly_off(sounds: Iterable[tuple[Item, float]]) -> dict[str, float]:
    """By how many cents each set is sharp of its names, by `Item.setting`; only of sets that are evenly off.

    sounds: every item that is said to be a note, and the fundamental that was heard, in Hz.
    """
    off: dict[str, list[float]] = {}
    for item, f0_hz in sounds:
        if item.note is not None and item.setting and f0_hz > 0.0:
            off.setdefault(item.setting, []).append(cents(f0_hz, note_to_hz(float(item.note))))
    found = {}
    for setting, errors in off.items():
        middle = float(np.median(errors))
        agreed = sum(abs(error - middle) <= _EVEN_CENTS for error in errors)
        is_even = len(errors) >= _FEWEST and agreed >= _AGREED * len(errors)
        if is_even and _WORTH_TELLING_CENTS <= abs(middle) <= _MOST_CENTS:
            found[setting] = round(middle, 1)
    return found


def told_tuning(off_cents: float) -> str:
    """What is said of a set that is evenly off."""
    a4_hz = A4_HZ * 2.0 ** (off_cents / 1200.0)
    way = "sharp" if off_cents > 0.0 else "flat"
    return (
        f"its sounds are evenly {abs(off_cents):.0f} cents {way} of their names (A4 at {a4_hz:.1f} Hz): tuned to them"
    )


def counts(outliers: Sequence[Mapping[str, Any]], total: int) -> list[str]:
    """How many of all sounds are left out, by what is doubted of them, the most first."""
    kinds = Counter(str(one.get("kind") or OTHER) for one in outliers if not one["kept"])
    return [f"{count} of {total} {_KINDS[kind][count > 1]}" for kind, count in kinds.most_common()]


def octave_hint(outliers: Sequence[Mapping[str, Any]]) -> str:
    """What to try where most outliers are an octave off their names; empty where they are not."""
    dropped = [one for one in outliers if not one["kept"] and one.get("cents") is not None]
    octaves = [one for one in dropped if abs(abs(one["cents"]) - 1200.0) < _OCTAVE_CENTS]
    if len(dropped) < _FEWEST_OCTAVES or len(octaves) <= _OCTAVE_SHARE * len(dropped):
        return ""
    sharp = sum(one["cents"] > 0.0 for one in octaves) > len(octaves) / 2
    return (
        f"{len(octaves)} sounds are an octave {'above' if sharp else 'below'} what their names say: "
        f"if the names count octaves otherwise, try --middle-c {3 if sharp else 5}"
    )
