"""What the settings of a voice are to the engine: the word of each, and its number; and what a channel adds to them.

`osc.vocabulary.SETTINGS` has the same names with their ranges; `z` is no word, it is decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from oscvae.play.journey import Point
from oscvae.play.models.loaded import Loaded
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
    "attack": lambda seconds, rate: (at.V_ATTACK, round(seconds * rate)),
    "rate": lambda rate_of_reading, rate: (at.V_RATE, rate_of_reading),
    "release": lambda seconds, rate: (at.V_RELEASE, release_factor(seconds, rate)),
}
"""(value of the setting, the engine's rate in Hz) to the word and what is written there, a whole number as an int."""
TOUCHED = ("gain", "pan", "bend")
"""The settings that a channel adds to."""


@dataclass(frozen=True, slots=True)
class Touch:
    """What a channel adds to each of its notes.

    gain: dB. pan: added, -1 to 1. bend: semitones. shift: share of the latent range by dimension, the first is 1.
    """

    gain: float = 0.0
    pan: float = 0.0
    bend: float = 0.0
    shift: Mapping[int, float] = field(default_factory=dict)

    def __add__(self, other: Touch) -> Touch:
        """Both of them, as a finger's and its zone's."""
        if other == NO_TOUCH:
            return self
        if self == NO_TOUCH:
            return other
        shift = dict(self.shift)
        for dimension, share in other.shift.items():
            shift[dimension] = shift.get(dimension, 0.0) + share
        return Touch(self.gain + other.gain, self.pan + other.pan, self.bend + other.bend, shift)

    def number(self, name: str, rate: int) -> tuple[int, float]:
        """The voice's word for a setting, and what is written there. rate: the engine's, Hz."""
        value = float(getattr(self, name))
        return VOICE_WORDS[name](max(-1.0, min(value, 1.0)) if name == "pan" else value, rate)

    def numbers(self, rate: int) -> dict[int, float]:
        """All that a voice begins with, by word."""
        return dict(self.number(name, rate) for name in TOUCHED) if self != NO_TOUCH else {}

    def place(self, z: Point, loaded: Loaded) -> Point:
        """Where a note is whose keyboard is at `z`, within what the model clips to."""
        if not self.shift:
            return z
        latent, info = loaded.document.latent, loaded.info
        place = list(z)
        for dimension, share in self.shift.items():
            i = dimension - 1
            if i < len(place):
                place[i] += share * (latent.high[i] - latent.low[i])
                if info.z_low:
                    place[i] = max(info.z_low[i], min(place[i], info.z_high[i]))
        return tuple(place)


NO_TOUCH = Touch()
