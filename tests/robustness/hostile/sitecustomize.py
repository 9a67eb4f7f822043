"""Gives decoder processes code that is hostile: as if a model had found a way to run whatever it likes there.

Which of MISCHIEF it does is said by the first latent, from -3.25 on downwards by quarters. Python imports this when it
starts with this folder in PYTHONPATH.
"""

from __future__ import annotations

import ctypes
import heapq
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

FIRST, STEP = -3.25, 0.25


def cut_the_pool(worker: Any) -> None:
    os.ftruncate(worker.pool_fd, 0)


def kill_the_daemon(worker: Any) -> None:
    os.kill(os.getppid(), signal.SIGKILL)


def overtake_the_daemon(worker: Any) -> None:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99))


def _records(slot: int, generation: int, block: int) -> bytes:
    from oscvae.decode.wire import RECORD

    return RECORD.pack(1, slot, generation, block, 0, 1000, 0, 0)


def flood_the_pipe(worker: Any) -> None:
    """More than a pipe holds, for as long as it is let."""
    many = _records(0, 1, 0) * 64
    while True:
        try:
            os.write(worker._pipe_fd, many)
        except BlockingIOError:
            time.sleep(0.0001)


def answer_beyond_the_pool(worker: Any) -> None:
    for place in (2**62, -(2**62), -1, 10**6):
        os.write(worker._pipe_fd, _records(place, place, place))


def write_scraps(worker: Any) -> None:
    os.write(worker._pipe_fd, b"\xff" * 37)


def flood_the_socket(worker: Any) -> None:
    notice = json.dumps({"error": "again"}).encode()
    while True:
        worker._link.send(notice)


def say_nonsense(worker: Any) -> None:
    worker._link.send(b'{"encoded": ' + b"[" * 60_000)


def crash(worker: Any) -> None:
    ctypes.string_at(0)


def end(worker: Any) -> None:
    os._exit(0)


def scribble_on_the_pool(worker: Any) -> None:
    """And answer as if nothing were."""
    worker._pool[:, ::3] = float("nan")
    worker._pool[:, 1::3] = float("inf")
    worker._pool[:, 2::3] = -3e38


MISCHIEF: tuple[Callable[[Any], None], ...] = (
    cut_the_pool,
    kill_the_daemon,
    overtake_the_daemon,
    flood_the_pipe,
    answer_beyond_the_pool,
    write_scraps,
    flood_the_socket,
    say_nonsense,
    crash,
    end,
    scribble_on_the_pool,
)


def latent(name: str) -> float:
    """Where that is done."""
    return FIRST - STEP * [function.__name__ for function in MISCHIEF].index(name)


def main() -> int:
    from oscvae.decode import notes, zygote
    from oscvae.decode.wire import RECORD

    class Worker(notes.Worker):
        def __init__(self, link: Any, setup: Any, pool_fd: int, pipe_fd: int, guard_fd: int) -> None:
            super().__init__(link, setup, pool_fd, pipe_fd, guard_fd)
            self.pool_fd = pool_fd

        def _serve(self, network: Any) -> None:
            request = self._waiting[0][3]
            place = round((FIRST - request.z[0]) / STEP)
            if not 0 <= place < len(MISCHIEF):
                super()._serve(network)
                return
            heapq.heappop(self._waiting)
            status = notes.GOOD
            try:
                MISCHIEF[place](self)
            except OSError as error:
                self.say(error=f"decoding failed: {error}")
                status = notes.FAILED
            record = RECORD.pack(notes.DECODED, request.slot, request.generation, request.block, status, 0, 0, 0)
            os.write(self._pipe_fd, record)

    notes.Worker = Worker
    sys.argv = sys.orig_argv[-2:]
    return zygote.main()


if "oscvae.decode.zygote" in sys.orig_argv:
    os._exit(main())
