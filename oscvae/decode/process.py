"""The start of a decoder process: forked from a zygote, which has imported torch once, or spawned where that fails.

Importing torch takes a second and hundreds of megabytes; a fork of a process that has done so has its memory in common
with all others. The zygote is one for this process, started by the first who needs it (or by `prepare`), and started
again when it died: by the next who needs it, or before that by `renew`. A decoder outlives its zygote, and ends with
this process: it holds one end of a silent socket, whose other end is here, and is killed by the kernel when that closes
(`guard`). PR_SET_PDEATHSIG would follow the process that forked it.

    here > zygote, a SOCK_SEQPACKET socket: one message for each decoder, with the descriptors of ROLES and of STATUS
    zygote > here, by STATUS: {"pid": ..} with a pidfd, or {"error": ..}; and {"code": ..} once it has ended
"""

from __future__ import annotations

import atexit
import contextlib
import json
import math
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from oscvae.errors import DecoderError

ROLES = ("link", "pool", "pipe", "guard")  # of the descriptors that a worker is given, in this order
FIRST = 3  # of them in one that was forked; the others follow
MAX_STATUS = 4096
BIRTH_TIMEOUT_S = 60.0  # torch is imported from a slow disk
_CODE_S = 0.5  # within which a zygote tells how a process ended that has ended
_ATTEMPTS = 2  # with a zygote, before a process is spawned instead
RENEW_S = 10.0
"""Between two zygotes that nobody has asked for yet: one that cannot live is not started over and over."""
# an OpenMP runtime that pins its threads calls what a confined process may not, and fails to start them
_PINNING = ("OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY")


def _environment() -> dict[str, str]:
    """Of zygote and decoders: without what a confined process cannot use, and with no threads from the start, which can
    be neither forked nor confined: a decoder sets how many it has. OpenBLAS is used by nothing here."""
    kept = {name: value for name, value in os.environ.items() if name not in _PINNING}
    one = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {**kept, **one, "PYTHONUNBUFFERED": "1"}


class _Zygote:
    """The process that forks decoders, and the socket to it."""

    def __init__(self) -> None:
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self._process = _spawn("oscvae.decode.zygote", [theirs.fileno()])
            except OSError:
                self.line.close()
                raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, descriptors: Sequence[int]) -> None:
        """Have it fork a decoder. Raises OSError where it is gone."""
        self.line.settimeout(BIRTH_TIMEOUT_S)
        socket.send_fds(self.line, [b"fork"], list(descriptors))

    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """Let it go: it leaves when the last of its decoders has left."""
        self.line.close()

    def disown(self) -> None:
        """It is the child of another process."""
        self.line.close()
        self._process.returncode = 0

    def kill(self) -> None:
        self.close()
        if self.alive():
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_CODE_S)


