"""What each step of training with effects sees: a grid of a few sounds under a few effects.

Each spectrum of the grid is where a code of the sound comes from, where one of the effect comes from, and what is to
come out. The code of a sound is taken from the same sound under another effect, so that it says nothing of the effect.
Everything is a function of the seed and the number of the batch. While one grid is trained on, the next two are made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from oscvae.arrays import Int64s
from oscvae.errors import ConfigError
from oscvae.training.config import TrainConfig
from oscvae.training.data.dataset import TRAIN, NoteSet
from oscvae.training.effects.bank import DRY
from oscvae.training.effects.pairs import Pairs
from oscvae.training.model.additive import gather_matrix

_STREAM = 3
"""Of random numbers, apart from those of `batches`."""
_AHEAD = 2
"""Grids that are made at once: an epoch of them takes 2.8 minutes of two cores, one at a time 3.1."""


class Grid(NamedTuple):
    """B = sounds x effects pairs; those that are never trained on have been left out."""

    row: Tensor
    """(B,), which note of the data set."""
    effect: Tensor
    """(B,), which effect of the data set's."""
    source: Tensor
    """(B,), which pair of the grid the sound's code is from."""
    noise: Tensor
    """(B, D), standard normal."""
    x: Tensor
    """(B, bands, knots), log magnitudes averaged around the knots."""
    linear: Tensor
    """(B, bands, knots), linear magnitudes, likewise."""


class GridSampler:
    """Grids by number; `epoch` is how many pairs there are to train on."""

    def __init__(self, notes: NoteSet, config: TrainConfig, knots: tuple[float, ...]) -> None:
        self._train = np.flatnonzero(notes.split == TRAIN)
        wanted = config.effects
        self.pairs = Pairs(notes, config.fit.threads or 2)
        unseen = self.pairs.effects.unseen(wanted.unseen)
        self._effects = np.array([row for row in range(1, len(self.pairs.effects)) if row not in unseen], np.int64)
        if not self._effects.size:
            raise ConfigError("effects.unseen: it leaves no effect to train on")
        self._at_once = min(wanted.at_once, 1 + self._effects.size)
        self._sounds = min(config.fit.batch // self._at_once, self._train.size)
        self._config, self._seed, self._latent = wanted, config.seed, config.latent
        self._gather = gather_matrix(np.array(knots), notes.analysis.frames)
        self._decades = notes.analysis.range_db / 20.0

    @property
    def epoch(self) -> int:
        return int(self._train.size + self.has(self._train[:, None], self._effects).sum())

    def has(self, rows: Int64s, effects: Int64s) -> NDArray[np.bool_]:
        """Which pairs of a sound and an effect there are."""
        return self.pairs.effects.has(rows, effects)

    def first_sounds(self, count: int) -> Int64s:
        """Some rows that are trained on, evenly chosen."""
        return self._train[np.linspace(0, self._train.size - 1, min(count, self._train.size)).round().astype(int)]

    def some_effects(self, rows: Int64s) -> Int64s:
        """For each sound an effect that is trained on, at random, the dry sound among them."""
        known = np.concatenate([[DRY], self._effects])
        chosen = np.random.default_rng((self._seed, _STREAM)).choice(known, rows.size)
        return np.where(self.has(rows, chosen), chosen, DRY)

    def at_knots(self, rows: Int64s, effects: Int64s) -> tuple[Tensor, Tensor]:
        """(x, linear), each (B, bands, knots)."""
        x = self.pairs.spectra(rows, effects)
        linear = np.exp(np.float32(0.5 * self._decades * np.log(10.0)) * (x - np.float32(1.0)))
        return torch.from_numpy(x @ self._gather), torch.from_numpy(linear @ self._gather)

    def batch(self, number: int) -> Grid:
        wanted, rng = self._config, np.random.default_rng((self._seed, _STREAM, number))
        sounds = rng.choice(self._train, self._sounds, replace=False)
        effects = np.concatenate([[DRY], rng.choice(self._effects, self._at_once - 1, replace=False)])
        there = self.has(sounds[:, None], effects)
        row, effect, place = [], [], []
        for at, sound in enumerate(sounds.tolist()):
            for which, one in enumerate(effects.tolist()):
                if there[at, which] and not self.pairs.effects.is_unseen_pair(sound, one, wanted.unseen_pairs):
                    row.append(sound)
                    effect.append(one)
                    place.append(at)
        of = np.array(place)
        source = np.empty(of.size, np.int64)
        for pair in range(of.size):
            same = np.flatnonzero(of == of[pair])
            others = same[same != pair]
            if others.size == 0 or (effect[pair] != DRY and rng.random() < wanted.dry):
                source[pair] = same[0]  # the dry one is in every row
            else:
                source[pair] = rng.choice(others)
        noise = rng.standard_normal((of.size, self._latent), np.float32)
        rows, chosen = np.array(row), np.array(effect)
        x, linear = self.at_knots(rows, chosen)
        return Grid(
            row=torch.from_numpy(rows),
            effect=torch.from_numpy(chosen),
            source=torch.from_numpy(source),
            noise=torch.from_numpy(noise),
            x=x,
            linear=linear,
        )


class GridStream:
    """Grids without end, from the one that the trainer is at; the next two are made at once, while one is used."""

    def __init__(self, sampler: GridSampler) -> None:
        self._sampler = sampler
        self.trainer: Any = None

    def __iter__(self) -> Iterator[Grid]:
        number = self.trainer.global_step
        with ThreadPoolExecutor(_AHEAD) as ahead:
            coming = deque(ahead.submit(self._sampler.batch, number + after) for after in range(_AHEAD))
            while True:
                grid = coming.popleft().result()
                coming.append(ahead.submit(self._sampler.batch, number + _AHEAD))
                number += 1
                yield grid
