"""Units: each conversion against a value that the field agrees on."""

from __future__ import annotations

import pytest

from oscvae.units import cents, db_to_gain, gain_to_db, hz_to_note, note_name, note_to_hz, semitones_to_ratio


def test_a_gain_of_a_half_is_six_decibels_less() -> None:
    assert db_to_gain(-6.0206) == pytest.approx(0.5, rel=1e-5)
    assert gain_to_db(db_to_gain(-37.5)) == pytest.approx(-37.5)
    assert gain_to_db(0.0, -120.0) == -120.0


def test_a4_is_440_hz_and_an_octave_1200_cents() -> None:
    assert note_to_hz(69.0) == 440.0
    assert note_to_hz(60.0) == pytest.approx(261.6256, abs=1e-4)
    assert hz_to_note(note_to_hz(61.25)) == pytest.approx(61.25)
    assert semitones_to_ratio(7.0) == pytest.approx(1.5, rel=2e-3)
    assert cents(880.0, 440.0) == 1200.0


@pytest.mark.parametrize(
    ("note", "name"), [(60, "C4"), (61, "C#4"), (59, "B3"), (0, "C-1"), (127, "G9"), (69.4, "A4"), (68.6, "A4")]
)
def test_a_note_has_its_scientific_name(note: float, name: str) -> None:
    assert note_name(note) == name
