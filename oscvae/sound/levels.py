"""The level of a note: the power of its loudest quarter second.

One rule for what a data set levels its notes by, for the level that a decoder gives every note, and for the loudness
that every model has. A plucked note is loudest at its beginning, a bowed one wherever it is.
"""

from __future__ import annotations

import numpy as np

from oscvae.arrays import Float32s
from oscvae.model.bands import BandAxis
from oscvae.model.level import LEVEL_S, loudest

_SILENT = 1e-10


def measure_level(bands: Float32s, axis: BandAxis, frames: int) -> float:
    """The level of a note from its bands [frames, bands], as a linear magnitude: the root of the power that its bins
    have together, mean over the loudest so many frames. Proportional to the root mean square of the sound."""
    return float(np.sqrt(loudest(np.square(bands, dtype=np.float64) @ axis.width(), frames)))


def loudest_db(sound: Float32s, sample_rate: int) -> float:
    """Root mean square of the loudest quarter second of a sound [N], in dB of full scale."""
    power = loudest(np.square(sound, dtype=np.float64), round(LEVEL_S * sample_rate))
    return float(10.0 * np.log10(max(power, _SILENT**2)))
