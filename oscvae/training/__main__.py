"""Makes a model from nothing: `python -m oscvae.training --out models/plucked.ts`.

Renders the notes, trains, exports, opens the file again and prints its figures. One seed, one machine: one result.
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

from oscvae.modelfile import ModelDocument
from oscvae.training.dataset import PLUCKED, NoteSet, Recipe, make_dataset
from oscvae.training.export import Card, export, make_document, measure_reference
from oscvae.training.fit import Plan, fit
from oscvae.training.metrics import decode_all, decode_ms, distance, encode_all, pitch
from oscvae.training.network import Shape

PLUCKED_CARD = Card(
    name="plucked",
    version="1",
    licence="MIT",
    sources=("FluidR3 GM SoundFont 3.1, Frank Wen, MIT licence; programs 24-27, 45, 46, 104-107",),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m oscvae.training", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("models/plucked.ts"), help="the model file to write")
    parser.add_argument("--soundfont", type=Path, help="FluidR3_GM.sf2, where it is not at Debian's place")
    parser.add_argument("--steps", type=int, default=Plan.steps, help="training steps of one batch (%(default)s)")
    parser.add_argument("--seed", type=int, default=Plan.seed, help="of weights and batches (%(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads to train on (%(default)s)")
    parser.add_argument("--device", default="cpu", help="where to train: cpu or cuda (%(default)s)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    recipe, shape, plan = Recipe(), Shape(), replace(Plan(), steps=options.steps, seed=options.seed)
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bars:
        timbres = bars.add_task("rendering timbres", total=len(recipe.programs) * len(recipe.velocities))
        notes = make_dataset(recipe, options.soundfont, lambda: bars.advance(timbres))
        steps = bars.add_task("training", total=plan.steps)

        def step_done(step: int, loss: float) -> None:
            bars.update(steps, completed=step + 1, description=f"training, loss {loss:.4f}")

        model = fit(notes, recipe, shape, plan, options.device, step_done).cpu()
        bars.add_task("measuring", total=None)
        reference = measure_reference(notes, recipe)
        document = make_document(model, notes, recipe, shape, plan, PLUCKED_CARD, reference)
    module, document = export(model, document, options.out)
    console.print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB, 0 dB is magnitude {document.reference}")
    report(console, module, document, notes)


def report(console: Console, module: Any, document: ModelDocument, notes: NoteSet) -> None:
    """Prints the figures of the model card, measured on the exported file."""
    x = decode_all(module, encode_all(module, notes, document.first_octave), notes.note.tolist(), document.first_octave)
    table = Table("figure", "value")
    for title, chosen in (("held out", notes.held_out), ("training", ~notes.held_out)):
        found = distance(x[chosen], notes.x[chosen], document.floor_db, document.ceiling_db)
        table.add_row(f"LSD, SC: {title}", f"{found.lsd_db:.2f} dB, {found.sc_db:.1f} dB")
    for program in sorted(set(notes.program.tolist())):
        chosen = notes.held_out & (notes.program == program)
        found = distance(x[chosen], notes.x[chosen], document.floor_db, document.ceiling_db)
        table.add_row(f"  held out: {PLUCKED[program]}", f"{found.lsd_db:.2f} dB, {found.sc_db:.1f} dB")
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
