"""The arrays that clocks share: one row gives each its name, the word that holds its address, its shape and its writer.

Sizes, addresses and guards follow from the rows: `SharedArrays` cuts them from one arena, with a guard of known words
before each and after the last, and writes each address into its word. `ENGINE_ARRAYS` is the engine's table; the one of
a model's context stands in `spectral/context.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from oscvae.realtime import layout as at
from oscvae.realtime.layout import Writer
from oscvae.realtime.memory import CACHE_LINE_BYTES, Arena, lined_up
from oscvae.realtime.ring import RECORD, clear_ring, ring_words

WORDS = "words"  # the row of the array that holds the addresses of the others
RING_RECORDS = 1024  # of a ring whose records are at most two for each slot
GUARD = 0x5AFE_C0DE  # 32 bits, as an item of any array here is 32 or 64
_GUARD_BYTES = CACHE_LINE_BYTES  # at least
_EVENTS_PER_SLOT = 5 * at.CONTEXTS  # two blocks of each model come back, each answered; and the slot itself

Shape = tuple[int, ...]
S = TypeVar("S")


@dataclass(frozen=True)
class Row(Generic[S]):
    """One array. word: index of the word that holds its address. shape: of what it is for, once that is known.

    reader: of a ring only, who takes its records and writes its tail; the head and the records are the writer's.
    """

    name: str
    word: int | None
    dtype: Any
    shape: Callable[[S], Shape]
    writer: Writer
    reader: Writer | None = None


class SharedArrays(Generic[S]):
    """The arrays of a table, zeroed; rings are empty. `arena` is as large as they are, and lives with this object.

    rows: one of them is named WORDS. sizes: what the rows' shapes are made of.
    """

    def __init__(self, rows: Sequence[Row[S]], sizes: S) -> None:
        self.rows = rows
        shapes = [row.shape(sizes) for row in rows]
        lengths = [math.prod(shape) * np.dtype(row.dtype).itemsize for row, shape in zip(rows, shapes, strict=True)]
        self.arena = Arena(_GUARD_BYTES + sum(lined_up(length) + _GUARD_BYTES for length in lengths))
        self._arrays: dict[str, NDArray[Any]] = {}
        self._guards = [self.arena.take(_GUARD_BYTES, np.uint8).view(np.uint32)]
        for row, shape, length in zip(rows, shapes, lengths, strict=True):
            piece = self.arena.take(lined_up(length) + _GUARD_BYTES, np.uint8)
            self._arrays[row.name] = piece[:length].view(row.dtype).reshape(shape)
            self._guards.append(piece[length:].view(np.uint32))
            if row.reader is not None:
                clear_ring(self._arrays[row.name])
        for guard in self._guards:
            guard[:] = GUARD
        words = self._arrays[WORDS]
        for row in rows:
            if row.word is not None:
                words[row.word] = self._arrays[row.name].ctypes.data

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name]

    def intact(self) -> bool:
        """Whether nobody has written beyond an array: the guards, from its last item on, are as they were laid."""
        return all(bool((guard == GUARD).all()) for guard in self._guards)


class Sizes(NamedTuple):
    """What the shapes of the engine's arrays are made of: voices, floats of the renderer's scratch and sinc table."""

    slots: int
    scratch: int
    sinc: int


def event_records(slots: int) -> int:
    """Records that hold all the renderer can have to tell while control hears nothing, so that none is ever lost."""
    return max(RING_RECORDS, 1 << (_EVENTS_PER_SLOT * (slots + 4)).bit_length())


def _ring(name: str, word: int, records: Callable[[Sizes], int], writer: Writer, reader: Writer) -> Row[Sizes]:
    return Row(name, word, np.int64, lambda n: (ring_words(records(n)),), writer, reader)


ENGINE_ARRAYS: tuple[Row[Sizes], ...] = (
    Row(WORDS, None, np.int64, lambda n: (at.ENGINE_WORDS,), Writer.EACH),
    Row("voices", at.E_VOICES, np.int64, lambda n: (n.slots, at.VOICE_WORDS), Writer.EACH),
    Row("parts", at.E_PARTS, np.int64, lambda n: (at.PARTS, at.PART_WORDS), Writer.EACH),
    # the voices' samples, from the renderer to the callback: a voice's V_HEAD and V_TAIL say which are whose
    Row("rings", at.E_RINGS, np.float32, lambda n: (n.slots, at.RING_SAMPLES), Writer.RENDERER),
    # -- the callback's own
    Row("callback", at.E_CALLBACK, np.float64, lambda n: (n.slots, at.CALLBACK_FLOATS), Writer.CALLBACK),
    # the slots of the voices that it mixes, after their count
    Row("active", at.E_ACTIVE, np.int64, lambda n: (n.slots + 1,), Writer.CALLBACK),
    # of a chunk: the bus of each part, a pair of outputs as the sum of its buses, and as it is heard
    Row("mix", at.E_MIX, np.float32, lambda n: (at.PARTS + 1, 2, at.CHUNK), Writer.CALLBACK),
    Row("sum", at.E_SUM, np.float64, lambda n: (2, at.CHUNK), Writer.CALLBACK),
    Row("pairs", at.E_PAIRS, np.int64, lambda n: (at.PAIRS, at.PAIR_WORDS), Writer.CALLBACK),
    Row("recording", at.E_RECORDING, np.float32, lambda n: (at.RECORD_FRAMES, 2), Writer.CALLBACK),
    # the newest of the output: its readers follow the head, and it waits for none of them
    Row("monitor", at.E_MONITOR, np.float32, lambda n: (at.MONITOR_FRAMES, 2), Writer.CALLBACK),
    Row("record", at.E_RECORD, np.int64, lambda n: (RECORD,), Writer.CALLBACK),
    Row("clock", at.E_CLOCK, np.int64, lambda n: (2,), Writer.CALLBACK),
    # while E_MEASURE is 1: how often a block took how long, in steps of TIME_BUCKET_NS
    Row("times", at.E_TIMES, np.int64, lambda n: (at.TIME_BUCKETS,), Writer.CALLBACK),
    # -- the renderer's own
    Row("render", at.E_RENDER, np.int64, lambda n: (n.slots, at.R_WORDS), Writer.RENDERER),
    Row("render_floats", at.E_RENDER_FLOATS, np.float64, lambda n: (n.slots, at.R_FLOATS), Writer.RENDERER),
    # of one hop: shared by all voices
    Row("scratch", at.E_SCRATCH, np.float32, lambda n: (n.scratch,), Writer.RENDERER),
    Row("render_record", at.E_RENDER_RECORD, np.int64, lambda n: (RECORD,), Writer.RENDERER),
    Row("answer", at.E_ANSWER, np.int64, lambda n: (RECORD,), Writer.RENDERER),
    Row("render_clock", at.E_RENDER_CLOCK, np.int64, lambda n: (2,), Writer.RENDERER),
    # struct poll of each descriptor that can wake it: its own, and a pipe for each context
    Row("waits", at.E_WAITS, np.int64, lambda n: (1 + at.CONTEXTS,), Writer.RENDERER),
    # addresses of the models' contexts, 0 = none; control says by record what they are to be
    Row("contexts", at.E_CONTEXTS, np.int64, lambda n: (at.CONTEXTS,), Writer.RENDERER),
    # of each group of notes, modulo GROUPS: how many of them ended unheard, and whether it has begun
    Row("unheard", at.E_UNHEARD, np.int64, lambda n: (at.GROUPS,), Writer.RENDERER),
    # -- rings of records, by ordered pair
    _ring("control_render", at.E_CONTROL_RENDER, lambda n: RING_RECORDS, Writer.CONTROL, Writer.RENDERER),
    _ring("render_control", at.E_RENDER_CONTROL, lambda n: event_records(n.slots), Writer.RENDERER, Writer.CONTROL),
    _ring("render_audio", at.E_RENDER_AUDIO, lambda n: RING_RECORDS, Writer.RENDERER, Writer.CALLBACK),
    _ring("audio_control", at.E_AUDIO_CONTROL, lambda n: RING_RECORDS, Writer.CALLBACK, Writer.CONTROL),
    # of its own: a flood of MIDI must not cost a voice's events
    _ring("midi", at.E_MIDI, lambda n: at.MIDI_RECORDS, Writer.CALLBACK, Writer.CONTROL),
    # the number 1, which rings a bell
    Row("one", at.E_ONE, np.int64, lambda n: (1,), Writer.NOBODY),
    Row("sinc", at.E_SINC, np.float32, lambda n: (n.sinc,), Writer.NOBODY),
)
"""Every array of an engine, in the order in which they lie."""
