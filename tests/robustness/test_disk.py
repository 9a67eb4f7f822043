"""Disks that do not answer, under a daemon that plays: whoever asks is answered, all else goes on, and it can leave.

A few rounds in the suite; OSCVAE_SOAK=1 pytest -m soak has many (make soak).
"""

from __future__ import annotations

import itertools
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile
import torch
from torch import Tensor, nn

from parts.client import OscClient
from parts.daemon import READY_TIMEOUT_S, Daemon
from parts.jackd import JackServer
from parts.leaving import leave
from parts.models import write
from parts.sickdisk import SickDisk
from parts.waiting import until

pytestmark = pytest.mark.soak

SOAK = os.environ.get("OSCVAE_SOAK") == "1"
ROUNDS = 20 if SOAK else 2
ANSWER_S = 60.0  # for what takes 5 s, on a machine that is busy with something else
BACKEND = 10  # place in /status.reply
LATE = ("did not answer within 5 s", "busy")
ASKED: tuple[tuple[Any, ...], ...] = (
    ("/load", "other"),
    ("/load", "third"),
    ("/models",),
    ("/preset/save", "new"),
    ("/preset/delete", "old"),
    ("/record", "take"),
    ("/encode", "tone.wav"),
    ("/midi/forget",),
    ("/load", "honest"),
)
ANSWERS = {"/models": "/models.reply"}


class Encodes(nn.Module):
    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return torch.full((z.size(0), 64, 2000), -0.2)

    @torch.jit.export
    def encode(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        return x[:, :2, 0], x[:, :2, 1]


class Folders:
    """Every folder of a daemon, in one place: models, a preset, a sound, learnt controllers."""

    def __init__(self, place: Path) -> None:
        self.place = place
        for name in ("models", "presets", "sounds", "midi", "recordings"):
            (place / name).mkdir(parents=True)
        for name in ("honest", "other", "third"):
            write(self.models / f"{name}.ts", Encodes())
        preset = {"format": 1, "model": "honest", "presets": {"old": [0.5, -0.5]}}
        (place / "presets" / "honest.json").write_text(json.dumps(preset))
        (place / "midi" / "learnt.json").write_text(json.dumps({"format": 1, "controllers": {"20": "/unit/1"}}))
        second = np.arange(48_000) / 48_000
        soundfile.write(place / "sounds" / "tone.wav", 0.5 * np.sin(2 * np.pi * 220 * second), 48_000)

    @property
    def models(self) -> Path:
        return self.place / "models"

    @property
    def settings(self) -> list[str]:
        names = ("presets", "sounds", "midi", "recordings")
        folders = [f"model.folder={self.models}", "model.name=honest", "osc.errors_per_second=10000"]
        return folders + [f"paths.{name}={self.place / name}" for name in names]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "network")


@pytest.fixture
def disk(tmp_path: Path, folders: Folders) -> SickDisk:
    return SickDisk(tmp_path, [folders.place])


class Shared:
    """A daemon with folders on a disk that is well before and after each test."""

    def __init__(self, place: Path) -> None:
        self.folders = Folders(place / "network")
        self.disk = SickDisk(place, [self.folders.place])
        self.daemon = Daemon("audio.backend=silent", *self.folders.settings, environment=self.disk.environment)
        self.presets = self.folders.place / "presets" / "honest.json"


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    shared = Shared(tmp_path_factory.mktemp("disk"))
    with shared.daemon as daemon:
        daemon.wait_ready()
        yield shared
        assert daemon.stop() == 0
        daemon.check_log()


@pytest.fixture
def shared(lasting: Shared) -> Iterator[Shared]:
    """It plays honest, keeps the preset old and no other, and records nothing."""
    client = lasting.daemon.client
    client.drain()
    assert answer(client, "/preset/save", "old")[0] == "/done"
    client.send("/preset/delete", "new")
    client.send("/sync", 0)
    assert client.wait_for("/synced", timeout_s=ANSWER_S) is not None
    assert json.loads(lasting.presets.read_text())["presets"].keys() == {"old"}
    yield lasting
    lasting.disk.heal()
    works(lasting.daemon)
    lasting.daemon.check_log()


def answer(client: OscClient, address: str, *args: Any) -> tuple[str, tuple[Any, ...]]:
    """/done, or what is answered instead, or /fail."""
    done = ANSWERS.get(address, "/done")
    reply = client.ask(address, *args, answer=(done,), timeout_s=ANSWER_S)
    assert reply is not None, f"no answer to {address} {args}"
    return reply


def ask_all(daemon: Daemon) -> list[tuple[OscClient, str]]:
    """Ask for everything that needs a disk, each by somebody else, so that each hears its own answer."""
    askers = []
    for address, *args in ASKED:
        client = OscClient(daemon.port)
        client.send(address, *args)
        askers.append((client, address))
    return askers


