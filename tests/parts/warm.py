"""A process that has imported what a daemon imports and has its kernels, and forks daemons: each has 2.2 s of processor
time less to do until it is ready.

A daemon that is started as users start it imports the package, loads its kernels and has a process import torch. The
tests of starting and leaving start theirs so (`Daemon(.., fresh=True)`); all others want a daemon that runs.

What is forked runs `oscvae serve` from the command line's first word on, and forks its first zygote from itself, at the
moment at which it would start one. Any later one is started as ever.

    tests > here, a SOCK_SEQPACKET socket: {"arguments": .., "environment": .., "folder": .., "nice": ..}, with the
            descriptors of the log and of STATUS
    here > tests, by STATUS: {"pid": ..} with a pidfd, and {"code": ..} once it has ended
"""

from __future__ import annotations

import contextlib
import functools
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import IO, Any, NamedTuple, NoReturn

from parts import ROOT

MOST = 1 << 17  # bytes of a request
START_TIMEOUT_S = 240.0  # it may have to compile
NOBODY_KNOWS = 255  # the exit code where the process is gone that would tell it
CODE_S = 5.0  # within which it tells how a process ended that has ended
SHARED = "OSCVAE_TESTS_WARM"  # the descriptor of a socket to a process that several processes of tests share
OURS = ("PYTEST_CURRENT_TEST", "PYTEST_VERSION", SHARED)  # in the environment, and nothing to a daemon
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
"""In its environment: what waits for threads that torch has begun waits for ever in what is forked."""
ZYGOTE = "oscvae.decode.zygote"


# in the process of the tests


class Warm:
    """The process, and the socket to it: one of its own, or the one that the environment names."""

    def __init__(self) -> None:
        if SHARED in os.environ:
            self._line = socket.socket(fileno=os.dup(int(os.environ[SHARED])))
        else:
            self._line, self._process = begin(AT_START)
        self._line.settimeout(START_TIMEOUT_S)

    def same(self, environment: Mapping[str, str]) -> bool:
        """Whether it was started in that environment, which was this process's: what it imported may have looked at
        it."""
        return _relevant(environment) == AT_START

    def start(self, arguments: Sequence[str], log: IO[bytes], environment: dict[str, str]) -> Forked:
        """A process that runs `oscvae` with these arguments. Raises OSError, ValueError."""
        asked = json.dumps(
            {
                "arguments": arguments,
                "environment": environment,
                "folder": os.getcwd(),  # noqa: PTH109
                "nice": os.getpriority(os.PRIO_PROCESS, 0),
            }
        )
        status, told = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with told:
            socket.send_fds(self._line, [asked.encode()], [log.fileno(), told.fileno()])
        status.settimeout(START_TIMEOUT_S)
        try:
            data, descriptors, _, _ = socket.recv_fds(status, MOST, 1)
            (pidfd,) = descriptors
            return Forked(arguments, int(json.loads(data)["pid"]), pidfd, status)
        except (OSError, ValueError):
            status.close()
            raise


def _relevant(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in OURS}


AT_START = _relevant(os.environ)
"""The environment of the tests, before what they import has set something in it, as torch does."""


