"""What a decoder hears of the live input: the newest samples, in memory that the audio callback writes, and a voice's
way along them.

The memory is one page of words and a ring of float32 [FRAMES] behind it (`realtime.live`). It is mapped to be read
only. The writer waits for nobody: who reads follows the head, and what it has missed is passed over.

A frame of a model of frames needs the samples of a whole window, so the newest there can be is half a window old in
its middle; a model of samples encodes chunk after chunk, once for all voices. A voice is decoded as the input comes.
What it has in stock besides is delay, so where the least of it in `LOOK_BACK` chunks is more than a chunk and what is
kept for safety, one is left out.
"""

from __future__ import annotations

import math
import mmap
import time
from collections import deque
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from oscvae.arrays import Float32s
from oscvae.decode.paths import LOUDEST_DB, Chunk, Encoded
from oscvae.decode.wire import OFFSET
from oscvae.model.frames import SILENT_DB, FramesDocument
from oscvae.sound.frames import FrameAnalysis, Trajectory

HEAD, PERIOD, RATE = 0, 8, 16  # realtime.live's; that module would import numba
PAGE_BYTES = 4096
FRAMES = 1 << 16

LONGEST = FRAMES // 2  # samples of a stretch at the rate of the input
LOOK_BACK = 48  # chunks
SAFE_S = 0.005  # of sound that a voice has in stock when a chunk comes: a busy machine decodes it later
STALLED_S = 0.1  # and three periods, in which nothing came: the server is gone, or stands still
BEHIND_S = 0.06  # and four stretches and two periods: who is further behind goes on at the newest
AHEAD_S = 0.015  # of sound that a voice of samples has in stock from the start, when its second chunk comes
IDLE_CHUNKS = 2  # that nobody has taken: nobody has listened
CHUNKS_KEPT = 8  # for voices that are behind others
AT_FIRST = 4  # frames behind the newest at which a voice begins, which so many hops of its first samples need
_HALF_WIDTH = 24  # samples of the slower rate to either side of one that is resampled
_BETA = 8.0  # of its Kaiser window: 80 dB
_CUTOFF = 0.94  # of the slower rate's half
_STEPS = 4096  # of its table, in a sample of the slower rate
_DISTANCES = np.arange(_STEPS * _HALF_WIDTH + 1) / _STEPS
_SINC = np.sinc(_CUTOFF * _DISTANCES) * np.i0(_BETA * np.sqrt(1.0 - (_DISTANCES / _HALF_WIDTH) ** 2)) / np.i0(_BETA)


