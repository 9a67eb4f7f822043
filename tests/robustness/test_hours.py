"""Half an hour of everything that a performer, a tablet and a browser do: what the daemon holds stays as it was.

A few seconds in the suite; half an hour in make soak (OSCVAE_SOAK_MINUTES says otherwise).
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import statistics
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import aiohttp
import numpy as np
import psutil
import pytest

from oscvae.osc.packets import encode_message
from parts import SOAK
from parts.client import FramedClient, OscClient, free_tcp_port
from parts.daemon import Daemon
from parts.waiting import until
from robustness.churn import Churn

PLAYING_S = 60.0 * float(os.environ.get("OSCVAE_SOAK_MINUTES", "30")) if SOAK else 3.0
ROUND_S = 0.1
ROUNDS = 70 if SOAK else 25
"""In which everything is done that a player does, the rarest thing once at least."""
GROWTH_BYTES = 4 << 20  # of the medians of the second and the last quarter; an allocator that returns nothing
ANSWER_S = 120.0
RATE = 48_000
TAKE = "hours"
KEPT = "kept"  # a preset
POINT = (0.1, 0.2, -0.3, 0.4)


class Held(NamedTuple):
    """What a daemon and its decoder hold."""

    descriptors: int
    threads: int
    decoders: int
    resident: int


class Player:
    """Everything that is played, a little of it in each round."""

    def __init__(self, daemon: Daemon, http: int) -> None:
        self._daemon = daemon
        self._http = http
        self._churn = Churn(3)
        self._hand = OscClient(daemon.port)
        self._begun = False
        self.counts: dict[str, int] = {}
        self.told = 0  # frames, to visitors

    def round(self, number: int) -> None:
        """One tenth of a second of a set: notes all the time, the rest now and then."""
        for _ in range(4):
            self._do("play", self._play)
        for every, name, act in (
            (7, "tcp", self._visit_by_tcp),
            (11, "page", self._visit_by_browser),
            (13, "preset", self._preset),
            (17, "macro", lambda: self._hand.send("/macro/1", random.random())),
            (19, "record", self._record),
            (23, "encode", lambda: self._hand.send("/encode", f"{TAKE}.wav")),
            (29, "load", lambda: self._hand.send("/load", "plucked")),
            (31, "nonsense", lambda: self._hand.send("/gian", 1.0)),
        ):
            if number % every == every - 1:
                self._do(name, act)
        self._hand.drain()

    def _do(self, name: str, act: Callable[[], object]) -> None:
        act()
        self.counts[name] = self.counts.get(name, 0) + 1

    def _play(self) -> None:
        commands = self._churn.bundle()
        due_s = None if self._churn.random.random() < 0.5 else time.time() + self._churn.random.uniform(0.0, 0.2)
        self._hand.send_bundle(commands, due_s)

    def _visit_by_tcp(self) -> None:
        client = FramedClient(self._daemon.port)
        client.socket.sendall(client.frame("/notify", 1) + client.frame("/play", 60, *POINT) + client.frame("/ping"))
        client.wait_for("/pong")
        client.close()

    def _visit_by_browser(self) -> None:
        self.told += asyncio.run(visit(f"http://127.0.0.1:{self._http}/"))

    def _preset(self) -> None:
        self._hand.send("/preset/save", KEPT, "all")
        self._hand.send("/preset/recall", KEPT, 0.2)

    def _record(self) -> None:
        """Begin a take, or end it."""
        self._begun = not self._begun
        self._hand.send("/record", *([TAKE] if self._begun else []))

    def end(self) -> None:
        if self._begun:
            self._record()
        self._hand.send("/sustain", 0)
        self._hand.send("/freeze", 0)
        self._hand.close()


async def visit(url: str) -> int:
    """A page that comes, is told some frames, and goes."""
    async with asyncio.timeout(ANSWER_S), aiohttp.ClientSession() as session:
        async with session.get(url + "?VALUE") as answer:
            await answer.read()
        async with session.get(url + "nothing/here") as answer:
            assert answer.status == 404
        async with session.ws_connect(url) as socket:
            await socket.send_bytes(encode_message("/notify", (1,)))
            await socket.send_bytes(encode_message("/monitor", (1,)))
            await socket.send_str(json.dumps({"COMMAND": "LISTEN", "DATA": "/z/1"}))
            await socket.send_bytes(encode_message("/z/2", (0.25,)))
            told = [(await socket.receive()).type for _ in range(10)]  # text where a model was loaded meanwhile
            assert set(told) <= {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}
            return len(told)


def make_note(path: Path) -> None:
    """A plucked A4 of a second."""
    seconds = np.arange(RATE) / RATE
    tone = sum(np.sin(2 * np.pi * 440 * k * seconds) / k for k in range(1, 6)) * np.exp(-3 * seconds)
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((8000 * tone).astype("<i2").tobytes())


@pytest.fixture
def http() -> int:
    return free_tcp_port()


@pytest.fixture
def daemon(http: int, tmp_path: Path) -> Iterator[Daemon]:
    make_note(tmp_path / "oscvae" / "sounds" / f"{TAKE}.wav")
    port = free_tcp_port()
    settings = ("audio.backend=silent", f"http.port={http}", f"osc.tcp_port={port}", "engine.voices=16")
    with Daemon(*settings, folder=tmp_path, port=port) as made:
        made.wait_ready()
        yield made
        assert made.stop() == 0
        made.check_log()


def held(daemon: Daemon) -> Held:
    process = psutil.Process(daemon.process.pid)
    return Held(process.num_fds(), process.num_threads(), len(daemon.decoders()), daemon.resident_bytes())


def at_rest(daemon: Daemon, held_before: Held | None = None) -> Held:
    """What is held once nothing sounds, no file is open and only one model is there; as soon as it stays so, or is no
    more than what was held before."""
    assert daemon.client.ask("/sync", 1, answer=("/synced",), timeout_s=ANSWER_S) is not None, daemon.log
    daemon.quiet(ANSWER_S)
    assert until(lambda: len(daemon.decoders()) == 1, ANSWER_S), daemon.log
    least = held(daemon)
    deadline = time.monotonic() + (3.0 if held_before is None else ANSWER_S)
    while time.monotonic() < deadline:  # connections that were closed are still on their way
        now = held(daemon)
        if held_before is not None and now.descriptors <= held_before.descriptors:
            return now
        least = Held(*map(min, least, now))
        time.sleep(0.1)
    return least


@pytest.mark.soak
@pytest.mark.timeout(0 if SOAK else 900)
def test_after_mixed_playing_a_daemon_holds_what_it_held(daemon: Daemon, http: int) -> None:
    player = Player(daemon, http)
    for number in range(ROUNDS):  # every kind has been done: threads are begun, buffers have grown
        player.round(number)
    before = at_rest(daemon)
    resident: list[int] = []
    began, number = time.monotonic(), 0
    while time.monotonic() - began < PLAYING_S or number < ROUNDS:
        player.round(number)
        number += 1
        if number % 50 == 0:
            resident.append(daemon.resident_bytes())
            shutil.rmtree(daemon.folder / "oscvae" / "recordings", ignore_errors=True)
        time.sleep(max(0.0, began + number * ROUND_S - time.monotonic()) if SOAK else 0.0)
    player.end()
    after = at_rest(daemon, before)
    assert min(player.counts.values()) >= 2 and player.told > 0, player.counts
    assert after.descriptors <= before.descriptors, f"{before} {after}"
    assert after.threads <= before.threads, f"{before} {after}"
    if len(resident) >= 40:
        quarter = len(resident) // 4
        earlier, later = (statistics.median(part) for part in (resident[quarter : 2 * quarter], resident[-quarter:]))
        assert later - earlier < GROWTH_BYTES, f"{(later - earlier) / 2**20:.1f} MiB more: {resident}"
    assert daemon.sounds()
