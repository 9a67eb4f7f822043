"""What the settings of a voice are to the engine: the word of each, and its number.

`osc.vocabulary.SETTINGS` has the same names with their ranges; `z` is no word, it is decoded.
"""

from __future__ import annotations

from collections.abc import Callable

from oscvae.realtime import layout as at
from oscvae.units import db_to_gain, semitones_to_ratio

RELEASE_DB = -60.0  # where the exponential release ends


def release_factor(release_s: float, rate: int) -> float:
    """The factor per sample of an exponential release that reaches RELEASE_DB after `release_s`, at `rate` Hz."""
    return float(10.0 ** (RELEASE_DB / 20.0 / max(1.0, release_s * rate)))


VOICE_WORDS: dict[str, Callable[[float, int], tuple[int, float]]] = {
    "gain": lambda gain_db, rate: (at.V_GAIN, db_to_gain(gain_db)),
    "pan": lambda pan, rate: (at.V_PAN, pan),
    "bend": lambda semitones, rate: (at.V_BEND, semitones_to_ratio(semitones)),
}
"""(value of the setting, the engine's rate in Hz) to the word and what is written there."""
