"""Recordings whose parts in the split are settled: what one model never heard, no later one may have learnt from.

Figures of two models compare only on notes that neither was trained on. So a recipe may name a list of recordings, each
known by its audio (`SoundFont.digest`): which were never trained on, which were, and at which notes they were withheld.
The list goes before the split by shares, whichever instrument plays the recording.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from oscvae.errors import DataError
from oscvae.settings.reader import Section
from oscvae.training.data.dataset import TRAIN, WITHHELD_NOTE, WITHHELD_RECORDING

SHIPPED = Path(__file__).parent.parent / "recipes"
DIGITS = 16
"""Of a SHA-256 in hexadecimal: 64 bits tell a few hundred recordings apart."""

Digest = Annotated[str, Field(pattern=rf"^[0-9a-f]{{{DIGITS}}}$")]


class PartsFile(Section):
    """The list as a file."""

    source: Annotated[str, Field(min_length=1)]
    """Which set the list is of, and how it was made."""
    instruments: tuple[str, ...]
    """Of that set: the notes of these in a later one are those that figures compare on."""
    never: tuple[Digest, ...]
    """Recordings never trained on."""
    trained: tuple[Digest, ...]
    """Recordings trained on, at all notes but those of `withheld`."""
    withheld: dict[Digest, tuple[int, ...]]
    """Of recordings trained on: the MIDI notes withheld."""


@dataclass(frozen=True)
class Parts:
    """What is settled; nothing, where a recipe names no list."""

    instruments: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    trained: frozenset[str] = frozenset()
    withheld: frozenset[tuple[str, int]] = frozenset()

    def part(self, audio: Collection[str], note: int) -> int | None:
        """The part of a note in which recordings of these SHA-256 sound; None where the list does not know it.

        One recording that was never trained on, or was withheld at this note, is enough.
        """
        heard = [digest[:DIGITS] for digest in audio]
        if not self.never.isdisjoint(heard):
            return WITHHELD_RECORDING
        if any((digest, note) in self.withheld for digest in heard):
            return WITHHELD_NOTE
        return TRAIN if heard and self.trained.issuperset(heard) else None

    def record(self) -> list[list[Any]]:
        """Changes with anything that changes a part."""
        return [sorted(self.instruments), sorted(self.never), sorted(self.trained), sorted(self.withheld)]


def load_parts(name: str) -> Parts:
    """The list that a recipe names: one that is carried along, or a file; none for an empty name. Raises DataError."""
    if not name:
        return Parts()
    carried = SHIPPED / f"{name}.json"
    path = carried if carried.is_file() else Path(name).expanduser()
    try:
        told = PartsFile.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise DataError(f"split.settled {name}: {path} cannot be read as a list of recordings: {why}") from error
    return Parts(
        instruments=frozenset(told.instruments),
        never=frozenset(told.never),
        trained=frozenset(told.trained) | frozenset(told.withheld),
        withheld=frozenset((digest, note) for digest, notes in told.withheld.items() for note in notes),
    )
