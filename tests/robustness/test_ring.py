"""Three daemons, each in the next one's `osc.feedback`: no message goes round for ever, and no move is lost.

Two seconds of moves in the suite; two minutes in make soak.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from parts import SOAK
from parts.client import OscClient, free_port
from parts.daemon import Daemon
from parts.waiting import until

DAEMONS = 3
MOVING_S = 120.0 if SOAK else 2.0
ROUNDS = 30 if SOAK else 2
STEP_S = 1 / 60
SETTLE_S = 30.0
SILENT_S = 1.0  # ten times as long as a change takes round
OWN = {0: ("/gain", "/unit/1"), 1: ("/pan", "/unit/3"), 2: ("/bend", "/unit/4")}  # what the surface at each moves
WORD = "  /"  # of a line of /dumpOSC, between the sender and the address

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0 if SOAK else 300)]


@pytest.fixture(scope="module")
def ring() -> Iterator[list[Daemon]]:
    """Daemons that write down all that they hear."""
    ports = [free_port() for _ in range(DAEMONS)]
    with contextlib.ExitStack() as stack:
        daemons = [
            stack.enter_context(
                Daemon("audio.backend=silent", f"osc.feedback=[127.0.0.1:{ports[(i + 1) % DAEMONS]}]", port=port)
            )
            for i, port in enumerate(ports)
        ]
        for daemon in daemons:
            daemon.wait_ready()
            daemon.client.send("/dumpOSC", 1)
        yield daemons
        for daemon in daemons:
            assert daemon.stop() == 0
            daemon.check_log()


def heard(daemons: list[Daemon]) -> list[int]:
    """How many messages each daemon has had of the one before it."""
    counts = []
    for i, daemon in enumerate(daemons):
        before = f":{daemons[i - 1].port}{WORD}"
        counts.append(sum(before in line for line in daemon.log.splitlines()))
    return counts


def falls_silent(daemons: list[Daemon]) -> bool:
    """Whether a time comes in which nothing arrives anywhere."""
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        before = heard(daemons)
        time.sleep(SILENT_S)
        if heard(daemons) == before:
            return True
    return False


def standing(daemon: Daemon, address: str) -> tuple[Any, ...]:
    reply = daemon.client.ask("/get", address, answer=(address,), timeout_s=15.0)
    assert reply is not None and reply[0] == address, reply
    return reply[1]


def value(address: str, draw: random.Random) -> float:
    return draw.uniform(0.0, 1.0) if address.startswith("/unit") else draw.uniform(-1.0, 1.0)


def test_they_hear_each_other(ring: list[Daemon]) -> None:
    ring[0].client.send("/release", 0.5)
    assert until(lambda: all(standing(one, "/release") == (0.5,) for one in ring), SETTLE_S)
    assert until(lambda: all(heard(ring)), SETTLE_S), f"the ring is not closed: {heard(ring)}"  # logs are written later
    assert falls_silent(ring), heard(ring)


def test_faders_moved_at_each_arrive_at_all_and_then_there_is_silence(ring: list[Daemon]) -> None:
    draw = random.Random(7)
    surfaces = [OscClient(one.port) for one in ring]
    before, last, sent = heard(ring), {}, 0
    began = time.monotonic()
    while time.monotonic() - began < MOVING_S:
        for i, surface in enumerate(surfaces):
            for address in OWN[i]:
                last[address] = value(address, draw)
                surface.send(address, last[address])
                sent += 1
        time.sleep(STEP_S)
    for address, number in last.items():
        for one in ring:
            assert until(
                lambda one=one, address=address, number=number: standing(one, address) == (pytest.approx(number),),  # type: ignore[misc]
                SETTLE_S,
            ), f"{address} {number} was lost on the way to {one.port}, where it stands at {standing(one, address)}"
    assert falls_silent(ring), heard(ring)
    arrived = [now - then for now, then in zip(heard(ring), before, strict=True)]
    assert max(arrived) <= 1.5 * sent + 100, f"{arrived} messages of {sent} moves"
    for surface in surfaces:
        surface.close()


def test_a_move_of_any_daemon_moves_all_and_does_not_come_back(ring: list[Daemon]) -> None:
    for turn in range(ROUNDS):
        for i, one in enumerate(ring):
            gain = -10.0 - turn - i / 8
            one.client.send("/gain", gain)
            one.client.send("/pad/1", 0.25, (turn + i / 8) / (ROUNDS + 1))
            assert until(lambda gain=gain: all(standing(each, "/gain") == (gain,) for each in ring), SETTLE_S)  # type: ignore[misc]
            expected = pytest.approx(standing(one, "/z"), abs=1e-5)
            assert until(lambda expected=expected: all(standing(each, "/z") == expected for each in ring), SETTLE_S)  # type: ignore[misc]
    assert falls_silent(ring), heard(ring)


def test_a_glide_is_told_once_round(ring: list[Daemon]) -> None:
    point = (0.5, -0.25, 0.75, -0.5)
    ring[1].client.send("/glide", 0.5, *point)
    assert until(lambda: all(standing(one, "/z") == pytest.approx(point) for one in ring), SETTLE_S)
    assert falls_silent(ring), heard(ring)
    assert [standing(one, "/z") for one in ring] == [pytest.approx(point)] * DAEMONS


def test_notes_of_one_are_not_played_by_the_others(ring: list[Daemon]) -> None:
    ring[0].client.send("/play", 60, 0.1, 0.2, -0.3, 0.4, 0.8, 2.0)
    assert until(lambda: ring[0].status().voices == 1, SETTLE_S)
    assert [one.status().voices for one in ring[1:]] == [0, 0]
    ring[0].client.send("/panic")
    assert until(lambda: ring[0].status().voices == 0, SETTLE_S)
    assert falls_silent(ring), heard(ring)
