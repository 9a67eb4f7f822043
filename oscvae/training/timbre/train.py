"""From a configuration and an open data set of single frames to a run folder, and back to its model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning.fabric.utilities.rank_zero import rank_zero_only
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from pydantic import ValidationError
from rich.console import Console

from oscvae.errors import DataError
from oscvae.model.analysis import Spectrum
from oscvae.training.data.analysis import SpectrumPart
from oscvae.training.fit.learner import WATCHED_LOSS
from oscvae.training.fit.run import (
    BEST,
    CHECKPOINTS,
    CONFIG,
    LAST,
    RECORD,
    check_unchanged,
    find_checkpoint,
    read_record,
    write_record,
)
from oscvae.training.fit.train import check_trainer, make_trainer, quieten
from oscvae.training.fit.watching import Watcher
from oscvae.training.timbre.config import TimbreConfig, load_timbre_config
from oscvae.training.timbre.frameset import FrameSet
from oscvae.training.timbre.learner import FramesLearner
from oscvae.training.timbre.network import FramesModel, make_frames_model
from oscvae.training.timbre.recipe import KIND


class FramesRun(NamedTuple):
    """A trained model of single frames, and what it was trained with and on."""

    model: FramesModel
    """In evaluation mode, on the CPU."""
    config: TimbreConfig
    spectrum: Spectrum
    data: Path
    record: dict[str, Any]


def train_frames(
    config: TimbreConfig,
    frames: FrameSet,
    data: Path,
    folder: Path,
    resume: bool = False,
    console: Console | None = None,
) -> FramesLearner:
    """Trains on an open data set, which lies at `data`, into the run folder; returns what was trained.

    Raises ConfigError and DataError.
    """
    console = console or Console(stderr=True)
    check_trainer(config.trainer)
    if resume:
        check_unchanged(folder, load_timbre_config(folder / CONFIG), config, frames.fingerprint)
    quieten()
    if config.fit.threads is not None:
        torch.set_num_threads(config.fit.threads)
    learner = FramesLearner(config, frames)
    kept = folder / CHECKPOINTS
    callbacks: list[Callback] = [
        Watcher(console, folder),
        ModelCheckpoint(kept, BEST, monitor=WATCHED_LOSS, save_top_k=1, enable_version_counter=False),
        # Last, so that it keeps what the others know by then.
        ModelCheckpoint(kept, LAST, monitor=None, save_top_k=1, enable_version_counter=False),
    ]
    trainer = make_trainer(config.trainer, config.optimiser.clip, learner, callbacks, folder)
    if not resume and getattr(rank_zero_only, "rank", 0) == 0:
        told = {"fingerprint": frames.fingerprint, "frames": len(frames)}
        write_record(folder, config, data, told, SpectrumPart.of(frames.spectrum).model_dump(), kind=KIND)
    last = kept / f"{LAST}.ckpt"
    trainer.fit(learner, ckpt_path=last if resume and last.is_file() else None)
    return learner


def load_frames_run(folder: Path, which: str | None = None) -> FramesRun:
    """The model of a run of single frames, from the checkpoint that its configuration keeps, or from `which` ("best" or
    "last"). Raises ConfigError for a configuration, DataError for a folder that holds no such run."""
    record = read_record(folder)
    config = load_timbre_config(folder / CONFIG)
    try:
        spectrum = SpectrumPart(**record["recipe"]).complete()
    except (KeyError, TypeError, ValidationError) as error:
        raise DataError(f"{folder / RECORD} is of another version, or damaged: train again") from error
    model = make_frames_model(config, spectrum)
    path = find_checkpoint(folder, which or config.watch.keep)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
        model.load_state_dict({key.removeprefix("model."): value for key, value in state.items()})
    except Exception as error:  # pickle, zip and torch each raise their own
        raise DataError(f"{path} cannot be read: {str(error).strip().splitlines()[0]}") from error
    return FramesRun(model.eval(), config, spectrum, Path(record["data"]["path"]), record)
