"""Recordings under effects of somebody's own, small enough to train in a second."""

from __future__ import annotations

from pathlib import Path

from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.build import build
from oscvae.training.data.recipes import load_recipe
from parts.pedals import write_pedals
from training.tiny import ANALYSIS

MISSING = "n62__fuzz.wav"
FOLDER = "board"


def store_board(folder: Path) -> Path:
    """A data set of six notes under three effects, one of them missing; the recordings lie beside it."""
    recordings = write_pedals(folder.parent / FOLDER)
    (recordings / MISSING).unlink()
    small = AnalysisPart.of(ANALYSIS).model_dump() | {"note_min": 57}
    overrides = [f"analysis.{key}={value}" for key, value in small.items() if value is not None]
    build(load_recipe("coast", overrides, effects=recordings), folder, workers=0)
    return folder
