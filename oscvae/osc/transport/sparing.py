"""Log lines about what may happen thousands of times: the first at once, then one a while later with their count.

Why: what strangers do must not fill a disk, nor hide what the program has to say.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

INTERVAL_S = 60.0


class Sparing:
    """Warns at once of what has not happened for a minute; of all else the last one, and how many, after a minute."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._quiet_until_s = 0.0
        self._held = 0
        self._last = ""
        self._timer: asyncio.TimerHandle | None = None

    def warn(self, line: str) -> None:
        """Say `line`, or count it."""
        now = self._clock()
        if now >= self._quiet_until_s:
            self.flush()
            self._log.warning("%s", line)
            self._quiet_until_s = now + INTERVAL_S
            return
        self._held += 1
        self._last = line
        if self._timer is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return  # said with the next one, or by `flush`
            self._timer = loop.call_later(self._quiet_until_s - now, self.flush)

    def flush(self) -> None:
        """Say what was counted."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._held:
            more = f", and {self._held - 1} more like it" if self._held > 1 else ""
            self._log.warning("%s%s", self._last, more)
            self._quiet_until_s = self._clock() + INTERVAL_S
            self._held = 0
