"""A journey through the latent space: where something is, and whether it travels from one point to another."""

from __future__ import annotations

from typing import NamedTuple

Point = tuple[float, ...]
"""A latent point, D numbers."""


class Glide(NamedTuple):
    """A straight way that takes time: from `start` at `began_s`, a moment of the timeline, to `end` after `lasts_s`."""

    began_s: float
    lasts_s: float
    start: Point
    end: Point


class State(NamedTuple):
    """A point, and the glide that it is on."""

    point: Point
    glide: Glide | None = None

    def ticked(self, now_s: float) -> State:
        """As far on its way as it has come by then."""
        if self.glide is None or now_s <= self.glide.began_s:
            return self
        began_s, lasts_s, start, end = self.glide
        share = (now_s - began_s) / lasts_s
        if share >= 1.0:
            return State(end)
        return State(tuple(a + (b - a) * share for a, b in zip(start, end, strict=True)), self.glide)
