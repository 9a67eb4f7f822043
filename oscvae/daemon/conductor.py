"""The parts of a running daemon, put together: made in the order of a note's path, ended in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from oscvae.audio.backend import fade_out
from oscvae.daemon.announcement import Announcement, is_wanted
from oscvae.daemon.encoder import Encoder
from oscvae.daemon.errands import Errands
from oscvae.daemon.monitor import Monitor
from oscvae.daemon.output import Output, open_backend
from oscvae.daemon.parted import PartServices, model_messages
from oscvae.daemon.recorder import Recorder
from oscvae.daemon.router import Router
from oscvae.daemon.services import Services
from oscvae.daemon.status import Meters
from oscvae.daemon.tidy import Tidy
from oscvae.decode import process
from oscvae.errors import AudioError, CommandError, DecoderError, ModelError, OscvaeError
from oscvae.midi.input import MidiInput
from oscvae.midi.learn import Controllers, read_rules
from oscvae.midi.translate import Translator
from oscvae.osc.client import Client
from oscvae.osc.dispatch import Dispatcher
from oscvae.osc.echoes import Echoes
from oscvae.osc.mapping import read_map
from oscvae.osc.packets import Packet
from oscvae.osc.parse import Command
from oscvae.osc.parts import FIRST, joined
from oscvae.osc.scheduler import EventScheduler
from oscvae.osc.server import OscServer
from oscvae.osc.subscribers import Subscribers
from oscvae.osc.transport.feedback import Feedback
from oscvae.osc.web import tree
from oscvae.play.frames import FrameClock
from oscvae.play.instrument import Instrument
from oscvae.play.listener import Listener
from oscvae.play.models.loaded import Loaded
from oscvae.play.models.manager import ModelManager
from oscvae.play.timeline import LiveTimeline
from oscvae.play.voice.pool import VoicePool
from oscvae.realtime.engine import Engine
from oscvae.realtime.live import LiveInput
from oscvae.settings.sections import Config
from oscvae.settings.threads import Threads
from oscvae.spectral.thread import RenderThread

if TYPE_CHECKING:
    from oscvae.osc.web.door import Door

CLOCK_S = 0.02  # how often the frame clock takes a stamp
FADE_S = 0.25
PUT_AWAY_S = 0.4  # that leaving waits for disks
LEARNT = "learnt.json"  # in paths.midi
_AUDIO_THREADS = 4  # one looks after the server, one leaves while that hangs, one locks memory or starts a zygote

log = logging.getLogger(__name__)


class Conductor(Listener):
    """A daemon from `start` to `leave`; lives on the event clock, and hears what the instrument tells."""

    def __init__(self, config: Config, server: OscServer, stop: asyncio.Event) -> None:
        self._config = config
        self._server = server
        self._tasks: list[asyncio.Task[Any]] = []
        self._settling: set[asyncio.Task[None]] = set()
        self._renewing: asyncio.Future[None] | None = None
        self._begun: set[int] = set()  # parts that have played a model
        self.door: Door | None = None
        self._announcement: Announcement | None = None
        self.controllers = Controllers(read_rules(config.midi.map), config.paths.midi / LEARNT)
        backend = open_backend(config.audio, config.midi)
        try:
            live = None if config.audio.input is False else LiveInput()
        except OSError as error:
            raise AudioError(f"there is no room for the live input: {error.strerror}") from error
        outputs = config.audio.outputs
        self.instrument = Instrument(config, backend.rate, self._make_timeline, self, outputs=outputs, live=live)
        self.parts = self.instrument.parts
        for number, first in config.audio.parts.items():
            self.parts[number].performer.begin_at_output(first)
        self.engine = self.instrument.engine
        self.renderer = RenderThread(self.engine)
        self.feedback = Feedback([(place.host, place.port) for place in config.osc.feedback], server.udp, server.port)
        echoes = Echoes()
        self.subscribers = Subscribers(server.udp_client, permanent=self.feedback, own_port=server.port, echoes=echoes)
        server.on_closed = self.subscribers.closed
        self._threads = Threads("audio", _AUDIO_THREADS)
        self.output = Output(
            self.engine,
            backend,
            config.audio,
            config.midi,
            self.clock,
            self.pool,
            self.renderer,
            self._threads,
            self._on_rate,
        )
        self.recorder = Recorder(self.engine, config.paths.recordings)
        self.monitor = Monitor(self.engine)
        self.encoder = Encoder(config.paths.sounds)
        self.meters = Meters(self.engine, self.output, self.pool, self.models, self.subscribers, self._late)
        errands = Errands(
            {
                config.model.folder: "the models folder",
                config.paths.sounds: "the sounds folder",
                config.paths.recordings: "the recordings folder",
                config.paths.presets: "the presets folder",
                config.paths.midi: "the folder of learnt controllers",
            }
        )
        self._parted = PartServices(self.parts, self.encoder, errands, self.subscribers.event)
        self.services = Services(
            self.parts,
            self._parted,
            errands,
            self.recorder,
            self.subscribers,
            self.controllers,
            hears_midi=lambda: self.output.hears_midi,
            status=self.meters.status,
            on_quit=stop.set,
            on_clear=self._clear_schedule,
            on_dump=self._dump,
            on_monitor=self.monitor.hear,
            on_scope=self.monitor.show,
            quit_anywhere=config.osc.quit_from == "any",
        )
        self.subscribers.introduce = self.services.introduce
        router = Router(self.parts, self.services)
        lead_s = self.instrument.lead_s
        self.scheduler = EventScheduler(router, lead_s)
        self.dispatcher = Dispatcher(
            router,
            self.scheduler,
            self.parts.model,
            address_map=read_map(config.osc.map, config.osc.prefix),
            use_timetags=config.osc.timetags == "use",
            latency_s=config.osc.latency_s,
            echoes=echoes,
        )
        self.midi = MidiInput(
            self.engine,
            router,
            Translator(config.midi, self.controllers, lambda part: self.parts[part].preset_names),
            self.clock,
            model=self.parts.model,
            lead_s=lead_s,
            latency_s=config.midi.latency_s,
            tell=self.subscribers.event,
        )

    async def _open_door(self) -> None:
        """HTTP and WebSocket, if they are wanted; their library is imported in a worker thread, which takes a while."""
        if not self._config.http.port:
            return
        module = await self._threads.run(importlib.import_module, "oscvae.osc.web.door")
        self.door = module.Door(
            self._server,
            host=self._config.osc.host,
            port=self._config.http.port,
            osc_port=self._server.port,
            look=self._look,
            standing=self._parted.standing,
            hosts=self._config.http.hosts,
            origins=self._config.http.origins,
        )
        self.door.on_closed = self._page_closed
        self.monitor.line_of = self.door.lossy
        await self.door.open()

    def _page_closed(self, client: Client) -> None:
        self.monitor.leave(client.key)
        for part in self.parts:
            part.performer.keyboard.closed(client)

    async def _announce(self) -> None:
        """By zeroconf, to the networks of the daemon, if any of them may send."""
        server = self._server
        if is_wanted(self._config.osc, is_loopback=server.is_loopback(server.udp.host)):
            self._announcement = Announcement(server.udp.host, server.port, self.door.port if self.door else 0)
            await self._announcement.start()

    def _look(self) -> tree.Node:
        """The vocabulary, for OSCQuery."""
        dims = {part.number: part.models.info().dims for part in self.parts.in_use}
        return tree.build(tuple(dims.items()), len(self.parts[FIRST].performer.macros.names))

    def _make_timeline(self, engine: Engine) -> LiveTimeline:
        self.clock = FrameClock(engine.clock_pair, engine.rate)
        return LiveTimeline(self.clock)

    @property
    def pool(self) -> VoicePool:
        return self.instrument.pool

    @property
    def models(self) -> ModelManager:
        """Of the first part."""
        return self.parts[FIRST].models

    # -- from start to leave ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Load the model, start the clocks, open the ears. Raises AudioError; a model that cannot be played is only
        logged, because another can be loaded."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self.engine.event_fd, self._on_bell)
        self.renderer.start(None)
        opening = loop.create_task(self._open_door())
        name = self._config.model.name
        presets = self.parts[FIRST].presets
        further = self._config.model.parts.values()
        reads = (self.controllers.open(), *(presets.open(each) for each in dict.fromkeys((name, *further))))
        reading = [loop.create_task(read) for read in reads]
        try:
            await self._threads.run(self.output.start)
            self._check_midi()
            await self.models.load(name)
        except (ModelError, DecoderError, CommandError) as error:
            log.error("no model to play, notes are /fail until one is loaded: model.name %s: %s", name, error)
        except OscvaeError:
            await self.leave()
            raise
        # the clocks are kept while further parts load: MIDI plays the first already
        self._tasks = [loop.create_task(self._keep_time()), loop.create_task(self.output.watch())]
        await self._load_further_parts()
        await opening
        await asyncio.wait(reading)  # of which a folder that does not answer has its deadline
        for listener in self.feedback:
            self.services.introduce(listener)
        self.feedback.found = self.services.introduce
        self._server.set_handler(self.handle)
        self._tasks += [loop.create_task(self.meters.run()), loop.create_task(self.feedback.run())]
        await self._announce()

    async def _load_further_parts(self) -> None:
        """The models of model.parts; one that cannot be played is logged."""
        for number, name in self._config.model.parts.items():
            try:
                await self.parts[number].models.load(name)
            except OscvaeError as error:
                log.error("part %d has no model to play until one is loaded: model.parts %s: %s", number, name, error)

    def summary(self) -> str:
        """One line for the log."""
        models = ((part.number, part.models.current) for part in self.parts)
        playing = ", ".join(
            f"{model.name} on {model.decoder.device}" if number == FIRST else f"part {number} {model.name}"
            for number, model in models
            if model is not None
        )
        playing = playing or "no model"
        return f"{playing}, {self.output.backend.describe()}, OSC on {self._server.host}:{self._server.port}"

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
        for task in (*self._tasks, *self._settling):
            task.cancel()
        if self._announcement is not None:
            self._announcement.close()
        await self._server.close()
        self.monitor.close()
        if self.door is not None:
            await self.door.close()
        self.subscribers.close()
        self.feedback.close()
        await self._threads.run(fade_out, self.engine, FADE_S)
        await self._put_away()
        self.instrument.contexts.close()
        await self._threads.run(self.output.backend.stop)
        await self._threads.run(self.renderer.stop)

    async def _put_away(self) -> None:
        """Let the disks have what is theirs; one that does not answer is not waited for."""
        loop = asyncio.get_running_loop()
        writing = [
            loop.create_task(part.close()) for part in (self.recorder, self.parts[FIRST].presets, self.controllers)
        ]
        _, late = await asyncio.wait(writing, timeout=PUT_AWAY_S)
        if late:
            log.warning("leaving without what a disk has still not written")

    # -- the event clock ----------------------------------------------------------------------------------------------

    def handle(self, packet: Packet, client: Client) -> None:
        """One packet."""
        self.subscribers.renew(client)
        self.dispatcher.handle(packet, client)

    def _on_bell(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.engine.event_fd)
        self.midi.take()
        self.instrument.take_events()
        self.instrument.contexts.collect()

    def _check_midi(self) -> None:
        config = self._config.midi
        if self.output.hears_midi:
            self.midi.check_latency()
        elif not self.output.away and (config.enabled is True or (config.enabled and config.connect)):
            log.warning("MIDI needs JACK: there is no port midi_in, because the audio backend is %s", self.output.name)

    async def _settle_in(self, loaded: Loaded) -> None:
        """What a new model brings along besides sound."""
        await self._threads.run(self.renderer.lock, loaded.context.arena)
        part = self.parts[loaded.part]
        await part.presets.open(loaded.name)
        part.presets.say_foreign(loaded.name, loaded.document.version)
        if loaded is part.models.current:
            for address, args in model_messages(part):
                self.subscribers.event(address, *args)
            is_new = loaded.part not in self._begun
            self._begun.add(loaded.part)
            if is_new and loaded.part != FIRST:  # of a part that plays nothing nobody is told
                for address, args in self._parted.state_of(part):
                    self.subscribers.event(address, *args)
            self.subscribers.lead(part.address("/z"))
            self.changed(part.address("/z"), part.performer.cursor, None)
            if self.door is not None:
                self.door.tree_changed()

    def _on_rate(self) -> None:
        self.instrument.follow_rate()
        self._check_midi()

    def _late(self) -> int:
        return self.dispatcher.late

    def _clear_schedule(self) -> None:
        self.scheduler.clear()

    def _dump(self, on: bool) -> None:
        self._server.dump.on = on

    # -- what the instrument tells -------------------------------------------------------------------------------------

    def voice(self, address: str, voice_id: int, note: float) -> None:
        self.subscribers.event(address, voice_id, note)

    def changed(self, path: str, args: Sequence[Any], by: Client | None) -> None:
        self.subscribers.changed(path, args, by)
        if self.door is not None:
            self.door.changed(path, by)

    def panic(self, channels: Collection[int] | None = None, part: int | None = None) -> None:
        """Forget what would be heard later; a preset that is saved, a recording that ends: each keeps its moment.

        channels: of their notes alone; a pedal that is to go up, a bend, come as they would. part: None = of all parts.
        """
        if channels is None:
            self.scheduler.clear(lambda command: command.row.is_heard and _is_of(command, part))
            self.midi.scheduler.clear(lambda command: _is_of(command, part))
            return
        for scheduler in (self.scheduler, self.midi.scheduler):
            scheduler.clear(
                lambda command: command.starts_note and command.channel in channels and part in (None, command.part)
            )

    def loading(self, name: str, part: int) -> None:
        self.subscribers.event(joined(part, "/loading"), name)

    def model(self, loaded: Loaded) -> None:
        task = asyncio.get_running_loop().create_task(self._settle_in(loaded))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    def died(self, loaded: Loaded) -> None:
        self.encoder.lost(loaded)

    def notice(self, notice: dict[str, Any]) -> None:
        if "encoded" in notice:
            self.encoder.notice(notice)
        elif "error" in notice:
            log.error("decoder: %s", notice["error"])

    # -- the event clock -----------------------------------------------------------------------------------------------

    async def _keep_time(self) -> None:
        tidy = Tidy()
        while True:
            self.clock.update()
            self.instrument.contexts.watch()
            if self.output.hears_midi:
                self.midi.check_latency()  # the period may change at any time
            tidy.tick(is_silent=not len(self.pool))
            if process.has_died() and (self._renewing is None or self._renewing.done()):
                self._renewing = asyncio.ensure_future(self._threads.run(process.renew))
            await asyncio.sleep(CLOCK_S)


def _is_of(command: Command, part: int | None) -> bool:
    """Whether a command means that part, None = any: not what is said to all of them, nor to a voice by its id, which
    may be another part's."""
    if part is None:
        return True
    names_a_voice = command.path == command.row.path and "id" in command.values and not command.starts_note
    return command.part == part and not command.is_for_all and not names_a_voice
