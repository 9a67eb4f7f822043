"""How a latent space came out: what each dimension does, whether instruments are places, whether ways are smooth.

Sources: Y. Burda, R. Grosse and R. Salakhutdinov, Importance Weighted Autoencoders, ICLR 2016 (active units);
A. Gretton et al., A Kernel Two-Sample Test, JMLR 13, 2012 (the discrepancy; its kernels are functions of |x - y|^2).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.training.data.dataset import TRAIN, NoteSet
from oscvae.training.evaluate.fidelity import instrument_codes, judged_frames, note_distances
from oscvae.training.evaluate.listening import Table, listen_to_points
from oscvae.training.evaluate.subject import Codes, Subject
from oscvae.training.evaluate.summary import SPLITS, Spread, Track, quietly, some
from oscvae.training.fit.regularisers import activity, default_width, discrepancy

DESCRIPTORS = {
    "brightness": "brightness_hz",
    "damping (T60)": "decay_s",
    "attack time": "attack_s",
    "inharmonicity": "stiffness",
}
"""What a dimension is compared with, and the column that measures it."""

HEARD_DB = 0.5
"""A dimension whose two standard deviations change less than that says nothing to a listener."""
_ACTIVE_VARIANCE = 0.01
_CHANGE_POINTS = 60
_MMD_POINTS = 500
_MMD_REPEATS = 20
_PATH_STEPS = 16
_MOST_PATHS = 60
_CORRELATED_NOTES = 3


@dataclass(frozen=True)
class Discrepancy:
    """Squared maximum mean discrepancy of codes, drawn from the encoder, to N(0, 1); unbiased, it may be negative."""

    n: int
    rbf: float
    rbf_width: float
    rbf_chance: float
    """What 95 % of as large sets of the prior itself stay below."""
    imq: float
    imq_width: float
    imq_chance: float


@dataclass(frozen=True)
class Smoothness:
    """Of n straight ways through the latent space at one note, each in equal steps."""

    n: int
    steps: int
    note: int
    unevenness: Spread
    """Largest step over mean step, in log-spectral distance; 1 is perfectly even."""
    step_db: Spread
    """Log-spectral distance of the single steps."""


@dataclass(frozen=True)
class Correlations:
    """Spearman's rank correlation of each dimension with each descriptor, {descriptor: [D]}."""

    points: int
    notes: tuple[int, ...]
    heard: dict[str, tuple[float, ...]]
    """Over random points, at one note at a time, mean over the notes: what moving in z does."""
    recorded_n: int
    recorded: dict[str, tuple[float, ...]]
    """Over recordings and their codes, the note's own part taken out."""


@dataclass(frozen=True)
class Places:
    """Instruments told from z by the nearest centroid of the training notes."""

    n: dict[str, int]
    accuracy: dict[str, float]
    """By split, 0 to 1."""
    chance: float


@dataclass(frozen=True)
class LatentSpace:
    dimensions: int
    active: int
    """How many say something: of the training notes to the encoder, and of the sound to a listener."""
    variance: tuple[float, ...]
    """Of the codes' means in each dimension; active above 0.01."""
    nats: tuple[float, ...]
    """Divergence from N(0, 1) of each dimension; empty for a deterministic encoder."""
    change_db: tuple[float, ...]
    """Log-spectral distance that two standard deviations of each dimension make; dead below 0.5."""
    dead: tuple[int, ...]
    """The dimensions that say nothing, from 1."""
    discrepancy: Discrepancy
    places: Places
    smoothness: Smoothness
    correlations: Correlations


def measure_latent(
    subject: Subject,
    notes: NoteSet,
    codes: Codes,
    recorded: Table,
    recorded_rows: Int64s,
    rng: np.random.Generator,
    points: int = 120,
    track: Track = quietly,
) -> LatentSpace:
    """`recorded` describes the notes `recorded_rows` of the set; `points` are listened to for the correlations."""
    train = notes.split == TRAIN
    mean = torch.from_numpy(codes.mean[train])
    certain = bool(np.ptp(codes.log_variance[train]) == 0.0)  # a deterministic encoder says the same of all
    found = activity(mean, None if certain else torch.from_numpy(codes.log_variance[train]), _ACTIVE_VARIANCE, certain)
    change_db = measure_changes(subject, rng)
    said = np.array(found.active) & (change_db >= HEARD_DB)
    return LatentSpace(
        dimensions=subject.document.latent_size,
        active=int(said.sum()),
        variance=found.variance,
        nats=found.nats,
        change_db=tuple(change_db.tolist()),
        dead=tuple((np.flatnonzero(~said) + 1).tolist()),
        discrepancy=measure_discrepancy(codes, np.flatnonzero(train), certain, rng),
        places=measure_places(notes, codes.mean),
        smoothness=measure_smoothness(subject, notes, codes, rng),
        correlations=measure_correlations(subject, codes, recorded, recorded_rows, rng, points, track),
    )


def measure_changes(subject: Subject, rng: np.random.Generator) -> Float64s:
    """[D], log-spectral distance in dB between a standard deviation below random points and one above, mean.

    Codes that are refined through the decoder vary in dimensions that do nothing as well; this they cannot hide.
    """
    document = subject.document
    judged, std = judged_frames(document), np.array(document.latent.std, np.float32)
    z = subject.random_points(_CHANGE_POINTS, rng)
    low, high = document.decoded_notes
    note = rng.integers(low, high + 1, _CHANGE_POINTS)
    found = []
    for step in np.diag(std):
        below, above = (subject.decode(z + sign * step, note)[:, :, :judged] for sign in (-1.0, 1.0))
        found.append(note_distances(below, above, subject.half_range_db).lsd_db.mean())
    return np.array(found)


