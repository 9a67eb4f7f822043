"""`oscvae train | evaluate | export` of single frames: what their arguments mean. torch comes once they are right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from oscvae.errors import ConfigError, ModelError
from oscvae.model.document import SUFFIX, read_any_document
from oscvae.model.frames import FramesDocument
from oscvae.training.config import find_config
from oscvae.training.evaluate.summary import Track, quietly, tracker
from oscvae.training.export.wish import FIRST, Wish, check_data, check_out, check_weights
from oscvae.training.fit.run import CONFIG, RECORD, read_record
from oscvae.training.timbre.config import is_timbre, load_timbre_config
from oscvae.training.timbre.frameset import is_frame_set, open_frames
from oscvae.training.timbre.recipe import KIND

RUNS = Path("runs")
DEFAULT = "timbre"
"""The configuration of data of single frames that none is named for."""


def of_frames(config: str | None, data: Path | None, run: Path, resume: bool) -> bool:
    """Whether `oscvae train` is about single frames: by its configuration, its data, or the run that is to go on."""
    if config is not None:
        return is_timbre(find_config(config))
    if resume:
        return is_frames_run(run)
    return data is not None and is_frame_set(data)


def is_frames_run(folder: Path) -> bool:
    """Whether the folder holds a run of single frames."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and record.get("kind") == KIND


def decodes_frames(model: Path) -> bool:
    """Whether a model file or a run is of single frames; whoever opens it says what else is wrong with it."""
    if model.is_dir():
        return is_frames_run(model)
    try:
        return isinstance(read_any_document(model), FramesDocument)
    except ModelError:
        return False


def run_frames_training(
    config: str | None, data: Path | None, out: Path | None, resume: bool, overrides: Sequence[str], start: str | None
) -> int:
    """Trains, or goes on, and says where the run lies; returns the exit code. Raises ConfigError and DataError."""
    if start is not None:
        raise ConfigError("--from is for notes: a model of single frames is trained from nothing")
    if resume and config is None:
        folder = out if out is not None else RUNS / DEFAULT
        settings = load_timbre_config(folder / CONFIG, overrides)
    else:
        settings = load_timbre_config(find_config(config or DEFAULT), overrides)
        folder = out if out is not None else RUNS / settings.name
    if resume and data is None:
        data = Path(read_record(folder)["data"]["path"])
    if data is None:
        raise ConfigError(
            "--data must name the folder of a data set: make one with `oscvae dataset build --kind frames`"
        )
    frames = open_frames(data)
    try:
        from oscvae.training.timbre.train import train_frames
    except ModuleNotFoundError as error:
        raise ConfigError(f"training needs the package {error.name}: pip install 'oscvae[train]'") from None
    console = Console(stderr=True)
    try:
        learner = train_frames(settings, frames, data, folder, resume, console)
    except SystemExit:  # how Lightning leaves on a signal; it has said how to go on
        return 1
    if learner.trainer.is_global_zero:
        console.print(
            f"{folder} holds the run; next: oscvae evaluate {folder}, oscvae export {folder} --out FILE",
            highlight=False,
        )
    return 0


def run_frames_evaluation(model: Path, data: Path | None, out: Path, console: Console) -> int:
    """Evaluates a model file of single frames, or a run, which is exported into `out` first; returns the exit code."""
    from oscvae.training.timbre.evaluate import INDEX, evaluate_frames, rows_of

    columns = (TextColumn("{task.description:24}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bars:
        if model.is_dir():
            out.mkdir(parents=True, exist_ok=True)
            made = export_frames_run(model, out / f"{model.resolve().name}{SUFFIX}", data, True, None, tracker(bars))
            model, data = made.path, made.data
        if data is None:
            raise ConfigError(
                "--data must name the folder of a data set: a model file does not know where its data lie"
            )
        found = evaluate_frames(model, open_frames(data), out, tracker(bars))
    table = Table("figure", "measured", "at least", "aim", "n", title=f"{found.model}, version {found.version}")
    for what, value, least, aim in rows_of(found):
        colour = ("red", "yellow", "green")[int(value <= least) + int(value <= aim)]
        table.add_row(what, f"[{colour}]{value:.2f}[/{colour}] dB", f"{least:g}", f"{aim:g}", str(found.unseen.n))
    table.add_row("active dimensions", str(found.active), str(found.dimensions), "", "")
    console.print(table)
    console.print(f"{out / INDEX}", highlight=False, soft_wrap=True)
    return 0


def export_frames_run(
    run: Path, out: Path, data: Path | None, force: bool, wish: Wish | None, track: Track = quietly
) -> Any:
    """As `export_run`, of a run of single frames; returns a `oscvae.training.timbre.export.FramesExported`."""
    from oscvae.training.export.export import Card
    from oscvae.training.timbre.export import export_frames
    from oscvae.training.timbre.train import load_frames_run

    wish = wish or Wish()
    check_out(out, force)
    check_weights(wish)
    loaded = load_frames_run(run, wish.checkpoint)
    where = data or loaded.data
    frames = open_frames(where)
    check_data(run, loaded.record, where, frames.fingerprint)
    card = Card(
        out.stem, wish.version or FIRST, frames.licence if wish.licence is None else wish.licence, frames.origins
    )
    return export_frames(loaded, frames, where, out, card, wish.weights == "float16", track)
