"""The partials tell which of the fundamentals with a common period a note has."""

from __future__ import annotations

import numpy as np
import pytest

from oscvae.sound.onset import find_note
from oscvae.sound.partials import Partials, heard_hz
from oscvae.sound.takes import settled
from oscvae.units import cents, note_to_hz
from parts.takes import RATE, chord, hum, late, pluck

WIDE = (note_to_hz(27.0), note_to_hz(101.0))


def stretch(sound: np.ndarray) -> np.ndarray:
    return settled(find_note(sound.astype(np.float32), RATE).take, RATE, 0)


@pytest.mark.parametrize("note", range(28, 101, 6))
def test_a_note_is_heard_with_and_without_its_name(note: int) -> None:
    heard = stretch(late(pluck(note + 0.1)))
    for named_hz in (None, note_to_hz(float(note))):
        assert heard_hz(heard, RATE, WIDE, named_hz) == pytest.approx(note_to_hz(note + 0.1), rel=4e-3)


@pytest.mark.parametrize(("note", "hum_hz"), [(50, 50.0), (71, 50.0), (71, 100.0), (62, 50.0), (58, 60.0), (70, 60.0)])
def test_hum_below_a_note_does_not_hide_it(note: int, hum_hz: float) -> None:
    """D3 is thrice 48.9 Hz, and B4 five times 98.8: beside hum they seem to repeat there."""
    heard = stretch(hum(late(pluck(float(note))), 0.15, hum_hz))
    assert abs(cents(heard_hz(heard, RATE, WIDE), note_to_hz(float(note)))) < 60.0
    assert abs(cents(heard_hz(heard, RATE, WIDE, note_to_hz(float(note))), note_to_hz(float(note)))) < 60.0


@pytest.mark.parametrize("order", range(2, 9))
def test_a_fundamental_below_is_settled_by_the_partials(order: int) -> None:
    note = 76.0
    partials = Partials(stretch(late(pluck(note))), RATE)
    below_hz = note_to_hz(note) / order
    assert partials.settled_hz(below_hz, WIDE[1]) == pytest.approx(note_to_hz(note))
    assert partials.settled_hz(note_to_hz(note), 8000.0) == note_to_hz(note)
    assert not partials.speak_for(below_hz, below_hz)
    assert partials.speak_for(note_to_hz(note), below_hz)


@pytest.mark.parametrize("other", [-29, -24, -19, -12, -7, -1, 1, 2, 5, 7, 12, 19, 24])
def test_a_wrong_name_is_not_believed(other: int) -> None:
    """Nor one whose eleventh partial the note is, or that has the note's period twice."""
    named_hz = note_to_hz(57.0 + other)
    found_hz = heard_hz(stretch(late(pluck(57.0))), RATE, WIDE, named_hz)
    assert found_hz == pytest.approx(note_to_hz(57.0), rel=4e-3)


@pytest.mark.parametrize("notes", [(60, 64, 67), (48, 55), (60, 64), (64, 67, 72)])
def test_what_a_chord_repeats_at_is_no_note(notes: tuple[int, ...]) -> None:
    heard = stretch(chord(*notes))
    assert Partials(heard, RATE).is_chord(heard_hz(heard, RATE, WIDE))


def test_a_low_string_with_a_faint_fundamental_is_no_chord() -> None:
    time_s = np.arange(RATE) / RATE
    gains = {1: 0.02, 2: 0.8, 3: 1.0, 4: 0.7, 5: 0.5, 6: 0.4, 8: 0.3, 9: 0.2, 10: 0.2}
    sound = sum(gain * np.sin(2.0 * np.pi * order * 43.65 * time_s + order) for order, gain in gains.items())
    heard = stretch(late(0.2 * sound * np.exp(-2.0 * time_s)))
    assert heard_hz(heard, RATE, WIDE) == pytest.approx(43.65, rel=4e-3)
    assert not Partials(heard, RATE).is_chord(43.65)
