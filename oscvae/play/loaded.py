"""A model that can be played: its document, its decoder process, its context in the engine."""

from __future__ import annotations

from oscvae.decode.decoder import Decoder
from oscvae.model.document import ModelDocument
from oscvae.osc.parse import ModelInfo
from oscvae.play.factory import factory_presets
from oscvae.spectral.context import ModelContext

CLIP_DEVIATIONS = 6.0  # z is clipped at mean +- this many standard deviations


class Loaded:
    """A model that can be played: its document, decoder process, and context at `index` of the engine's table."""

    def __init__(self, name: str, document: ModelDocument, decoder: Decoder, context: ModelContext, index: int) -> None:
        self.name = name
        self.document = document
        self.decoder = decoder
        self.context = context
        self.index = index
        self.voices = 0  # that have a slot
        self.waiting = 0  # notes that have none yet
        self.dropping = False
        self.revived = False  # it takes the place of one whose decoder died
        self.presets = factory_presets(document.points)
        latent = document.latent
        reach = [CLIP_DEVIATIONS * std for std in latent.std]
        self.info = ModelInfo(
            dims=document.latent_size,
            z_low=tuple(mean - far for mean, far in zip(latent.mean, reach, strict=True)),
            z_high=tuple(mean + far for mean, far in zip(latent.mean, reach, strict=True)),
            note_min=document.note_min,
            note_max=document.note_max,
        )

    @property
    def seconds(self) -> float:
        """How long an unstretched note is, from its onset."""
        document = self.document
        return (document.n_samples - document.onset_sample) / document.sample_rate
