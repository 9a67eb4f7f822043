"""Every training of the study, and what is found of each: the classifiers, the checkpoints, the disturbed notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from oscvae.arrays import Float64s
from oscvae.errors import DataError
from oscvae.training.data.dataset import WITHHELD_NOTE, NoteSet
from oscvae.training.data.store import open_dataset
from oscvae.training.evaluate.realism import Embedding
from oscvae.training.evaluate.summary import some
from oscvae.training.studies.annealing import some_notes
from oscvae.training.studies.embedding.checkpoints import subject_at, train_notes
from oscvae.training.studies.embedding.clips import NEW, Clips, Round, is_urban
from oscvae.training.studies.embedding.measures import (
    TRAINED,
    UNTRAINED,
    Eyes,
    Fidelity,
    Network,
    disturbances,
    disturbed,
    fidelity,
    generated,
    split_rows,
)
from oscvae.training.studies.embedding.residual import RATE, Look, Residual, told, trained
from oscvae.training.studies.embedding.size import Size
from oscvae.training.studies.setting import Setting
from oscvae.training.studies.waveform.keeping import kept

DATA = Path("data/plucked-fluid")
_JUDGES = 3
"""Classifiers that are embeddings, at most."""
_COMPONENTS = 64
_FITTED = 2000
"""Pictures whose components are taken, at most: of many more it would take minutes."""
_SEEN = 640
"""Training pictures by which an untrained network's normalisations are set."""
_DRAW, _DISTURB = 1, 2
"""Streams of random numbers that must not meet."""


@dataclass(frozen=True)
class Judged:
    """One classifier."""

    name: str
    seed: int
    network: Residual
    looks: list[Look]
    right: dict[str, float]
    """Share of the clips told right, by which clips they are."""
    taken: dict[str, Float64s]
    """[classes, classes], how many clips of each class were taken for which."""
    plain: dict[str, float]
    """The same share of a linear classifier of the pictures' principal components."""


@dataclass(frozen=True)
class Checkpoint:
    """The model of notes after so many steps."""

    step: int
    new: Fidelity
    """Of the notes that test."""
    known: Fidelity | None
    """Of other notes of recordings that were trained on, where some are withheld."""
    test: list[dict[str, float]]
    """Distance of generated notes from those that test, by embedding; one for each draw."""
    train: list[dict[str, float]]
    """And from the training notes."""


@dataclass(frozen=True)
class Found:
    """All of it."""

    notes: NoteSet
    clips: Clips
    classifiers: list[Judged]
    eyes: Eyes
    checkpoints: list[Checkpoint]
    ladders: dict[str, dict[float, dict[str, float]]]
    """By disturbance and strength, the distance of the disturbed test notes from the training notes, by embedding."""
    place: Path
    """The run of the model of notes."""


def open_notes(setting: Setting, size: Size) -> tuple[NoteSet, Path]:
    """The notes, and where they lie. Raises DataError."""
    folder = DATA if setting.data is None or is_urban(setting.data) else setting.data
    try:
        notes = open_dataset(folder)
    except DataError as error:
        raise DataError(
            f"{error}; this study needs notes: `make study-embedding`, or `oscvae dataset build plucked-fluid {DATA}`"
        ) from None
    return some_notes(notes, size.notes), folder


def find(setting: Setting, size: Size, notes: NoteSet, data: Path, clips: Clips) -> Found:
    """Raises DataError and ConfigError."""
    classifiers = _classifiers(setting, size, clips)
    place = setting.out / "runs" / f"notes-{setting.seed}"
    for _ in setting.track([place], "training a model of notes"):
        train_notes(notes, data, place, setting.seed, size)
    rows = split_rows(notes)
    for _ in setting.track([rows], "looking at recorded notes"):
        eyes = Eyes(notes, _networks(classifiers, clips, size), rows)
    of = {
        "data": notes.fingerprint, "clips": clips.fingerprint, "notes": len(notes), "embeddings": eyes.names,
        "trained": [size.width, size.epochs, size.batch, RATE], "seed": setting.seed,
    }  # fmt: skip
    checkpoints = []
    for step in setting.track(size.checkpoints, "generating notes"):
        here = of | {"step": step, "last": size.checkpoints[-1], "made": size.made, "draws": size.draws}
        at = setting.out / "runs" / f"notes-{setting.seed}-{step}"
        work = partial(_checkpoint, step, place, eyes, rows, size, setting.seed)
        checkpoints.append(_checkpoint_of(kept(at, here, work)))
    ladders: dict[str, dict[float, dict[str, float]]] = {kind: {} for kind in disturbances()}
    jobs = [(kind, strength) for kind, strengths in disturbances().items() for strength in strengths]
    for kind, strength in setting.track(jobs, "disturbing notes"):
        at = setting.out / "runs" / f"{kind.replace(' ', '-')}-{strength:g}-{setting.seed}"
        here = of | {"kind": kind, "strength": strength}
        work = partial(_disturbed, kind, strength, eyes, rows, setting.seed)
        ladders[kind][strength] = kept(at, here, work)["distance"]
    return Found(notes, clips, classifiers, eyes, checkpoints, ladders, place)


