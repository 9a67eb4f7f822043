"""What is asked of a part besides playing: its model, sounds, presets, and where it stands.

Answers that tell of a part have its prefix, as its addresses have.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from oscvae.daemon.encoder import Encoder
from oscvae.daemon.errands import Errands
from oscvae.errors import CommandError
from oscvae.model.described import Described2, Place, Point
from oscvae.model.document import ModelDocument
from oscvae.names import normal
from oscvae.osc.client import Client
from oscvae.osc.obeying import Handlers
from oscvae.osc.parse import Command, no_model
from oscvae.osc.parts import FIRST, is_prefixed, split
from oscvae.play.models.loaded import Handle, Loaded
from oscvae.play.part import Part
from oscvae.play.parts import Parts

_APART_S = 0.25  # between two tellings of presets

POINTS_ARGS = 500  # of one reply with points: more than 512 arguments no message may have

obeys: Handlers[[Command, Client]] = Handlers("services")


class PartServices:
    """Obeys the rows of the services that mean one part. tell(address, *args): to all subscribers."""

    def __init__(self, parts: Parts, encoder: Encoder, errands: Errands, tell: Callable[..., None]) -> None:
        self._parts = parts
        self._tell = tell
        self._changed: set[str] = set()  # models whose presets are others than was told
        self._sounding: dict[int, tuple[Loaded, list[float]]] = {}  # by part, as answered in this turn of the loop
        self._telling: asyncio.TimerHandle | None = None
        self._told_s = 0.0
        self._encoder = encoder
        self._start = errands.start
        self._listing = asyncio.Lock()  # one reader at a time, so that answers keep their order
        self.handlers = obeys.of(self)

    # -- models and files ----------------------------------------------------------------------------------------------

    @obeys("/load")
    def _load(self, command: Command, client: Client) -> None:
        part = self._of(command)

        async def work() -> tuple[Any, ...]:
            loaded = await part.models.load(command.values["name"])
            await part.presets.open(loaded.name)  # whoever waits for /done may recall one at once
            document = loaded.document
            frames = document.frames if isinstance(document, ModelDocument) else 0
            return loaded.name, loaded.info.dims, float(document.sample_rate), frames

        self._start(command, client, work())

    def _of(self, command: Command) -> Part:
        return self._parts[command.part]

    def _loaded(self, command: Command) -> Loaded:
        return _model(self._of(command))

    @obeys("/model")
    def _tell_model(self, command: Command, client: Client) -> None:
        for address, args in model_messages(self._of(command)):
            client.reply(address, *args)

    @obeys("/points")
    def _list_points(self, command: Command, client: Client) -> None:
        loaded = self._loaded(command)
        points, root = loaded.document.points, loaded.document.decoded_note(60.0)
        step = -(-len(points) * (2 + loaded.info.dims) // POINTS_ARGS) or 1  # an even sample, where they are too many
        values = (value for point in points[::step] for value in (point.label, _note(point, root), *point.z))
        client.reply(self._of(command).address("/points.reply"), loaded.name, loaded.info.dims, *values)

    @obeys("/voices")
    def _list_voices(self, command: Command, client: Client) -> None:
        loaded = self._loaded(command)
        known, values = self._sounding.get(command.part, (None, list[float]()))
        if known is not loaded:
            values = []
            for voice in self._of(command).performer.pool:
                if voice.heard and voice.loaded is loaded:
                    values += (voice.asked.id, voice.asked.note, *voice.z)
            if not self._sounding:
                asyncio.get_running_loop().call_soon(self.moved)
            self._sounding[command.part] = loaded, values
        client.reply(self._of(command).address("/voices.reply"), loaded.info.dims, *values)

    def moved(self) -> None:
        """What sounds may be elsewhere by now: many pages ask in one turn of the event loop, and are told the same as
        long as nothing is obeyed between them."""
        self._sounding.clear()

    @obeys("/sounds")
    def _list_sounds(self, command: Command, client: Client) -> None:
        part = self._of(command)

        async def work() -> tuple[Any, ...]:
            async with self._listing:
                names = await self._encoder.list_names()
            loaded = part.models.current
            long_s = (loaded.handles.recorded_s(name) if loaded else 0.0 for name in names)
            return tuple(value for pair in zip(names, long_s, strict=True) for value in pair)

        self._start(command, client, work(), reply=part.address("/sounds.reply"))

    @obeys("/encode")
    def _encode(self, command: Command, client: Client) -> None:
        async def work() -> tuple[Any, ...]:
            name, loaded = command.values["file"], self._loaded(command)
            if not isinstance(loaded.document, ModelDocument):
                recorded = await self._encoder.record(name, loaded, loaded.document)
                handle = normal(PurePath(name).stem)
                loaded.handles.keep(handle, recorded.handle._replace(file=normal(str(PurePath(name)))))
                note = float(loaded.document.root_note)
                return name, note, *recorded.handle.z, handle, recorded.distance_db, ""
            encoded = await self._encoder.encode(name, loaded, command.values["note"])
            handle = normal(PurePath(name).stem)
            loaded.handles.keep(handle, Handle(encoded.z, ((encoded.detail, 1.0),)))
            if encoded.doubt:
                client.reply("/warn", command.path, f"{name}: {encoded.doubt}")
            return name, float(encoded.note), *encoded.z, handle, encoded.distance_db, encoded.doubt

        self._start(command, client, work())

    # -- presets -------------------------------------------------------------------------------------------------------

    @obeys("/preset/save")
    def _preset_save(self, command: Command, client: Client) -> None:
        name = command.values["name"]
        loaded = self._loaded(command)
        part = self._of(command)
        preset = part.performer.moves.snapshot(everything=command.values["what"] == "all")
        written = part.presets.save(loaded.name, name, replace(preset, version=loaded.document.version))

        async def work() -> tuple[Any, ...]:
            try:
                await written
            finally:  # an earlier one that was told may have been taken back
                self._presets_changed(loaded.name)
            return (name,)

        self._start(command, client, work())

    @obeys("/preset/delete")
    def _preset_delete(self, command: Command, client: Client) -> None:
        name = command.values["name"]
        spelt = normal(name)
        loaded = self._loaded(command)
        presets = self._of(command).presets
        if spelt in loaded.presets and spelt not in presets.names(loaded.name):
            raise CommandError(f"preset {name!r} comes along with {loaded.name}: it stays")
        written = presets.delete(loaded.name, name)

        async def work() -> tuple[Any, ...]:
            try:
                await written
            finally:
                self._presets_changed(loaded.name)
            return (name,)

        self._start(command, client, work())

    def _presets_changed(self, model: str) -> None:
        """Tells every part that plays the model of its presets; of many changes at once only the last."""
        self._changed.add(model)
        if self._telling is None:
            loop = asyncio.get_running_loop()
            self._telling = loop.call_at(max(loop.time(), self._told_s + _APART_S), self._tell_presets)

    def _tell_presets(self) -> None:
        self._telling, self._told_s = None, asyncio.get_running_loop().time()
        changed, self._changed = self._changed, set()
        for part in self._parts.in_use:
            if part.models.current is not None and part.models.current.name in changed:
                self._tell(part.address("/presets.reply"), part.models.current.name, *part.preset_names)

    @obeys("/presets")
    def _list_presets(self, command: Command, client: Client) -> None:
        name, part = self._loaded(command).name, self._of(command)
        part.presets.try_again(name)
        client.reply(part.address("/presets.reply"), name, *part.preset_names)

    @obeys("/places")
    def _list_places(self, command: Command, client: Client) -> None:
        loaded, part = self._loaded(command), self._of(command)
        places = list(part.preset_places.items())[: POINTS_ARGS // (1 + loaded.info.dims)]
        values = (value for name, z in places for value in (name, *z))
        client.reply(part.address("/places.reply"), loaded.name, loaded.info.dims, *values)

    # -- macros --------------------------------------------------------------------------------------------------------

    @obeys("/macros")
    def _list_macros(self, command: Command, client: Client) -> None:
        part = self._of(command)
        client.reply(part.address("/macros.reply"), *part.performer.macros.names)

    # -- where it stands -----------------------------------------------------------------------------------------------

    @obeys("/get")
    def _get(self, command: Command, client: Client) -> None:
        path = command.values["address"]
        path = path if path.startswith("/") else f"/{path}"
        if command.part != FIRST and not is_prefixed(path):
            path = self._of(command).address(path)
        client.reply(path, *self.standing(path))

    def standing(self, path: str) -> Sequence[Any]:
        """The arguments at which an address stands; raises CommandError for one that stands nowhere."""
        number, address = split(path)
        part = self._parts[number]
        return model_message(_model(part)) if address == "/model" else part.performer.standing(address)

    def state(self) -> Iterator[tuple[str, Sequence[Any]]]:
        """All that is told to a new subscriber, of every part that is in use: addresses and arguments."""
        for part in self._parts.in_use:
            if part.models.current is not None:
                yield from model_messages(part)
            yield from self.state_of(part)

    def state_of(self, part: Part) -> Iterator[tuple[str, Sequence[Any]]]:
        """What is told of a part besides its model."""
        yield part.address("/macros.reply"), part.performer.macros.names
        for address, args in part.performer.state():
            yield part.address(address), args


def model_message(loaded: Loaded) -> tuple[Any, ...]:
    """The arguments of /model: name, D, rate, note range, low and high of each dimension."""
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


def model_messages(part: Part) -> Iterator[tuple[str, Sequence[Any]]]:
    """All that is told of the model that a part plays, in order: /model, and what its dimensions and pads are called,
    and whether it blends recordings.

    Raises CommandError where it plays none.
    """
    loaded = _model(part)
    yield part.address("/model"), model_message(loaded)
    document = loaded.document
    labels, pads = (document.labels, document.pads) if isinstance(document, Described2) else ((), ())
    yield part.address("/labels"), labels
    yield part.address("/pads"), pads
    yield part.address("/blends"), (int(not isinstance(document, ModelDocument) and loaded.decoder.encodes),)


def _model(part: Part) -> Loaded:
    if part.models.current is None:
        raise CommandError(no_model(part.number))
    return part.models.current


def _note(place: Place, root: int) -> int:
    """The note of a point; that of a recording without one is the model's own."""
    return place.note if isinstance(place, Point) else root
