"""What a decoder says to the renderer is foreign: it runs a model's code, and may write whatever it likes."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import time
from collections.abc import Iterator

import numpy as np
import pytest

from oscvae.decode.wire import RECORD
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.ring import pop
from oscvae.spectral.renderer import render_pass
from oscvae.spectral.thread import RenderThread
from spectral.rig import PERIOD, RATE, SLOTS, Bench

HUGE = 2**62


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def say(
    bench: Bench, *, slot: int = 0, generation: int = 1, block: int = 0, status: int = 0, took: int = 1_000
) -> None:
    os.write(bench._answers, RECORD.pack(at.DECODED, slot, generation, block, status, took, 0, 0))


def events(bench: Bench) -> list[tuple[int, ...]]:
    """What the renderer has told control."""
    record = np.zeros(8, np.int64)
    found = []
    while pop(bench.engine.render_control, record):
        found.append(tuple(int(word) for word in record[:6]))
    return found


def refuses(bench: Bench) -> None:
    """Nothing of it has reached a voice or control, and nothing more of it is heard: not even what would be true."""
    bench.serve(4 * PERIOD)
    assert bench.context.refused == 1
    assert events(bench) == [] and bench.onsets()[0] == -1
    say(bench)
    say(bench, slot=2, block=3)
    bench.serve(4 * PERIOD)
    assert bench.context.refused == 1
    assert events(bench) == [] and bench.onsets()[0] == -1


@pytest.mark.parametrize("slot", [-1, SLOTS, -HUGE, HUGE, 1])
def test_an_answer_for_a_slot_that_did_not_ask_is_refused(bench: Bench, slot: int) -> None:
    bench.bundle(1)
    bench.context.expect(0, 0, 1)
    say(bench, slot=slot)
    refuses(bench)


@pytest.mark.parametrize("block", [-1, SLOTS, -HUGE, HUGE, -(2**63), 1])
def test_an_answer_in_a_block_that_nobody_lent_is_refused(bench: Bench, block: int) -> None:
    """A block of another note as well: control would hand it out twice."""
    bench.bundle(1)
    bench.context.expect(0, 0, 1)
    say(bench, block=block)
    refuses(bench)


@pytest.mark.parametrize("generation", [0, 2, -1, HUGE])
def test_an_answer_for_another_generation_is_refused(bench: Bench, generation: int) -> None:
    bench.bundle(1)
    bench.context.expect(0, 0, 1)
    say(bench, generation=generation)
    refuses(bench)


def test_nothing_is_taken_for_a_request_that_was_taken_back(bench: Bench) -> None:
    bench.bundle(1)
    bench.context.expect(0, 0, 1)
    bench.context.expect_nothing(0)
    say(bench)
    refuses(bench)


@pytest.mark.parametrize("size", [1, 10, 63])
def test_scraps_in_the_pipe_are_refused(bench: Bench, size: int) -> None:
    bench.bundle(1)
    bench.context.expect(0, 0, 1)
    os.write(bench._answers, b"\xff" * size)
    refuses(bench)


def test_a_block_is_answered_once_for_each_time_that_it_is_lent(bench: Bench) -> None:
    bench.bundle(1)
    for _ in range(3):
        bench.decode(0)
        bench.serve(4 * PERIOD)
    assert bench.context.refused == 0 and bench.onsets()[0] > 0
    assert [event[0] for event in events(bench)].count(at.DECODE_SEEN) == 3
    say(bench)
    bench.serve(4 * PERIOD)
    assert bench.context.refused == 1
    assert events(bench) == [], "a block came back twice, or a decode was counted"


@pytest.mark.parametrize("took", [-1, -HUGE, HUGE])
def test_a_decode_takes_a_time_that_can_be(bench: Bench, took: int) -> None:
    bench.bundle(1)
    bench.context.expect(0, 0, 1)
    say(bench, took=took)
    bench.serve(PERIOD)
    seen = next(event for event in events(bench) if event[0] == at.DECODE_SEEN)
    assert 0 <= seen[4] <= 60_000_000_000


def test_a_flood_costs_one_look(bench: Bench) -> None:
    bench.serve(PERIOD)
    for _ in range(10 * SLOTS):
        say(bench, slot=2, block=3)

    def waiting() -> int:
        (size,) = struct.unpack("i", fcntl.ioctl(bench._pipe, termios.FIONREAD, b"\0\0\0\0"))
        return int(size) // RECORD.size

    for _ in range(3):
        assert not render_pass(bench.engine.address), "a flood is no work: the renderer would never rest"
        assert waiting() == 10 * SLOTS - 1
    assert bench.context.refused == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, -3e38])
def test_whatever_numbers_a_block_holds_the_output_is_finite(bench: Bench, value: float) -> None:
    """The worker clips what a model answers; what writes into the pool by itself does not."""
    bench._blocks[:, ::2] = value
    bench.bundle(1)
    bench.decode(0)
    bench.serve(RATE)
    rings = bench.engine.rings
    assert bench.onsets()[0] > 0 and np.isfinite(rings).all()
    assert 0.0 <= bench.engine.of_pair(0, at.Q_LEFT) <= 1.0


STILL_RUN: list[Engine] = []  # their renderers could not be stopped, and must not lose their memory


@pytest.fixture
def running(bench: Bench) -> Iterator[Bench]:
    """With the render loop in a thread of its own."""
    renderer = RenderThread(bench.engine)
    renderer.start()
    yield bench
    stopped = renderer.stop()
    if not stopped:
        STILL_RUN.append(bench.engine)
    assert stopped


def test_an_answer_wakes_the_renderer_by_itself(running: Bench) -> None:
    running.bundle(1)
    for _ in range(20):
        time.sleep(0.06)  # it rests
        before = running.engine.word(at.E_PASSES)
        running.decode(0)
        deadline = time.monotonic() + 0.02  # it looks around every 50 ms in any case
        while time.monotonic() < deadline:
            if running.engine.word(at.E_PASSES) > before + 1:  # a pass that has worked, and one that has not
                return
            time.sleep(0.0005)
    raise AssertionError("nobody wakes it")


@pytest.mark.parametrize("how", ["flood", "end"])
def test_a_decoder_that_is_not_listened_to_any_more_does_not_keep_the_renderer_awake(running: Bench, how: str) -> None:
    """Its pipe can be read all the time, or has ended for ever."""
    if how == "flood":
        for _ in range(100):
            say(running)
    else:
        os.close(running._answers)
        running._answers = os.open("/dev/null", os.O_RDONLY)
    time.sleep(0.1)
    before = running.engine.word(at.E_PASSES)
    time.sleep(0.5)
    assert running.engine.word(at.E_PASSES) - before < 100
