"""Sounds under effects, as spectra at knots: computed as they are needed, several at a time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.fft

from oscvae.arrays import Float32s, Int64s
from oscvae.errors import DataError
from oscvae.training.data.dataset import FULL_SCALE, NoteSet
from oscvae.training.effects.bank import BANK, DRY
from oscvae.training.effects.sets import EffectSet
from oscvae.training.effects.spectra import Analyser


class Pairs:
    """The effects of a set on its sounds: computed those of the bank, as they were recorded those of its own."""

    def __init__(self, notes: NoteSet, threads: int = 1) -> None:
        if notes.sounds is None:
            raise DataError(
                "these data keep no sounds to put effects on: build the recipe coast, or a folder with "
                "--set keep_sounds=true"
            )
        self.effects, self._processed = EffectSet.of(notes), notes.processed
        self._sounds, self._rate = notes.sounds, notes.analysis.sample_rate
        self._analyse = Analyser(notes.analysis, scipy.fft.rfft)
        self._pool = ThreadPoolExecutor(threads)

    def sound(self, row: int, effect: int) -> Float32s:
        """[samples] from the onset on. Raises LookupError for a pair that the set has not."""
        if self._processed is not None and effect != DRY:
            at = int(self._processed.at[row, effect])
            if at < 0:
                raise LookupError(f"sound {row} has no version of {self.effects.names[effect]}")
            return self._processed.sounds[at].astype(np.float32) * (self._processed.gain[at] / np.float32(FULL_SCALE))
        return BANK[effect](self._sounds[row].astype(np.float32) / np.float32(FULL_SCALE), self._rate)

    def spectrum(self, row: int, effect: int) -> Float32s:
        """x [bands, frames]."""
        return self._analyse(self.sound(row, effect))

    def spectra(self, rows: Sequence[int] | Int64s, effects: Sequence[int] | Int64s) -> Float32s:
        """x [N, bands, frames] of N pairs."""
        return np.stack(list(self._pool.map(self.spectrum, map(int, rows), map(int, effects))))
