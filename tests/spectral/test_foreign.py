"""What a decoder says to the renderer is foreign: it runs a model's code, and may write whatever it likes."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from collections.abc import Iterator

import numpy as np
import pytest

from oscvae.decode.wire import RECORD
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.ring import pop
from oscvae.spectral.context import render_scratch_floats, sinc_table
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


@pytest.mark.parametrize("slot", [-1, SLOTS, -HUGE, HUGE, 1])
def test_an_answer_for_a_slot_that_did_not_ask_is_refused(bench: Bench, slot: int) -> None:
    bench.bundle(1)
    bench.context.expect(0, 0, 1)
    say(bench, slot=slot)
    bench.serve(4 * PERIOD)
    assert bench.context.refused == 1
    assert events(bench) == [] and bench.onsets()[0] == -1
    say(bench)
    bench.serve(4 * PERIOD)
    assert bench.onsets()[0] > 0, "the true answer counts"


@pytest.mark.parametrize("block", [-1, SLOTS, -HUGE, HUGE, -(2**63), 1])
def test_an_answer_in_a_block_that_nobody_lent_is_refused(bench: Bench, block: int) -> None:
    """A block of another note as well: control would hand it out twice."""
    bench.bundle(1)
    bench.context.expect(0, 0, 1)
    say(bench, block=block)
    bench.serve(4 * PERIOD)
    assert bench.context.refused == 1
    assert events(bench) == [] and bench.onsets()[0] == -1


@pytest.mark.parametrize("generation", [0, 2, -1, HUGE])
def test_an_answer_for_another_generation_is_refused(bench: Bench, generation: int) -> None:
    bench.bundle(1)
    bench.context.expect(0, 0, 1)
    say(bench, generation=generation)
    bench.serve(4 * PERIOD)
    assert bench.context.refused == 1 and bench.onsets()[0] == -1


def test_a_second_answer_is_refused_until_it_is_asked_for(bench: Bench) -> None:
    bench.bundle(1)
    bench.decode(0)
    bench.serve(4 * PERIOD)
    for _ in range(3):
        say(bench)
    bench.serve(4 * PERIOD)
    assert bench.context.refused == 3
    assert [event[0] for event in events(bench)] == [at.DECODE_SEEN], "a block came back twice, or a decode was counted"
    bench.decode(0)
    bench.serve(4 * PERIOD)
    assert bench.context.refused == 3, "the block was lent again"


def test_nothing_is_taken_for_a_request_that_was_taken_back(bench: Bench) -> None:
    bench.bundle(1)
    bench.context.expect(0, 0, 1)
    bench.context.expect_nothing(0)
    say(bench)
    bench.serve(4 * PERIOD)
    assert bench.context.refused == 1 and bench.onsets()[0] == -1


@pytest.mark.parametrize("took", [-1, -HUGE, HUGE])
def test_a_decode_takes_a_time_that_can_be(bench: Bench, took: int) -> None:
    bench.bundle(1)
    bench.context.expect(0, 0, 1)
    say(bench, took=took)
    bench.serve(PERIOD)
    seen = next(event for event in events(bench) if event[0] == at.DECODE_SEEN)
    assert 0 <= seen[4] <= 60_000_000_000


def test_a_pass_takes_no_more_of_a_flood_than_there_are_blocks(bench: Bench) -> None:
    bench.bundle(1)
    bench.serve(PERIOD)
    for _ in range(10 * SLOTS):
        say(bench, slot=2, block=3)

    def waiting() -> int:
        (size,) = struct.unpack("i", fcntl.ioctl(bench._pipe, termios.FIONREAD, b"\0\0\0\0"))
        return int(size) // RECORD.size

    assert not render_pass(bench.engine.address), "a flood is no work: the renderer would never rest"
    assert waiting() == 9 * SLOTS
    bench.decode(0)
    bench.serve(20 * PERIOD)
    assert bench.onsets()[0] > 0, "a note waits behind the flood for ever"
    assert bench.context.refused == 10 * SLOTS


def test_scraps_in_the_pipe_are_passed_over(bench: Bench) -> None:
    os.write(bench._answers, b"\xff" * 10)
    bench.serve(PERIOD)
    os.write(bench._answers, b"\xff" * 64)
    bench.serve(PERIOD)
    assert bench.context.refused == 1 and events(bench) == []


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, -3e38])
def test_whatever_numbers_a_block_holds_the_output_is_finite(bench: Bench, value: float) -> None:
    """The worker clips what a model answers; what writes into the pool by itself does not."""
    bench._blocks[:, ::2] = value
    bench.bundle(1)
    bench.decode(0)
    bench.serve(RATE)
    rings = bench.engine.rings
    assert bench.onsets()[0] > 0 and np.isfinite(rings).all()
    assert 0.0 <= bench.engine.number(at.E_LEVEL_LEFT) <= 1.0


STILL_RUN: list[Engine] = []  # their renderers could not be stopped, and must not lose their memory


@pytest.mark.parametrize("count", [2**31 - 1, 2**32 - 1, 2**63 - 1])
def test_scribble_on_the_semaphore_does_not_hold_the_renderer(count: int) -> None:
    engine = Engine(4, 48_000, render_scratch_floats(), sinc_table())
    engine._wake_map[:8] = struct.pack("=q", count)
    renderer = RenderThread(engine)
    renderer.start()
    stopped = renderer.stop()
    if not stopped:
        STILL_RUN.append(engine)
    assert stopped, "it counts the semaphore down"


def test_what_is_shared_cannot_be_cut_off() -> None:
    """The daemon would end by SIGBUS at its next look."""
    engine = Engine(4, 48_000, render_scratch_floats(), sinc_table())
    for size in (0, 1, 1 << 20):
        with pytest.raises(PermissionError):
            os.ftruncate(engine.wake_fd, size)
    with pytest.raises(PermissionError):
        fcntl.fcntl(engine.wake_fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
