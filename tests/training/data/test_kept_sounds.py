"""Sets of recordings that keep their sounds, so that training can put effects on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.errors import ConfigError
from oscvae.training.data.build import build
from oscvae.training.data.dataset import FULL_SCALE, NoteSet
from oscvae.training.data.recipes import load_recipe
from oscvae.training.data.store import fingerprint_of, open_dataset, read_index
from oscvae.training.effects.bank import BANK, BY_NAME, DRY
from oscvae.training.effects.pairs import Pairs
from oscvae.training.fit.run import load_run
from parts.takes import RATE, late, pluck
from training.tiny import typed

KEPT = ("keep_sounds=true", "analysis.frames=96")
NOTES = (57, 60, 64, 69)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four notes, the second behind half a second of silence, and a text that is no sound."""
    place = tmp_path / "synth"
    place.mkdir()
    for level, note in enumerate(NOTES, 1):
        sound = 0.2 * level * pluck(float(note))
        soundfile.write(place / f"n{note}.wav", late(sound, 0.5) if note == 60 else sound, RATE)
    (place / "broken.wav").write_text("no sound")
    return place


def built(folder: Path, out: str = "set", *settings: str, workers: int = 0) -> NoteSet:
    path = folder.parent / out
    build(load_recipe(str(folder), [*KEPT, *settings]), path, workers=workers)
    return open_dataset(path)


def test_the_sound_of_each_note_is_kept_from_its_onset_on(folder: Path) -> None:
    notes = built(folder)
    analysis = notes.analysis
    assert notes.sounds is not None and notes.note.tolist() == list(NOTES)
    assert notes.sounds.shape == (4, analysis.n_samples - analysis.onset_sample) and notes.sounds.dtype == np.int16
    peaks = np.abs(notes.sounds.astype(float)).max(axis=1) / FULL_SCALE
    assert peaks == pytest.approx(0.5, abs=0.01), "an effect would do another thing to the quiet one"
    assert (np.abs(notes.sounds[:, : RATE // 100]).max(axis=1) > 0.1 * FULL_SCALE).all(), "it begins late"


def test_without_an_effect_it_is_the_spectrum_of_the_set(folder: Path) -> None:
    notes = built(folder)
    pairs = Pairs(notes)
    half_range_db = 0.5 * notes.analysis.range_db
    for row in range(len(notes)):
        dry = pairs.spectrum(row, DRY)
        loud = notes.x[row] > -0.5  # below that the sixteen bits are heard
        assert np.abs(dry - notes.x[row])[loud].max() * half_range_db < 0.1
        filtered = pairs.spectrum(row, BY_NAME["moog-400"])
        assert np.abs(filtered - dry).mean() * half_range_db > 3.0


def test_the_same_sounds_give_the_same_set_in_several_processes(folder: Path) -> None:
    one, other = built(folder), built(folder, "other", workers=2)
    assert one.fingerprint == other.fingerprint
    assert one.sounds is not None and other.sounds is not None and np.array_equal(one.sounds, other.sounds)
    index = read_index(folder.parent / "set")
    assert fingerprint_of(folder.parent / "set", {**index, "sounds": "others"}) != one.fingerprint


def test_a_set_that_keeps_none_is_as_it_was(folder: Path) -> None:
    plain = built(folder, "plain", "keep_sounds=false")
    assert plain.sounds is None and not (folder.parent / "plain" / "sounds.npy").exists()
    assert "sounds" not in read_index(folder.parent / "plain")
    assert np.array_equal(plain.x, built(folder).x)


def test_altered_copies_keep_no_sounds(folder: Path) -> None:
    with pytest.raises(ConfigError, match="keep_sounds: effects are put on plain notes, neither held nor altered"):
        load_recipe(str(folder), [*KEPT, "augment.copies=1"])


def test_the_whole_bank_is_trained_on_them(folder: Path, tmp_path: Path) -> None:
    built(folder)
    small = ("encoder.knots=8", "encoder.dense_knots=4", "decoder.knots=8", "decoder.dense_knots=4", "decoder.width=16")
    settings = ("fit.steps=2", "fit.batch=4", "fit.threads=1", "trainer.accelerator=cpu", "effects.at_once=2", *small)
    overrides = [word for setting in settings for word in ("--set", setting)]
    code, said = typed("--config", "coast", "--data", folder.parent / "set", "--out", tmp_path / "run", *overrides)
    assert code == 0, said
    assert load_run(tmp_path / "run").model.encoder.places.shape == (len(BANK), 2)
