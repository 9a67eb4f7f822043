"""Confinement of a decoder's process: a model is foreign code, and computes with no more rights than computing needs.

`confine` is for the process itself, after torch is imported (and the CUDA context open) and before the model's file is:
it gives up what it needs no more, and nothing gives it back. Landlock leaves it the files of the Python environment,
of the system's libraries and of the model, to read; seccomp the system calls that compute; limits bound memory, files
and descriptors. What this kernel or processor lacks is named, and the rest still counts.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from oscvae.decode import landlock, seccomp

FULL, OFF = "full", "off"

MODEL_BYTES = 2 << 30  # of address space that any model may take, besides what its file takes ..
COPIES_OF_THE_FILE = 4  # .. read, as weights, frozen, and packed for the processor
THREAD_BYTES = 256 << 20  # a stack and an arena of malloc each, and torch has two pools
DESCRIPTORS, CUDA_DESCRIPTORS = 32, 256  # besides those that are open
THREADS = 1024  # besides those that the machine runs
OOM_SCORE = 500  # as if it took half of the memory more: it ends before the daemon

_PR_SET_NO_NEW_PRIVS = 38
_CAP_DAC_READ_SEARCH = 2  # root reads its environment by it, whoever owns the files
_CAPABILITY_VERSION_3 = 0x2008_0522

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store", "/etc/ld.so.cache")
LAZILY = ("/proc/cpuinfo", "/proc/sys/vm/overcommit_memory", "/sys/devices/system", "/dev/urandom")
"""What torch and libc look at on the way: processors and caches, how malloc may shrink, a seed."""
CUDA_READS = (
    "/proc/driver/nvidia",
    "/proc/devices",
    "/proc/meminfo",
    "/proc/self/maps",
    "/sys/bus/pci",
    "/sys/devices",
)
CUDA_DEVICES = ("nvidia*", "nvidia-caps", "kfd", "dri")  # in /dev


@dataclass(frozen=True, slots=True)
class Confinement:
    """How far a process is confined. lacking: what the kernel refused, each in a few words."""

    level: str
    lacking: tuple[str, ...] = ()


def confine(
    model: Path, *, cuda: bool = False, threads: int = 1, copies: int = 0, guard_fd: int | None = None
) -> Confinement:
    """Give up everything but what computing the model at that path needs; for ever, and for every thread to come.

    cuda: a CUDA context is open in this process, whose devices stay usable, and whose memory is not bounded. threads:
    of torch. copies: of the model, besides the first. guard_fd: a descriptor that stays open (`guard`).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    lacking = [*_limit(model, cuda=cuda, threads=threads, copies=copies)]
    _drop_capabilities(libc)
    if libc.prctl(*(ctypes.c_ulong(value) for value in (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))):
        lacking.append("no_new_privs")
    missing = []
    try:
        landlock.restrict(libc, readable(model, cuda=cuda), devices() if cuda else ())
    except OSError as error:
        missing.append("landlock")
        lacking.append(f"Landlock, which keeps it from files ({error.strerror}; since Linux 5.13, lsm=landlock)")
    if not seccomp.suits_this_machine():
        missing.append("seccomp")
        lacking.append("seccomp, which keeps it from system calls (x86-64 only)")
    else:
        try:
            seccomp.restrict(libc, cuda=cuda, may_open_devices=cuda and not missing, kept=guard_fd)
        except OSError as error:
            missing.append("seccomp")
            lacking.append(f"seccomp, which keeps it from system calls ({error.strerror}; CONFIG_SECCOMP_FILTER)")
    return Confinement(f"{', '.join(missing)} missing" if missing else FULL, tuple(lacking))


# -- files -------------------------------------------------------------------------------------------------------------


