"""`oscvae export`: from the folder of a run to a model file, checked, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from oscvae.errors import ConfigError, DataError
from oscvae.model.document import SUFFIX, ModelDocument
from oscvae.training.data.dataset import WITHHELD_NOTE, WITHHELD_RECORDING, NoteSet
from oscvae.training.data.store import open_dataset
from oscvae.training.evaluate.metrics import decode_ms
from oscvae.training.evaluate.summary import Track, quietly, tracker
from oscvae.training.export.export import (
    Card,
    Difference,
    check_same,
    describe,
    export,
    lower_reference,
    measure_reference,
)
from oscvae.training.fit.run import Run, load_run, read_record, versions


@dataclass(frozen=True)
class Exported:
    """A model file, the data that it was made with, and how it compares with the network in memory."""

    path: Path
    data: Path
    document: ModelDocument
    difference: Difference
    first_ms: float
    """The slowest of the first five decodes on one thread."""
    decode_ms: float
    """Median on one thread."""


@dataclass(frozen=True)
class Wish:
    """What the command line may say about a model that its run and data do not."""

    version: str = "1"
    licence: str | None = None
    """Instead of the data's."""
    checkpoint: str | None = None
    """best or last; without it, the one that the run's configuration keeps."""


def main(run: Path, out: Path, force: bool = False, data: Path | None = None, wish: Wish | None = None) -> int:
    """Exports, and says what was written; returns the exit code. Raises ConfigError, DataError and ModelError."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        made = export_run(run, out, data, force, wish, tracker(bars))
    document, difference = made.document, made.difference
    console.print(
        f"{made.path}: {made.path.stat().st_size / 1e6:.1f} MB, {document.latent_size} latent dimensions, MIDI notes "
        f"{document.note_min} to {document.note_max}, {len(document.points)} points, licence {document.licence}",
        highlight=False,
        soft_wrap=True,
    )
    console.print(
        f"equals the trained network within {max(difference.decoded, difference.encoded):.1g} at any batch size; a "
        f"note takes {made.decode_ms:.2f} ms on one thread, the first ones up to {made.first_ms:.1f}",
        highlight=False,
        soft_wrap=True,
    )
    return 0


def export_run(
    run: Path,
    out: Path,
    data: Path | None = None,
    force: bool = False,
    wish: Wish | None = None,
    track: Track = quietly,
) -> Exported:
    """The model of a run as a file.

    data: where the run's data set lies now, if not where it was. force: over a file that is there.
    Raises ConfigError for a file that is there or a name that is none, DataError for a run or data that do not fit,
    ModelError where the file is not what was trained.
    """
    wish = wish or Wish()
    if out.suffix != SUFFIX:
        raise ConfigError(f"{out} must end in {SUFFIX}: a model is found by that")
    if out.exists() and not force:
        raise ConfigError(f"{out} is there already: --force replaces it")
    loaded = load_run(run, wish.checkpoint)
    record = read_record(run)
    where = data or loaded.data
    notes = open_dataset(where)
    if notes.fingerprint != record["data"]["fingerprint"]:
        raise DataError(
            f"{run} was trained on the data {record['data']['fingerprint'][:12]}, {where} holds "
            f"{notes.fingerprint[:12]}: build the same set again, or name it with --data"
        )
    licence = wish.licence if wish.licence is not None else notes.licence
    card = Card(out.stem, wish.version, licence, notes.origins)
    reference = measure_reference(notes, loaded.analysis, track)
    document = describe(loaded.model, notes, loaded.analysis, card, reference, _training(loaded, notes, record))
    document = lower_reference(loaded.model, document, track)
    module, read = export(loaded.model, document, out)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        first, median, _ = decode_ms(module, read)
    finally:
        torch.set_num_threads(threads)
    return Exported(out, where, read, check_same(loaded.model, module, read), first, median)


def _training(run: Run, notes: NoteSet, record: dict[str, Any]) -> dict[str, Any]:
    """What the document says of how the model came about."""
    return {
        "data": {
            "name": notes.name,
            "fingerprint": notes.fingerprint,
            "notes": int((~notes.held_out).sum()),
            "withheld_notes": int((notes.split == WITHHELD_NOTE).sum()),
            "unseen_recordings": int((notes.split == WITHHELD_RECORDING).sum()),
            "instruments": list(notes.timbres),
        },
        "config": run.config.model_dump(mode="json"),
        "trained_with": record.get("versions", {}),
        "exported_with": versions(),
    }
