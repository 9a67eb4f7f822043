"""Whether generated notes look like recorded ones as a set: Frechet distances in a fixed, named embedding.

The embedding is no neural network, because none is trained on single notes: each note's log magnitudes are averaged
over groups of bands and a few stretches of time, with their deviation over time, and the principal components of that,
fitted on the training notes, are kept. The distance is that between two normal distributions.

Source: M. Heusel et al., GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium, NIPS 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.training.data.dataset import TRAIN, NoteSet
from oscvae.training.evaluate.subject import Codes, Subject, batches
from oscvae.training.evaluate.summary import SPLITS, Track, quietly

NAME = "log-magnitude statistics, PCA 16"
COMPONENTS = 16
_GROUPS = 64
_FIRST_STRETCH = 8  # frames; the others grow to the end
_STRETCHES = 5
_NEAR_SEMITONES = 12


@dataclass(frozen=True)
class FrechetDistance:
    """Between two sets of notes in the embedding; of n and m notes."""

    distance: float
    n: int
    m: int


@dataclass(frozen=True)
class Realism:
    """Distances in dB^2, mean over the statistics; n and m are the notes of the two sets."""

    embedding: str
    explained: float
    """Share of the training notes' variance that the embedding keeps."""
    test: str
    """Which split the test set is."""
    generated_to_test: FrechetDistance
    """As many notes as were trained on, at the same pitches, z drawn from the codes of any training notes."""
    training_to_test: FrechetDistance
    ratio: float
    """Of these two: 1 where generated notes are as near to new ones as the training notes are."""
    generated_to_training: FrechetDistance
    chance: FrechetDistance
    """Of as many training notes as there are in the test set, drawn at random, to the others: what numbers alone do."""
    reconstructed_to_test: FrechetDistance
    """The test notes, encoded and decoded, against themselves: what the decoder loses."""
    other_draws: dict[str, FrechetDistance]
    """To the test set, with z drawn in other ways."""


class Embedding:
    """Fitted on the spectra [N, bands, frames] of the training notes; maps any to [N, components]."""

    def __init__(self, statistics: Float64s, components: int = COMPONENTS) -> None:
        self.mean = statistics.mean(axis=0)
        _, strength, axes = np.linalg.svd(statistics - self.mean, full_matrices=False)
        self.axes = axes[: min(components, len(axes))]
        self.explained = float(np.sum(strength[: len(self.axes)] ** 2) / max(np.sum(strength**2), 1e-30))

    def __call__(self, statistics: Float64s) -> Float64s:
        embedded: Float64s = (statistics - self.mean) @ self.axes.T
        return embedded


def note_statistics(x: Float32s, half_range_db: float) -> Float64s:
    """Of log magnitudes [N, bands, frames]: their means over groups of bands and stretches of time, and their standard
    deviation over time, in dB and over the root of their number: [N, groups * (stretches + 1)]."""
    bands, frames = x.shape[1:]
    groups = np.unique(np.linspace(0, bands, min(_GROUPS, bands) + 1).round().astype(int))
    edges = np.geomspace(min(_FIRST_STRETCH, frames), frames, _STRETCHES).round().astype(int)
    edges = np.unique(np.concatenate([[0], edges]))
    grouped = np.add.reduceat(x, groups[:-1], axis=1, dtype=np.float64) / np.diff(groups)[:, None]
    stretches = np.add.reduceat(grouped, edges[:-1], axis=2) / np.diff(edges)
    both = np.concatenate([stretches, grouped.std(axis=2, keepdims=True)], axis=2)
    flat = both.reshape(len(x), -1)
    scaled: Float64s = half_range_db / np.sqrt(flat.shape[1]) * flat
    return scaled


