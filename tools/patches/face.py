"""What every surface shows: the same faders, pads, keys and presets, in ranges that the table of addresses allows."""

from __future__ import annotations

from dataclasses import dataclass

from oscvae.control.addresses import BY_PATH

DIMS = 4  # the default model's, on two pads
PADS = (1, 2)
PRESETS = tuple(range(1, 9))
KEYS = range(48, 73)  # two octaves from C3
BLACK = frozenset({1, 3, 6, 8, 10})
GLIDE_S = 10.0
TRAVEL_S = 10.0


@dataclass(frozen=True)
class Fader:
    """A continuous control at its own address. start: what the daemon starts with."""

    name: str
    low: float
    high: float
    start: float

    @property
    def address(self) -> str:
        return f"/{self.name}"

    @property
    def unit(self) -> str:
        return BY_PATH[self.address].args[0].unit


# narrower than the table where a fader of its whole range would be too coarse to play
FADERS = (
    Fader("gain", -60, 6, -12),
    Fader("pan", -1, 1, 0),
    Fader("bend", -12, 12, 0),
    Fader("attack", 0, 2, 0),
    Fader("release", 0.005, 4, 0.15),
    Fader("stretch", 0.25, 4, 1),
)


def is_black(note: int) -> bool:
    return note % 12 in BLACK
