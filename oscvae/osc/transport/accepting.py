"""One port that takes connections: of whom, how many of each host, and what is done where the system has no room.

Why not asyncio's own server: where no descriptor is left, it logs a hundred tracebacks a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Callable
from typing import Generic, TypeVar

from oscvae.osc.hub import Hub
from oscvae.osc.transport.shares import Shares
from oscvae.osc.transport.sparing import Sparing

KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}  # a minute in all, as a subscription lasts
PAUSE_S = 1.0  # without accepting, where the system has no room for a connection

_BACKLOG = 100
_ACCEPTED_AT_ONCE = 16  # of the event clock's turn

log = logging.getLogger(__name__)

Line = TypeVar("Line", bound=asyncio.Protocol)


def keep_alive(connection: socket.socket) -> None:
    """Have the system ask a silent peer now and then whether it is still there, and end the connection if it is not."""
    with contextlib.suppress(OSError):  # it has ended already
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE.items():
            option = getattr(socket, name, None)  # not every system has them all
            if option is not None:
                connection.setsockopt(socket.IPPROTO_TCP, option, value)


class Accepting(Generic[Line]):
    """Listening sockets, and at most `most` connections of one `kind`.

    make(host, port, is_loopback): the protocol of a connection that is let in. lost(line): it came to nothing; else its
    protocol hears so itself. Whoever hears it calls `leave`.
    """

    def __init__(
        self,
        hub: Hub,
        *,
        kind: str,
        most: int,
        make: Callable[[str, int, bool], Line],
        lost: Callable[[Line], None],
    ) -> None:
        self._hub = hub
        self._kind = kind
        self._make, self._lost = make, lost
        self._listening: list[socket.socket] = []
        self._places = Shares(most)
        self._taking: set[asyncio.Task[object]] = set()
        self._resuming: set[asyncio.TimerHandle] = set()
        self._refusals, self._exhaustions = Sparing(log), Sparing(log)

    async def listen(self, host: str, port: int) -> int:
        """Take connections; returns the port. Raises OSError for a port that cannot be had, and gaierror, which is one,
        or UnicodeError for a host that is none."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        try:
            for family, address in dict.fromkeys((info[0], info[4]) for info in found):
                self._listen(family, (address[0], port, *address[2:]))
                port = port or int(self._listening[0].getsockname()[1])
        except BaseException:
            self.close()
            raise
        for listening in self._listening:
            loop.add_reader(listening, self._accept, listening)
        return port

    def _listen(self, family: int, address: tuple[object, ...]) -> None:
        listening = socket.socket(family, socket.SOCK_STREAM)
        self._listening.append(listening)
        listening.setblocking(False)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)

    @property
    def is_open(self) -> bool:
        return bool(self._listening)

    def close(self) -> None:
        """Listen no more; connections stay."""
        loop = asyncio.get_running_loop()
        for handle in self._resuming:
            handle.cancel()
        for listening in self._listening:
            loop.remove_reader(listening)
            listening.close()
        self._listening.clear()

    def leave(self, host: str, is_loopback: bool) -> None:
        """A connection of that host is gone."""
        self._places.leave(host, is_loopback)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                accepted, peer = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._pause(listening, error)
                return
            line = self._admit(str(peer[0]), int(peer[1]))
            if line is None:
                accepted.close()
                continue
            accepted.setblocking(False)
            keep_alive(accepted)
            self._take(line, accepted)

    def _pause(self, listening: socket.socket, error: OSError) -> None:
        """The system has no room: what knocks waits in its queue, and the event clock is not asked at each turn."""
        why = error.strerror or error
        more = "; ulimit -n says how many files may be open" if error.errno == errno.EMFILE else ""
        self._exhaustions.warn(f"no further {self._kind} connection can be taken now: {why}{more}")
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening)

        def resume() -> None:
            self._resuming.discard(handle)
            loop.add_reader(listening, self._accept, listening)

        handle = loop.call_later(PAUSE_S, resume)
        self._resuming.add(handle)

    def _admit(self, host: str, port: int) -> Line | None:
        """The protocol of who may have one more."""
        allowed, is_loopback = self._hub.judge(host)
        if not allowed:
            self._hub.refused += 1
            return None
        why = self._places.refusal(host, is_loopback, f"{self._kind} connections")
        if why:
            self._refusals.warn(f"{self._kind} connection of {host} refused: {why}")
            return None
        self._places.take(host, is_loopback)
        return self._make(host, port, is_loopback)

    def _take(self, line: Line, accepted: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        task: asyncio.Task[object] = loop.create_task(loop.connect_accepted_socket(lambda: line, accepted))
        self._taking.add(task)

        def taken(task: asyncio.Task[object]) -> None:
            self._taking.discard(task)
            if task.cancelled() or task.exception() is not None:
                accepted.close()
                self._lost(line)

        task.add_done_callback(taken)
