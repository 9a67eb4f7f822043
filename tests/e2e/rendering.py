"""What `oscvae render` writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import soundfile

from oscvae.app import render
from oscvae.settings.sections import load_config
from parts import ROOT
from parts.daemon import Z
from parts.listening import Sound


def rendered(out: Path, note: float, velocity: float, z: Sequence[float] = Z) -> Sound:
    """`oscvae render --note`: float32 [2, frames]."""
    config = load_config(ROOT / "config.yaml", ["model.device=cpu"])
    assert render.main(config, out=out, note=note, z=z, velocity=velocity, progress=False) == 0
    samples, _ = soundfile.read(out, dtype="float32", always_2d=True)
    sound: Sound = samples.T
    return sound
