"""Everything that is asked of the daemon besides playing: models, files, questions, subscriptions.

What takes time runs as a task beside the event clock; `/sync` waits for all that were begun before it. Each command is
answered, whatever becomes of it, and what goes beyond this machine names none of its paths.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as package_version
from pathlib import Path, PurePath
from typing import Any

from oscvae.daemon.encoder import Encoder
from oscvae.daemon.recorder import Recorder
from oscvae.errors import BusyError, CommandError, OscvaeError
from oscvae.files import why
from oscvae.midi.learn import Controllers
from oscvae.model.described import Described2, Place, Point
from oscvae.model.document import ModelDocument
from oscvae.model.frames import FramesDocument
from oscvae.names import normal
from oscvae.osc.binding import bind_controller
from oscvae.osc.client import Client
from oscvae.osc.obeying import Handlers
from oscvae.osc.packets import encode_message
from oscvae.osc.parse import NO_MODEL, Command, parse
from oscvae.osc.reference import help_text
from oscvae.osc.subscribers import Subscribers
from oscvae.play.loaded import Handle, Loaded
from oscvae.play.part import Part

log = logging.getLogger(__name__)

PROGRAM = "oscvae"
POINTS_ARGS = 500  # of one /points.reply: more than 512 arguments no message may have
MOST_TASKS = 64  # commands and questions that may be under way at once, whoever sent them

obeys: Handlers[[Command, Client]] = Handlers("services")


class Services:
    """Obeys what is not heard: the rows of the vocabulary that are the services'.

    status: the arguments of /status.reply. hears_midi: whether there is a port to learn from. on_quit, on_clear,
    on_dump, on_monitor: what the daemon does about /quit, /clearSched, /dumpOSC and /monitor. quit_anywhere: whether
    /quit is obeyed from beyond loopback. folders: how those that errors name are called before strangers.
    """

    def __init__(
        self,
        part: Part,
        recorder: Recorder,
        encoder: Encoder,
        subscribers: Subscribers,
        controllers: Controllers,
        *,
        hears_midi: Callable[[], bool],
        status: Callable[[], tuple[Any, ...]],
        on_quit: Callable[[], None],
        on_clear: Callable[[], None],
        on_dump: Callable[[bool], None],
        on_monitor: Callable[[Client, bool], None],
        quit_anywhere: bool,
        folders: Mapping[Path, str],
    ) -> None:
        self._part = part
        self._performer = part.performer
        self._models = part.models
        self._presets = part.presets
        self._recorder = recorder
        self._encoder = encoder
        self._subscribers = subscribers
        self._controllers = controllers
        self._hears_midi = hears_midi
        self._status = status
        self._on_quit = on_quit
        self._on_clear = on_clear
        self._on_dump = on_dump
        self._on_monitor = on_monitor
        self._quit_anywhere = quit_anywhere
        self._folders = sorted(((str(path), name) for path, name in folders.items()), key=lambda pair: -len(pair[0]))
        self._tasks: set[asyncio.Task[None]] = set()
        self._syncs: set[asyncio.Task[None]] = set()
        self._learning: set[asyncio.Task[None]] = set()  # which no /sync waits for: somebody must turn a knob
        self._recording = asyncio.Lock()
        self._listing = asyncio.Lock()  # one reader at a time, so that answers keep their order
        self._version = _version()  # reading it takes a fifth of a millisecond
        self._handlers = obeys.of(self)

    @property
    def obeyed(self) -> Iterable[str]:
        """The paths of the rows that `obey` obeys."""
        return self._handlers.keys()

    def obey(self, command: Command, client: Client) -> None:
        """Obey one command; why it cannot be obeyed is answered."""
        try:
            self._handlers[command.row.path](command, client)
        except Exception as error:
            self.fail(command, client, error)

    def fail(self, command: Command, client: Client, error: Exception) -> None:
        """Answer with why a command failed; a fault of the program's own is logged as well."""
        text = str(error)
        if not isinstance(error, OscvaeError):
            log.error("a command failed: %s", command.path, exc_info=error)
            text = f"internal error: {why(error) or type(error).__name__}, the log says more"
        if not client.is_loopback:
            for folder, name in self._folders:
                text = text.replace(f"{folder}/", "").replace(folder, name)
        client.fail(command.path, text)

    async def finish(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(
        self,
        command: Command,
        client: Client,
        work: Coroutine[Any, Any, tuple[Any, ...]],
        tasks: set[asyncio.Task[None]] | None = None,
        *,
        reply: str = "",
    ) -> None:
        """Run `work` beside the event clock and answer with what it returns, or /fail.

        tasks: those like it. reply: the address of the answer, instead of /done and the command. Raises BusyError when
        too many are under way.
        """
        tasks = self._tasks if tasks is None else tasks
        if len(tasks) >= MOST_TASKS:
            work.close()
            raise BusyError(f"busy: {MOST_TASKS} commands are under way already")

        async def run() -> None:
            try:
                result = await work
                if reply:
                    client.reply(reply, *result)
                else:
                    client.done(command.path, *result)
            except Exception as error:
                self.fail(command, client, error)

        task = asyncio.get_running_loop().create_task(run())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    # -- models and files ----------------------------------------------------------------------------------------------

    @obeys("/load")
    def _load(self, command: Command, client: Client) -> None:
        async def work() -> tuple[Any, ...]:
            loaded = await self._models.load(command.values["name"])
            await self._presets.open(loaded.name)  # whoever waits for /done may recall one at once
            document = loaded.document
            frames = document.frames if isinstance(document, ModelDocument) else 0
            return loaded.name, loaded.info.dims, float(document.sample_rate), frames

        self._start(command, client, work())

    @obeys("/models")
    def _list_models(self, command: Command, client: Client) -> None:
        async def work() -> tuple[Any, ...]:
            async with self._listing:
                return tuple(await self._models.list_names())

        self._start(command, client, work(), reply="/models.reply")

    def _loaded(self) -> Loaded:
        if self._models.current is None:
            raise CommandError(NO_MODEL)
        return self._models.current

    def model_message(self) -> tuple[Any, ...]:
        """The arguments of /model: name, D, rate, note range, low and high of each dimension."""
        loaded = self._loaded()
        document = loaded.document
        ranges = [float(end) for pair in zip(document.latent.low, document.latent.high, strict=True) for end in pair]
        return (
            loaded.name,
            loaded.info.dims,
            float(document.sample_rate),
            document.note_min,
            document.note_max,
            *ranges,
        )

    def model_messages(self) -> Iterator[tuple[str, Sequence[Any]]]:
        """All that is told of the model that plays, in order: /model, and what its dimensions and pads are called."""
        yield "/model", self.model_message()
        document = self._loaded().document
        labels, pads = (document.labels, document.pads) if isinstance(document, Described2) else ((), ())
        yield "/labels", labels
        yield "/pads", pads

    @obeys("/model")
    def _tell_model(self, command: Command, client: Client) -> None:
        for address, args in self.model_messages():
            client.reply(address, *args)

    @obeys("/points")
    def _list_points(self, command: Command, client: Client) -> None:
        loaded = self._loaded()
        points, root = loaded.document.points, loaded.document.decoded_note(60.0)
        step = -(-len(points) * (2 + loaded.info.dims) // POINTS_ARGS) or 1  # an even sample, where they are too many
        values = (value for point in points[::step] for value in (point.label, _note(point, root), *point.z))
        client.reply("/points.reply", loaded.name, loaded.info.dims, *values)

    @obeys("/voices")
    def _list_voices(self, command: Command, client: Client) -> None:
        loaded = self._loaded()
        sounding = (voice for voice in self._performer.pool if voice.heard and voice.loaded is loaded)
        values = (value for voice in sounding for value in (voice.asked.id, voice.asked.note, *voice.z))
        client.reply("/voices.reply", loaded.info.dims, *values)

    @obeys("/sounds")
    def _list_sounds(self, command: Command, client: Client) -> None:
        async def work() -> tuple[Any, ...]:
            async with self._listing:
                names = await self._encoder.list_names()
            loaded = self._models.current
            known = (loaded.handles.is_recorded(PurePath(name).stem) if loaded else False for name in names)
            return tuple(value for pair in zip(names, map(int, known), strict=True) for value in pair)

        self._start(command, client, work(), reply="/sounds.reply")

    @obeys("/encode")
    def _encode(self, command: Command, client: Client) -> None:
        async def work() -> tuple[Any, ...]:
            name, loaded = command.values["file"], self._loaded()
            if isinstance(loaded.document, FramesDocument):
                recorded = await self._encoder.record(name, loaded, loaded.document)
                handle = normal(PurePath(name).stem)
                loaded.handles.keep(handle, recorded.handle)
                note = float(loaded.document.root_note)
                return name, note, *recorded.handle.z, handle, recorded.distance_db, ""
            encoded = await self._encoder.encode(name, loaded, command.values["note"])
            handle = normal(PurePath(name).stem)
            loaded.handles.keep(handle, Handle(encoded.z, ((encoded.detail, 1.0),)))
            if encoded.doubt:
                client.reply("/warn", command.path, f"{name}: {encoded.doubt}")
            return name, float(encoded.note), *encoded.z, handle, encoded.distance_db, encoded.doubt

        self._start(command, client, work())

    @obeys("/record")
    def _record(self, command: Command, client: Client) -> None:
        async def work() -> tuple[Any, ...]:
            async with self._recording:
                if command.values["name"] is None:
                    return await self._recorder.stop()
                return (await self._recorder.start(command.values["name"]),)

        self._start(command, client, work())

    @obeys("/monitor")
    def _monitor(self, command: Command, client: Client) -> None:
        on = command.values["on"]
        self._on_monitor(client, on)
        client.done(command.path, int(on))

    # -- presets -------------------------------------------------------------------------------------------------------

    @obeys("/preset/save")
    def _preset_save(self, command: Command, client: Client) -> None:
        name = command.values["name"]
        loaded = self._loaded()
        preset = self._performer.moves.snapshot(everything=command.values["what"] == "all")
        written = self._presets.save(loaded.name, name, replace(preset, version=loaded.document.version))

        async def work() -> tuple[Any, ...]:
            await written
            return (name,)

        self._start(command, client, work())

    @obeys("/preset/delete")
    def _preset_delete(self, command: Command, client: Client) -> None:
        name = command.values["name"]
        spelt = normal(name)
        loaded = self._loaded()
        if spelt in loaded.presets and spelt not in self._presets.names(loaded.name):
            raise CommandError(f"preset {name!r} comes along with {loaded.name}: it stays")
        written = self._presets.delete(loaded.name, name)

        async def work() -> tuple[Any, ...]:
            await written
            return (name,)

        self._start(command, client, work())

    @obeys("/presets")
    def _list_presets(self, command: Command, client: Client) -> None:
        name = self._loaded().name
        self._presets.try_again(name)
        client.reply("/presets.reply", name, *self._part.preset_names)

    # -- macros --------------------------------------------------------------------------------------------------------

    @obeys("/macros")
    def _list_macros(self, command: Command, client: Client) -> None:
        client.reply("/macros.reply", *self._performer.macros.names)

    # -- MIDI ----------------------------------------------------------------------------------------------------------

    @obeys("/midi/learn")
    def _midi_learn(self, command: Command, client: Client) -> None:
        address = command.values["address"]
        if address is None:
            self._controllers.cancel()
            client.done(command.path)
            return
        if not self._hears_midi():
            raise CommandError("there is no MIDI port: it needs JACK, and midi.enabled")
        message = bind_controller(address).at(1.0)
        assert message is not None
        asks = parse(message, self._models.info())  # a dimension that the model has
        if asks is not None and asks.row.path.startswith("/macro"):
            self._performer.macros.messages(asks.values["n"], 0.0)  # a macro that there is
        moved = self._controllers.learn(address)

        async def work() -> tuple[Any, ...]:
            number = await moved
            await self._controllers.keep()
            return address, number

        self._start(command, client, work(), self._learning)

    @obeys("/midi/forget")
    def _midi_forget(self, command: Command, client: Client) -> None:
        async def work() -> tuple[Any, ...]:
            await self._controllers.read()
            self._controllers.forget(command.values["what"])
            await self._controllers.keep()
            return ()

        self._start(command, client, work())

    # -- the daemon ----------------------------------------------------------------------------------------------------

    @obeys("/status")
    def _tell_status(self, command: Command, client: Client) -> None:
        client.reply("/status.reply", *self._status())

    @obeys("/version")
    def _tell_version(self, command: Command, client: Client) -> None:
        client.reply("/version.reply", PROGRAM, self._version)

    @obeys("/help")
    def _help(self, command: Command, client: Client) -> None:
        address = command.values["address"]
        if address is None:
            client.reply("/help.reply", "", help_text(None))
            return
        path = address if address.startswith("/") else f"/{address}"
        model = self._models.info()
        client.reply("/help.reply", path, help_text(path, model.dims if model.is_loaded else None))

    @obeys("/get")
    def _get(self, command: Command, client: Client) -> None:
        path = command.values["address"]
        path = path if path.startswith("/") else f"/{path}"
        client.reply(path, *self.standing(path))

    def standing(self, path: str) -> Sequence[Any]:
        """The arguments at which an address stands; raises CommandError for one that stands nowhere."""
        return self.model_message() if path == "/model" else self._performer.standing(path)

    @obeys("/ping")
    def _ping(self, command: Command, client: Client) -> None:
        client.reply("/pong")

    @obeys("/notify")
    def _notify(self, command: Command, client: Client) -> None:
        port = command.values["port"]
        if not command.values["on"]:
            self._subscribers.unsubscribe(client, port)
            client.done("/notify", 0)
            return
        new = self._subscribers.subscribe(client, port)
        if new is not None:
            self.introduce(new)
        client.done("/notify", 1)

    def introduce(self, subscriber: Client) -> None:
        """Tells a new subscriber how things stand, so that a surface that comes late shows what there is."""
        self._subscribers.tell(subscriber, [encode_message(address, args) for address, args in self._state()])

    def _state(self) -> Iterator[tuple[str, Sequence[Any]]]:
        if self._models.current is not None:
            yield from self.model_messages()
        yield "/macros.reply", self._performer.macros.names
        yield from self._performer.state()

    @obeys("/sync")
    def _sync(self, command: Command, client: Client) -> None:
        if len(self._syncs) >= MOST_TASKS:
            raise BusyError(f"busy: {MOST_TASKS} /sync wait already")
        earlier = list(self._tasks)
        number = command.values["id"]

        async def answer() -> None:
            await asyncio.gather(*earlier, return_exceptions=True)
            client.reply("/synced", number)

        task = asyncio.get_running_loop().create_task(answer())
        self._syncs.add(task)
        task.add_done_callback(self._syncs.discard)

    @obeys("/dumpOSC")
    def _dump_osc(self, command: Command, client: Client) -> None:
        self._on_dump(command.values["on"])

    @obeys("/clearSched")
    def _clear_sched(self, command: Command, client: Client) -> None:
        self._on_clear()

    @obeys("/quit")
    def _quit(self, command: Command, client: Client) -> None:
        if not client.is_loopback and not self._quit_anywhere:
            raise CommandError("/quit is obeyed from this machine only (osc.quit_from: any changes that)")
        client.done("/quit")
        log.info("leaving, as %s asked", client.address)
        self._on_quit()


def _note(place: Place, root: int) -> int:
    """The note of a point; that of a recording without one is the model's own."""
    return place.note if isinstance(place, Point) else root


def _version() -> str:
    try:
        return package_version(PROGRAM)
    except PackageNotFoundError:  # a checkout that was not installed
        return "unknown"
