"""A data set of one's own effects: each version cut, tuned and as loud as its dry sound is; what is wrong is told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.errors import DataError
from oscvae.training.data import command
from oscvae.training.data.build import build
from oscvae.training.data.dataset import FULL_SCALE, NoteSet
from oscvae.training.data.folder.table import Row
from oscvae.training.data.recipes import Reading, load_recipe
from oscvae.training.data.store import INDEX, PROCESSED, open_dataset, read_index, save_dataset
from oscvae.training.effects.pairs import Pairs
from oscvae.training.effects.sets import EffectSet
from parts.pedals import BEGIN_S, EFFECTS, NOTES, dark, fuzz, note_take, write_pedals
from parts.takes import RATE, late

FEW = (57, 60, 64, 69)


def built(folder: Path, out: str = "set", *settings: str, workers: int = 0) -> NoteSet:
    path = folder.parent / out
    build(load_recipe("coast", ["analysis.frames=48", *settings], effects=folder), path, workers=workers)
    return open_dataset(path)


def remarks(folder: Path, out: str = "set") -> dict[str, str]:
    return {one["what"]: one["why"] for one in read_index(folder.parent / out).get("remarks", [])}


def skipped(folder: Path, out: str = "set") -> dict[str, str]:
    return {one["what"]: one["why"] for one in read_index(folder.parent / out)["skipped"]}


def sound(notes: NoteSet, row: int, name: str) -> np.ndarray:
    return Pairs(notes).sound(row, EffectSet.of(notes).names.index(name)).astype(np.float64)


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> NoteSet:
    """Every note 20 cents sharp."""
    return built(write_pedals(tmp_path_factory.mktemp("pedals") / "board", off_cents=20.0))


def test_effects_are_called_and_ordered_by_their_names(notes: NoteSet) -> None:
    assert notes.note.tolist() == list(NOTES)
    assert notes.processed is not None and notes.sounds is not None
    assert notes.processed.names == ("dry", *sorted(EFFECTS))
    assert notes.processed.sounds.shape == (3 * len(NOTES), notes.sounds.shape[1])
    assert (notes.processed.at[:, 0] == -1).all() and (notes.processed.at[:, 1:] >= 0).all()
    assert EffectSet.of(notes).has(np.arange(6)[:, None], np.arange(4)).all()
    assert (notes.name, notes.licence, notes.origins) == ("board", "", ()), "the hits' are not theirs"


def test_a_version_is_cut_and_tuned_with_its_dry_sound_and_as_loud_against_it_as_it_was(notes: NoteSet) -> None:
    analysis = notes.analysis
    for row, note in enumerate(NOTES):
        dry = sound(notes, row, "dry")
        assert np.abs(dry).max() == pytest.approx(0.5, abs=1e-3)
        wanted = dark(dry, 900.0 * 2.0 ** (-20.0 / 1200.0))  # a linear filter, tuned along, may as well come last
        heard = sound(notes, row, "dark")
        settled = slice(round(0.005 * RATE), -round(0.06 * RATE))
        assert np.abs(heard - wanted)[settled].max() < 0.01 * np.abs(wanted).max(), "a sample would be a tenth"
        take = note_take(note, off_cents=20.0)
        played = fuzz(take)[round(BEGIN_S * RATE) :][: RATE // 3] * (0.5 / np.abs(take).max())
        assert sound(notes, row, "fuzz")[: RATE // 3].std() == pytest.approx(played.std(), rel=0.1)
    assert analysis.n_samples - analysis.onset_sample == dry.size


def test_a_spectrum_under_an_effect_is_that_of_its_version(notes: NoteSet) -> None:
    pairs, half_range_db = Pairs(notes), 0.5 * notes.analysis.range_db
    loud = notes.x[2] > -0.2
    off_db, away_db = (np.abs(pairs.spectrum(2, one) - notes.x[2])[loud].mean() * half_range_db for one in (0, 1))
    assert off_db < 0.2
    assert away_db > 3.0


def test_the_same_recordings_give_the_same_set_in_several_processes(tmp_path: Path) -> None:
    folder = write_pedals(tmp_path / "board", FEW)
    one, other = built(folder), built(folder, "other", workers=2)
    assert one.fingerprint == other.fingerprint
    assert (tmp_path / "set" / PROCESSED).read_bytes() == (tmp_path / "other" / PROCESSED).read_bytes()
    soundfile.write(folder / "n57__fuzz.wav", 0.5 * fuzz(note_take(57)), RATE)
    assert built(folder, "third").fingerprint != one.fingerprint


def test_a_version_that_is_missing_is_left_out_and_told(tmp_path: Path) -> None:
    folder = write_pedals(tmp_path / "board", FEW)
    for name in ("n60__fuzz", "n64__fuzz"):
        (folder / f"{name}.wav").unlink()
    (folder / "n69__dark.wav").write_bytes((folder / "n69__dark.wav").read_bytes()[:2000])
    soundfile.write(folder / "n57__dark.wav", np.zeros(RATE), RATE)
    soundfile.write(folder / "n71__dark.wav", dark(note_take(71)), RATE)
    soundfile.write(folder / "n60__dark.wav", late(np.zeros(RATE // 2), 0.0) + 1e-9, RATE)
    notes = built(folder)
    assert notes.processed is not None
    assert (notes.processed.at[:, 1:] >= 0).tolist() == [
        [False, True, True],
        [False, True, False],
        [True, True, False],
        [False, True, True],
    ]
    assert remarks(folder)["fuzz"] == "2 of 4 sounds have no version of it: n60.wav, n64.wav"
    assert remarks(folder)["dark"] == "3 of 4 sounds have no version of it: n57.wav, n60.wav, n69.wav"
    assert "cut off" in skipped(folder)["n69__dark.wav"]
    assert skipped(folder)["n57__dark.wav"] == "it is silent"
    assert "it has no dry sound beside it" in skipped(folder)["n71__dark.wav"]
    with pytest.raises(LookupError, match="sound 1 has no version of fuzz"):
        sound(notes, 1, "fuzz")


def test_a_chain_that_is_late_is_taken_from_where_it_begins(tmp_path: Path) -> None:
    prompt = built(write_pedals(tmp_path / "board", FEW))
    chain = write_pedals(tmp_path / "late", FEW, late_s=0.012)
    delayed = built(chain, "lateset")
    told = remarks(chain, "lateset")
    assert set(told) == set(EFFECTS)
    for why in told.values():
        heard = re.match(r"it begins (\S+) ms later than its dry sounds, evenly", why)
        assert heard is not None
        assert float(heard[1]) == pytest.approx(12.0, abs=0.3)
    for row in range(len(FEW)):
        for name in EFFECTS:
            one, other = sound(prompt, row, name), sound(delayed, row, name)
            power = [np.square(part[: RATE // 20]).sum() for part in (one, one - other)]
            assert power[1] < 0.2 * power[0], f"{name} of {FEW[row]}"


def test_other_rates_channels_and_lengths_are_mended_and_told_once(tmp_path: Path) -> None:
    folder = write_pedals(tmp_path / "board", FEW)
    reference = built(folder, "reference")
    for note in FEW[:2]:
        take = np.interp(np.arange(0.0, 0.85, 1 / 96000), np.arange(note_take(note).size) / RATE, note_take(note))
        soundfile.write(folder / f"n{note}__dark.wav", 0.5 * take, 96000, subtype="FLOAT")
    soundfile.write(folder / "n64__dark.wav", np.stack([dark(note_take(64))] * 2, axis=1), RATE, subtype="FLOAT")
    soundfile.write(folder / "n69__dark.wav", dark(note_take(69))[: RATE // 2], RATE, subtype="FLOAT")
    notes = built(folder)
    told = remarks(folder)
    assert told["n57__dark.wav and 1 more"] == "96000 Hz where the dry sound has 48000: both are resampled to 48000"
    assert told["n64__dark.wav"] == "2 channels where the dry sound has 1: they are mixed to one"
    assert told["n69__dark.wav"] == "it ends after 0.50 s, its dry sound after 0.85: silence follows"
    np.testing.assert_allclose(sound(notes, 2, "dark"), sound(reference, 2, "dark"), atol=1e-4)
    assert not sound(notes, 3, "dark")[round(0.26 * RATE) :].any()


def test_one_effect_is_too_few_for_a_pad(tmp_path: Path) -> None:
    folder = write_pedals(tmp_path / "board", FEW)
    for path in folder.glob("*__d*.wav"):
        path.unlink()
    with pytest.raises(DataError, match="board holds one effect, fuzz: a pad lies between two or more"):
        built(folder)
    for note in FEW:  # two by their names, but of one nothing can be heard
        soundfile.write(folder / f"n{note}__dark.wav", np.zeros(RATE), RATE)
    with pytest.raises(DataError, match="board holds one effect, fuzz"):
        built(folder)
    with pytest.raises(DataError, match=r"there is no folder .*nowhere of recordings"):
        built(tmp_path / "nowhere")


def test_effects_bring_sounds_of_their_own(tmp_path: Path) -> None:
    folder = write_pedals(tmp_path / "board", FEW)
    with pytest.raises(DataError, match="--effects brings sounds of its own: name a recipe, like coast, and not"):
        load_recipe(str(folder), effects=folder)
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("name: mine\nlicence: CC0\nanalysis: {frames: 48}\nfolders: [{path: board, effects: true}]\n")
    build(load_recipe(str(recipe)), tmp_path / "mine", workers=0)
    notes = open_dataset(tmp_path / "mine")
    assert notes.processed is not None and notes.sounds is not None and notes.licence == "CC0"
    assert load_recipe(str(recipe), effects=folder).name == "mine"


def test_a_preview_is_of_the_dry_sounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_pedals(tmp_path / "board", FEW)
    soundfile.write(folder / "n57__fuzz.wav", np.zeros(RATE), RATE)
    table = tmp_path / "notes.csv"
    arguments = ("coast", tmp_path / "set", 0, False, Reading(table=table), ["analysis.frames=48"])
    assert command.run_preview(*arguments, effects=folder) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert f"--effects {folder} --table {table}" in said
    lines = table.read_text().splitlines()
    assert len(lines) == 1 + len(FEW) and lines[1].startswith("n57.wav,") and lines[1].endswith(",")
    table.write_text(table.read_text().replace("n60.wav,C4,", "n60.wav,C4,").replace(",yes,", ",no,", 1))
    assert Row("n57.wav").kept
    assert command.run_build(*arguments, effects=folder) == 0
    assert open_dataset(tmp_path / "set").note.tolist() == list(FEW[1:])


def test_what_is_in_the_set_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_pedals(tmp_path / "board", FEW)
    built(folder)
    assert command.run_info(tmp_path / "set", None, False, True) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "dark, drive 50, fuzz; 12 versions of 4 sounds" in said
    assert "the fingerprint is that of what is there" in said


def test_a_set_with_effects_is_stored_as_it_was(notes: NoteSet, tmp_path: Path) -> None:
    save_dataset(notes, tmp_path / "again")
    again = open_dataset(tmp_path / "again")
    assert notes.processed is not None and again.processed is not None
    assert again.processed.names == notes.processed.names
    for name in ("at", "gain", "sounds"):
        assert np.array_equal(getattr(again.processed, name), getattr(notes.processed, name))
    assert np.abs(notes.processed.sounds).max(axis=1).min() == FULL_SCALE


def test_a_set_whose_versions_are_damaged_is_told(tmp_path: Path) -> None:
    built(write_pedals(tmp_path / "board", FEW))
    folder = tmp_path / "set"
    np.save(folder / PROCESSED, np.zeros((11, 5), np.int16))
    with pytest.raises(DataError, match=r"effects.npy is int16 \(11, 5\), its index wants int16 \(12, "):
        open_dataset(folder)
    (folder / PROCESSED).unlink()
    with pytest.raises(DataError, match=r"effects\.npy cannot be read"):
        open_dataset(folder)
    index = json.loads((folder / INDEX).read_text())
    index["effects"]["names"].remove("fuzz")
    (folder / INDEX).write_text(json.dumps(index))
    with pytest.raises(DataError, match=r"index.json is damaged: its effects are none"):
        open_dataset(folder)
