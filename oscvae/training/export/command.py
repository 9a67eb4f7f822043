"""`oscvae export`: from the folder of a run to a model file, checked, and what it costs; or a model file, at the common
loudness."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from oscvae.errors import ConfigError
from oscvae.model.document import SUFFIX, ModelDocument
from oscvae.training.data.dataset import WITHHELD_NOTE, WITHHELD_RECORDING, NoteSet
from oscvae.training.data.store import open_dataset
from oscvae.training.evaluate.metrics import decode_ms
from oscvae.training.evaluate.subject import Subject
from oscvae.training.evaluate.summary import Track, quietly, tracker
from oscvae.training.export.axes import measure_axes, turned, turned_document
from oscvae.training.export.effects import hold_to_places, place_unseen, with_bank, with_effects
from oscvae.training.export.export import Card, Difference, check_same, describe, export
from oscvae.training.export.loudness import Loudness, levelled
from oscvae.training.export.precision import check_rounding, rounded
from oscvae.training.export.relevel import Relevelled, relevel
from oscvae.training.export.texturing import measure_textures
from oscvae.training.export.wish import FIRST, Wish, check_data, check_out, check_weights
from oscvae.training.fit.run import Run, load_run, read_record, versions
from oscvae.training.timbre.command import decodes_frames, export_frames_run
from oscvae.units import gain_to_db


@dataclass(frozen=True)
class Exported:
    """A model file, the data that it was made with, and how it compares with the network in memory."""

    path: Path
    data: Path
    document: ModelDocument
    loudness: Loudness
    difference: Difference
    first_ms: float
    """The slowest of the first five decodes on one thread."""
    decode_ms: float
    """Median on one thread."""
    shift_db: float = 0.0
    """By which float16 moves the log-spectral distance of withheld notes; 0 for a file in float32."""


def main(source: Path, out: Path, force: bool = False, data: Path | None = None, wish: Wish | None = None) -> int:
    """Exports the folder of a run, or a model file again, and says what was written; returns the exit code.

    Raises ConfigError, DataError and ModelError.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        if source.suffix == SUFFIX and not source.is_dir():
            lines = _say_relevelled(export_model(source, out, data, force, wish, tracker(bars)))
        elif decodes_frames(source):
            lines = _say_frames(export_frames_run(source, out, data, force, wish, tracker(bars)))
        else:
            lines = _say_exported(export_run(source, out, data, force, wish, tracker(bars)))
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
    return 0


def _say_exported(made: Exported) -> list[str]:
    document, difference = made.document, made.difference
    return [
        f"{made.path}: {made.path.stat().st_size / 1e6:.1f} MB, {document.latent_size} latent dimensions, MIDI notes "
        f"{document.note_min} to {document.note_max}, {len(document.points)} points, licence {document.licence}",
        f"equals the trained network within {max(difference.decoded, difference.encoded):.1g} at any batch size; a "
        f"note takes {made.decode_ms:.2f} ms on one thread, the first ones up to {made.first_ms:.1f}",
        *([f"its parameters are float16, which moves the LSD by {made.shift_db:.3f} dB"] if made.shift_db else []),
        _say_loudness(made.loudness),
    ]


def _say_frames(made: Any) -> list[str]:
    document = made.document
    return [
        f"{made.path}: {made.path.stat().st_size / 1e6:.1f} MB, single frames of {document.latent_size} latent "
        f"dimensions, {len(document.points)} places, licence {document.licence}",
        f"equals the trained network within {made.difference:.1g}; 16 frames take {made.decode_ms:.2f} ms on one "
        "thread",
        *([f"its parameters are float16, which moves the LSD by {made.shift_db:.3f} dB"] if made.shift_db else []),
        _say_loudness(made.loudness),
    ]


