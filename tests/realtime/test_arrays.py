"""The table of an engine's shared arrays, walked row by row: where each lies, whose it is, and what guards it."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from oscvae.model.document import ModelDocument
from oscvae.realtime import layout as at
from oscvae.realtime.arrays import ENGINE_ARRAYS, WORDS, Row, SharedArrays, Sizes
from oscvae.realtime.engine import Engine
from oscvae.realtime.layout import Group, Writer
from oscvae.realtime.memory import CACHE_LINE_BYTES
from oscvae.realtime.ring import clear_ring, pop, push
from oscvae.spectral.context import ModelContext
from parts.sharedwords import bits
from parts.small_model import small_document

# odd numbers of everything, so that few arrays end where a cache line does
ODD = Sizes(slots=5, scratch=23, sinc=37)


def named(prefix: str) -> dict[str, int]:
    """The words of the layout whose names begin so."""
    return {name: value for name, value in vars(at).items() if name.startswith(prefix) and isinstance(value, int)}


def context_arrays() -> SharedArrays[Any]:
    document = ModelDocument.model_validate(small_document())
    settings: dict[str, int] = {"rate": 48_000, "pool": 0, "n_blocks": 2, "pipe_fd": -1, "look_ahead": 1}
    return ModelContext(document, slots=3, iterations=2, **settings).arrays


def tables() -> list[SharedArrays[Any]]:
    return [SharedArrays(ENGINE_ARRAYS, ODD), Engine(4, 48_000, 16, np.zeros(16, np.float32)).arrays, context_arrays()]


EACH_TABLE = pytest.mark.parametrize("arrays", tables(), ids=["odd sizes", "engine", "context"])


# -- the rows ----------------------------------------------------------------------------------------------------------


def test_each_address_word_of_the_engine_has_one_row() -> None:
    words = [row.word for row in ENGINE_ARRAYS if row.word is not None]
    addresses = {name: word for name, word in named("E_").items() if word in at.ADDRESSES}
    assert sorted(words) == sorted(addresses.values())
    assert len(set(words)) == len(words)
    assert len({row.name for row in ENGINE_ARRAYS}) == len(ENGINE_ARRAYS) == len(words) + 1


@EACH_TABLE
def test_a_word_holds_the_address_of_its_array(arrays: SharedArrays[Any]) -> None:
    for row in arrays.rows:
        if row.word is not None:
            assert arrays[WORDS][row.word] == arrays[row.name].ctypes.data != 0


@EACH_TABLE
def test_every_array_starts_on_a_cache_line_and_none_overlaps_another(arrays: SharedArrays[Any]) -> None:
    ranges = []
    for row in arrays.rows:
        array = arrays[row.name]
        assert array.dtype == row.dtype and array.flags.c_contiguous
        start = array.ctypes.data
        assert start % CACHE_LINE_BYTES == 0
        ranges.append((start, start + array.nbytes))
    ranges.sort()
    assert ranges[0][0] >= arrays.arena.address
    assert ranges[-1][1] <= arrays.arena.address + arrays.arena.size_bytes
    # a whole line apart, so that no two arrays, of one writer or of two, share one
    assert all(end + CACHE_LINE_BYTES <= start for (_, end), (start, _) in itertools.pairwise(ranges))


@pytest.mark.parametrize("table", range(3))
@pytest.mark.parametrize("beyond", [-1, 0], ids=["the item before its first", "the item behind its last"])
def test_an_array_that_is_overrun_by_one_item_is_found_out(table: int, beyond: int) -> None:
    """A guard lies between any two arrays, those of different writers among them."""
    arrays = tables()[table]
    assert arrays.intact()
    for row in arrays.rows:
        array = arrays[row.name]
        place = array.ctypes.data - arrays.arena.address
        place += -array.itemsize if beyond else array.nbytes
        item = arrays.arena._bytes[place : place + array.itemsize]
        kept = item.copy()
        item[:] = bits(np.ones(1, row.dtype)).reshape(-1)
        assert not arrays.intact(), row.name
        item[:] = kept
        assert arrays.intact()


def test_rings_are_empty_and_take_as_many_records_as_they_hold() -> None:
    arrays = SharedArrays(ENGINE_ARRAYS, ODD)
    record = np.arange(8)
    rings = [row for row in ENGINE_ARRAYS if row.reader is not None]
    assert len(rings) == 5
    for row in rings:
        ring = arrays[row.name]
        assert not pop(ring, record.copy())
        count = 0
        while push(ring, record):
            count += 1
        assert count == (ring.size - 24) // 8 > 0
        assert arrays.intact()


@pytest.mark.parametrize("words", [24, 24 + 3 * 8, 24 + 2 * 8 + 1, 8])
def test_a_ring_of_other_than_a_power_of_two_is_refused(words: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        clear_ring(np.zeros(words, np.int64))


def test_a_table_of_ones_own_is_laid_out_as_well() -> None:
    rows = (
        Row[int](WORDS, None, np.int64, lambda n: (3,), Writer.NOBODY),
        Row[int]("pairs", 1, np.float32, lambda n: (n, 2), Writer.CONTROL),
    )
    arrays = SharedArrays(rows, 7)
    assert arrays["pairs"].shape == (7, 2)
    assert arrays[WORDS].tolist() == [0, arrays["pairs"].ctypes.data, 0]
    assert not arrays["pairs"].any()


# -- the groups of words ----------------------------------------------------------------------------------------------

GROUPED = {
    "E_": (at.ENGINE_GROUPS, at.ENGINE_WORDS),
    "P_": (at.PART_GROUPS, at.PART_WORDS),
    "V_": (at.VOICE_GROUPS, at.VOICE_WORDS),
}


@pytest.mark.parametrize("prefix", GROUPED)
def test_words_of_different_writers_never_share_a_cache_line(prefix: str) -> None:
    groups, size = GROUPED[prefix]
    lines: dict[int, Group] = {}
    for group in groups:
        assert group.first % at.LINE_WORDS == group.end % at.LINE_WORDS == 0 <= group.first < group.end <= size
        for line in range(group.first // at.LINE_WORDS, group.end // at.LINE_WORDS):
            assert lines.setdefault(line, group) is group, f"line {line} belongs to {lines[line]} and {group}"
    for name, word in named(prefix).items():
        assert word // at.LINE_WORDS in lines, f"{name} is in no group"
    assert at.LINE_WORDS * 8 == CACHE_LINE_BYTES
    assert size % at.LINE_WORDS == 0, "the words of the next voice begin on a line of their own"


@pytest.mark.parametrize(
    ("prefix", "size"),
    [
        ("E_", at.ENGINE_WORDS),
        ("V_", at.VOICE_WORDS),
        ("P_", at.PART_WORDS),
        ("Q_", at.PAIR_WORDS),
        ("C_", at.CALLBACK_FLOATS),
        ("R_", at.R_WORDS),
        ("RF_", at.R_FLOATS),
        ("X_", at.CONTEXT_WORDS),
    ],
)
def test_no_two_words_are_one_and_all_have_room(prefix: str, size: int) -> None:
    words = {name: word for name, word in named(prefix).items() if name not in ("R_WORDS", "R_FLOATS")}
    assert len(words) > 1
    assert len(set(words.values())) == len(words)
    assert all(0 <= word < size for word in words.values())
