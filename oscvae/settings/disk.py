"""A folder as the event clock sees it: every call has a deadline, and one that hangs holds no other up.

A folder on a network may never answer, and a thread that waits for it cannot be ended. So while a question about one
file hangs no second is asked about it, and each folder has a few threads of its own, which are all that it can hold.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from oscvae.errors import BusyError, DiskError
from oscvae.settings.threads import Threads

T = TypeVar("T")

ANSWER_S = 5.0  # that a disk may take; one that has to spin up takes less
HANGING_MOST = 4  # questions to one folder

log = logging.getLogger(__name__)


class Disk:
    """One folder, `name` in words ("the presets folder"); lives on the event clock."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self._threads = Threads("disk", HANGING_MOST)
        self._hanging: set[str] = set()

    async def ask(self, work: Callable[[], T], about: str = "", late: Callable[[T], None] | None = None) -> T:
        """What `work` returns or raises, done in a thread.

        about: the file, or whatever else no second question is asked about while the first hangs. late: hears on the
        event clock what a question came to that had been given up. Raises DiskError when the folder does not answer in
        time, BusyError when it still owes an earlier answer.
        """
        if about in self._hanging or len(self._hanging) >= HANGING_MOST:
            raise BusyError(f"busy: {self.name} has still not answered an earlier question")
        job = self._threads.submit(work)
        answer = asyncio.wrap_future(job)
        done, _ = await asyncio.wait({answer}, timeout=ANSWER_S)
        if not done and not job.cancel():
            if not self._hanging:
                log.warning("%s does not answer: %s", self.name, self.folder)
            self._hanging.add(about)
            answer.add_done_callback(partial(self._answered, about, late))
        if not done:
            raise DiskError(f"{self.name} did not answer within {ANSWER_S:.0f} s")
        return answer.result()

    def _answered(self, about: str, late: Callable[[T], None] | None, answer: asyncio.Future[T]) -> None:
        self._hanging.discard(about)
        if not self._hanging:
            log.info("%s answers again: %s", self.name, self.folder)
        if not answer.cancelled() and answer.exception() is None and late is not None:
            late(answer.result())
