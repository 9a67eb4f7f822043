"""How the daemon is: the figures of /status.reply, and the /level and /xrun events for subscribers."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from oscvae.daemon.output import Output
from oscvae.osc.subscribers import Subscribers
from oscvae.play.models.manager import ModelManager
from oscvae.play.voice.pool import VoicePool
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.units import gain_to_db

METER_S = 0.05
_AVERAGE_S = 1.0
_PEAK_S = 10.0
_QUIET_DB = -120.0


class Meters:
    """Reads the engine's counters a few times a second. late: bundles that came after their time."""

    def __init__(
        self,
        engine: Engine,
        output: Output,
        pool: VoicePool,
        models: ModelManager,
        subscribers: Subscribers,
        late: Callable[[], int],
    ) -> None:
        self._engine = engine
        self._output = output
        self._pool = pool
        self._models = models
        self._late = late
        self._subscribers = subscribers
        self._began = time.monotonic()
        self._loads: deque[tuple[float, float]] = deque()  # (when, share of a core since the one before)
        self._busy = (time.monotonic(), 0)
        self._xruns = 0
        self._levels: tuple[float, ...] = (_QUIET_DB,) * engine.outputs

    async def run(self) -> None:
        """For as long as the daemon runs."""
        while True:
            await asyncio.sleep(METER_S)
            self.tick()

    def tick(self) -> None:
        """One reading."""
        now = time.monotonic()
        busy = self._engine.word(at.E_BUSY_NS) + self._engine.word(at.E_RENDER_NS)
        then, before = self._busy
        if now > then:
            self._loads.append((now, (busy - before) / 1e9 / (now - then)))
        self._busy = (now, busy)
        while self._loads and self._loads[0][0] < now - _PEAK_S:
            self._loads.popleft()
        xruns = self._engine.word(at.E_XRUNS)
        if xruns != self._xruns:
            self._xruns = xruns
            self._subscribers.event("/xrun", xruns)
        pairs = range(self._engine.outputs // 2)
        levels = tuple(self._level(pair, side) for pair in pairs for side in (at.Q_LEFT, at.Q_RIGHT))
        if levels != self._levels:
            self._levels = levels
            self._subscribers.event("/level", *levels)

    def _level(self, pair: int, side: int) -> float:
        return max(_QUIET_DB, gain_to_db(self._engine.of_pair(pair, side)))

    def _cpu(self) -> tuple[float, float]:
        """Average of the last second and peak of the last ten, % of one core: callback and renderer together."""
        if not self._loads:
            return 0.0, 0.0
        newest = self._loads[-1][0]
        recent = [load for when, load in self._loads if when > newest - _AVERAGE_S]
        return 100.0 * sum(recent) / len(recent), 100.0 * max(load for _, load in self._loads)

    def status(self) -> tuple[Any, ...]:
        """The arguments of /status.reply, in the order of the table."""
        engine = self._engine
        average, peak = self._cpu()
        loaded = self._models.current
        return (
            len(self._pool),
            average,
            peak,
            engine.word(at.E_UNDERRUNS) + engine.word(at.E_CHUNKS_LATE),
            engine.word(at.E_LATE) + self._late(),
            engine.word(at.E_XRUNS),
            self._pool.busy + engine.word(at.E_MIDI_LOST),
            float(engine.rate),
            float(loaded.document.sample_rate) if loaded else 0.0,
            engine.word(at.E_PERIOD),
            self._output.name,
            loaded.name if loaded else "",
            loaded.info.dims if loaded else 0,
            time.monotonic() - self._began,
            loaded.decoder.confined if loaded else "",
        )