class _Zygotes:
    """The one that forks now, and those that did so before and still have decoders."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: _Zygote | None = None
        self._former: list[_Zygote] = []
        self._born_s = -math.inf

    def current(self) -> _Zygote:
        with self._lock:
            if self._current is None or not self._current.alive():
                self._retire()
                self._born_s = time.monotonic()
                self._current = _Zygote()
            return self._current

    def has_died(self) -> bool:
        zygote = self._current
        return zygote is not None and not zygote.alive() and time.monotonic() - self._born_s > RENEW_S

    def retire(self) -> None:
        """The next decoder has another."""
        with self._lock:
            self._retire()

    def _retire(self) -> None:
        if self._current is not None:
            self._current.close()
            self._former.append(self._current)
            self._current = None
        self._former = [zygote for zygote in self._former if zygote.alive()]

    def __iter__(self) -> Iterator[_Zygote]:
        yield from self._former
        if self._current is not None:
            yield self._current

    def kill(self) -> None:
        for zygote in self:
            zygote.kill()

    def forget(self) -> None:
        """In a fork of this process, which has no decoder."""
        for zygote in self:
            zygote.disown()
        self.__init__()  # type: ignore[misc]


_zygotes = _Zygotes()
atexit.register(_zygotes.kill)
os.register_at_fork(after_in_child=_zygotes.forget)


def prepare() -> None:
    """Start the zygote, so that torch is imported when the first decoder is wanted. Raises OSError."""
    _zygotes.current()


def has_died() -> bool:
    """Whether the zygote has died, and `renew` is due."""
    return _zygotes.has_died()


def renew() -> None:
    """Start another zygote in advance where one has died. For a thread that may wait some milliseconds."""
    if _zygotes.has_died():
        with contextlib.suppress(OSError):  # which is told when the next decoder is wanted
            _zygotes.current()


def retire() -> None:
    """Have the next decoder from another zygote, which has the environment as it is then."""
    _zygotes.retire()


def zygotes() -> list[int]:
    """The process ids of those that run."""
    return [zygote.pid for zygote in _zygotes if zygote.alive()]


def _spawn(module: str, descriptors: Sequence[int]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *map(str, descriptors)],
        pass_fds=tuple(descriptors),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        start_new_session=True,
    )


class Process:
    """A decoder's process, and the link to it. `start` once; `kill` whenever, from any thread."""

    def __init__(self) -> None:
        self.pid = 0
        self.link: socket.socket | None = None
        self._guard: socket.socket | None = None  # closed, the process ends
        self._status: socket.socket | None = None
        self._pidfd = -1
        self._spawned: subprocess.Popen[bytes] | None = None
        self._killed = False
        self._code: int | None = None

    def start(self, pool_fd: int, pipe_fd: int) -> socket.socket:
        """Start it with these descriptors; returns our end of its link. Blocks until there is a process, at most as
        long as importing torch takes. Raises DecoderError."""
        for _ in range(_ATTEMPTS):
            try:
                zygote = _zygotes.current()
            except OSError:
                break
            with contextlib.suppress(OSError):  # it is gone, or hangs
                if self._fork(zygote, pool_fd, pipe_fd):
                    return self._begun()
            if self._killed:
                break
            self._let_go()
            zygote.kill()  # it is not asked again, however long its death takes
        if not self._killed:
            try:
                self._spawn(pool_fd, pipe_fd)
            except OSError as error:
                self._let_go()
                raise DecoderError(f"no decoder process can be started: {error}") from error
        return self._begun()

    def _begun(self) -> socket.socket:
        if self._killed:
            self.kill()
            raise DecoderError("its process was ended before it began")
        assert self.link is not None
        return self.link

    def _sockets(self) -> tuple[socket.socket, socket.socket]:
        """Its ends of link and guard."""
        self.link, link = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._guard, guard = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        return link, guard

    def _fork(self, zygote: _Zygote, pool_fd: int, pipe_fd: int) -> bool:
        """Whether the zygote made one."""
        self._status, told = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        link, guard = self._sockets()
        with told, link, guard:
            zygote.ask((link.fileno(), pool_fd, pipe_fd, guard.fileno(), told.fileno()))
        self._status.settimeout(BIRTH_TIMEOUT_S)
        data, descriptors, _, _ = socket.recv_fds(self._status, MAX_STATUS, 1)
        said: dict[str, Any] = json.loads(data) if data else {}
        if "pid" not in said or not descriptors:
            return False
        self.pid, self._pidfd = int(said["pid"]), descriptors[0]
        return True

    def _spawn(self, pool_fd: int, pipe_fd: int) -> None:
        link, guard = self._sockets()
        with link, guard:
            descriptors = (link.fileno(), pool_fd, pipe_fd, guard.fileno())
            self._spawned = _spawn("oscvae.decode.worker", descriptors)
        self.pid = self._spawned.pid

    def running(self) -> bool:
        if self._spawned is not None:
            return self._spawned.poll() is None
        return self._pidfd >= 0 and not _readable(self._pidfd, 0.0)

    def wait(self, timeout_s: float) -> int | None:
        """Wait for its end; the exit code, or minus the signal, or None where nobody knows. Raises TimeoutError."""
        if self._spawned is not None:
            try:
                return self._spawned.wait(timeout_s)
            except subprocess.TimeoutExpired:
                raise TimeoutError from None
        if self._pidfd >= 0 and not _readable(self._pidfd, timeout_s):
            raise TimeoutError
        if self._code is None and self._status is not None:
            self._status.settimeout(_CODE_S)
            with contextlib.suppress(OSError):
                data = self._status.recv(MAX_STATUS)
                self._code = int(json.loads(data)["code"]) if data else None  # no data: the zygote is gone
        return self._code

    def kill(self) -> None:
        """End it now, or before it begins."""
        self._killed = True
        if self._spawned is not None:
            if self._spawned.poll() is None:
                self._spawned.kill()
        elif self._pidfd >= 0:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        elif self._status is not None:  # `start` waits for it
            with contextlib.suppress(OSError):
                self._status.shutdown(socket.SHUT_RDWR)

    def close(self, timeout_s: float) -> None:
        """End it, wait for its end, and let go of all descriptors."""
        self.kill()
        if self.running():
            with contextlib.suppress(TimeoutError):
                self.wait(timeout_s)
        self._let_go()

    def _let_go(self) -> None:
        for end in (self.link, self._guard, self._status):
            if end is not None:
                end.close()
        self.link = self._guard = self._status = None
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1


def _readable(descriptor: int, timeout_s: float) -> bool:
    """Whether there is something to read, within that time."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    deadline = time.monotonic() + timeout_s
    return bool(poll.poll(max(0.0, deadline - time.monotonic()) * 1000.0))
