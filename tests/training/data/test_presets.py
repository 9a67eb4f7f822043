"""A SoundFont is a source of its own: its presets are instruments, over the notes that were recorded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from oscvae.errors import DataError
from oscvae.training.data.build import build
from oscvae.training.data.recipes import load_recipe
from oscvae.training.data.store import read_index
from parts.tiny_soundfont import TinyZone, string, write_soundfont


@pytest.fixture
def font(tmp_path: Path) -> Path:
    samples = {"low": (48, string(48, 0.5)), "high": (60, string(60, 0.5))}
    presets = {
        (0, 0, "harp"): [TinyZone("low", (0, 53)), TinyZone("high", (54, 127))],
        (0, 7, "oud"): [TinyZone("high", (58, 62))],
        (1, 7, "oud"): [TinyZone("high", (59, 60))],
        (128, 0, "kit"): [TinyZone("low", (0, 127))],
    }
    return write_soundfont(tmp_path / "mine.sf2", samples, presets)


def test_its_presets_are_instruments(font: Path) -> None:
    recipe = load_recipe(str(font))
    assert recipe.name == "mine"
    (source,) = recipe.soundfonts
    assert Path(source.file) == font
    assert [(one.name, one.bank, one.program, one.notes) for one in source.instruments] == [
        ("harp", 0, 0, (36, 72)),
        ("oud 7", 0, 7, (58, 62)),
        ("oud 1:7", 1, 7, (59, 60)),
    ]


def test_some_can_be_chosen(font: Path) -> None:
    (source,) = load_recipe(str(font), ["soundfonts.0.velocities=[90]"], presets=["1:7"]).soundfonts
    assert [(one.name, one.bank) for one in source.instruments] == [("oud", 1)]
    assert source.velocities == (90,)
    for word in ("3", "x", "2:7", "128:0"):
        with pytest.raises(DataError, match=f"has no preset {word}; there are 0 harp, 7 oud, 1:7 oud"):
            load_recipe(str(font), presets=[word])
    (font.parent / "takes").mkdir()
    with pytest.raises(DataError, match="takes is no SoundFont, and has no presets"):
        load_recipe(str(font.parent / "takes"), presets=["0"])


def test_a_whole_orchestra_has_to_be_chosen_from(tmp_path: Path) -> None:
    presets = {(0, number, f"p{number}"): [TinyZone("low", (40, 50))] for number in range(40)}
    path = write_soundfont(tmp_path / "many.sf2", {"low": (48, string(48, 0.1))}, presets)
    with pytest.raises(DataError, match=r"holds 40 presets: choose at most 32 by --preset, of 0 p0, 1 p1"):
        load_recipe(str(path))
    assert len(load_recipe(str(path), presets=["3", "9"]).soundfonts[0].instruments) == 2


def test_what_is_no_soundfont_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.sf2").write_text("no font")
    with pytest.raises(DataError, match="cannot be read as a SoundFont 2 file"):
        load_recipe(str(tmp_path / "text.sf2"))
    kit = write_soundfont(tmp_path / "kit.sf2", {"a": (60, string(60, 0.1))}, {(128, 0, "kit"): [TinyZone("a")]})
    with pytest.raises(DataError, match="no presets but drum kits"):
        load_recipe(str(kit))


@pytest.mark.skipif(shutil.which("fluidsynth") is None, reason="fluidsynth is not installed")
def test_it_is_built_like_any_other(font: Path, tmp_path: Path) -> None:
    settings = ["analysis.frames=12", "analysis.n_bands=64", "soundfonts.0.velocities=[90]"]
    built = build(load_recipe(str(font), settings, presets=["7"]), tmp_path / "set", workers=0)
    assert (built.notes, built.outliers) == (5, ())
    assert read_index(tmp_path / "set")["timbres"] == ["oud"]
