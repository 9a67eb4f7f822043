"""The recordings that a model has encoded, each by its number, and the ways of voices along two of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from oscvae.arrays import Float32s
from oscvae.decode.paths import BlendPath, Encoded
from oscvae.decode.wire import CURVE, OFFSET, Request

LOUD_DB = 60.0  # below the loudest frame of a recording, beyond which a frame says nothing of where it lies


class Recordings:
    """Of one model. reach: the lowest and the highest that is played, each [D]."""

    def __init__(self, reach: tuple[Float32s, Float32s]) -> None:
        self._reach = reach
        self._known: dict[int, Encoded] = {}
        self._parts: list[Encoded] = []
        self._errors: list[Float32s] = []

    def blend(self, request: Request) -> BlendPath | None:
        """Where a voice goes that BLEND begins; None where a recording is not there."""
        first, second, mix, rate, position, loop, count, *more = request.z
        a, b = self._known.get(int(first)), self._known.get(int(second))
        if a is None or b is None:
            return None
        path = BlendPath(request.generation, a, b, mix, rate, position, loop != 0.0, self._reach)
        for what, values in ((CURVE, more[: int(count)]), (OFFSET, more[int(count) :])):
            if values:
                path.steer(what, tuple(values))
        return path

    def take(self, request: Request, part: Encoded, errors: Float32s) -> dict[str, Any]:
        """Keep a part of a recording, as ENCODE asks for it, and say what it comes to: the mean of its points, and once
        it is whole of those that are loud, and the root of the mean of their squared `errors` [frames]."""
        if request.block == 0:
            self._parts, self._errors = [], []
        self._parts.append(part)
        self._errors.append(errors)
        if request.note == 0:  # more follows
            return {"mean": part.z.mean(1).tolist()}
        points, levels = (np.concatenate(parts, axis=-1) for parts in zip(*self._parts, strict=True))
        squared = np.concatenate(self._errors)
        self._known[request.slot] = Encoded(points, levels)
        self._parts, self._errors = [], []
        loud = levels >= levels.max() - LOUD_DB
        return {"mean": points[:, loud].mean(1).tolist(), "distance_db": float(np.sqrt(squared[loud]).mean())}
