"""How a figure is told: how many cases, the middle, the bad end and the worst."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")

SPLITS = ("training", "withheld notes", "unseen recordings")
"""Names of the values of `NoteSet.split`."""


class Track(Protocol):
    """Goes through items, and shows how far it is."""

    def __call__(self, items: Sequence[T], title: str) -> Iterable[T]: ...


def quietly(items: Sequence[T], title: str) -> Iterable[T]:
    """A Track that shows nothing."""
    del title
    return items


def tracker(bars: Progress) -> Track:
    """A Track with a bar for each loop."""

    def track(items: Sequence[T], title: str) -> Iterable[T]:
        task = bars.add_task(title, total=len(items))
        for item in items:
            yield item
            bars.advance(task)

    return track


@dataclass(frozen=True)
class Spread:
    """Of n cases that could be measured; all zero where there were none."""

    n: int
    median: float
    p95: float
    worst: float
    """The largest."""

    @classmethod
    def of(cls, values: ArrayLike) -> Spread:
        known = np.asarray(values, np.float64)
        known = known[np.isfinite(known)]
        if known.size == 0:
            return cls(0, 0.0, 0.0, 0.0)
        return cls(known.size, float(np.median(known)), float(np.percentile(known, 95)), float(known.max()))


def some(chosen: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """At most `most` of the indices `chosen`, drawn without replacement, in order."""
    return chosen if chosen.size <= most else np.sort(rng.choice(chosen, most, replace=False))
