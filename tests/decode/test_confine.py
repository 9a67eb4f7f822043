"""A confined process computes and does nothing else: each attempt works without confinement, and is refused with it."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import pytest

from decode.attempts import ATTEMPTS
from oscvae.decode import confine, landlock, seccomp
from parts import ROOT

SCRIPT = Path(__file__).with_name("attempts.py")
NEIGHBOUR = b"of somebody else"
REFUSED = {"EPERM", "EACCES"}
OTHERWISE = {
    "fork by clone3": {"ENOSYS"},  # so that libc falls back to clone
    "write where a file is open": {"EFBIG"},
    "take much memory": {"ENOMEM"},
    "open many files": {"EMFILE"},
}
READING = {
    "read a neighbour",
    "read the password file",
    "read its environment",
    "list a folder",
    "open the daemons memory",
}
"""Kept from by Landlock alone."""
BY_LANDLOCK = {
    *READING,
    "open a file to write",
    "open a file to read and write",
    "make a file",
    "remove a neighbour",
    "rename a neighbour",
    "make a folder",
    "make a symbolic link",
    "write where a file is open",
    "cut the pool",
    "grow the pool",
    "seal the pool",
    "take much memory",
    "open many files",
}
"""Kept from by Landlock, limits and seals, where there is no list of system calls."""


def _landlock_version() -> int:
    import ctypes

    try:
        return landlock.version(ctypes.CDLL(None, use_errno=True))
    except OSError:
        return 0


LANDLOCK = _landlock_version()
needs_all = pytest.mark.skipif(not LANDLOCK or platform.machine() != "x86_64", reason="needs Landlock and x86-64")


PLACES = TemporaryDirectory(prefix="oscvae-confined-")


def run(how: str, *names: str) -> tuple[dict[str, Any], subprocess.CompletedProcess[str]]:
    """What a process that is confined like that says of its attempts, in a folder of its own."""
    folder = Path(mkdtemp(dir=PLACES.name))
    for name in ("neighbour", "spare", "other"):
        (folder / name).write_bytes(NEIGHBOUR)
    (folder / "model.ts").write_bytes(b"a model")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), how, str(folder), *names],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    answer = json.loads(done.stdout) if done.stdout else {}
    return {**answer, "folder": folder}, done


@cache
def attempted(how: str) -> dict[str, Any]:
    answer, done = run(how)
    assert done.returncode == 0, f"{how}: {done.returncode} {done.stderr}"
    return answer


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the attempts know the numbers of x86-64")
@pytest.mark.parametrize("name", ATTEMPTS)
def test_what_is_not_confined_can_do_it(name: str) -> None:
    """Else its refusal would say nothing."""
    assert attempted("nothing")["results"][name] == "done"


@needs_all
@pytest.mark.parametrize("name", ATTEMPTS)
def test_what_is_confined_cannot(name: str) -> None:
    assert attempted("all")["results"][name] in OTHERWISE.get(name, REFUSED)


@needs_all
def test_nothing_of_it_has_left_a_trace() -> None:
    folder = attempted("all")["folder"]
    assert sorted(path.name for path in folder.iterdir()) == ["model.ts", "neighbour", "other", "spare", "written"]
    assert all((folder / name).read_bytes() == NEIGHBOUR for name in ("neighbour", "other", "spare"))
    assert (folder / "written").read_bytes() == b""


@needs_all
def test_a_process_that_has_everything_is_fully_confined() -> None:
    assert attempted("all")["said"] == {"level": confine.FULL, "lacking": []}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the list of system calls is for x86-64")
def test_without_landlock_nothing_is_written_and_that_it_is_missing_is_said() -> None:
    answer = attempted("seccomp")
    assert answer["said"]["level"] == "landlock missing"
    assert len(answer["said"]["lacking"]) == 1 and "since Linux 5.13" in answer["said"]["lacking"][0]
    done = {name for name, result in answer["results"].items() if result == "done"}
    assert READING - {"open the daemons memory"} <= done <= READING  # root, without its powers, may not look there


@pytest.mark.skipif(not LANDLOCK, reason="needs Landlock")
def test_without_a_list_of_system_calls_no_file_is_reached_and_that_it_is_missing_is_said() -> None:
    """As on other processors than x86-64."""
    answer = attempted("landlock")
    assert answer["said"]["level"] == "seccomp missing"
    assert len(answer["said"]["lacking"]) == 1 and "x86-64 only" in answer["said"]["lacking"][0]
    expected = BY_LANDLOCK | ({"connect by tcp", "listen by tcp"} if LANDLOCK >= 4 else set())
    expected |= {"signal the daemon"} if LANDLOCK >= 6 else set()
    assert not [name for name in expected if answer["results"][name] == "done"]


@needs_all
def test_the_calls_of_32_bit_programs_end_it() -> None:
    """Their numbers mean other calls, and the list would let them through."""
    _, free = run("nothing", "32 bits")
    if free.returncode == -signal.SIGSEGV:
        pytest.skip("this kernel runs no 32-bit programs")
    assert free.returncode == 0, free.stderr
    _, confined = run("all", "32 bits")
    assert confined.returncode == -signal.SIGSYS


# -- the filter itself -------------------------------------------------------------------------------------------------


def decide(code: list[seccomp.Instruction], number: int, *arguments: int, arch: int = 0xC000_003E) -> int:
    """What the kernel would answer: a small machine for the few instructions that the filter is made of."""
    words = [number, arch, 0, 0]
    for argument in (*arguments, *[0] * (6 - len(arguments))):
        words += [argument & 0xFFFF_FFFF, argument >> 32 & 0xFFFF_FFFF]
    place, accumulator = 0, 0
    while True:
        operation, if_true, if_false, operand = code[place]
        place += 1
        if operation == 0x20:
            accumulator = words[operand // 4]
        elif operation == 0x06:
            return operand
        else:
            holds = {
                0x15: accumulator == operand,
                0x25: accumulator > operand,
                0x45: bool(accumulator & operand),
            }[operation]
            place += if_true if holds else if_false


ALLOW, EPERM, ENOSYS = 0x7FFF_0000, 0x0005_0001, 0x0005_0026


@pytest.mark.parametrize("cuda", [False, True])
def test_the_filter_ends_for_every_call(cuda: bool) -> None:
    code = seccomp.program(1234, cuda=cuda, may_open_devices=cuda)
    assert len(code) < 4096, "the kernel takes no longer one"
    for instruction in code:
        assert instruction[1] < 256 and instruction[2] < 256 and 0 <= instruction[3] < 1 << 32
    answers = {number: decide(code, number) for number in range(600)}
    assert set(answers.values()) == {ALLOW, EPERM, ENOSYS}
    allowed = {number for number, answer in answers.items() if answer == ALLOW}
    assert allowed >= set(seccomp.ALWAYS.values())
    assert not allowed & {41, 42, 49, 50, 53, 57, 58, 59, 62, 77, 101, 129, 200, 319, 322, 425, 434}
    assert decide(code, 500) == ENOSYS, "newer than the list: libc falls back"


def test_a_device_may_be_opened_to_write_only_where_landlock_leaves_nothing_else() -> None:
    for devices, answer in ((True, ALLOW), (False, EPERM)):
        code = seccomp.program(1, cuda=True, may_open_devices=devices)
        assert decide(code, 257, 0, 0, os.O_RDWR) == answer
        assert decide(code, 257, 0, 0, os.O_RDWR | os.O_CREAT) == EPERM
        assert decide(code, 257, 0, 0, os.O_WRONLY | os.O_TRUNC) == EPERM
        assert decide(code, 257, 0, 0, os.O_WRONLY | os.O_TMPFILE) == EPERM
        assert decide(code, 257, 0, 0, os.O_RDONLY | os.O_DIRECTORY) == ALLOW


def test_a_device_takes_any_command_but_those_that_signal_others() -> None:
    code = seccomp.program(1, cuda=True, may_open_devices=True)
    assert decide(code, 16, 3, 0xC020462A) == ALLOW  # of the NVIDIA driver
    assert [decide(code, 16, 3, command) for command in (0x5452, 0x8901, 0x8902, 0x5412)] == [EPERM] * 4
    assert decide(seccomp.program(1, cuda=False, may_open_devices=False), 16, 3, 0xC020462A) == EPERM


def test_only_threads_are_started() -> None:
    code = seccomp.program(1, cuda=False, may_open_devices=False)
    glibc, musl = 0x3D0F00, 0x7D0F00
    assert decide(code, 56, glibc) == decide(code, 56, musl) == ALLOW
    assert decide(code, 56, glibc & ~0x10000) == EPERM
    assert decide(code, 56, signal.SIGCHLD) == EPERM
    for own in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x1000, 0x2000):
        assert decide(code, 56, glibc | own) == EPERM  # a name space, a descriptor, a tracer


def test_limits_are_read_only_and_signals_go_home() -> None:
    code = seccomp.program(1234, cuda=False, may_open_devices=False)
    assert decide(code, 302, 0, 7, 0, 0x7FFF_0000_1000) == ALLOW
    assert decide(code, 302, 0, 7, 0x1000, 0) == decide(code, 302, 0, 7, 0x7FFF_0000_0000, 0) == EPERM
    assert decide(code, 234, 1234, 1235, 6) == ALLOW
    assert decide(code, 234, 1, 1, 6) == decide(code, 234, 0xFFFF_FFFF, 1, 6) == EPERM


def test_every_descriptor_but_the_guard_may_be_closed() -> None:
    code = seccomp.program(1, cuda=False, may_open_devices=False, kept=6)
    assert decide(code, 3, 6) == decide(code, 3, 1 << 32 | 6) == EPERM, "the kernel takes the low half"
    assert decide(code, 3, 5) == decide(code, 3, 7) == ALLOW
    assert decide(seccomp.program(1, cuda=False, may_open_devices=False), 3, 6) == ALLOW


def test_another_architecture_ends_the_process() -> None:
    assert decide(seccomp.program(1, cuda=False, may_open_devices=False), 0, arch=0x4000_0003) == 0x8000_0000


# -- what may be read --------------------------------------------------------------------------------------------------


def test_what_may_be_read_is_the_environment_and_the_model(tmp_path: Path) -> None:
    model = tmp_path / "model.ts"
    model.write_bytes(b"")
    places = confine.readable(model)
    assert {model, Path(sys.prefix), Path("/usr")} <= set(places)
    for place in (tmp_path, Path("/"), Path.home(), Path("/etc"), Path("/proc"), Path("/home"), Path("/tmp"), ROOT):
        assert not [given for given in places if given.exists() and given.samefile(place)], place
    assert ROOT / "oscvae" in places or any(ROOT.is_relative_to(place) for place in places)


def test_an_environment_that_lies_loose_in_a_home_does_not_open_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "exec_prefix", "/")
    places = confine.readable(tmp_path / "model.ts")
    assert tmp_path not in places and Path("/") not in places


def test_a_larger_model_may_take_more(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"")
    with large.open("wb") as file:
        file.truncate(1 << 30)
    assert confine.allowance_bytes(large, 1) == confine.allowance_bytes(small, 1) + (4 << 30)
    assert confine.allowance_bytes(small, 8) > confine.allowance_bytes(small, 1) > 2 << 30
