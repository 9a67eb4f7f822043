"""One training of the package's own model of notes, kept at several steps: what two embeddings are to put in order.

Later is better, which is no matter of belief: withheld recordings, encoded and decoded, come nearer to themselves from
one checkpoint to the next, by a measure that knows neither embedding.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.callbacks import Callback
from rich.console import Console

from oscvae.errors import DataError
from oscvae.names import shown
from oscvae.training.config import TrainConfig, find_config, load_config
from oscvae.training.data.dataset import NoteSet
from oscvae.training.evaluate.subject import Subject
from oscvae.training.export.export import Card, describe
from oscvae.training.fit.learner import Learner
from oscvae.training.fit.run import CHECKPOINTS, RECORD, check_resumed, load_run
from oscvae.training.studies.embedding.size import Size

_DONE = "done"
"""An empty file in the folder of a run that is over."""


class Keeper(Callback):
    """Keeps the network as it is after some steps, beside the checkpoint to go on from."""

    def __init__(self, place: Path, steps: Sequence[int]) -> None:
        self.place, self.steps = place, frozenset(steps)

    def on_train_batch_end(self, trainer: Any, learner: Learner, outputs: Any, batch: Any, number: int) -> None:
        if trainer.global_step in self.steps:
            path = self.place / CHECKPOINTS / f"{at_step(trainer.global_step)}.ckpt"
            unfinished = path.with_suffix(".tmp")
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.save({"state_dict": learner.state_dict()}, unfinished)
            unfinished.replace(path)


def at_step(step: int) -> str:
    """The name of a checkpoint."""
    return f"step-{step}"


def train_notes(notes: NoteSet, data: Path, place: Path, seed: int, size: Size) -> None:
    """The training, in a run folder of its own: stopped, it goes on; done, it stays.

    Raises ConfigError and DataError for a folder that was begun otherwise.
    """
    from oscvae.training.fit.train import train

    config = configured(notes, seed, size)
    if (place / _DONE).is_file():
        check_resumed(place, config, notes)
        return
    keeper = Keeper(place, size.checkpoints)
    train(config, notes, data, place, (place / RECORD).is_file(), Console(file=io.StringIO()), also=[keeper])
    (place / _DONE).touch()


def configured(notes: NoteSet, seed: int, size: Size) -> TrainConfig:
    """The configuration of the model that ships. Codes are those of the encoder alone: what a model file's encode does
    besides takes long, and training knows nothing of it."""
    knots = min(36, notes.analysis.frames // 2)
    return load_config(
        find_config("plucked"),
        [
            "name=embedding",
            f"seed={seed}",
            *(f"{part}.knots={knots}" for part in ("encoder", "decoder")),
            *(f"{part}.dense_knots={min(10, knots - 2)}" for part in ("encoder", "decoder")),
            "refine.rounds=0",
            f"fit.steps={size.checkpoints[-1]}",
            "fit.threads=1",
            f"watch.every_steps={size.look_steps}",
            *("watch.hear_every=0", "watch.keep=last"),
        ],
    )


def subject_at(step: int, place: Path, notes: NoteSet) -> Subject:
    """The model as it was after so many steps. Raises DataError and ModelError."""
    if not (place / CHECKPOINTS / f"{at_step(step)}.ckpt").is_file():
        raise DataError(f"{shown(place)} holds no {at_step(step)}: remove it, and it is trained again")
    run = load_run(place, at_step(step))
    card = Card(at_step(step), "1.0", notes.licence, notes.origins)
    return Subject(run.model, describe(run.model, notes, run.analysis, card, {}))
