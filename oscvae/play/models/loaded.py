"""A model that can be played: its document, decoder process and context, the presets that come along with it, and the
sounds that it has encoded."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePath
from statistics import median
from typing import NamedTuple

from oscvae.decode.decoder import Decoder
from oscvae.model.described import Latent, Place
from oscvae.model.detail import Mix
from oscvae.model.document import AnyDocument, ModelDocument
from oscvae.names import normal
from oscvae.osc.parse import ModelInfo
from oscvae.osc.parts import FIRST
from oscvae.play.journey import Point
from oscvae.spectral.context import ModelContext

PRESETS_MOST = 96
HANDLES_MOST = 64
_VELOCITY = re.compile(r"\s+\d{1,3}$")  # behind an instrument's name, where a data set has several


def factory_presets(points: Sequence[Place], latent: Latent) -> dict[str, Point]:
    """Name to latent point, in the document's order; at most PRESETS_MOST.

    An instrument's preset is its training note that is nearest to the median of all of them: a place where the model
    was taught, in the middle of what is that instrument. Of an instrument that lies across the end of the suggested
    range it is a note inside, where faders can go, and of one beyond it the end itself.
    """
    by_name: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        by_name[_VELOCITY.sub("", point.label).strip()].append(point.z)
    chosen = list(by_name.items())[:PRESETS_MOST]
    return {normal(name): _middle(places, latent) for name, places in chosen if name}


def _middle(places: list[Point], latent: Latent) -> Point:
    def inside(z: Point) -> Point:
        return tuple(min(max(value, low), high) for value, low, high in zip(z, latent.low, latent.high, strict=True))

    centre = [median(values) for values in zip(*places, strict=True)]
    reached = [z for z in places if inside(z) == z] or places
    return inside(min(reached, key=lambda z: sum((a - b) ** 2 for a, b in zip(z, centre, strict=True))))


def find_preset(presets: dict[str, Point], name: str) -> Point | None:
    """The preset of that name, or the N-th for a number, as the numbered buttons of a surface ask; None if there is
    none."""
    if (found := presets.get(normal(name))) is not None:
        return found
    number = int(name) if name.isascii() and name.isdecimal() and len(name) < 4 else 0
    return list(presets.values())[number - 1] if 1 <= number <= len(presets) else None


class Handle(NamedTuple):
    """An encoded sound: where it lies, and its fine detail; of a model of frames the number by which its decoder knows
    the recording, -1 = it does not, how long that is, and of which file."""

    z: Point
    detail: Mix
    recording: int = -1
    seconds: float = 0.0
    file: str = ""


class Handles:
    """The encoded sounds of a model, by name; of HANDLES_MOST, the one that was not asked for longest makes room."""

    def __init__(self) -> None:
        self._next = 0  # where a free number of a recording is looked for first: those that are given out come last
        self._handles: dict[str, Handle] = {}  # the last is the one that was asked for last

    def keep(self, name: str, handle: Handle) -> None:
        self._handles.pop(normal(name), None)
        while len(self._handles) >= HANDLES_MOST:
            del self._handles[next(iter(self._handles))]
        self._handles[normal(name)] = handle

    def new_recording(self) -> int:
        """The number of a recording that is encoded next. Where each belongs to a handle, the recording that was not
        asked for longest is known no more."""
        used = {handle.recording: name for name, handle in self._handles.items() if handle.recording >= 0}
        free = [n % HANDLES_MOST for n in range(self._next, self._next + HANDLES_MOST) if n % HANDLES_MOST not in used]
        number = free[0] if free else next(iter(used))
        if not free:
            self._handles[used[number]] = self._handles[used[number]]._replace(recording=-1)
        self._next = (number + 1) % HANDLES_MOST
        return number

    def forget_recordings(self) -> None:
        """Another decoder answers for the model, which knows none."""
        self._handles = {name: handle._replace(recording=-1) for name, handle in self._handles.items()}

    def recorded_s(self, file: str) -> float:
        """How long the recording in a file is that the decoder knows; 0 for any other, also of the same stem."""
        handle = self._handles.get(normal(PurePath(file).stem))
        known = handle is not None and handle.recording >= 0 and handle.file == normal(file)
        return handle.seconds if handle is not None and known else 0.0

    def find(self, name: str) -> Handle | None:
        handle = self._handles.pop(normal(name), None)
        if handle is not None:
            self._handles[normal(name)] = handle
        return handle


class Loaded:
    """A model that can be played: its document, decoder process, and context at `index` of the engine's table."""

    def __init__(self, name: str, document: AnyDocument, decoder: Decoder, context: ModelContext, index: int) -> None:
        self.part = FIRST
        self.name = name
        self.document = document
        self.decoder = decoder
        self.context = context
        self.index = index
        self.voices = 0  # that have a slot
        self.waiting = 0  # notes that have none yet
        self.dropping = False
        self.plays = False  # new notes of its part use it
        self.revived = False  # it takes the place of one whose decoder died
        self.presets = factory_presets(document.points, document.latent)
        self.handles = Handles()
        z_low, z_high = document.reach
        self.info = ModelInfo(
            dims=document.latent_size,
            z_low=z_low,
            z_high=z_high,
            note_min=document.note_min,
            note_max=document.note_max,
        )

    @property
    def seconds(self) -> float:
        """How long an unstretched note is, from its onset; infinite where a voice lasts until it is stopped."""
        document = self.document
        if not isinstance(document, ModelDocument):
            return math.inf
        return (document.n_samples - document.onset_sample) / document.sample_rate
