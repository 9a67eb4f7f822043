"""Everything that is asked of the daemon besides playing: models, files, questions, subscriptions.

What takes time runs as a task beside the event clock; `/sync` waits for all that were begun before it. What means one
part is `parted`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as package_version
from typing import Any

from oscvae.daemon.errands import MOST_TASKS, Errands
from oscvae.daemon.parted import PartServices
from oscvae.daemon.recorder import Recorder
from oscvae.errors import BusyError, CommandError
from oscvae.midi.learn import Controllers
from oscvae.osc.binding import bind_controller
from oscvae.osc.client import Client
from oscvae.osc.obeying import Handlers
from oscvae.osc.packets import encode_message
from oscvae.osc.parse import Command, parse_for
from oscvae.osc.parts import FIRST, split
from oscvae.osc.reference import help_text
from oscvae.osc.subscribers import Subscribers
from oscvae.play.parts import Parts

log = logging.getLogger(__name__)

PROGRAM = "oscvae"

obeys: Handlers[[Command, Client]] = Handlers("services")


class Services:
    """Obeys what is not heard: the rows of the vocabulary that are the services'.

    parted: obeys those that mean one part. status: the arguments of /status.reply. hears_midi: whether there is a port
    to learn from. on_quit, on_clear, on_dump, on_monitor, on_scope: what the daemon does about /quit, /clearSched,
    /dumpOSC, /monitor and /scope. quit_anywhere: whether /quit is obeyed from beyond loopback.
    """

    def __init__(
        self,
        parts: Parts,
        parted: PartServices,
        errands: Errands,
        recorder: Recorder,
        subscribers: Subscribers,
        controllers: Controllers,
        *,
        hears_midi: Callable[[], bool],
        status: Callable[[], tuple[Any, ...]],
        on_quit: Callable[[], None],
        on_clear: Callable[[], None],
        on_dump: Callable[[bool], None],
        on_monitor: Callable[[Client, bool], None],
        on_scope: Callable[[Client, bool], None],
        quit_anywhere: bool,
    ) -> None:
        self._parts = parts
        self._parted = parted
        self._errands = errands
        self._recorder = recorder
        self._subscribers = subscribers
        self._controllers = controllers
        self._hears_midi = hears_midi
        self._status = status
        self._on_quit = on_quit
        self._on_clear = on_clear
        self._on_dump = on_dump
        self._on_monitor = on_monitor
        self._on_scope = on_scope
        self._quit_anywhere = quit_anywhere
        self._syncs: set[asyncio.Task[None]] = set()
        self._learning: set[asyncio.Task[None]] = set()  # which no /sync waits for: somebody must turn a knob
        self._recording = asyncio.Lock()
        self._listing = asyncio.Lock()  # one reader at a time, so that answers keep their order
        self._version = _version()  # reading it takes a fifth of a millisecond
        self._handlers = {**obeys.of(self), **parted.handlers}

    def moved(self) -> None:
        """Something else than a question is obeyed."""
        self._parted.moved()

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
        """Answer with why a command failed."""
        self._errands.fail(command, client, error)

    # -- models and files ----------------------------------------------------------------------------------------------

    @obeys("/models")
    def _list_models(self, command: Command, client: Client) -> None:
        async def work() -> tuple[Any, ...]:
            async with self._listing:
                return tuple(await self._parts[FIRST].models.list_names())

        self._errands.start(command, client, work(), reply="/models.reply")

    @obeys("/record")
    def _record(self, command: Command, client: Client) -> None:
        async def work() -> tuple[Any, ...]:
            async with self._recording:
                if command.values["name"] is None:
                    return await self._recorder.stop()
                return (await self._recorder.start(command.values["name"]),)

        self._errands.start(command, client, work())

    @obeys("/monitor")
    def _monitor(self, command: Command, client: Client) -> None:
        on = command.values["on"]
        self._on_monitor(client, on)
        client.done(command.path, int(on))

    @obeys("/scope")
    def _scope(self, command: Command, client: Client) -> None:
        on = command.values["on"]
        self._on_scope(client, on)
        client.done(command.path, int(on))

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
        asks = parse_for(message, self._parts.model)  # a dimension that the model has
        if asks is not None and asks.row.path.startswith("/macro"):
            self._parts[asks.part].performer.macros.messages(asks.values["n"], 0.0)  # a macro that there is
        moved = self._controllers.learn(address)

        async def work() -> tuple[Any, ...]:
            number = await moved
            await self._controllers.keep()
            return address, number

        self._errands.start(command, client, work(), self._learning)

    @obeys("/midi/forget")
    def _midi_forget(self, command: Command, client: Client) -> None:
        async def work() -> tuple[Any, ...]:
            await self._controllers.read()
            self._controllers.forget(command.values["what"])
            await self._controllers.keep()
            return ()

        self._errands.start(command, client, work())

    # -- the daemon ----------------------------------------------------------------------------------------------------

    @obeys("/status")
    def _tell_status(self, command: Command, client: Client) -> None:
        client.reply("/status.reply", *self._status())

    @obeys("/parts")
    def _list_parts(self, command: Command, client: Client) -> None:
        playing = ((part, part.models.current) for part in self._parts)
        values = (
            value
            for part, loaded in playing
            if loaded is not None
            for value in (part.number, loaded.name, *part.performer.standing("/out"))
        )
        client.reply("/parts.reply", *values)

    @obeys("/version")
    def _tell_version(self, command: Command, client: Client) -> None:
        client.reply("/version.reply", PROGRAM, self._version)

    @obeys("/help")
    def _help(self, command: Command, client: Client) -> None:
        address = command.values["address"]
        if address is None:
            client.reply("/help.reply", "", help_text(None))
            return
        part, path = split(address if address.startswith("/") else f"/{address}")
        model = self._parts.model(part)
        client.reply("/help.reply", path, help_text(path, model.dims if model.is_loaded else None))

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
        concerns = partial(self._subscribers.concerns, subscriber)
        packets = [encode_message(address, args) for address, args in self._parted.state() if concerns(address)]
        self._subscribers.tell(subscriber, packets)

    @obeys("/sync")
    def _sync(self, command: Command, client: Client) -> None:
        if len(self._syncs) >= MOST_TASKS:
            raise BusyError(f"busy: {MOST_TASKS} /sync wait already")
        earlier = self._errands.under_way()
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


def _version() -> str:
    try:
        return package_version(PROGRAM)
    except PackageNotFoundError:  # a checkout that was not installed
        return "unknown"
