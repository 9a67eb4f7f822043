"""What each training step sees: which notes, decoded from whose codes, with what noise.

Everything is a function of the seed and the number of the batch, so that a run which goes on after a kill sees what it
would have seen, and several processes share each batch without a word between them.

z-swap: with some probability a note is decoded from the code of another note of its instrument, played about as hard, a
few semitones away, so that one z comes to mean one instrument at every pitch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from oscvae.arrays import Int64s
from oscvae.errors import DataError
from oscvae.training.config import TrainConfig
from oscvae.training.data.dataset import TRAIN, WITHHELD_NOTE, NoteSet
from oscvae.training.fit.regularisers import PRIOR_POINTS

_ORDER, _BATCH, _AUGMENTATION, _CHANCE = 0, 1, 2, 3
"""Streams of random numbers that must not meet."""
_MAX_WATCHED = 512
_WATCHED_AT_ONCE = 64


class Batch(NamedTuple):
    """B rows, of all processes or of one; indices are those of the data set."""

    target: Tensor
    """(B,), the notes to decode."""
    source: Tensor
    """(B,), the notes whose codes they are decoded from: most often themselves."""
    noise: Tensor
    """(B, D), standard normal, for a stochastic encoder."""
    chance: Tensor
    """(B,), from 0 to 1: whether a row is augmented."""
    prior: Tensor
    """(PRIOR_POINTS, D), standard normal, what a discrepancy is measured against."""


def partners(notes: NoteSet, semitones: int, velocities: int) -> list[Int64s]:
    """For each note those of the training set of its timbre, at most so many semitones and velocities away.

    A note of the training set is among its own; one that is withheld may have none.
    """
    train = np.flatnonzero(notes.split == TRAIN)
    timbre, note, velocity = notes.timbre[train], notes.note[train], notes.velocity[train]
    return [
        train[
            (timbre == notes.timbre[row])
            & (np.abs(note - notes.note[row]) <= semitones)
            & (np.abs(velocity - notes.velocity[row]) <= velocities)
        ]
        for row in range(len(notes))
    ]


def watched(notes: NoteSet) -> Int64s:
    """The notes that a run is judged by while it trains: withheld notes of known recordings, evenly chosen.

    Recordings that are never trained on are left for the evaluation, unless they are all that is withheld; where
    nothing is, the training notes must do.
    """
    for chosen in (notes.split == WITHHELD_NOTE, notes.split != TRAIN, ~notes.altered):
        rows = np.flatnonzero(chosen)
        if rows.size:
            return rows[np.linspace(0, rows.size - 1, min(_MAX_WATCHED, rows.size)).round().astype(int)]
    raise DataError("the data set holds no notes: build it again")


def augmentation_seed(seed: int, number: int, rank: int) -> int:
    """For torch's own random numbers, in which a batch is augmented."""
    return int(np.random.default_rng((seed, _AUGMENTATION, number, rank)).integers(2**63))


def chance_seed(seed: int, step: int, rank: int, number: int) -> int:
    """For torch's own random numbers, by which points are chosen."""
    return int(np.random.default_rng((seed, _CHANCE, step, rank, number)).integers(2**63))


class Numbered(Protocol):
    """Whatever has batches by number, each shared by the processes of a run."""

    def batch(self, number: int, rank: int = 0, world: int = 1) -> Any: ...


class Sampler:
    """Batches by number."""

    def __init__(self, notes: NoteSet, config: TrainConfig) -> None:
        self._train = np.flatnonzero(notes.split == TRAIN)
        if self._train.size < 2:
            raise DataError(f"the data set has {self._train.size} notes to train on: it must have at least 2")
        self._probability = config.swap.probability
        # Every note with every other: minutes for a large set, which is spared where nothing is swapped.
        swaps = self._probability > 0.0
        self._partners = partners(notes, config.swap.semitones, config.swap.velocities) if swaps else []
        self._seed, self._size, self._latent = config.seed, config.fit.batch, config.latent
        self._orders: dict[int, Int64s] = {}

    @property
    def epoch(self) -> int:
        """How many notes there are to train on."""
        return int(self._train.size)

    def batch(self, number: int, rank: int = 0, world: int = 1) -> Batch:
        """The share of process `rank` of `world` in the batch of that number; the batch is the same for any `world`."""
        begin = number * self._size
        target = self._train[[self._place(position) for position in range(begin, begin + self._size)]]
        rng = np.random.default_rng((self._seed, _BATCH, number))
        swapped = rng.random(self._size) < self._probability
        lots = rng.random(self._size)
        source = target.copy()
        for row in np.flatnonzero(swapped):
            choice = self._partners[target[row]]
            source[row] = choice[int(lots[row] * choice.size)]
        chance = rng.random(self._size, np.float32)
        noise = rng.standard_normal((self._size, self._latent), np.float32)
        prior = rng.standard_normal((PRIOR_POINTS, self._latent), np.float32)
        mine = slice(rank, None, world)
        return Batch(
            *(torch.from_numpy(part) for part in (target[mine], source[mine], noise[mine], chance[mine], prior))
        )

    def _place(self, position: int) -> int:
        """Where the notes lie in the order of their epoch; each epoch has all notes once."""
        epoch, place = divmod(position, self.epoch)
        if epoch not in self._orders:
            order = np.random.default_rng((self._seed, _ORDER, epoch)).permutation(self.epoch)
            self._orders = {known: self._orders[known] for known in self._orders if known >= epoch - 1} | {epoch: order}
        return int(self._orders[epoch][place])


class TrainStream:
    """Batches without end, from the one that the trainer is at: what Lightning takes for a data loader."""

    def __init__(self, sampler: Numbered) -> None:
        self._sampler = sampler
        self.trainer: Any = None

    def __iter__(self) -> Iterator[Any]:
        trainer = self.trainer
        number = trainer.global_step
        while True:
            yield self._sampler.batch(number, trainer.global_rank, trainer.world_size)
            number += 1


class WatchStream:
    """The watched notes in parts: tensors of indices."""

    def __init__(self, rows: Int64s) -> None:
        self._parts = [
            torch.from_numpy(rows[at : at + _WATCHED_AT_ONCE]) for at in range(0, rows.size, _WATCHED_AT_ONCE)
        ]

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)
