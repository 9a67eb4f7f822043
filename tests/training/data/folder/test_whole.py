"""What only a whole folder shows: it is evenly off, its names count octaves otherwise, most of it has no pitch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.errors import DataError
from oscvae.training.data.build import Built, build
from oscvae.training.data.folder.whole import counts, evenly_off, octave_hint
from oscvae.training.data.plan import Item
from oscvae.training.data.recipes import Reading, load_recipe
from oscvae.training.data.store import read_index
from oscvae.units import note_name, note_to_hz
from parts.takes import RATE, late, pluck, stroke

SMALL = ("analysis.frames=12", "analysis.n_bands=64", "split.every_note=0", "split.recordings=0")


def built_of(tmp_path: Path, sounds: dict[str, np.ndarray], reading: Reading | None = None) -> tuple[Built, list[str]]:
    folder = tmp_path / "takes"
    folder.mkdir(exist_ok=True)
    for name, sound in sounds.items():
        soundfile.write(folder / name, sound, RATE)
    built = build(load_recipe(str(folder), SMALL, reading), tmp_path / "set", workers=0, force=True)
    return built, sorted(row["file"] for row in read_index(built.path)["notes"])


@pytest.mark.parametrize(("off_cents", "said"), [(72.0, "72 cents sharp"), (-32.0, "32 cents flat")])
def test_a_set_that_is_evenly_off_is_tuned_and_told(tmp_path: Path, off_cents: float, said: str) -> None:
    names = {f"{note_name(note)}.wav": note for note in (57, 60, 62, 64, 67)}
    sounds = {name: late(pluck(note + 0.01 * off_cents, 0.6), 0.1) for name, note in names.items()}
    built, kept = built_of(tmp_path, sounds)
    assert (kept, built.outliers) == (sorted(names), ())
    (remark,) = built.remarks
    assert said in remark["why"] and "tuned to them" in remark["why"]
    assert remark["what"] == str(tmp_path / "takes")


def test_a_set_of_which_one_note_is_off_is_not_tuned(tmp_path: Path) -> None:
    names = {f"{note_name(note)}.wav": float(note) for note in (57, 60, 62, 64)} | {"G4.wav": 67.7}
    built, kept = built_of(tmp_path, {name: late(pluck(note, 0.6), 0.1) for name, note in names.items()})
    assert (len(kept), built.remarks) == (4, ())
    assert [one["what"] for one in built.outliers] == ["G4.wav"]


def test_only_what_agrees_is_evenly_off() -> None:
    def off(errors: list[float]) -> dict[str, float]:
        items = [Item("a", 0, 60, 100, setting="folders.0.notes") for _ in errors]
        return evenly_off((item, note_to_hz(60.0 + error / 100.0)) for item, error in zip(items, errors, strict=True))

    assert off([40.0, 45.0, 50.0, 44.0]) == {"folders.0.notes": 44.5}
    assert off([40.0, 45.0, 50.0, 44.0, -1200.0]) == {"folders.0.notes": 44.0}
    for errors in ([40.0, 45.0, 50.0], [5.0, 8.0, 2.0, 3.0], [1200.0] * 5, [-50.0, 50.0, -20.0, 20.0]):
        assert not off(errors), errors


def test_what_is_doubted_is_counted() -> None:
    dropped = [{"kept": False, "kind": kind} for kind in ("noise", "noise", "chord", "")] + [
        {"kept": True, "kind": "several"}
    ]
    assert counts(dropped, 9) == [
        "2 of 9 have no clear pitch",
        "1 of 9 is a chord",
        "1 of 9 is another note than it is said to be",
    ]


def test_names_that_count_octaves_otherwise_are_told_where_nothing_survives(tmp_path: Path) -> None:
    sounds = {f"{name}3.wav": late(pluck(note, 0.6), 0.1) for name, note in (("C", 60), ("D", 62), ("E", 64))}
    with pytest.raises(DataError, match=r"none of the 3 sounds can be used: 3 of 3 are other notes .*--middle-c 3"):
        built_of(tmp_path, sounds)
    assert len(built_of(tmp_path, sounds, Reading(middle_c=3))[1]) == 3
    assert octave_hint([{"kept": False, "cents": -1190.0}] * 3).endswith("try --middle-c 5")
    assert octave_hint([{"kept": False, "cents": 1200.0}] * 2) == ""


def test_a_folder_of_strokes_says_that_they_have_no_pitch(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"none of the 2 sounds can be used: 2 of 2 have no clear pitch; a\.wav: it has"
    ):
        built_of(tmp_path, {"a.wav": stroke(), "b.wav": 0.5 * stroke()})


def test_names_are_ignored_or_read(tmp_path: Path) -> None:
    sounds = {"60.wav": late(pluck(64.0, 0.6), 0.1), "G4.wav": late(pluck(67.0, 0.6), 0.1)}
    assert built_of(tmp_path, sounds, Reading(names="ignore"))[1] == ["60.wav", "G4.wav"]
    built, kept = built_of(tmp_path, sounds, Reading(names="read"))
    assert (kept, [one["what"] for one in built.outliers]) == (["G4.wav"], ["60.wav"])
