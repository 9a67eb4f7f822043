"""What the tests of a live daemon share."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
from support import Daemon, OscClient

Z = (0.1, 0.2, -0.3, 0.4)
_UNWANTED = (
    "Traceback",
    "the daemon goes on",
    "a command failed",
    "cannot go on",
    "Exception in callback",
    "never awaited",
)


def wait_until(true: Callable[[], bool], timeout_s: float) -> bool:
    """Whether it becomes true in time."""
    deadline = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def check_log(daemon: Daemon) -> None:
    """Nothing in it that only a fault of the program says."""
    text = daemon.log
    assert [part for part in _UNWANTED if part in text] == [], text


def processes(daemon: Daemon) -> list[psutil.Process]:
    """The daemon's children that run: its decoders."""
    children = psutil.Process(daemon.process.pid).children(recursive=True)
    return [process for process in children if _runs(process)]


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def resident_bytes(daemon: Daemon) -> int:
    """Memory of the daemon that is nobody else's; the blocks of a decoder that has left are."""
    return int(psutil.Process(daemon.process.pid).memory_full_info().uss)


def sounds(daemon: Daemon, note: float = 60.0) -> bool:
    """Whether a note that is played now begins to sound."""
    listener = OscClient(daemon.port)
    try:
        if listener.ask("/notify", 1, answer=("/done",)) is None:
            return False
        listener.send("/play", note, *Z)
        return listener.wait_for("/voice/on", timeout_s=10.0) is not None
    finally:
        listener.send("/notify", 0)
        listener.send("/stop")
        listener.close()
