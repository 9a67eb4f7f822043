"""What the audio backends have in common: their interface, and how each takes over the engine and lets go of it.

A backend lives as long as its server or device: made (which opens it, so that rate and period are known), started with
an engine, stopped for good. When it is `down`, control stops it, lets a SilentBackend keep the engine's clock going,
and makes a new one once `jack.probe` says that a server is back.

    backend = choose("auto", ...)       # opens; backend.rate is what the engine must run at
    backend.start(engine)               # from here on, the backend's thread runs mixer.block
    backend.down()                      # asked now and then
    fade_out(engine, 0.2); backend.stop()

All of it may block for a moment and belongs off the event clock.
"""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.memory import load_word, store_word

log = logging.getLogger(__name__)

Connections = Literal["auto"] | Sequence[str]

T = TypeVar("T")

STOP_TIMEOUT_S = 1.0
_POLL_S = 0.002
_INSIDE_S = 0.2  # a callback takes well under a millisecond; only one whose thread is starved is inside for longer


class Stall:
    """Notices that a server asks for no more blocks: not every server says so when it stops or dies."""

    TIMEOUT_S = 2.0  # the longest pause that a living server makes, as it changes its period or its device

    def __init__(self) -> None:
        self._served = -1
        self._served_at = time.monotonic()

    def reset(self) -> None:
        """Begin to wait now, after a start."""
        self._served_at = time.monotonic()

    def over(self, engine: Engine) -> bool:
        """Whether no block was served for `TIMEOUT_S`, as far as the calls of this method can tell."""
        served, now = engine.word(at.E_BLOCKS), time.monotonic()
        if served != self._served:
            self._served, self._served_at = served, now
        return now - self._served_at > self.TIMEOUT_S


class Backend(ABC):
    """An opened audio server or device. `rate` in Hz and `period` in frames are what it dictates."""

    name: str
    rate: int
    period: int

    @abstractmethod
    def start(self, engine: Engine) -> None:
        """Have `engine`'s blocks served until `stop`. Raises AudioError."""

    @abstractmethod
    def stop(self) -> bool:
        """Serve no more blocks and close: within STOP_TIMEOUT_S, whatever the server does. May be called again.

        False when the server did not let go in time; what is left of it then sleeps until the process ends, and never
        touches the engine again.
        """

    @abstractmethod
    def down(self) -> bool:
        """Whether the server is gone, or has changed its rate: time to stop this backend and make a new one."""

    @abstractmethod
    def describe(self) -> str:
        """One line for `/status`, `doctor` and the log."""

    def join_up(self) -> None:  # noqa: B027  (only a server with ports of others has any)
        """Make the configured connections whose ports have appeared; asked now and then."""

    def realtime_priority(self) -> int | None:
        """SCHED_FIFO priority of the thread that runs the callback; None where it has none."""
        return None


def take_over(engine: Engine, rate: int, period: int) -> None:
    """Ready the engine for a new server's clock, while no callback runs.

    The 64-bit frame count goes on after the last block served; the server's own 32-bit count starts anew.
    """
    if engine.word(at.E_FRAME_32) >= 0:
        engine.set_word(at.E_FRAME, engine.word(at.E_FRAME) + engine.word(at.E_PERIOD))
        engine.set_word(at.E_FRAME_32, -1)
    engine.set_rate(rate)
    engine.set_word(at.E_PERIOD, period)
    engine.set_word(at.E_SERVER_RATE, rate)
    engine.set_word(at.E_SERVER_PERIOD, period)
    engine.set_word(at.E_SERVER_DOWN, 0)
    engine.set_word(at.E_FREEWHEEL, 0)
    if engine.live is not None:
        engine.live.rate = 0


def shut_out(words: NDArray[np.int64], open_: int, inside: int) -> None:
    """Let no callback into the engine any more, and wait until the one that may be inside has left.

    A callback sets the word `inside` before it looks whether `open_` is still 1; the pause makes up for either of
    them not being seen at once by the other processor.
    """
    if load_word(words, open_) == 0:
        return
    store_word(words, open_, 0)
    deadline = time.monotonic() + _INSIDE_S
    time.sleep(_POLL_S)
    while load_word(words, inside) == 1 and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def bounded(work: Callable[[], T], timeout_s: float) -> T | None:
    """What `work` returns or raises within `timeout_s`; after that None, and `work` goes on in its own thread."""
    result: list[T] = []
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:
            trouble.append(error)

    thread = threading.Thread(target=run, name="oscvae-audio", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if trouble:
        raise trouble[0]
    return result[0] if result else None


def fade_out(engine: Engine, timeout_s: float) -> bool:
    """Fade the mix to silence and wait, at most `timeout_s`, until the server has played that silence.

    True when it has; at once False when there is no server left to play it. The engine stays silent afterwards.
    """
    deadline = time.monotonic() + timeout_s

    def wait(done: Callable[[], bool]) -> bool:
        while not done():
            if engine.word(at.E_SERVER_DOWN) or time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_S)
        return True

    engine.set_word(at.E_CLOSING, 1)
    if not wait(lambda: engine.word(at.E_SILENT) == 1):
        return False
    # the block that ended the fade is on its way; the next one says that the server has taken it
    taken = engine.word(at.E_BLOCKS) + 1
    return wait(lambda: engine.word(at.E_BLOCKS) >= taken)
