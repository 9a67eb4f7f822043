"""What each test and each fixture costs, in processor time: its own process's, and that of all processes it started.

    python -m pytest --costs costs.jsonl tests/osc
    PYTHONPATH=tests python -m parts.costs costs.jsonl     tables by folder, file, test and fixture

A daemon that several tests share is paid for by whichever runs: what it computes meanwhile counts there.
"""

from __future__ import annotations

import collections
import ctypes
import json
import os
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any

import pytest

_TICKS = os.sysconf("SC_CLK_TCK")
_PR_SET_CHILD_SUBREAPER = 36


def spent_s() -> float:
    """Processor time of this process and its descendants so far, the ended ones included, s.

    The ones that left their parents are adopted by this process: `adopt_orphans`.
    """
    mine = os.times()
    return mine.user + mine.system + mine.children_user + mine.children_system + _descendants_s(os.getpid())


def _descendants_s(pid: int) -> float:
    total = 0.0
    for child in _children(pid):
        try:
            fields = Path(f"/proc/{child}/stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15])) / _TICKS + _descendants_s(child)
    return total


def _children(pid: int) -> list[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208
        return [
            int(child)
            for thread in threads
            for child in Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
        ]
    except OSError:
        return []


def adopt_orphans() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Costs:
    """Writes a line of JSON for each phase of a test and for each fixture that was set up."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._in_fixtures = 0.0
        adopt_orphans()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, Any]:
        began, clock = spent_s(), time.monotonic()
        result = yield
        took = spent_s() - began
        self._in_fixtures += took
        name = f"{fixturedef.baseid}::{fixturedef.argname}"
        self._tell(name, "fixture", took, time.monotonic() - clock)
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._in_fixtures = 0.0
        began, clock = spent_s(), time.monotonic()
        result = yield
        self._tell(item.nodeid, "setup", spent_s() - began - self._in_fixtures, time.monotonic() - clock)
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        began, clock = spent_s(), time.monotonic()
        try:
            return (yield)
        finally:
            self._tell(item.nodeid, "call", spent_s() - began, time.monotonic() - clock)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, Any, Any]:
        began, clock = spent_s(), time.monotonic()
        try:
            return (yield)
        finally:
            self._tell(item.nodeid, "teardown", spent_s() - began, time.monotonic() - clock)

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, Any, Any]:
        clock = time.monotonic()
        result = yield
        self._tell("collection", "collection", spent_s(), time.monotonic() - clock)
        return result

    def pytest_sessionfinish(self) -> None:
        self._tell("everything", "total", spent_s(), 0.0)
        self._file.close()

    def _tell(self, name: str, phase: str, cpu_s: float, wall_s: float) -> None:
        json.dump({"name": name, "phase": phase, "cpu_s": round(cpu_s, 3), "wall_s": round(wall_s, 3)}, self._file)
        self._file.write("\n")
        self._file.flush()


def main(paths: list[str]) -> None:
    rows = [json.loads(line) for path in paths for line in Path(path).read_text().splitlines()]
    tests = [row for row in rows if "::" in row["name"]]
    for row in rows:
        if "::" not in row["name"]:
            print(f"{row['name']}: {row['cpu_s']:.1f} s")
    shown = (
        ("folder", lambda row: row["name"].partition("::")[0].rpartition("/")[0], 60),
        ("file", lambda row: row["name"].partition("::")[0], 60),
        ("fixture", lambda row: row["name"] if row["phase"] == "fixture" else "", 60),
        ("function", lambda row: row["name"].partition("[")[0] if row["phase"] != "fixture" else "", 150),
    )
    for title, key, most in shown:
        cpu: dict[str, float] = collections.defaultdict(float)
        wall: dict[str, float] = collections.defaultdict(float)
        count: dict[str, int] = collections.defaultdict(int)
        for row in tests:
            cpu[key(row)] += row["cpu_s"]
            if row["phase"] == "fixture":
                wall[key(row)] += 0.0 if title != "fixture" else row["wall_s"]
            else:
                wall[key(row)] += row["wall_s"]
            count[key(row)] += row["phase"] in ("call", "fixture")
        print(f"\n{'processor s':>12} {'wall s':>8} {'count':>6}  {title}")
        for name in sorted(filter(None, cpu), key=cpu.__getitem__, reverse=True)[:most]:
            print(f"{cpu[name]:12.1f} {wall[name]:8.1f} {count[name]:6}  {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
