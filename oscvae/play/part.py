"""A part: one model with its cursor, presets and macros, and what plays it."""

from __future__ import annotations

from oscvae.play.keys.zones import configured
from oscvae.play.listener import Listener
from oscvae.play.macros import read_macros
from oscvae.play.models import ModelManager
from oscvae.play.performer import Performer
from oscvae.play.presets import Presets
from oscvae.play.timeline import Timeline
from oscvae.play.voice.pool import VoicePool
from oscvae.settings.sections import Config


class Part:
    """One player of an instrument; all parts share its voices."""

    def __init__(
        self, config: Config, pool: VoicePool, models: ModelManager, timeline: Timeline, listener: Listener
    ) -> None:
        self.models = models
        self.presets = Presets(config.paths.presets)
        self.performer = Performer(
            pool,
            models,
            timeline,
            self.presets,
            read_macros(config.macros.map),
            listener,
            gain_db=config.engine.gain_db,
            zones=configured(config.midi.mpe),
        )

    @property
    def preset_names(self) -> list[str]:
        """The presets of the model that plays: one's own, then those that come along."""
        loaded = self.models.current
        if loaded is None:
            return []
        own = self.presets.names(loaded.name)
        return [*own, *(name for name in loaded.presets if name not in own)]
