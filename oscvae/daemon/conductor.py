"""The parts of a running daemon, put together: made in the order of a note's path, ended in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import time
from collections.abc import Sequence
from typing import Any

from oscvae.audio.backend import fade_out
from oscvae.daemon.encoder import Encoder
from oscvae.daemon.output import Station, open_backend
from oscvae.daemon.recorder import Recorder
from oscvae.daemon.services import Administration
from oscvae.daemon.status import Meters
from oscvae.errors import DecoderError, ModelError, OscvaeError
from oscvae.midi.input import MidiInput
from oscvae.midi.learn import Controllers, read_rules
from oscvae.midi.translate import Translator
from oscvae.osc.client import Client
from oscvae.osc.dispatch import Dispatcher, is_heard
from oscvae.osc.mapping import read_map
from oscvae.osc.packets import Packet
from oscvae.osc.parse import Command
from oscvae.osc.scheduler import EventScheduler
from oscvae.osc.server import OscServer
from oscvae.osc.subscribers import Subscribers
from oscvae.play.frames import FrameClock
from oscvae.play.macros import read_macros
from oscvae.play.models import Loaded, ModelManager
from oscvae.play.performer import Performer
from oscvae.play.presets import Presets
from oscvae.play.timeline import LiveTimeline
from oscvae.play.voices import VoicePool
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.settings.sections import Config
from oscvae.spectral.context import render_scratch_floats, sinc_table
from oscvae.spectral.thread import RenderThread

CLOCK_S = 0.02  # how often the frame clock takes a stamp
LEAD_S = 0.020  # how long before its time a bundle is handed over, besides what decoding it takes
NOTES_IN_A_BUNDLE = 8  # that the lead allows for
FADE_S = 0.25
LEARNT = "learnt.json"  # in paths.midi
_IDLE_GC_S = 30.0

log = logging.getLogger(__name__)


class Conductor:
    """A daemon from `start` to `leave`; lives on the event clock."""

    def __init__(self, config: Config, server: OscServer, stop: asyncio.Event) -> None:
        self._config = config
        self._server = server
        self._stop = stop
        self._tasks: list[asyncio.Task[Any]] = []
        self._opening: asyncio.Task[None] | None = None
        self.controllers = Controllers(read_rules(config.midi.map), config.paths.midi / LEARNT)
        self.backend = open_backend(config.audio, config.midi)
        slots = config.engine.voices + config.engine.spare
        self.engine = Engine(slots, self.backend.rate, render_scratch_floats(), sinc_table())
        self.engine.set_word(at.E_BUFFER, round(config.engine.buffer_s * self.backend.rate))
        self.renderer = RenderThread(self.engine)
        self.pool = VoicePool(self.engine, config.engine.voices)
        self.models = ModelManager(
            self.engine,
            config.model.folder,
            device=config.model.device,
            threads=config.model.threads,
            look_ahead=config.engine.look_ahead,
            iterations=config.engine.iterations,
        )
        self.clock = FrameClock(self.engine.clock_pair, self.backend.rate)
        self.timeline = LiveTimeline(self.clock)
        self.presets = Presets(config.paths.presets)
        self.performer = Performer(
            self.pool,
            self.models,
            self.timeline,
            self.presets,
            read_macros(config.macros.map),
            gain_db=config.engine.gain_db,
        )
        self.scheduler = EventScheduler(self, self.lead_s)
        self.dispatcher = Dispatcher(
            self,
            self.scheduler,
            self.models.info,
            address_map=read_map(config.osc.map),
            use_timetags=config.osc.timetags == "use",
            latency_s=config.osc.latency_s,
        )
        self.subscribers = Subscribers(
            server.udp_client,
            permanent=[(place.host, place.port) for place in config.osc.feedback],
            own_port=server.port,
        )
        self.station = Station(
            self.engine, self.backend, config.audio, config.midi, self.clock, self.pool, self.renderer, self._on_rate
        )
        self.midi = MidiInput(
            self.engine,
            self,
            Translator(config.midi, self.controllers, self._preset_names),
            self.clock,
            model=self.models.info,
            lead_s=self.lead_s,
            latency_s=config.midi.latency_s,
        )
        self.recorder = Recorder(self.engine, config.paths.recordings)
        self.encoder = Encoder(config.paths.sounds)
        self.meters = Meters(self.engine, self.station, self.pool, self.models, self.dispatcher, self.subscribers)
        self.administration = Administration(
            self.performer,
            self.models,
            self.presets,
            self.recorder,
            self.encoder,
            self.subscribers,
            self.controllers,
            hears_midi=lambda: self.station.hears_midi,
            status=self.meters.status,
            on_quit=stop.set,
            on_clear=self.scheduler.clear,
            on_dump=self._dump,
            quit_anywhere=config.osc.quit_from == "any",
        )
        self._connect()

    def _connect(self) -> None:
        """Who hears of what."""
        self.pool.on_voice = self.subscribers.event
        self.pool.on_block = self.models.returned
        self.pool.on_answer = self.models.answered
        self.pool.on_dropped = self.models.dropped
        self.models.tell = self.pool.tell
        self.models.on_change = self._on_model
        self.models.on_death = self._on_death
        self.models.on_notice = self._on_notice
        self.performer.on_change = self.subscribers.changed
        self.performer.on_panic = self._on_panic
        self.timeline.on_tick = self.performer.tick
        self._server.on_closed = self.subscribers.closed

    # -- from start to leave ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Load the model, start the clocks, open the ears. Raises AudioError; a model that cannot be played is only
        logged, because another can be loaded."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self.engine.event_fd, self._on_bell)
        self.renderer.start(None)
        await self.controllers.open()
        try:
            await asyncio.to_thread(self.station.start)
            self._check_midi()
            loaded = await self.models.load(self._config.model.name)
            await self.presets.open(loaded.name)
        except (ModelError, DecoderError) as error:
            name = self._config.model.name
            log.error("no model to play, notes are /fail until one is loaded: model.name %s: %s", name, error)
        except OscvaeError:
            await self.leave()
            raise
        for listener in self.subscribers.permanent:
            self.administration.introduce(listener)
        self._server.set_handler(self.handle)
        self._tasks = [
            loop.create_task(self._keep_time()),
            loop.create_task(self.station.watch()),
            loop.create_task(self.meters.run()),
        ]

    def summary(self) -> str:
        """One line for the log."""
        model = self.models.current
        playing = f"{model.name} on {model.decoder.device}" if model else "no model"
        return f"{playing}, {self.backend.describe()}, OSC on {self._server.host}:{self._server.port}"

    async def run(self, stop: asyncio.Event) -> int:
        """Until `stop`; 1 if a part of the daemon failed."""
        waiting = asyncio.get_running_loop().create_task(stop.wait())
        done, _ = await asyncio.wait((waiting, *self._tasks), return_when=asyncio.FIRST_COMPLETED)
        for task in done - {waiting}:
            if task.exception() is not None:
                log.error("the daemon cannot go on", exc_info=task.exception())
                return 1
        return 0

    async def leave(self) -> None:
        """Fade, deactivate, stop, join, close: bounded by the caller's watchdog."""
        for task in self._tasks:
            task.cancel()
        await self._server.close()
        self.subscribers.close()
        await asyncio.to_thread(fade_out, self.engine, FADE_S)
        if self.recorder.active:
            with contextlib.suppress(OscvaeError):
                await asyncio.to_thread(self.recorder.stop)
        await self.presets.close()
        await self.controllers.close()
        self.models.close()
        await asyncio.to_thread(self.station.backend.stop)
        await asyncio.to_thread(self.renderer.stop)

    # -- the event clock ----------------------------------------------------------------------------------------------

    def handle(self, packet: Packet, client: Client) -> None:
        """One packet."""
        self.subscribers.renew(client)
        self.dispatcher.handle(packet, client)

    def execute(self, commands: Sequence[Command], client: Client, due_ns: int | None) -> None:
        """As the dispatcher's and the scheduler's executor: notes and sound are the performer's, the rest is not."""
        with self.performer.moment(commands):
            for command in commands:
                if command.name in self.performer.commands:
                    self.performer.obey(command, client, due_ns)
                    continue
                try:
                    self.administration.execute(command, client)
                except OscvaeError as error:
                    client.fail(command.path, error)

    def lead_s(self) -> float:
        """How long before its time a bundle is handed over: its decodes, a period, and room for bursts."""
        decode_s = NOTES_IN_A_BUNDLE * min(self.pool.decode_ns / 1e9, 0.05)
        return LEAD_S + decode_s + 2.0 * self.engine.word(at.E_PERIOD) / self.engine.rate

    def _on_bell(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.engine.event_fd)
        self.midi.take()
        self.pool.take_events()
        self.models.collect()

    def _on_panic(self) -> None:
        self.scheduler.clear(is_heard)  # a preset that is saved, a recording that ends: each keeps its moment
        self.midi.scheduler.clear()

    def _preset_names(self) -> list[str]:
        return self.presets.names(self.models.current.name) if self.models.current else []

    def _check_midi(self) -> None:
        config = self._config.midi
        if self.station.hears_midi:
            self.midi.check_latency()
        elif not self.station.away and (config.enabled is True or (config.enabled and config.connect)):
            log.warning("MIDI needs JACK: there is no port midi_in, because the audio backend is %s", self.station.name)

    def _on_model(self, loaded: Loaded) -> None:
        self.performer.adopt(loaded)
        self._opening = asyncio.get_running_loop().create_task(self._settle_in(loaded))

    async def _settle_in(self, loaded: Loaded) -> None:
        """What a new model brings along besides sound."""
        await asyncio.to_thread(self.renderer.lock, loaded.context.arena)
        await self.presets.open(loaded.name)
        if loaded is self.models.current:
            self.subscribers.event("/model", *self.administration.model_message())
            self.subscribers.changed("/z", self.performer.cursor, None)

    def _on_death(self, loaded: Loaded) -> None:
        self.pool.abandon(loaded)
        self.encoder.lost(loaded)

    def _on_notice(self, notice: dict[str, Any]) -> None:
        if "encoded" in notice:
            self.encoder.notice(notice)
        elif "error" in notice:
            log.error("decoder: %s", notice["error"])

    def _on_rate(self) -> None:
        self.engine.set_word(at.E_BUFFER, round(self._config.engine.buffer_s * self.engine.rate))
        self.models.set_rate(self.engine.rate)
        self._check_midi()
        self.performer.apply_release()

    def _dump(self, on: bool) -> None:
        self._server.dump.on = on

    async def _keep_time(self) -> None:
        quiet_since = time.monotonic()
        while True:
            self.clock.update()
            self.models.watch()
            if self.station.hears_midi:
                self.midi.check_latency()  # the period may change at any time
            if len(self.pool):
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > _IDLE_GC_S:
                gc.collect()
                quiet_since = time.monotonic()
            await asyncio.sleep(CLOCK_S)
