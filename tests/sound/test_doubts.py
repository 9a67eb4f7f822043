"""What /encode cannot know: a recording that is no single note is doubted, and one that is, is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.model.document import parse_document, read_document
from oscvae.sound.analyse import analyse
from oscvae.sound.doubts import clarity, doubt, pop_s, range_hz
from oscvae.sound.pitch import fundamental_hz
from oscvae.sound.takes import settled
from oscvae.units import note_to_hz

MODEL = Path(__file__).parents[2] / "models" / "plucked.ts"
RATE = 48000
NOTES = read_document(MODEL)
RNG = np.random.default_rng(1)


def pluck(note: float = 57.0, seconds: float = 1.5, attack_s: float = 0.0) -> np.ndarray:
    time_s = np.arange(round(seconds * RATE)) / RATE
    partials = sum(np.cos(2.0 * np.pi * h * note_to_hz(note) * time_s) / h for h in range(1, 9))
    swell = np.minimum(1.0, time_s / attack_s) if attack_s else 1.0
    return (0.2 * partials * swell * np.exp(-3.0 * time_s)).astype(np.float32)


def popped(gap_s: float, length_s: float = 0.002, peak: float = 0.3) -> np.ndarray:
    """A note with a burst of noise before it."""
    sound = np.concatenate([np.zeros(round((0.1 + gap_s) * RATE), np.float32), pluck()])
    begin = round(0.1 * RATE)
    sound[begin : begin + round(length_s * RATE)] += peak * RNG.standard_normal(round(length_s * RATE))
    return sound.astype(np.float32)


@pytest.mark.parametrize("gap_s", [0.08, 0.3, 1.0])
@pytest.mark.parametrize("peak", [0.1, 0.9])
def test_a_pop_before_a_note_is_told_with_its_distance(gap_s: float, peak: float) -> None:
    found = pop_s(popped(gap_s, peak=peak), RATE)
    assert found == pytest.approx(gap_s, abs=0.02)
    assert doubt(popped(gap_s), RATE, 220.0, NOTES) == (
        f"something short sounds {found:.2f} s before the note: cut the file after it"
    )


@pytest.mark.parametrize(
    "sound",
    [
        pluck(),
        pluck(45.0),
        pluck(attack_s=0.5),
        np.concatenate([np.zeros(9000, np.float32), pluck(84.0)]),
        pluck() + 0.002 * RNG.standard_normal(pluck().size).astype(np.float32),
    ],
    ids=["high", "low", "swelling", "late", "in noise"],
)
def test_a_note_is_not_doubted(sound: np.ndarray) -> None:
    f0_hz = {pluck(45.0).tobytes(): note_to_hz(45.0)}.get(sound.tobytes(), 220.0)
    f0_hz = note_to_hz(84.0) if sound.size > pluck().size else f0_hz
    assert pop_s(sound, RATE) is None
    assert doubt(sound, RATE, f0_hz, NOTES) == ""


def heard_as(sound: np.ndarray, told: int | None = None) -> str:
    """What is doubted of a sound whose note is heard among those of the model."""
    return doubt(sound, RATE, fundamental_hz(settled(sound, RATE), RATE, *range_hz(NOTES)), NOTES, told)


@pytest.mark.parametrize(("note", "hz"), [(33.0, "55.0"), (36.0, "65."), (28.0, "41.2"), (93.0, "1760"), (100.0, "26")])
def test_a_note_that_the_model_has_not_is_told(note: float, hz: str) -> None:
    told = heard_as(pluck(note))
    assert told.startswith(f"it repeats at {hz}") and f"note {note:.0f}, beyond the model's 40 to 88" in told


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
    assert doubt(noise, RATE, 220.0, NOTES).startswith("it has no clear pitch")


def test_clarity_of_nothing_is_nothing() -> None:
    assert clarity(np.zeros(1000, np.float32), RATE, 220.0) == 0.0
    assert clarity(pluck()[:100], RATE, 220.0) == 0.0


def test_the_helper_tells_a_doubt_beside_its_answer(tmp_path: Path) -> None:
    document = read_document(MODEL)
    for name, sound, told in (("pop", popped(0.3), "something short sounds 0.30 s"), ("note", pluck(), "")):
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
