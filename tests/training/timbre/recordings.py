"""Recordings of anything, a second long, and a data set and a run of them that take seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import yaml
from typer.testing import CliRunner

from oscvae.app.cli import app
from oscvae.training.timbre.build import BuiltFrames, build_frames
from oscvae.training.timbre.config import TimbreConfig, load_timbre_config
from oscvae.training.timbre.recipe import FramesRecipe, load_frames_recipe

RATE = 22050
SMALL = (
    "analysis.sample_rate=16000",
    "analysis.n_fft=512",
    "analysis.hop=128",
    "analysis.n_bands=64",
    "split.unseen=0.2",
    "split.watched=0.1",
)
TINY: dict[str, object] = {
    "kind": "frames",
    "name": "tiny",
    "latent": 3,
    "hidden": [24, 24],
    "regulariser": {"weight": 1e-5},
    "fit": {"steps": 20, "batch": 16, "threads": 1},
    "optimiser": {"rate": 1e-2, "warm_up_steps": 2},
    "watch": {"every_steps": 5, "log_steps": 1},
    "trainer": {"accelerator": "cpu"},
}


def tone(freq_hz: float, rate: int = RATE, seconds: float = 0.5) -> np.ndarray:
    """A harmonic tone that fades."""
    t = np.arange(round(seconds * rate)) / rate
    harmonics = sum(np.sin(2 * np.pi * freq_hz * h * t) / h for h in range(1, 6))
    return 0.2 * harmonics * np.exp(-3.0 * t)


def noise(seed: int, rate: int = RATE, seconds: float = 0.5) -> np.ndarray:
    """Noise whose colour depends on the seed."""
    rng = np.random.default_rng(seed)
    white = rng.standard_normal(round(seconds * rate))
    return 0.1 * np.convolve(white, np.exp(-np.arange(64) / (1.0 + seed)), mode="same")


def record(folder: Path) -> Path:
    """Ten recordings of eight sources, at two rates, one of them in stereo; among them silence and a file that is
    none."""
    folder.mkdir(parents=True)
    for number in range(5):
        soundfile.write(folder / f"tone {chr(97 + number)}.wav", tone(200.0 + 150.0 * number), RATE)
    for number in (1, 2, 3):
        soundfile.write(folder / f"hiss{number}.flac", noise(number, 44100), 44100)
    both = np.stack([tone(330.0), noise(9)], axis=1)
    (folder / "inside").mkdir()
    soundfile.write(folder / "inside" / "both.wav", both, RATE)
    late = np.concatenate([tone(500.0), np.zeros(RATE)])
    soundfile.write(folder / "late.wav", late, RATE)
    soundfile.write(folder / "nothing.wav", np.zeros(RATE), RATE)
    (folder / "broken.wav").write_text("no sound")
    return folder


def small_recipe(folder: Path, *overrides: str) -> FramesRecipe:
    return load_frames_recipe(str(folder), [*SMALL, *overrides])


def build_small(folder: Path, out: Path, *overrides: str) -> BuiltFrames:
    return build_frames(small_recipe(folder, *overrides), out)


def tiny_config(path: Path, **changes: object) -> TimbreConfig:
    return load_timbre_config(write_tiny(path, **changes))


def write_tiny(path: Path, **changes: object) -> Path:
    path.write_text(yaml.safe_dump(TINY | changes), encoding="utf-8")
    return path


def typed(*words: object) -> tuple[int, str]:
    """The exit code of `oscvae` with these words, and what it said."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, done.output
