"""How a daemon has to leave: at once, with exit code 0, and with nothing left behind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from parts.daemon import LEAVE_TIMEOUT_S, Daemon, children_of

PROMISED_S = 1.5


def shared_memory_of(process: psutil.Process) -> list[str]:
    """Files in /dev/shm that a process has open or mapped; those of a JACK server are not counted."""
    try:
        places = [Path(f"/proc/{process.pid}/fd/{fd}").readlink() for fd in os.listdir(f"/proc/{process.pid}/fd")]  # noqa: PTH208
        places += [Path(region.path) for region in process.memory_maps()]
    except (OSError, psutil.Error):
        return []  # it has just ended
    return [str(place) for place in places if place.parent == Path("/dev/shm") and "jack" not in place.name]


def leave(daemon: Daemon, number: int, leaving: Callable[[], None] | None = None) -> float:
    """Signal the daemon, check everything that must hold of how it leaves; returns how long it took, s."""
    family = [psutil.Process(daemon.process.pid), *children_of(daemon.process.pid)]
    assert [name for process in family for name in shared_memory_of(process)] == []
    began = time.monotonic()
    daemon.process.send_signal(number)
    if leaving is not None:
        leaving()
    code = daemon.process.wait(LEAVE_TIMEOUT_S)
    took = time.monotonic() - began
    log = daemon.log
    assert code == 0, f"exit code {code} (negative: killed by that signal)\n{log}"
    daemon.check_log()
    # a zygote that was being started sees that its daemon is gone once it has imported torch
    _, left = psutil.wait_procs(family[1:], timeout=30.0)
    assert left == [], "a process was left behind"
    assert took < PROMISED_S, f"it took {took:.2f} s\n{log}"
    return took
