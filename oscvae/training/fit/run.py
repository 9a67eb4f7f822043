"""A training run as a folder: what was trained, from what, with what, and what came out.

config.yaml     the configuration, complete
run.json        seed, data set and its fingerprint, the analysis, versions
checkpoints/    last.ckpt to go on from, best.ckpt with the least loss on withheld notes
events.*        what TensorBoard shows
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from oscvae.errors import ConfigError, DataError
from oscvae.model.analysis import NoteAnalysis
from oscvae.training.config import TrainConfig, load_config, to_yaml
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.dataset import NoteSet
from oscvae.training.effects.sets import OF_BANK

FORMAT = 1
CONFIG, RECORD, CHECKPOINTS = "config.yaml", "run.json", "checkpoints"
LAST, BEST = "last", "best"


class Run(NamedTuple):
    """A trained model, and what it was trained with and on."""

    model: Any
    """A `oscvae.training.model.network.NoteModel` in evaluation mode, on the CPU."""
    config: TrainConfig
    analysis: NoteAnalysis
    data: Path
    """The folder of the data set."""


def load_run(folder: Path, which: str | None = None) -> Run:
    """The model of a run, from the checkpoint that its configuration keeps, or from `which` ("best" or "last").

    Raises ConfigError for a configuration, DataError for a folder that holds no run or none with a checkpoint.
    """
    folder = Path(folder)
    record = read_record(folder)
    if record.get("kind", "notes") != "notes":
        raise DataError(f"{folder} is a run of single {record['kind']}, and not of notes")
    config = load_config(folder / CONFIG)
    try:
        analysis = AnalysisPart(**record["recipe"]).complete()
    except (KeyError, TypeError, ValidationError) as error:
        raise DataError(f"{folder / RECORD} is of another version, or damaged: train again") from error
    path = find_checkpoint(folder, which or config.watch.keep)

    import torch

    from oscvae.training.model.network import make_model

    model = make_model(config, analysis, effects=len(effects_of(record)))
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
        model.load_state_dict({key.removeprefix("model."): value for key, value in state.items()})
    except Exception as error:  # pickle, zip and torch each raise their own
        raise DataError(f"{path} cannot be read: {str(error).strip().splitlines()[0]}") from error
    return Run(model.eval(), config, analysis, Path(record["data"]["path"]))


def find_checkpoint(folder: Path, which: str) -> Path:
    """The checkpoint "best" or "last" of a run, the last where there is no best. Raises DataError."""
    for name in dict.fromkeys((which, LAST)):
        path = folder / CHECKPOINTS / f"{name}.ckpt"
        if path.is_file():
            return path
    raise DataError(f"{folder} holds no checkpoint yet: go on with `oscvae train --resume --out {folder}`")


def read_record(folder: Path) -> dict[str, Any]:
    """What run.json says. Raises DataError."""
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{folder} is no run of `oscvae train`: {RECORD} cannot be read: {error}") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise DataError(f"{folder / RECORD}: this version reads format {FORMAT}")
    return record


def effects_of(record: dict[str, Any]) -> list[str]:
    """The effects that a run was trained with, if with any: those of its data, or the bank."""
    names: list[str] = record.get("effects") or OF_BANK.names
    return names


def begin_run(folder: Path, config: TrainConfig, notes: NoteSet, data: Path, start: str | None = None) -> None:
    """Makes the folder of a new run, which begins at the model `start`. Raises ConfigError where there is one."""
    told = {"fingerprint": notes.fingerprint, "notes": len(notes)}
    effects = {} if notes.processed is None else {"effects": list(notes.processed.names)}
    write_record(folder, config, data, told, AnalysisPart.of(notes.analysis).model_dump(), start, **effects)


def write_record(
    folder: Path,
    config: Any,
    data: Path,
    about_data: dict[str, Any],
    recipe: dict[str, Any],
    start: str | None = None,
    **more: Any,
) -> None:
    """As `begin_run`, of a data set that is told about so; config has a name and a seed. more: what else the record
    says."""
    if (folder / RECORD).exists():
        raise ConfigError(f"{folder} holds a run: go on with it by --resume, or name another --out")
    (folder / CHECKPOINTS).mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).write_text(to_yaml(config), encoding="utf-8")
    record = {
        "format": FORMAT,
        "name": config.name,
        "seed": config.seed,
        "data": {"path": str(data.resolve()), **about_data},
        "recipe": recipe,
        "versions": versions(),
        **({"from": start} if start is not None else {}),
        **more,
    }
    unfinished = folder / f"{RECORD}.tmp"
    unfinished.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(folder / RECORD)


def check_resumed(folder: Path, config: TrainConfig, notes: NoteSet) -> None:
    """That a run would go on as it began, but for its `trainer` section. Raises ConfigError and DataError."""
    check_unchanged(folder, load_config(folder / CONFIG), config, notes.fingerprint)


def check_unchanged(folder: Path, begun: Any, config: Any, of_data: str) -> None:
    """As `check_resumed`, of a run that was begun with one configuration and is to go on with another, on data of this
    fingerprint."""
    before, now = (_leaves(one.model_dump(exclude={"trainer", "without_gpu"})) for one in (begun, config))
    changed = [key for key in sorted(before | now) if before.get(key) != now.get(key)]
    if changed:
        listed = ", ".join(f"{key} was {before.get(key)!r} and is {now.get(key)!r}" for key in changed)
        raise ConfigError(f"{folder} was begun otherwise: {listed}; begin a new run, or leave --config away")
    fingerprint = read_record(folder)["data"]["fingerprint"]
    if fingerprint != of_data:
        raise DataError(
            f"{folder} was begun on the data {fingerprint[:12]}, these are {of_data[:12]}: "
            "build the same set again, or begin a new run"
        )


def versions() -> dict[str, str]:
    """The packages that a result depends on."""
    found = {"python": platform.python_version()}
    for package in ("oscvae", "torch", "lightning", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _leaves(tree: dict[str, Any], parent: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        name = f"{parent}.{key}" if parent else key
        flat.update(_leaves(value, name) if isinstance(value, dict) else {name: value})
    return flat
