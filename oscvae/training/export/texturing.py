"""The textures of a model of held notes: what its recordings do around their own decoded notes.

Only of notes that are recordings to the end of the region in which held notes walk: where a SoundFont repeats a part of
a sample by then, its repetition would be heard.
"""

from __future__ import annotations

import numpy as np

from oscvae.arrays import Float32s, Int64s
from oscvae.model.document import ModelDocument
from oscvae.model.textures import GROUPS, PARTIALS, Textures, make_textures, quantised, to_columns
from oscvae.training.data.dataset import TRAIN, NoteSet
from oscvae.training.evaluate.subject import Subject

PITCHES = 3
"""Textures of one instrument, over the range of its notes that may carry one."""
MEDIAN_OF = 12
"""Notes of an instrument without textures, of whose points the median is where it has none."""
MOST_DB = 15.0
"""Beyond this a band was silent, or noise that the decoded note knows nothing of."""
_SILENT = -0.95  # x, 2 dB above the floor: what lies below it does not fluctuate
_DIGITS = 4


def measure_textures(subject: Subject, notes: NoteSet) -> Textures | None:
    """Of the notes that a model was trained on, by its exported document; None where none of them may carry one."""
    region = subject.document.region
    if region is None:
        return None
    points, steps, plain = [], [], []
    for timbre in np.unique(notes.timbre).tolist():
        own = (notes.timbre == timbre) & (notes.split == TRAIN)
        rows = chosen_rows(notes, np.flatnonzero(own & (notes.loop_s >= recorded_s(subject.document))))
        if rows.size == 0:
            some = np.flatnonzero(own)
            some = some[np.unique(np.linspace(0, some.size - 1, MEDIAN_OF).round().astype(int))] if some.size else some
            if some.size:
                plain.append(_rounded(np.median(subject.encode(notes.x[some], notes.note[some]).mean, axis=0)))
            continue
        for row in rows.tolist():
            note = int(notes.note[row])
            z = subject.encode(notes.x[row : row + 1], [note]).mean
            db = residual_db(subject, notes.x[row], z, note)
            points.append((_rounded(z[0]), note))
            steps.append(quantised(to_columns(subject.document, note, db, PARTIALS, GROUPS)))
    return make_textures(points, steps, plain) if points else None


def recorded_s(document: ModelDocument) -> float:
    """Until when after its onset a note must be a recording, to carry a texture."""
    assert document.region is not None
    end = document.region[1] * document.hop + document.n_fft - document.onset_sample
    return end / document.sample_rate


def chosen_rows(notes: NoteSet, rows: Int64s) -> Int64s:
    """At most three of the notes `rows` of one instrument, of its highest velocity, evenly over their range."""
    if rows.size == 0:
        return rows
    rows = rows[notes.velocity[rows] == notes.velocity[rows].max()]
    rows = rows[np.argsort(notes.note[rows], kind="stable")]
    places = (np.arange(PITCHES) + 0.5) / PITCHES * rows.size
    return rows[np.unique(places.astype(np.int64))]


def residual_db(subject: Subject, x: Float32s, z: Float32s, note: int) -> Float32s:
    """What a recorded note [bands, frames] does in the region around its decoded one, in dB [frames, bands], mean 0."""
    document = subject.document
    assert document.region is not None
    frames = slice(document.region[0], document.region[1] + 1)
    recorded, decoded = x[:, frames].T, subject.decode_batch(z, [note])[0][:, frames].T
    db = (recorded - decoded) * np.float32(subject.half_range_db)
    db[:, (recorded.mean(axis=0) < _SILENT) | (decoded.mean(axis=0) < _SILENT)] = 0.0
    db -= db.mean(axis=0)
    rest: Float32s = np.clip(db, -MOST_DB, MOST_DB).astype(np.float32)
    return rest


def _rounded(z: Float32s) -> tuple[float, ...]:
    return tuple(round(float(value), _DIGITS) for value in z)