def hear_all(daemon: Daemon, askers: list[tuple[OscClient, str]]) -> dict[str, list[Any]]:
    """What each was told; everybody must be told something."""
    told: dict[str, list[Any]] = {}
    for client, address in askers:
        reply = client.wait_for("/fail", ANSWERS.get(address, "/done"), timeout_s=ANSWER_S)
        assert reply is not None, f"{address} was never answered\n{daemon.log}"
        told.setdefault(address, []).append(reply)
        client.close()
    return told


def works(daemon: Daemon) -> None:
    """Everything that needs a disk does what it should."""
    client = OscClient(daemon.port)
    assert answer(client, "/load", "other")[0] == "/done"
    assert answer(client, "/models")[0] == "/models.reply"
    assert answer(client, "/load", "honest")[0] == "/done"
    for name in ("new", "old"):
        assert answer(client, "/preset/save", name)[0] == "/done"
    assert answer(client, "/record", "take")[0] == "/done"
    assert answer(client, "/record")[0] == "/done"
    assert answer(client, "/encode", "tone.wav")[0] == "/done"
    client.close()


def test_every_command_is_answered_while_its_disk_hangs(shared: Shared) -> None:
    daemon, disk, presets = shared.daemon, shared.disk, shared.presets
    before, returned = presets.read_text(), daemon.log.count("answers again")
    disk.hang()
    askers = ask_all(daemon)
    client = daemon.client
    client.send("/sync", 7)
    assert answer_to_ping(client), "the event clock waits for a disk"
    assert daemon.sounds()
    told = hear_all(daemon, askers)
    for address, replies in told.items():
        for head, args in replies:
            assert head == "/fail" and any(why in args[1] for why in LATE), (address, head, args)
    assert client.wait_for("/synced", timeout_s=ANSWER_S) == ("/synced", (7,))
    assert presets.read_text() == before
    disk.heal()
    assert until(lambda: daemon.log.count("answers again") == returned + 5, ANSWER_S), daemon.log
    works(daemon)
    assert sorted(json.loads(presets.read_text())["presets"]) == ["new", "old"]


def answer_to_ping(client: OscClient) -> bool:
    client.send("/ping")
    return client.wait_for("/pong", timeout_s=ANSWER_S) is not None


def test_leaving_while_every_disk_hangs(folders: Folders, disk: SickDisk) -> None:
    with Daemon("audio.backend=silent", *folders.settings, environment=disk.environment) as daemon:
        daemon.wait_ready()
        assert answer(daemon.client, "/record", "take")[0] == "/done"
        disk.hang()
        askers = ask_all(daemon)
        assert answer_to_ping(daemon.client)
        time.sleep(0.5)  # by now they hang, and none is answered
        leave(daemon, signal.SIGTERM)
    for client, _ in askers:
        client.close()


def test_a_start_whose_disks_hang_starts_and_says_so(folders: Folders, disk: SickDisk) -> None:
    disk.hang()
    with Daemon("audio.backend=silent", *folders.settings, environment=disk.environment) as daemon:
        assert until(lambda: " ready in " in daemon.log, READY_TIMEOUT_S), daemon.log
        for words in (
            "notes are /fail until one is loaded: model.name honest: the models folder did not answer",
            "honest has no presets, and takes none: the presets folder did not answer",
            "the folder of learnt controllers did not answer",
        ):
            assert words in daemon.log, daemon.log
        assert answer(daemon.client, "/load", "honest")[0] == "/fail"
        disk.heal()
        assert until(lambda: daemon.log.count("answers again") == 3, ANSWER_S), daemon.log
        works(daemon)
        assert daemon.stop() == 0
        daemon.check_log()
    assert json.loads((folders.place / "midi" / "learnt.json").read_text())["controllers"] == {"20": "/unit/1"}
    assert sorted(json.loads((folders.place / "presets" / "honest.json").read_text())["presets"]) == ["new", "old"]


@pytest.mark.jack
def test_a_server_that_returns_is_joined_while_disks_hang(
    jack_server: JackServer, folders: Folders, disk: SickDisk
) -> None:
    settings = ("audio.backend=jack", f"audio.server_name={jack_server.name}", "audio.connect=[]")
    with Daemon(*settings, *folders.settings, environment=disk.environment) as daemon:
        daemon.wait_ready()
        disk.hang()
        askers = ask_all(daemon)
        time.sleep(0.5)  # by now they hang
        jack_server.kill()
        assert until(lambda: daemon.status()[BACKEND] == "jack (away)", ANSWER_S), daemon.log
        askers += ask_all(daemon)
        jack_server.start()
        assert until(lambda: daemon.status()[BACKEND] == "jack", ANSWER_S), daemon.log
        assert daemon.sounds()
        hear_all(daemon, askers)
        leave(daemon, signal.SIGTERM)


