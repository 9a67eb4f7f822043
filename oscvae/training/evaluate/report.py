"""The order of an evaluation: every figure of a model on a data set, from one seed.

Each section draws its random points from a generator of its own, so that one figure does not depend on another.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from oscvae.model.document import ModelDocument
from oscvae.training.data.dataset import NoteSet
from oscvae.training.evaluate.detail import Detail, measure_detail, never_heard
from oscvae.training.evaluate.effects.measure import Effects, has_effects, measure_effects
from oscvae.training.evaluate.fidelity import Fidelity, measure_fidelity
from oscvae.training.evaluate.latent import LatentSpace, measure_latent
from oscvae.training.evaluate.levels import Tails, measure_tails
from oscvae.training.evaluate.metrics import decode_ms
from oscvae.training.evaluate.playing import Playing, Playlist, measure_playing
from oscvae.training.evaluate.realism import Realism, measure_realism
from oscvae.training.evaluate.subject import Codes, Subject
from oscvae.training.evaluate.summary import SPLITS, Track, quietly

FORMAT = 1
_DIGITS = 5


@dataclass(frozen=True)
class Effort:
    """How much is listened to; the defaults take a minute or two on one core."""

    notes_per_semitone: int = 6
    recordings: int = 300
    correlated_points: int = 120
    decodes: int = 500
    sounds_under_effects: int = 100
    notes_with_detail: int = 2000


@dataclass(frozen=True)
class DataFacts:
    """The data set that the figures are from."""

    name: str
    fingerprint: str
    notes: dict[str, int]
    """By split."""
    recordings: dict[str, int]
    """By split: different source recordings."""
    instruments: tuple[str, ...]
    trained_on: bool | None
    """Whether the model says that it was trained on this very set; None where it says nothing."""


@dataclass(frozen=True)
class Decode:
    """Milliseconds on one thread, warm; the only figures here that depend on the machine."""

    n: int
    median_ms: float
    p99_ms: float
    first_five_ms: float
    """The slowest of the first five."""


@dataclass(frozen=True)
class Evaluation:
    """Every figure."""

    model: str
    version: str
    seed: int
    data: DataFacts
    fidelity: Fidelity
    detail: Detail | None
    """None where no recordings were kept from training."""
    tails: Tails
    playing: Playing
    latent: LatentSpace
    realism: Realism | None
    """None where too few notes are withheld to compare sets."""
    effects: Effects | None
    """None of a model without them, or of data that keep no sounds."""
    decode: Decode

    def to_json(self) -> str:
        return json.dumps({"format": FORMAT, **_rounded(asdict(self))}, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True, eq=False)
class Material:
    """What the pictures are made from."""

    codes: Codes
    heard: Playlist


def evaluate(
    subject: Subject, notes: NoteSet, seed: int = 1, effort: Effort | None = None, track: Track = quietly
) -> tuple[Evaluation, Material]:
    """Raises DataError where the data do not fit the model."""
    subject.check(notes)
    effort = effort or Effort()
    section = iter(np.random.SeedSequence(seed).spawn(5))
    codes = subject.encode(notes.x, notes.note)
    fidelity = measure_fidelity(subject, notes, codes, track)
    tails = measure_tails(subject, notes, codes, track)
    playing, heard = measure_playing(
        subject,
        notes,
        codes,
        np.random.default_rng(next(section)),
        effort.notes_per_semitone,
        effort.recordings,
        track,
    )
    latent = measure_latent(
        subject,
        notes,
        codes,
        heard.recorded,
        heard.rows,
        np.random.default_rng(next(section)),
        effort.correlated_points,
        track,
    )
    realism = measure_realism(subject, notes, codes, np.random.default_rng(next(section)), track)
    effects_rng = np.random.default_rng(next(section))
    effects = None
    if has_effects(subject.document, notes):
        effects = measure_effects(subject, notes, effects_rng, effort.sounds_under_effects, track)
    detail_rng = np.random.default_rng(next(section))
    detail = measure_detail(subject, notes, never_heard(notes), effort.notes_with_detail, detail_rng, track)
    evaluation = Evaluation(
        model=subject.document.name,
        version=subject.document.version,
        seed=seed,
        data=data_facts(subject.document, notes),
        fidelity=fidelity,
        detail=detail,
        tails=tails,
        playing=playing,
        latent=latent,
        realism=realism,
        effects=effects,
        decode=measure_decode(subject, effort.decodes),
    )
    return evaluation, Material(codes, heard)


def data_facts(document: ModelDocument, notes: NoteSet) -> DataFacts:
    splits = {value: SPLITS[value] for value in np.unique(notes.split).tolist()}
    told = document.training.get("data")
    fingerprint = told.get("fingerprint") if isinstance(told, dict) else None
    return DataFacts(
        name=notes.name,
        fingerprint=notes.fingerprint,
        notes={name: int(np.sum(notes.split == value)) for value, name in splits.items()},
        recordings={name: int(np.unique(notes.source[notes.split == value]).size) for value, name in splits.items()},
        instruments=notes.timbres,
        trained_on=None if not fingerprint else fingerprint == notes.fingerprint,
    )


def measure_decode(subject: Subject, count: int) -> Decode:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        first, median, p99 = decode_ms(subject.module, subject.document, 1, count)
    finally:
        torch.set_num_threads(threads)
    return Decode(count, median, p99, first)


def _rounded(value: Any) -> Any:
    """To significant digits, so that the last bits of a sum do not make a difference between machines."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value
