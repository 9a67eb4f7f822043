"""Fine detail: what is fitted is what was there, and it is added where the partials of a note lie."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from oscvae.model.detail import (
    ELSEWHERE_MOST,
    MOST_BANDS,
    PARTS_MOST,
    REACH_DB,
    SLOPE_MOST_DB,
    Detail,
    Detailer,
    Moved,
    blended,
    checked,
    detail_size,
    share_elsewhere,
)
from oscvae.model.document import ModelDocument, parse_document
from oscvae.model.level import level_frames, loudest
from parts.small_model import long_document, small_document_2

HALF_RANGE_DB = 40.0


def a_document(bands: int = 64, frames: int = 200, **changes: object) -> ModelDocument:
    kind = {"kind": "linear", "n": bands, "corner": 0}
    return ModelDocument.model_validate(long_document(bands=kind, frames=frames, **changes))


def level_db(document: ModelDocument, x: NDArray[np.float32]) -> float:
    power = np.exp(math.log(10.0) / 10.0 * HALF_RANGE_DB * x) @ document.band_axis().width()
    return 10.0 * math.log10(loudest(power, level_frames(document)))


def at_home(document: ModelDocument, x: NDArray[np.float32], *parts: Moved, note: int = 60) -> NDArray[np.float32]:
    block = x.copy()
    Detailer(document).add(block, note, parts)
    return block


def test_an_offset_and_a_slope_are_found_and_bring_a_note_to_its_recording() -> None:
    document, rng = a_document(), np.random.default_rng(1)
    decoded = rng.uniform(0.3, 0.6, (200, 64)).astype(np.float32)
    offset, slope = rng.uniform(-8.0, 8.0, 64), rng.uniform(-6.0, 6.0, 64)
    t = np.maximum(0.0, np.arange(200) * 256 - 512) / 48000
    heard = (decoded + (offset + slope * t[:, None]) / HALF_RANGE_DB).astype(np.float32)
    heard -= np.float32((level_db(document, heard) - level_db(document, decoded)) / HALF_RANGE_DB)
    detailer = Detailer(document)
    found = detailer.fit(decoded, heard)
    lower_db = offset.mean() - found[0].mean()  # its level is brought back
    assert np.abs(found[0] + lower_db - offset).max() < 1.0
    assert np.abs(found[1] - slope).max() < 1.5
    near = at_home(document, decoded, Moved(1.0, 60, found))
    assert detailer.distance_db(near, heard) < 0.2
    far_db = detailer.distance_db(decoded, heard)
    assert far_db > 4.0
    half = at_home(document, decoded, Moved(0.5, 60, found))
    assert detailer.distance_db(half, heard) == pytest.approx(0.5 * far_db, rel=0.25)


@pytest.mark.parametrize("frames_are", ["rows", "knots"])
def test_a_note_keeps_its_level_and_its_silence(frames_are: str) -> None:
    changes = {} if frames_are == "rows" else {"format": 2, "knots": [0.0, 2.0, 5.5, 20.0, 60.0, 199.0]}
    text = ModelDocument.model_validate(long_document(frames=200)).model_copy().model_dump_json()
    document = parse_document(_with(text, changes), "here")
    x = np.random.default_rng(2).uniform(-0.9, -0.2, (len(document.rows), 64)).astype(np.float32)
    x[:, 40:] = -1.0
    numbers = np.stack([np.linspace(-20.0, 20.0, 64), np.linspace(9.0, -9.0, 64)]).astype(np.float32)
    louder = at_home(document, x, Moved(1.0, 60, numbers))
    frames, before = (part.T @ document.spread() for part in (louder, x))
    assert level_db(document, frames.T) == pytest.approx(level_db(document, before.T), abs=0.6)
    assert (louder[:, 40:] == -1.0).all() and np.abs(louder[:, :40] - x[:, :40]).max() > 0.2
    assert louder.dtype == np.float32 and np.abs(louder).max() <= 1.0


def _with(text: str, changes: dict[str, object]) -> str:
    return json.dumps({**json.loads(text), **changes})


def test_it_moves_with_the_partials() -> None:
    document = a_document()
    x = np.full((200, 64), -0.3, np.float32)
    numbers = np.zeros((2, 64), np.float32)
    numbers[0, 10] = 12.0
    where = [int(np.argmax(at_home(document, x, Moved(1.0, 60, numbers), note=note)[50])) for note in (60, 72, 48, 67)]
    assert where == [10, 20, 5, 15]


def test_a_slope_does_not_run_away() -> None:
    document = a_document(frames=2000)  # 10 s
    x = np.full((2000, 64), 0.1, np.float32)
    numbers = np.zeros((2, 64), np.float32)
    numbers[1, 5], numbers[1, 6] = SLOPE_MOST_DB, -SLOPE_MOST_DB
    moved = (at_home(document, x, Moved(1.0, 60, numbers)) - x) * HALF_RANGE_DB
    moved -= moved[:, 20:21]
    assert moved[-1, 5] == pytest.approx(REACH_DB, abs=0.01) and moved[-1, 6] == pytest.approx(-REACH_DB, abs=0.01)


def test_parts_add_up() -> None:
    document = a_document()
    x = np.full((200, 64), -0.3, np.float32)
    numbers = np.zeros((2, 64), np.float32)
    numbers[0, 10] = 8.0
    once = at_home(document, x, Moved(1.0, 60, numbers))
    halves = at_home(document, x, Moved(0.75, 60, numbers), Moved(0.25, 60, numbers))
    np.testing.assert_allclose(halves, once, atol=1e-6)


def test_a_finer_axis_has_a_number_for_each_group_of_bands() -> None:
    assert [detail_size(bands) for bands in (16, MOST_BANDS, MOST_BANDS + 1, 512, 1025)] == [16, 256, 129, 256, 205]
    document = a_document(bands=513)
    decoded = np.random.default_rng(3).uniform(0.2, 0.4, (200, 513)).astype(np.float32)
    found = Detailer(document).fit(decoded, decoded + np.float32(0.1))
    assert found.shape == (2, 171)
    near = at_home(document, decoded, Moved(1.0, 60, found))
    np.testing.assert_allclose(near, decoded, atol=0.02)  # its level stays


def a_detail(note: int = 60, elsewhere: float = 0.5) -> Detail:
    return Detail(note, np.zeros((2, 4), np.float32), elsewhere)


def test_what_is_blended_has_the_shares_of_both_and_keeps_the_largest() -> None:
    one, other, *more = (a_detail() for _ in range(2 + PARTS_MOST))
    assert blended((), (), 0.3) == ()
    assert blended(((one, 1.0),), (), 0.25) == ((one, 0.75),)
    assert blended(((one, 1.0),), ((other, 1.0),), 0.75) == ((other, 0.75), (one, 0.25))
    assert blended(((one, 1.0),), ((one, 0.5),), 0.5) == ((one, 0.75),)
    assert blended(((one, 1.0),), (), 1.0) == blended((), ((one, 1.0),), 0.0) == ()
    many = (*((detail, 0.2) for detail in more), (one, 0.6))
    mixed = blended(many, ((other, 1.0),), 0.5)
    assert len(mixed) == PARTS_MOST and [part[0] for part in mixed[:2]] == [other, one]


def test_a_detail_is_whole_where_it_comes_from() -> None:
    assert [a_detail().at(note) for note in (59, 60, 61)] == [0.5, 1.0, 0.5]


def test_other_notes_have_it_where_the_recording_is_strange() -> None:
    shares = [share_elsewhere(distance) for distance in (0.0, 4.6, 7.0, 7.5, 8.0, 40.0)]
    assert shares == [0.0, 0.0, 0.0, pytest.approx(0.5 * ELSEWHERE_MOST), ELSEWHERE_MOST, ELSEWHERE_MOST]


@pytest.mark.parametrize(
    ("note", "numbers", "elsewhere", "size"),
    [
        (60, [0.0] * 7, 0.5, None),
        (60, [], 0.5, None),
        (60, [0.0] * 514, 0.5, None),
        (60, [0.0] * 8, 0.5, 5),
        (128, [0.0] * 8, 0.5, 4),
        (True, [0.0] * 8, 0.5, 4),
        (60.0, [0.0] * 8, 0.5, 4),
        (60, [25.0] + [0.0] * 7, 0.5, 4),
        (60, [0.0] * 7 + [-121.0], 0.5, 4),
        (60, [math.nan] + [0.0] * 7, 0.5, 4),
        (60, [0.0] * 8, 1.5, 4),
        (60, [0.0] * 8, math.nan, 4),
    ],
)
def test_what_no_fit_answers_is_refused(note: object, numbers: Sequence[float], elsewhere: float, size: int) -> None:
    with pytest.raises(ValueError):
        checked(note, numbers, elsewhere, size)


def test_what_a_fit_answers_is_taken() -> None:
    document = ModelDocument.model_validate({**small_document_2(), "format": 1})
    rng = np.random.default_rng(4)
    wild, other = (rng.uniform(-1.0, 1.0, (4, 16)).astype(np.float32) for _ in range(2))
    found = Detailer(document).fit(wild, other)
    detail = checked(60, found.reshape(-1).tolist(), 0.5, 16)
    assert np.array_equal(detail.numbers, found) and detail.size == 16