def _classifiers(setting: Setting, size: Size, clips: Clips) -> list[Judged]:
    rounds = clips.rounds(size.folds)
    seeds = 1 if clips.folds else size.seeds
    jobs = [(of, setting.seed + seed) for of in rounds for seed in range(seeds)]
    plain = {of.name: _plain(clips, of) for of in rounds}
    found = []
    for of, seed in setting.track(jobs, "training classifiers"):
        place = setting.out / "runs" / f"classifier-{of.name.replace(' ', '-')}-{seed}"
        network, looks = trained(clips, of, seed, place, size)
        right, taken = {}, {}
        for name, rows in of.tests.items():
            answer = told(network, clips.x[rows])
            right[name] = float(np.mean(answer == clips.label[rows]))
            taken[name] = np.zeros((len(clips.classes), len(clips.classes)))
            np.add.at(taken[name], (clips.label[rows], answer), 1.0)
        name = of.name if clips.folds else f"seed {seed}"
        found.append(Judged(name, seed, network, looks, right, taken, plain[of.name]))
    return found


def _plain(clips: Clips, of: Round) -> dict[str, float]:
    flat = clips.x.reshape(len(clips), -1).astype(np.float64)
    fitted = some(of.train, _FITTED, np.random.default_rng(1))
    embed = Embedding(flat[fitted], _COMPONENTS)
    known = embed(flat[of.train])
    deviation = np.maximum(known.std(axis=0), 1e-9)
    read = LogisticRegression(max_iter=1000, class_weight="balanced").fit(known / deviation, clips.label[of.train])
    return {
        name: float(np.mean(read.predict(embed(flat[rows]) / deviation) == clips.label[rows]))
        for name, rows in of.tests.items()
    }


def _networks(classifiers: list[Judged], clips: Clips, size: Size) -> list[Network]:
    """The first classifiers as embeddings, and as many that have learnt nothing."""
    judges = classifiers[:_JUDGES]
    numbers = range(1, len(judges) + 1) if clips.folds else [one.seed for one in judges]
    ready = [Network(TRAINED, number, one.network) for number, one in zip(numbers, judges, strict=True)]
    return ready + [
        Network(UNTRAINED, number, unlearnt(len(clips.classes), size.width, number, clips)) for number in numbers
    ]


def unlearnt(classes: int, width: int, seed: int, clips: Clips) -> Residual:
    """A network whose weights were drawn by lot; its normalisations have seen pictures, else nothing would come
    through."""
    network = Residual(classes, width, seed).train()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # a mean over all that it sees
    rows = np.random.default_rng(seed).permutation(len(clips))[:_SEEN]
    with torch.no_grad():
        for part in np.array_split(rows, max(1, len(rows) // 32)):
            network(torch.from_numpy(clips.x[part]))
    return network.eval()


def _checkpoint(step: int, place: Path, eyes: Eyes, rows: Mapping[str, Any], size: Size, seed: int) -> dict[str, Any]:
    subject, notes = subject_at(step, place, eyes.notes), eyes.notes
    new = fidelity(subject, notes, rows["test"])
    others = np.flatnonzero(notes.split == WITHHELD_NOTE)
    known = fidelity(subject, notes, others) if others.size else None
    codes = subject.encode(notes.x, notes.note)
    distances: dict[str, list[dict[str, float]]] = {"test": [], "train": []}
    for draw in range(size.draws):
        rng = np.random.default_rng((seed, _DRAW, draw))
        seen = eyes.see(generated(subject, notes, codes, size.made, rng))
        for name, each in distances.items():
            each.append(eyes.distances(seen, name))
    return asdict(Checkpoint(step, new, known, **distances))


def _checkpoint_of(kept_of_it: dict[str, Any]) -> Checkpoint:
    told = {key: value for key, value in kept_of_it.items() if key != "of"}
    known = Fidelity(**told["known"]) if told["known"] else None
    return Checkpoint(**(told | {"new": Fidelity(**told["new"]), "known": known}))


def _disturbed(kind: str, strength: float, eyes: Eyes, rows: Mapping[str, Any], seed: int) -> dict[str, Any]:
    rng = np.random.default_rng((seed, _DISTURB))
    changed = (disturbed(kind, strength, x, eyes.notes.analysis, rng) for x in eyes.recorded(rows["test"]))
    return {"distance": eyes.distances(eyes.see(changed), "train")}


def mean_right(found: Found, which: str = NEW) -> list[float]:
    """Of each classifier."""
    return [one.right[which] for one in found.classifiers if which in one.right]