def frechet(one: ArrayLike, other: ArrayLike) -> FrechetDistance:
    """Between the normal distributions with the means and covariances of two sets [N, K] and [M, K]."""
    a, b = np.asarray(one, np.float64), np.asarray(other, np.float64)
    first, second = (np.atleast_2d(np.cov(part, rowvar=False)) for part in (a, b))
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    # The trace of the root of first @ second, by a symmetric matrix of the same eigenvalues.
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0.0)).sum()
    distance = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2) + np.trace(first) + np.trace(second) - 2.0 * cross
    return FrechetDistance(max(0.0, float(distance)), len(a), len(b))


def measure_realism(
    subject: Subject, notes: NoteSet, codes: Codes, rng: np.random.Generator, track: Track = quietly
) -> Realism | None:
    """None where too few notes are withheld for the embedding."""
    train = np.flatnonzero(notes.split == TRAIN)
    tested = choose_test(notes)
    if tested is None or train.size <= 2 * COMPONENTS:
        return None
    test = np.flatnonzero(notes.split == tested)
    training = _recorded(subject, notes, train)
    embedding = Embedding(training)
    real, new = embedding(training), embedding(_recorded(subject, notes, test))

    pitches = notes.note[train]
    draws = draw_codes(subject, notes, codes, train, rng)
    made = {name: embedding(_generated(subject, z, pitches, f"generating {name}", track)) for name, z in draws.items()}
    first = next(iter(made.values()))
    again = embedding(_generated(subject, codes.mean[test], notes.note[test], "reconstructing", quietly))
    drawn = rng.choice(len(real), min(len(new), len(real) // 2), replace=False)
    baseline, generated = frechet(real, new), frechet(first, new)
    return Realism(
        embedding=NAME,
        explained=embedding.explained,
        test=SPLITS[tested],
        generated_to_test=generated,
        training_to_test=baseline,
        ratio=generated.distance / max(baseline.distance, 1e-9),
        generated_to_training=frechet(first, real),
        chance=frechet(real[drawn], np.delete(real, drawn, axis=0)),
        reconstructed_to_test=frechet(again, new),
        other_draws={name: frechet(part, new) for name, part in list(made.items())[1:]},
    )


def draw_codes(
    subject: Subject, notes: NoteSet, codes: Codes, train: Int64s, rng: np.random.Generator
) -> dict[str, Float32s]:
    """A latent point for each training note's pitch, by the name of how it is drawn; the first way is the figure's."""
    latent = subject.document.latent
    any_note = rng.permutation(train)
    near = np.array([_near(notes, train, row, rng) for row in train])
    normal = rng.normal(latent.mean, latent.std, (train.size, subject.low.size)).astype(np.float32)
    return {
        "from the codes of any training note": _sample(codes, any_note, rng),
        "from the codes of training notes within an octave": _sample(codes, near, rng),
        "from a normal distribution of the codes' mean and deviation": normal,
        "evenly over the suggested range": subject.random_points(train.size, rng),
    }


def choose_test(notes: NoteSet) -> int | None:
    """The split that tests: recordings never trained on where there are enough of them for the embedding."""
    for split in (2, 1):
        if np.sum(notes.split == split) > 2 * COMPONENTS:
            return split
    return None


def _near(notes: NoteSet, train: Int64s, row: int, rng: np.random.Generator) -> int:
    return int(rng.choice(train[np.abs(notes.note[train] - notes.note[row]) <= _NEAR_SEMITONES]))


def _sample(codes: Codes, rows: Int64s, rng: np.random.Generator) -> Float32s:
    """From the encoder's posterior of these notes."""
    mean = codes.mean[rows]
    deviation = np.exp(0.5 * codes.log_variance[rows])
    return (mean + deviation * rng.standard_normal(mean.shape)).astype(np.float32)


def _recorded(subject: Subject, notes: NoteSet, rows: Int64s) -> Float64s:
    return np.concatenate([note_statistics(notes.x[rows[part]], subject.half_range_db) for part in batches(rows.size)])


def _generated(subject: Subject, z: Float32s, note: Int64s, title: str, track: Track) -> Float64s:
    parts = track(list(batches(len(note))), title)
    return np.concatenate(
        [note_statistics(subject.decode_batch(z[part], note[part]), subject.half_range_db) for part in parts]
    )
