"""The system calls that a decoder may make: a seccomp filter, which lists what is allowed and refuses the rest.

What computing needs is allowed: memory, threads of its own, time, reading files, and the descriptors that it was given.
A refused call fails with EPERM, which torch reports as any other error; what libc tries before something older (clone3,
calls newer than this list) fails with ENOSYS, so that it falls back. Numbers and structures are those of x86-64.

Source: Linux, Documentation/userspace-api/seccomp_filter.rst; S. McCanne, V. Jacobson, "The BSD Packet Filter", 1993.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

ALWAYS = {
    "futex": 202,
    "read": 0,
    "write": 1,
    "recvfrom": 45,
    "sendto": 44,
    "clock_nanosleep": 230,
    "clock_gettime": 228,
    "mmap": 9,
    "munmap": 11,
    "mprotect": 10,
    "mremap": 25,
    "brk": 12,
    "mincore": 27,
    "stat": 4,
    "fstat": 5,
    "lstat": 6,
    "newfstatat": 262,
    "statx": 332,
    "statfs": 137,
    "fstatfs": 138,
    "poll": 7,
    "ppoll": 271,
    "select": 23,
    "pselect6": 270,
    "lseek": 8,
    "pread64": 17,
    "preadv": 295,
    "readv": 19,
    "writev": 20,
    "fadvise64": 221,
    "access": 21,
    "faccessat": 269,
    "faccessat2": 439,
    "readlink": 89,
    "readlinkat": 267,
    "getdents64": 217,
    "getcwd": 79,
    "dup": 32,
    "rt_sigaction": 13,
    "rt_sigprocmask": 14,
    "rt_sigreturn": 15,
    "sigaltstack": 131,
    "restart_syscall": 219,
    "sched_yield": 24,
    "sched_getaffinity": 204,
    "sched_getparam": 143,
    "sched_getscheduler": 145,
    "getpriority": 140,
    "getcpu": 309,
    "get_mempolicy": 239,
    "nanosleep": 35,
    "clock_getres": 229,
    "gettimeofday": 96,
    "time": 201,
    "times": 100,
    "getpid": 39,
    "gettid": 186,
    "getppid": 110,
    "getuid": 102,
    "geteuid": 107,
    "getgid": 104,
    "getegid": 108,
    "getrlimit": 97,
    "getrusage": 98,
    "sysinfo": 99,
    "uname": 63,
    "getrandom": 318,
    "getsockname": 51,
    "getpeername": 52,
    "arch_prctl": 158,  # threads, and the tile registers of newer processors
    "set_robust_list": 273,
    "rseq": 334,
    "membarrier": 324,
    "exit": 60,
    "exit_group": 231,
}
"""Allowed whatever the arguments. None of them makes a file, a socket or a process, or reaches another process."""
CUDA = {
    "mlock": 149,
    "munlock": 150,
    "mbind": 237,
    "set_mempolicy": 238,
    "eventfd2": 290,
    "pipe2": 293,
    "epoll_create1": 291,
    "epoll_ctl": 233,
    "epoll_wait": 232,
}
"""Allowed besides where the driver's library computes in the process."""

_OPEN, _OPENAT, _IOCTL, _FCNTL, _MADVISE, _CLONE, _PRCTL, _TGKILL, _PRLIMIT, _CLONE3, _CLOSE = (
    *(2, 257, 16, 72, 28),
    *(56, 157, 234, 302, 435, 3),
)
_SECCOMP = 317
_NEWEST = 462  # mseal, of Linux 6.10; what is newer is not known here
_X32 = 0x4000_0000  # a bit of the numbers of another ABI, by which a list can be evaded

_MAKES = os.O_CREAT | os.O_TRUNC | (os.O_TMPFILE & ~os.O_DIRECTORY)
_WRITES = _MAKES | os.O_ACCMODE
# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC, F_GET_SEALS: not F_SETOWN and F_SETSIG, which signal others; not
# F_SETFL, which takes O_ASYNC off the guard
_FCNTL_COMMANDS = (0, 1, 2, 3, 1030, 1034)
_IOCTL_COMMANDS = (0x541B, 0x5421, 0x5450, 0x5451, 0x5401)  # FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, TCGETS
# FIOASYNC, FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCSCTTY, TIOCLINUX: signals to others, keys into a terminal
_IOCTL_NEVER = (0x5452, 0x8901, 0x8902, 0x5412, 0x540E, 0x541C)
# NORMAL, RANDOM, SEQUENTIAL, WILLNEED, DONTNEED, FREE, DONTFORK, DOFORK, HUGEPAGE, NOHUGEPAGE, DONTDUMP, DODUMP: not
# REMOVE, which takes the pages of shared memory away from all who map it
_ADVICE = (0, 1, 2, 3, 4, 8, 10, 11, 14, 15, 16, 17)
_PRCTL_OPTIONS = (15, 16, 0x53564D41)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA: not PR_SET_PDEATHSIG
_CLONE_THREAD = 0x0001_0000
_CLONE_OF_THREADS = 0x007D_0F00  # VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS, PARENT_SETTID, CHILD_CLEARTID ..

_LOAD, _EQUAL, _ABOVE, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x54, 0x06
_ALLOW, _KILL = 0x7FFF_0000, 0x8000_0000
_AUDIT_ARCH_X86_64 = 0xC000_003E
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16  # in struct seccomp_data

