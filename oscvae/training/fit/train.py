"""From a configuration and an open data set to a run folder, by way of Lightning's loop.

Several GPUs and machines are Lightning's business: its Trainer's arguments stand in the section `trainer`.
"""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.fabric.utilities.rank_zero import rank_zero_only
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger
from rich.console import Console

from oscvae.errors import ConfigError
from oscvae.settings.reader import nearest
from oscvae.training.config import AdditiveDecoder, TrainConfig
from oscvae.training.data.dataset import NoteSet
from oscvae.training.effects.sets import EffectSet
from oscvae.training.fit.learner import WATCHED_LOSS, Learner
from oscvae.training.fit.paired import PairedLearner
from oscvae.training.fit.run import (
    BEST,
    CHECKPOINTS,
    LAST,
    begin_run,
    check_resumed,
)
from oscvae.training.fit.start import PLACES, Start, check_fits, load_into
from oscvae.training.fit.tensorboard import Listener
from oscvae.training.fit.watching import Watcher

_OURS = {
    "max_steps": "fit.steps",
    "max_epochs": "fit.epochs",
    "max_time": "fit.steps",
    "callbacks": "watch",
    "logger": "watch",
    "gradient_clip_val": "optimiser.clip",
    "val_check_interval": "watch.every_steps",
    "check_val_every_n_epoch": "watch.every_steps",
    "use_distributed_sampler": "fit.batch",
    "default_root_dir": "--out",
    "accumulate_grad_batches": "fit.batch",
}
"""Arguments of Lightning's Trainer that have a key of ours."""
_PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")
"""The weights stay float32, as a model file has them, and so do the notes."""
_SHORT_PRECISIONS = ("32", "bf16", "16")
"""Lightning's other names for them."""


def train(
    config: TrainConfig,
    notes: NoteSet,
    data: Path,
    folder: Path,
    resume: bool = False,
    console: Console | None = None,
    start: Start | None = None,
    also: Sequence[Callback] = (),
) -> Learner:
    """Trains on an open data set, which lies at `data`, into the run folder; returns what was trained.

    start: the network that a new run begins at; `config` must have its sections (`go_on_from`). also: further callbacks
    of Lightning's, told before those that are always there.
    Raises ConfigError, DataError and ModelError.
    """
    console = console or Console(stderr=True)
    check_trainer(config.trainer)
    _check_release(config, notes)
    _check_partials(config, notes)
    if resume:
        check_resumed(folder, config, notes)
    if start is not None:
        check_fits(start, notes)
    quieten()
    if config.fit.threads is not None:
        torch.set_num_threads(config.fit.threads)
    learner = _learner(config, notes)
    if start is not None:
        effects = EffectSet.of(notes).names
        load_into(learner.model, start, effects)
        if isinstance(learner, PairedLearner) and tuple(effects) != start.effects:
            learner.find_effects(start.weights[PLACES])
    elif isinstance(learner, PairedLearner) and not resume:
        learner.place_effects()
    callbacks = [*also, *_callbacks(config, notes, folder, console)]
    trainer = make_trainer(config.trainer, config.optimiser.clip, learner, callbacks, folder)
    # Lightning starts this command anew for each further GPU: only the first begins the run.
    if not resume and getattr(rank_zero_only, "rank", 0) == 0:
        begin_run(folder, config, notes, data, start.source if start is not None else None)
    last = folder / CHECKPOINTS / f"{LAST}.ckpt"
    trainer.fit(learner, ckpt_path=last if resume and last.is_file() else None)
    return learner


def _learner(config: TrainConfig, notes: NoteSet) -> Learner:
    return PairedLearner(config, notes) if config.effects.size else Learner(config, notes)


def _check_release(config: TrainConfig, notes: NoteSet) -> None:
    """That knots begin anew where the notes are let go, if anywhere. Raises ConfigError."""
    released = notes.held.sustain[1] + 1 if notes.held is not None else 0
    for name, section in (("encoder", config.encoder), ("decoder", config.decoder)):
        asked = getattr(section, "release_frame", 0)
        if asked and asked != released:
            told = f"let go at frame {released}" if released else "never let go"
            raise ConfigError(f"{name}.release_frame is {asked}: the notes of these data are {told}")


def _check_partials(config: TrainConfig, notes: NoteSet) -> None:
    """That partials are drawn of notes, and of nothing else. Raises ConfigError."""
    if not isinstance(config.decoder, AdditiveDecoder) or (config.decoder.partials > 0) == (notes.root_note is None):
        return
    if notes.root_note is None:
        raise ConfigError("decoder.partials is 0: these data are notes, and their partials would be lost")
    raise ConfigError(
        f"decoder.partials is {config.decoder.partials}: these data have no pitch, it must be 0 (--config drums)"
    )


def make_trainer(given: dict[str, Any], clip: float, learner: Any, callbacks: list[Callback], folder: Path) -> Trainer:
    """Lightning's Trainer with the arguments of a section `trainer`. learner: it has `steps` and `look_steps`.

    Raises ConfigError for arguments that do not go together.
    """
    settings: dict[str, Any] = {
        "max_steps": learner.steps,
        "max_epochs": -1,
        "val_check_interval": learner.look_steps,
        "check_val_every_n_epoch": None,
        "num_sanity_val_steps": 0,
        "log_every_n_steps": 1,
        "gradient_clip_val": clip or None,
        "use_distributed_sampler": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    logger = TensorBoardLogger(folder, name="", version="", default_hp_metric=False)
    try:
        return Trainer(**(settings | given), callbacks=callbacks, logger=logger)
    except (MisconfigurationException, ValueError, TypeError, ImportError) as error:
        raise ConfigError(f"trainer: {error}") from error


def _callbacks(config: TrainConfig, notes: NoteSet, folder: Path, console: Console) -> list[Callback]:
    watch, kept = config.watch, folder / CHECKPOINTS
    callbacks: list[Callback] = [
        Watcher(console, folder),
        ModelCheckpoint(kept, BEST, monitor=WATCHED_LOSS, save_top_k=1, enable_version_counter=False),
    ]
    if watch.hear_every:
        callbacks.append(Listener(notes, watch.hear_every, watch.hear_notes))
    if watch.patience:
        callbacks.append(EarlyStopping(WATCHED_LOSS, patience=watch.patience, check_on_train_epoch_end=False))
    # Last, so that it keeps what the others know by then.
    callbacks.append(ModelCheckpoint(kept, LAST, monitor=None, save_top_k=1, enable_version_counter=False))
    return callbacks


def quieten() -> None:
    """Lightning's greetings and advice are for people who wrote the loop themselves."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for advice in (
        ".*does not have many workers.*",
        ".*LeafSpec.*",
        "Checkpoint directory .* exists.*",
        ".*sync_dist=True.*",
    ):
        warnings.filterwarnings("ignore", message=advice)


def check_trainer(given: dict[str, Any]) -> None:
    """That Lightning's Trainer takes these arguments. Raises ConfigError."""
    known = [name for name in inspect.signature(Trainer.__init__).parameters if name != "self"]
    for key in given:
        if key in _OURS:
            raise ConfigError(f"trainer.{key}: give {_OURS[key]} instead")
        if key not in known:
            raise ConfigError(f"trainer.{key}: Lightning's Trainer does not know this, {nearest(key, known)}")
    precision = given.get("precision") or _PRECISIONS[0]
    if str(precision) not in _PRECISIONS + _SHORT_PRECISIONS:
        raise ConfigError(f"trainer.precision: must be {', '.join(_PRECISIONS)}, got {precision!r}")
