"""`oscvae train`: what its arguments mean. torch and Lightning are imported once they are right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from oscvae.errors import ConfigError
from oscvae.training.config import DEFAULT, TrainConfig, find_config, load_config
from oscvae.training.data.store import open_dataset
from oscvae.training.fit.run import CONFIG, read_record

RUNS = Path("runs")


def train(config: str | None, data: Path | None, out: Path | None, resume: bool, overrides: Sequence[str]) -> int:
    """Trains, or goes on, and says where the run lies; returns the exit code.

    A new run needs `data`. One that goes on knows its configuration and its data, so both may be left away.
    Raises ConfigError and DataError.
    """
    settings = _settings(config, out, resume, overrides)
    folder = out if out is not None else RUNS / settings.name
    if resume and data is None:
        data = Path(read_record(folder)["data"]["path"])
    if data is None:
        raise ConfigError("--data must name the folder of a data set: make one with `oscvae dataset build`")
    notes = open_dataset(data)

    from rich.console import Console

    try:
        from oscvae.training.fit import train as trainer
    except ModuleNotFoundError as error:
        raise ConfigError(f"training needs the package {error.name}: pip install 'oscvae[train]'") from None

    console = Console(stderr=True)
    try:
        learner = trainer.train(settings, notes, data, folder, resume, console)
    except SystemExit:  # how Lightning leaves on a signal; it has said how to go on
        return 1
    if learner.trainer.is_global_zero:
        console.print(
            f"{folder} holds the run; next: oscvae evaluate {folder}, oscvae export {folder} --out FILE",
            highlight=False,
        )
    return 0


def _settings(config: str | None, out: Path | None, resume: bool, overrides: Sequence[str]) -> TrainConfig:
    path = find_config(config or DEFAULT)
    if resume and config is None:
        folder = out if out is not None else RUNS / DEFAULT
        read_record(folder)
        path = folder / CONFIG
    return load_config(path, overrides, has_gpu=_has_gpu)


def _has_gpu() -> bool:
    """Only a configuration with a section `without_gpu` has to know."""
    import torch

    return bool(torch.accelerator.is_available())
