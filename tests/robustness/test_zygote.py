"""Zygotes and decoders that are killed at any moment: what sounds plays on, every /load is answered, and the daemon can
be played afterwards.

A few moments in the suite; OSCVAE_SOAK=1 pytest -m soak takes 200 (make soak).
"""

from __future__ import annotations

import contextlib
import os
import random
import time

import psutil
import pytest

from parts import SOAK
from parts.daemon import children_of, zygotes_of
from parts.waiting import until
from robustness.rig import SOON_S, Rig

pytestmark = pytest.mark.soak

MOMENTS = 200 if SOAK else 5
LOAD_S = 0.6  # about what a load takes


def zygote(rig: Rig) -> psutil.Process:
    assert until(lambda: len(zygotes_of(rig.daemon.process.pid)) == 1, SOON_S)
    return zygotes_of(rig.daemon.process.pid)[0]


def test_a_zygote_that_dies_is_never_heard(rig: Rig) -> None:
    rig.hold(4)
    decoder, first = rig.decoder(), zygote(rig)
    assert decoder.ppid() == first.pid
    first.kill()
    assert until(lambda: zygotes_of(rig.daemon.process.pid) not in ([], [first]), SOON_S), "nobody started another"
    assert rig.sounding == 4 and rig.sounds()
    assert decoder.is_running(), "its decoder went with it"
    rig.load("short")
    assert rig.sounds() and zygote(rig) != first
    assert "zygote" not in rig.daemon.log


def test_killed_at_any_moment_of_a_load_they_leave_a_daemon_that_plays(rig: Rig) -> None:
    draw = random.Random(int.from_bytes(os.urandom(4)))
    for turn in range(MOMENTS):
        rig.forget()
        name, whom = draw.choice(("honest", "short")), draw.choice(("zygote", "decoder", "both"))
        rig.client.send("/voice/new", 1, 60, 0.1, 0.1)
        assert rig.client.wait_for("/voice/on", timeout_s=SOON_S) is not None
        rig.client.send("/load", name)
        time.sleep(draw.uniform(0.0, LOAD_S))
        for process in children_of(rig.daemon.process.pid):
            with contextlib.suppress(psutil.NoSuchProcess):
                if whom == "both" or process.name() == f"oscvae-{whom}":
                    process.kill()
        what = f"turn {turn}: {whom} while {name} was loaded\n{rig.daemon.log}"
        answer = rig.client.wait_for("/done", "/fail", timeout_s=SOON_S)
        while answer is not None and answer[1][0] != "/load":
            answer = rig.client.wait_for("/done", "/fail", timeout_s=SOON_S)
        assert answer is not None, f"it was never answered: {what}"
        rig.load("honest")
        assert rig.sounds(), what
        assert rig.has_one_decoder(), what
        # what was just forked is called as its zygote for a moment
        assert until(lambda: len(zygotes_of(rig.daemon.process.pid)) == 1, SOON_S), what
        rig.client.send("/panic")
    assert rig.falls_silent()
