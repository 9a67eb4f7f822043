"""Endless voices in a renderer by itself: the test is control, decoder and callback."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oscvae import reconstruct
from oscvae.arrays import Float32s
from oscvae.audio.mixer import block_offline
from oscvae.decode.wire import RECORD
from oscvae.model.document import AnyDocument, parse_any_document
from oscvae.model.frames import FramesDocument
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.memory import load_word, store_float, store_word
from oscvae.realtime.ring import RECORD as RECORD_WORDS
from oscvae.realtime.ring import pop, push
from oscvae.spectral.context import ModelContext, render_scratch_floats, sinc_table
from oscvae.spectral.expand import ExpandTables, expand
from oscvae.spectral.hop import refill_at, target
from oscvae.spectral.renderer import render_until_idle
from parts.small_model import frames_document, samples_document

RATE, PERIOD = 16_000, 128
SLOTS = 3


class Bench:
    """An engine with one model that streams, at its own rate."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.document: AnyDocument = parse_any_document(json.dumps(raw), "small")
        self.engine = Engine(SLOTS, RATE, render_scratch_floats(), sinc_table())
        self.engine.set_word(at.E_BUFFER, 512)
        rows, numbers = self.document.block_shape
        self.blocks = np.zeros((at.CHUNKS * SLOTS, rows, numbers), np.float32)
        self._pipe, self.answers = os.pipe2(os.O_NONBLOCK)
        self.credit, self.asking = os.pipe2(os.O_NONBLOCK)
        self.context = ModelContext(
            self.document,
            slots=SLOTS,
            rate=RATE,
            pool=int(self.blocks.ctypes.data),
            n_blocks=at.CHUNKS * SLOTS,
            pipe_fd=self._pipe,
            look_ahead=1,
            iterations=2,
            credit_fd=self.asking,
        )
        self._tell(at.ADD_CONTEXT, 0, self.context.address)
        self._frame = 0
        self.serve()

    def _tell(self, *record: int) -> None:
        assert push(self.engine.control_render, np.array([*record, *[0] * (8 - len(record))], np.int64))

    def close(self) -> None:
        for descriptor in (self._pipe, self.answers, self.credit, self.asking):
            os.close(descriptor)
        assert self.engine.intact()
        assert self.context.intact()

    @property
    def hop(self) -> int:
        assert isinstance(self.document, FramesDocument)
        return self.document.hop

    def arm(self, slot: int = 0, generation: int = 1, live: int = 0) -> None:
        words = self.engine.voices[slot]
        words[:] = 0
        words[at.V_LIVE] = live
        words[at.V_GENERATION] = generation
        words[at.V_START_FRAME] = words[at.V_STOP_SAMPLE] = words[at.V_END] = words[at.V_ONSET_FRAME] = -1
        for word in (at.V_STRETCH, at.V_PITCH, at.V_VELOCITY, at.V_GAIN, at.V_BEND, at.V_RATE):
            store_float(words, word, 1.0)
        store_word(words, at.V_STATE, at.ARMED)
        self._tell(at.ARM, slot, generation, 0)
        self.context.expect_stream()

    def answer(self, chunk: Float32s, slot: int = 0, generation: int = 1, block: int = 0, **more: int) -> None:
        """The decoder has finished a chunk [rows, numbers]."""
        self.blocks[block] = chunk
        status, goes_on, is_last = (
            more.get(name, default) for name, default in (("status", 0), ("goes_on", 1), ("last", 0))
        )
        os.write(self.answers, RECORD.pack(at.DECODED, slot, generation, block, status, 1_000, goes_on, is_last))

    def asked(self) -> list[tuple[int, ...]]:
        """Slot, generation, block and deadline of what the renderer has asked for since."""
        try:
            data = os.read(self.credit, 65536)
        except BlockingIOError:
            return []
        return [record[:4] for record in RECORD.iter_unpack(data)]

    def feed(self, chunk: Float32s) -> int:
        """Answer all that is asked for with that chunk; how many that are."""
        asked = self.asked()
        for slot, generation, block, _ in asked:
            self.answer(chunk, slot, generation, block)
        return len(asked)

    def serve(self, periods: int = 1) -> None:
        for _ in range(periods):
            render_until_idle(self.engine.address)
            block_offline(self.engine.words, self._frame, PERIOD, 0)
            self._frame += PERIOD

    def take(self, period: int) -> None:
        """The callback takes a period, and what can be rendered then is."""
        block_offline(self.engine.words, self._frame, period, 0)
        self._frame += period
        render_until_idle(self.engine.address)

    def stream(self, chunks: NDArray[np.float32], slot: int = 0, rows: int = 0) -> Float32s:
        """What a voice plays of chunks [n, rows, numbers], each given as soon as it is asked for. rows: of each, that
        count; 0 = all."""
        self.arm(slot)
        self.answer(chunks[0], slot, block=at.CHUNKS * slot, goes_on=0, last=rows << 1)
        given, heard = 1, [np.zeros(0, np.float32)]
        while True:
            render_until_idle(self.engine.address)
            asked = self.asked()
            if not asked:
                heard.append(self._new(slot))
                block_offline(self.engine.words, self._frame, PERIOD, 0)
                self._frame += PERIOD
                continue
            for _, generation, block, _ in asked:
                if given == len(chunks):
                    heard.append(self._new(slot))
                    return np.concatenate(heard)
                self.answer(chunks[given], slot, generation, block, last=rows << 1)
                given += 1

    def _new(self, slot: int) -> Float32s:
        """What the ring holds and the callback has not read yet, of which it reads a period next."""
        words = self.engine.voices[slot]
        tail, head = int(load_word(words, at.V_TAIL)), int(load_word(words, at.V_HEAD))
        places = np.arange(tail, min(head, tail + PERIOD)) % at.RING_SAMPLES
        return np.asarray(self.engine.rings[slot, places])

    def events(self) -> list[tuple[int, ...]]:
        record, found = np.zeros(RECORD_WORDS, np.int64), []
        while pop(self.engine.render_control, record):
            found.append(tuple(int(word) for word in record[:6]))
        return found

    @property
    def late(self) -> int:
        return self.engine.word(at.E_CHUNKS_LATE)

    @property
    def underruns(self) -> int:
        return self.engine.word(at.E_UNDERRUNS)

    def sounds(self, slot: int = 0) -> bool:
        return bool(at.READY <= load_word(self.engine.voices[slot], at.V_STATE) <= at.RELEASING)


