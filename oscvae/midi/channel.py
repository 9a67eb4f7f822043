"""One MIDI channel: what has been said on it that later messages depend on, its wheel, pedal and registered parameters.

Source: MIDI 1.0 detailed specification, registered parameter numbers; MIDI Polyphonic Expression, M1-100-UM v1.1.
"""

from __future__ import annotations

from dataclasses import dataclass

DATA, DATA_FINE, NRPN_FINE, NRPN, RPN_FINE, RPN = 6, 38, 98, 99, 100, 101
"""The controllers that choose a parameter and give it a value."""
BEND_RANGE, FINE_TUNING, COARSE_TUNING, MPE_ZONE = 0, 1, 2, 6
"""The registered parameters that are known, of which only the low number is not 0."""
NONE = -1
WHEEL_CENTRE = 0x2000
CENTRE = 64
_NULL = 127


@dataclass(slots=True)
class Channel:
    """bend_range: semitones that the wheel bends each way, None = not told. coarse, fine: tuning, semitones."""

    wheel: int = WHEEL_CENTRE
    bend_range: float | None = None
    coarse: float = 0.0
    fine: float = 0.0
    pedal: bool = False
    pressure: int | None = None  # None = not told, as of timbre
    timbre: int | None = None
    chosen: tuple[int, int] = (_NULL, _NULL)  # of the parameter, high and low number
    is_registered: bool = True  # or one of a maker's own
    data: int = 0  # the coarse half of the parameter's value

    def choose(self, number: int, value: int) -> None:
        """Take note of one of the controllers that choose a parameter."""
        high, low = self.chosen
        self.chosen = (value, low) if number in (RPN, NRPN) else (high, value)
        self.is_registered = number in (RPN, RPN_FINE)

    @property
    def parameter(self) -> int:
        """The registered parameter that is chosen and known, else NONE."""
        high, low = self.chosen
        known = self.is_registered and high == 0 and low in (BEND_RANGE, FINE_TUNING, COARSE_TUNING, MPE_ZONE)
        return low if known else NONE

    def enter(self, number: int, value: int) -> None:
        """Give the chosen parameter a value, its coarse half or its fine one; that of a zone is the caller's matter."""
        if number == DATA:
            self.data, fine = value, 0
        else:
            fine = value
        if self.parameter == BEND_RANGE:
            self.bend_range = self.data + min(fine, 99) / 100.0
        elif self.parameter == FINE_TUNING:
            self.fine = ((self.data << 7 | fine) - WHEEL_CENTRE) / WHEEL_CENTRE
        elif self.parameter == COARSE_TUNING:
            self.coarse = float(self.data - CENTRE)

    def bend(self, bend_range: float) -> float:
        """Semitones, with the tuning. bend_range: where none was told. The wheel has 8192 steps down and 8191 up; both
        ends bend all the way."""
        steps = self.wheel - WHEEL_CENTRE
        reach = bend_range if self.bend_range is None else self.bend_range
        return reach * steps / (WHEEL_CENTRE if steps < 0 else WHEEL_CENTRE - 1) + self.coarse + self.fine

    def reset(self) -> None:
        """Reset all controllers, which leaves parameters and tuning as they are (RP-015)."""
        self.wheel, self.pedal, self.chosen, self.is_registered = WHEEL_CENTRE, False, (_NULL, _NULL), True
        self.pressure = None if self.pressure is None else 0
