"""A SoundFont as the source of a data set: its presets as instruments, over the notes that were recorded.

A zone says which keys play it, often all of them; a recording that is moved by more than an octave is no instrument any
more, so notes are taken up to an octave around the lowest and the highest root.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oscvae.errors import DataError
from oscvae.names import shown
from oscvae.training.data.sf2 import SoundFont

FONT_SUFFIXES = frozenset({".sf2", ".sf3"})
_AROUND = 12
_DRUMS = 128
"""The bank of drum kits, whose keys are no notes."""
_MOST = 32
"""More presets are a whole orchestra, which takes hours: somebody has to choose."""
_MOST_NAMED = 12
_NAME_LENGTH = 64


def font_recipe(path: Path, presets: Sequence[str] = ()) -> dict[str, Any]:
    """A recipe, as YAML would hold it, of a SoundFont. presets: a program of bank 0, or bank:program, each.

    Raises DataError for a file that is none, a preset that it does not have, and more of them than anybody wants.
    """
    font = SoundFont(path)
    there = {place: name for place, name in sorted(font.presets.items()) if place[0] < _DRUMS}
    chosen = [_place(word, there, path) for word in presets] if presets else list(there)
    if not chosen:
        raise DataError(f"{shown(path)} holds no presets but drum kits, whose keys are no notes")
    if len(chosen) > _MOST:
        named = ", ".join(f"{_word(place)} {name}" for place, name in list(there.items())[:_MOST_NAMED])
        raise DataError(
            f"{shown(path)} holds {len(chosen)} presets: choose at most {_MOST} by --preset, of {named}, ..."
        )
    instruments = []
    for place in dict.fromkeys(chosen):
        notes = _notes(font, place)
        if notes is None:
            raise DataError(f"{shown(path)}: the preset {_word(place)} {there[place]} has no sample that can sound")
        name = there[place] or _word(place)
        if [there[other] for other in chosen].count(there[place]) > 1:
            name = f"{name} {_word(place)}"
        instruments.append({"name": name[:_NAME_LENGTH], "bank": place[0], "program": place[1], "notes": list(notes)})
    return {
        "name": shown(path.stem)[:_NAME_LENGTH] or "soundfont",
        "soundfonts": [{"file": str(path.resolve()), "instruments": instruments}],
    }


def _place(word: str, there: dict[tuple[int, int], str], path: Path) -> tuple[int, int]:
    bank, _, program = word.rpartition(":")
    place = (int(bank or "0"), int(program)) if (bank or "0").isdecimal() and program.isdecimal() else None
    if place not in there:
        named = ", ".join(f"{_word(place)} {name}" for place, name in list(there.items())[:_MOST_NAMED])
        raise DataError(f"{shown(path)} has no preset {shown(word)}; there are {named}{', ...' * (len(there) > 12)}")
    assert place is not None
    return place


def _word(place: tuple[int, int]) -> str:
    return f"{place[0]}:{place[1]}" if place[0] else str(place[1])


def _notes(font: SoundFont, place: tuple[int, int]) -> tuple[int, int] | None:
    zones = [zone for zone in font.zones(*place) if zone.notes[0] <= zone.notes[1]]
    if not zones:
        return None
    roots = [min(max(zone.root, zone.notes[0]), zone.notes[1]) for zone in zones]
    low = max(min(zone.notes[0] for zone in zones), min(roots) - _AROUND)
    high = min(max(zone.notes[1] for zone in zones), max(roots) + _AROUND)
    return low, high
