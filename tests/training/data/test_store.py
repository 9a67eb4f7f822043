"""A data set on disk: what was saved is what opens, and what does not belong together does not open."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from oscvae.errors import DataError
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.dataset import Held, NoteSet
from oscvae.training.data.store import INDEX, SPECTRA, fingerprint_of, open_dataset, read_index, save_dataset

ANALYSIS = AnalysisPart(frames=7, n_bands=32, note_min=60, note_max=62).complete()


def small_set() -> NoteSet:
    rng = np.random.default_rng(1)
    x = rng.uniform(-1.0, 1.0, (6, 32, 7)).astype(np.float32)
    note = np.array([60, 61, 62] * 2)
    program = np.repeat([24, 46], 3)
    split = np.array([0, 1, 2, 0, 0, 1])
    return NoteSet(x, note, program, np.full(6, 110), rng.uniform(1.0, 9.0, 6).astype(np.float32), split, ANALYSIS)


def test_what_was_saved_is_what_opens(tmp_path: Path) -> None:
    saved = small_set()
    fingerprint = save_dataset(saved, tmp_path / "set")
    opened = open_dataset(tmp_path / "set")
    assert isinstance(opened.x, np.memmap)
    for name in ("x", "note", "program", "velocity", "level", "split", "timbre", "source", "f0_hz", "held_out"):
        np.testing.assert_array_equal(getattr(opened, name), getattr(saved, name), err_msg=name)
        assert getattr(opened, name).dtype == getattr(saved, name).dtype, name
    assert (opened.analysis, opened.timbres, opened.sources) == (saved.analysis, saved.timbres, saved.sources)
    assert opened.fingerprint == fingerprint
    assert opened.timbres == ("program 24", "program 46")
    assert opened.label(3) == "program 46 110"
    assert len(opened) == 6
    assert opened.held_out.tolist() == [False, True, True, False, False, True]


def test_how_notes_are_held_is_kept(tmp_path: Path) -> None:
    held = Held((2, 4), 0.7)
    save_dataset(dataclasses.replace(small_set(), held=held), tmp_path)
    assert open_dataset(tmp_path).held == held
    index = json.loads((tmp_path / INDEX).read_text())
    (tmp_path / INDEX).write_text(json.dumps(index | {"held": {"sustain": [2]}}))
    with pytest.raises(DataError, match="its held is none"):
        open_dataset(tmp_path)


def test_writing_into_an_opened_set_stays_in_memory(tmp_path: Path) -> None:
    save_dataset(small_set(), tmp_path)
    before = (tmp_path / SPECTRA).read_bytes()
    opened = open_dataset(tmp_path)
    opened.x[0] = 0.0
    del opened
    assert (tmp_path / SPECTRA).read_bytes() == before


def test_the_fingerprint_covers_index_and_data(tmp_path: Path) -> None:
    one = save_dataset(small_set(), tmp_path / "one")
    assert save_dataset(small_set(), tmp_path / "two") == one
    assert (tmp_path / "one" / INDEX).read_bytes() == (tmp_path / "two" / INDEX).read_bytes()
    assert fingerprint_of(tmp_path / "one", read_index(tmp_path / "one")) == one
    other = small_set()
    other.x[5, 31, 6] += 0.25
    assert save_dataset(other, tmp_path / "three") != one
    relabelled = small_set()
    relabelled.split[0] = 2
    assert save_dataset(relabelled, tmp_path / "four") != one


def test_what_does_not_belong_together_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="dataset build"):
        open_dataset(tmp_path)
    save_dataset(small_set(), tmp_path)
    index = json.loads((tmp_path / INDEX).read_text())
    for change, said in (
        ({"format": 9}, "format 9"),
        ({"notes": index["notes"][:-1]}, r"\(5, 32, 7\)"),
        ({"recipe": index["recipe"] | {"spice": 1}}, "spice"),
    ):
        (tmp_path / INDEX).write_text(json.dumps(index | change))
        with pytest.raises(DataError, match=said):
            open_dataset(tmp_path)
    (tmp_path / INDEX).write_text(json.dumps(index))
    (tmp_path / SPECTRA).write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"x\.npy"):
        open_dataset(tmp_path)
