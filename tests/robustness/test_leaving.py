"""SIGINT and SIGTERM at any moment: out within 1.5 s, with exit code 0, and nothing left behind.

A few moments in the suite; OSCVAE_SOAK=1 pytest -m soak takes 50 (make soak).
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from parts import SOAK
from parts.daemon import LEAVE_TIMEOUT_S, Daemon, Z, children_of
from parts.jackd import JackServer
from parts.leaving import PROMISED_S, leave
from parts.waiting import until

pytestmark = pytest.mark.soak

WARM, COLD = 45 if SOAK else 2, 5
START_S = 5.0 if SOAK else 3.5  # about what a warm start takes
COMPILE_S = 20.0
SILENT = "audio.backend=silent"


def wait_for_first_line(daemon: Daemon) -> None:
    assert until(lambda: daemon.log_path.stat().st_size > 0, 60.0), "it says nothing"


@pytest.mark.timeout(0 if SOAK else 300)
def test_it_leaves_at_any_moment_of_a_warm_start() -> None:
    draw = random.Random(int.from_bytes(os.urandom(4)))
    took = []
    for i in range(WARM):
        with Daemon(SILENT, fresh=True) as daemon:
            wait_for_first_line(daemon)
            after = draw.uniform(0.0, START_S) if i else 0.0  # the first right after the first line
            time.sleep(after)
            if draw.random() < 0.5:
                daemon.client.send("/play", 60, *Z)
            took.append((leave(daemon, draw.choice((signal.SIGINT, signal.SIGTERM))), after))
    print(f"longest {max(took)[0]:.2f} s, signalled {max(took)[1]:.2f} s after the first line")


@pytest.mark.skipif(not SOAK, reason="compiles for every moment")
def test_it_leaves_while_the_kernels_are_compiled(tmp_path: Path) -> None:
    draw = random.Random(int.from_bytes(os.urandom(4)))
    for i in range(COLD):
        with Daemon(SILENT, environment={"OSCVAE_CACHE_DIR": str(tmp_path / str(i))}) as daemon:
            wait_for_first_line(daemon)
            time.sleep(draw.uniform(0.5, COMPILE_S))
            leave(daemon, draw.choice((signal.SIGINT, signal.SIGTERM)))


def test_it_leaves_before_its_first_line() -> None:
    """Python itself is still starting: the handlers are the first thing that the daemon installs."""
    with Daemon(SILENT, fresh=True) as daemon:
        assert until(lambda: _catches(daemon.process.pid, signal.SIGTERM), 30.0)
        leave(daemon, signal.SIGTERM)


def _catches(pid: int, number: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def test_it_leaves_while_everything_happens(tmp_path: Path) -> None:
    """64 voices, a recording, a model being loaded, and a decoder that is stopped: each alone would be too easy."""
    with Daemon(SILENT, f"paths.recordings={tmp_path}") as daemon:
        daemon.wait_ready()
        client = daemon.client
        assert client.ask("/record", "take", answer=("/done",)) == ("/done", ("/record", "take.wav"))
        client.send("/stretch", 4.0)
        for i in range(64):
            client.send("/play", 40 + i % 40, *Z)
        assert until(lambda: daemon.status().voices == 64, 20.0)
        time.sleep(0.5)
        (decoder,) = daemon.decoders()
        client.send("/load", "plucked")
        assert until(lambda: len(daemon.decoders()) == 2, 10.0)
        decoder.suspend()
        leave(daemon, signal.SIGTERM)
    samples, rate = soundfile.read(tmp_path / "take.wav", dtype="float32")
    assert rate == 48_000 and samples.shape[1] == 2
    assert len(samples) > 0.4 * rate
    assert np.isfinite(samples).all() and np.abs(samples).max() > 0.01
    # the fade is on the disk too: it ends in silence and without a click
    assert not samples[-64:].any()


@pytest.mark.jack
def test_it_leaves_while_notes_sound_in_jack(jack_server: JackServer) -> None:
    """The audio server's own thread is in the callback: the client is closed, and the server knows nothing of it."""
    with Daemon("audio.backend=jack", f"audio.server_name={jack_server.name}") as daemon:
        daemon.wait_ready()
        daemon.client.send("/stretch", 4.0)
        for i in range(8):
            daemon.client.send("/play", 50 + i, *Z)
        assert until(lambda: daemon.status().voices == 8, 20.0)
        assert len(_left_in(jack_server)) > 2
        leave(daemon, signal.SIGTERM)
        assert until(lambda: _left_in(jack_server) == [], 5.0), _left_in(jack_server)


def _left_in(server: JackServer) -> list[str]:
    """Ports of the daemon, and what its client has in shared memory."""
    ports = [port for port in server.connections() if port.startswith("oscvae:")]
    return ports + [path.name for path in Path("/dev/shm").glob(f"jack_sem.*{server.name}_oscvae*")]


@pytest.mark.parametrize("how", ["stopped", "loading", "hanging up"] if SOAK else ["hanging up"])
def test_it_leaves_in_one_kind_of_trouble(how: str) -> None:
    with Daemon(SILENT) as daemon:
        daemon.wait_ready()
        for _ in range(8):
            daemon.client.send("/play", 60, *Z)
        if how == "stopped":
            daemon.decoders()[0].suspend()
        elif how == "loading":
            daemon.client.send("/load", "plucked")
            time.sleep(0.2)
        else:  # a flood of commands that each take a while, and signals again and again
            for i in range(200):
                daemon.client.send("/record", *([f"take{i}"] if i % 2 == 0 else []))
        daemon.client.send("/play", 64, *Z)

        def again() -> None:
            if how == "hanging up":
                for _ in range(5):
                    time.sleep(0.02)
                    daemon.process.send_signal(signal.SIGINT)

        leave(daemon, signal.SIGTERM, again)


def test_quit_leaves_as_a_signal_does() -> None:
    with Daemon(SILENT) as daemon:
        daemon.wait_ready()
        daemon.client.send("/play", 60, *Z)
        family = children_of(daemon.process.pid)
        began = time.monotonic()
        assert daemon.client.ask("/quit", answer=("/done",)) == ("/done", ("/quit",))
        assert daemon.process.wait(LEAVE_TIMEOUT_S) == 0
        assert time.monotonic() - began < PROMISED_S
        daemon.check_log()
        assert psutil.wait_procs(family, timeout=5.0)[1] == []


def test_a_killed_daemon_leaves_no_process() -> None:
    with Daemon(SILENT, fresh=True) as daemon:
        daemon.wait_ready()
        family = children_of(daemon.process.pid)
        assert {process.name() for process in family} == {"oscvae-zygote", "oscvae-decoder"}
        daemon.process.kill()
        daemon.process.wait(LEAVE_TIMEOUT_S)
        assert psutil.wait_procs(family, timeout=5.0)[1] == []
