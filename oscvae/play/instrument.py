"""The instrument: engine, link to the renderer, voices, models and parts. The daemon and `oscvae render` play the same.

Built in the order of a note's path. Each owner brings its own time: `LiveTimeline` on the event loop, `OfflineTimeline`
on the frames that are rendered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, TypeVar

from oscvae.osc.client import Client
from oscvae.osc.parts import FIRST, PARTS
from oscvae.play.link import RendererLink
from oscvae.play.listener import Listener
from oscvae.play.models.contexts import Contexts
from oscvae.play.models.loaded import Loaded
from oscvae.play.models.manager import ModelManager
from oscvae.play.models.opener import Opener
from oscvae.play.part import Part
from oscvae.play.parts import Parts
from oscvae.play.presets import Presets
from oscvae.play.timeline import Timeline
from oscvae.play.together import Together
from oscvae.play.voice.pool import VoicePool
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.live import LiveInput
from oscvae.settings.sections import Config
from oscvae.spectral.context import render_scratch_floats, sinc_table

LEAD_S = 0.020  # how long before its time a bundle is handed over, besides what decoding it takes
NOTES_IN_A_BUNDLE = 8  # that the lead allows for
DECODE_MOST_S = 0.05  # of one note, that the lead allows for

T = TypeVar("T", bound=Timeline)


class Instrument(Listener, Generic[T]):
    """Everything between a checked command and the words and rings of one engine.

    rate: of the output, Hz. timeline: makes the owner's timeline of the engine. listener: is told what happens. device:
    where models decode, instead of model.device. outputs: how many. live: the live input, where there is one. in_time:
    somebody listens.
    """

    def __init__(
        self,
        config: Config,
        rate: int,
        timeline: Callable[[Engine], T],
        listener: Listener,
        device: str | None = None,
        outputs: int = 2,
        *,
        live: LiveInput | None = None,
        in_time: bool = True,
    ) -> None:
        slots = config.engine.voices + config.engine.spare
        self._buffer_s = config.engine.buffer_s
        self._listener = listener
        self.engine = Engine(slots, rate, render_scratch_floats(), sinc_table(), outputs, live)
        self.engine.set_word(at.E_BUFFER, round(self._buffer_s * rate))
        self.link = RendererLink(self.engine)
        self.pool = VoicePool(self.engine, self.link, config.engine.voices, listener)
        self.contexts = Contexts(self.engine, self.link)
        self.contexts.abandoned = self.died
        opener = Opener(
            self.engine,
            config.model.folder,
            device=device or config.model.device,
            threads=config.model.threads,
            look_ahead=config.engine.look_ahead,
            iterations=config.engine.iterations,
            confine=config.model.confine,
            streams=config.model.streams,
            sample_rate=config.model.sample_rate or 0,
            in_time=in_time,
        )
        self.timeline = timeline(self.engine)
        together, presets = Together(self.pool), Presets(config.paths.presets)

        def models(listener: Listener, part: int) -> ModelManager:
            return ModelManager(opener, self.contexts, listener, part)

        self.parts = Parts(
            [
                Part(number, config, self.pool, models, presets, self.timeline, together, self)
                for number in range(FIRST, PARTS + 1)
            ],
            together,
        )
        self.timeline.on_tick = self.parts.tick

    def take_events(self) -> None:
        """Obey what renderer and callback have reported."""
        self.link.take_events(self.pool, self.contexts)

    def lead_s(self) -> float:
        """How long before its time a bundle is handed over: its decodes, a period, and room for bursts."""
        decode_s = NOTES_IN_A_BUNDLE * min(self.pool.decode_ns / 1e9, DECODE_MOST_S)
        return LEAD_S + decode_s + 2.0 * self.engine.word(at.E_PERIOD) / self.engine.rate

    def follow_rate(self) -> None:
        """The engine's output rate may have changed, and nothing sounds."""
        rate = self.engine.rate
        self.engine.set_word(at.E_BUFFER, round(self._buffer_s * rate))
        self.contexts.set_rate(rate)
        for part in self.parts:
            part.performer.sound.apply_release()

    # -- what its parts and models tell --------------------------------------------------------------------------------

    def loading(self, name: str, part: int) -> None:
        self._listener.loading(name, part)

    def model(self, loaded: Loaded) -> None:
        self.parts[loaded.part].performer.adopt(loaded)
        self._listener.model(loaded)

    def died(self, loaded: Loaded) -> None:
        self.pool.abandon(loaded)
        self._listener.died(loaded)

    def notice(self, notice: dict[str, Any]) -> None:
        self._listener.notice(notice)

    def changed(self, path: str, args: Sequence[Any], by: Client | None) -> None:
        self._listener.changed(path, args, by)

    def panic(self, channels: Collection[int] | None = None, part: int | None = None) -> None:
        self._listener.panic(channels, part)
