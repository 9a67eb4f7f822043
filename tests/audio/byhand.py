"""An engine whose voices are fed by hand: what the renderer would write is an array that the test knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscvae.audio.mixer import block
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.memory import load_word, store_float, store_word
from oscvae.realtime.ring import pop, push

Sound = NDArray[np.float32]
RATE = 48_000


def tone(n: int, *, hz: float = 440.0, peak: float = 0.25, rate: int = RATE) -> Sound:
    """float32 [n] of a cosine: it starts at its peak, so that an onset is exact to the sample."""
    return (peak * np.cos(2 * np.pi * hz * np.arange(n) / rate)).astype(np.float32)


def blocks(total: int, period: int) -> list[int]:
    """Block lengths of `period` that add up to `total`."""
    whole, rest = divmod(total, period)
    return [period] * whole + ([rest] if rest else [])


class ByHand:
    """`slots` voices at `rate` Hz and unity gain, and so many outputs."""

    def __init__(self, slots: int = 8, rate: int = RATE, first_frame: int = 0, outputs: int = 2) -> None:
        self.engine = Engine(slots, rate, 16, np.zeros(16, np.float32), outputs)
        self.frame_32 = first_frame
        self._waiting: dict[int, Sound] = {}
        self._generation = 0

    def play(
        self,
        slot: int,
        sound: Sound,
        *,
        start: int = -1,
        attack: int = 0,
        stop_sample: int = -1,
        gain: float = 1.0,
        pan: float = 0.0,
        finished: bool = True,
        takes: int | None = None,
        moved: bool = False,
        part: int = 0,
    ) -> None:
        """Start a voice that plays `sound` from frame `start` (-1: now). Unless `finished`, `add` may bring more.

        takes: the slot of the voice that ends there; moved: it goes on in the note of that one.
        """
        voice = self.engine.voices[slot]
        self._generation += 1
        voice[:] = 0
        voice[at.V_GENERATION] = self._generation
        voice[at.V_EPOCH] = self.engine.word(at.E_EPOCH)
        voice[at.V_START_FRAME] = start
        voice[at.V_STOP_SAMPLE] = stop_sample
        voice[at.V_ATTACK] = attack
        voice[at.V_ONSET_FRAME] = -1
        voice[at.V_PART] = part
        if takes is not None:
            voice[at.V_TAKES], voice[at.V_TAKEN] = takes + 1, self.engine.voices[takes][at.V_GENERATION]
            voice[at.V_MOVED] = int(moved)
        for word, value in ((at.V_VELOCITY, 1.0), (at.V_GAIN, gain), (at.V_PAN, pan), (at.V_BEND, 1.0)):
            store_float(voice, word, value)
        self._waiting[slot] = np.zeros(0, np.float32)
        voice[at.V_END] = len(sound) if finished else -1
        self.add(slot, sound)
        record = np.array([at.START, slot, self._generation, start, 0, 0, 0, 0])
        assert push(self.engine.render_audio, record)

    def add(self, slot: int, sound: Sound) -> None:
        """More samples for a voice."""
        self._waiting[slot] = np.concatenate([self._waiting[slot], sound])
        self.feed()

    def feed(self) -> None:
        """Fill every voice's ring as far as it goes, as the renderer does."""
        for slot, sound in self._waiting.items():
            voice = self.engine.voices[slot]
            head = int(voice[at.V_HEAD])
            room = at.RING_SAMPLES - (head - int(load_word(voice, at.V_TAIL)))
            n = min(room, len(sound))
            if n:
                self.engine.rings[slot][(head + np.arange(n)) % at.RING_SAMPLES] = sound[:n]
                self._waiting[slot] = sound[n:]
                store_word(voice, at.V_HEAD, head + n)

    def run(self, periods: int | Iterable[int], *, skip: int = 0) -> Sound:
        """Serve blocks of these lengths (a number: one block); float32 [outputs, frames]. `skip` frames are lost
        before."""
        lengths = [periods] if isinstance(periods, int) else list(periods)
        out = np.full((self.engine.outputs, sum(lengths)), np.float32(np.nan))
        self.frame_32 = (self.frame_32 + skip) & 0xFFFFFFFF
        done = 0
        for n in lengths:
            self.feed()
            buffers = np.array([channel.ctypes.data for channel in out], np.int64)
            block(self.engine.words, self.frame_32, n, buffers.ctypes.data, done)
            self.frame_32 = (self.frame_32 + n) & 0xFFFFFFFF
            done += n
        return out

    def stop(self, slot: int, how: int, frame: int = 0) -> None:
        """STOP_RELEASE from `frame` on (0: now), or STOP_FADE."""
        voice = self.engine.voices[slot]
        store_word(voice, at.V_STOP_FRAME, frame)
        store_word(voice, at.V_STOP, how)

    def set(self, slot: int, word: int, value: float) -> None:
        """A word of a voice that carries a float."""
        store_float(self.engine.voices[slot], word, value)

    def set_word(self, slot: int, word: int, value: int) -> None:
        store_word(self.engine.voices[slot], word, value)

    def state(self, slot: int) -> int:
        return int(load_word(self.engine.voices[slot], at.V_STATE))

    def events(self) -> list[tuple[int, int, int]]:
        """What the callback told control: (kind, slot, frame)."""
        record: NDArray[Any] = np.zeros(8, np.int64)
        told = []
        while pop(self.engine.audio_control, record):
            told.append((int(record[0]), int(record[1]), int(record[3])))
        return told
