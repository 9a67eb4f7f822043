"""Time as the performer knows it, live: wall clock to frames, changes at their moment, and a tick for what travels."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from oscvae.control.frames import FrameClock
from oscvae.control.performer import TICK_S


class LiveTimeline:
    """The performer's `Timeline` on the event loop. `on_tick` is `Performer.tick`, set after both exist."""

    def __init__(self, clock: FrameClock) -> None:
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self.on_tick: Callable[[], bool] = lambda: False

    def moment_s(self, due_ns: int | None = None) -> float:
        now = time.monotonic()
        return now if due_ns is None else now + (due_ns - time.time_ns()) / 1e9

    def frame_at(self, due_ns: int) -> int:
        return self._clock.frame_at(due_ns)

    def defer(self, due_ns: int | None, change: Callable[[], None]) -> None:
        delay = 0.0 if due_ns is None else (due_ns - time.time_ns()) / 1e9
        if delay <= 0.0:
            change()
        else:
            asyncio.get_running_loop().call_later(delay, change)

    def keep_ticking(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self.on_tick():
            self.keep_ticking()
