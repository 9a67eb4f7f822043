"""Which frame of the audio server plays at which wall-clock time: a smoothed map, and the frame now.

The callback stamps each block with the wall clock; those stamps wander by its wake-up jitter (3 to 4 frames, measured),
so single ones would smear bundles that are meant to be evenly spaced. The map is a running least-squares line through
them, with an exponential memory; a jump (an xrun, a suspended machine, a clock that was set) starts it anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable

MEMORY_S = 20.0  # the line forgets by 1/e in this time
JUMP_S = 0.005  # a stamp further than this off the line is not jitter
JUMPS_TO_RESET = 3
_SETTLED = 8  # stamps before the slope is trusted


class FrameClock:
    """Wall-clock ns to 64-bit frames and back.

    pair: gives the newest (frame, wall ns) stamp or None; rate: the nominal rate in Hz. `update` takes in a stamp; call
    it some ten times a second.
    """

    def __init__(self, pair: Callable[[], tuple[int, int] | None], rate: int) -> None:
        self._pair = pair
        self.reset(rate)

    def reset(self, rate: int) -> None:
        """Forget everything, for a server that starts anew."""
        self.rate = rate
        self._origin: tuple[int, int] | None = None
        self._last_frame = -1
        self._jumps = 0
        self._weight = self._x = self._y = self._xx = self._xy = 0.0
        self._count = 0

    def update(self) -> None:
        """Take in the newest stamp, if there is one that was not seen yet."""
        stamp = self._pair()
        if stamp is None or stamp[0] == self._last_frame:
            return
        self._last_frame = stamp[0]
        if self._origin is None:
            self._origin = stamp
        x = (stamp[1] - self._origin[1]) / 1e9
        y = (stamp[0] - self._origin[0]) / self.rate - x  # what the server runs ahead of nominal: tiny numbers
        if self._count and abs(y - self._drift(x)) > JUMP_S:
            self._jumps += 1
            if self._jumps >= JUMPS_TO_RESET:
                self.reset(self.rate)
                self._last_frame = -1
                self.update()
            return
        self._jumps = 0
        elapsed = x - self._at if self._count else 0.0
        keep = max(0.0, 1.0 - elapsed / MEMORY_S)
        self._at = x
        self._weight = self._weight * keep + 1.0
        share = 1.0 / self._weight
        dx, dy = x - self._x, y - self._y
        self._x += share * dx
        self._y += share * dy
        self._xx = self._xx * keep + dx * (x - self._x)
        self._xy = self._xy * keep + dx * (y - self._y)
        self._count += 1

    _at = 0.0

    def _drift(self, x: float) -> float:
        slope = self._xy / self._xx if self._count >= _SETTLED and self._xx > 0.0 else 0.0
        return self._y + slope * (x - self._x)

    def frame_at(self, wall_ns: int) -> int:
        """The frame that plays at that time; before the first stamp, frames are counted from now at 0."""
        if self._origin is None:
            return round((wall_ns - time.time_ns()) * 1e-9 * self.rate)
        x = (wall_ns - self._origin[1]) / 1e9
        return self._origin[0] + round((x + self._drift(x)) * self.rate)

    def now(self) -> int:
        """The frame that plays now."""
        return self.frame_at(time.time_ns())
