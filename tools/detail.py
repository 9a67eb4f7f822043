"""What fine detail does for recordings that a model never heard, and for notes of the nearest other recording.

    python tools/detail.py models/plucked.ts data/plucked              of the set's unseen recordings
    python tools/detail.py models/plucked.ts data/strangers --all      of all: instruments that the model does not know

Log-spectral distance and spectral convergence, as `oscvae evaluate` has them. Each recording is encoded at one of its
notes. Its own note is what the detail was fitted to; the others are all notes, of the same instrument and velocity, of
the recording whose nearest note is nearest to it, decoded from the point of the first.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from oscvae.arrays import Float32s, Int64s
from oscvae.model.detail import Detailer, Moved, share_elsewhere
from oscvae.training.data.dataset import WITHHELD_RECORDING, NoteSet
from oscvae.training.data.store import open_dataset
from oscvae.training.evaluate.fidelity import JUDGED_S, note_distances
from oscvae.training.evaluate.metrics import decode_all
from oscvae.training.evaluate.subject import Subject

AT_ONCE = 64


class Sounds:
    """A model, its notes and what is fitted."""

    def __init__(self, subject: Subject, notes: NoteSet, encoded: Int64s) -> None:
        self.subject, self.notes, self.encoded = subject, notes, encoded
        self.detailer = Detailer(subject.document)
        self.spread = subject.document.spread()
        self.judged = subject.document.frames_within(JUDGED_S)
        self.z = subject.encode(notes.x[encoded], notes.note[encoded]).mean
        self.numbers: list[Float32s] = []
        self.elsewhere: list[float] = []
        for block, row in zip(self.blocks(np.arange(encoded.size), encoded), encoded, strict=True):
            frames, heard = self.frames(block), np.array(notes.x[row]).T
            self.numbers.append(self.detailer.fit(frames, heard))
            self.elsewhere.append(share_elsewhere(self.detailer.distance_db(frames, heard)))

    def blocks(self, points: Int64s, rows: Int64s) -> list[Float32s]:
        """[rows, bands] of each note of `rows`, decoded from the point of an encoded one."""
        document = self.subject.document
        x = decode_all(self.subject.module, self.z[points], self.notes.note[rows].tolist(), document.first_octave)
        return [np.ascontiguousarray(np.clip(note.T, -1.0, 1.0)) for note in x]

    def frames(self, block: Float32s) -> Float32s:
        """[frames, bands]."""
        frames: Float32s = np.clip(block.T @ self.spread, -1.0, 1.0).T
        return frames

    def tell(self, what: str, points: Int64s, rows: Int64s) -> None:
        """Distances of so many notes, without and with the detail of the encoded ones."""
        distances: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
        for begin in range(0, rows.size, AT_ONCE):
            some = slice(begin, begin + AT_ONCE)
            blocks = self.blocks(points[some], rows[some])
            for with_detail in (False, True):
                if with_detail:
                    for block, point, row in zip(blocks, points[some], rows[some], strict=True):
                        self._add(block, int(point), int(row))
                x = np.stack([self.frames(block).T[:, : self.judged] for block in blocks])
                target = np.array(self.notes.x[rows[some], :, : self.judged])
                found = note_distances(x, target, self.subject.half_range_db)
                distances[with_detail] += zip(found.lsd_db.tolist(), found.sc_db.tolist(), strict=True)
        without, with_detail_ = (np.array(distances[key]).mean(axis=0) for key in (False, True))
        shown = [f"{lsd_db:.2f} / {sc_db:.1f}" for lsd_db, sc_db in (without, with_detail_)]
        print(f"{what}: LSD / SC {shown[0]} dB without, {shown[1]} with detail, {rows.size} notes", flush=True)

    def _add(self, block: Float32s, point: int, row: int) -> None:
        note, own = int(self.notes.note[row]), int(self.notes.note[self.encoded[point]])
        share = 1.0 if note == own else self.elsewhere[point]
        if share > 0.0:
            self.detailer.add(block, note, [Moved(share, own, self.numbers[point])])


def other_recordings(notes: NoteSet, encoded: Int64s) -> tuple[Int64s, Int64s]:
    """Pairs of an encoded note, by its index, and a row of the nearest other recording of its instrument."""
    pairs: list[tuple[int, int]] = []
    for point, row in enumerate(encoded):
        alike = (notes.timbre == notes.timbre[row]) & (notes.velocity == notes.velocity[row])
        others = np.flatnonzero(alike & (notes.source != notes.source[row]))
        if others.size:
            nearest = others[np.argmin(np.abs(notes.note[others] - notes.note[row]))]
            pairs += [(point, int(other)) for other in others[notes.source[others] == notes.source[nearest]]]
    found = np.array(pairs, np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def main() -> None:
    parser = argparse.ArgumentParser(description="What fine detail does for recordings that a model never heard.")
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--all", action="store_true", help="the model knows none of the instruments")
    given = parser.parse_args()
    subject, notes = Subject.open(given.model), open_dataset(given.data)
    unseen = np.ones(len(notes), np.bool_) if given.all else (notes.split == WITHHELD_RECORDING) & notes.compared
    sounds = Sounds(subject, notes, np.flatnonzero(unseen))
    sounds.tell("the encoded notes", np.arange(sounds.encoded.size), sounds.encoded)
    sounds.tell("the nearest other recording", *other_recordings(notes, sounds.encoded))


if __name__ == "__main__":
    main()