def test_a_fifo_where_a_file_should_be_is_told(folders: Folders) -> None:
    for name in ("presets/other.json", "midi/learnt.json", "models/fifo.ts", "sounds/fifo.wav", "recordings/take.wav"):
        (folders.place / name).unlink(missing_ok=True)
        os.mkfifo(folders.place / name)
    with Daemon("audio.backend=silent", *folders.settings) as daemon:
        daemon.wait_ready()
        client = daemon.client
        assert "learnt.json cannot be read: it is not a file but a FIFO" in daemon.log
        assert answer(client, "/models") == ("/models.reply", ("honest", "other", "third"))
        head, (_, why) = answer(client, "/load", "fifo")
        assert head == "/fail" and "not a file but a FIFO" in why
        assert answer(client, "/load", "other")[0] == "/done"
        head, (_, why) = answer(client, "/preset/save", "x")
        assert head == "/fail" and "presets of other have not been read" in why
        assert answer(client, "/load", "honest")[0] == "/done"
        assert answer(client, "/preset/save", "x")[0] == "/done"
        assert answer(client, "/record", "take") == ("/done", ("/record", "take-2.wav"))
        assert answer(client, "/record")[0] == "/done"
        assert daemon.stop() == 0
        daemon.check_log()


def test_names_that_are_too_long_for_a_disk_are_answered(shared: Shared) -> None:
    for letters in ("é" * 128, "琴" * 128, "x" * 2000):
        for address in ("/load", "/record", "/encode"):
            assert answer(shared.daemon.client, address, letters)[0] == "/fail"


def test_a_daemon_without_descriptors_answers_and_recovers(shared: Shared) -> None:
    daemon = shared.daemon
    process = psutil.Process(daemon.process.pid)
    works(daemon)
    assert until(lambda: len(daemon.decoders()) == 1, ANSWER_S)
    before = process.num_fds()
    soft, hard = process.rlimit(resource.RLIMIT_NOFILE)
    for spare in range(0, 12, 1 if SOAK else 5):
        used = {int(name) for name in os.listdir(f"/proc/{process.pid}/fd")}  # noqa: PTH208
        lowest = next(number for number in itertools.count() if number not in used)
        process.rlimit(resource.RLIMIT_NOFILE, (lowest + spare, hard))
        told = hear_all(daemon, ask_all(daemon))
        if not spare:
            assert {head for replies in told.values() for head, _ in replies} == {"/fail"}, told
            assert sum("Too many open files" in args[1] for replies in told.values() for _, args in replies) >= 8, told
        process.rlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for address, *args in (("/record",), ("/load", "honest")):
            client = OscClient(daemon.port)
            head, _ = answer(client, address, *args)
            assert head == "/done" or address == "/record", daemon.log
            client.close()
    works(daemon)
    assert until(lambda: process.num_fds() <= before, ANSWER_S), (before, process.num_fds())


@pytest.mark.timeout(0 if SOAK else 300)
def test_disks_that_come_and_go_leave_nothing_behind(shared: Shared) -> None:
    daemon, disk = shared.daemon, shared.disk
    draw = random.Random(int.from_bytes(os.urandom(4)))
    process = psutil.Process(daemon.process.pid)
    works(daemon)
    counts: list[tuple[int, int]] = []
    for _ in range(ROUNDS):
        disk.hang()
        askers = ask_all(daemon)
        time.sleep(draw.uniform(0.0, 7.0))  # before, at or after the deadline
        disk.heal()
        askers += ask_all(daemon)
        hear_all(daemon, askers)
        client = daemon.client
        client.send("/record")  # if that of a round began in time
        assert answer_to_ping(client)
        assert until(lambda: daemon.log.count("does not answer:") == daemon.log.count("answers again:"), ANSWER_S)
        time.sleep(0.5)
        works(daemon)
        assert until(lambda: len(daemon.decoders()) == 1, ANSWER_S)
        counts.append((process.num_fds(), process.num_threads()))
    assert max(fds for fds, _ in counts) <= counts[0][0] + 2, counts
    assert max(threads for _, threads in counts) <= counts[0][1] + 16, counts  # four for each of four folders


@pytest.mark.skipif(not SOAK, reason="compiles every kernel")
def test_a_first_start_on_a_full_disk_plays(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    disk = SickDisk(tmp_path, [cache])
    homes = {name: str(cache) for name in ("OSCVAE_CACHE_DIR", "XDG_CACHE_HOME", "HOME")}
    use = [sys.executable, "-c", "import oscvae.realtime.kernel"]
    subprocess.run(use, env={**os.environ, **homes}, check=True)  # there is room for the folder, and then for nothing
    disk.fill()
    with Daemon("audio.backend=silent", environment={**homes, **disk.environment}) as daemon:
        daemon.wait_ready()
        assert daemon.sounds()
        (line,) = (line for line in daemon.log.splitlines() if "uncached" in line)
        assert line.endswith("No space left on device")
        assert daemon.stop() == 0
        daemon.check_log()