_PR_SET_SECCOMP_FILTER, _ALL_THREADS, _NO_SLOWER = 1, 1, 4  # SECCOMP_SET_MODE_FILTER, FLAG_TSYNC, FLAG_SPEC_ALLOW

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand


def _load(offset: int) -> Instruction:
    return _LOAD, 0, 0, offset


def _argument(index: int, high: bool = False) -> Instruction:
    """Load the low or high half of an argument; what the kernel takes as an int has only the low one."""
    return _load(_ARGUMENTS_AT + 8 * index + 4 * high)


def _answer(value: int) -> Instruction:
    return _RETURN, 0, 0, value


_PERMIT = _answer(_ALLOW)
_REFUSE = _answer(0x0005_0000 | errno.EPERM)
_UNKNOWN = _answer(0x0005_0000 | errno.ENOSYS)


def _of(number: int, checks: list[Instruction]) -> list[Instruction]:
    """The checks for one system call, the last of which answers."""
    return [(_EQUAL, 0, len(checks), number), *checks]


def _one_of(index: int, values: tuple[int, ...], among: Instruction, otherwise: Instruction) -> list[Instruction]:
    """`among` if an int argument is one of these values."""
    checks = [_argument(index)]
    for value in values:
        checks += [(_EQUAL, 0, 1, value & 0xFFFF_FFFF), among]
    return [*checks, otherwise]


def _without(index: int, bits: int) -> list[Instruction]:
    """Permit if none of these bits is set in an int argument."""
    return [_argument(index), (_ANY_BIT, 0, 1, bits), _REFUSE, _PERMIT]


def program(pid: int, *, cuda: bool, may_open_devices: bool, kept: int | None = None) -> list[Instruction]:
    """The filter of a process: BPF over struct seccomp_data.

    pid: its own, the only one that it may signal. cuda: a CUDA device computes in it. may_open_devices: files may be
    opened for writing, because Landlock leaves none but devices. kept: a descriptor that cannot be closed; dup2, dup3
    and close_range, which could, are on no list.
    """
    code = [
        _load(_ARCH_AT),
        (_EQUAL, 1, 0, _AUDIT_ARCH_X86_64),
        _answer(_KILL),
        _load(_NUMBER_AT),
        (_ANY_BIT, 0, 1, _X32),
        _REFUSE,
    ]
    for number in (ALWAYS | CUDA if cuda else ALWAYS).values():
        code += [(_EQUAL, 0, 1, number), _PERMIT]
    code += _of(_CLOSE, _one_of(0, () if kept is None else (kept,), _REFUSE, _PERMIT))
    writes = _MAKES if may_open_devices else _WRITES
    code += _of(_OPENAT, _without(2, writes)) + _of(_OPEN, _without(1, writes))
    code += _of(_FCNTL, _one_of(1, _FCNTL_COMMANDS, _PERMIT, _REFUSE))
    if cuda:
        code += _of(_IOCTL, _one_of(1, _IOCTL_NEVER, _REFUSE, _PERMIT))
    else:
        code += _of(_IOCTL, _one_of(1, _IOCTL_COMMANDS, _PERMIT, _REFUSE))
    code += _of(_MADVISE, _one_of(2, _ADVICE, _PERMIT, _REFUSE))
    code += _of(_PRCTL, _one_of(0, _PRCTL_OPTIONS, _PERMIT, _REFUSE))
    code += _of(_TGKILL, _one_of(0, (pid,), _PERMIT, _REFUSE))
    only_read = [_argument(2), (_EQUAL, 1, 0, 0), _REFUSE, _argument(2, high=True), (_EQUAL, 0, 1, 0), _PERMIT, _REFUSE]
    code += _of(_PRLIMIT, only_read)
    a_thread = [_argument(0), (_ANY_BIT, 1, 0, _CLONE_THREAD), _REFUSE, *_without(0, ~_CLONE_OF_THREADS & 0xFFFF_FFFF)]
    code += _of(_CLONE, a_thread)
    code += [(_EQUAL, 0, 1, _CLONE3), _UNKNOWN]
    return [*code, (_ABOVE, 0, 1, _NEWEST), _UNKNOWN, _REFUSE]


def suits_this_machine() -> bool:
    """Whether the list is written for this processor."""
    return platform.machine() == "x86_64" and ctypes.sizeof(ctypes.c_void_p) == 8


def restrict(libc: ctypes.CDLL, *, cuda: bool, may_open_devices: bool, kept: int | None = None) -> None:
    """Confine every thread of this process, for ever; no_new_privs must be set. Raises OSError where the kernel lacks
    it."""
    code = b"".join(
        struct.pack("<HBBI", *instruction)
        for instruction in program(os.getpid(), cuda=cuda, may_open_devices=may_open_devices, kept=kept)
    )
    instructions = ctypes.create_string_buffer(code, len(code))
    filter_ = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", len(code) // 8, ctypes.addressof(instructions)))
    # older kernels slow a filtered process down against speculation, unless it asks them not to; the oldest know no ask
    for flags in (_ALL_THREADS | _NO_SLOWER, _ALL_THREADS):
        answer = libc.syscall(
            ctypes.c_long(_SECCOMP), ctypes.c_long(_PR_SET_SECCOMP_FILTER), ctypes.c_long(flags), filter_
        )
        if answer == 0:
            return
        number = ctypes.get_errno() if answer < 0 else errno.ESRCH  # else: a thread that has a filter of its own
        if number != errno.EINVAL:
            break
    raise OSError(number, os.strerror(number))
