"""`oscvae dataset build | info | listen`: what the arguments mean, and what is said."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from oscvae.errors import ConfigError, DataError
from oscvae.names import shown
from oscvae.training.data.build import Built, build
from oscvae.training.data.info import PICTURES, print_complaints, print_info, write_pictures
from oscvae.training.data.recipes import load_recipe
from oscvae.training.data.store import fingerprint_of, open_dataset, read_index
from oscvae.training.synth.build import build_hits

DATA = Path("data")
"""Where data sets lie, without another word."""

# So many outliers an octave off, of those that are left out, that the names must count octaves otherwise.
_OCTAVE_SHARE, _OCTAVE_CENTS = 0.5, 60.0
_FEWEST = 3


def run_build(
    source: str, out: Path | None, workers: int | None, force: bool, middle_c: int | None, overrides: Sequence[str]
) -> int:
    """Builds a data set, or goes on with one; returns the exit code."""
    recipe = load_recipe(source, overrides, middle_c)
    path = out if out is not None else DATA / recipe.name
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console) as bars:
            task = bars.add_task(f"building {recipe.name}", total=None)
            make = build_hits if recipe.synth is not None else build
            built = make(
                recipe,
                path,
                workers if workers is not None else (os.cpu_count() or 1),
                force,
                lambda done, total: bars.update(task, completed=done, total=total),
            )
    except KeyboardInterrupt:
        console.print(f"stopped: the same command goes on where it was, in {shown(path)}", highlight=False)
        return 1
    print_complaints(console, built.outliers, built.skipped, built.passed_over)
    _hint(console, built)
    state, told = "is there already" if built.was_there else "is built", shown(path)
    console.print(f"{told} {state}: {built.notes} notes, fingerprint {built.fingerprint[:12]}", highlight=False)
    console.print(f"next: oscvae dataset info {told}, oscvae train --data {told}", highlight=False)
    return 0


def run_info(path: Path, pictures: Path | None, draw: bool, check: bool) -> int:
    """Says what is in a set, and draws it; returns the exit code. Raises DataError where `check` finds it damaged."""
    notes, index = open_dataset(path), read_index(path)
    console = Console()
    print_info(console, path, notes, index)
    if check:
        found = fingerprint_of(path, index)
        if found != notes.fingerprint:
            raise DataError(
                f"{path} is damaged: its fingerprint is {found[:12]}, it should be {notes.fingerprint[:12]}"
            )
        console.print("the fingerprint is that of what is there")
    if draw:
        try:
            drawn = write_pictures(notes, pictures if pictures is not None else path / PICTURES)
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"pictures need the package {error.name}: pip install 'oscvae[train]', or leave them out by --no-draw"
            ) from None
        for picture in drawn:
            console.print(f"wrote {shown(picture)}", highlight=False)
    return 0


def run_listen(path: Path, out: Path | None, count: int, timbre: str | None, seed: int | None, aloud: bool) -> int:
    """Writes some notes of a set as a WAV file, and plays it if wanted; returns the exit code."""
    from oscvae.training.data.listen import choose, play, write_sounds

    notes = open_dataset(path)
    wav = out if out is not None else path / "listen.wav"
    console = Console()
    for heard in write_sounds(notes, choose(notes, count, timbre, seed), wav):
        console.print(f"{heard.begin_s:7.2f} s  row {heard.row}: {heard.label}", highlight=False)
    console.print(f"wrote {shown(wav)}", highlight=False)
    if aloud:
        play(wav)
    return 0


def _hint(console: Console, built: Built) -> None:
    dropped = [one for one in built.outliers if not one["kept"] and one.get("cents") is not None]
    octaves = [one for one in dropped if abs(abs(one["cents"]) - 1200.0) < _OCTAVE_CENTS]
    if len(dropped) >= _FEWEST and len(octaves) > _OCTAVE_SHARE * len(dropped):
        sharp = sum(one["cents"] > 0.0 for one in octaves) > len(octaves) / 2
        console.print(
            f"{len(octaves)} sounds are an octave {'above' if sharp else 'below'} what their names say: "
            f"if the names count octaves otherwise, try --middle-c {3 if sharp else 5}",
            highlight=False,
        )
