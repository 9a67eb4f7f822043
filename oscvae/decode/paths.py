"""Where the voices of a stream go through latent space: to a point, or along two recordings at once."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from oscvae.arrays import Float32s, Float64s
from oscvae.decode.wire import CURVE, LOOP, MIX, OFFSET, POSITION, RATE
from oscvae.model.frames import SILENT_DB

LOUDEST_DB = 40.0
"""That a frame is ever told to be, above 0 dB."""
LOUDER_DB = 6.0
"""That a frame is at most, above the louder of both recordings there: where one is silent, a mix beyond the other could
have any level (22 to 36 dB more were heard)."""


class Encoded(NamedTuple):
    """A recording as a model of frames knows it: points [D, T], and the level of each in dB [T]."""

    z: Float32s
    level_db: Float32s


class Chunk(NamedTuple):
    """What is decoded next: points [D, frames], the level of each in dB [frames], or none; is_last: nothing follows;
    rows: how many of its frames count, 0 = all."""

    z: Float32s
    level_db: Float32s | None = None
    is_last: bool = False
    rows: int = 0


class Path(Protocol):
    """Of one voice. generation: of the voice. chunks: how many were taken."""

    generation: int
    chunks: int

    def next(self, frames: int, stock_s: float = 0.0) -> Chunk:
        """The next so many points of it. stock_s: for how long the voice has sound without them."""

    def wait_s(self) -> float:
        """Seconds until there is a next point."""

    def steer(self, what: int, values: tuple[float, ...]) -> None:
        """Bring it elsewhere: POSITION to OFFSET (`wire`), what it has not is nothing to it."""


class PointPath:
    """It is at a point, and where it is moved to it is within a chunk."""

    def __init__(self, generation: int, z: Float32s) -> None:
        self.generation = generation
        self.chunks = 0
        self._z = self._target = z

    def wait_s(self) -> float:
        return 0.0

    def next(self, frames: int, stock_s: float = 0.0) -> Chunk:
        share = np.arange(1, frames + 1, dtype=np.float32) / np.float32(frames)
        z = self._z[:, None] + (self._target - self._z)[:, None] * share
        z[:, -1] = self._z = self._target
        self.chunks += 1
        return Chunk(np.asarray(z, np.float32))

    def steer(self, what: int, values: tuple[float, ...]) -> None:
        if what == OFFSET:
            self._target = np.array(values, np.float32)


class BlendPath:
    """Along two recordings at once: frame by frame a + mix (b - a), b stretched to the length of a.

    mix: 0 is a, 1 is b; a curve over the position goes before it. rate: frames of a for each that is played, below 0
    backwards. position: where it is, 0 to 1. loop: round and round; else it ends where it leaves the recording, and
    stands still at the rate 0. offset: added to each point. reach: the lowest and the highest that is played, each [D].
    """

    def __init__(
        self,
        generation: int,
        a: Encoded,
        b: Encoded,
        mix: float,
        rate: float,
        position: float,
        loop: bool,
        reach: tuple[Float32s, Float32s],
    ) -> None:
        self.generation = generation
        self.chunks = 0
        self._a, self._b = a, b
        self._length = a.level_db.size
        self._mix = self._next_mix = mix
        self._rate, self._loop = rate, loop
        self._place = position * (self._length - 1)
        self._offset = np.zeros(a.z.shape[0], np.float32)
        self._curve: tuple[Float64s, Float64s] | None = None
        self._low, self._high = reach

    def steer(self, what: int, values: tuple[float, ...]) -> None:
        if what == MIX:
            self._next_mix, self._curve = values[0], None
        elif what == RATE:
            self._rate = values[0]
        elif what == POSITION:
            self._place = values[0] * (self._length - 1)
        elif what == LOOP:
            self._loop = values[0] != 0.0
        elif what == OFFSET:
            self._offset = np.array(values, np.float32)
        elif what == CURVE:
            self._curve = np.array(values[::2]), np.array(values[1::2])

    def wait_s(self) -> float:
        return 0.0

    def next(self, frames: int, stock_s: float = 0.0) -> Chunk:
        last = float(self._length - 1)
        places = self._place + self._rate * np.arange(frames + 1)
        if self._loop:
            places %= self._length  # between the last frame and the first it stays at the last
        is_last = not (self._loop or 0.0 <= places[-1] <= last)
        self._place = float(places[-1])
        places = np.clip(places[:-1], 0.0, last)
        shares = places / max(last, 1.0)
        if self._curve is None:
            mix = self._mix + (self._next_mix - self._mix) * np.arange(1, frames + 1) / frames
            self._mix = self._next_mix
        else:
            mix = np.interp(shares, *self._curve)
            self._mix = self._next_mix = float(mix[-1])
        # the lengths first: a recording blended with itself is at the same places, to the last bit
        a, b = _at(self._a, places), _at(self._b, places * ((self._b.level_db.size - 1) / max(last, 1.0)))
        share = mix.astype(np.float32)
        z = a.z + share * (b.z - a.z) + self._offset[:, None]
        most = np.minimum(np.maximum(a.level_db, b.level_db) + LOUDER_DB, LOUDEST_DB)
        level = np.clip(a.level_db + share * (b.level_db - a.level_db), SILENT_DB, most)
        self.chunks += 1
        return Chunk(np.clip(z, self._low[:, None], self._high[:, None]), level.astype(np.float32), is_last)


def _at(recording: Encoded, places: Float64s) -> Encoded:
    """A recording at fractional frames."""
    first = places.astype(np.int64)
    then = np.minimum(first + 1, recording.level_db.size - 1)
    share = (places - first).astype(np.float32)
    z, level = recording.z, recording.level_db
    return Encoded(
        z[:, first] + share * (z[:, then] - z[:, first]), level[first] + share * (level[then] - level[first])
    )
