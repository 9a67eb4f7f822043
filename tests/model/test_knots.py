"""Frames from knots: the table of the engine, and the matrix of everybody else."""

from __future__ import annotations

import numpy as np

from oscvae.model.knots import places, spread_matrix


def test_frames_lie_on_the_lines_between_knots() -> None:
    knots, frames = [0.0, 1.0, 2.5, 7.25, 11.0], 12
    at_knots = np.array([0.5, -1.0, 0.25, 0.75, -0.5], np.float32)
    wanted = np.interp(np.arange(frames), knots, at_knots)
    row, weight = places(knots, frames)
    following = at_knots[np.minimum(row + 1, len(knots) - 1)]
    np.testing.assert_allclose(at_knots[row] + weight * (following - at_knots[row]), wanted, atol=1e-7)
    np.testing.assert_allclose(at_knots @ spread_matrix(knots, frames), wanted, atol=1e-7)


def test_where_every_frame_is_a_knot_nothing_is_blended() -> None:
    row, weight = places(range(50), 50)
    assert row.tolist() == list(range(50))
    assert not weight.any()
    np.testing.assert_array_equal(spread_matrix(range(50), 50), np.eye(50))


def test_a_knot_between_two_frames_is_passed_but_not_lost() -> None:
    row, weight = places([0.0, 1.5, 3.0], 4)
    assert row.tolist() == [0, 0, 1, 2]
    np.testing.assert_allclose(weight, [0.0, 2 / 3, 1 / 3, 0.0], atol=1e-7)
