"""What a decoder hears of the live input: the newest samples, in memory that the audio callback writes, and a voice's
way along them.

The memory is one page of words and a ring of float32 [FRAMES] behind it (`realtime.live`). It is mapped to be read
only. The writer waits for nobody: who reads follows the head, and what it has missed is passed over.

A frame of the model needs the samples of a whole window, so the newest there can be is half a window old in its middle.
A voice is decoded frame by frame as the input comes. What it has in stock besides is delay, so where the least of it in
`LOOK_BACK` frames is more than a frame and what is kept for safety, one is left out.
"""

from __future__ import annotations

import mmap
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from oscvae.arrays import Float32s
from oscvae.decode.paths import LOUDEST_DB, Chunk, Encoded
from oscvae.decode.wire import OFFSET
from oscvae.model.frames import SILENT_DB, FramesDocument
from oscvae.sound.frames import FrameAnalysis, Trajectory

HEAD, RATE = range(2)  # realtime.live's; that module would import numba
PAGE_BYTES = 4096
FRAMES = 1 << 16

LOOK_BACK = 48  # frames
SAFE_S = 0.006  # of sound that a voice has in stock when a frame comes: a busy machine decodes it later
STALLED_S = 0.1  # in which nothing came: the server is gone, or stands still
AT_FIRST = 4  # frames behind the newest at which a voice begins, which so many hops of its first samples need
_HALF_WIDTH = 24  # samples of the slower rate to either side of one that is resampled
_BETA = 8.0  # of its Kaiser window: 80 dB
_CUTOFF = 0.94  # of the slower rate's half


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

    def read(self, first: int, count: int) -> Float32s:
        """A copy of samples [count] from `first` on; silence before the beginning and behind the head, and where the
        input holds no number."""
        places = np.arange(first, first + count)
        samples = self._ring[places & (FRAMES - 1)]
        samples[(places < 0) | (places >= self.head) | ~np.isfinite(samples)] = 0.0
        return np.clip(samples, -8.0, 8.0)


class Window:
    """Windows [n_fft] at a model's rate out of samples at another: a windowed sinc, whose weights are the same for each
    window, as each begins at a sample of the input."""

    def __init__(self, n_fft: int, model_rate: int, rate: int) -> None:
        self.step = rate / model_rate
        self.half = 0
        self._weights: Float32s | None = None
        if rate == model_rate:
            self.length = n_fft
            return
        slower = max(1.0, self.step)  # input samples that one of the slower rate is long
        self.half = int(np.ceil(_HALF_WIDTH * slower))
        places = np.arange(n_fft) * self.step
        first = places.astype(np.int64) - self.half + 1
        self._gather = first[:, None] + self.half + np.arange(2 * self.half)
        distance = (places[:, None] - (self._gather - self.half)) / slower
        taper = np.i0(_BETA * np.sqrt(np.clip(1.0 - (distance / _HALF_WIDTH) ** 2, 0.0, 1.0))) / np.i0(_BETA)
        weights = np.sinc(_CUTOFF * distance) * taper
        self._weights = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
        self.length = int(self._gather.max()) + 1

    def take(self, samples: Float32s) -> Float32s:
        """The window that begins `half` samples after the first of samples [length]."""
        if self._weights is None:
            return samples
        resampled: Float32s = np.einsum("ij,ij->i", samples[self._gather], self._weights)
        return resampled


class LivePath:
    """Along the live input, a frame at a time.

    encode(frames): points and levels of what the analysis tells. reach: the lowest and the highest that is played, each
    [D]. offset: added to each point.
    """

    def __init__(
        self,
        generation: int,
        live: LiveInput,
        document: FramesDocument,
        encode: Callable[[Trajectory], Encoded],
        reach: tuple[Float32s, Float32s],
        offset: tuple[float, ...] = (),
    ) -> None:
        self.generation = generation
        self.chunks = 0
        self._live, self._document, self._encode = live, document, encode
        self._analysis = FrameAnalysis(document)
        self._low, self._high = reach
        self._offset = np.array(offset, np.float32) if offset else np.zeros(document.latent_size, np.float32)
        self._silence = Encoded(np.array(document.latent.mean, np.float32)[:, None], np.full(1, SILENT_DB, np.float32))
        self._window: Window | None = None
        self._rate = 0
        self._place = 0.0  # of the next window's first sample in the input
        self._head, self._came_s = -1, 0.0
        self._stock: deque[float] = deque(maxlen=LOOK_BACK)

    def steer(self, what: int, values: tuple[float, ...]) -> None:
        if what == OFFSET:
            self._offset = np.array(values, np.float32)

    def wait_s(self) -> float:
        """Seconds until the next frame's samples have come; 0 = they are there, or will not come."""
        live, now = self._live, time.monotonic()
        head = live.head
        if head != self._head:
            self._head, self._came_s = head, now
        self._follow(live.rate)
        if self._window is None or now - self._came_s > STALLED_S:
            return 0.0
        return max(0.0, (self._end - head) / self._rate)

    @property
    def _end(self) -> int:
        """The sample behind the last that the next frame needs."""
        assert self._window is not None
        return round(self._place) - self._window.half + self._window.length

    @property
    def _hop(self) -> float:
        """Samples of the input from one frame to the next."""
        return self._document.hop * self._rate / self._document.sample_rate

    def _follow(self, rate: int) -> None:
        """Listen at that rate from now on, if it is another."""
        if rate == self._rate:
            return
        self._rate = rate
        self._window = Window(self._document.n_fft, self._document.sample_rate, rate) if rate > 0 else None
        self._go_to_newest(AT_FIRST)

    def _go_to_newest(self, frames_behind: float) -> None:
        if self._window is not None:
            newest = self._live.head - self._window.length + self._window.half
            self._place = newest - frames_behind * self._hop
            self._stock.clear()

    def next(self, frames: int, stock_s: float = 0.0) -> Chunk:
        """The next frame, `frames` times. stock_s: for how long the voice has sound without it."""
        self.chunks += 1
        window, head = self._window, self._live.head
        if window is None or self._end > head:  # nothing comes
            return self._chunk(self._silence, frames)
        if head - self._end > FRAMES // 2:  # it was away for long
            self._go_to_newest(0.0)
        self._stock.append(stock_s)
        samples = self._live.read(round(self._place) - window.half, window.length)
        found = self._encode(self._analysis.tell(window.take(samples)))
        self._place += self._hop
        if len(self._stock) == LOOK_BACK and min(self._stock) > SAFE_S + self._hop / self._rate:
            self._place += self._hop
            self._stock.clear()
        return self._chunk(found, frames)

    def _chunk(self, found: Encoded, frames: int) -> Chunk:
        z = np.clip(found.z + self._offset[:, None], self._low[:, None], self._high[:, None])
        level_db = np.clip(found.level_db, SILENT_DB, LOUDEST_DB)
        return Chunk(np.repeat(z, frames, 1), np.repeat(level_db, frames), rows=1)
