"""What file names say."""

from __future__ import annotations

import pytest

from oscvae.training.data.folder.names import Said, note_of, velocities_of


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
        ("2024-05-21 harp", None),
        ("20240521_harp", None),
        ("2024-05-21 harp 60", 60),
        ("C4v8", 60),
        ("Bb3v12", 58),
    ],
)
def test_a_note_is_found_in_a_name(stem: str, note: int | None) -> None:
    said = note_of(stem)
    assert (said and said.note) == note


def test_makers_count_octaves_otherwise() -> None:
    assert note_of("C3", middle_c=3) == Said(60, "C3")
    assert note_of("A#2", middle_c=3) == Said(58, "A#2")
    assert note_of("60", middle_c=3) == Said(60, "60", bare=True)


@pytest.mark.parametrize(
    ("stem", "velocity"),
    [
        ("A4 vel100", 100),
        ("A4_v64", 64),
        ("A4-velocity-12", 12),
        ("A4 mf", 80),
        ("A4_pp", 30),
        ("Piano.mf.C4", 80),
        ("harp ff A4 rr2", 112),
        ("C3 f", 96),
        ("f C3", 96),
        ("p bass C3", 77),
        ("mf_doom C3", 77),
        ("A4 pp muted", 77),
        ("kaffee A4", 77),
        ("A4 v2", 77),
        ("A4 vel999", 77),
        ("A4", 77),
        ("A4 f vel90", 90),
        ("A4_vel090", 90),
        ("A4vel090", 90),
        ("A4_PP", 30),
        ("A4 P", 77),
    ],
)
def test_a_velocity_is_found_in_a_name(stem: str, velocity: int) -> None:
    assert velocities_of([stem], 77) == [velocity]


@pytest.mark.parametrize(
    ("stem", "said"),
    [
        ("koto-24", Said(24, "24", bare=True)),
        ("harp n48", Said(48, "n48")),
        ("C#4v8", Said(61, "C#4")),
        ("A0vel090", Said(21, "A0")),
    ],
)
def test_a_bare_number_is_told_from_a_note(stem: str, said: Said) -> None:
    assert note_of(stem) == said


def test_numbers_after_a_v_are_layers_or_velocities() -> None:
    layers = velocities_of([f"D#4v{layer}" for layer in (1, 4, 8, 16)], 77)
    assert layers == [8, 32, 64, 127], "the softest of sixteen to the hardest"
    assert velocities_of(["E1_v1_r1", "E1_v2_r1", "E1"], 77) == [64, 127, 77]
    assert velocities_of(["C4v20", "C4v80", "C4v127"], 77) == [20, 80, 127], "more than layers have"
    assert velocities_of(["C4v8"], 77) == [77], "of how many?"
