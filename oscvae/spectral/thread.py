"""The hop clock's thread: enters the compiled render loop once, with what priority and memory the system grants.

Priority and locked memory keep the renderer from being late; where the system refuses them it plays all the same, and
says so once, with the remedy.
"""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import threading

from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.libc import LIBC
from oscvae.realtime.memory import Arena
from oscvae.spectral.renderer import render_loop, wake

log = logging.getLogger(__name__)

STOP_TIMEOUT_S = 1.0
BELOW_CALLBACK = 10  # the callback must always be able to interrupt the renderer
_REMEDY = "allow it in /etc/security/limits.d (for example '@audio - {limit}') and log in again"

_mlock = LIBC.mlock
_mlock.argtypes = (ctypes.c_void_p, ctypes.c_size_t)


def lock_memory(arena: Arena) -> bool:
    """Keep an arena's pages in memory. False where RLIMIT_MEMLOCK does not allow it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
    return bool(_mlock(arena.address, arena.size_bytes) == 0)


class RenderThread:
    """Runs the engine's render loop from `start` to `stop`; the engine must outlive it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = threading.Thread(target=render_loop, args=(engine.address,), name="oscvae-render", daemon=True)
        self._said: set[str] = set()

    def start(self, callback_priority: int | None = None) -> None:
        """Start rendering; `callback_priority` as in `set_priority`."""
        self._engine.set_word(at.E_RUN, 1)
        self.lock(self._engine.arena)
        self._thread.start()
        self.set_priority(callback_priority)

    def lock(self, arena: Arena) -> None:
        """Lock the memory that the renderer reads: the engine's arena is by itself, a model's context is not."""
        if not lock_memory(arena):
            self._say_once("memory", "its memory may be swapped out", "memlock unlimited")

    def set_priority(self, callback_priority: int | None) -> bool:
        """Run at SCHED_FIFO just below the callback's priority, or as any thread where that is None.

        Returns whether it was granted.
        """
        thread_id = self._thread.native_id
        if thread_id is None or not self._thread.is_alive():
            return False
        try:
            if callback_priority is None:
                os.sched_setscheduler(thread_id, os.SCHED_OTHER, os.sched_param(0))
            else:
                priority = max(1, callback_priority - BELOW_CALLBACK)
                os.sched_setscheduler(thread_id, os.SCHED_FIFO, os.sched_param(priority))
        except PermissionError:
            self._say_once("priority", "it runs without realtime priority", "rtprio 95")
            return False
        return True

    def alive(self) -> bool:
        """Whether the loop runs."""
        return self._thread.is_alive()

    def stop(self) -> bool:
        """Leave the loop; False if it has not within STOP_TIMEOUT_S. May be called again."""
        self._engine.set_word(at.E_RUN, 0)
        wake(self._engine.address)
        if self._thread.ident is None:
            return True
        self._thread.join(STOP_TIMEOUT_S)
        return not self._thread.is_alive()

    def _say_once(self, what: str, consequence: str, limit: str) -> None:
        if what not in self._said:
            self._said.add(what)
            log.warning("the renderer was refused a privilege: %s; %s", consequence, _REMEDY.format(limit=limit))
