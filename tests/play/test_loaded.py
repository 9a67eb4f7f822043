"""Presets that come along with a model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from oscvae.model.described import Latent, Point
from oscvae.model.document import read_any_document
from oscvae.play.models.loaded import HANDLES_MOST, PRESETS_MOST, Handle, Handles, factory_presets, find_preset

MODELS = Path(__file__).parents[2] / "models"
WIDE = Latent(mean=(0.0, 0.0), std=(1.0, 1.0), low=(-99.0, -99.0), high=(99.0, 99.0))


def points(*rows: tuple[str, float]) -> list[Point]:
    return [Point(z=(z, -z), note=60, label=label) for label, z in rows]


def test_each_instrument_is_a_note_in_its_middle() -> None:
    found = factory_presets(
        points(("harp 50", 1.0), ("koto", 9.0), ("harp 120", 2.0), ("harp 50", 7.0), ("koto", 9.5)), WIDE
    )
    assert found == {"harp": (2.0, -2.0), "koto": (9.0, -9.0)}


def test_a_number_that_belongs_to_the_name_stays() -> None:
    assert list(factory_presets(points(("TR808", 0.0), ("D-50 bell", 1.0)), WIDE)) == ["TR808", "D-50 bell"]


def test_there_are_only_so_many() -> None:
    rows = points(*((f"sound {chr(97 + k // 26)}{chr(97 + k % 26)}", k) for k in range(99)))
    assert len(factory_presets(rows, WIDE)) == PRESETS_MOST


def test_an_instrument_at_the_end_of_the_range_is_where_faders_can_go() -> None:
    latent = Latent(mean=(0.0, 0.0), std=(1.0, 1.0), low=(-2.0, -2.0), high=(2.0, 2.0))
    across = points(("harp", 1.5), ("harp", 2.1), ("harp", 2.2), ("koto", 3.0), ("koto", 4.0), ("koto", 5.0))
    assert factory_presets(across, latent) == {"harp": (1.5, -1.5), "koto": (2.0, -2.0)}


def test_numbered_buttons_take_them_in_order() -> None:
    presets = {"harp": (1.0,), "2": (2.0,), "koto": (3.0,)}
    assert [find_preset(presets, name) for name in ("harp", "1", "2", "3", "4", "0", "-1", "x")] == [
        (1.0,),
        (1.0,),
        (2.0,),
        (3.0,),
        None,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.ts")), ids=lambda path: path.stem)
def test_every_shipped_model_brings_presets_by_instrument_inside_its_range(path: Path) -> None:
    document = read_any_document(path)
    found = factory_presets(document.points, document.latent)
    assert len(found) >= 4 and not any(re.search(r"\s\d+$", name) for name in found)
    for z in found.values():
        low, high = document.latent.low, document.latent.high
        assert all(a - 1e-3 <= value <= b + 1e-3 for value, a, b in zip(z, low, high, strict=True))


def test_the_handle_that_was_not_asked_for_longest_makes_room() -> None:
    handles = Handles()
    for n in range(HANDLES_MOST):
        handles.keep(f"sound {n}", Handle((float(n),), ()))
    assert handles.find("sound 0") == Handle((0.0,), ())
    handles.keep("one more", Handle((9.0,), ()))
    handles.keep("sound 5", Handle((5.5,), ()))
    assert handles.find("sound 1") is None and handles.find("sound 5") == Handle((5.5,), ())
    assert all(handles.find(f"sound {n}") for n in range(HANDLES_MOST) if n != 1)


def test_a_sound_that_is_encoded_again_and_again_costs_no_other_its_recording() -> None:
    handles = Handles()
    handles.keep("rain", Handle((0.0,), (), handles.new_recording(), 1.0, "rain.wav"))
    numbers = set()
    for _ in range(3 * HANDLES_MOST):
        number = handles.new_recording()
        numbers.add(number)
        handles.keep("take", Handle((0.0,), (), number, 1.0, "take.wav"))
    assert handles.recorded_s("rain.wav") == handles.recorded_s("take.wav") == 1.0
    assert len(numbers) == HANDLES_MOST - 1, "what was given out last is given out again last"


def test_where_all_numbers_are_taken_the_recording_that_was_not_asked_for_longest_is_forgotten() -> None:
    handles = Handles()
    for n in range(HANDLES_MOST):
        handles.keep(f"{n}", Handle((0.0,), (), handles.new_recording(), 1.0, f"{n}.wav"))
    handles.find("0")
    handles.new_recording()
    assert [n for n in range(HANDLES_MOST) if not handles.recorded_s(f"{n}.wav")] == [1]


def test_a_file_of_the_same_stem_is_another_recording() -> None:
    handles = Handles()
    handles.keep("kick", Handle((0.0,), (), handles.new_recording(), 2.0, "a/kick.wav"))
    assert handles.recorded_s("a/kick.wav") == 2.0
    assert handles.recorded_s("b/kick.wav") == handles.recorded_s("a/kick.flac") == 0.0


def test_a_handle_is_found_in_either_spelling() -> None:
    handles = Handles()
    handles.keep("caf\u00e9", Handle((1.0,), ()))
    assert handles.find("cafe\u0301") == Handle((1.0,), ())
