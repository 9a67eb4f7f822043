"""Every training of the study, and what is found of each: the table, the start, the chunks, the better way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from oscvae.arrays import Float32s
from oscvae.sound.files import resample
from oscvae.training.evaluate.realism import frechet
from oscvae.training.fit.regularisers import COLLAPSED_NATS
from oscvae.training.studies.setting import Setting
from oscvae.training.studies.waveform.clips import DATA, RATE, Clips, open_clips
from oscvae.training.studies.waveform.frames import (
    Player,
    Walk,
    configured,
    frame_set,
    slowed,
    trained_frames,
)
from oscvae.training.studies.waveform.keeping import kept
from oscvae.training.studies.waveform.measures import Away, Ear, Judged, encoded
from oscvae.training.studies.waveform.published import Network
from oscvae.training.studies.waveform.ways import (
    BATCH,
    CHUNKED,
    EYE,
    LEARNING_RATE,
    WAYS,
    Size,
    Way,
    again,
    keep,
    made,
    opened,
    trained,
)
from oscvae.training.timbre.frameset import TRAIN

BETTER = "frames, phases reconstructed"
CHUNK_S, CHUNK_RATE = 3, 6000
"""The source says short chunks and a higher rate, and of neither how much."""
SHOWN = 2
"""Clips of each way that are kept to be seen and heard."""
_HEARD = "clips.npy"
_ACTIVE_VARIANCE = 0.01


@dataclass(frozen=True)
class Row:
    """One training of a way."""

    judged: Judged
    found: dict[str, Any]
    """All that was kept of it."""
    clips: Float32s
    """[SHOWN, samples]."""


@dataclass(frozen=True)
class Found:
    """All of one number of clips."""

    clips: Clips
    ear: Ear
    real: Away
    noise: Judged
    same: dict[str, Judged]
    """The test clips, changed so that nobody hears it."""
    rows: dict[str, list[Row]]
    """By way, the better one the last; one for each seed that did not break."""
    broken: dict[str, int]
    """By way, how many trainings overflowed: their weights are no numbers."""


def find(setting: Setting, size: Size) -> list[Found]:
    """The table, for each number of clips that there is. Raises DataError and ConfigError."""
    folder = setting.data or DATA
    every: list[Found] = []
    for count, seeds in zip(size.counts, size.seeds, strict=True):
        clips = open_clips(folder, count, setting.seed, setting.track)
        if every and len(clips) <= len(every[-1].clips):
            break  # there are no more
        every.append(_table(setting, size, clips, seeds))
    return every


def _table(setting: Setting, size: Size, clips: Clips, seeds: int) -> Found:
    runs = setting.out / "runs"
    x, data = clips.x[~clips.test], clips.fingerprint

    def place(way: str, seed: int) -> Path:
        return runs / f"{way}-{len(clips)}-{seed}"

    eye_at = place("eye", setting.seed)
    eye = kept(eye_at, _of(EYE, data, x, size, setting.seed), partial(_eye, eye_at, x, size, setting.seed))
    ear = Ear(clips, opened(eye_at, x.shape[1], EYE))
    rng = np.random.default_rng(setting.seed)
    rows: dict[str, list[Row]] = {name: [] for name in (*(way.name for way in WAYS), BETTER)}
    broken = dict.fromkeys(rows, 0)
    jobs = [(setting.seed + seed, way) for seed in range(seeds) for way in (*WAYS, None)]
    for seed, way in setting.track(jobs, f"training on {len(x)} clips"):
        if way is None:
            at = place("frames", seed)
            frames = frame_set(clips, setting.out / "data" / str(len(clips)))
            of = {"data": data, "seed": seed, "made": size.made, **configured(seed, size).model_dump(mode="json")}
            model = trained_frames(frames, setting.out / "data" / str(len(clips)), at, seed, size)
            found = kept(at, of, partial(_walked, Player(model, frames), ear, size, seed, at))
        else:
            at = place(str(WAYS.index(way) + 1), seed)
            known = eye["course"] if (way, seed) == (EYE, setting.seed) else None
            found = kept(at, _of(way, data, x, size, seed), partial(_row, way, x, ear, size, seed, at, known))
        if found.get("broken"):
            broken[way.name if way else BETTER] += 1
            continue
        judged = Judged(**(found["judged"] | {"away": Away(**found["judged"]["away"])}))
        rows[way.name if way else BETTER].append(Row(judged, found, np.load(at / _HEARD)))
    return Found(clips, ear, ear.real(rng), ear.judge(ear.noise(rng)), ear.same(), rows, broken)


def _of(way: Way, data: str, x: Float32s, size: Size, seed: int) -> dict[str, Any]:
    return {
        "way": asdict(way), "data": data, "clips": list(x.shape), "epochs": size.epochs, "made": size.made,
        "seed": seed, "batch": BATCH, "rate": LEARNING_RATE,
    }  # fmt: skip


def _eye(place: Path, x: Float32s, size: Size, seed: int) -> dict[str, Any]:
    network, course = trained(EYE, x, size.epochs, seed)
    keep(network, place)
    return {"course": [asdict(epoch) for epoch in course]}


def _row(
    way: Way, x: Float32s, ear: Ear, size: Size, seed: int, place: Path, known: list[dict[str, Any]] | None
) -> dict[str, Any]:
    """known: the course of the training whose encoder is the embedding: it is this one. `broken` alone where what it
    makes is no numbers: a beta of ten and more can overflow, since nothing bounds the variance of a code."""
    if known is None:
        network, epochs = trained(way, x, size.epochs, seed)
        known = [asdict(epoch) for epoch in epochs]
    else:
        network = ear.network
    clips = made(network, way.latent, size.made, seed)
    if not (np.isfinite(clips).all() and np.isfinite(encoded(ear.network, clips)[0]).all()):
        return {"broken": True}
    np.save(place / _HEARD, clips[:SHOWN])
    test = ear.clips.x[ear.clips.test]
    code = {"train": encoded(network, x), "test": encoded(network, test)}
    noise = ear.noise(np.random.default_rng(seed))
    mean, log_variance = code["test"]
    nats = 0.5 * (mean**2 + np.exp(log_variance) - 1.0 - log_variance).mean(axis=0)
    return {
        "course": known,
        "judged": asdict(ear.judge(clips)),
        "nats": nats.tolist(),
        "active": int(np.sum((mean.var(axis=0) > _ACTIVE_VARIANCE) & (nats > COLLAPSED_NATS))),
        "explained": {"train": _explained(network, x), "test": _explained(network, test)},
        "own": {
            "real": frechet(code["train"][0], code["test"][0]).distance,
            "noise": frechet(encoded(network, noise)[0], code["test"][0]).distance,
        },
    }


def _explained(network: Network, x: Float32s) -> float:
    """Share of the clips' energy that is right after encoding and decoding; below zero where silence were nearer."""
    off = np.sum((again(network, x) - x).astype(np.float64) ** 2)
    return 1.0 - float(off / np.sum(x.astype(np.float64) ** 2))


