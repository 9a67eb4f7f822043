"""`oscvae study`: an experiment to a folder with a page, its figures and its pictures."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from oscvae.errors import ConfigError
from oscvae.files import why
from oscvae.training.studies.catalogue import STUDIES, find_study


def show_list() -> int:
    """Every study, what it asks, and how long it takes."""
    table = Table(box=None, pad_edge=False)
    for head in ("name", "what it asks", "minutes", "from"):
        table.add_column(head, justify="right" if head == "minutes" else "left")
    for study in STUDIES:
        table.add_row(study.name, study.asks, f"{study.minutes:g}", study.source)
    Console(soft_wrap=False).print(table)
    return 0


def run(name: str, out: Path, small: bool, data: Path | None, seed: int) -> int:
    """Runs one; returns the exit code. Raises ConfigError and DataError."""
    study = find_study(name)
    if data is not None and not data.is_dir():
        raise ConfigError(f"--data {data} is no folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--out {out} cannot be made: {why(error)}") from error
    from oscvae.training.evaluate.summary import tracker  # which import torch
    from oscvae.training.studies.setting import Setting

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:32}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    began_s = time.monotonic()
    with Progress(*columns, console=console) as bars:
        outcome = study.run(Setting(out, small, data, seed, tracker(bars)))
    outcome.figures |= {
        "study": study.name,
        "source": study.source,
        "small": small,
        "seed": seed,
        "minutes": round((time.monotonic() - began_s) / 60.0, 2),
    }
    console.print(f"{outcome.write(out)}", highlight=False, soft_wrap=True)
    return 0
