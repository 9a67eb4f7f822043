"""A journey through the latent space: where something is, with which fine detail, and whether it travels."""

from __future__ import annotations

from typing import NamedTuple

from oscvae.model.detail import Mix, blended

Point = tuple[float, ...]
"""A latent point, D numbers."""


class Glide(NamedTuple):
    """A straight way that takes time: from `start` at `began_s`, a moment of the timeline, to `end` after `lasts_s`."""

    began_s: float
    lasts_s: float
    start: Point
    end: Point
    start_detail: Mix = ()
    end_detail: Mix = ()


class State(NamedTuple):
    """A point, the glide that it is on, and the fine detail that goes with the point."""

    point: Point
    glide: Glide | None = None
    detail: Mix = ()

    def ticked(self, now_s: float) -> State:
        """As far on its way as it has come by then."""
        if self.glide is None or now_s <= self.glide.began_s:
            return self
        glide = self.glide
        share = (now_s - glide.began_s) / glide.lasts_s
        if share >= 1.0:
            return State(glide.end, None, glide.end_detail)
        point = tuple(a + (b - a) * share for a, b in zip(glide.start, glide.end, strict=True))
        return State(point, glide, blended(glide.start_detail, glide.end_detail, share))
