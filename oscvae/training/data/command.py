"""`oscvae dataset build | info | listen`: what the arguments mean, and what is said."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from oscvae.errors import ConfigError, DataError
from oscvae.names import shown
from oscvae.training.data.build import build, survey
from oscvae.training.data.folder.table import COLUMNS, Row, cells, to_csv, write_table
from oscvae.training.data.folder.whole import counts, octave_hint
from oscvae.training.data.info import PICTURES, print_complaints, print_info, write_pictures
from oscvae.training.data.progress import processes, progress_of
from oscvae.training.data.recipes import DataRecipe, Reading, load_recipe
from oscvae.training.data.store import fingerprint_of, open_dataset, read_index
from oscvae.training.synth.build import build_hits
from oscvae.training.timbre.data import run_frames_build, run_frames_info
from oscvae.training.timbre.frameset import is_frame_set
from oscvae.training.timbre.recipe import is_frames

DATA = Path("data")
"""Where data sets lie, without another word."""


def run_build(
    source: str,
    out: Path | None,
    workers: int | None,
    force: bool,
    reading: Reading,
    overrides: Sequence[str],
    presets: Sequence[str] = (),
    effects: Path | None = None,
    kind: str | None = None,
) -> int:
    """Builds a data set, or goes on with one; returns the exit code. kind: notes or frames, or what the recipe says."""
    if is_frames(source, kind):
        if presets or effects is not None or reading != Reading():
            raise ConfigError(
                "single frames have no notes: --preset, --names, --table, --middle-c and --effects are for notes"
            )
        return run_frames_build(source, out, workers, force, overrides)
    recipe = _made_more_of(load_recipe(source, overrides, reading, presets, effects), source)
    path = out if out is not None else DATA / recipe.name
    console = Console(stderr=True)
    try:
        with progress_of(console, f"building {recipe.name}") as progress:
            make = build_hits if recipe.synth is not None else build
            built = make(recipe, path, processes(workers), force, progress)
    except KeyboardInterrupt:
        return _stopped(console, path)
    print_complaints(console, built.outliers, built.skipped, built.passed_over)
    for remark in built.remarks:
        console.print(f"{remark['what']}: {remark['why']}", highlight=False)
    for said in (*counts(built.outliers, built.n_sounds), octave_hint(built.outliers)):
        if said:
            console.print(said, highlight=False)
    state, told = "is there already" if built.was_there else "is built", shown(path)
    copies = f" and {built.copies} altered copies" if built.copies else ""
    console.print(f"{told} {state}: {built.notes} notes{copies}, fingerprint {built.fingerprint[:12]}", highlight=False)
    console.print(f"next: oscvae dataset info {told}, oscvae train --data {told}", highlight=False)
    return 0


def run_preview(
    source: str,
    out: Path | None,
    workers: int | None,
    force: bool,
    reading: Reading,
    overrides: Sequence[str],
    effects: Path | None = None,
    kind: str | None = None,
) -> int:
    """Prints what a build would make of every recording, or writes it as the table; returns the exit code.

    Raises DataError for a table that is there, unless force.
    """
    if is_frames(source, kind):
        raise ConfigError("--preview says which notes are heard: single frames have none, build them without it")
    table = reading.table
    if table is not None and table.exists() and not force:
        raise DataError(f"{shown(table)} is there already: build by it without --preview, or replace it by --force")
    recipe = _made_more_of(load_recipe(source, overrides, replace(reading, table=None), effects=effects), source)
    if not recipe.folders:
        raise DataError(f"{shown(source)} has no folder of recordings to preview")
    path = out if out is not None else DATA / recipe.name
    console = Console(stderr=True)
    try:
        with progress_of(console, f"hearing {recipe.name}") as progress:
            rows, remarks = survey(recipe, path, processes(workers), progress)
    except KeyboardInterrupt:
        return _stopped(console, path)
    if table is not None:
        write_table(table, rows)
    elif sys.stdout.isatty():
        print_rows(Console(), rows)
    else:
        sys.stdout.write(to_csv(rows))
    for remark in remarks:
        console.print(f"{remark['what']}: {remark['why']}", highlight=False)
    n_kept = sum(row.kept for row in rows)
    console.print(f"{n_kept} of {len(rows)} recordings would be kept", highlight=False)
    if table is not None:
        more = f" --effects {shown(effects)}" if effects is not None else ""
        told = f"oscvae dataset build {shown(source)} {shown(path)}{more} --table {shown(table)}"
        console.print(
            f"wrote {shown(table)}: correct note, kept and begin_s, then {told}", highlight=False, soft_wrap=True
        )
    return 0


def _made_more_of(recipe: DataRecipe, source: str) -> DataRecipe:
    """A folder of notes, which has no recipe that says whether it wants copies, has them where it is small."""
    said = "augment" in recipe.model_fields_set and "transpose_semitones" in recipe.augment.model_fields_set
    if said or not Path(source).expanduser().is_dir():
        return recipe
    return recipe.model_copy(update={"augment": recipe.augment.model_copy(update={"transpose_semitones": None})})


def _stopped(console: Console, path: Path) -> int:
    console.print(f"stopped: the same command goes on where it was, in {shown(path)}", highlight=False)
    return 1


def run_info(path: Path, pictures: Path | None, draw: bool, check: bool) -> int:
    """Says what is in a set, and draws it; returns the exit code. Raises DataError where `check` finds it damaged."""
    if is_frame_set(path):
        return run_frames_info(path, check)
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
            drawn = write_pictures(notes.recorded(), pictures if pictures is not None else path / PICTURES)
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

    if is_frame_set(path):
        raise DataError(
            f"{shown(path)} holds single frames and no notes: `oscvae evaluate` lets hear what a model does"
        )
    notes = open_dataset(path)
    wav = out if out is not None else path / "listen.wav"
    console = Console()
    for heard in write_sounds(notes, choose(notes, count, timbre, seed, among=~notes.altered), wav):
        console.print(f"{heard.begin_s:7.2f} s  row {heard.row}: {heard.label}", highlight=False)
    console.print(f"wrote {shown(wav)}", highlight=False)
    if aloud:
        play(wav)
    return 0


def print_rows(console: Console, rows: Sequence[Row]) -> None:
    """The rows of a preview for the eye."""
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*cells(row), style=None if row.kept else "dim")
    console.print(table)
