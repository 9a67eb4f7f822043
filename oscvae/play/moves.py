"""Moves of several things at once: presets, morphs between two of them, macros."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oscvae.errors import CommandError
from oscvae.model.detail import Mix, blended
from oscvae.names import normal
from oscvae.osc.client import Client
from oscvae.osc.obeying import Handlers
from oscvae.osc.packets import Message
from oscvae.osc.parse import Command, no_model
from oscvae.osc.vocabulary import find
from oscvae.play.cursor import Cursor
from oscvae.play.journey import Point
from oscvae.play.keys.line import POLY
from oscvae.play.macros import Macros
from oscvae.play.models.loaded import Loaded, find_preset
from oscvae.play.models.manager import ModelManager
from oscvae.play.presets import GLIDE, MODES, SOUND, Preset, Presets

obeys: Handlers[[Command, Client, int | None]] = Handlers("performer")


class Moves:
    """told: where each address stands, by path. also: obeys a message that the command at a path asks for besides, and
    tells all subscribers. tell: tells them, but not who caused it, of a change at a path. tell_cursor: where it is.
    """

    def __init__(
        self,
        cursor: Cursor,
        models: ModelManager,
        presets: Presets,
        macros: Macros,
        told: Mapping[str, Sequence[Any]],
        *,
        also: Callable[[Message, str, Client, int | None], None],
        tell: Callable[[str, Sequence[Any], Client | None], None],
        tell_cursor: Callable[[], None],
    ) -> None:
        self._cursor = cursor
        self._models = models
        self._presets = presets
        self._macros = macros
        self._told = told
        self._also = also
        self._tell = tell
        self._tell_cursor = tell_cursor

    # -- presets -------------------------------------------------------------------------------------------------------

    def snapshot(self, *, everything: bool) -> Preset:
        """Where things stand after all that was handed over: the cursor, or everything that a preset may hold."""
        z, detail = self._cursor.point, self._cursor.detail
        if not everything:
            return Preset(z, detail=detail)
        sound = {name: float(self._told[f"/{name}"][0]) for name in (*SOUND, GLIDE)}
        mode = str(self._told["/mode"][0])
        return Preset(
            z,
            _without_rest(sound),
            {name: float(self._told[f"/macro/{n}"][0]) for n, name in enumerate(self._macros.names, 1)},
            detail,
            mode=mode if mode in MODES else "",
        )

    def place(self, name: str, loaded: Loaded) -> tuple[Point, Mix]:
        """Where a handle is, or else a preset of a model, and its fine detail. Raises CommandError if there is none."""
        handle = loaded.handles.find(name)
        if handle is not None:
            return handle.z, handle.detail
        try:
            preset = self._find_for(loaded, name)
        except CommandError as error:
            raise CommandError(f"no sound was encoded as {name!r}, and {error}") from None
        return preset.z, preset.detail

    @obeys("/preset/recall")
    def _recall(self, command: Command, client: Client, due_ns: int | None) -> None:
        self._go(self._find(command.values["name"]), command, client, due_ns)

    @obeys("/preset/morph")
    def _morph(self, command: Command, client: Client, due_ns: int | None) -> None:
        a, b = self._find(command.values["a"]), self._find(command.values["b"])
        self._go(between(a, b, command.values["share"]), command, client, due_ns)

    def _find(self, name: str) -> Preset:
        return self._find_for(self._model(), name)

    def _find_for(self, loaded: Loaded, name: str) -> Preset:
        z = None if normal(name) in self._presets.names(loaded.name) else find_preset(loaded.presets, name)
        return self._presets.find(loaded.name, name, loaded.info.dims) if z is None else Preset(z)

    def _go(self, preset: Preset, command: Command, client: Client, due_ns: int | None) -> None:
        """Macros first: what else the preset holds has the last word over what they move."""
        for name, value in preset.macros.items():
            if name not in self._macros.names:  # the configuration has changed since
                continue
            n = self._macros.names.index(name) + 1
            for message in self._macros.messages(n, value):
                if not find(message.address)[0].moves_cursor:
                    self._also(message, command.path, client, due_ns)
            self._tell(f"/macro/{n}", (value,), None)
        for name, value in preset.sound.items():
            self._also(Message(f"/{name}", (value,)), command.path, client, due_ns)
        if preset.sound:
            self._restore("/mode", preset.mode or POLY, command, client, due_ns)
            self._restore(f"/{GLIDE}", preset.sound.get(GLIDE, 0.0), command, client, due_ns)
        self._cursor.travel(command.values["seconds"], preset.z, due_ns, preset.detail)
        self._tell_cursor()

    def _restore(self, address: str, value: float | str, command: Command, client: Client, due_ns: int | None) -> None:
        """Set what is not written where it is as at the start."""
        if self._told[address][0] != value:
            self._also(Message(address, (value,)), command.path, client, due_ns)

    def _model(self) -> Loaded:
        if self._models.current is None:
            raise CommandError(no_model(self._models.part))
        return self._models.current

    # -- macros --------------------------------------------------------------------------------------------------------

    @obeys("/macro")
    def _macro(self, command: Command, client: Client, due_ns: int | None) -> None:
        self._macro_n(command, client, due_ns)
        # at the one address that every macro has for itself, because of all changes at an address only the last is told
        self._tell(f"/macro/{command.values['n']}", (command.values["value"],), client)

    @obeys("/macro/N")
    def _macro_n(self, command: Command, client: Client, due_ns: int | None) -> None:
        """What it moves is told to all, whoever moved it included: the faders on one surface follow each other."""
        with self._cursor.one_move():
            for message in self._macros.messages(command.values["n"], command.values["value"]):
                self._also(message, command.path, client, due_ns)


def between(a: Preset, b: Preset, share: float) -> Preset:
    """The preset at `share` of the straight way from `a` to `b`, 0 to 1: the point, and what both hold besides."""
    return Preset(
        _mixed_point(a.z, b.z, share),
        _without_rest(_mixed(_with_glide(a.sound), _with_glide(b.sound), share)),
        _mixed(a.macros, b.macros, share),
        blended(a.detail, b.detail, share),
        mode=(a if share < 0.5 else b).mode if a.sound and b.sound else "",
    )


def _without_rest(sound: Mapping[str, float]) -> dict[str, float]:
    """What is kept of the sound: no glide that takes no time."""
    return {name: value for name, value in sound.items() if value or name != GLIDE}


def _with_glide(sound: Mapping[str, float]) -> Mapping[str, float]:
    return {GLIDE: 0.0, **sound} if sound else sound


def _mixed_point(a: Point, b: Point, share: float) -> Point:
    return tuple(x + (y - x) * share for x, y in zip(a, b, strict=True))


def _mixed(a: Mapping[str, float], b: Mapping[str, float], share: float) -> dict[str, float]:
    return {name: a[name] + (b[name] - a[name]) * share for name in a if name in b}
