"""What zygote and decoders set for themselves at their start: the end with the daemon, priority, name.

Source: Linux, fcntl(2), "Signals"; prctl(2), PR_SET_NAME.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import select
import signal

MOST_REALTIME_US = 5_000_000  # of computing without a pause; a model that never comes back must not hold a core
_NICE = -10
_PR_SET_NAME = 15


def end_with(guard_fd: int) -> bool:
    """Have the kernel kill this process when the other end of that socket closes, whatever runs here; False if it has
    closed.

    It is silent: nothing else makes a signal of it. What is set on it lasts while anybody has this end open: the zygote
    that forked this process has, and a process that is confined cannot close its own (`seccomp`).
    """
    fcntl.fcntl(guard_fd, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(guard_fd, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(guard_fd, fcntl.F_SETFL, fcntl.fcntl(guard_fd, fcntl.F_GETFL) | os.O_ASYNC)
    poll = select.poll()
    poll.register(guard_fd, select.POLLIN)
    return not poll.poll(0)


def settle() -> None:
    """Leave the daemon's Ctrl-C to it, run before ordinary work where the system grants it, and be ended by the kernel
    when it hangs at the realtime priority that the daemon gives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_RTTIME, (MOST_REALTIME_US, MOST_REALTIME_US))


def call_process(name: str) -> None:
    """Let lists of processes show it by that, of at most 15 bytes."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)