def _walked(player: Player, ear: Ear, size: Size, seed: int, place: Path) -> dict[str, Any]:
    trajectories = player.trajectories(TRAIN)
    walk = Walk.of(trajectories)
    rng = np.random.default_rng(seed)
    clips = slowed([player.clip(walk.draw(len(trajectories[0]), rng)) for _ in range(size.made)])
    np.save(place / _HEARD, clips[:SHOWN])
    back = slowed([player.clip(one) for one in trajectories[: size.made]])
    return {"judged": asdict(ear.judge(clips)), "back": asdict(ear.judge(back))}


@dataclass(frozen=True)
class Start:
    """The base way on few clips, and on short chunks."""

    few: dict[str, Any]
    chunks: dict[str, Any]


def find_starts(setting: Setting, size: Size, clips: Clips) -> Start:
    """How the source began, with few clips, and what it tried then. Raises DataError."""
    runs, seed = setting.out / "runs", setting.seed
    x = clips.x[~clips.test][: size.few]
    longer = replace(
        size, epochs=size.epochs * max(1, int(np.sum(~clips.test)) // len(x))
    )  # as many steps as the table
    chunks = {name: chunked(clips.sound[clips.test == test]) for name, test in (("train", False), ("test", True))}
    jobs: Sequence[tuple[str, Way, Float32s, Float32s, Size]] = (
        ("few", WAYS[0], x, clips.x[clips.test], longer),
        ("chunks", CHUNKED, chunks["train"], chunks["test"], size),
    )
    found = {}
    for name, way, known, new, much in setting.track(jobs, "the start, and chunks"):
        of = _of(way, clips.fingerprint, known, much, seed)
        found[name] = kept(runs / f"{name}-{len(clips)}-{seed}", of, partial(_started, way, known, new, much, seed))
    return Start(found["few"], found["chunks"])


def _started(way: Way, x: Float32s, new: Float32s, size: Size, seed: int) -> dict[str, Any]:
    network, course = trained(way, x, size.epochs, seed)
    clips = made(network, way.latent, size.made, seed)
    return {
        "course": [asdict(epoch) for epoch in course],
        "explained": {"train": _explained(network, x), "test": _explained(network, new)},
        "alike": {"made": alike(clips), "data": alike(x[:: max(1, len(x) // size.made)])},
    }


def chunked(sound: Float32s) -> Float32s:
    """Clips at `RATE` [N, samples] as short chunks at `CHUNK_RATE`, [N * 10, 18,000]."""
    slow = np.stack([resample(one, RATE, CHUNK_RATE) for one in sound])
    return slow.reshape(-1, CHUNK_S * CHUNK_RATE)


def alike(x: Float32s) -> float:
    """Mean correlation of two clips [N, samples], over all pairs."""
    correlated = np.atleast_2d(np.corrcoef(x.astype(np.float64)))
    return float(np.nanmean(correlated[np.triu_indices(len(x), 1)]))
