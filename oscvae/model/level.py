"""How long the loudest part of a note is, by which its level is measured, and how loud that is."""

from __future__ import annotations

import numpy as np

from oscvae.arrays import Float64s
from oscvae.model.analysis import Analysis

LEVEL_S = 0.25
"""How long the loudest part of a note is."""
STROKE_LEVEL_S = 0.04
"""And that of a sound without pitch, which may be over sooner: a click as loud as a cymbal over a quarter second would
be all peak."""


def level_frames(analysis: Analysis, level_s: float = LEVEL_S) -> int:
    """How many frames a note's level is measured over, at most all that it has."""
    return min(analysis.frames, max(1, round(level_s * analysis.sample_rate / analysis.hop)))


def loudest(power: Float64s, size: int) -> float:
    """The mean of the loudest `size` neighbours in power [N]; after its end is silence."""
    total = np.concatenate([[0.0], np.cumsum(power, dtype=np.float64)])
    most = float((total[size:] - total[:-size]).max()) if power.size > size else float(total[-1])
    return max(most, 0.0) / size
