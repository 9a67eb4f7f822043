"""What two kinds of embedding say of the same notes, and whether they put in order what has one.

Source: M. Heusel et al., GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium, NIPS 2017
(the Frechet distance, and disturbances of growing strength to try it by).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import uniform_filter1d

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.errors import DataError
from oscvae.model.analysis import NoteAnalysis
from oscvae.training.data.dataset import TRAIN, NoteSet
from oscvae.training.evaluate.fidelity import note_distances
from oscvae.training.evaluate.realism import Embedding, choose_test, draw_codes, frechet, note_statistics
from oscvae.training.evaluate.subject import Codes, Subject, batches
from oscvae.training.studies.embedding.clips import note_pictures
from oscvae.training.studies.embedding.residual import Residual, embedded

PCA = "statistics, PCA 16"
"""The embedding of `oscvae evaluate`."""
TRAINED, UNTRAINED = "residual network", "residual network, untrained"
NOISES_DB = (-70.0, -60.0, -50.0, -40.0, -30.0)
"""White noise, each of its bins so far below the level of the note."""
SMEARS = (3, 9, 27, 81, 243)
"""Frames over which a note's levels are averaged."""
BLURS = (2, 4, 8, 16, 32)
"""Bands, likewise."""
CLEAR = 2.0
"""Standard errors."""
_TINY = 1e-12

Seen = dict[str, Float64s]
"""By the name of an embedding, what it makes of a set of notes, [N, K]."""


@dataclass(frozen=True)
class Network:
    """One classifier, as an embedding."""

    kind: str
    """TRAINED or UNTRAINED."""
    seed: int
    network: Residual

    @property
    def name(self) -> str:
        return f"{self.kind}, seed {self.seed}"


class Eyes:
    """All embeddings, and the recorded notes as they see them."""

    def __init__(self, notes: NoteSet, networks: Sequence[Network], rows: Mapping[str, Int64s]) -> None:
        """rows: the training notes, and those that test, by the names of `split_rows`. The first embedding is fitted on
        the training notes."""
        self.notes, self.networks = notes, networks
        self.half_range_db = 0.5 * notes.analysis.range_db
        parts = {name: self._raw(self.recorded(of)) for name, of in rows.items()}
        self._embedding = Embedding(parts["train"][PCA])
        self.real = {name: self._finished(raw) for name, raw in parts.items()}

    @property
    def names(self) -> list[str]:
        return [PCA, *(one.name for one in self.networks)]

    def recorded(self, rows: Int64s) -> Iterator[Float32s]:
        """Recorded notes, in batches [N, bands, frames]."""
        for part in batches(len(rows)):
            yield np.asarray(self.notes.x[rows[part]])

    def see(self, spectra: Iterable[Float32s]) -> Seen:
        """Log magnitudes in batches [N, bands, frames]."""
        return self._finished(self._raw(spectra))

    def _raw(self, spectra: Iterable[Float32s]) -> Seen:
        found: dict[str, list[Float64s]] = {name: [] for name in self.names}
        for x in spectra:
            found[PCA].append(note_statistics(x, self.half_range_db))
            shown = note_pictures(x, self.notes.analysis)
            for one in self.networks:
                found[one.name].append(embedded(one.network, shown))
        return {name: np.concatenate(part) for name, part in found.items()}

    def _finished(self, raw: Seen) -> Seen:
        return raw | {PCA: self._embedding(raw[PCA])}

    def distances(self, seen: Seen, real: str = "test") -> dict[str, float]:
        """By embedding, the Frechet distance of a set from recorded notes."""
        return {name: frechet(seen[name], self.real[real][name]).distance for name in self.names}

    @property
    def usual(self) -> dict[str, float]:
        """Of the training notes from the test notes: what a perfect model would have."""
        return self.distances(self.real["train"])

    def ranks(self) -> dict[str, tuple[int, int]]:
        """By embedding, the rank of the test notes' covariance, and how many dimensions it has."""
        return {
            name: (int(np.linalg.matrix_rank(np.cov(of, rowvar=False))), of.shape[1])
            for name, of in self.real["test"].items()
        }


def split_rows(notes: NoteSet) -> dict[str, Int64s]:
    """The training notes, and those that test: of recordings never trained on, where there are enough. Raises
    DataError."""
    tested = choose_test(notes)
    if tested is None:
        raise DataError(f"{len(notes)} notes, of which too few are withheld: there must be 33 at least")
    return {"train": np.flatnonzero(notes.split == TRAIN), "test": np.flatnonzero(notes.split == tested)}


