"""A daemon that tests have forked is as one that was started: what it inherits would else be tested as well."""

from __future__ import annotations

import os
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import pytest

from parts import SOAK
from parts import daemon as daemons
from parts.daemon import Daemon, children_of
from parts.warm import AT_START, ONE_THREAD, Forked, Warm


def descriptors(pid: int) -> Counter[str]:
    """What a process holds open, without what tells one from another of the same kind."""
    links = (str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir())
    return Counter(re.sub(r"oscvae-test-\w+|\d+", "*", link) for link in links)


def signals(pid: int) -> list[int]:
    """Which of the 31 it blocks, ignores and catches; those above are the C library's own."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return [
        int(mask, 16) & (1 << 31) - 1 for mask in re.findall(r"^Sig(?:Blk|Ign|Cgt):\s*(\w+)$", status, re.MULTILINE)
    ]


def seen(pid: int) -> dict[str, Any]:
    process = psutil.Process(pid)
    return {
        "descriptors": descriptors(pid),
        "signals": signals(pid),
        "folder": process.cwd(),
        "nice": process.nice(),
        "limits": [process.rlimit(kind) for kind in (psutil.RLIMIT_NOFILE, psutil.RLIMIT_RTTIME, psutil.RLIMIT_CORE)],
        "killed first": Path(f"/proc/{pid}/oom_score_adj").read_text(encoding="ascii"),
    }


@pytest.mark.skipif(SOAK, reason="all daemons are started")
def test_a_forked_daemon_and_its_processes_are_as_started_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ.keys() - AT_START.keys() - {"PYTEST_CURRENT_TEST"}:  # by a process of its own
        monkeypatch.delenv(name)
    monkeypatch.setattr(daemons, "warm", cache(Warm))
    with Daemon("audio.backend=silent", environment=ONE_THREAD) as started, Daemon("audio.backend=silent") as forked:
        assert isinstance(forked.process, Forked) and not isinstance(started.process, Forked)
        found = []
        for daemon in (started, forked):
            daemon.wait_ready()
            assert daemon.sounds()
            daemon.quiet()
            pid = daemon.process.pid
            family = {"daemon": seen(pid)} | {process.name(): seen(process.pid) for process in children_of(pid)}
            found.append({(name, what): value for name, all_ in family.items() for what, value in all_.items()})
        assert found[0].keys() == found[1].keys()
        assert {key: (value, found[1][key]) for key, value in found[0].items() if value != found[1][key]} == {}
        assert forked.stop() == started.stop() == 0
        told = [re.sub(r"oscvae-test-\w+|\d+", "*", daemon.log) for daemon in (started, forked)]
        assert told[0] == told[1]
