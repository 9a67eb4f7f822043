"""`oscvae dataset build | info` of single frames: what is said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from oscvae.errors import DataError
from oscvae.names import shown
from oscvae.training.data.progress import processes, progress_of
from oscvae.training.timbre.build import build_frames
from oscvae.training.timbre.frameset import SPLITS, FrameSet, frames_fingerprint, open_frames, read_frames_index
from oscvae.training.timbre.recipe import load_frames_recipe

DATA = Path("data")
"""Where data sets lie, without another word."""


def run_frames_build(source: str, out: Path | None, workers: int | None, force: bool, overrides: Sequence[str]) -> int:
    """Builds a data set of single frames; returns the exit code."""
    recipe = load_frames_recipe(source, overrides)
    path = out if out is not None else DATA / recipe.name
    console = Console(stderr=True)
    try:
        with progress_of(console, f"building {recipe.name}") as progress:
            built = build_frames(recipe, path, processes(workers), force, progress)
    except KeyboardInterrupt:
        console.print("stopped: nothing is kept, the same command begins again", highlight=False)
        return 1
    for line in built.skipped:
        console.print(f"skipped {line['what']}: {line['why']}", highlight=False)
    state, told = "is there already" if built.was_there else "is built", shown(path)
    console.print(
        f"{told} {state}: {built.frames} frames of {built.recordings} recordings, copies among them, fingerprint "
        f"{built.fingerprint[:12]}",
        highlight=False,
    )
    console.print(f"next: oscvae dataset info {told}, oscvae train --data {told}", highlight=False)
    return 0


def run_frames_info(path: Path, check: bool) -> int:
    """Says what is in a set of single frames; returns the exit code.

    Raises DataError where `check` finds it damaged.
    """
    frames, index = open_frames(path), read_frames_index(path)
    console = Console()
    spectrum = frames.spectrum
    console.print(
        f"{frames.name}: {len(frames)} frames of {len(frames.recordings)} recordings, copies among them; "
        f"{spectrum.sample_rate} Hz, n_fft {spectrum.n_fft}, hop {spectrum.hop}, {spectrum.bands.n} "
        f"{spectrum.bands.kind} bands, licence {frames.licence or 'not said'}",
        highlight=False,
    )
    console.print(_splits(frames))
    for split, name in enumerate(SPLITS[1:], 1):
        if held := frames.of_split(split):
            console.print(f"{name}: {', '.join(one.name for one in held)}", highlight=False, soft_wrap=True)
    for line in index["skipped"]:
        console.print(f"skipped {line['what']}: {line['why']}", highlight=False)
    if check:
        found = frames_fingerprint(path, index)
        if found != frames.fingerprint:
            raise DataError(
                f"{path} is damaged: its fingerprint is {found[:12]}, it should be {frames.fingerprint[:12]}"
            )
        console.print("the fingerprint is that of what is there")
    return 0


def _splits(frames: FrameSet) -> Table:
    table = Table("split", "sources", "recordings", "seconds", "frames", "silent", "copies", "level", box=SIMPLE_HEAD)
    table.caption = "level: 5th and 95th percentile of the frames that are heard, in dB; silent frames teach nothing"
    per_second = frames.spectrum.sample_rate / frames.spectrum.hop
    for split, name in enumerate(SPLITS):
        recordings = frames.of_split(split)
        if not recordings:
            continue
        rows = frames.rows_of(split)
        count = sum(one.end - one.begin for one in recordings)
        low, high = np.percentile(frames.level_db[rows], (5.0, 95.0))
        table.add_row(
            name,
            str(len({one.source for one in recordings})),
            str(len(recordings)),
            f"{count / per_second:.0f}",
            str(rows.size),
            str(count - rows.size),
            str(frames.rows_of(split, copies=True).size - rows.size),
            f"{low:.0f} {high:.0f}",
        )
    return table
