"""What file names say."""

from __future__ import annotations

import pytest

from oscvae.training.data.names import note_of, velocity_of


@pytest.mark.parametrize(
    ("stem", "note"),
    [
        ("C4", 60),
        ("A4", 69),
        ("C#4", 61),
        ("Cs4", 61),
        ("Db4", 61),
        ("Bb3", 58),
        ("b3", 59),
        ("bb3", 58),
        ("E♭5", 75),
        ("Fsharp2", 42),
        ("C-1", 0),
        ("Ukulele A4", 69),
        ("ukulele_a4_take2", 69),
        ("Guitar-F#3-vel100", 54),
        ("01 - Motu - G#5", 80),
        ("CellPzz_E1_v2_r1", 28),
        ("60", 60),
        ("guitar_61_v100", 61),
        ("harp n48", 48),
        ("harp_midi_100_12", 100),
        ("64 vel 64", 64),
        ("C4_c4", 60),
        ("nylon", None),
        ("take 7", None),
        ("007", None),
        ("004 pluck", None),
        ("E2 to E4", None),
        ("61 or 62", None),
        ("2024 session", None),
        ("G10", None),
        ("H4", None),
        ("Cat4", None),
    ],
)
def test_a_note_is_found_in_a_name(stem: str, note: int | None) -> None:
    assert note_of(stem) == note


def test_makers_count_octaves_otherwise() -> None:
    assert note_of("C3", middle_c=3) == 60
    assert note_of("A#2", middle_c=3) == 58
    assert note_of("60", middle_c=3) == 60


@pytest.mark.parametrize(
    ("stem", "velocity"),
    [
        ("A4 vel100", 100),
        ("A4_v64", 64),
        ("A4-velocity-12", 12),
        ("A4 mf", 80),
        ("A4_pp", 30),
        ("A4 v2", 77),
        ("A4 vel999", 77),
        ("A4", 77),
        ("A4 f vel90", 90),
    ],
)
def test_a_velocity_is_found_in_a_name(stem: str, velocity: int) -> None:
    assert velocity_of(stem, 77) == velocity
