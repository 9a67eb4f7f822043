"""Sounds without pitch, from their files to a model that can be played: nothing is tuned, and each is heard once."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from rich.console import Console

from oscvae.errors import ConfigError, DataError
from oscvae.model.document import ModelDocument2, read_document
from oscvae.model.level import STROKE_LEVEL_S, level_frames
from oscvae.sound.analyse import analyse
from oscvae.sound.levels import measure_level
from oscvae.training.data.build import build
from oscvae.training.data.dataset import NoteSet
from oscvae.training.data.plan import make_plan
from oscvae.training.data.recipes import load_recipe
from oscvae.training.data.store import open_dataset
from oscvae.training.evaluate.command import table_of
from oscvae.training.evaluate.report import Effort, evaluate
from oscvae.training.evaluate.subject import Subject
from oscvae.training.export.command import export_run
from oscvae.training.fit.start import Start, open_start, why_not
from oscvae.training.fit.train import train
from parts.tiny_soundfont import RATE, TinyZone, write_soundfont
from training.tiny import ANALYSIS, make_notes, tiny_config

ROOT_NOTE = 64
QUICK = Effort(notes_per_semitone=1, recordings=8, correlated_points=6, decodes=10)


def stroke(seconds: float, seed: int) -> np.ndarray:
    """Noise that decays, and is over at last."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    return (
        0.5 * np.random.default_rng(seed).standard_normal(time_s.size).clip(-1.5, 1.5) * np.exp(-8.0 * time_s / seconds)
    )


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two kits that share a snare, and a folder in which two files are asked for."""
    folder = tmp_path_factory.mktemp("strokes")
    samples = {
        name: (60, stroke(0.1 * number, number)) for number, name in enumerate(("kick", "snare", "hat", "tom"), 1)
    }
    kits = {
        (128, 0, "Standard"): [TinyZone("kick", (36, 36)), TinyZone("snare", (38, 38)), TinyZone("hat", (42, 42))],
        (128, 8, "Room"): [TinyZone("tom", (36, 36)), TinyZone("snare", (38, 38))],
    }
    write_soundfont(folder / "kits.sf2", samples, kits)
    for number, name in enumerate(("bd_one", "bd_two", "loop_one")):
        soundfile.write(folder / f"{name}.wav", stroke(0.01 + 0.1 * number, 10 + number), RATE)
    told = {
        "name": "strokes",
        "pitched": False,
        "root_note": ROOT_NOTE,
        "analysis": {"n_fft": 512, "hop": 128, "n_bands": 48, "frames": 60, "onset_sample": 384}
        | {"note_min": 52, "note_max": 76},
        "soundfonts": [
            {
                "file": str(folder / "kits.sf2"),
                "velocities": [120, 60],
                "instruments": [
                    {"name": "drum", "bank": 128, "program": 0, "notes": [36, 37], "also": [8]},
                    {"name": "drum", "bank": 128, "program": 0, "notes": [38, 42], "also": [8]},
                ],
            }
        ],
        "folders": [{"path": str(folder), "files": "bd_*", "instrument": "drum", "notes": "sound"}],
        "split": {"recordings": 0.2, "every_note": 0},
    }
    path = folder / "strokes.yaml"
    path.write_text(yaml.safe_dump(told))
    return path


@pytest.fixture(scope="module")
def data(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if shutil.which("fluidsynth") is None:
        pytest.skip("fluidsynth renders the kits")
    out = tmp_path_factory.mktemp("data") / "strokes"
    build(load_recipe(str(recipe)), out, workers=0)
    yield out


@pytest.fixture(scope="module")
def model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    config = tiny_config(folder, "decoder.partials=0", "swap.probability=0", "fit.steps=10", "fit.batch=4")
    train(config, open_dataset(data), data, folder / "strokes", False, Console(file=io.StringIO()))
    return export_run(folder / "strokes", folder / "strokes.ts").path


def test_each_recording_is_asked_for_once_whatever_kit_and_velocity_plays_it(recipe: Path) -> None:
    plan = make_plan(load_recipe(str(recipe)))
    keys = [(job.program, item.note, item.velocity) for job in plan.jobs if job.is_font for item in job.items]
    assert keys == [(0, 36, 120), (8, 36, 120), (0, 38, 120), (0, 42, 120)]
    assert [job.path.name for job in plan.jobs if not job.is_font] == ["bd_one.wav", "bd_two.wav"]
    assert plan.timbres == ["drum"]


def test_a_set_of_strokes_has_one_note_and_their_level(data: Path) -> None:
    notes = open_dataset(data)
    assert notes.root_note == ROOT_NOTE
    assert notes.note.tolist() == [ROOT_NOTE] * 6
    assert (notes.analysis.note_min, notes.analysis.note_max) == (52, 76)
    bands = 10.0 ** ((notes.x - 1.0) * 0.5 * notes.analysis.range_db / 20.0 + notes.analysis.ceiling_db / 20.0)
    size = level_frames(notes.analysis, STROKE_LEVEL_S)
    levels = [measure_level(each.T, notes.analysis.band_axis(), size) for each in bands]
    np.testing.assert_allclose(levels, 1.0, atol=0.01)


def test_a_model_of_strokes_says_that_it_has_no_pitch_and_is_judged_without(data: Path, model: Path) -> None:
    document = read_document(model)
    assert isinstance(document, ModelDocument2)
    assert (document.pitched, document.root_note, document.decoded_notes) == (False, ROOT_NOTE, (ROOT_NOTE, ROOT_NOTE))
    subject = Subject.open(model)
    found, _ = evaluate(subject, open_dataset(data), 1, QUICK)
    assert found.playing.strokes is not None
    assert found.playing.strokes.n == 6
    figures = [str(cell) for cell in table_of(found, subject).columns[0].cells]
    assert any("crest" in figure for figure in figures)
    assert not any("pitch" in figure or "octave" in figure for figure in figures)
    with pytest.raises(DataError, match="the data have notes, the model wants sounds without pitch"):
        subject.check(make_like(open_dataset(data)))


def make_like(notes: NoteSet) -> NoteSet:
    return NoteSet(
        x=notes.x,
        note=notes.note,
        program=notes.program,
        velocity=notes.velocity,
        level=notes.level,
        split=notes.split,
        analysis=notes.analysis,
    )


def test_encoding_a_stroke_tunes_nothing_and_doubts_no_noise(data: Path, model: Path, recipe: Path) -> None:
    document, notes = read_document(model), open_dataset(data)
    heard = analyse(recipe.parent / "bd_two.wav", document, note=70)
    assert (heard.note, heard.doubt) == (ROOT_NOTE, "")
    np.testing.assert_array_equal(heard.x.T, notes.x[-1])


def test_partials_are_for_notes_and_for_nothing_else(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="these data have no pitch, it must be 0"):
        train(tiny_config(tmp_path), open_dataset(data), data, tmp_path / "run", False, Console(file=io.StringIO()))
    with pytest.raises(ConfigError, match=r"decoder\.partials is 0: these data are notes"):
        train(tiny_config(tmp_path, "decoder.partials=0"), make_notes(), data, tmp_path / "run")


def test_strokes_go_on_from_no_model_of_notes(data: Path, tmp_path: Path) -> None:
    start = Start("plucked 4.0", tiny_config(tmp_path), ANALYSIS, {})
    assert why_not(start, open_dataset(data)) == "plucked 4.0 was trained with notes, and these data have no pitch"


def test_strokes_go_on_from_a_model_of_strokes_and_notes_do_not(data: Path, model: Path) -> None:
    start = open_start(str(model))
    assert why_not(start, open_dataset(data)) is None
    said = why_not(start, make_notes())
    assert said == "strokes 1 was trained with sounds without pitch, and these data are notes"


def test_altered_copies_of_strokes_are_trained_on_and_are_no_points(recipe: Path, tmp_path: Path) -> None:
    if shutil.which("fluidsynth") is None:
        pytest.skip("fluidsynth renders the kits")
    settings = ["augment.copies=2", "augment.speed_semitones=7", "augment.tilt_db=3", "augment.fade_s=[0.05, 0.5]"]
    build(load_recipe(str(recipe), settings), tmp_path / "one", workers=0)
    build(load_recipe(str(recipe), settings), tmp_path / "two", workers=0)
    notes = open_dataset(tmp_path / "one")
    assert notes.fingerprint == open_dataset(tmp_path / "two").fingerprint
    originals = ~notes.altered
    assert originals.sum() == 6
    assert notes.altered.sum() == 2 * int((originals & ~notes.held_out).sum())
    assert not notes.held_out[notes.altered].any()
    config = tiny_config(tmp_path, "decoder.partials=0", "swap.probability=0", "fit.steps=5", "fit.batch=4")
    train(config, notes, tmp_path / "one", tmp_path / "run", False, Console(file=io.StringIO()))
    document = export_run(tmp_path / "run", tmp_path / "strokes.ts").document
    assert len(document.points) == int((originals & ~notes.held_out).sum())
    assert document.training["data"]["altered_copies"] == notes.altered.sum()


@pytest.mark.parametrize(
    ("setting", "said"),
    [("root_note=90", "root_note 90: it must be one of the keys"), ("held.hold_s=0.1", "held")],
)
def test_what_strokes_cannot_be_is_told(recipe: Path, setting: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_recipe(str(recipe), [setting])
