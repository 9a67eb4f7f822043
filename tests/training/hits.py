"""Hits, effects and a configuration of both, small enough to train in a second."""

from __future__ import annotations

from pathlib import Path

from oscvae.training.config import TrainConfig, load_config
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.recipes import load_recipe
from oscvae.training.synth.build import build_hits
from training.tiny import ANALYSIS, TINY, write_config

UNSEEN = "moog-800-r50"


def store_hits(folder: Path, hits: int = 16) -> Path:
    """A data set of hits, two of them watched and three unseen."""
    counts = (f"synth.hits={hits}", "synth.watched=2", "synth.unseen=3")
    small = AnalysisPart.of(ANALYSIS).model_dump()
    build_hits(load_recipe("coast", [*counts, *(f"analysis.{key}={value}" for key, value in small.items())]), folder)
    return folder


def paired_config(folder: Path, *overrides: str) -> TrainConfig:
    sections = {
        "latent": 4,
        "effects": {"size": 2, "at_once": 3, "unseen": [UNSEEN]},
        "decoder": {**dict(TINY["decoder"]), "gain_points": 8},  # type: ignore[call-overload]
        "loss": {"pitch": 0.5},
        "fit": {"steps": 4, "batch": 6, "threads": 1},
        "watch": {"every_steps": 2, "log_steps": 1, "hear_every": 0},
    }
    return load_config(write_config(folder / "paired.yaml", **sections), overrides)
