"""Keeps what lies ahead until shortly before its time, and hands it over in the order of time.

A bundle is handed over `lead_s` early, so that its notes are decoded and rendered when their frame comes; the executor
starts them at exactly that frame.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable, Sequence

from oscvae.errors import BusyError, OscvaeError
from oscvae.osc.client import Client
from oscvae.osc.dispatch import Executor
from oscvae.osc.parse import Command

MOST = 8192  # commands that may wait, whoever sent them; and as many that end notes beside them
FORGOTTEN = "forgotten: a /panic or /clearSched came before its time"
_EARLY_S = 0.0005  # what is due this soon is handed over in the same turn


class EventScheduler:
    """A heap of moments on the event loop. `lead_s` is asked each time it plans the next hand-over."""

    def __init__(self, executor: Executor, lead_s: Callable[[], float]) -> None:
        self._executor = executor
        self._lead_s = lead_s
        self._heap: list[tuple[int, int, Sequence[Command], Client]] = []
        self._order = itertools.count()
        self._waiting = 0
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return self._waiting

    def at(self, due_ns: int, commands: Sequence[Command], client: Client) -> None:
        """Take `commands` for the moment `due_ns` (Unix ns).

        Raises BusyError when too many wait, after it has taken those that end notes: a note on that was taken must not
        hang because its note off came too late. Should even their room be full, they are obeyed at once.
        """
        if due_ns - time.time_ns() <= (self._lead_s() + _EARLY_S) * 1e9 and (
            not self._heap or due_ns < self._heap[0][0]
        ):
            self._executor.execute(commands, client, due_ns)
            return
        waiting = self._waiting
        if waiting + len(commands) <= MOST:
            self._keep(due_ns, commands, client)
            return
        ends = [command for command in commands if command.ends_notes]
        if waiting + len(ends) > 2 * MOST:
            self._executor.execute(ends, client, None)
        elif ends:
            self._keep(due_ns, ends, client)
        if len(ends) < len(commands):
            raise BusyError(f"busy: {waiting} scheduled commands wait, at most {MOST} may")

    def _keep(self, due_ns: int, commands: Sequence[Command], client: Client) -> None:
        heapq.heappush(self._heap, (due_ns, next(self._order), commands, client))
        self._waiting += len(commands)
        if self._heap[0][0] == due_ns:
            self._plan()

    def clear(self, forgets: Callable[[Command], bool] = lambda command: True) -> None:
        """Forget what waits, all of it or these commands; whoever was promised an answer is told."""
        waiting, self._heap, self._waiting = self._heap, [], 0
        for due_ns, order, commands, client in waiting:
            kept = [command for command in commands if not forgets(command)]
            if kept:
                self._heap.append((due_ns, order, kept, client))
                self._waiting += len(kept)
        heapq.heapify(self._heap)
        self._plan()
        for _, _, commands, client in waiting:
            for command in commands:
                if command.row.replies and forgets(command):
                    client.fail(command.path, FORGOTTEN)

    def _plan(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._heap:
            delay = (self._heap[0][0] - time.time_ns()) / 1e9 - self._lead_s()
            self._timer = asyncio.get_running_loop().call_later(max(0.0, delay), self._hand_over)

    def _hand_over(self) -> None:
        self._timer = None
        try:
            horizon_ns = time.time_ns() + round((self._lead_s() + _EARLY_S) * 1e9)
            while self._heap and self._heap[0][0] <= horizon_ns:
                due_ns, _, commands, client = heapq.heappop(self._heap)
                self._waiting -= len(commands)
                try:
                    self._executor.execute(commands, client, due_ns)
                except OscvaeError as error:
                    client.fail(commands[0].path, error)
        finally:  # a fault in one bundle must not strand those behind it
            self._plan()
