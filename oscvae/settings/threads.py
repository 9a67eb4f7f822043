"""Worker threads for what blocks: few, kept, and joined by nobody, because a thread that hangs cannot be ended.

asyncio's own pool is one for all: six calls to a dead network mount fill it on a machine with two cores, and whatever
else needs a thread then waits for ever. `concurrent.futures` has pools of any size, but waits for each of their threads
when the interpreter ends.
"""

from __future__ import annotations

import asyncio
import errno
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Threads:
    """At most `most` threads, begun when they are needed, called `name`_0 and so on."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._count = 0
        self._unfinished = 0  # jobs

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Have `work` done; what still waits for a thread can be cancelled. Raises OSError where there can be none."""
        job: Future[T] = Future()
        with self._lock:
            if self._count < min(self._unfinished + 1, self._most):
                self._begin()
            self._unfinished += 1
            self._jobs.put((job, work))
        return job

    def _begin(self) -> None:
        thread = threading.Thread(target=self._serve, name=f"{self._name}_{self._count}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system's limit
            if not self._count:
                raise OSError(errno.EAGAIN, "no thread can be begun") from error
        else:
            self._count += 1

    def _serve(self) -> None:
        while True:
            self._do(*self._jobs.get())

    def _do(self, job: Future[Any], work: Callable[[], Any]) -> None:
        result, trouble = None, None
        begun = job.set_running_or_notify_cancel()
        if begun:
            try:
                result = work()
            except BaseException as error:
                trouble = error
        with self._lock:
            self._unfinished -= 1  # before anybody hears of it, and has more for this thread
        if trouble is not None:
            job.set_exception(trouble)
        elif begun:
            job.set_result(result)

    async def run(self, work: Callable[[*Ts], T], *args: *Ts) -> T:
        """What `work` returns or raises, done in one of these threads."""
        return await asyncio.wrap_future(self.submit(lambda: work(*args)))
