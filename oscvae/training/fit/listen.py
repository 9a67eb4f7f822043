"""`oscvae listen`: withheld notes of a run, each as it was recorded and then as the model makes it again."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from rich.console import Console

from oscvae.arrays import Float32s, Int64s
from oscvae.errors import DataError
from oscvae.names import shown
from oscvae.training.data.dataset import TRAIN, WITHHELD_RECORDING, NoteSet
from oscvae.training.data.listen import choose, play
from oscvae.training.data.store import open_dataset
from oscvae.training.evaluate.metrics import decode_all, distance, encode_all
from oscvae.training.evaluate.sound import Renderer
from oscvae.training.fit.run import load_run, read_record
from oscvae.training.model.network import in_frames
from oscvae.units import note_name

_PEAK = 0.9
_WITHIN_S, _BETWEEN_S = 0.3, 0.9
"""Silence between a note and its reconstruction, and before the next."""
_INAUDIBLE = 1e-3  # of the peak


@dataclass(frozen=True)
class Pair:
    """A note and its reconstruction in a sound file."""

    row: int
    recorded_s: float
    decoded_s: float
    lsd_db: float


def main(folder: Path, data: Path | None, out: Path | None, count: int, seed: int | None) -> int:
    """Writes the pairs as a WAV file, or plays them where no file is named; returns the exit code.

    Raises ConfigError and DataError for a run or data that cannot be read, or where no player is installed.
    """
    run, begun = load_run(folder), read_record(folder)["data"]
    place = data if data is not None else run.data
    notes = open_dataset(place).recorded()
    if notes.fingerprint != begun["fingerprint"]:
        raise DataError(
            f"{shown(place)} holds the data {notes.fingerprint[:12]}, {shown(folder)} was trained on "
            f"{begun['fingerprint'][:12]}: name them by --data"
        )
    rows = withheld(notes, count, seed)
    console = Console()
    with tempfile.TemporaryDirectory(prefix="oscvae-") as elsewhere:
        wav = out if out is not None else Path(elsewhere) / "listen.wav"
        for pair in write_pairs(run.model, notes, rows, wav):
            console.print(f"{pair.recorded_s:7.2f} s  {_label(notes, pair.row)}", highlight=False)
            console.print(f"{pair.decoded_s:7.2f} s  by the model, {pair.lsd_db:.1f} dB away", highlight=False)
        if not notes.held_out.any():
            console.print("nothing was withheld from training: these notes it has seen", style="yellow")
        if out is not None:
            console.print(f"wrote {shown(out)}", highlight=False)
        else:
            play(wav)
    return 0


def withheld(notes: NoteSet, count: int, seed: int | None = None) -> Int64s:
    """Rows that were not trained on, by instrument from low to high, evenly or at random; of all where there are none.

    Recordings that were never trained on go before notes of known ones.
    """
    for kept in (notes.split == WITHHELD_RECORDING, notes.split != TRAIN):
        if np.unique(notes.note[kept]).size >= count:
            return choose(notes, count, seed=seed, among=kept)
    return choose(notes, count, seed=seed, among=notes.held_out if notes.held_out.any() else None)


def write_pairs(model: Any, notes: NoteSet, rows: Int64s, path: Path) -> list[Pair]:
    """Writes rows and their reconstructions, one after the other, as one WAV file; says what is heard when.

    model: a `NoteModel` in evaluation mode. All are as loud as each other. Raises DataError where it cannot be written.
    """
    analysis = notes.analysis
    z = encode_all(model, notes, analysis.first_octave, rows)
    decoded = torch.from_numpy(decode_all(model, z, notes.note[rows].tolist(), analysis.first_octave))
    again = in_frames(decoded, model.knots, analysis.frames).numpy()
    renderer, rate = Renderer(analysis), analysis.sample_rate
    parts: list[Float32s] = []
    pairs, at = [], 0
    for row, x in zip(rows.tolist(), again, strict=True):
        original = np.array(notes.x[row])
        begins = []
        for spectrum, gap_s in ((original, _WITHIN_S), (np.ascontiguousarray(x), _BETWEEN_S)):
            begins.append(at / rate)
            sound = np.append(_audible(renderer.sound(spectrum, 1.0)), np.zeros(round(gap_s * rate), np.float32))
            parts.append(sound)
            at += sound.size
        away = distance(x[None], original[None], analysis.floor_db, analysis.ceiling_db)
        pairs.append(Pair(row, begins[0], begins[1], away.lsd_db))
    sound = np.concatenate(parts)
    sound *= _PEAK / max(float(np.abs(sound).max()), 1e-9)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound, rate, subtype="PCM_24")
    except (OSError, RuntimeError) as error:
        raise DataError(f"{shown(path)} cannot be written: {error}") from error
    return pairs


def _audible(sound: Float32s) -> Float32s:
    """A sound up to where it stays below -60 dB of its peak."""
    level = np.abs(sound)
    loud = np.flatnonzero(level > _INAUDIBLE * level.max())
    return sound[: int(loud[-1]) + 1] if loud.size else sound[:1]


def _label(notes: NoteSet, row: int) -> str:
    kind = {TRAIN: "trained on", WITHHELD_RECORDING: "a recording never trained on"}
    told = kind.get(int(notes.split[row]), "a withheld note of a known recording")
    name = notes.timbres[int(notes.timbre[row])]
    return f"{name} {note_name(int(notes.note[row]))} at {notes.velocity[row]}, {told}"
