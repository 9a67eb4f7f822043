"""What /encode cannot know: a recording that is no single note is doubted, and one that is, is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.model.analysis import NoteAnalysis
from oscvae.model.document import parse_document, read_document
from oscvae.sound.analyse import analyse
from oscvae.sound.doubts import Doubt, clarity, doubt, is_steady, range_hz, unsteady
from oscvae.sound.onset import Found, find_note
from oscvae.sound.partials import heard_hz
from oscvae.sound.takes import settled
from oscvae.training.data.analysis import AnalysisPart
from oscvae.units import note_to_hz
from parts import takes
from parts.takes import NO_NOTES, click, hum, late, steady, thump

MODEL = Path(__file__).parents[2] / "models" / "plucked.ts"
RATE = 48000
NOTES = read_document(MODEL)
RNG = np.random.default_rng(1)


def pluck(note: float = 57.0, seconds: float = 1.5, attack_s: float = 0.0) -> np.ndarray:
    time_s = np.arange(round(seconds * RATE)) / RATE
    partials = sum(np.cos(2.0 * np.pi * h * note_to_hz(note) * time_s) / h for h in range(1, 9))
    swell = np.minimum(1.0, time_s / attack_s) if attack_s else 1.0
    return (0.2 * partials * swell * np.exp(-3.0 * time_s)).astype(np.float32)


def found_in(sound: np.ndarray) -> Found:
    return find_note(sound.astype(np.float32), RATE)


@pytest.mark.parametrize(
    "sound",
    [
        pluck(),
        pluck(45.0),
        pluck(attack_s=0.5),
        np.concatenate([np.zeros(9000, np.float32), pluck(84.0)]),
        pluck() + 0.002 * RNG.standard_normal(pluck().size).astype(np.float32),
        hum(late(pluck()), 0.15),
        click(late(pluck()), 0.3, 1.0),
        thump(late(pluck()), 0.3, 0.5),
    ],
    ids=["high", "low", "swelling", "late", "in noise", "hum", "click", "thump"],
)
def test_a_note_is_not_doubted(sound: np.ndarray) -> None:
    assert heard_as(sound) == ""


def heard_as(sound: np.ndarray, told: int | None = None) -> str:
    """What is doubted of a sound whose note is heard among those of the model."""
    return doubted(sound, NOTES, told).why


def doubted(sound: np.ndarray, notes: NoteAnalysis, told: int | None = None) -> Doubt:
    found = found_in(sound)
    named_hz = None if told is None else note_to_hz(float(told))
    f0_hz = heard_hz(settled(found.take, RATE, 0), RATE, range_hz(notes), named_hz)
    return doubt(found, RATE, f0_hz, notes, told)


@pytest.mark.parametrize(("note", "hz"), [(33.0, "55.0"), (36.0, "65."), (28.0, "41.2"), (93.0, "1760"), (100.0, "26")])
def test_a_note_that_the_model_has_not_is_told(note: float, hz: str) -> None:
    told = heard_as(pluck(note))
    assert told.startswith(f"it repeats at {hz}") and f"note {note:.0f}, beyond the notes 40 to 88" in told


@pytest.mark.parametrize("note", [40.0, 41.0, 52.0, 64.0, 76.0, 87.0, 88.0])
def test_a_note_that_it_has_is_not_doubted(note: float) -> None:
    assert heard_as(pluck(note)) == heard_as(pluck(note), round(note)) == ""


@pytest.mark.parametrize("intervals", [(0, 4, 7), (0, 3, 7), (0, 5, 9), (0, 3, 7, 10)])
@pytest.mark.parametrize("root", [45, 50, 55])
def test_a_chord_is_told(intervals: tuple[int, ...], root: int) -> None:
    told = heard_as(sum(pluck(float(root + interval)) for interval in intervals))  # type: ignore[arg-type]
    assert "or a chord" in told or "a chord, or" in told


def test_a_note_that_is_said_to_be_another_is_told() -> None:
    assert heard_as(pluck(57.0), 60) == "it sounds like note 57, not 60"


def test_noise_has_no_pitch() -> None:
    noise = RNG.standard_normal(RATE).astype(np.float32)
    assert clarity(noise, RATE, 220.0) < 0.2
    assert clarity(pluck()[:12000], RATE, 220.0) > 0.9
    assert doubted(noise, NOTES).kind == "noise"


@pytest.mark.parametrize("what", NO_NOTES)
def test_what_is_no_single_note_is_doubted(what: str) -> None:
    sound, kinds = NO_NOTES[what]
    assert doubted(sound, AnalysisPart().complete()).kind in kinds
    assert doubted(sound, NOTES).kind in kinds | {"beyond"}


@pytest.mark.parametrize(("note", "decay"), [(28.0, 1.0), (40.0, 3.0), (64.0, 6.0), (88.0, 12.0), (100.0, 20.0)])
def test_a_pitch_that_stays_is_told_from_one_that_goes(note: float, decay: float) -> None:
    string = takes.pluck(note, 1.5, decay).astype(np.float32)
    assert not unsteady(string, RATE, note_to_hz(note))
    assert unsteady(takes.glide().astype(np.float32), RATE, 226.0).kind == "moves"


def test_a_steady_tone_neither_begins_nor_decays() -> None:
    assert is_steady(steady().astype(np.float32), RATE)
    saw = sum(np.sin(2.0 * np.pi * 55.0 * order * np.arange(2 * RATE) / RATE) / order for order in range(1, 20))
    assert is_steady(saw.astype(np.float32), RATE)
    assert not is_steady(takes.pluck(40.0, 2.0, 0.3).astype(np.float32), RATE)
    assert not is_steady(steady()[: RATE // 2].astype(np.float32), RATE), "too short to tell"


def test_clarity_of_nothing_is_nothing() -> None:
    assert clarity(np.zeros(1000, np.float32), RATE, 220.0) == 0.0
    assert clarity(pluck()[:100], RATE, 220.0) == 0.0


def test_the_helper_tells_a_doubt_beside_its_answer(tmp_path: Path) -> None:
    document = read_document(MODEL)
    for name, sound, told in (
        ("loop", np.concatenate([pluck(), pluck()]), "2 sounds begin in it"),
        ("note", pluck(), ""),
    ):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, sound, RATE, subtype="FLOAT")
        done = subprocess.run(
            [sys.executable, "-m", "oscvae.sound.analyse", str(path)],
            input=document.model_dump_json().encode(),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0
        said = done.stdout[8 + 4 * document.frames * document.bands.n :].decode()
        assert said.startswith(told) and bool(said) == bool(told)
        assert analyse(path, document).doubt == said
        assert not done.stderr


def test_a_point_far_from_the_training_notes_is_unlike_them() -> None:
    document = read_document(MODEL)
    mean, std = np.array(document.latent.mean), np.array(document.latent.std)
    assert all(not document.unlike(point.z) for point in document.points), "its own notes are like it"
    assert document.unlike(mean + np.array([0.0, 0.0, -6.0, 0.0]) * std) == (
        "unlike what 'plucked' knows: 6.0 standard deviations away on dimension 3"
    )
    again = parse_document(document.model_dump_json(), "again")
    assert again.unlike(mean) == ""
