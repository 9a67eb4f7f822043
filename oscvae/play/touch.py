"""A touch: what a channel adds to each of its notes, besides what they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oscvae.play.journey import Point
from oscvae.play.loaded import Loaded
from oscvae.play.voicewords import VOICE_WORDS

WORDS = ("gain", "pan", "bend")
"""What of a touch is a word of the voice; `shift` is decoded."""


@dataclass(frozen=True, slots=True)
class Touch:
    """gain: dB. pan: added, -1 to 1. bend: semitones. shift: share of the latent range by dimension, the first is 1."""

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
        """The voice's word for one of WORDS, and what is written there. rate: the engine's, Hz."""
        value = float(getattr(self, name))
        return VOICE_WORDS[name](max(-1.0, min(value, 1.0)) if name == "pan" else value, rate)

    def numbers(self, rate: int) -> dict[int, float]:
        """All that a voice begins with, by word."""
        return dict(self.number(name, rate) for name in WORDS) if self != NO_TOUCH else {}

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
