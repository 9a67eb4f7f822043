"""The audio side as the event clock sees it: which backend plays, what to do when its server dies and returns.

While a JACK server is away the silent backend keeps the engine's clock going, so that model, cursor, schedule and OSC
live on; what sounded is ended. When a server is back, ports, frame map and resampling ratio are built anew. What waits
for a server does so in threads that no disk can hold.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from oscvae.audio.backend import Backend
from oscvae.audio.choice import choose
from oscvae.audio.silent import SilentBackend
from oscvae.errors import AudioError
from oscvae.play.frames import FrameClock
from oscvae.play.voice.pool import VoicePool
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.settings.sections import AudioConfig, MidiConfig
from oscvae.settings.threads import Threads
from oscvae.spectral.thread import RenderThread

WATCH_S = 0.1
LOOK_S = 1.0  # how often a daemon that is silent for want of a server looks for one
JOIN_EVERY_S = 2.0  # how soon a port that appears is connected
_QUIET_S = 0.5  # that ended voices may take to come home

log = logging.getLogger(__name__)


def open_backend(config: AudioConfig, midi: MidiConfig) -> Backend:
    """The backend that the configuration asks for, with a MIDI port where it has one; raises AudioError."""
    return choose(
        config.backend,
        client_name=config.client_name,
        server_name=config.server_name,
        connect=config.connect,
        midi=None if midi.enabled is False else midi.connect,
        live=None if config.input is False else "auto" if config.input is True else config.input,
        device=config.device,
        sample_rate=config.sample_rate,
        block_size=config.block_size,
        outputs=config.outputs,
    )


def jack_answers(server_name: str | None) -> bool:
    """Whether a JACK server is there; False as well where there is no JACK library."""
    try:
        from oscvae.audio import jack
    except AudioError:
        return False
    return jack.probe(server_name)


class Output:
    """Keeps an engine playing. on_rate(): the output rate may have changed, and nothing sounds."""

    def __init__(
        self,
        engine: Engine,
        backend: Backend,
        config: AudioConfig,
        midi: MidiConfig,
        clock: FrameClock,
        pool: VoicePool,
        renderer: RenderThread,
        threads: Threads,
        on_rate: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._config = config
        self._midi = midi
        self._clock = clock
        self._pool = pool
        self._renderer = renderer
        self._threads = threads
        self._on_rate = on_rate
        self.backend = backend
        self.away = False
        self._wanted = backend.name

    @property
    def name(self) -> str:
        """For /status: jack, portaudio, silent, or `jack (away)`."""
        return f"{self._wanted} (away)" if self.away else self.backend.name

    @property
    def hears_midi(self) -> bool:
        """Whether there is a MIDI port now."""
        return self.backend.name == "jack" and self._midi.enabled is not False

    def start(self) -> None:
        """Begin to serve blocks."""
        self.backend.start(self._engine)
        self._clock.reset(self.backend.rate)
        self._renderer.set_priority(self.backend.realtime_priority())

    async def watch(self) -> None:
        """Look after the server for as long as the daemon runs."""
        join_at = 0.0
        while True:
            await asyncio.sleep(WATCH_S)
            if self.away:
                await self._try_return()
            elif self.backend.down():
                await self._leave()
            elif self._config.backend == "auto" and self.backend.name == "silent":
                await asyncio.sleep(LOOK_S)
                if await self._threads.run(jack_answers, self._config.server_name):
                    self._wanted = "jack"
                    await self._try_return()
            elif time.monotonic() > join_at:
                await self._threads.run(self.backend.join_up)
                join_at = time.monotonic() + JOIN_EVERY_S

    async def _leave(self) -> None:
        log.warning("%s is gone: silent until it is back", self.backend.describe())
        self.away = True
        old = self.backend
        self._pool.panic()
        await self._threads.run(old.stop)
        await self._take(SilentBackend(sample_rate=self._engine.rate, block_size=old.period))

    async def _try_return(self) -> None:
        try:
            fresh = await self._threads.run(self._reopen)
        except AudioError:
            return
        if fresh is None:
            return
        self._pool.panic()
        for _ in range(round(_QUIET_S / 0.01)):
            if self._pool.idle:
                break
            await asyncio.sleep(0.01)
        await self._threads.run(self.backend.stop)
        try:
            await self._take(fresh)
        except AudioError as error:  # gone again already
            log.warning("%s", error)
            await self._threads.run(fresh.stop)
            await self._take(SilentBackend(sample_rate=self._engine.rate, block_size=fresh.period))
            return
        self.away = False
        log.info("playing into %s", fresh.describe())

    def _reopen(self) -> Backend | None:
        if self._wanted == "jack" and not jack_answers(self._config.server_name):
            return None
        return open_backend(self._config.model_copy(update={"backend": self._wanted}), self._midi)

    async def _take(self, backend: Backend) -> None:
        """Serve blocks from another backend; nothing sounds now."""
        old_rate = self._engine.rate
        await self._threads.run(backend.start, self._engine)
        self.backend = backend
        self._clock.reset(backend.rate)
        self._renderer.set_priority(backend.realtime_priority())
        if backend.rate != old_rate:
            self._engine.set_word(at.E_RATE, backend.rate)
        self._on_rate()
