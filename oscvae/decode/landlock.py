"""The files that a decoder may open: a Landlock ruleset, which leaves nothing but what is named.

It binds the thread that asks for it and those that this thread starts later, for ever.

Source: Linux, Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # system calls, the same on every architecture
_ASK_VERSION = 1
_PATH_BENEATH = 1

_WRITE_FILE, _READ_FILE, _READ_DIR, _IOCTL_DEVICE = 1 << 1, 1 << 2, 1 << 3, 1 << 15
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}  # how many there are from which version on
_TCP = 3  # bind, connect: from version 4
_SCOPES = 3  # abstract sockets, signals: from version 6


def version(libc: ctypes.CDLL) -> int:
    """Of the kernel's Landlock, 1 or more. Raises OSError where there is none."""
    return _call(libc, _CREATE, None, 0, _ASK_VERSION)


def restrict(libc: ctypes.CDLL, readable: Iterable[Path], devices: Iterable[Path] = ()) -> int:
    """Leave this thread nothing but to read files at or below `readable`, and to use `devices`; no TCP either.

    What is not there is passed over. no_new_privs must be set. Returns the version; raises OSError.
    """
    known = version(libc)
    rights = (1 << max(count for since, count in _FILE_RIGHTS.items() if since <= known)) - 1
    fields = [rights, _TCP if known >= 4 else None, _SCOPES if known >= 6 else None]
    attributes = b"".join(struct.pack("=Q", field) for field in fields if field is not None)
    ruleset = _call(libc, _CREATE, ctypes.create_string_buffer(attributes, len(attributes)), len(attributes), 0)
    try:
        for path in readable:
            _allow(libc, ruleset, path, _READ_FILE | _READ_DIR)
        for path in devices:
            _allow(libc, ruleset, path, rights & (_READ_FILE | _READ_DIR | _WRITE_FILE | _IOCTL_DEVICE))
        _call(libc, _RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)
    return known


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            rights &= ~_READ_DIR
        rule = struct.pack("=Qi", rights, place)
        _call(libc, _ADD_RULE, ruleset, _PATH_BENEATH, ctypes.create_string_buffer(rule, len(rule)), 0)
    finally:
        os.close(place)


def _call(libc: ctypes.CDLL, number: int, *arguments: object) -> int:
    passed = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    answer = int(libc.syscall(ctypes.c_long(number), *passed))
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return answer
