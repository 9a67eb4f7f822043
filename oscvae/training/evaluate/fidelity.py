"""How near a note comes back: log-spectral distance and spectral convergence, by split, instrument and velocity.

Both compare log band magnitudes, floored at the model's floor, of notes encoded and decoded again, over their first
seconds: later, most of a note is below the floor, and silence is easy. So models of long and of short notes compare. A
note that is held and let go is compared as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.model.document import ModelDocument
from oscvae.training.data.dataset import TRAIN, NoteSet
from oscvae.training.evaluate.subject import Codes, Subject, batches
from oscvae.training.evaluate.summary import SPLITS, Track, quietly

JUDGED_S = 1.7
"""How much of a note that rings after its onset is compared: all that models before 4.0 have."""


@dataclass(frozen=True)
class Distance:
    """Means over n notes, in dB; less is better."""

    n: int
    lsd_db: float
    """Log-spectral distance: root mean square over bands, mean over frames."""
    sc_db: float
    """Spectral convergence 20 log10(||S' - S|| / ||S||) on linear magnitudes."""


@dataclass(frozen=True, eq=False)
class NoteDistances:
    """Of each note on its own."""

    lsd_db: Float64s
    sc_db: Float64s

    def mean(self, chosen: NDArray[np.bool_] | None = None) -> Distance:
        lsd_db, sc_db = (self.lsd_db, self.sc_db) if chosen is None else (self.lsd_db[chosen], self.sc_db[chosen])
        if lsd_db.size == 0:
            return Distance(0, 0.0, 0.0)
        return Distance(lsd_db.size, float(lsd_db.mean()), float(sc_db.mean()))


@dataclass(frozen=True)
class Fidelity:
    """The distances of a whole set; only splits and instruments that it has."""

    split: dict[str, Distance]
    """Of the notes on which models compare: all, where the data set's recipe names none."""
    others: dict[str, Distance]
    """By split: of all other notes."""
    instrument: dict[str, dict[str, Distance]]
    """By split, then by instrument."""
    median_z: dict[str, Distance]
    """By split: each note decoded not from its own z but from the median of its instrument and velocity."""


def judged_frames(document: ModelDocument) -> int:
    """How many of a note's frames are compared: of one that is held and let go, all."""
    return document.frames if document.region is not None else document.frames_within(JUDGED_S)


def note_distances(x: Float32s, target: Float32s, half_range_db: float) -> NoteDistances:
    """Between spectra [N, bands, frames] and what they should be; `half_range_db` is one unit of x."""
    lsd_db = np.sqrt(np.mean(((x - target) * half_range_db) ** 2, axis=1, dtype=np.float64)).mean(axis=1)
    got, wanted = (10.0 ** (half_range_db / 20.0 * (part.astype(np.float64) - 1.0)) for part in (x, target))
    ratio = np.linalg.norm(got - wanted, axis=(1, 2)) / np.linalg.norm(wanted, axis=(1, 2))
    return NoteDistances(lsd_db, 20.0 * np.log10(np.maximum(ratio, 1e-10)))


def median_codes(notes: NoteSet, z: Float32s) -> dict[tuple[int, int], Float32s]:
    """The median z [D] of the training notes of each (instrument, velocity)."""
    kinds = np.stack([notes.timbre, notes.velocity], 1)
    known = notes.split == TRAIN
    return {
        (int(timbre), int(velocity)): np.median(z[known & (kinds == (timbre, velocity)).all(axis=1)], axis=0)
        for timbre, velocity in np.unique(kinds[known], axis=0)
    }


def instrument_codes(notes: NoteSet, z: Float32s) -> dict[str, Float32s]:
    """The median z [D] of the training notes of each instrument, by its name."""
    known = notes.split == TRAIN
    return {
        notes.timbres[timbre]: np.median(z[known & (notes.timbre == timbre)], axis=0)
        for timbre in np.unique(notes.timbre[known]).tolist()
    }


def measure_fidelity(subject: Subject, notes: NoteSet, codes: Codes, track: Track = quietly) -> Fidelity:
    """Every note of the set: decoded from its own z, and those with a training note of their kind from the median."""
    own = _distances(subject, notes, np.arange(len(notes)), lambda rows: codes.mean[rows], "reconstructing", track)
    medians = median_codes(notes, codes.mean)
    kinds = list(zip(notes.timbre.tolist(), notes.velocity.tolist(), strict=True))
    known = np.array([row for row, kind in enumerate(kinds) if kind in medians], np.int64)
    from_median = _distances(
        subject, notes, known, lambda rows: np.stack([medians[kinds[row]] for row in rows]), "from median z", track
    )
    names = {value: SPLITS[value] for value in np.unique(notes.split).tolist()}
    return Fidelity(
        split={
            name: own.mean(notes.compared & (notes.split == value))
            for value, name in names.items()
            if np.any(notes.compared & (notes.split == value))
        },
        others={
            name: own.mean(~notes.compared & (notes.split == value))
            for value, name in names.items()
            if np.any(~notes.compared & (notes.split == value))
        },
        instrument={
            name: {
                notes.timbres[timbre]: own.mean((notes.split == value) & (notes.timbre == timbre))
                for timbre in np.unique(notes.timbre[notes.split == value]).tolist()
            }
            for value, name in names.items()
        },
        median_z={
            name: from_median.mean((notes.compared & (notes.split == value))[known])
            for value, name in names.items()
            if np.any((notes.compared & (notes.split == value))[known])
        },
    )


def measure_distances(subject: Subject, notes: NoteSet, rows: Int64s) -> Distance:
    """The mean over some notes of a set, encoded and decoded."""
    codes = np.zeros((len(notes), subject.low.size), np.float32)
    for part in batches(rows.size):
        chosen = rows[part]
        codes[chosen] = subject.encode(notes.x[chosen], notes.note[chosen]).mean
    return _distances(subject, notes, rows, lambda some: codes[some], "", quietly).mean()


def _distances(
    subject: Subject, notes: NoteSet, rows: Int64s, code: Callable[[Int64s], Float32s], title: str, track: Track
) -> NoteDistances:
    judged, parts = judged_frames(subject.document), []
    for part in track(list(batches(rows.size)), title):
        chosen = rows[part]
        x = subject.decode_batch(code(chosen), notes.note[chosen])[:, :, :judged]
        parts.append(note_distances(x, notes.x[chosen, :, :judged], subject.half_range_db))
    if not parts:
        return NoteDistances(np.empty(0), np.empty(0))
    return NoteDistances(np.concatenate([p.lsd_db for p in parts]), np.concatenate([p.sc_db for p in parts]))