class LiveInput:
    """The newest samples of the live input, mapped from `descriptor`."""

    def __init__(self, descriptor: int) -> None:
        self._map = mmap.mmap(descriptor, PAGE_BYTES + 4 * FRAMES, prot=mmap.PROT_READ)
        self._words = np.frombuffer(self._map, np.int64, PAGE_BYTES // 8)
        self._ring = np.frombuffer(self._map, np.float32, FRAMES, PAGE_BYTES)

    @property
    def head(self) -> int:
        """Samples that have come. Those before it can be read: the words of a page are ordered by the system call
        that waits between two looks at it."""
        return int(self._words[HEAD])

    @property
    def rate(self) -> int:
        """Of the audio server, Hz; 0 = there is none."""
        return int(self._words[RATE])

    @property
    def period(self) -> int:
        """Samples that come at a time."""
        return int(self._words[PERIOD])

    def read(self, first: int, count: int) -> Float32s:
        """A copy of samples [count] from `first` on; silence before the beginning and behind the head, and where the
        input holds no number."""
        places = np.arange(first, first + count)
        samples = self._ring[places & (FRAMES - 1)]
        samples[(places < 0) | (places >= self.head) | ~np.isfinite(samples)] = 0.0
        return np.clip(samples, -8.0, 8.0)


class Window:
    """Samples [count] at a model's rate out of those at another: a windowed sinc. fraction: of a sample of the input,
    by which the first lies behind the one that it begins at."""

    def __init__(self, count: int, model_rate: int, rate: int, fraction: float = 0.0) -> None:
        self.step = rate / model_rate
        self.half = 0
        self._weights: Float32s | None = None
        if rate == model_rate:
            self.length = count
            return
        slower = max(1.0, self.step)  # input samples that one of the slower rate is long
        self.half = math.ceil(_HALF_WIDTH * slower)
        places = fraction + np.arange(count) * self.step
        self._gather = (places.astype(np.int64) + 1)[:, None] + np.arange(2 * self.half)
        distance = np.abs(places[:, None] - (self._gather - self.half)) / slower
        weights = _SINC[np.minimum(distance * _STEPS + 0.5, _SINC.size - 1).astype(np.int32)]
        self._weights = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
        self.length = int(self._gather[-1, -1]) + 1

    def take(self, samples: Float32s) -> Float32s:
        """What begins `half` samples after the first of samples [length]."""
        if self._weights is None:
            return samples
        resampled: Float32s = np.einsum("ij,ij->i", samples[self._gather], self._weights)
        return resampled


@lru_cache(maxsize=8)
def _window(count: int, model_rate: int, rate: int) -> Window | None:
    """One that begins at a sample; None where the ring is too short for it."""
    window = Window(count, model_rate, rate)
    return window if window.length <= LONGEST else None


class _Reader:
    """Reads the live input for a model, stretch after stretch of `count` samples at the model's rate, `hop` apart.

    exact: a stretch goes on where the last one ended, to the fraction of a sample; else each begins at a sample.
    """

    def __init__(self, live: LiveInput, model_rate: int, count: int, hop: int, at_first: float, *, exact: bool) -> None:
        self.rate = 0  # of the input, Hz
        self._live, self._model_rate = live, model_rate
        self._count, self._hop, self._at_first, self._exact = count, hop, at_first, exact
        self._window: Window | None = None
        self._place = 0.0  # of the next stretch's first sample in the input
        self._head, self._came_s = -1, 0.0

    @property
    def hop_s(self) -> float:
        return self._hop / self._model_rate

    @property
    def behind(self) -> int:
        """Samples that have come since the last that the next stretch needs; below 0 while it waits for some."""
        if self._window is None:
            return -1
        length = self._window.length + self._exact  # with a fraction it is a sample more
        return self._live.head - (self._first - self._window.half + length)

    @property
    def _first(self) -> int:
        return math.floor(self._place) if self._exact else round(self._place)

    def wait_s(self, more: int = 0) -> float:
        """Seconds until the samples of the next stretch have come, or of one so many later; 0 = they are there, or will
        not come."""
        now = time.monotonic()
        head = self._live.head
        if head != self._head:
            self._head, self._came_s = head, now
        self._follow(self._live.rate)
        if self._window is None or now - self._came_s > STALLED_S + 3.0 * self._live.period / self.rate:
            return 0.0
        return max(0.0, more * self.hop_s - self.behind / self.rate)

    @property
    def is_too_long(self) -> bool:
        """Whether the ring holds no stretch of it at the rate of the input."""
        return self.rate > 0 and self._window is None

    def _follow(self, rate: int) -> None:
        """Listen at that rate from now on, if it is another."""
        if rate == self.rate:
            return
        self.rate = rate
        self._window = _window(self._count, self._model_rate, rate) if rate > 0 else None
        self.go_to_newest(self._at_first)

    def go_to_newest(self, hops_behind: float = 0.0) -> None:
        if self._window is not None:
            newest = self._live.head - self._window.length + self._window.half
            self._place = float(math.floor(newest - hops_behind * self._hop * self._window.step))

    def take(self) -> Float32s | None:
        """The next stretch [count]; None where it will not come."""
        if self.behind < 0:
            return None
        window = self._window
        assert window is not None
        most = max(4.0 * self._hop * window.step, BEHIND_S * self.rate) + 2.0 * self._live.period
        if self.behind > min(most, FRAMES * 7 // 8 - window.length):  # who reads was away
            self.go_to_newest()
        first = self._first
        if self._exact and window.half:
            window = Window(self._count, self._model_rate, self.rate, self._place - first)
        self.skip()
        return window.take(self._live.read(first - window.half, window.length))

    def skip(self) -> None:
        self._place += self._hop * self.rate / self._model_rate


class _Stock:
    """How much sound a voice had when its last chunks came, s."""

    def __init__(self) -> None:
        self._seen: deque[float] = deque(maxlen=LOOK_BACK)

    def is_more_than(self, chunk_s: float, stock_s: float) -> bool:
        """Whether a chunk may be left out, now that this much was there as one came."""
        self._seen.append(stock_s)
        if len(self._seen) < LOOK_BACK or min(self._seen) <= SAFE_S + chunk_s:
            return False
        self._seen.clear()
        return True


class LivePath:
    """Along the live input, a frame at a time, of a model of frames.

    encode(frames): points and levels of what the model's analysis tells. reach: the lowest and the highest that is
    played, each [D]. offset: added to each point.
    """

    def __init__(
        self,
        generation: int,
        live: LiveInput,
        document: FramesDocument,
        analysis: FrameAnalysis,
        encode: Callable[[Trajectory], Encoded],
        reach: tuple[Float32s, Float32s],
        offset: tuple[float, ...] = (),
    ) -> None:
        self.generation = generation
        self.chunks = 0
        self._encode = encode
        self._analysis = analysis
        self._reader = _Reader(live, document.sample_rate, document.n_fft, document.hop, AT_FIRST, exact=False)
        self._low, self._high = reach
        self._offset = np.array(offset, np.float32) if offset else np.zeros(document.latent_size, np.float32)
        self._nothing = np.zeros(document.n_fft, np.float32)
        self._stock = _Stock()

    def steer(self, what: int, values: tuple[float, ...]) -> None:
        if what == OFFSET:
            self._offset = np.array(values, np.float32)

    def wait_s(self) -> float:
        """Seconds until the next frame's samples have come; 0 = they are there, or will not come."""
        return self._reader.wait_s()

    def next(self, frames: int, stock_s: float = 0.0) -> Chunk:
        """The next frame, `frames` times. stock_s: for how long the voice has sound without it."""
        self.chunks += 1
        heard = self._reader.take()
        if heard is None:
            heard = self._nothing
        elif self._stock.is_more_than(self._reader.hop_s, stock_s):
            self._reader.skip()
        return self._chunk(self._encode(self._analysis.tell(heard)), frames)

    def _chunk(self, found: Encoded, frames: int) -> Chunk:
        z = np.clip(found.z + self._offset[:, None], self._low[:, None], self._high[:, None])
        level_db = np.clip(found.level_db, SILENT_DB, LOUDEST_DB)
        return Chunk(np.repeat(z, frames, 1), np.repeat(level_db, frames), rows=1)


class Ear:
    """What a model of samples makes of the live input, chunk after chunk, once for all voices that listen.

    samples: of a chunk. encode(samples, number): its points [D, frames]; the chunk 0 remembers nothing.
    """

    def __init__(
        self, live: LiveInput, model_rate: int, samples: int, encode: Callable[[Float32s, int], Float32s]
    ) -> None:
        self._reader = _Reader(live, model_rate, samples, samples, 0.0, exact=True)
        self._encode, self._samples = encode, samples
        self._first = 0  # the number of the chunk before which it remembers nothing
        self._next = 0
        self._rate = 0  # at which what is kept was heard
        self._kept: dict[int, Float32s] = {}

    @property
    def chunk_s(self) -> float:
        return self._reader.hop_s

    @property
    def is_too_long(self) -> bool:
        return self._reader.is_too_long

    def begin(self) -> int:
        """The number of the chunk at which a voice begins that listens from now on."""
        wait_s = self._wait_s()
        if self._reader.behind > IDLE_CHUNKS * self.chunk_s * self._reader.rate or not self._kept:
            self._reader.go_to_newest(AHEAD_S / self.chunk_s)
            self._forget()
            return self._next
        is_short = wait_s > self.chunk_s - AHEAD_S and self._next - 2 in self._kept
        return self._next - 1 - is_short

    def _forget(self) -> None:
        self._first = self._next
        self._kept.clear()

    def _wait_s(self, more: int = 0) -> float:
        wait_s = self._reader.wait_s(more)
        if self._reader.rate != self._rate:  # another server
            self._rate = self._reader.rate
            self._forget()
        return wait_s

    def wait_s(self, number: int) -> float:
        """Seconds until that chunk has come; 0 = it is there, or will not come."""
        return 0.0 if number in self._kept else self._wait_s(max(0, number - self._next))

    def points(self, number: int) -> Float32s:
        """Of a chunk that is there; of the oldest that is kept, for who is late."""
        while self._next <= number or not self._kept:
            heard = self._reader.take()
            samples = np.zeros(self._samples, np.float32) if heard is None else heard
            self._kept[self._next] = self._encode(samples, self._next - self._first)
            self._kept.pop(self._next - CHUNKS_KEPT, None)
            self._next += 1
        return self._kept.get(number, self._kept[min(self._kept)])


class EarPath:
    """Along the live input, chunk after chunk, of a model of samples. reach, offset: as of a `LivePath`."""

    def __init__(
        self, generation: int, ear: Ear, reach: tuple[Float32s, Float32s], offset: tuple[float, ...] = ()
    ) -> None:
        self.generation = generation
        self.chunks = 0
        self._ear = ear
        self._low, self._high = reach
        self._offset = np.array(offset, np.float32) if offset else np.zeros(reach[0].size, np.float32)
        self._number = ear.begin()
        self._stock = _Stock()
        if ear.is_too_long:
            raise RuntimeError(f"a chunk of {ear.chunk_s:.2f} s is more than the live input keeps")

    def steer(self, what: int, values: tuple[float, ...]) -> None:
        if what == OFFSET:
            self._offset = np.array(values, np.float32)

    def wait_s(self) -> float:
        return self._ear.wait_s(self._number)

    def next(self, frames: int, stock_s: float = 0.0) -> Chunk:
        z = self._ear.points(self._number) + self._offset[:, None]
        self._number += 1 + self._stock.is_more_than(self._ear.chunk_s, stock_s)
        self.chunks += 1
        return Chunk(np.clip(z, self._low[:, None], self._high[:, None]))
