"""The data set of hits: the same bytes, its sounds kept, its parameters named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oscvae.errors import ConfigError, DataError
from oscvae.model.level import level_frames
from oscvae.sound.levels import measure_level
from oscvae.sound.stft import magnitudes, to_log
from oscvae.sound.takes import find_onset, to_bands
from oscvae.training.data.recipes import DataRecipe, load_recipe
from oscvae.training.data.store import INDEX, SOUNDS, open_dataset, read_index
from oscvae.training.synth.build import build_hits
from oscvae.training.synth.hits import draw_patch
from oscvae.training.synth.voice import Patch

SMALL = ("synth.hits=8", "synth.watched=2", "synth.unseen=2", "analysis.frames=24")


@pytest.fixture(scope="module")
def recipe() -> DataRecipe:
    return load_recipe("coast", SMALL)


@pytest.fixture(scope="module")
def built(recipe: DataRecipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hits") / "set"
    build_hits(recipe, folder)
    return folder


def test_the_same_recipe_gives_the_same_bytes_in_any_number_of_threads(
    recipe: DataRecipe, built: Path, tmp_path: Path
) -> None:
    again = build_hits(recipe, tmp_path / "again", workers=3)
    assert again.fingerprint == read_index(built)["fingerprint"]
    assert (tmp_path / "again" / SOUNDS).read_bytes() == (built / SOUNDS).read_bytes()
    assert build_hits(recipe, built).was_there
    with pytest.raises(DataError, match="holds another data set, 'coast'"):
        build_hits(load_recipe("coast", [*SMALL, "synth.seed=2"]), built)


def test_every_hit_says_what_it_was_played_with(built: Path) -> None:
    rows = read_index(built)["notes"]
    for number, row in enumerate(rows):
        assert Patch(**row["patch"]) == draw_patch(1, number, 40, 88)
        assert row["note"] == row["patch"]["note"]
    assert [row["split"] for row in rows] == [0, 0, 0, 0, 1, 1, 2, 2]


def test_spectra_are_those_of_the_sounds(built: Path) -> None:
    notes = open_dataset(built)
    analysis, axis = notes.analysis, notes.analysis.band_axis()
    assert notes.sounds is not None
    for number in range(len(notes)):
        sound = np.zeros(analysis.n_samples, np.float32)
        sound[analysis.onset_sample :] = notes.sounds[number] / 32767.0
        assert find_onset(sound, analysis.sample_rate) == pytest.approx(analysis.onset_sample, abs=2)
        bands = to_bands(axis, magnitudes(sound, analysis.n_fft, analysis.hop))
        level = measure_level(bands, axis, level_frames(analysis))
        wanted = to_log(bands, level, analysis.floor_db, analysis.ceiling_db).T
        assert notes.level[number] == pytest.approx(level, rel=1e-4)
        np.testing.assert_allclose(notes.x[number], wanted, atol=2e-4)


def test_a_set_whose_sounds_are_cut_short_is_told(built: Path, recipe: DataRecipe, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    build_hits(recipe, folder)
    np.save(folder / SOUNDS, np.zeros((8, 5), np.int16))
    with pytest.raises(DataError, match=r"sounds.npy is int16 \(8, 5\), its index wants int16 \(8, "):
        open_dataset(folder)
    (folder / SOUNDS).unlink()
    with pytest.raises(DataError, match=r"sounds\.npy cannot be read"):
        open_dataset(folder)
    assert (folder / INDEX).is_file()


def test_what_a_recipe_of_hits_may_not_say(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="2 watched and 7 unseen of 8 hits leave fewer than 2"):
        load_recipe("coast", ["synth.hits=8", "synth.watched=2", "synth.unseen=7"])
    with pytest.raises(ConfigError, match="synth stands alone"):
        load_recipe("coast", [f"folders=[{{path: {tmp_path}}}]"])
    with pytest.raises(ConfigError, match=r"analysis.note_min: synth needs the range"):
        load_recipe("coast", ["analysis.note_min=null"])
