"""A JACK client that plays nothing and takes its time over it: what xruns meet a callback of that length anyway."""

from __future__ import annotations

from typing import Any

import jack
import numpy as np

from oscvae.realtime.kernel import callback
from oscvae.realtime.libc import CLOCK_MONOTONIC, clock_gettime
from oscvae.realtime.memory import words_at

_BUSY_NS, _SECONDS, _NANOSECONDS = range(3)


@callback("int32(uint32, int64)")
def _wait(count, address):  # type: ignore[no-untyped-def]
    own = words_at(address, 3)
    clock_gettime(np.int32(CLOCK_MONOTONIC), address + 8)
    until = own[_SECONDS] * 1_000_000_000 + own[_NANOSECONDS] + own[_BUSY_NS]
    while own[_SECONDS] * 1_000_000_000 + own[_NANOSECONDS] < until:
        clock_gettime(np.int32(CLOCK_MONOTONIC), address + 8)
    return 0


class BusyClient:
    """Takes part in every cycle of the server for `busy_us` microseconds, from now until `close`."""

    def __init__(self, server: str, busy_us: float, *, name: str) -> None:
        self._client = jack.Client(name, no_start_server=True, servername=server)
        self._words = np.array([round(busy_us * 1000), 0, 0], np.int64)
        ffi = jack._ffi
        pointer: Any = self._client._ptr
        jack._lib.jack_set_process_callback(
            pointer,
            ffi.cast("int(*)(jack_nframes_t, void*)", _wait.address),
            ffi.cast("void*", self._words.ctypes.data),
        )
        self._client.activate()

    def close(self) -> None:
        """Leave the server."""
        self._client.close()
