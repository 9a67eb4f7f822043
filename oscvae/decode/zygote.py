"""The zygote: a process that has imported torch and all that a decoder needs, and forks each decoder from itself.

Started as `python -m oscvae.decode.zygote FD`. It opens no model and no device, and has one thread: a fork keeps only
the thread that forks. It tells how each of its decoders ended, since it is their parent, and leaves when nobody asks it
any more and the last of them has ended. What is asked for, and what it says: `process`.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import select
import signal
import socket
import sys
from typing import NamedTuple

from oscvae.decode import guard, preload, worker
from oscvae.decode.process import FIRST, MAX_STATUS, ROLES


class _Child(NamedTuple):
    """A decoder, who is told of its end, and its end of the guard: what is set on it lasts while anybody holds it."""

    pid: int
    status: int
    guard: int


class Zygote:
    """The loop between the socket of requests and the ends of the decoders."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._open = True
        self._children: dict[int, _Child] = {}  # by pidfd
        self._poll = select.poll()
        self._poll.register(line, select.POLLIN)

    def run(self) -> None:
        while self._open or self._children:
            for descriptor, _ in self._poll.poll():
                if descriptor == self._line.fileno():
                    self._take()
                else:
                    self._bury(descriptor)

    def _take(self) -> None:
        data, descriptors, _, _ = socket.recv_fds(self._line, MAX_STATUS, len(ROLES) + 1)
        if not data:
            self._open = False
            self._poll.unregister(self._line)
        if len(descriptors) != len(ROLES) + 1:
            _close(*descriptors)
            return
        *given, status = descriptors
        try:
            pid = os.fork()
        except OSError as error:
            _say(status, error=f"no process can be forked: {error.strerror}")
            _close(*descriptors)
            return
        if not pid:
            _become(given)
        pidfd = os.pidfd_open(pid)
        link, pool, pipe, guard = given
        _close(link, pool, pipe)
        self._children[pidfd] = _Child(pid, status, guard)
        self._poll.register(pidfd, select.POLLIN)
        _say(status, pidfd, pid=pid)

    def _bury(self, pidfd: int) -> None:
        self._poll.unregister(pidfd)
        child = self._children.pop(pidfd)
        _, status = os.waitpid(child.pid, 0)
        _say(child.status, code=os.waitstatus_to_exitcode(status))
        _close(pidfd, child.status, child.guard)


def _become(given: list[int]) -> None:
    """Be the decoder, with nothing of the zygote's but its memory; for ever."""
    code = 1
    try:
        guard.call_process("oscvae-decoder")
        kept = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, FIRST + len(given)) for descriptor in given]
        for place, descriptor in enumerate(kept, FIRST):
            os.dup2(descriptor, place)
        os.closerange(FIRST + len(given), os.sysconf("SC_OPEN_MAX"))
        code = worker.serve(*range(FIRST, FIRST + len(given)))
    finally:
        os._exit(code)


def _say(status: int, *descriptors: int, **said: int | str) -> None:
    """To who may be gone."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(status)) as told:
        socket.send_fds(told, [json.dumps(said).encode()], list(descriptors))


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def main() -> int:
    guard.call_process("oscvae-zygote")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = socket.socket(fileno=int(sys.argv[1]))
    guard.settle()
    gc.disable()  # a million objects come, and hardly one goes
    preload.import_all()
    gc.enable()
    gc.collect()
    gc.freeze()
    Zygote(line).run()
    return 0


if __name__ == "__main__":
    os._exit(main())
