"""Which frame of the audio server plays at which wall-clock time: a smoothed map, and the frame now.

The callback stamps each block with the wall clock. A stamp can only be late, never early: by the callback's wake-up
jitter, 3 to 4 frames on a quiet machine and milliseconds on a busy one. So of each window of stamps the earliest is
taken, and a running least-squares line with an exponential memory goes through those. What lies off the line for
longer than jitter would (an xrun, a suspended machine, a clock that was set) starts it anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable

WINDOW_S = 0.25
MEMORY_S = 20.0  # the line forgets by 1/e in this time
JUMP_S = 0.001  # an earliest stamp further than this off the line is no jitter
LATE_WINDOWS = 4  # in a row, before lateness is believed to be a new map and not a busy machine
SETTLED_WINDOWS = 8  # before the line's slope is trusted


class FrameMoment(int):
    """A moment (Unix ns) whose frame is known, because the audio server named it: no map need be asked for it."""

    def __new__(cls, due_ns: int, frame: int) -> FrameMoment:
        moment = super().__new__(cls, due_ns)
        moment.frame = frame
        return moment

    frame: int


class FrameClock:
    """Wall-clock ns to 64-bit frames.

    pair: gives the newest (frame, wall ns) stamp or None; rate: the nominal rate in Hz. `update` takes in a stamp; call
    it some fifty times a second.
    """

    def __init__(self, pair: Callable[[], tuple[int, int] | None], rate: int) -> None:
        self._pair = pair
        self.reset(rate)

    def reset(self, rate: int) -> None:
        """Forget everything, for a server that starts anew."""
        self.rate = rate
        self._origin: tuple[int, int] | None = None
        self._last_frame = -1
        self._best = (0.0, 0.0)  # the earliest stamp of this window: when, and by how much the server is ahead
        self._opened = 0.0
        self._forget()

    def _forget(self) -> None:
        self._windows = 0
        self._late = 0
        self._when = self._weight = self._x = self._y = self._xx = self._xy = 0.0

    def update(self) -> None:
        """Take in the newest stamp, if there is one that was not seen yet."""
        stamp = self._pair()
        if stamp is None or stamp[0] == self._last_frame:
            return
        self._last_frame = stamp[0]
        first = self._origin is None
        if self._origin is None:
            self._origin = stamp
        x = (stamp[1] - self._origin[1]) / 1e9
        ahead = (stamp[0] - self._origin[0]) / self.rate - x  # s by which the server is ahead of nominal: tiny numbers
        if first or x < self._opened:  # the wall clock was set back
            self._opened = x
            self._forget()
            self._take(x, ahead)
            self._best = (x, ahead)
            return
        if x - self._opened >= WINDOW_S:
            self._close_window()
            self._opened = x
            self._best = (x, ahead)
        elif ahead > self._best[1]:
            self._best = (x, ahead)

    def _close_window(self) -> None:
        x, ahead = self._best
        off = ahead - self._ahead(x)
        if off < -JUMP_S:
            self._late += 1
            if self._late < LATE_WINDOWS:
                return
        if abs(off) > JUMP_S:
            self._forget()
        self._late = 0
        self._take(x, ahead)

    def _take(self, x: float, y: float) -> None:
        """One point of the running weighted least-squares line."""
        keep = max(0.0, 1.0 - (x - self._when) / MEMORY_S) if self._windows else 0.0
        self._when = x
        self._weight = self._weight * keep + 1.0
        share = 1.0 / self._weight
        dx, dy = x - self._x, y - self._y
        if not self._windows:
            self._x, self._y = x, y
        else:
            self._x += share * dx
            self._y += share * dy
            self._xx = self._xx * keep + dx * (x - self._x)
            self._xy = self._xy * keep + dx * (y - self._y)
        self._windows += 1

    def _ahead(self, x: float) -> float:
        slope = self._xy / self._xx if self._windows >= SETTLED_WINDOWS and self._xx > 0.0 else 0.0
        return self._y + slope * (x - self._x)

    def frame_at(self, wall_ns: int) -> int:
        """The frame that plays at that time; before the first stamp, frames are counted from now at 0."""
        if isinstance(wall_ns, FrameMoment):
            return wall_ns.frame
        if self._origin is None:
            return round((wall_ns - time.time_ns()) * 1e-9 * self.rate)
        x = (wall_ns - self._origin[1]) / 1e9
        return self._origin[0] + round((x + self._ahead(x)) * self.rate)
