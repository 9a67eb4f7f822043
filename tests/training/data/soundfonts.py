"""Tests that render notes need fluidsynth and a General MIDI soundfont."""

from __future__ import annotations

import shutil

import pytest

from oscvae.training.data.soundfont import SOUNDFONT_FOLDERS

needs_fluidsynth = pytest.mark.skipif(
    shutil.which("fluidsynth") is None
    or not any((folder / "FluidR3_GM.sf2").is_file() for folder in SOUNDFONT_FOLDERS),
    reason="fluidsynth and fluid-soundfont-gm are needed to render notes",
)
