"""The render thread: starts, asks for its privileges, wakes, and leaves in time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import numpy as np
import pytest

from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.spectral import thread
from oscvae.spectral.context import render_scratch_floats, sinc_table
from oscvae.spectral.renderer import wake
from oscvae.spectral.thread import RenderThread
from parts import jackd


@pytest.fixture
def engine() -> Engine:
    return Engine(4, 48_000, render_scratch_floats(), sinc_table())


@pytest.fixture
def renderer(engine: Engine) -> Iterator[RenderThread]:
    made = RenderThread(engine)
    yield made
    assert made.stop()


def test_the_loop_runs_until_it_is_stopped(engine: Engine, renderer: RenderThread) -> None:
    assert not renderer.alive()
    renderer.start()
    deadline = time.monotonic() + 5
    while not engine.word(at.E_ALIVE) and time.monotonic() < deadline:
        time.sleep(0.001)
    passes = engine.word(at.E_PASSES)
    for _ in range(50):
        wake(engine.address)
        time.sleep(0.002)
    assert engine.word(at.E_PASSES) >= passes + 40, "the loop does not wake when it is told to"
    began = time.monotonic()
    assert renderer.stop()
    assert renderer.stop()
    assert time.monotonic() - began < 0.5
    assert not renderer.alive()
    assert engine.word(at.E_ALIVE) == 0


def test_a_renderer_that_was_never_started_stops_too(engine: Engine) -> None:
    assert RenderThread(engine).stop()


def test_it_runs_below_the_callback(renderer: RenderThread, caplog: pytest.LogCaptureFixture) -> None:
    if not jackd.realtime_granted():
        pytest.skip("this user may not run realtime threads")
    renderer.start(70)
    thread_id = renderer._thread.native_id
    assert thread_id is not None
    assert os.sched_getscheduler(thread_id) == os.SCHED_FIFO
    assert os.sched_getparam(thread_id).sched_priority == 60
    assert renderer.set_priority(5)  # a server whose own priority is low
    assert os.sched_getparam(thread_id).sched_priority == 1
    assert renderer.set_priority(None)
    assert os.sched_getscheduler(thread_id) == os.SCHED_OTHER
    assert not [record for record in caplog.records if "realtime" in record.message]


def test_a_refusal_is_said_once_with_its_remedy(
    renderer: RenderThread, engine: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    monkeypatch.setattr(thread, "lock_memory", lambda arena: False)
    renderer.start(70)
    assert not renderer.set_priority(80)
    renderer.lock(engine.arena)
    said = [record.message for record in caplog.records]
    assert len([text for text in said if "rtprio" in text]) == 1
    assert len([text for text in said if "memlock" in text]) == 1
    assert renderer.alive()


def test_memory_is_locked_where_the_system_allows_it(engine: Engine) -> None:
    granted = thread.lock_memory(engine.arena)

    def locked_kb() -> int:
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123
            return next(int(line.split()[1]) for line in status if line.startswith("VmLck"))

    assert (locked_kb() * 1024 >= engine.arena.size_bytes) == granted
    assert np.all(engine.rings == 0)
