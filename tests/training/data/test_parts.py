"""Recordings whose part in the split is settled, by their audio."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from oscvae.errors import DataError
from oscvae.training.data.dataset import TRAIN, WITHHELD_NOTE, WITHHELD_RECORDING
from oscvae.training.data.parts import Parts, load_parts
from oscvae.training.data.recipes import Split
from oscvae.training.data.split import OPEN, divide

NEVER, KNOWN, PART = ("a" * 16, "b" * 16, "c" * 16)


def write(path: Path, **changes: object) -> Path:
    told = {
        "source": "made here",
        "instruments": ["lute"],
        "never": [NEVER],
        "trained": [KNOWN],
        "withheld": {PART: [60, 62]},
    }
    path.write_text(json.dumps(told | changes))
    return path


def test_a_recording_keeps_its_part_whatever_plays_it(tmp_path: Path) -> None:
    parts = load_parts(str(write(tmp_path / "parts.json")))
    rest = "0" * 48
    assert parts.instruments == {"lute"}
    assert parts.part([NEVER + rest], 70) == WITHHELD_RECORDING
    assert parts.part([KNOWN + rest, NEVER + rest], 70) == WITHHELD_RECORDING, "a layer is enough"
    assert [parts.part([PART + rest], note) for note in (60, 61, 62)] == [WITHHELD_NOTE, TRAIN, WITHHELD_NOTE]
    assert parts.part([KNOWN + rest, PART + rest], 61) == TRAIN
    assert parts.part([KNOWN + rest, "d" * 64], 61) is None
    assert parts.part([], 61) is None


def test_a_recipe_that_names_no_list_settles_nothing() -> None:
    assert load_parts("") == Parts()
    assert Parts().part(["a" * 64], 60) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"never": ["short"]}, "pattern"), ({"source": ""}, "at least 1"), ({"foreign": 1}, "Extra|extra")],
)
def test_a_list_that_is_none_is_refused(changes: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"split.settled .*cannot be read as a list of recordings: .*({said})"):
        load_parts(str(write(tmp_path / "parts.json", **changes)))


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none-of-this-name"):
        load_parts("none-of-this-name")


def test_the_list_that_is_carried_along_holds_each_recording_once() -> None:
    parts = load_parts("plucked-3")
    assert len(parts.instruments) == 12
    assert not parts.never & parts.trained
    assert {digest for digest, _ in parts.withheld} <= parts.trained
    assert (len(parts.never), len(parts.trained)) == (45, 215)


def test_settled_parts_stay_and_the_rest_is_divided() -> None:
    note = np.tile(np.arange(40, 52), 4)
    timbre, source = np.repeat([0, 0, 1, 1], 12), np.repeat(np.arange(16), 3)
    settled = np.full(48, OPEN, np.int8)
    settled[:12] = np.tile([TRAIN, WITHHELD_NOTE, TRAIN], 4)
    settled[12:15] = WITHHELD_RECORDING
    settled[15] = TRAIN
    part = divide(note, timbre, source, Split(), settled)
    known = settled != OPEN
    np.testing.assert_array_equal(part[known], settled[known])
    assert part[16:18].tolist() == [TRAIN, TRAIN], "their recording is trained on"
    free = np.arange(18, 48)
    np.testing.assert_array_equal(part[free], divide(note[free], timbre[free], source[free], Split()))
