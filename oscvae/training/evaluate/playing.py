"""How a model plays: pitch, harmonics, level and clicks of notes that nobody recorded, against the recordings'.

Every note is decoded, put through the phase reconstruction at full velocity and 0 dB, and cut as the daemon cuts it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Float64s
from oscvae.training.data.dataset import TRAIN, NoteSet
from oscvae.training.evaluate.levels import Levels, measure_levels
from oscvae.training.evaluate.listening import Table, listen_to_points, listen_to_spectra
from oscvae.training.evaluate.subject import Codes, Subject
from oscvae.training.evaluate.summary import Spread, Track, quietly, some

IN_TUNE_CENTS = 10.0
CLICK_DB = 3.0
"""An edge this much steeper than the sound beside it is a click."""
PEAK_DB = (-18.0, 12.0)
"""Where a point of the latent space must peak: at the default master gain of -12 dB none reaches full scale."""
GRID_PER_DIMENSION = 3
MOST_GRID_POINTS = 243
_GRID_NOTES = 5
_STROKES = 25
"""For each note at a semitone, so many sounds without pitch."""


@dataclass(frozen=True)
class Tuning:
    """Of n notes; errors in cents, absolute, of those that are no octave errors."""

    n: int
    median_cents: float
    p95_cents: float
    worst_cents: float
    within_10_cents: float
    """Share of all n, 0 to 1."""
    octave_errors: int


@dataclass(frozen=True)
class Harmonicity:
    """Harmonic-to-noise ratios in dB, medians; `difference_db` is generated against recorded."""

    generated: Spread
    recorded: Spread
    difference_db: float
    reconstructed_difference_db: float
    """The median over the same recordings, each against its own reconstruction."""


@dataclass(frozen=True)
class Clicks:
    n: int
    onset: Spread
    """dB over the steepest step of the sound beside it."""
    end: Spread
    onset_clicks: int
    end_clicks: int


@dataclass(frozen=True)
class Corner:
    """A latent point and note that fails."""

    z: tuple[float, ...]
    note: int
    why: str


@dataclass(frozen=True)
class Grid:
    """Every point of a regular grid over the suggested range, its ends included, at several notes."""

    points: int
    notes: tuple[int, ...]
    n: int
    dead: int
    """Notes that are out of tune, an octave off, or peak outside -18 to 12 dB."""
    peak_db: Spread
    quietest_db: float
    tuning: Tuning
    failures: tuple[Corner, ...]
    """The first of them."""


@dataclass(frozen=True)
class Strokes:
    """Of n sounds without pitch, decoded from their own codes: differences to the recordings, absolute, in dB."""

    n: int
    peak: Spread
    crest: Spread
    """Peak over the loudest quarter second."""


@dataclass(frozen=True)
class Playing:
    tuning: Tuning
    """At random points of the suggested range, every semitone as often."""
    recorded_tuning: Tuning
    """The recordings by the same estimator: what it can see."""
    harmonicity: Harmonicity
    levels: Levels
    clicks: Clicks
    grid: Grid
    strokes: Strokes | None = None
    """None of notes."""


@dataclass(frozen=True, eq=False)
class Playlist:
    """What was listened to, for the pictures."""

    random: Table
    recorded: Table
    reconstructed: Table
    levels: Float64s
    """[points, notes], dB."""
    rows: NDArray[np.int64]
    """Of the set, those in `recorded`."""
    grid: Table


def measure_playing(
    subject: Subject,
    notes: NoteSet,
    codes: Codes,
    rng: np.random.Generator,
    per_note: int = 6,
    most_recorded: int = 300,
    track: Track = quietly,
) -> tuple[Playing, Playlist]:
    every = subject.every_note if subject.document.has_pitch else np.repeat(subject.every_note, _STROKES)
    note = np.tile(every, per_note)
    random = listen_to_points(subject, subject.random_points(note.size, rng), note, "random notes", track)

    rows = _real_recordings(notes, most_recorded, rng)
    recorded = listen_to_spectra(subject, notes.x, rows, notes.note, "recordings", track)
    reconstructed = listen_to_points(subject, codes.mean[rows], notes.note[rows], "their reconstructions", track)

    levels, scales = measure_levels(subject, notes, codes, rng, track)
    grid, corners = measure_grid(subject, rng, track)
    playing = Playing(
        tuning=tuning(random),
        recorded_tuning=tuning(recorded),
        harmonicity=Harmonicity(
            generated=Spread.of(random["hnr_db"]),
            recorded=Spread.of(recorded["hnr_db"]),
            difference_db=float(np.median(random["hnr_db"]) - np.median(recorded["hnr_db"])),
            reconstructed_difference_db=float(np.median(reconstructed["hnr_db"] - recorded["hnr_db"])),
        ),
        levels=levels,
        clicks=clicks(random),
        grid=grid,
        strokes=None if subject.document.has_pitch else strokes(reconstructed, recorded),
    )
    return playing, Playlist(random, recorded, reconstructed, scales, rows, corners)


def tuning(heard: Table) -> Tuning:
    error = np.abs(heard["error_cents"])
    spread = Spread.of(error)
    octaves = heard["octaves"]
    return Tuning(
        n=len(heard),
        median_cents=spread.median,
        p95_cents=spread.p95,
        worst_cents=spread.worst,
        within_10_cents=float(np.mean(error <= IN_TUNE_CENTS)) if len(heard) else 0.0,
        octave_errors=int(np.sum(np.isfinite(octaves) & (octaves != 0.0))),
    )


def strokes(decoded: Table, recorded: Table) -> Strokes:
    """Of the same sounds."""
    crest = [table["peak_db"] - table["level_db"] for table in (decoded, recorded)]
    return Strokes(
        n=len(recorded),
        peak=Spread.of(np.abs(decoded["peak_db"] - recorded["peak_db"])),
        crest=Spread.of(np.abs(crest[0] - crest[1])),
    )


def clicks(heard: Table) -> Clicks:
    onset, end = heard["onset_click_db"], heard["end_click_db"]
    return Clicks(
        n=len(heard),
        onset=Spread.of(onset),
        end=Spread.of(end),
        onset_clicks=int(np.sum(onset > CLICK_DB)),
        end_clicks=int(np.sum(end > CLICK_DB)),
    )


def measure_grid(subject: Subject, rng: np.random.Generator, track: Track = quietly) -> tuple[Grid, Table]:
    """Three values in each dimension; of a space with very many corners, so many of them at random."""
    points, notes = grid_points(subject, rng), grid_notes(subject)
    each, note = np.repeat(points, notes.size, axis=0), np.tile(notes, len(points))
    heard = listen_to_points(subject, each, note, "corners", track)
    reasons = [faults(heard, row, subject.document.has_pitch) for row in range(len(heard))]
    failures = tuple(
        Corner(tuple(round(float(value), 3) for value in each[row]), int(note[row]), ", ".join(reason))
        for row, reason in enumerate(reasons)
        if reason
    )
    grid = Grid(
        points=len(points),
        notes=tuple(notes.tolist()),
        n=len(heard),
        dead=len(failures),
        peak_db=Spread.of(heard["peak_db"]),
        quietest_db=float(heard["peak_db"].min()),
        tuning=tuning(heard),
        failures=failures[:20],
    )
    return grid, heard


def grid_points(subject: Subject, rng: np.random.Generator) -> Float32s:
    axes = [np.linspace(low, high, GRID_PER_DIMENSION) for low, high in zip(subject.low, subject.high, strict=True)]
    if GRID_PER_DIMENSION ** len(axes) <= MOST_GRID_POINTS:
        return np.array(list(itertools.product(*axes)), np.float32)
    places = rng.integers(0, GRID_PER_DIMENSION, (MOST_GRID_POINTS, len(axes)))
    return np.stack([axis[places[:, d]] for d, axis in enumerate(axes)], 1).astype(np.float32)


def grid_notes(subject: Subject) -> NDArray[np.int64]:
    low, high = subject.document.decoded_notes
    return np.unique(np.linspace(low, high, _GRID_NOTES).round().astype(np.int64))


def faults(heard: Table, row: int, has_pitch: bool = True) -> list[str]:
    """What is wrong with a corner."""
    found = []
    peak = float(heard["peak_db"][row])
    if not PEAK_DB[0] <= peak <= PEAK_DB[1]:
        found.append(f"peaks at {peak:.1f} dB")
    if not has_pitch:
        return found
    if heard["octaves"][row] not in (0.0,):
        octaves = heard["octaves"][row]
        found.append("has no clear pitch" if np.isnan(octaves) else f"sounds {octaves:+.0f} octave")
    elif abs(heard["error_cents"][row]) > IN_TUNE_CENTS:
        found.append(f"is {heard['error_cents'][row]:+.1f} cents off")
    return found


def _real_recordings(notes: NoteSet, most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Recordings never trained on where the set has enough of them, else those withheld, else any."""
    for chosen in (notes.split == 2, notes.split != TRAIN, notes.split >= TRAIN):
        rows = np.flatnonzero(chosen)
        if rows.size >= min(50, len(notes)):
            return some(rows, most, rng)
    return some(np.arange(len(notes)), most, rng)