def begin(environment: Mapping[str, str]) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Such a process and a socket to it, on which any number may ask; it ends when nobody holds the socket."""
    line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "parts.warm", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**environment, **ONE_THREAD, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        )
    return line, process


@functools.cache
def warm() -> Warm:
    """The one that this process asks."""
    return Warm()


class Forked:
    """A daemon that was forked: as much of subprocess.Popen as tests use."""

    def __init__(self, arguments: Sequence[str], pid: int, pidfd: int, status: socket.socket) -> None:
        self.args = arguments
        self.pid = pid
        self.returncode: int | None = None
        self._pidfd = pidfd
        self._status = status

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0.0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            poll = select.poll()
            poll.register(self._pidfd, select.POLLIN)
            if not poll.poll(None if timeout is None else 1000.0 * timeout):
                raise subprocess.TimeoutExpired("oscvae", timeout or 0.0)
            self._status.settimeout(CODE_S)
            data = self._status.recv(MOST)
            self.returncode = int(json.loads(data)["code"]) if data else NOBODY_KNOWS
            self._status.close()
            os.close(self._pidfd)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has ended, and is not told of yet
                signal.pidfd_send_signal(self._pidfd, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


# in the process that forks


class _Child(NamedTuple):
    pid: int
    status: int


def main(line: socket.socket) -> None:
    """Fork whatever is asked for, tell how each ended, and end when nobody can ask any more."""
    import_all()
    children: dict[int, _Child] = {}
    poll = select.poll()
    poll.register(line, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == line.fileno():
                data, descriptors, _, _ = socket.recv_fds(line, MOST, 2)
                if not data:
                    return
                pid = 0
                try:
                    log, status = descriptors
                    asked = json.loads(data)
                    pid = os.fork()
                    pidfd = os.pidfd_open(pid) if pid else -1
                except (OSError, ValueError):  # whoever asks starts one itself
                    for given in descriptors:
                        os.close(given)
                    if pid:
                        os.kill(pid, signal.SIGKILL)
                        os.waitpid(pid, 0)
                    continue
                if not pid:
                    _become(log, **asked)
                children[pidfd] = _Child(pid, status)
                poll.register(pidfd, select.POLLIN)
                os.close(log)
                if not _say(status, pidfd, pid=pid):  # nobody waits any more
                    os.kill(pid, signal.SIGKILL)
            else:
                poll.unregister(descriptor)
                child = children.pop(descriptor)
                _, ended = os.waitpid(child.pid, 0)
                _say(child.status, code=os.waitstatus_to_exitcode(ended))
                os.close(child.status)
                os.close(descriptor)


def import_all() -> None:
    """What daemons and their zygotes import, compile and load.

    It stays frozen in them: to collect it, and to copy the pages that are counted in, was half of the 0.9 s of
    processor time that one took to start.
    """
    gc.disable()
    from oscvae.app import cli, kernels, serve  # noqa: F401
    from oscvae.decode import preload

    preload.import_all()
    kernels.load_kernels()
    from oscvae.daemon import conductor  # noqa: F401

    gc.enable()
    gc.collect()
    gc.freeze()


def _say(status: int, *descriptors: int, **said: int) -> bool:
    """Whether somebody hears it."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(status)) as told:
        socket.send_fds(told, [json.dumps(said).encode()], list(descriptors))
        return True
    return False


def _become(log: int, arguments: list[str], environment: dict[str, str], folder: str, nice: int) -> NoReturn:
    """Be `oscvae` with these arguments, with nothing of this process's but its memory."""
    code = 1
    try:
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        os.chdir(folder)
        os.setpriority(os.PRIO_PROCESS, 0, nice)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())  # what is imported in a thread of a daemon's blocks some in it
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["oscvae", *arguments]
        _fork_first_zygote()
        from oscvae.app import cli

        code = _code_of(cli.main)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _code_of(run: Any) -> int:
    try:
        run()
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            return leaving.code or 0
        print(leaving.code, file=sys.stderr)
        return 1
    return 0


def _fork_first_zygote() -> None:
    """Have the daemon's first zygote forked from it, which has torch already; the others are started as ever."""
    from oscvae.decode import process

    start = process._spawn

    def spawn(module: str, descriptors: Sequence[int]) -> Any:
        process._spawn = start
        if module != ZYGOTE:
            return start(module, descriptors)
        return _Zygote(*descriptors)

    process._spawn = spawn  # type: ignore[assignment]


class _Zygote:
    """A zygote that is this process's child: as much of subprocess.Popen as `oscvae.decode.process` uses."""

    def __init__(self, line: int) -> None:
        self.returncode: int | None = None
        self._lock = threading.Lock()
        environment = _zygote_environment()
        self.pid = os.fork()
        if not self.pid:
            _become_zygote(line, environment)

    def poll(self) -> int | None:
        with self._lock:
            if self.returncode is None:
                pid, ended = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.returncode = os.waitstatus_to_exitcode(ended)
            return self.returncode

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("zygote", timeout)
            time.sleep(0.005)
        return code


def _zygote_environment() -> dict[str, str]:
    from oscvae.decode import process

    return process._environment()


def _become_zygote(line: int, environment: dict[str, str]) -> NoReturn:
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nothing, descriptor)
        os.dup2(line, 3)
        os.closerange(4, os.sysconf("SC_OPEN_MAX"))
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = [ZYGOTE, "3"]
        from oscvae.decode import zygote

        code = zygote.main()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
