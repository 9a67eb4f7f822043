"""The memory of one engine: what control, renderer and callback share, laid out once and never freed.

Built before anything runs. The addresses in `words` are how compiled code finds everything; the numpy views here are
how control reads and writes the same memory. The semaphore lies in an anonymous memfd of its own, so that a decoder
process can post it.
"""

from __future__ import annotations

import mmap
import os

import numpy as np

from oscvae.realtime import layout as at
from oscvae.realtime.libc import sem_init
from oscvae.realtime.memory import Arena, load_float, load_word, store_float, store_word
from oscvae.realtime.ring import RECORD, new_ring, ring_words

RING_RECORDS = 1024  # of a ring whose records are at most two for each slot
_EVENTS_PER_SLOT = 5 * at.CONTEXTS  # two blocks of each model come back, each answered; and the slot itself
CANARY = 0x5AFE_C0DE_5AFE_C0DE - (1 << 64) + (1 << 63)
_CANARY_WORDS = 8


def event_records(slots: int) -> int:
    """Records that hold all the renderer can have to tell while control hears nothing, so that none is ever lost."""
    return max(RING_RECORDS, 1 << (_EVENTS_PER_SLOT * (slots + 4)).bit_length())


class Engine:
    """Shared memory for `slots` voices (spare ones included), at an output rate of `rate` Hz.

    scratch_floats: what the renderer's kernels need, from the spectral modules.
    """

    def __init__(self, slots: int, rate: int, scratch_floats: int, sinc: np.ndarray) -> None:
        size = (
            slots * (at.VOICE_WORDS + at.CALLBACK_FLOATS + at.R_WORDS + at.R_FLOATS) * 8
            + slots * at.RING_SAMPLES * 4
            + (3 * ring_words(RING_RECORDS) + ring_words(event_records(slots)) + ring_words(at.MIDI_RECORDS)) * 8
            + at.RECORD_FRAMES * 8
            + scratch_floats * 4
            + sinc.nbytes
            + (1 << 16)
            + slots * 64 * 16
        )
        self.slots = slots
        self.arena = Arena(size)
        self._canaries: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
        words = self.arena.words(at.ENGINE_WORDS)
        self.words = words
        self.address = int(words.ctypes.data)
        words[at.E_SLOTS] = slots
        self._guard()
        self.voices = self.arena.words(slots * at.VOICE_WORDS).reshape(slots, at.VOICE_WORDS)
        self._guard()
        self.rings = self.arena.floats(slots * at.RING_SAMPLES).reshape(slots, at.RING_SAMPLES)
        self._guard()
        callback = self.arena.words(slots * at.CALLBACK_FLOATS)
        self._guard()
        self.render = self.arena.words(slots * at.R_WORDS).reshape(slots, at.R_WORDS)
        render_floats = self.arena.words(slots * at.R_FLOATS)
        self._guard()
        self.control_render = new_ring(self.arena, RING_RECORDS)
        self.render_control = new_ring(self.arena, event_records(slots))
        self.render_audio = new_ring(self.arena, RING_RECORDS)
        self.audio_control = new_ring(self.arena, RING_RECORDS)
        self.midi = new_ring(self.arena, at.MIDI_RECORDS)  # of its own: a flood of it must not cost a voice's events
        self._guard()
        self.active = self.arena.words(slots + 1)
        mix = self.arena.floats(2 * at.CHUNK)
        scratch = self.arena.floats(scratch_floats)
        self._guard()
        self.recording = self.arena.floats(at.RECORD_FRAMES * 2).reshape(at.RECORD_FRAMES, 2)
        self._guard()
        records = self.arena.words(RECORD)
        render_records = self.arena.words(2 * RECORD)
        self.contexts = self.arena.words(at.CONTEXTS)
        clock = self.arena.words(2)
        render_clock = self.arena.words(2)
        dead = self.arena.words(at.GROUPS)
        self.times = self.arena.words(at.TIME_BUCKETS)
        table = self.arena.floats(sinc.size)
        table[:] = sinc
        self._guard()

        self.wake_fd = os.memfd_create("oscvae-wake", os.MFD_CLOEXEC)
        os.ftruncate(self.wake_fd, mmap.PAGESIZE)
        self._wake_map = mmap.mmap(self.wake_fd, mmap.PAGESIZE)
        semaphore = int(np.frombuffer(self._wake_map, dtype=np.uint8).ctypes.data)
        sem_init(semaphore, 1, 0)
        self.event_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

        for index, array in (
            (at.E_VOICES, self.voices),
            (at.E_RINGS, self.rings),
            (at.E_CALLBACK, callback),
            (at.E_RENDER, self.render),
            (at.E_RENDER_FLOATS, render_floats),
            (at.E_CONTROL_RENDER, self.control_render),
            (at.E_RENDER_CONTROL, self.render_control),
            (at.E_RENDER_AUDIO, self.render_audio),
            (at.E_AUDIO_CONTROL, self.audio_control),
            (at.E_MIDI, self.midi),
            (at.E_ACTIVE, self.active),
            (at.E_MIX, mix),
            (at.E_SCRATCH, scratch),
            (at.E_RECORDING, self.recording),
            (at.E_RECORD, records),
            (at.E_RENDER_RECORD, render_records),
            (at.E_CONTEXTS, self.contexts),
            (at.E_CLOCK, clock),
            (at.E_RENDER_CLOCK, render_clock),
            (at.E_DEAD, dead),
            (at.E_TIMES, self.times),
            (at.E_SINC, table),
        ):
            words[index] = array.ctypes.data
        words[at.E_SEMAPHORE] = semaphore
        words[at.E_EVENT_FD] = self.event_fd
        words[at.E_SCRATCH_SIZE] = scratch_floats
        words[at.E_SINC_SIZE] = sinc.size
        words[at.E_FRAME_32] = -1
        words[at.E_RUN] = 1
        for index, value in (
            (at.E_GAIN, 1.0),
            (at.E_PAN, 0.0),
            (at.E_BEND, 1.0),
            (at.E_RELEASE, 0.999),
            (at.E_LEVEL_LEFT, 0.0),
            (at.E_LEVEL_RIGHT, 0.0),
            (at.E_LIMIT, 1.0),
            (at.E_CLOSE_GAIN, 1.0),
            (at.E_MASTER_LEFT, -1.0),
            (at.E_MASTER_RIGHT, -1.0),
            (at.E_MAX_STEP, 0.0),
            (at.E_LAST_LEFT, 0.0),
            (at.E_LAST_RIGHT, 0.0),
        ):
            store_float(words, index, value)
        self.set_rate(rate)
        words[at.E_PERIOD] = at.CHUNK

    def _guard(self) -> None:
        canary = self.arena.words(_CANARY_WORDS)
        canary[:] = CANARY
        self._canaries.append(canary)

    def intact(self) -> bool:
        """Whether no kernel has written past its array: the guards between the arrays are as they were laid."""
        return all(bool((canary == CANARY).all()) for canary in self._canaries)

    def set_rate(self, rate: int) -> None:
        """The output's sample rate in Hz; only while no callback runs."""
        store_word(self.words, at.E_RATE, rate)

    @property
    def rate(self) -> int:
        return int(load_word(self.words, at.E_RATE))

    def word(self, index: int) -> int:
        """One of the engine's words."""
        return int(load_word(self.words, index))

    def number(self, index: int) -> float:
        """One of the engine's words that carries a float."""
        return float(load_float(self.words, index))

    def set_word(self, index: int, value: int) -> None:
        store_word(self.words, index, value)

    def set_number(self, index: int, value: float) -> None:
        store_float(self.words, index, value)

    def clock_pair(self) -> tuple[int, int] | None:
        """(frame, wall ns) of the newest block, or None before the first one."""
        for _ in range(8):
            before = self.word(at.E_SEQUENCE)
            frame, wall = self.word(at.E_CLOCK_FRAME), self.word(at.E_CLOCK_WALL)
            if before == self.word(at.E_SEQUENCE) and not before & 1:
                return (frame, wall) if before else None
        return None