@pytest.fixture
def frames() -> Iterator[Bench]:
    bench = Bench(frames_document(level="in", ceiling_db=0.0))
    yield bench
    bench.close()


@pytest.fixture
def samples() -> Iterator[Bench]:
    bench = Bench(samples_document(ratio=1000))  # no power of two
    yield bench
    bench.close()


def ramp(bench: Bench, count: int) -> Float32s:
    """Chunks whose bands climb, each frame of them another."""
    rows, bands = bench.document.block_shape
    steps = np.arange(count * rows * bands, dtype=np.float32).reshape(count, rows, bands)
    return np.asarray(-0.8 + 0.6 * (steps % 97) / 97.0, np.float32)


def test_a_stream_of_frames_is_what_reconstruct_makes_of_them(frames: Bench) -> None:
    chunks = ramp(frames, 40)
    heard = frames.stream(chunks)
    document: Any = frames.document
    tables = ExpandTables(document.band_axis(), document.reference, document.floor_db, document.ceiling_db)
    lead = document.n_fft // document.hop - 1
    rows = np.concatenate([np.repeat(chunks[0, :1], lead, axis=0), chunks.reshape(-1, document.bands.n)])
    mags = np.zeros((len(rows), document.n_fft // 2 + 1), np.float32)
    for row, bins in zip(rows, mags, strict=True):
        expand(tables.params, tables.tables, np.zeros(render_scratch_floats(), np.float32), row, bins)
    whole = reconstruct(mags, document.n_fft, document.hop)[lead * document.hop :]
    fade = round(0.001 * RATE)
    assert len(heard) > 50 * document.hop
    np.testing.assert_array_equal(heard[fade : len(heard) - 512], whole[fade : len(heard) - 512])
    assert frames.late == frames.underruns == 0


def test_of_a_chunk_only_the_rows_count_that_it_says(frames: Bench) -> None:
    chunks = ramp(frames, 40)
    heard = frames.stream(chunks, rows=1)
    whole = Bench(frames_document(level="in", ceiling_db=0.0))
    wanted = whole.stream(chunks[:, 0].reshape(20, 2, -1))
    whole.close()
    both = min(len(heard), len(wanted))
    assert both > 25 * whole.context.document.hop  # type: ignore[union-attr]
    np.testing.assert_array_equal(heard[:both], wanted[:both])


@pytest.mark.parametrize("rows", [-1, 3, 1 << 40])
def test_rows_that_a_chunk_cannot_have_are_all_of_it(frames: Bench, rows: int) -> None:
    chunks = ramp(frames, 20)
    whole = Bench(frames_document(level="in", ceiling_db=0.0))
    np.testing.assert_array_equal(frames.stream(chunks, rows=rows), whole.stream(chunks))
    whole.close()


@pytest.mark.parametrize("live", [0, 1])
@pytest.mark.parametrize("period", [64, 256, 512, 1024, 2048, 4096])
@pytest.mark.parametrize("buffer", [80, 640, 1920])
def test_no_voice_is_left_with_less_than_the_callback_takes(frames: Bench, live: int, period: int, buffer: int) -> None:
    frames.arm()
    frames.serve()
    voice = frames.engine.voices[0]
    voice[at.V_LIVE] = live
    frames.engine.set_word(at.E_PERIOD, period)
    frames.engine.set_word(at.E_BUFFER, buffer)
    assert period <= refill_at(frames.engine.words, voice) <= target(frames.engine.words, voice)


@pytest.mark.parametrize("period", [64, 512, 1024, 2048, 4096])
def test_a_voice_along_the_input_holds_no_frame_once_it_has_settled(frames: Bench, period: int) -> None:
    """Frames of one row come with the input, after the callback has taken its period."""
    frames.engine.set_word(at.E_PERIOD, period)
    frames.arm(live=1)
    chunk = ramp(frames, 1)[0]
    frames.answer(chunk, goes_on=0, last=2)
    come, wanted, settled = 0, [], 0
    for taken in range(0, 400 * 2048, period):
        frames.take(period)
        come += (taken + period) // frames.hop - taken // frames.hop
        while True:
            wanted += frames.asked()
            if not (wanted and come):
                break
            slot, generation, block, _ = wanted.pop(0)
            frames.answer(chunk, slot, generation, block, last=2)
            come -= 1
            render_until_idle(frames.engine.address)
        if taken < 200 * 2048:
            settled = frames.late
    assert frames.sounds()
    assert (frames.late, frames.underruns) == (settled, 0)
    assert come < 2, "it has fallen behind the input"


def test_a_stream_of_samples_is_these_samples(samples: Bench) -> None:
    rows = samples.document.block_shape[0]
    assert rows == 3000
    chunks = np.random.default_rng(1).uniform(-0.5, 0.5, (6, rows, 1)).astype(np.float32)
    heard = samples.stream(chunks)
    fade = round(0.001 * RATE)
    assert len(heard) > 4 * rows
    np.testing.assert_array_equal(heard[fade:], chunks.reshape(-1)[fade : len(heard)])
    assert samples.underruns == 0


def test_a_chunk_is_asked_for_as_soon_as_one_is_read_through_and_by_when_it_is_needed(samples: Bench) -> None:
    chunk = np.full(samples.document.block_shape, 0.1, np.float32)
    samples.arm()
    samples.answer(chunk, goes_on=0)
    before_ns = time.monotonic_ns()
    samples.serve()
    ((slot, generation, block, deadline),) = samples.asked()
    assert (slot, generation, block) == (0, 1, 1)
    chunk_ns = round(len(chunk) / RATE * 1e9)
    assert before_ns + chunk_ns // 2 < deadline < time.monotonic_ns() + chunk_ns
    assert samples.context.owed == 1
    samples.answer(chunk, block=1)
    samples.serve(len(chunk) // PERIOD + 1)
    assert [record[:3] for record in samples.asked()] == [(0, 1, 0)]
    assert (samples.context.owed, samples.context.chunks) == (1, 1)


def test_a_frame_whose_successor_is_late_is_held_and_counted(frames: Bench) -> None:
    frames.arm()
    chunks = ramp(frames, 8)
    frames.answer(chunks[0], goes_on=0)
    for chunk in chunks[1:]:
        frames.serve()
        frames.feed(chunk)
    assert frames.late == 0
    frames.serve(40)
    assert (frames.late, frames.underruns) == (1, 0)
    assert frames.sounds()
    assert frames.feed(chunks[0]) == 2
    frames.serve(2)
    assert (frames.late, frames.underruns) == (1, 0)


def test_samples_that_are_late_are_an_underrun_and_the_stream_goes_on(samples: Bench) -> None:
    chunk = np.full(samples.document.block_shape, 0.1, np.float32)
    samples.arm()
    samples.answer(chunk, goes_on=0)
    samples.serve(60)
    assert samples.underruns == 1
    assert samples.sounds()
    assert samples.feed(chunk) == 2
    samples.serve(3)
    assert samples.underruns == 1


def test_samples_that_are_no_numbers_are_silence(samples: Bench) -> None:
    chunk = np.full(samples.document.block_shape, np.nan, np.float32)
    chunk[1000:] = np.inf
    samples.arm()
    samples.answer(chunk, goes_on=0)
    samples.serve(30)
    heard = samples.engine.rings[0]
    assert np.isfinite(heard).all()
    assert np.abs(heard).max() <= 9.0


def test_what_comes_for_a_voice_that_has_gone_is_dropped_and_its_slot_streams_again(frames: Bench) -> None:
    chunks = ramp(frames, 4)
    frames.arm(generation=1)
    frames.answer(chunks[0], goes_on=0)
    frames.serve(2)
    first = frames.asked()[0]
    store_word(frames.engine.voices[0], at.V_STOP, at.STOP_FADE)
    frames.serve(4)
    assert at.VOICE_IDLE in [event[0] for event in frames.events()]
    frames.arm(generation=2)
    frames.answer(chunks[1], generation=2, goes_on=0)
    frames.answer(chunks[2], generation=1, block=first[2], status=3)  # the old one's, at last
    frames.serve(2)
    assert frames.context.refused == 0
    assert frames.context.owed == 3  # one of the old one's, and both of the new one's
    assert [record[1] for record in frames.asked()] == [2, 2]


@pytest.mark.parametrize(
    "record",
    [
        pytest.param((0, 1, 1, 0, 0, 1), id="a chunk that nobody asked for"),
        pytest.param((0, 1, 0, 0, 0, 0), id="a beginning that nobody asked for"),
        pytest.param((0, 1, 2, 0, 0, 1), id="the block of another voice"),
        pytest.param((99, 1, 198, 0, 0, 1), id="a voice that there is not"),
        pytest.param((0, 1, 1, 0, 0, 7), id="neither a beginning nor a chunk"),
    ],
)
def test_an_answer_that_nobody_asked_for_ends_the_decoder(frames: Bench, record: tuple[int, ...]) -> None:
    frames.arm()
    frames.answer(ramp(frames, 1)[0], goes_on=0)
    frames.serve()
    while frames.feed(ramp(frames, 1)[0]):
        render_until_idle(frames.engine.address)
    assert frames.context.owed == frames.context.refused == 0
    slot, generation, block, status, took, goes_on = record
    os.write(frames.answers, RECORD.pack(at.DECODED, slot, generation, block, status, took, goes_on, 0))
    frames.serve()
    assert frames.context.refused == 1


def test_a_chunk_that_failed_is_told_and_the_voice_holds(frames: Bench) -> None:
    frames.arm()
    frames.answer(ramp(frames, 1)[0], goes_on=0)
    frames.serve()
    frames.events()
    frames.answer(ramp(frames, 1)[0], block=1, status=1)
    frames.serve(10)
    assert (at.CHUNK_FAILED, 0, 1, 1) in [event[:4] for event in frames.events()]


def test_what_a_full_pipe_does_not_take_is_asked_for_again(frames: Bench) -> None:
    filled = 0
    with pytest.raises(BlockingIOError):
        while True:
            filled += os.write(frames.asking, bytes(RECORD.size))
    frames.arm()
    frames.answer(ramp(frames, 1)[0], goes_on=0)
    frames.serve()
    assert frames.context.owed == 0
    while filled:
        filled -= len(os.read(frames.credit, 65536))
    frames.serve()
    assert [record[:3] for record in frames.asked()] == [(0, 1, 0), (0, 1, 1)]


@pytest.mark.parametrize("followers", [0, 1])
def test_a_stream_ends_behind_its_last_chunk_and_whatever_comes_after_it(frames: Bench, followers: int) -> None:
    frames.arm()
    frames.answer(ramp(frames, 1)[0], goes_on=0)
    frames.serve()
    asked = frames.asked()
    frames.answer(ramp(frames, 2)[0], block=asked[0][2], last=1)
    if followers:
        frames.answer(ramp(frames, 2)[1], block=asked[1][2], last=1)
    frames.serve(40)
    assert at.VOICE_IDLE in [event[0] for event in frames.events()]
    assert load_word(frames.engine.voices[0], at.V_END) == (2 + 2) * 64 + 256 - 64
    assert frames.late == frames.underruns == 0


def test_samples_end_behind_their_last(samples: Bench) -> None:
    chunk = np.full(samples.document.block_shape, 0.1, np.float32)
    samples.arm()
    samples.answer(chunk, goes_on=0, last=1)
    samples.serve(40)
    assert load_word(samples.engine.voices[0], at.V_END) == len(chunk)
    assert samples.underruns == 0
