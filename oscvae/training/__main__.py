"""Makes a model from nothing: `python -m oscvae.training --out models/plucked.ts`.

Builds the data set, trains, exports, opens the file again and prints its figures; `--measure` only prints those of a
file that is there. One seed and thread count on one machine: one result.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from oscvae.errors import OscvaeError
from oscvae.modelfile import ModelDocument
from oscvae.torchscript import load
from oscvae.training.data.build import build
from oscvae.training.data.recipes import load_recipe
from oscvae.training.dataset import NoteSet
from oscvae.training.export import Card, export, make_document, measure_reference
from oscvae.training.fit import Plan, fit
from oscvae.training.metrics import decode_all, decode_ms, distance, encode_all, pitch
from oscvae.training.network import Shape
from oscvae.training.store import open_dataset

PLUCKED_CARD = Card(
    name="plucked",
    version="1",
    licence="MIT",
    sources=(),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m oscvae.training", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("models/plucked.ts"), help="the model file to write")
    parser.add_argument("--recipe", default="plucked", help="of the data: its name, or a file (%(default)s)")
    parser.add_argument("--data", type=Path, default=Path("data/plucked"), help="the set to build or use (%(default)s)")
    parser.add_argument("--steps", type=int, default=Plan.steps, help="training steps of one batch (%(default)s)")
    parser.add_argument("--seed", type=int, default=Plan.seed, help="of weights and batches (%(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads to train on (%(default)s)")
    parser.add_argument("--device", default="cpu", help="where to train: cpu or cuda (%(default)s)")
    parser.add_argument("--measure", action="store_true", help="only measure the file at --out")
    options = parser.parse_args()
    try:
        run(options)
    except OscvaeError as error:
        parser.exit(error.exit_code, f"{parser.prog}: {error}\n")


def run(options: argparse.Namespace) -> None:
    """What the command line asked for; raises OscvaeError."""
    torch.set_num_threads(options.threads)
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bars:
        sounds = bars.add_task("rendering notes", total=None)
        build(
            load_recipe(options.recipe),
            options.data,
            options.threads,
            progress=lambda done, total: bars.update(sounds, completed=done, total=total),
        )
        notes = open_dataset(options.data)
        if options.measure:
            module, document = load(options.out)
        else:
            plan = replace(Plan(), steps=options.steps, seed=options.seed)
            module, document = make_model(notes, plan, options.device, options.out, bars)
    console.print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB, 0 dB is magnitude {document.reference}")
    report(console, module, document, notes)


def make_model(notes: NoteSet, plan: Plan, device: str, path: Path, bars: Progress) -> tuple[Any, ModelDocument]:
    """Trains and exports; returns what was written, opened again."""
    shape, recipe = Shape(), notes.recipe
    steps = bars.add_task("training", total=plan.steps)

    def step_done(step: int, loss: float) -> None:
        bars.update(steps, completed=step + 1, description=f"training, loss {loss:.4f}")

    model = fit(notes, recipe, shape, plan, device, step_done).cpu()
    measuring = bars.add_task("measuring the level", total=1)
    reference = measure_reference(notes, recipe)
    bars.advance(measuring)
    return export(
        model,
        make_document(model, notes, recipe, shape, plan, replace(PLUCKED_CARD, sources=notes.origins), reference),
        path,
    )


def report(console: Console, module: Any, document: ModelDocument, notes: NoteSet) -> None:
    """Prints the figures of the model card, measured on the exported file."""
    x = decode_all(module, encode_all(module, notes, document.first_octave), notes.note.tolist(), document.first_octave)
    table = Table("figure", "value")
    for title, chosen in (("held out", notes.held_out), ("training", ~notes.held_out)):
        found = distance(x[chosen], notes.x[chosen], document.floor_db, document.ceiling_db)
        table.add_row(f"LSD, SC: {title}", f"{found.lsd_db:.2f} dB, {found.sc_db:.1f} dB")
    for which, timbre in enumerate(notes.timbres):
        chosen = notes.held_out & (notes.timbre == which)
        found = distance(x[chosen], notes.x[chosen], document.floor_db, document.ceiling_db)
        table.add_row(f"  held out: {timbre}", f"{found.lsd_db:.2f} dB, {found.sc_db:.1f} dB")
    tuned = pitch(module, document)
    table.add_row("pitch error, median and p95", f"{tuned.median_cents:.2f} and {tuned.p95_cents:.2f} cents")
    table.add_row("within 10 cents", f"{100.0 * tuned.within_10_cents:.1f} %")
    torch.set_num_threads(1)
    for batch in (1, 4):
        slowest, median, p99 = decode_ms(module, document, batch)
        table.add_row(
            f"decode of {batch}, one thread", f"{median:.2f} ms, p99 {p99:.2f}, first five at most {slowest:.1f}"
        )
    console.print(table)


if __name__ == "__main__":
    main()