def readable(model: Path, *, cuda: bool = False) -> list[Path]:
    """What a decoder may read: its environment, the system's libraries, what torch looks at, and the model's file."""
    places = [*_environment(), *map(Path, SYSTEM), *map(Path, LAZILY), model]
    if cuda:
        places += map(Path, CUDA_READS)
        places += (Path(text) for text in os.environ.get("LD_LIBRARY_PATH", "").split(":") if text.startswith("/"))
    bare = {_identity(Path("/")), _identity(Path.home()), None}  # an environment loose in there would open all of it
    return [place for place in dict.fromkeys(places) if _identity(place) not in bare]


def _identity(place: Path) -> tuple[int, int] | None:
    """Of a file or folder, by whatever path; None where there is none."""
    try:
        found = place.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _environment() -> Iterator[Path]:
    """The folders of Python and of its packages; those of what is imported one by one, wherever they lie."""
    roots = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, str(Path(os.__file__).parent)}
    roots |= {text for text in sys.path if text.endswith(("/site-packages", "/dist-packages"))}
    yield from map(Path, sorted(roots))
    known = tuple(f"{root}/" for root in roots)
    for name in [name for name in sys.modules if "." not in name]:
        file = getattr(sys.modules[name], "__file__", None)
        if isinstance(file, str) and not file.startswith(known):
            yield Path(file).parent if Path(file).name.startswith("__init__.") else Path(file)


def devices() -> list[Path]:
    """The devices of CUDA and ROCm."""
    return [place for pattern in CUDA_DEVICES for place in sorted(Path("/dev").glob(pattern))]


# -- limits and privileges ---------------------------------------------------------------------------------------------


def _limit(model: Path, *, cuda: bool, threads: int, copies: int) -> Iterator[str]:
    """Bound what the process takes from the machine; yields what could not be bounded."""
    n_descriptors = sum(1 for _ in Path("/proc/self/fd").iterdir()) + (CUDA_DESCRIPTORS if cuda else DESCRIPTORS)
    limits = [
        ("RLIMIT_FSIZE", 0),  # no file grows, whoever opened it
        ("RLIMIT_CORE", 0),  # a core dump is a file too
        ("RLIMIT_NOFILE", n_descriptors),
        ("RLIMIT_NPROC", _running_threads() + THREADS),  # counts all of the user's threads, and nothing for root
    ]
    if not cuda:  # which maps all memory of machine and device into the process
        limits.append(("RLIMIT_AS", _address_space_bytes() + allowance_bytes(model, threads, copies)))
    for name, wanted in limits:
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        try:
            resource.setrlimit(number, (most, most))
        except (OSError, ValueError) as error:
            yield f"{name} ({error})"
    try:
        score = Path("/proc/self/oom_score_adj")
        score.write_bytes(b"%d" % max(OOM_SCORE, int(score.read_bytes())))
    except (OSError, ValueError) as error:
        yield f"oom_score_adj ({error})"


def allowance_bytes(model: Path, threads: int, copies: int = 0) -> int:
    """The address space that a model may take beyond what Python and torch have taken."""
    copies += COPIES_OF_THE_FILE
    return MODEL_BYTES + copies * model.stat().st_size + (2 * threads + 1) * THREAD_BYTES


def _address_space_bytes() -> int:
    pages = Path("/proc/self/statm").read_bytes().split()[0]
    return int(pages) * resource.getpagesize()


def _running_threads() -> int:
    """Of everybody on this machine, the fourth number in /proc/loadavg: "running/all"."""
    return int(Path("/proc/loadavg").read_bytes().split()[3].partition(b"/")[2])


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Root's powers, if it runs as root; all but the one to read."""
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), 8)
    sets = ctypes.create_string_buffer(24)  # effective, permitted, inheritable, for 32 capabilities each; and again
    if libc.capget(header, sets):
        return
    kept = struct.unpack("=6I", sets.raw)[1] & (1 << _CAP_DAC_READ_SEARCH)
    libc.capset(header, ctypes.create_string_buffer(struct.pack("=6I", kept, kept, 0, 0, 0, 0), 24))
