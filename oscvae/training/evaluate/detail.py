"""What fine detail does for recordings that a model never heard, and for notes of the nearest other recording.

Each recording is encoded at each of its notes. Its own note is what the detail was fitted to, so the distance there is
the least that can be asked; the others are all notes, of the same instrument and velocity, of the recording whose
nearest note is nearest to it, decoded from the point of the first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oscvae.arrays import Float32s, Int64s
from oscvae.model.detail import Detailer, Moved, share_elsewhere
from oscvae.training.data.dataset import WITHHELD_RECORDING, NoteSet
from oscvae.training.evaluate.fidelity import Distance, NoteDistances, judged_frames, note_distances
from oscvae.training.evaluate.metrics import decode_all
from oscvae.training.evaluate.subject import Subject, batches
from oscvae.training.evaluate.summary import Track, quietly


@dataclass(frozen=True)
class Share:
    """Distances of the same notes."""

    without: Distance
    with_detail: Distance


@dataclass(frozen=True)
class Detail:
    encoded: Share
    """Of the encoded notes: fitted to what judges it."""
    elsewhere: Share
    """Of the nearest other recording; n = 0 where no instrument has two."""


class _Encoded:
    """A model, and some notes that it has encoded with their detail."""

    def __init__(self, subject: Subject, notes: NoteSet, rows: Int64s) -> None:
        self.subject, self.notes, self.rows = subject, notes, rows
        self._detailer = Detailer(subject.document)
        self._spread = subject.document.spread()
        self._judged = judged_frames(subject.document)
        self._z = subject.encode(notes.x[rows], notes.note[rows]).mean
        self._numbers: list[Float32s] = []
        self._elsewhere: list[float] = []
        for part in batches(rows.size):
            for block, row in zip(self._blocks(np.arange(rows.size)[part], rows[part]), rows[part], strict=True):
                frames, heard = self._frames(block), np.array(notes.x[row]).T
                self._numbers.append(self._detailer.fit(frames, heard))
                self._elsewhere.append(share_elsewhere(self._detailer.distance_db(frames, heard)))

    def measure(self, points: Int64s, rows: Int64s, title: str, track: Track) -> Share:
        """Of the notes `rows`, decoded from the points of the encoded ones `points`."""
        without: list[NoteDistances] = []
        with_detail: list[NoteDistances] = []
        for part in track(list(batches(rows.size)), title):
            blocks = self._blocks(points[part], rows[part])
            target = np.array(self.notes.x[rows[part], :, : self._judged])
            without.append(self._distances(blocks, target))
            for block, point, row in zip(blocks, points[part], rows[part], strict=True):
                self._add(block, int(point), int(row))
            with_detail.append(self._distances(blocks, target))
        return Share(_mean(without), _mean(with_detail))

    def _distances(self, blocks: list[Float32s], target: Float32s) -> NoteDistances:
        x = np.stack([self._frames(block).T[:, : self._judged] for block in blocks])
        return note_distances(x, target, self.subject.half_range_db)

    def _blocks(self, points: Int64s, rows: Int64s) -> list[Float32s]:
        """[rows, bands] of each note of `rows`."""
        document = self.subject.document
        x = decode_all(self.subject.module, self._z[points], self.notes.note[rows].tolist(), document.first_octave)
        return [np.ascontiguousarray(np.clip(note.T, -1.0, 1.0)) for note in x]

    def _frames(self, block: Float32s) -> Float32s:
        """[frames, bands]."""
        frames: Float32s = np.clip(block.T @ self._spread, -1.0, 1.0).T
        return frames

    def _add(self, block: Float32s, point: int, row: int) -> None:
        note, own = int(self.notes.note[row]), int(self.notes.note[self.rows[point]])
        share = 1.0 if note == own else self._elsewhere[point]
        if share > 0.0:
            self._detailer.add(block, note, [Moved(share, own, self._numbers[point])])


def measure_detail(
    subject: Subject, notes: NoteSet, rows: Int64s, most: int, rng: np.random.Generator, track: Track = quietly
) -> Detail | None:
    """Of the notes `rows`, and at most `most` of other recordings, drawn at random; None where there are no rows."""
    if rows.size == 0:
        return None
    encoded = _Encoded(subject, notes, rows)
    points, others = _nearest_others(notes, rows)
    if others.size > most:
        chosen = np.sort(rng.choice(others.size, most, replace=False))
        points, others = points[chosen], others[chosen]
    return Detail(
        encoded.measure(np.arange(rows.size), rows, "fine detail", track),
        encoded.measure(points, others, "detail elsewhere", track),
    )


def never_heard(notes: NoteSet) -> Int64s:
    """The rows of recordings that were never trained on, of those on which models compare."""
    return np.flatnonzero((notes.split == WITHHELD_RECORDING) & notes.compared)


def _nearest_others(notes: NoteSet, rows: Int64s) -> tuple[Int64s, Int64s]:
    """Pairs of an encoded note, by its index, and a row of the nearest other recording of its instrument."""
    pairs: list[tuple[int, int]] = []
    for point, row in enumerate(rows):
        alike = (notes.timbre == notes.timbre[row]) & (notes.velocity == notes.velocity[row])
        others = np.flatnonzero(alike & (notes.source != notes.source[row]))
        if others.size:
            nearest = others[np.argmin(np.abs(notes.note[others] - notes.note[row]))]
            pairs += [(point, int(other)) for other in others[notes.source[others] == notes.source[nearest]]]
    found = np.array(pairs, np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _mean(parts: list[NoteDistances]) -> Distance:
    if not parts:
        return Distance(0, 0.0, 0.0)
    lsd_db, sc_db = (np.concatenate([getattr(part, name) for part in parts]) for name in ("lsd_db", "sc_db"))
    return NoteDistances(lsd_db, sc_db).mean()
