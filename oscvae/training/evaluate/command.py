"""`oscvae evaluate`: a model file or a run, and a data set, to a folder with a page, its figures and its pictures.

index.html      everything, self-contained
figures.json    the figures
pictures/       the pictures of the page as files, for a model's card
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from oscvae.errors import ConfigError
from oscvae.model.document import SUFFIX, read_document
from oscvae.training.data.dataset import NoteSet
from oscvae.training.data.store import open_dataset
from oscvae.training.evaluate import gallery, maps
from oscvae.training.evaluate.drawing import png, sheet
from oscvae.training.evaluate.effects.measure import Placed
from oscvae.training.evaluate.effects.page import draw_effects, write_effects
from oscvae.training.evaluate.fidelity import instrument_codes
from oscvae.training.evaluate.page import Page, doubt, write_fidelity, write_head, write_playing, write_realism
from oscvae.training.evaluate.report import Effort, Evaluation, Material, evaluate
from oscvae.training.evaluate.space import SpacePictures, write_space
from oscvae.training.evaluate.subject import Subject
from oscvae.training.evaluate.summary import Track, tracker
from oscvae.training.evaluate.targets import targets
from oscvae.training.timbre.command import decodes_frames, run_frames_evaluation
from oscvae.units import note_name

INDEX, FIGURES, PICTURES = "index.html", "figures.json", "pictures"


def main(model: Path, data: Path | None, out: Path, seed: int = 1, effort: Effort | None = None) -> int:
    """Evaluates a model file, or a run, which is exported into `out` first; returns the exit code.

    Raises ConfigError, ModelError and DataError.
    """
    console = Console(stderr=True)
    if not model.exists():
        raise ConfigError(f"{model} does not exist: name a model file, like models/plucked.ts, or a run's folder")
    if decodes_frames(model):
        return run_frames_evaluation(model, data, out, console)
    if model.is_dir():
        from oscvae.training.export.command import export_run
        from oscvae.training.fit.run import read_record

        read_record(model)  # before anything is made
        out.mkdir(parents=True, exist_ok=True)
        exported = export_run(model, out / f"{model.resolve().name}{SUFFIX}", data=data, force=True)
        model, data = exported.path, exported.data
    read_document(model)  # before the data are asked for
    if data is None:
        raise ConfigError("--data must name the folder of a data set: a model file does not know where its data lie")
    notes, subject = open_dataset(data).recorded(), Subject.open(model)
    columns = (TextColumn("{task.description:24}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bars:
        found, material = evaluate(subject, notes, seed, effort, tracker(bars))
        write(subject, notes, found, material, out, tracker(bars))
    console.print(table_of(found, subject))
    if warning := doubt(found.data):
        console.print(warning, style="yellow")
    console.print(f"{out / INDEX}", highlight=False, soft_wrap=True)
    return 0


def write(subject: Subject, notes: NoteSet, found: Evaluation, material: Material, out: Path, track: Track) -> None:
    """The page, the figures and the pictures."""
    (out / PICTURES).mkdir(parents=True, exist_ok=True)
    (out / FIGURES).write_text(found.to_json(), encoding="utf-8")
    document, codes = subject.document, material.codes
    rng = np.random.default_rng(found.seed)

    def keep(name: str, data: bytes) -> bytes:
        (out / PICTURES / name).write_bytes(data)
        return data

    pairs = gallery.reconstruct_pairs(subject, notes, codes, gallery.choose_pairs(notes, rng))
    every = subject.every_note
    page = Page()
    write_head(page, found, document)
    write_fidelity(
        page,
        found,
        keep("distances.png", png(maps.draw_distances(found.fidelity.instrument))),
        keep("pairs.png", png(gallery.draw_pairs(subject, pairs))),
        gallery.pair_cells(subject, pairs, track),
    )
    write_playing(page, found.playing, keep("playing.png", png(maps.draw_playing(material.heard, every))))
    write_space(page, found.latent, draw_space(subject, notes, found, material, keep, track))
    write_realism(page, found.realism, found.data)
    if found.effects is not None:
        placed = Placed.of(document)
        write_effects(page, found.effects, placed, keep("effects.png", png(draw_effects(placed))))
    (out / INDEX).write_text(page.html(f"{found.model}, evaluated"), encoding="utf-8")


def draw_space(
    subject: Subject, notes: NoteSet, found: Evaluation, material: Material, keep: Any, track: Track
) -> SpacePictures:
    document, codes = subject.document, material.codes
    note = int(np.median(notes.note))
    z, timbre, pitch = gallery.training_points(notes, codes)
    shown = maps.shown_rows(len(z), np.random.default_rng(found.seed))
    z, timbre, pitch = z[shown], timbre[shown], pitch[shown]

    traversals = gallery.traverse(subject, note, track)
    pairs = [(first, first + 1) for first in range(0, document.latent_size - 1, 2)]
    grids = tuple(
        (f"z{one + 1} and z{other + 1}", gallery.pad(subject, note, (one, other), track)) for one, other in pairs
    )
    points = instrument_codes(notes, codes.mean)
    if len(points) < 2:
        low, high = (np.asarray(end, np.float32) for end in (subject.low, subject.high))
        points = {"low end": low, "high end": high}
    names = gallery.farthest(points)
    ends = (points[names[0]], points[names[1]])
    way = gallery.strip(subject, names, ends, note, track)
    for name, block in (("traversals.png", traversals), ("way.png", way), *_named(grids)):
        keep(name, png(sheet(block.spectra, block.rows, block.columns, document)))
    plane = z[:, :2] if z.shape[1] > 1 else np.repeat(z, 2, axis=1)
    return SpacePictures(
        unfolded=keep("tsne.png", png(maps.draw_map(maps.tsne(z, found.seed), timbre, notes.timbres, pitch, ""))),
        plane=keep("plane.png", png(maps.draw_map(plane, timbre, notes.timbres, pitch, "z{}"))),
        pads=keep("pads.png", png(maps.draw_pads(z, timbre, notes.timbres, subject.low, subject.high))),
        correlations=keep("correlations.png", png(maps.draw_correlations(found.latent.correlations))),
        traversals=traversals,
        traversal_note=f"{note_name(note)} (MIDI note {note})",
        grids=grids,
        way=way,
        way_note=f"{note_name(note)}, {names[0]} to {names[1]}",
        animation=keep("way.gif", gallery.animate(subject, names, ends, note)),
    )


def table_of(found: Evaluation, subject: Subject) -> Table:
    """The figures that decide, for a terminal."""
    table = Table("figure", "measured", "at least", "aim", "n", title=f"{found.model}, version {found.version}")
    untold = []
    for target in targets(subject.document, found):
        told = target.read(found)
        if told is None:
            untold.append(target.what)
            continue
        colour = ("red", "yellow", "green")[target.reached(told[0])]
        value = f"[{colour}]{told[0]:.{target.digits}f}[/{colour}] {target.unit}"
        table.add_row(target.what, value, f"{target.least:g}", f"{target.aim:g}", str(told[1]))
    if untold:
        table.caption = f"these data do not say: {'; '.join(untold)}"
    return table


def _named(grids: Sequence[tuple[str, gallery.Block]]) -> list[tuple[str, gallery.Block]]:
    return [(f"pad{number}.png", block) for number, (_, block) in enumerate(grids, 1)]
