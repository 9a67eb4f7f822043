"""Fine controllers: two of 7 bits that come as one of 14, the coarse one n below 32 and with it n + 32.

Nothing announces them: n + 32 is the fine half of n once it has come right behind it, and then also alone, because what
turns slowly sends only that.

Source: MIDI 1.0 detailed specification, control change.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

PAIRS = 32  # controllers below this may have a fine half, this many above
TOGETHER_S = 0.05  # within which the halves of one movement come
MIDDLE, MOST = 64, 127
_HALF = 128


@dataclass(slots=True)
class _Pair:
    coarse: int = -1
    came_s: float = -1e9
    is_fine: bool = False
    is_half: bool = False  # the fine half has not come yet


class FinePairs:
    """The halves that have come, by channel and coarse number."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pairs: dict[tuple[int, int], _Pair] = {}

    def coarse(self, channel: int, number: int, value: int) -> float | None:
        """Where a controller stands, 0 to 1, now that its coarse half, or all of it, has come; None = where it was.

        What a fine half will say is not known yet: it is taken for the end that the movement comes from. A fine
        controller whose coarse half comes twice without the other is none any more.
        """
        if number >= PAIRS:
            return share(value)
        pair = self._pairs.setdefault((channel, number), _Pair())
        before, pair.coarse, pair.came_s = pair.coarse, value, self._clock()
        pair.is_fine = pair.is_fine and not pair.is_half
        pair.is_half = True
        if not pair.is_fine:
            return share(value)
        if value == before:
            return None
        is_rising = value > before
        return fine_share(value, MOST if value == MOST or not (is_rising or value == 0) else 0)

    def fine(self, channel: int, number: int, value: int) -> float | None:
        """Where the controller `number`, the coarse one, stands now that its fine half has come; None = it is none."""
        pair = self._pairs.get((channel, number))
        if pair is None:
            return None
        pair.is_fine = pair.is_fine or self._clock() - pair.came_s <= TOGETHER_S
        pair.is_half = False
        return fine_share(pair.coarse, value) if pair.is_fine else None

    def just_came(self, channel: int, number: int) -> bool:
        """Whether the coarse half has come so lately that a fine one would be its own."""
        pair = self._pairs.get((channel, number))
        return pair is not None and self._clock() - pair.came_s <= TOGETHER_S


def share(value: int) -> float:
    """The place of 0 to 127 on its way, 0 to 1; 64 is the middle."""
    return value / (2 * MIDDLE) if value <= MIDDLE else 0.5 + (value - MIDDLE) / (2 * (MOST - MIDDLE))


def fine_share(coarse: int, fine: int) -> float:
    """The same of 14 bits; 64, 0 is the middle."""
    value, middle, most = coarse * _HALF + fine, MIDDLE * _HALF, MOST * _HALF + MOST
    return value / (2 * middle) if value <= middle else 0.5 + (value - middle) / (2 * (most - middle))
