"""Whether neighbouring notes are as loud as each other, at points of the latent space and in the data; and whether a
note that is encoded and decoded has faded as far as its recording, seconds later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Float64s
from oscvae.model.document import ModelDocument
from oscvae.model.level import LEVEL_S, level_frames
from oscvae.sound.levels import loudest_db
from oscvae.training.data.dataset import NoteSet
from oscvae.training.evaluate.fidelity import instrument_codes
from oscvae.training.evaluate.subject import Codes, Subject, batches
from oscvae.training.evaluate.summary import SPLITS, Spread, Track, quietly, some

LEVEL_STEP_DB = 3.0
"""More between two neighbouring semitones is a jump."""

TAIL_S = (3.0, 5.0)
"""After the onset: where tails are compared."""
FADED_DB = -60.0
"""Of a note's level: a recording below this is over."""

_SILENT_DB = -80.0
_MEDIANS = 8  # latent points whose scales are played: so many instruments ..
_RANDOM = 4  # .. and so many anywhere
_MOST_RECORDED = 300


@dataclass(frozen=True)
class Levels:
    """Steps in level between neighbouring semitones, in dB, absolute."""

    played: Spread
    """At one latent point."""
    jumps: int
    """Of those, over 3 dB."""
    recorded: Spread
    """Of the data, at one instrument and velocity: what the model was given to learn."""
    recorded_jumps: int


@dataclass(frozen=True)
class Tail:
    """How far a note that is encoded and decoded is from its recording in level, in dB, absolute, mean over n notes."""

    n: int
    error_db: float


@dataclass(frozen=True)
class Tails:
    """By seconds after the onset, then by split; only of notes whose recording is above -60 dB there."""

    recorded: dict[str, dict[str, Tail]]
    """Of notes that play the recording itself by then."""
    looped: dict[str, dict[str, Tail]]
    """Of notes whose SoundFont repeats a part of it by then: their recording is partly a synthesiser's."""


def tail_frames(document: ModelDocument, at_s: float) -> slice | None:
    """The frames of the quarter second around a moment after the onset; None where the notes are over before."""
    size = level_frames(document)
    middle = (document.onset_sample + at_s * document.sample_rate - 0.5 * document.n_fft) / document.hop
    begin = round(middle - 0.5 * size)
    return slice(begin, begin + size) if begin >= 0 and begin + size <= document.frames else None


def tail_levels(x: Float32s, document: ModelDocument, at_s: float) -> Float64s:
    """The levels [N] of notes [N, bands, frames] around a moment after the onset, in dB of 0 dB, at least -80."""
    part = x[:, :, tail_frames(document, at_s)]
    db = document.floor_db + (part + 1.0) * 0.5 * document.range_db
    power = np.where(part > -1.0, 10.0 ** (0.1 * db.astype(np.float64)), 0.0) * document.band_axis().width()[:, None]
    levels: Float64s = 10.0 * np.log10(power.sum(1).mean(1) + 10.0 ** (0.1 * _SILENT_DB))
    return levels


def measure_tails(subject: Subject, notes: NoteSet, codes: Codes, track: Track = quietly) -> Tails:
    """Of every note of the set, encoded and decoded; moments beyond the model's notes are left out."""
    document = subject.document
    moments = [at_s for at_s in TAIL_S if tail_frames(document, at_s) is not None]
    got, wanted = (np.empty((len(moments), len(notes))) for _ in range(2))
    for part in track(list(batches(len(notes))) if moments else [], "tails"):
        decoded, recorded = subject.decode_batch(codes.mean[part], notes.note[part]), np.array(notes.x[part])
        for row, at_s in enumerate(moments):
            got[row, part] = tail_levels(decoded, document, at_s)
            wanted[row, part] = tail_levels(recorded, document, at_s)
    error = np.abs(got - wanted)
    found: list[dict[str, dict[str, Tail]]] = [{}, {}]
    for row, at_s in enumerate(moments):
        rings, looped = wanted[row] > FADED_DB, notes.loop_s < at_s + 0.5 * LEVEL_S
        for told, kind in zip(found, (rings & ~looped, rings & looped), strict=True):
            told[f"{at_s:g} s"] = {
                SPLITS[value]: _tail(error[row, kind & (notes.split == value)])
                for value in np.unique(notes.split).tolist()
            }
    return Tails(*found)


def _tail(error_db: Float64s) -> Tail:
    return Tail(error_db.size, float(error_db.mean()) if error_db.size else 0.0)


def measure_levels(
    subject: Subject, notes: NoteSet, codes: Codes, rng: np.random.Generator, track: Track = quietly
) -> tuple[Levels, Float64s]:
    """Also the levels [points, notes] of every scale played, in dB."""
    document, every = subject.document, subject.every_note
    scales = []
    for z in track(list(scale_points(subject, notes, codes, rng)), "scales"):
        each = (
            subject.decode_batch(np.repeat(z[None], len(every[part]), 0), every[part]) for part in batches(every.size)
        )
        scales.append([loudest_db(subject.sound(x), document.sample_rate) for batch in each for x in batch])
    levels = np.array(scales)
    steps = np.abs(np.diff(levels, axis=1)).ravel()
    known = recorded_steps(subject, notes, rng, track)
    return Levels(Spread.of(steps), _jumps(steps), Spread.of(known), _jumps(known)), levels


def scale_points(subject: Subject, notes: NoteSet, codes: Codes, rng: np.random.Generator) -> Float32s:
    """[P, D]: the medians of some instruments, where one plays, and some points of the range at random."""
    medians = np.array(list(instrument_codes(notes, codes.mean).values()), np.float32)
    chosen = some(np.arange(len(medians)), _MEDIANS, rng)
    return np.concatenate([medians[chosen].reshape(-1, subject.low.size), subject.random_points(_RANDOM, rng)])


def recorded_steps(subject: Subject, notes: NoteSet, rng: np.random.Generator, track: Track = quietly) -> Float64s:
    """Of instruments at their highest velocity, as many as a few hundred notes are."""
    scales: list[NDArray[np.int64]] = []
    for timbre in rng.permutation(np.unique(notes.timbre)):
        rows = np.flatnonzero(notes.timbre == timbre)
        rows = rows[notes.velocity[rows] == notes.velocity[rows].max()]
        _, first = np.unique(notes.note[rows], return_index=True)
        scale = rows[first]
        if not scales or sum(map(len, scales)) + scale.size <= _MOST_RECORDED:
            scales.append(scale)
    steps: list[float] = []
    for scale in track(scales, "recorded scales"):
        rate = subject.document.sample_rate
        levels = np.array([loudest_db(subject.sound(np.array(notes.x[row])), rate) for row in scale])
        beside = np.diff(notes.note[scale]) == 1
        steps.extend(np.abs(np.diff(levels))[beside].tolist())
    return np.array(steps)


def _jumps(steps: Float64s) -> int:
    return int(np.sum(steps > LEVEL_STEP_DB))
