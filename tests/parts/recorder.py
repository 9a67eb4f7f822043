"""A JACK client that records ports sample-exactly, with the frame and the time of every period.

Its callback is compiled, as the daemon's is, because one in Python loses periods under load. Connected to a client's
outputs it runs after that client in the same cycle, so that both mean the same by a frame.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import jack
import numpy as np
from numba import types
from numpy.typing import NDArray

from oscvae.audio.jack import jack_last_frame_time, jack_port_get_buffer
from oscvae.realtime.kernel import callback
from oscvae.realtime.libc import CLOCK_MONOTONIC, clock_gettime, require
from oscvae.realtime.memory import floats_at, load, load_word, store, store_word, words_at

require(("jack_get_cycle_times",), jack._libname)
_cycle_times = types.ExternalFunction(
    "jack_get_cycle_times", types.int32(types.int64, types.int64, types.int64, types.int64, types.int64)
)

_CLIENT, _PORTS, _SOUND, _CAPACITY, _PERIODS, _MOST_PERIODS, _LAST_32, _FRAME, _SCRATCH, _HANDLES = range(10)
_DONE, _N_PERIODS, _LOST, _RUN = 24, 32, 40, 48
_WORDS = 64

# columns of `Recorder.periods`
FRAME, START, COUNT, CYCLE_US, WOKEN_NS = range(5)
_COLUMNS = 5


@callback("int32(uint32, int64)")
def _record(count, address):  # type: ignore[no-untyped-def]
    own = words_at(address, _WORDS)
    if load(own, _RUN) == 0:
        return 0
    n = int(count)
    done, period = own[_DONE], own[_N_PERIODS]
    scratch = words_at(own[_SCRATCH], 8)
    clock_gettime(np.int32(CLOCK_MONOTONIC), own[_SCRATCH])
    woken = scratch[0] * 1_000_000_000 + scratch[1]
    frame_32 = int(jack_last_frame_time(own[_CLIENT]))
    own[_FRAME] += (frame_32 - own[_LAST_32]) & 0xFFFFFFFF
    own[_LAST_32] = frame_32
    if done + n > own[_CAPACITY] or period >= own[_MOST_PERIODS]:
        store(own, _LOST, own[_LOST] + n)
        return 0
    at = own[_SCRATCH]
    _cycle_times(own[_CLIENT], at + 16, at + 24, at + 32, at + 40)
    row = words_at(own[_PERIODS] + period * 40, 5)
    row[0] = own[_FRAME]
    row[1] = done
    row[2] = n
    row[3] = scratch[3]
    row[4] = woken
    for k in range(own[_PORTS]):
        source = jack_port_get_buffer(own[_HANDLES + k], count)
        out = floats_at(own[_SOUND] + (k * own[_CAPACITY] + done) * 4, n)
        if source != 0:
            heard = floats_at(source, n)
            for i in range(n):
                out[i] = heard[i]
    store(own, _DONE, done + n)
    store(own, _N_PERIODS, period + 1)
    return 0


class Recorder:
    """Records `ports` inputs for at most `seconds`, from `start` to `stop`; a new start forgets what was recorded."""

    def __init__(self, server: str, *, ports: int = 2, seconds: float = 20.0, name: str = "recorder") -> None:
        self._client = jack.Client(name, no_start_server=True, servername=server)
        self.rate = int(self._client.samplerate)
        capacity = round(seconds * self.rate)
        most = capacity // int(self._client.blocksize) + 64
        # touched here, so that the callback never faults a page in
        self._sound = np.full((ports, capacity), np.float32(0.0))
        self._periods = np.full((most, _COLUMNS), 0, np.int64)
        self._scratch = np.zeros(8, np.int64)
        self._words = np.zeros(_WORDS, np.int64)
        inputs = [self._client.inports.register(f"in_{k + 1}") for k in range(ports)]
        self.port_names = [str(port.name) for port in inputs]
        ffi = jack._ffi
        for index, value in (
            (_CLIENT, int(ffi.cast("intptr_t", self._client._ptr))),
            (_PORTS, ports),
            (_SOUND, self._sound.ctypes.data),
            (_CAPACITY, capacity),
            (_PERIODS, self._periods.ctypes.data),
            (_MOST_PERIODS, most),
            (_SCRATCH, self._scratch.ctypes.data),
            *((_HANDLES + k, int(ffi.cast("intptr_t", port._ptr))) for k, port in enumerate(inputs)),
        ):
            self._words[index] = value
        jack._lib.jack_set_process_callback(
            self._client._ptr,
            ffi.cast("int(*)(jack_nframes_t, void*)", _record.address),
            ffi.cast("void*", self._words.ctypes.data),
        )
        self._client.activate()

    def connect(self, sources: Sequence[str]) -> None:
        """Record these output ports, in this order."""
        for source, target in zip(sources, self.port_names, strict=True):
            self._client.connect(source, target)

    def start(self) -> None:
        store_word(self._words, _RUN, 0)
        time.sleep(2 * int(self._client.blocksize) / self.rate + 0.01)  # no callback is inside any more
        for index in (_DONE, _N_PERIODS, _LOST):
            store_word(self._words, index, 0)
        store_word(self._words, _RUN, 1)

    def stop(self) -> None:
        store_word(self._words, _RUN, 0)

    def wait(self, seconds: float, timeout_s: float = 30.0) -> None:
        """Return once this much has been recorded; raises TimeoutError if the server does not serve it."""
        deadline = time.monotonic() + timeout_s
        while self.frames < seconds * self.rate:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.frames} frames were recorded in {timeout_s} s")
            time.sleep(0.005)

    @property
    def frames(self) -> int:
        """Frames recorded so far."""
        return int(load_word(self._words, _DONE))

    @property
    def lost(self) -> int:
        """Frames that found no room."""
        return int(load_word(self._words, _LOST))

    @property
    def sound(self) -> NDArray[np.float32]:
        """float32 [ports, frames], the periods served one after another."""
        return self._sound[:, : self.frames]

    @property
    def periods(self) -> NDArray[np.int64]:
        """int64 [periods, 5]: the server's frame (64 bits, the low half as JACK counts), where in `sound` it starts,
        its length, the cycle's start in JACK's own smoothed microseconds, monotonic ns when the callback woke."""
        return self._periods[: int(load_word(self._words, _N_PERIODS))]

    @property
    def skipped(self) -> int:
        """Frames that the server or this client missed between the first and the last period recorded."""
        periods = self.periods
        if len(periods) < 2:
            return 0
        return int((periods[1:, FRAME] - periods[:-1, FRAME] - periods[:-1, COUNT]).sum())

    def index_of(self, frame: int) -> int:
        """Where in `sound` the server's frame is (only its low 32 bits count); raises LookupError if it was missed."""
        ahead = (frame - self.periods[:, FRAME]) & 0xFFFFFFFF
        rows = np.flatnonzero(ahead < self.periods[:, COUNT])
        if not len(rows):
            raise LookupError(f"frame {frame} was not recorded")
        return int(self.periods[rows[0], START] + ahead[rows[0]])

    def frame_at(self, index: int) -> int:
        """The server's frame of `sound[:, index]`."""
        periods = self.periods
        row = periods[int(np.searchsorted(periods[:, START], index, side="right")) - 1]
        return int(row[FRAME] + index - row[START])

    def time_us(self, index: int) -> float:
        """When `sound[:, index]` began to be played, in JACK's microseconds (CLOCK_MONOTONIC with jackd's -c s)."""
        periods = self.periods
        row = periods[int(np.searchsorted(periods[:, START], index, side="right")) - 1]
        return float(row[CYCLE_US]) + (index - int(row[START])) * 1e6 / self.rate

    def close(self) -> None:
        """Leave the server, alive or dead. May be called again."""
        self.stop()
        pointer: Any = self._client._ptr
        self._client._ptr = jack._ffi.NULL
        if pointer:
            jack._lib.jack_client_close(pointer)
