"""Opening what should be a file: a FIFO would hang whoever opens it, a device may do anything."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

NAME_BYTES = 255
"""A file's name has at most so many, on every common file system; a letter beyond ASCII takes two to four."""

_KINDS = {stat.S_IFDIR: "folder", stat.S_IFIFO: "FIFO", stat.S_IFSOCK: "socket"}


def open_regular(path: Path) -> BinaryIO:
    """A regular file, open to be read. Raises OSError for anything else, without having opened it."""
    _check(path.stat().st_mode)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _check(os.fstat(descriptor).st_mode)  # it may have been exchanged
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _check(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"it is not a file but a {_KINDS.get(stat.S_IFMT(mode), 'device')}")


def why(error: Exception) -> str:
    """What the system says of an error, without the path that its text may name."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
