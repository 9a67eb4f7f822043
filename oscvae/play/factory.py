"""The presets that come along with a model: one for each instrument that its document names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from oscvae.model.document import Point as DocumentPoint
from oscvae.play.journey import Point

MOST = 64
_VELOCITY = re.compile(r"\s+\d{1,3}$")  # behind an instrument's name, where a data set has several


def factory_presets(points: Sequence[DocumentPoint]) -> dict[str, Point]:
    """Name to latent point, in the document's order; at most MOST.

    An instrument's preset is its training note that is nearest to the median of all of them: a place where the model
    was taught, in the middle of what is that instrument.
    """
    by_name: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        by_name[_VELOCITY.sub("", point.label).strip()].append(point.z)
    return {name: _middle(places) for name, places in list(by_name.items())[:MOST] if name}


def _middle(places: list[Point]) -> Point:
    centre = [median(values) for values in zip(*places, strict=True)]
    return min(places, key=lambda z: sum((a - b) ** 2 for a, b in zip(z, centre, strict=True)))


def find_preset(presets: dict[str, Point], name: str) -> Point | None:
    """The preset of that name, or the N-th for a number, as the numbered buttons of a surface ask; None if there is
    none."""
    if name in presets:
        return presets[name]
    number = int(name) if name.isascii() and name.isdecimal() and len(name) < 4 else 0
    return list(presets.values())[number - 1] if 1 <= number <= len(presets) else None
