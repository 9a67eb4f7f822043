"""Sounds under effects, as spectra at knots: computed as they are needed, several at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.fft

from oscvae.arrays import Float32s, Int64s
from oscvae.errors import ConfigError, DataError
from oscvae.settings.reader import nearest
from oscvae.training.data.dataset import FULL_SCALE, NoteSet
from oscvae.training.effects.bank import BANK, BY_NAME, DRY
from oscvae.training.effects.spectra import Analyser


class Pairs:
    """Every effect of the bank on every sound of a set."""

    def __init__(self, notes: NoteSet, threads: int = 1) -> None:
        if notes.sounds is None:
            raise DataError(
                "these data keep no sounds to put effects on: build the recipe coast, or a folder with "
                "--set keep_sounds=true"
            )
        self._sounds, self._rate = notes.sounds, notes.analysis.sample_rate
        self._analyse = Analyser(notes.analysis, scipy.fft.rfft)
        self._pool = ThreadPoolExecutor(threads)

    def sound(self, row: int, effect: int) -> Float32s:
        """[samples] from the onset on."""
        return BANK[effect](self._sounds[row].astype(np.float32) / np.float32(FULL_SCALE), self._rate)

    def spectrum(self, row: int, effect: int) -> Float32s:
        """x [bands, frames]."""
        return self._analyse(self.sound(row, effect))

    def spectra(self, rows: Sequence[int] | Int64s, effects: Sequence[int] | Int64s) -> Float32s:
        """x [N, bands, frames] of N pairs."""
        return np.stack(list(self._pool.map(self.spectrum, map(int, rows), map(int, effects))))


def unseen_effects(names: Sequence[str]) -> list[int]:
    """Rows of the bank by name. Raises ConfigError for one that is not there, or the dry sound."""
    for name in names:
        if name not in BY_NAME:
            raise ConfigError(f"effects.unseen: no effect {name!r}; {nearest(name, list(BY_NAME))}")
        if BY_NAME[name] == DRY:
            raise ConfigError(f"effects.unseen: {name} is the sound itself, it is always trained on")
    return [BY_NAME[name] for name in names]


def is_unseen_pair(row: int, effect: int, share: float) -> bool:
    """Whether a pair is of the share that is never trained on; the dry sound never is."""
    if effect == DRY:
        return False
    digest = hashlib.blake2b(f"{row} {BANK[effect].name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") < share * 2.0**64
