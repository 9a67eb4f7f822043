"""Garbage in circles, collected a little at a time: Python's own collector is off, since its pauses have no limit.

Every connection, of HTTP and of TCP, leaves a circle behind (asyncio's transport refers to itself), a refused request
a larger one; while notes sound for hours, these would stay. What was there at the start is frozen, so that even a full
collection looks only through what has come since. A full one that takes long comes half as often from then on.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

YOUNG = 1000  # objects that may come before the young ones are looked through
MIDDLE = 4  # collections of the young for one of those that outlived one: more would be freed in one go
OLD = 8  # of these for a full one, until that takes long
OLD_MOST = 64
LONGEST_S = 0.003  # of CPU, of a full collection beside notes: a quarter of what MIDI is ahead
SILENCE_S = 30.0  # before everything is collected, whether there is need or not
_OLDEST = 2


class Tidy:
    """clock: in s; cpu: s of this thread. collect: as gc.collect; young: objects that have come since it was called."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
        collect: Callable[[int], int] = gc.collect,
        young: Callable[[], int] = lambda: gc.get_count()[0],
    ) -> None:
        self.longest_s = 0.0  # of any collection beside notes
        self._clock = clock
        self._cpu = cpu
        self._collect = collect
        self._young = young
        self._quiet_since = clock()
        self._counts = [0, 0]  # of the first two generations, since the next was collected
        self._old = OLD

    def tick(self, *, is_silent: bool) -> None:
        """To be called every few hundredths of a second."""
        now = self._clock()
        if not is_silent:
            self._quiet_since = now
        elif now - self._quiet_since > SILENCE_S:
            self._collect(_OLDEST)
            self._quiet_since = self._clock()
            self._counts, self._old = [0, 0], OLD
            return
        if self._young() >= YOUNG:
            self._collect_beside_notes()

    def _collect_beside_notes(self) -> None:
        generation = 0
        while generation < _OLDEST and self._counts[generation] >= (MIDDLE, self._old)[generation]:
            self._counts[generation] = 0
            generation += 1
        began = self._cpu()
        self._collect(generation)
        took_s = self._cpu() - began
        self.longest_s = max(self.longest_s, took_s)
        if generation < _OLDEST:
            self._counts[generation] += 1
        elif took_s > LONGEST_S:
            self._old = min(2 * self._old, OLD_MOST)
