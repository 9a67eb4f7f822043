"""The effects of a data set: those of the bank, or those that its own processed versions were made with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Int64s
from oscvae.errors import ConfigError
from oscvae.settings.reader import nearest
from oscvae.training.data.dataset import NoteSet
from oscvae.training.effects.bank import BANK, BY_NAME, DRY


@dataclass(frozen=True, eq=False)
class EffectSet:
    """Effects in the order of their rows; the first is none."""

    records: tuple[dict[str, Any], ...]
    """What a document says of each: its name; of the bank, family and parameters besides."""
    at: Int64s | None = None
    """[N, effects], which processed version of a set's own a pair is, -1 where there is none; None of the bank, which
    is put on every sound."""

    @classmethod
    def of(cls, notes: NoteSet) -> EffectSet:
        if notes.processed is None:
            return OF_BANK
        return cls(tuple({"name": name} for name in notes.processed.names), notes.processed.at)

    def __len__(self) -> int:
        return len(self.records)

    @property
    def names(self) -> list[str]:
        return [str(one["name"]) for one in self.records]

    def has(self, rows: Int64s, effects: Int64s) -> NDArray[np.bool_]:
        """Of pairs of a sound and an effect, whether they are in the set; the arrays go by NumPy's broadcasting."""
        if self.at is None:
            return np.ones(np.broadcast(rows, effects).shape, np.bool_)
        there: NDArray[np.bool_] = (self.at[rows, effects] >= 0) | (effects == DRY)
        return there

    def unseen(self, names: Sequence[str]) -> list[int]:
        """Rows by name, of effects that are never trained on. Those of the bank are passed over in a set of others.

        Raises ConfigError for one that is not there, or the dry sound.
        """
        known = self.names
        rows = []
        for name in names:
            if name in known[:1]:
                raise ConfigError(f"effects.unseen: {name} is the sound itself, it is always trained on")
            if name in known:
                rows.append(known.index(name))
            elif self.at is None or name not in BY_NAME:
                raise ConfigError(f"effects.unseen: no effect {name!r}; {nearest(name, known)}")
        return rows

    def is_unseen_pair(self, row: int, effect: int, share: float) -> bool:
        """Whether a pair is of the share that is never trained on; the dry sound never is."""
        if effect == DRY:
            return False
        digest = hashlib.blake2b(f"{row} {self.records[effect]['name']}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little") < share * 2.0**64


OF_BANK = EffectSet(tuple(effect.record() for effect in BANK))
