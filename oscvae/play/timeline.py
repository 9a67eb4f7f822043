"""Time as the performer knows it: wall clock to frames, changes at their moment, and a tick for what travels."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol

from oscvae.play.frames import FrameClock

TICK_S = 0.01  # how often a glide or an interpolation moves on


class Timeline(Protocol):
    """What the performer knows of time.

    on_tick: moves on what travels by itself, and says whether something still does; set once, by the instrument.
    """

    on_tick: Callable[[], bool]

    def moment_s(self, due_ns: int | None = None) -> float:
        """A moment (Unix ns; None = now) in seconds of a clock that never jumps."""

    def frame_at(self, due_ns: int) -> int:
        """The audio frame of a moment, Unix ns."""

    def defer(self, due_ns: int | None, change: Callable[[], None]) -> None:
        """Call `change` at that moment, or now for None."""

    def keep_ticking(self) -> None:
        """Something travels: call `on_tick` every TICK_S until it returns False."""


class LiveTimeline:
    """The performer's `Timeline` on the event loop."""

    def __init__(self, clock: FrameClock) -> None:
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._changes: list[tuple[int, int, Callable[[], None]]] = []  # a heap: what is due first comes first
        self._order = itertools.count()
        self._change_timer: asyncio.TimerHandle | None = None
        self.on_tick: Callable[[], bool] = lambda: False

    def moment_s(self, due_ns: int | None = None) -> float:
        now = time.monotonic()
        return now if due_ns is None else now + (due_ns - time.time_ns()) / 1e9

    def frame_at(self, due_ns: int) -> int:
        return self._clock.frame_at(due_ns)

    def defer(self, due_ns: int | None, change: Callable[[], None]) -> None:
        if due_ns is None:
            try:
                self._make_due()  # the timer may be late, and what is due came first
            finally:
                change()
            return
        if due_ns <= time.time_ns() and not (self._changes and self._changes[0][0] <= due_ns):
            change()
            return
        heapq.heappush(self._changes, (due_ns, next(self._order), change))
        if self._changes[0][2] is change:
            self._plan()

    def _plan(self) -> None:
        if self._change_timer is not None:
            self._change_timer.cancel()
        self._change_timer = None
        if self._changes:
            delay = (self._changes[0][0] - time.time_ns()) / 1e9
            self._change_timer = asyncio.get_running_loop().call_later(max(0.0, delay), self._make_changes)

    def _make_changes(self) -> None:
        self._change_timer = None
        try:
            self._make_due()
        finally:
            self._plan()

    def _make_due(self) -> None:
        """Make what is due, in the order of time: of two values of one control the later stays."""
        while self._changes and self._changes[0][0] <= time.time_ns():
            heapq.heappop(self._changes)[2]()

    def keep_ticking(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self.on_tick():
            self.keep_ticking()
