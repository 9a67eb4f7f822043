"""The live input as a decoder hears it: the frames of what came, as soon as they came, and silence without any."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.decode import live as hears
from oscvae.decode.live import Ear, EarPath, LivePath, Window
from oscvae.decode.paths import Chunk, Encoded, PointPath
from oscvae.decode.wire import MIX, OFFSET
from oscvae.model.frames import SILENT_DB, FramesDocument
from oscvae.realtime import layout as at
from oscvae.realtime import live as writes
from oscvae.realtime.live import take_input
from oscvae.sound.frames import FrameAnalysis, Trajectory
from parts.streaming import mirror_document
from parts.waiting import until

RATE = 48_000
PERIOD = 128


class Input:
    """Both sides of the memory."""

    def __init__(self) -> None:
        self.written = writes.LiveInput()
        self.engine = np.zeros(at.ENGINE_WORDS, np.int64)
        self.engine[at.E_LIVE] = self.written.address
        self.heard = hears.LiveInput(self.written.descriptor)
        self.written.rate = RATE

    def come(self, sound: Float32s) -> None:
        """Period after period, as the callback takes it."""
        for begin in range(0, sound.size, PERIOD):
            period = np.ascontiguousarray(sound[begin : begin + PERIOD], np.float32)
            take_input(self.engine, int(period.ctypes.data), period.size)


STALLED_S = hears.STALLED_S


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[Input]:
    monkeypatch.setattr(hears, "STALLED_S", 1000.0)  # a test is no server, that would be late
    made = Input()
    yield made
    os.close(made.written.descriptor)


def noise(samples: int) -> Float32s:
    return np.random.default_rng(1).uniform(-0.5, 0.5, samples).astype(np.float32)


def mirrored(found: Trajectory) -> Encoded:
    return Encoded(found.x.T, found.level_db)


def path_along(live: Input, document: FramesDocument, offset: tuple[float, ...] = ()) -> LivePath:
    bands = document.bands.n
    reach = np.full(bands, -3.0, np.float32), np.full(bands, 3.0, np.float32)
    return LivePath(1, live.heard, document, FrameAnalysis(document), mirrored, reach, offset)


def all_of(path: LivePath, stock_s: float = 0.0) -> list[Chunk]:
    """What there is by now."""
    chunks = []
    while path.wait_s() == 0.0:
        chunks.append(path.next(2, stock_s))
    return chunks


def along(live: Input, path: LivePath, sound: Float32s, stock_s: float = 0.0) -> list[Chunk]:
    """What there is of a sound, as it comes."""
    chunks = all_of(path, stock_s)
    for begin in range(0, sound.size, PERIOD):
        live.come(sound[begin : begin + PERIOD])
        chunks += all_of(path, stock_s)
    return chunks


def test_both_sides_mean_the_same_memory(live: Input) -> None:
    for name in ("PAGE_BYTES", "FRAMES", "HEAD", "PERIOD", "RATE"):
        assert getattr(hears, name) == getattr(writes, name)
    sound = noise(3 * PERIOD + 5)
    live.come(sound)
    assert (live.heard.head, live.heard.rate) == (sound.size, RATE)
    np.testing.assert_array_equal(live.heard.read(0, sound.size), sound)
    np.testing.assert_array_equal(live.heard.read(-4, 6), [0, 0, 0, 0, *sound[:2]])
    np.testing.assert_array_equal(live.heard.read(sound.size - 1, 3), [sound[-1], 0, 0])


def test_the_oldest_is_overwritten_and_the_newest_is_there(live: Input) -> None:
    sound = noise(hears.FRAMES + 3 * PERIOD)
    live.come(sound)
    np.testing.assert_array_equal(live.heard.read(3 * PERIOD, hears.FRAMES), sound[3 * PERIOD :])


def test_what_is_no_number_is_silence(live: Input) -> None:
    live.come(np.array([np.nan, np.inf, 100.0, -0.5], np.float32))
    np.testing.assert_array_equal(live.heard.read(0, 4), [0.0, 0.0, 8.0, -0.5])


def test_a_decoder_can_only_read_it(live: Input) -> None:
    descriptor = live.written.descriptor
    with pytest.raises(PermissionError):
        mmap.mmap(descriptor, writes.PAGE_BYTES)
    with pytest.raises(OSError):
        os.write(descriptor, b"x")
    with pytest.raises(OSError):
        os.ftruncate(descriptor, 0)
    again = os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR)  # which confinement forbids besides
    try:
        with pytest.raises(PermissionError):
            mmap.mmap(again, writes.PAGE_BYTES)
    finally:
        os.close(again)


def test_frames_are_those_of_the_recording_bit_for_bit(live: Input) -> None:
    document = mirror_document()
    n_fft, hop = document.n_fft, document.hop
    path = path_along(live, document)
    assert path.wait_s() == 0.0, "it begins in the silence before the first sample"
    sound = noise(20 * hop)
    chunks = along(live, path, sound)
    before = -n_fft - hears.AT_FIRST * hop  # where its first window begins
    padded = np.concatenate([np.zeros(-before, np.float32), sound])
    analysis = FrameAnalysis(document)
    assert len(chunks) == (padded.size - n_fft) // hop + 1
    for number, chunk in enumerate(chunks):
        x, level_db = analysis.tell(padded[number * hop : number * hop + n_fft])
        assert chunk.rows == 1
        np.testing.assert_array_equal(chunk.z, np.repeat(x.T, 2, 1))
        np.testing.assert_array_equal(chunk.level_db, np.repeat(level_db, 2))


def test_it_waits_for_just_what_the_next_frame_needs(live: Input) -> None:
    document = mirror_document()
    path = path_along(live, document)
    all_of(path)
    assert path.wait_s() == pytest.approx(document.hop / RATE)
    live.come(noise(document.hop - 10))
    assert path.wait_s() == pytest.approx(10 / RATE)
    live.come(noise(10))
    assert path.wait_s() == 0.0


@pytest.mark.parametrize(
    ("model_rate", "rate"), [(44_100, 48_000), (48_000, 44_100), (16_000, 48_000), (48_000, 96_000)]
)
def test_a_window_at_another_rate_is_what_a_resampler_makes_of_it(model_rate: int, rate: int) -> None:
    n_fft = 1024
    seconds = np.arange(rate // 4) / rate
    below = 0.4 * min(rate, model_rate)
    sound = sum(np.sin(2 * np.pi * hz * seconds + hz) for hz in (97.0, 1003.0, below)).astype(np.float32)
    wanted = soxr.resample(sound, rate, model_rate, quality="VHQ")
    window = Window(n_fft, model_rate, rate)
    first = round(0.1 * rate)
    got = window.take(sound[first - window.half : first - window.half + window.length])
    begin = round(0.1 * model_rate)
    assert got.shape == (n_fft,)
    error = got - wanted[begin : begin + n_fft]
    assert 20 * np.log10(np.sqrt(np.mean(error**2)) / np.sqrt(np.mean(wanted**2))) < -55.0


def test_what_lies_above_the_models_rate_is_not_heard_below_it() -> None:
    rate, model_rate = 48_000, 16_000
    sound = np.sin(2 * np.pi * 11_000.0 * np.arange(rate // 4) / rate).astype(np.float32)
    window = Window(1024, model_rate, rate)
    got = window.take(sound[: window.length])
    assert 20 * np.log10(np.sqrt(np.mean(got**2)) / np.sqrt(0.5)) < -60.0


def test_frames_keep_the_pace_of_the_input_at_another_rate(live: Input) -> None:
    document = mirror_document(sample_rate=44_100)
    path = path_along(live, document)
    all_of(path)
    assert len(along(live, path, noise(RATE // 2))) == pytest.approx(44_100 / 2 / document.hop, abs=1.0)


def test_an_offset_is_added_within_reach(live: Input) -> None:
    document = mirror_document()
    bands = document.bands.n
    plain, moved, far = (path_along(live, document, offset) for offset in ((), (0.25,) * bands, (100.0,) * bands))
    chunk, other, farthest = plain.next(2), moved.next(2), far.next(2)
    plain.wait_s(), moved.wait_s(), far.wait_s()
    chunk, other, farthest = plain.next(2), moved.next(2), far.next(2)
    np.testing.assert_allclose(other.z, chunk.z + 0.25)
    assert float(farthest.z.max()) == 3.0
    moved.steer(OFFSET, (0.0,) * bands)
    moved.steer(MIX, (0.5,))
    np.testing.assert_array_equal(moved.next(2).z, plain.next(2).z)


def test_a_voice_that_has_more_in_stock_than_it_needs_leaves_a_frame_out(live: Input) -> None:
    document = mirror_document()
    hop_s = document.hop / RATE

    def count(stock_s: float) -> int:
        path = path_along(live, document)
        path.wait_s()
        all_of(path)
        taken = 0
        for _ in range(4 * hears.LOOK_BACK):
            live.come(noise(document.hop))
            taken += len(all_of(path, stock_s))
        return taken

    assert count(hears.SAFE_S + 0.9 * hop_s) == 4 * hears.LOOK_BACK
    assert count(hears.SAFE_S + 1.1 * hop_s) in range(4 * hears.LOOK_BACK - 4, 4 * hears.LOOK_BACK - 2)


def silent(chunk: Chunk) -> bool:
    assert chunk.level_db is not None
    return bool((chunk.level_db == SILENT_DB).all())


def test_where_nothing_comes_any_more_a_voice_is_silent_and_goes_on_when_it_does(
    live: Input, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = mirror_document()
    path = path_along(live, document)
    chunks = along(live, path, noise(RATE // 4))
    assert not silent(chunks[-1])
    assert 0.0 < path.wait_s() <= document.hop / RATE
    monkeypatch.setattr(hears, "STALLED_S", STALLED_S)
    assert until(lambda: path.wait_s() == 0.0, 10 * STALLED_S), "it would be taken for one that hangs"
    assert [silent(path.next(2)) for _ in range(3)] == [True] * 3
    monkeypatch.setattr(hears, "STALLED_S", 1000.0)
    live.come(noise(4 * document.hop))
    assert [silent(chunk) for chunk in all_of(path)] == [False] * 4


def test_without_a_server_it_is_silence_and_with_another_it_is_heard_at_its_rate(live: Input) -> None:
    document = mirror_document()
    path = path_along(live, document)
    live.written.rate = 0
    assert path.wait_s() == 0.0 and silent(path.next(2))
    live.written.rate = 2 * RATE
    assert not silent(along(live, path, noise(RATE // 4))[-1])
    assert 0.0 < path.wait_s() <= document.hop / RATE


def test_what_was_missed_is_passed_over(live: Input) -> None:
    document = mirror_document()
    path = path_along(live, document)
    all_of(path)
    loud: NDArray[np.float32] = np.ones(1, np.float32)
    for missed in (RATE // 10, hears.FRAMES // 4, 3 * hears.FRAMES):
        live.come(np.zeros(missed, np.float32))
        live.come(loud * noise(2 * document.n_fft))
        chunks = all_of(path)
        assert len(chunks) == 1, "it goes on at the newest"
        assert not silent(chunks[0])


@pytest.mark.parametrize("period", [128, 1024, 4096])
def test_long_periods_are_no_reason_to_miss_anything(live: Input, period: int) -> None:
    document = mirror_document()
    path = path_along(live, document)
    all_of(path)
    sound, heard = noise(RATE), 0
    for begin in range(0, sound.size, period):
        piece = np.ascontiguousarray(sound[begin : begin + period])
        take_input(live.engine, int(piece.ctypes.data), piece.size)
        heard += len(all_of(path))
    assert heard == pytest.approx(RATE / document.hop, abs=period / document.hop + 1.0)


class Listened:
    """An ear, and what it had to encode: pieces of the input, one behind the other."""

    def __init__(self, live: Input, model_rate: int, samples: int) -> None:
        self.pieces: list[Float32s] = []
        self.numbers: list[int] = []
        self.ear = Ear(live.heard, model_rate, samples, self._encode)

    def _encode(self, samples: Float32s, number: int) -> Float32s:
        self.pieces.append(samples)
        self.numbers.append(number)
        return np.full((2, 4), float(len(self.pieces)), np.float32)


@pytest.mark.parametrize("model_rate", [RATE, 44_100, 32_000])
def test_an_ear_hears_all_of_the_input_without_a_seam(live: Input, model_rate: int) -> None:
    listened = Listened(live, model_rate, 2048)
    live.come(np.zeros(RATE // 2, np.float32))
    number = listened.ear.begin()
    sound = np.sin(2.0 * np.pi * 1000.0 * np.arange(RATE) / RATE).astype(np.float32)
    for begin in range(0, sound.size, 1000):
        live.come(sound[begin : begin + 1000])
        while listened.ear.wait_s(number) == 0.0:
            listened.ear.points(number)
            number += 1
    heard = np.concatenate(listened.pieces)
    assert heard.size / model_rate == pytest.approx(1.0, abs=2.5 * 2048 / model_rate)
    tone = heard[int(np.argmax(np.abs(heard) > 0.5)) + 200 :]
    after = 2.0 * np.cos(2.0 * np.pi * 1000.0 / model_rate) * tone[1:-1] - tone[2:]  # of a sine, the sample before
    assert np.abs(after - tone[:-2]).max() < 2e-3, "there is a seam"
    assert listened.numbers == list(range(len(listened.pieces)))


def test_long_chunks_at_a_high_rate_are_heard_and_what_the_ring_cannot_hold_is_refused(live: Input) -> None:
    live.written.rate = 96_000
    listened = Listened(live, 44_100, 8192)
    live.come(np.zeros(48_000, np.float32))
    number = listened.ear.begin()
    live.come(noise(48_000))
    while listened.ear.wait_s(number) == 0.0:
        listened.ear.points(number)
        number += 1
    assert np.abs(listened.pieces[-1]).max() > 0.2, "silence"
    reach = np.zeros(2, np.float32), np.ones(2, np.float32)
    with pytest.raises(RuntimeError, match=r"a chunk of 0.74 s is more than the live input keeps"):
        EarPath(1, Listened(live, 44_100, 32_768).ear, reach)


def test_who_listens_later_hears_the_same_chunks_and_after_a_pause_memory_begins_anew(live: Input) -> None:
    listened = Listened(live, RATE, 2048)
    reach = np.full(2, -9.0, np.float32), np.full(2, 9.0, np.float32)
    live.come(noise(RATE // 2))
    first = EarPath(1, listened.ear, reach)
    assert first.wait_s() == 0.0 and first.next(4).z[0, 0] == 1.0
    live.come(noise(2048))
    assert first.next(4).z[0, 0] == 2.0
    second = EarPath(2, listened.ear, reach, (0.5, 0.0))
    begun = second.next(4).z[:, 0]
    assert tuple(begun) in {(1.5, 1.0), (2.5, 2.0)}, "it is encoded already"
    assert len(listened.pieces) == 2
    live.come(noise(2048))
    assert first.next(4).z[0, 0] == 3.0
    second.steer(OFFSET, (0.0, -20.0))
    assert second.next(4).z[1, 0] == -9.0
    for pause in (RATE // 4, 2 * RATE):
        live.come(noise(pause))
        third = EarPath(3, listened.ear, reach)
        assert third.wait_s() == 0.0
        third.next(4)
        assert listened.numbers[-1] == 0
        assert listened.ear._reader.behind < 2048, "it begins at the newest"
    live.written.rate = 2 * RATE
    fourth = EarPath(4, listened.ear, reach)
    live.come(noise(3 * 2048))
    fourth.next(4)
    assert listened.numbers == [0, 1, 2, 0, 0, 0], "nothing is kept of what another server gave"


def test_an_ear_to_which_nothing_comes_hears_silence(live: Input, monkeypatch: pytest.MonkeyPatch) -> None:
    listened = Listened(live, RATE, 2048)
    live.come(noise(RATE // 2))
    path = EarPath(1, listened.ear, (np.zeros(2, np.float32), np.ones(2, np.float32)))
    path.next(4)
    monkeypatch.setattr(hears, "STALLED_S", STALLED_S)
    assert until(lambda: path.wait_s() == 0.0, 10 * STALLED_S)
    path.next(4)
    assert listened.pieces[0].any() and not listened.pieces[1].any()


def test_a_point_waits_for_nothing() -> None:
    assert PointPath(1, np.zeros(2, np.float32)).wait_s() == 0.0