def generated(
    subject: Subject, notes: NoteSet, codes: Codes, count: int, rng: np.random.Generator
) -> Iterator[Float32s]:
    """Notes of a model, in batches, at the pitches of training notes, from the codes of any training notes: as many as
    are asked for, or as there are."""
    train = np.flatnonzero(notes.split == TRAIN)
    z = next(iter(draw_codes(subject, notes, codes, train, rng).values()))
    chosen = rng.permutation(train.size)[:count]
    for part in batches(chosen.size):
        rows = chosen[part]
        yield subject.decode_batch(z[rows], notes.note[train[rows]])


@dataclass(frozen=True)
class Fidelity:
    """How near notes come back, encoded and decoded: a truth that knows neither embedding."""

    lsd_db: float
    sc_db: float
    """Means over notes."""
    recordings: list[float]
    """Log-spectral distance of the notes of each recording, dB."""


def fidelity(subject: Subject, notes: NoteSet, rows: Int64s) -> Fidelity:
    found = []
    for part in batches(len(rows)):
        x, note = np.asarray(notes.x[rows[part]]), notes.note[rows[part]]
        again = subject.decode_batch(subject.encode(x, note).mean, note)
        found.append(note_distances(again, x, subject.half_range_db))
    lsd_db, sc_db = (np.concatenate([getattr(one, name) for one in found]) for name in ("lsd_db", "sc_db"))
    _, recording = np.unique(notes.source[rows], return_inverse=True)
    each = np.bincount(recording, lsd_db) / np.bincount(recording)
    return Fidelity(float(lsd_db.mean()), float(sc_db.mean()), each.tolist())


def disturbances() -> dict[str, tuple[float, ...]]:
    """By kind, how strong each is, the weakest first."""
    return {"noise": NOISES_DB, "smeared in time": SMEARS, "blurred in frequency": BLURS}


def disturbed(kind: str, strength: float, x: Float32s, analysis: NoteAnalysis, rng: np.random.Generator) -> Float32s:
    """Notes [N, bands, frames], disturbed."""
    half_range_db = 0.5 * analysis.range_db
    if kind == "smeared in time":
        return uniform_filter1d(x, int(strength), axis=2, mode="nearest")
    if kind == "blurred in frequency":
        return uniform_filter1d(x, int(strength), axis=1, mode="nearest")
    level_db = analysis.floor_db + (x + 1.0) * half_range_db
    width = np.maximum(analysis.band_axis().width(), 1.0)[:, None]  # a band is the mean of so many bins
    noise = rng.gamma(width, 1.0 / width, x.shape) * 10.0 ** (strength / 10.0)
    power = 10.0 ** (level_db / 10.0) + noise
    there = (10.0 * np.log10(np.maximum(power, _TINY)) - analysis.floor_db) / half_range_db - 1.0
    return np.asarray(np.clip(there, -1.0, 1.0), np.float32)


Pair = tuple[int, int]
"""(the worse, the better) of two places in a row."""


def decided(recordings: Sequence[Sequence[float]]) -> list[Pair]:
    """Which pairs of models differ by more than two standard errors over recordings, by the distance of each recording
    with each of the models."""
    pairs = []
    for one, other in itertools.combinations(range(len(recordings)), 2):
        apart = np.array(recordings[one]) - np.array(recordings[other])
        if abs(apart.mean()) > CLEAR * apart.std(ddof=1) / np.sqrt(apart.size):
            pairs.append((one, other) if apart.mean() > 0.0 else (other, one))
    return pairs


def all_pairs(count: int) -> list[Pair]:
    """Of a row of which each is better than those before it."""
    return list(itertools.combinations(range(count), 2))


def in_order(distances: Sequence[float], pairs: Sequence[Pair]) -> tuple[int, int]:
    """(how many, of how many) pairs of which the better one is nearer."""
    return sum(distances[worse] > distances[better] for worse, better in pairs), len(pairs)


def of_kind(distances: Mapping[str, Any], kind: str) -> list[Any]:
    """What the embeddings of one kind say, by seed."""
    return [value for name, value in distances.items() if name == kind or name.startswith(f"{kind}, seed")]