def measure_discrepancy(codes: Codes, train: Int64s, certain: bool, rng: np.random.Generator) -> Discrepancy:
    rows = some(train, _MMD_POINTS, rng)
    deviation = 0.0 if certain else np.exp(0.5 * codes.log_variance[rows])
    size = (rows.size, codes.mean.shape[1])
    z = codes.mean[rows] + deviation * rng.standard_normal(size)
    found: dict[str, tuple[float, float, float]] = {}
    for kind in ("mmd-rbf", "mmd-imq"):
        width = default_width(kind, size[1])

        def against_prior(points: Float64s, kind: str = kind, width: float = width) -> float:
            prior = torch.from_numpy(rng.standard_normal(size))
            return float(discrepancy(torch.from_numpy(points), prior, kind, width))

        chance = [against_prior(rng.standard_normal(size)) for _ in range(_MMD_REPEATS)]
        found[kind] = (against_prior(z.astype(np.float64)), width, float(np.percentile(chance, 95)))
    return Discrepancy(rows.size, *found["mmd-rbf"], *found["mmd-imq"])


def measure_places(notes: NoteSet, z: Float32s) -> Places:
    train = notes.split == TRAIN
    known = np.unique(notes.timbre[train])
    centroids = np.stack([z[train & (notes.timbre == timbre)].mean(axis=0) for timbre in known])
    nearest = known[np.linalg.norm(z[:, None] - centroids[None], axis=2).argmin(axis=1)]
    countable = np.isin(notes.timbre, known)
    splits = [value for value in np.unique(notes.split).tolist() if np.any(countable & (notes.split == value))]
    chosen = {SPLITS[value]: countable & (notes.split == value) for value in splits}
    return Places(
        n={name: int(rows.sum()) for name, rows in chosen.items()},
        accuracy={name: float(np.mean(nearest[rows] == notes.timbre[rows])) for name, rows in chosen.items()},
        chance=1.0 / known.size,
    )


def measure_smoothness(subject: Subject, notes: NoteSet, codes: Codes, rng: np.random.Generator) -> Smoothness:
    """Between the median points of instruments, which is where a player goes."""
    note = sum(subject.document.decoded_notes) // 2
    medians = list(instrument_codes(notes, codes.mean).values())
    if len(medians) < 2:
        medians = list(subject.random_points(8, rng))
    pairs = list(itertools.combinations(medians, 2))
    chosen = some(np.arange(len(pairs)), _MOST_PATHS, rng)
    unevenness, lengths = [], []
    for one, other in (pairs[int(index)] for index in chosen):
        steps = path_steps(subject, one, other, note)
        lengths.extend(steps.tolist())
        if steps.mean() > 0.0:
            unevenness.append(float(steps.max() / steps.mean()))
    return Smoothness(chosen.size, _PATH_STEPS, note, Spread.of(unevenness), Spread.of(lengths))


def path_steps(subject: Subject, one: Float32s, other: Float32s, note: int) -> Float64s:
    """Log-spectral distances in dB between neighbours on the straight way from one point to another."""
    x = subject.decode(path(one, other, _PATH_STEPS), [note] * (_PATH_STEPS + 1))
    steps: Float64s = np.sqrt(np.mean((np.diff(x, axis=0) * subject.half_range_db) ** 2, axis=1)).mean(axis=1)
    return steps


def path(one: Float32s, other: Float32s, steps: int) -> Float32s:
    """[steps + 1, D], both ends included."""
    part = np.linspace(0.0, 1.0, steps + 1)[:, None]
    return np.asarray((1.0 - part) * one + part * other, np.float32)


def measure_correlations(
    subject: Subject,
    codes: Codes,
    recorded: Table,
    recorded_rows: Int64s,
    rng: np.random.Generator,
    points: int = 120,
    track: Track = quietly,
) -> Correlations:
    document = subject.document
    places = np.linspace(*document.decoded_notes, _CORRELATED_NOTES + 2)[1:-1]
    notes = tuple(round(float(place)) for place in places)
    z = subject.random_points(points, rng)
    tables = [listen_to_points(subject, z, [note] * len(z), f"descriptors at {note}", track) for note in notes]
    heard = {
        name: tuple(
            float(np.mean([rank_correlation(z[:, d], table[column]) for table in tables])) for d in range(z.shape[1])
        )
        for name, column in DESCRIPTORS.items()
    }
    own = codes.mean[recorded_rows]
    return Correlations(
        points=len(z),
        notes=notes,
        heard=heard,
        recorded_n=len(recorded),
        recorded={
            name: tuple(rank_correlation(own[:, d], recorded[column], recorded["note"]) for d in range(own.shape[1]))
            for name, column in DESCRIPTORS.items()
        },
    )


def rank_correlation(a: NDArray[np.floating], b: Float64s, given: Float64s | None = None) -> float:
    """Spearman's correlation over the rows that both have; `given` is a third quantity whose part is taken out."""
    columns = [a, b] if given is None else [a, b, given]
    known = np.all([np.isfinite(column) for column in columns], axis=0)
    ranks = [_ranks(column[known]) for column in columns]
    if known.sum() < 3 + len(columns) or any(np.ptp(rank) == 0.0 for rank in ranks):
        return 0.0
    if given is not None:
        ranks = [rank - np.polyval(np.polyfit(ranks[2], rank, 1), ranks[2]) for rank in ranks[:2]]
    return float(np.clip(np.corrcoef(ranks[0], ranks[1])[0, 1], -1.0, 1.0))


def _ranks(values: NDArray[np.floating]) -> Float64s:
    """Of equal values, their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean: Float64s = last - 0.5 * (counts - 1)
    return mean[inverse]
