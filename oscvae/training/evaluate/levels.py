"""Whether neighbouring notes are as loud as each other: scales at points of the latent space, and recorded ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Float64s
from oscvae.sound.levels import loudest_db
from oscvae.training.data.dataset import NoteSet
from oscvae.training.evaluate.fidelity import instrument_codes
from oscvae.training.evaluate.subject import Codes, Subject, batches
from oscvae.training.evaluate.summary import Spread, Track, quietly, some

LEVEL_STEP_DB = 3.0
"""More between two neighbouring semitones is a jump."""

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


def measure_levels(
    subject: Subject, notes: NoteSet, codes: Codes, rng: np.random.Generator, track: Track = quietly
) -> tuple[Levels, Float64s]:
    """Also the levels [points, notes] of every scale played, in dB."""
    document = subject.document
    every = np.arange(document.note_min, document.note_max + 1)
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
