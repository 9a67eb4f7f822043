"""Data and configurations small enough to train in a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from typer.testing import CliRunner

from oscvae.app.cli import app
from oscvae.model.level import level_frames
from oscvae.sound.levels import measure_level
from oscvae.sound.stft import to_log
from oscvae.training.config import TrainConfig, load_config
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.dataset import NoteSet
from oscvae.training.data.store import save_dataset
from oscvae.units import note_to_hz

ANALYSIS = AnalysisPart(
    n_fft=512, hop=128, n_bands=48, frames=24, onset_sample=384, note_min=60, note_max=72
).complete()

TINY: dict[str, object] = {
    "name": "tiny",
    "latent": 3,
    "encoder": {"kind": "knots", "knots": 8, "dense_knots": 4, "channels": 8},
    "decoder": {
        "kind": "additive", "partials": 12, "knots": 8, "dense_knots": 4, "bumps": 5, "width": 16, "codes": 4,
        "channels": 8,
    },
    "fit": {"steps": 20, "batch": 8, "threads": 1},
    "watch": {"every_steps": 5, "log_steps": 1, "hear_every": 0},
    "trainer": {"accelerator": "cpu"},
}  # fmt: skip


def make_notes() -> NoteSet:
    """Decaying harmonic combs in two colours and at two velocities; every fifth note withheld, one recording too."""
    axis = ANALYSIS.band_axis()
    rows = [(note, timbre, velocity) for timbre in (0, 1) for velocity in (60, 110) for note in range(60, 73)]
    note, timbre, velocity = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    h = np.arange(1, 13)
    spectra = []
    for row in range(len(rows)):
        place = note_to_hz(float(note[row])) * ANALYSIS.n_fft / ANALYSIS.sample_rate * h
        level_db = -(3.0 if timbre[row] == 0 else 9.0) * (h - 1) * (1.2 if velocity[row] == 60 else 1.0)
        near = np.abs(axis.centre[:, None] - place) < axis.spacing[:, None]
        spectra.append(np.where(near, level_db, -90.0).max(axis=1)[:, None] - np.arange(ANALYSIS.frames))
    x = np.stack([levelled(spectrum) for spectrum in spectra])
    return NoteSet(
        x=x,
        note=note,
        program=np.where(timbre == 0, 24, 46),
        velocity=velocity,
        level=np.ones(len(rows), np.float32),
        split=np.where(note == 72, 2, np.where(note % 5 == 0, 1, 0)).astype(np.int8),
        analysis=ANALYSIS,
    )


def levelled(spectrum_db: NDArray[np.float64]) -> NDArray[np.float32]:
    """Band levels in dB [bands, frames] as x, at the level that every note of a data set has."""
    bands = 10.0 ** (spectrum_db.T / 20.0)
    level = measure_level(bands, ANALYSIS.band_axis(), level_frames(ANALYSIS))
    return to_log(bands, level, ANALYSIS.floor_db, ANALYSIS.ceiling_db).T


def store_notes(folder: Path) -> Path:
    save_dataset(make_notes(), folder)
    return folder


def write_config(path: Path, **sections: object) -> Path:
    """The tiny configuration as a file, with some of its keys replaced."""
    path.write_text(yaml.safe_dump(TINY | sections), encoding="utf-8")
    return path


def tiny_config(folder: Path, *overrides: str) -> TrainConfig:
    return load_config(write_config(folder / "tiny.yaml"), overrides)


def typed(*arguments: str | Path) -> tuple[int, str]:
    """`oscvae train`: the exit code, and all that was said."""
    result = CliRunner().invoke(app, ["train", *map(str, arguments)])
    return result.exit_code, result.output
