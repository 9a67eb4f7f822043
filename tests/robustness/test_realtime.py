"""The hop and block clocks run whatever Python does, with no page fault in them.

tests/realtime/test_compiled.py reads the compiled code of both; here they are at work in one process with a Python that
is busy, or stands still.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oscvae.audio.silent import SilentBackend
from oscvae.osc.packets import Message
from oscvae.play.listener import Listener
from oscvae.play.offline import OfflineEngine
from oscvae.realtime import layout as at
from oscvae.settings.sections import load_config
from oscvae.spectral.thread import RenderThread
from parts.daemon import Z
from parts.waiting import until
from robustness.heard import Heard

RATE, PERIOD = 48_000, 128
ATTEMPTS = 5  # at a stretch of time in which a shared machine starves nobody


class LiveEngine:
    """An engine at work in this process: its renderer, the silent backend, a decoder, and Python as the event clock."""

    def __init__(self) -> None:
        self.control = OfflineEngine(load_config(None, ["engine.voices=12", "engine.spare=4"]), RATE)
        self.engine = self.control.engine
        self.renderer = RenderThread(self.engine)
        self.backend = SilentBackend(sample_rate=RATE, block_size=PERIOD)
        self.renderer.start()
        self.backend.start(self.engine)

    def say(self, address: str, *args: float) -> None:
        self.control.execute([Message(address, args)])

    def listen(self) -> None:
        self.control.instrument.take_events()
        self.control.contexts.collect()

    def hold(self, count: int) -> None:
        """Voices that sound for 9 s."""
        self.say("/stretch", 4.0)
        for i in range(count):
            self.say("/note", 48 + i, 100)
        assert until(lambda: self.engine.word(at.E_SOUNDING) == count, 10.0)
        self.listen()

    def rest(self) -> None:
        self.say("/panic")
        self.say("/stretch", 1.0)

        def idle() -> bool:
            self.listen()
            return self.control.pool.idle

        assert until(idle, 10.0)

    def close(self) -> None:
        assert self.backend.stop()
        assert self.renderer.stop()
        assert self.engine.intact()
        self.control.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[LiveEngine]:
    made = LiveEngine()
    yield made
    made.close()


@pytest.fixture
def live(shared: LiveEngine) -> Iterator[LiveEngine]:
    yield shared
    shared.rest()


class Passing:
    """What the clocks did while it was open."""

    def __init__(self, live: LiveEngine) -> None:
        self._engine = live.engine

    def _words(self) -> tuple[int, ...]:
        """Read within one block: a thread that waits for the GIL in between would compare different moments."""
        words = (at.E_FRAME, at.E_HOPS, at.E_XRUNS, at.E_BLOCKS)
        while True:
            before = self._engine.word(at.E_BLOCKS)
            read = (time.monotonic_ns(), *(self._engine.word(word) for word in words))
            if read[-1] == before:
                return read

    def __enter__(self) -> Passing:
        self._before = self._words()
        return self

    def __exit__(self, *_: object) -> None:
        passed = [after - before for before, after in zip(self._before, self._words(), strict=True)]
        self.seconds = passed[0] / 1e9
        self.frames, self.hops, self.xruns, self.blocks = passed[1:]

    def check(self) -> None:
        """Time went on as it should: every block was served."""
        assert abs(self.frames / RATE - self.seconds) < 0.4, "the blocks do not keep up with the clock"
        assert abs(self.blocks - self.frames // PERIOD) <= 1
        assert self.hops > 0


def pass_time(live: LiveEngine, what: Callable[[], None]) -> None:
    """Do it, and check what the clocks did meanwhile; again if the machine kept the whole process from running."""
    for _ in range(ATTEMPTS):
        with Passing(live) as passing:
            what()
        if not passing.xruns:
            break
    passing.check()


@contextlib.contextmanager
def spinning(count: int) -> Iterator[None]:
    """Python threads that always want the GIL."""
    stop = threading.Event()

    def spin() -> None:
        n = 0
        while not stop.is_set():
            n += 1

    threads = [threading.Thread(target=spin) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_spinning_threads_do_not_stop_the_blocks(live: LiveEngine) -> None:
    live.hold(4)
    with spinning(4):
        pass_time(live, lambda: time.sleep(1.5))


def test_every_voice_that_was_on_is_told_off_whenever_control_gets_to_listen(live: LiveEngine) -> None:
    """Short notes end while control, which waits for the GIL, is in the middle of hearing what there is."""
    pool = live.control.pool
    pool._listener = heard = Heard()
    try:
        with spinning(2):
            deadline = time.monotonic() + 60.0
            while len(heard.ids("/voice/on")) < 150 and time.monotonic() < deadline:
                if not pool.waiting_voices():
                    live.say("/play", 60, *Z, 0.8, 0.002)
                live.listen()
        live.rest()
    finally:
        pool._listener = Listener()
    assert len(heard.ids("/voice/on")) >= 150
    assert sorted(heard.ids("/voice/on")) == sorted(heard.ids("/voice/off"))


def test_a_python_that_stands_still_does_not_stop_the_blocks(live: LiveEngine) -> None:
    """No thread can take the GIL for half a second, again and again: who needed it would be seen to wait."""
    live.hold(4)
    nap = ctypes.PyDLL(None).usleep  # PyDLL, unlike CDLL, keeps the GIL

    def stand() -> None:
        for _ in range(3):
            nap(500_000)

    pass_time(live, stand)


def test_a_control_that_listens_to_nothing_for_a_while_loses_nothing(live: LiveEngine) -> None:
    for turn in range(4):
        for i in range(40):
            live.say("/play", 40 + i, *Z, 0.8, 0.01)
        time.sleep(0.4)  # every voice has ended, and nobody has heard of it
        assert live.engine.word(at.E_EVENTS_LOST) == 0, turn
    live.rest()
    assert sorted(live.control.pool._free) == list(range(live.engine.slots))
    current = live.control.models.current
    assert current is not None
    assert until(lambda: live.listen() or len(current.decoder.free_blocks) == current.decoder.n_blocks, 5.0)


def faults(thread_id: int) -> tuple[int, int]:
    """Minor and major page faults of a thread so far."""
    fields = Path(f"/proc/self/task/{thread_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[7]), int(fields[9])


def test_rendering_touches_no_new_page(live: LiveEngine) -> None:
    """After every slot has been used once, notes, moves and steals fault in nothing more."""
    threads = [live.renderer._thread.native_id, live.backend._thread.native_id]  # type: ignore[union-attr]

    def busy(seconds: float) -> None:
        end = time.monotonic() + seconds
        i = 0
        while time.monotonic() < end:
            i += 1
            live.say("/play", 40 + i % 40, *Z, 0.8, 0.3)
            live.say("/note", 60 + i % 5, 100)
            live.say("/z", 0.1 * (i % 9), 0.2, 0.3, 0.4)
            live.say("/bend", float(i % 5))
            live.listen()
            time.sleep(0.01)

    busy(2.0)
    before = [faults(thread) for thread in threads if thread is not None]
    busy(2.0)
    after = [faults(thread) for thread in threads if thread is not None]
    assert len(before) == 2
    assert [now[1] - then[1] for then, now in zip(before, after, strict=True)] == [0, 0]
    # the kernel may move a page now and then by itself
    assert max(now[0] - then[0] for then, now in zip(before, after, strict=True)) <= 8
