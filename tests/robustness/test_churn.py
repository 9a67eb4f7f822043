"""Nothing is lost in any interleaving: no voice stuck, no magnitude block leaked, no memory grown.

A few thousand commands in the suite; OSCVAE_SOAK=1 pytest -m soak sends 100,000 (make soak).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil
import pytest

from oscvae.play.offline import OfflineEngine
from oscvae.realtime import layout as at
from oscvae.settings.sections import load_config
from parts import SOAK
from parts.client import OscClient
from parts.daemon import Daemon
from parts.waiting import until
from robustness.books import check_books, check_rest, obey, render
from robustness.churn import Churn
from robustness.heard import Heard

pytestmark = pytest.mark.soak

COMMANDS = 100_000 if SOAK else 2_000
LIVE_COMMANDS = 100_000 if SOAK else 1_000
LATEST_S = 0.2  # how late a bundle may be due
LOADS = 40 if SOAK else 3
VOICES, SPARE = 12, 3
RATE = 48_000
LONGEST_S = 6.0 * 2 * 4 + 1.0  # the longest note, at the longest stretch, two octaves down, and what its release adds
GROWTH_BYTES = (4 if SOAK else 8) << 20  # of a few commands some are the first of their kind
LIVE_GROWTH_BYTES = 24 << 20  # with threads, and an allocator that returns nothing


@pytest.fixture
def engine() -> Iterator[OfflineEngine]:
    made = OfflineEngine(load_config(None, [f"engine.voices={VOICES}", f"engine.spare={SPARE}"]), RATE)
    yield made
    made.close()


@pytest.mark.timeout(0 if SOAK else 300)
def test_any_interleaving_leaves_nothing_behind(engine: OfflineEngine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("ERROR", "oscvae")  # what is kept of some 40,000 warnings would count as growth
    churn = Churn(2)
    draw = churn.random
    process = psutil.Process()
    sent = n_loads = most_waiting = most_models = n_busy = 0
    resident: tuple[list[int], list[int]] = ([], [])  # in the second third of the commands, in the last
    while sent < COMMANDS:
        commands = churn.bundle()
        sent += len(commands)
        due_ns = None
        if draw.random() < 0.3:  # a bundle with a timetag, just ahead
            due_ns = round((engine.timeline.frame + draw.randrange(2400)) * 1e9 / RATE)
        obey(engine, commands, due_ns)
        most_waiting = max(most_waiting, len(engine.pool.waiting_voices()))
        if sent * LOADS // COMMANDS > n_loads:
            n_loads += 1
            obey(engine, [("/load", draw.choice(("plucked", "plucked", "missing")))])
        most_models = max(most_models, len(list(engine.contexts)))
        for _ in range(draw.choice((0, 0, 1, 1, 2, 4))):
            render(engine, draw.choice((1, 16, 32, 64, 128, 200)))
        check_books(engine)
        assert [text for text in engine.errors if not _is_earned(text)] == []
        n_busy += sum("busy" in text for text in engine.errors)
        engine.errors.clear()
        if sent > COMMANDS // 3:
            resident[sent > COMMANDS * 2 // 3].append(process.memory_info().rss)
    obey(engine, [("/sustain", 0)])
    frames = 0
    while not engine.pool.idle and frames < LONGEST_S * RATE:
        render(engine, 512)
        frames += 512
    render(engine, 512)
    check_rest(engine)
    earlier, later = resident  # the least of each: a second model, while its notes ring out, and blocks come and go
    grown = min(later) - min(earlier)
    assert grown < GROWTH_BYTES, f"{grown / 2**20:.1f} MiB more in the last third of the commands than in the second"
    assert n_busy > 0 and most_waiting > 0 and most_models > 1, "it was too easy"


def _is_earned(text: str) -> bool:
    """Whether a /fail is one that this performer has asked for."""
    return any(part in text for part in ("no voice", "busy", "no such model file", "superseded"))


def test_a_model_waits_for_the_notes_that_wait_for_a_slot(engine: OfflineEngine) -> None:
    """All slots fade voices of the first model, a note waits for the second, which is swapped for a third."""
    point = (0.1, 0.2, -0.3, 0.4)
    for _ in range(VOICES):
        obey(engine, [("/play", 60, *point)])
    for _ in range(8):
        render(engine, 128)
    for _ in range(SPARE):
        obey(engine, [("/play", 60, *point)])
    obey(engine, [("/load", "plucked")])
    second = engine.models.current
    obey(engine, [("/play", 72, *point)])
    (waiting,) = engine.pool.waiting_voices()
    assert waiting.loaded is second
    obey(engine, [("/load", "plucked")])
    check_books(engine)
    engine.pool._listener = heard = Heard()
    for _ in range(200):
        render(engine, 128)
        check_books(engine)
    assert 72.0 in [note for address, _, note in heard.told if address == "/voice/on"]
    assert engine.errors == []
    obey(engine, [("/panic",)])
    render(engine, 128)
    render(engine, 128)
    check_rest(engine)


def test_a_waiting_note_obeys_what_is_said_to_it(engine: OfflineEngine) -> None:
    point, other = (0.1, 0.2, -0.3, 0.4), (0.5, -0.5, 0.5, -0.5)
    for _ in range(VOICES + SPARE):
        obey(engine, [("/play", 60, *point)])
    obey(engine, [("/voice/new", 1, 72, *point), ("/voice/new", 2, 74, *point)])
    assert len(engine.pool.waiting_voices()) == 2
    obey(engine, [("/voice/set", 1, "pan", -1.0), ("/voice/set", 1, "z", *other), ("/voice/stop", 2)])
    obey(engine, [("/voice/new", 1, 76, *other), ("/voice/set", 1, "pan", 1.0)])
    assert engine.errors == []
    for _ in range(20):
        render(engine, 128)
    first = engine.pool.find(engine.client.key, 1)
    second = engine.pool.find(engine.client.key, 2)
    assert first is not None and first.asked.note == 76.0 and first.z == pytest.approx(other)
    assert engine.engine.voices[first.slot].view(np.float64)[at.V_PAN] == 1.0
    assert second is not None and second.releasing
    check_books(engine)


def test_a_replaced_voice_is_the_one_that_gives_way(engine: OfflineEngine) -> None:
    point = (0.1, 0.2, -0.3, 0.4)
    for id_ in range(VOICES):
        obey(engine, [("/voice/new", id_, 48 + id_, *point)])
    render(engine, 128)
    obey(engine, [("/voice/new", 5, 90, *point)])
    for _ in range(20):
        render(engine, 128)
    assert {voice.asked.id: voice.asked.note for voice in engine.pool} == {id_: 48.0 + id_ for id_ in range(VOICES)} | {
        5: 90.0
    }


def test_a_full_queue_to_the_renderer_is_busy(engine: OfflineEngine) -> None:
    """The renderer has not run for long: what finds no room is answered, and costs neither slot nor block."""
    point = (0.1, 0.2, -0.3, 0.4)
    obey(engine, [("/play", 60, *point)])
    render(engine, 128)
    while engine.pool._link.queue(0):  # a record of no kind, which the renderer passes over
        pass
    first = engine.models.current
    obey(engine, [("/play", 61, *point), ("/interp", 62, 1.0, *point, *point), ("/note", 63, 99), ("/load", "plucked")])
    assert len(engine.errors) == 4 and all("queue is full" in text for text in engine.errors)
    assert engine.models.current is first and len(engine.pool) == 1
    check_books(engine)
    render(engine, 128)
    obey(engine, [("/play", 64, *point)])
    render(engine, 128)
    assert len(engine.pool) == 2 and len(engine.errors) == 4
    check_books(engine)


def test_what_the_renderer_tells_is_kept_while_control_is_away() -> None:
    """Every block of every model comes back and every slot ends while nobody listens: no event may be lost."""
    from oscvae.realtime.arrays import event_records

    for slots in (1, 68, 260):
        n_blocks = 2 * slots + 8
        assert event_records(slots) >= at.CONTEXTS * (2 * n_blocks + 1) + slots


# -- the same, live ----------------------------------------------------------------------------------------------------


def send(client: OscClient, churn: Churn) -> int:
    """One packet of a performer without manners; returns how many commands it holds."""
    commands = churn.bundle()
    if len(commands) > 1 or churn.random.random() < 0.3:
        due_s = None if churn.random.random() < 0.5 else time.time() + churn.random.uniform(-0.01, LATEST_S)
        client.send_bundle(commands, due_s)
    else:
        client.send(*commands[0])
    return len(commands)


def rests(daemon: Daemon) -> bool:
    """Whether nothing sounds, nor begins within a moment: what waits for its decoder is not counted as a voice yet."""
    for _ in range(10):
        if daemon.status().voices:
            return False
        time.sleep(0.02)
    return True


def fill(daemon: Daemon, voices: int) -> None:
    """Every voice there is, at once: a slot that was lost would be missed."""
    client = daemon.client
    for address, value in (("/stretch", 4.0), ("/bend", 0.0), ("/attack", 0.0), ("/release", 0.05), ("/sustain", 0)):
        client.send(address, value)
    busy = daemon.status().busy
    for i in range(voices):
        client.send("/play", 40 + i % 40, 0.1, 0.2, -0.3, 0.4)
    assert until(lambda: daemon.status().voices == voices, 10.0), daemon.status()
    assert daemon.status().busy == busy
    client.send("/panic")
    assert until(lambda: rests(daemon), 5.0), daemon.status()


@pytest.mark.timeout(0 if SOAK else 300)
def test_four_performers_at_once_leave_a_daemon_as_it_was() -> None:
    voices = 16
    with Daemon("audio.backend=silent", f"engine.voices={voices}", "osc.errors_per_second=1000") as daemon:
        daemon.wait_ready()
        clients = [OscClient(daemon.port) for _ in range(4)]
        churns = [Churn(seed) for seed in range(4)]
        sent = resident = n_loads = 0
        answers: list[Any] = []
        for turn in range(10**9):
            sent += sum(send(client, churn) for client, churn in zip(clients, churns, strict=True))
            if turn % 25 == 24:  # no more than the kernel keeps, and no more than it decodes
                daemon.status()
                for client in clients:
                    answers += client.drain()
            if sent * LOADS // LIVE_COMMANDS > n_loads:
                n_loads += 1
                clients[0].send("/load", "plucked")
            if not resident and sent > LIVE_COMMANDS // 2:
                resident = daemon.resident_bytes()
            if sent > LIVE_COMMANDS:
                break
        for client in clients:
            client.send("/sustain", 0)
        time.sleep(LATEST_S)
        daemon.client.send("/stop")
        assert until(lambda: rests(daemon), 15.0), daemon.status()
        for _ in range(3):
            fill(daemon, voices)
        grown = daemon.resident_bytes() - resident
        assert grown < LIVE_GROWTH_BYTES, f"{grown / 2**20:.1f} MiB"
        for client in clients:
            answers += client.drain()
            client.close()
        unexpected = [reply for reply in answers if reply[0] != "/done" and not _is_earned(str(reply[1][1]))]
        assert unexpected == []
        assert daemon.stop() == 0
        daemon.check_log()
