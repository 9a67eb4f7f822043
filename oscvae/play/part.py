"""A part: one model with its cursor and macros, what plays it, and where it is heard."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from oscvae.osc.client import Client
from oscvae.osc.parts import joined
from oscvae.play.journey import Point
from oscvae.play.keys.zones import configured
from oscvae.play.listener import Listener
from oscvae.play.macros import read_macros
from oscvae.play.models.loaded import Loaded
from oscvae.play.models.manager import ModelManager
from oscvae.play.performer import Performer
from oscvae.play.presets import Presets
from oscvae.play.timeline import Timeline
from oscvae.play.together import Together
from oscvae.play.voice.pool import VoicePool
from oscvae.settings.sections import Config


class Part:
    """One player of an instrument, `number` 1 to 8; all parts share its voices, and the presets by model.

    models: makes its model manager, which tells that listener. listener: hears of what happens, at the addresses of
    this part.
    """

    def __init__(
        self,
        number: int,
        config: Config,
        pool: VoicePool,
        models: Callable[[Listener, int], ModelManager],
        presets: Presets,
        timeline: Timeline,
        together: Together,
        listener: Listener,
    ) -> None:
        own = _Own(number, listener)
        self.number = number
        self.models = models(own, number)
        self.presets = presets
        self.performer = Performer(
            pool,
            self.models,
            timeline,
            presets,
            read_macros(config.macros.map),
            own,
            gain_db=config.engine.gain_db,
            zones=configured(config.midi.mpe),
            together=together,
            part=number,
        )

    def address(self, address: str) -> str:
        """An address as it is told of this part."""
        return joined(self.number, address)

    @property
    def preset_names(self) -> list[str]:
        """The presets of the model that plays: one's own, then those that come along with it."""
        loaded = self.models.current
        if loaded is None:
            return []
        own = self.presets.names(loaded.name)
        return [*own, *(name for name in loaded.presets if name not in own)]

    @property
    def preset_places(self) -> dict[str, Point]:
        """Where these presets lie, but those of another dimension than the model's."""
        loaded = self.models.current
        if loaded is None:
            return {}
        own = self.presets.places(loaded.name, loaded.info.dims)
        names = [name for name in self.preset_names if name in own or name in loaded.presets]
        return {name: own[name] if name in own else loaded.presets[name] for name in names}


class _Own(Listener):
    """Hands on what a part tells, at its own addresses."""

    def __init__(self, part: int, listener: Listener) -> None:
        self._part = part
        self._listener = listener

    def changed(self, path: str, args: Sequence[Any], by: Client | None) -> None:
        self._listener.changed(joined(self._part, path), args, by)

    def panic(self, channels: Collection[int] | None = None, part: int | None = None) -> None:
        self._listener.panic(channels, part if channels is None else self._part)

    def loading(self, name: str, part: int) -> None:
        self._listener.loading(name, part)

    def model(self, loaded: Loaded) -> None:
        self._listener.model(loaded)

    def died(self, loaded: Loaded) -> None:
        self._listener.died(loaded)

    def notice(self, notice: dict[str, Any]) -> None:
        self._listener.notice(notice)
