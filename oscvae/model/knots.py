"""Between knots: how the frames of a note come from the rows of its block, which are fewer.

A knot is a position in frames. Log magnitudes go linearly from each to the next, as a decoder that knows knots would
spread them itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oscvae.arrays import Float32s, Float64s, Int64s


def places(knots: Sequence[float] | Float64s, frames: int) -> tuple[Int64s, Float32s]:
    """For each frame, the row of the knot at or before it [frames], and the weight of the row after that [frames].

    knots: rising from 0 to frames - 1. A frame on a knot has weight 0, so no row follows the last frame's.
    """
    positions = np.asarray(knots, np.float64)
    frame = np.arange(frames, dtype=np.float64)
    row = np.searchsorted(positions, frame, side="right") - 1
    gap = np.diff(positions, append=positions[-1] + 1.0)
    return row.astype(np.int64), ((frame - positions[row]) / gap[row]).astype(np.float32)


def spread_matrix(knots: Sequence[float] | Float64s, frames: int) -> Float32s:
    """The same as a matrix [knots, frames]: rows [.., knots] times it are frames [.., frames]."""
    row, weight = places(knots, frames)
    matrix = np.zeros((len(knots) + 1, frames), np.float32)
    matrix[row, np.arange(frames)] = np.float32(1.0) - weight
    matrix[row + 1, np.arange(frames)] = weight
    return matrix[:-1]