def _say_relevelled(made: Relevelled) -> list[str]:
    gain_db = gain_to_db(made.document.reference / made.before.reference)
    return [
        f"{made.path}: {made.before.name} {made.before.version} as {made.document.name} {made.document.version}, "
        f"{gain_db:+.1f} dB: reference {made.before.reference:g} became {made.document.reference:g}",
        _say_loudness(made.loudness),
    ]


def _say_loudness(loudness: Loudness) -> str:
    return (
        f"the loudest quarter second of its median note has {loudness.median_db:.1f} dBFS at full velocity and 0 dB, "
        f"the peak {loudness.median_peak_db:.1f}"
    )


def export_model(
    source: Path,
    out: Path,
    data: Path | None = None,
    force: bool = False,
    wish: Wish | None = None,
    track: Track = quietly,
) -> Relevelled:
    """A model file again, at the common loudness, its network as it was.

    Raises ConfigError for a file that is there, a name that is none, or a wish that only a run can fulfil; ModelError
    for a file that cannot be played.
    """
    wish = wish or Wish()
    for given, option in (
        (data, "--data"),
        (wish.licence, "--licence"),
        (wish.checkpoint, "--checkpoint"),
        (wish.weights, "--weights"),
    ):
        if given is not None:
            raise ConfigError(
                f"{option} is for the folder of a run: {source} keeps its own network, points and licence"
            )
    check_out(out, force)
    return relevel(source, out, wish.version, track)


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
    check_out(out, force)
    check_weights(wish)
    loaded = load_run(run, wish.checkpoint)
    record = read_record(run)
    where = data or loaded.data
    notes = open_dataset(where)
    check_data(run, record, where, notes.fingerprint)
    licence = wish.licence if wish.licence is not None else notes.licence
    card = Card(out.stem, FIRST if wish.version is None else wish.version, licence, notes.origins)
    half = wish.weights == "float16"
    effects = loaded.config.effects.size
    if effects:
        place_unseen(loaded.model, notes, loaded.config)
    model = rounded(loaded.model) if half else loaded.model
    document = describe(model, notes, loaded.analysis, card, _training(loaded, notes, record))
    if effects:
        document = with_effects(document, model, notes)
        hold_to_places(model)  # what is listened to is what will be played
    shift_db = check_rounding(loaded.model, model, document, notes) if half else 0.0
    parted = document.latent_size - effects
    axes = measure_axes(model, document, model.first_weights().numpy(), track, parted)
    model, document = turned(model, axes), turned_document(document, axes)
    if effects:
        document = with_bank(document, model, notes, loaded.config)
        hold_to_places(model)
    loud, loudness = levelled(model, document, track)
    told = {**document.training, "loudness": loudness.record()} | ({"float16_shift_db": shift_db} if half else {})
    final = loud.model_copy(update={"training": told, "weights": "float16" if half else "float32"})
    textures = measure_textures(Subject(model, final), notes)
    if textures is not None:
        final = final.model_copy(update={"texture_rows": textures.head.frames})
    module, read = export(model, final, out, textures)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        first, median, _ = decode_ms(module, read)
    finally:
        torch.set_num_threads(threads)
    return Exported(out, where, read, loudness, check_same(model, module, read), first, median, shift_db)


def _training(run: Run, notes: NoteSet, record: dict[str, Any]) -> dict[str, Any]:
    """What the document says of how the model came about."""
    return {
        "data": {
            "name": notes.name,
            "fingerprint": notes.fingerprint,
            "notes": int((~notes.held_out & ~notes.altered).sum()),
            **({"altered_copies": int(notes.altered.sum())} if notes.altered.any() else {}),
            "withheld_notes": int((notes.split == WITHHELD_NOTE).sum()),
            "unseen_recordings": int((notes.split == WITHHELD_RECORDING).sum()),
            "instruments": [notes.timbres[timbre] for timbre in np.unique(notes.timbre).tolist()],
        },
        "config": run.config.model_dump(mode="json"),
        **({"from": record["from"]} if "from" in record else {}),
        "trained_with": record.get("versions", {}),
        "exported_with": versions(),
    }
