"""Where a voice goes: to a point, or along two recordings, frame by frame."""

from __future__ import annotations

import numpy as np
import pytest

from oscvae.arrays import Float32s
from oscvae.decode.paths import LOUDER_DB, LOUDEST_DB, BlendPath, Encoded, PointPath
from oscvae.decode.wire import CURVE, LOOP, MIX, OFFSET, POSITION, RATE
from oscvae.model.frames import SILENT_DB

D = 3
REACH = (np.full(D, -10.0, np.float32), np.full(D, 10.0, np.float32))


def recording(frames: int, scale: float = 1.0, level_db: float = -10.0) -> Encoded:
    """Of which frame n is at n / 10 in every dimension, times `scale`."""
    z = np.tile(np.arange(frames, dtype=np.float32) * np.float32(0.1 * scale), (D, 1))
    return Encoded(z, np.full(frames, level_db, np.float32))


def blend(a: Encoded, b: Encoded, mix: float = 0.0, rate: float = 1.0, *, loop: bool = False) -> BlendPath:
    return BlendPath(1, a, b, mix, rate, 0.0, loop, REACH)


def taken(path: BlendPath, frames: int) -> Float32s:
    """The first coordinate of the next frames, chunk by chunk."""
    return np.concatenate([path.next(2).z[0] for _ in range(frames // 2)])


def test_a_point_stays_and_is_where_it_is_moved_to_by_the_end_of_a_chunk() -> None:
    path = PointPath(1, np.zeros(D, np.float32))
    np.testing.assert_array_equal(path.next(2).z, np.zeros((D, 2)))
    path.steer(OFFSET, (1.0, 2.0, 3.0))
    np.testing.assert_array_equal(path.next(2).z, [[0.5, 1.0], [1.0, 2.0], [1.5, 3.0]])
    np.testing.assert_array_equal(path.next(2).z, [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])


def test_a_recording_blended_with_itself_is_itself_to_the_last_bit() -> None:
    rng = np.random.default_rng(3)
    same = Encoded(rng.normal(size=(D, 37)).astype(np.float32), rng.uniform(-60, 0, 37).astype(np.float32))
    for mix in (-1.0, 0.3, 1.0, 2.0):
        path = blend(same, same, mix, 0.37)
        alone = blend(same, same, 0.0, 0.37)
        for _ in range(40):
            mixed, plain = path.next(2), alone.next(2)
            np.testing.assert_array_equal(mixed.z, plain.z)
            np.testing.assert_array_equal(mixed.level_db, plain.level_db)


def test_the_second_is_stretched_to_the_length_of_the_first() -> None:
    path = blend(recording(11), recording(21), 1.0)
    np.testing.assert_allclose(taken(path, 10), 0.2 * np.arange(10), atol=1e-6)


@pytest.mark.parametrize("mix", [-0.5, 0.25, 1.5])
def test_a_mix_lies_between_or_beyond_the_two(mix: float) -> None:
    path = blend(recording(11), recording(11, 2.0, -14.0), mix)
    chunk = path.next(2)
    np.testing.assert_allclose(chunk.z[0], 0.1 * np.arange(2) * (1.0 + mix), atol=1e-6)
    assert chunk.level_db is not None
    np.testing.assert_allclose(chunk.level_db, -10.0 - 4.0 * mix, atol=1e-4)


def test_levels_and_points_beyond_what_is_played_are_held_in() -> None:
    loud, silent = recording(11, 100.0, 30.0), recording(11, -100.0, SILENT_DB)
    up, down = blend(loud, silent, -1.0), blend(loud, silent, 2.0)
    taken(up, 8)
    taken(down, 8)
    assert up.next(2).level_db == pytest.approx(30.0 + LOUDER_DB) and LOUDEST_DB > 30.0 + LOUDER_DB
    assert down.next(2).level_db == pytest.approx(SILENT_DB)
    assert np.abs(up.next(2).z).max() == 10.0


def test_a_mix_that_is_moved_is_reached_within_a_chunk() -> None:
    path = blend(recording(101), recording(101, 3.0))
    taken(path, 10)
    path.steer(MIX, (1.0,))
    np.testing.assert_allclose(path.next(2).z[0], [1.0 + 0.5 * 2.0, 1.1 * 3.0], atol=1e-6)


def test_a_curve_says_the_mix_at_each_place_until_a_mix_is_set() -> None:
    path = blend(recording(101, 0.1), recording(101, 0.2))
    path.steer(CURVE, (0.0, 0.0, 0.5, 1.0, 1.0, 1.0))
    found = taken(path, 100)
    expected = 0.01 * np.arange(100) * (1.0 + np.minimum(np.arange(100) / 50.0, 1.0))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    path.steer(POSITION, (0.5,))
    path.steer(MIX, (0.0,))
    path.next(2)
    assert path.next(2).z[0, 0] == pytest.approx(0.52, abs=1e-5)


@pytest.mark.parametrize(("rate", "start", "chunks"), [(1.0, 0.0, 5), (-1.0, 1.0, 5), (4.0, 0.0, 1)])
def test_a_blend_ends_where_it_leaves_the_recording(rate: float, start: float, chunks: int) -> None:
    path = blend(recording(11), recording(11), rate=rate)
    path.steer(POSITION, (start,))
    assert [path.next(2).is_last for _ in range(chunks + 1)] == [False] * chunks + [True]


def test_a_blend_that_loops_goes_round_and_one_at_rate_0_stands() -> None:
    path = blend(recording(11), recording(11), loop=True)
    assert not any(path.next(2).is_last for _ in range(100))
    path.steer(RATE, (0.0,))
    path.steer(LOOP, (0.0,))
    first = path.next(2)
    assert not first.is_last
    np.testing.assert_array_equal(path.next(2).z, first.z)


def test_an_offset_is_added_to_every_point() -> None:
    path = blend(recording(11), recording(11))
    path.steer(OFFSET, (1.0, 0.0, -1.0))
    np.testing.assert_allclose(path.next(2).z, [[1.0, 1.1], [0.0, 0.1], [-1.0, -0.9]], atol=1e-6)
