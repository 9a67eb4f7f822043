"""A model that can be played: its document, decoder process and context, and the presets that come along with it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from oscvae.decode.decoder import Decoder
from oscvae.model.document import ModelDocument
from oscvae.model.document import Point as DocumentPoint
from oscvae.names import normal
from oscvae.osc.parse import ModelInfo
from oscvae.play.journey import Point
from oscvae.spectral.context import ModelContext

CLIP_DEVIATIONS = 6.0  # z is clipped at mean +- this many standard deviations
PRESETS_MOST = 64
_VELOCITY = re.compile(r"\s+\d{1,3}$")  # behind an instrument's name, where a data set has several


def factory_presets(points: Sequence[DocumentPoint]) -> dict[str, Point]:
    """Name to latent point, in the document's order; at most PRESETS_MOST.

    An instrument's preset is its training note that is nearest to the median of all of them: a place where the model
    was taught, in the middle of what is that instrument.
    """
    by_name: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        by_name[_VELOCITY.sub("", point.label).strip()].append(point.z)
    return {normal(name): _middle(places) for name, places in list(by_name.items())[:PRESETS_MOST] if name}


def _middle(places: list[Point]) -> Point:
    centre = [median(values) for values in zip(*places, strict=True)]
    return min(places, key=lambda z: sum((a - b) ** 2 for a, b in zip(z, centre, strict=True)))


def find_preset(presets: dict[str, Point], name: str) -> Point | None:
    """The preset of that name, or the N-th for a number, as the numbered buttons of a surface ask; None if there is
    none."""
    if (found := presets.get(normal(name))) is not None:
        return found
    number = int(name) if name.isascii() and name.isdecimal() and len(name) < 4 else 0
    return list(presets.values())[number - 1] if 1 <= number <= len(presets) else None


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
