"""The backend without a server or device: blocks paced by the monotonic clock, heard by nobody.

With it voices, scheduler and OSC work on any machine, and go on while a JACK server is away.
"""

from __future__ import annotations

import threading

import numpy as np
from numba import types

from oscvae.audio.backend import STOP_TIMEOUT_S, Backend, take_over
from oscvae.audio.mixer import block
from oscvae.realtime import layout as at
from oscvae.realtime.denormal import FLUSH_BITS, get_float_mode, set_float_mode
from oscvae.realtime.engine import Engine
from oscvae.realtime.kernel import kernel
from oscvae.realtime.libc import CLOCK_MONOTONIC, require
from oscvae.realtime.lookup import clock_ns
from oscvae.realtime.memory import Arena, load, store, store_word, words_at

require(("clock_nanosleep",), "libc.so.6")
clock_nanosleep = types.ExternalFunction(
    "clock_nanosleep", types.int32(types.int32, types.int32, types.int64, types.int64)
)

_TIMER_ABSTIME = 1
_NAP_NS = 50_000_000  # longest sleep, so that a stop is seen soon whatever the period
_LATE_NS = 100_000_000  # further behind than this, periods are skipped, not caught up with

# words of one pace
_RUN, _FRAME, _TIME = 0, 1, 8
_PACE_WORDS = 16


@kernel("void(int64, int64)")
def _sleep_until(due_ns, clock):  # type: ignore[no-untyped-def]
    words = words_at(clock, 2)
    words[0] = due_ns // 1_000_000_000
    words[1] = due_ns % 1_000_000_000
    clock_nanosleep(np.int32(CLOCK_MONOTONIC), np.int32(_TIMER_ABSTIME), clock, 0)


@kernel("int64(int64, int64)")
def frames_to_ns(frames, rate):  # type: ignore[no-untyped-def]
    """Duration of `frames` at `rate` Hz in ns, exact to the ns and without overflow for centuries."""
    return frames // rate * 1_000_000_000 + frames % rate * 1_000_000_000 // rate


@kernel("int64(int64, int64)")
def ns_to_frames(duration_ns, rate):  # type: ignore[no-untyped-def]
    """Whole frames at `rate` Hz in `duration_ns`."""
    return duration_ns // 1_000_000_000 * rate + duration_ns % 1_000_000_000 * rate // 1_000_000_000


@kernel("void(int64, int64, int64, int64)")
def _run(engine_address, pace_address, rate, period):  # type: ignore[no-untyped-def]
    """Serve a block whenever its first frame is due, until the pace's run word is 0.

    A frame's due time is derived from the count since the start, never from the last block's, so it does not drift.
    """
    engine = words_at(engine_address, at.ENGINE_WORDS)
    pace = words_at(pace_address, _PACE_WORDS)
    clock = pace_address + _TIME * 8
    mode = get_float_mode()
    set_float_mode(mode | FLUSH_BITS)
    first = pace[_FRAME]
    origin = clock_ns(np.int32(CLOCK_MONOTONIC), clock)
    done = 0
    while load(pace, _RUN) == 1:
        due = origin + frames_to_ns(done, rate)
        now = clock_ns(np.int32(CLOCK_MONOTONIC), clock)
        if now < due:
            _sleep_until(min(due, now + _NAP_NS), clock)
            continue
        if now - due > _LATE_NS:  # the process was suspended, or starved: what was missed is an xrun
            done += ns_to_frames(now - due, rate) // period * period
            store(engine, at.E_XRUNS, engine[at.E_XRUNS] + 1)
        block(engine, (first + done) & 0xFFFFFFFF, period, 0, 0)
        done += period
    set_float_mode(mode)


class SilentBackend(Backend):
    """Blocks of `block_size` frames at `sample_rate` Hz into nothing. `first_frame`: where its 32-bit count starts."""

    name = "silent"

    def __init__(self, *, sample_rate: int = 48_000, block_size: int = 128, first_frame: int = 0) -> None:
        self.rate = sample_rate
        self.period = block_size
        self._pace = Arena(_PACE_WORDS * 8).words(_PACE_WORDS)
        self._pace[_FRAME] = first_frame & 0xFFFFFFFF
        self._thread: threading.Thread | None = None

    def start(self, engine: Engine) -> None:
        take_over(engine, self.rate, self.period)
        store_word(self._pace, _RUN, 1)
        # daemon: a process that must leave does not wait for it
        self._thread = threading.Thread(
            target=_run,
            args=(engine.address, int(self._pace.ctypes.data), self.rate, self.period),
            name="oscvae-silent",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> bool:
        store_word(self._pace, _RUN, 0)
        if self._thread is None:
            return True
        self._thread.join(STOP_TIMEOUT_S)
        return not self._thread.is_alive()

    def down(self) -> bool:
        return False

    def describe(self) -> str:
        return f"silent, {self.rate} Hz, {self.period} frames"
