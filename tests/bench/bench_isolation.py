"""Sixteen voices beside everything that could disturb them: messages, model loads good and bad, spinning threads.

The same score is played twice on one server, undisturbed and then disturbed, an idle client of the same kind beside
it, and one that does nothing either but is as long about it as the daemon's callback is. Undisturbed means no other
messages, no loads and no spinning threads. A witness on each core says when the machine itself stood still, and so what
is left that is the daemon's.
Usage: python tests/bench/bench_isolation.py [--minutes 10] [--calm 3] [--json FILE] [--raw FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from bench.busy_client import BusyClient
from bench.report import Row, show
from parts import ROOT
from parts.client import OscClient, free_port
from parts.jackd import JackServer
from parts.recorder import Recorder

VOICES = 16
NOTE_S = 1.6
AHEAD_S = 0.15
MESSAGES_A_SECOND = 200
LOAD_EVERY_S = 5.0
SPINNERS = 4
GAP_MS = 20
NEAR_S = 0.002  # between a stall of the machine and what the server says of it
CLIENTS = ("oscvae", "idle", "busy")
_LOGGER_PRIORITY = 80  # above the server's own 70

Stalls = list[tuple[float, float]]  # when one begins and ends, in s of the monotonic clock

# what jackd's log says of an xrun: which client had not finished its cycle (Running), or had not even been given a core
# by the kernel (Triggered), or that its own timer woke it late
_UNFINISHED = re.compile(r"XRun: client = (\S+) was not finished, state = (\w+)")
_DRIVER_LATE = re.compile(r"JackTimedDriver::Process XRun")


class Disturbance(threading.Thread):
    """Messages and loads, from outside."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._client = OscClient(port)
        self._over = threading.Event()
        self.answers: dict[str, int] = {}
        self.sent = 0

    def run(self) -> None:
        rng = random.Random(5)
        names = ("plucked", "broken", "plucked-again", "nothing", "foreign")
        loads = 0
        began = time.monotonic()
        while not self._over.is_set():
            now = time.monotonic() - began
            while self.sent < now * MESSAGES_A_SECOND:
                kind = self.sent % 4
                if kind == 0:
                    self._client.send("/z", *[rng.uniform(-2.0, 2.0) for _ in range(4)])
                elif kind == 1:
                    self._client.send("/pad/1", rng.random(), rng.random())
                elif kind == 2:
                    self._client.send("/status")
                else:
                    self._client.send("/voice/set", 99, "pan", 0.0)
                self.sent += 1
            if now > loads * LOAD_EVERY_S:
                self._client.send("/load", names[loads % len(names)])
                loads += 1
            for address, args in self._client.drain():
                key = f"{address} {args[0]}" if address in ("/done", "/fail") else address
                self.answers[key] = self.answers.get(key, 0) + 1
            time.sleep(0.005)

    def stop(self) -> None:
        self._over.set()
        self.join()


class Witnesses:
    """One on each core, until `finish`."""

    def __init__(self) -> None:
        self._processes = [
            subprocess.Popen(
                [sys.executable, str(ROOT / "tests/bench/witness.py"), str(core)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for core in sorted(os.sched_getaffinity(0))
        ]

    def finish(self) -> Stalls:
        """The stalls of any core, in order, those that overlap as one."""
        told = [stall for process in self._processes for stall in json.loads(process.communicate()[0])]
        stalls: Stalls = []
        for begin, length in sorted(told):
            if stalls and begin <= stalls[-1][1]:
                stalls[-1] = stalls[-1][0], max(stalls[-1][1], begin + length)
            else:
                stalls.append((begin, begin + length))
        return stalls


def beyond(gap: tuple[float, float], stalls: Stalls) -> float:
    """What is left of a gap (when, how long) without the stalls in it, in s."""
    begin, length = gap
    return length - sum(max(0.0, min(end, begin + length) - max(start, begin)) for start, end in stalls)


def hasten(pid: int | None = None) -> None:
    """Give the calling thread, or those of this process that have no real-time priority, one, where that is allowed."""
    with contextlib.suppress(OSError):
        for thread in [0] if pid is None else (int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()):
            if os.sched_getscheduler(thread) == os.SCHED_OTHER:
                os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(_LOGGER_PRIORITY))


class Xruns(threading.Thread):
    """Reads what the server says of xruns as it says it: (since when, until when, client, state).

    The server's thread that writes them down, and this one that reads them, are first in line, so that the times are
    those of the xruns.
    """

    def __init__(self, server: JackServer) -> None:
        super().__init__(daemon=True)
        hasten(server.pid)
        self._server = server
        self._over = threading.Event()
        self.told: list[tuple[float, float, str, str]] = []
        self.driver_late = 0

    def run(self) -> None:
        hasten()
        said = len(self._server.log().encode())
        since = time.perf_counter()
        while not self._over.wait(0.002):
            log, now = self._server.log(said), time.perf_counter()
            log = log[: log.rfind("\n") + 1]
            self.told += [(since, now, *found) for found in _UNFINISHED.findall(log)]
            self.driver_late += len(_DRIVER_LATE.findall(log))
            said, since = said + len(log.encode()), now

    def stop(self) -> None:
        self._over.set()
        self.join()

    def count(self, client: str, state: str, stalls: Stalls | None = None) -> int:
        """How many there were, or with stalls: how many with none of these near."""
        found = [(since, now) for since, now, *whose in self.told if whose == [client, state]]
        if stalls is None:
            return len(found)
        return sum(not any(end > since - NEAR_S and start < now for start, end in stalls) for since, now in found)


def steal() -> float:
    """What the host has taken from all cores since the start of the machine, in s, as the kernel knows."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(fields[8]) / os.sysconf("SC_CLK_TCK")


def play_score(client: OscClient, seconds: float) -> None:
    """A new note every tenth of a second, by timetags; the same notes every time."""
    rng = random.Random(11)
    interval = NOTE_S / VOICES
    began = time.time() + 0.5
    for number in range(int(seconds / interval)):
        due = began + number * interval
        while time.time() < due - AHEAD_S:
            time.sleep(0.005)
        z = [rng.uniform(-1.0, 1.0) for _ in range(4)]
        client.send_bundle([("/play", rng.randint(45, 84), *z, 0.7)], due)
        client.drain()


def run(server: JackServer, seconds: float, disturbed: bool, folder: Path, busy_us: float) -> dict[str, Any]:
    """One run of the score; what the daemon and the two clients beside it counted."""
    port = free_port()
    report = folder / f"report-{disturbed}.json"
    command = [sys.executable, str(ROOT / "tests/bench/disturbed_daemon.py"), str(SPINNERS if disturbed else 0)]
    command += [str(report), f"osc.port={port}", "audio.backend=jack", f"audio.server_name={server.name}"]
    command += [f"model.folder={folder}"]
    log = (folder / f"log-{disturbed}").open("wb")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(folder)}
    process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    client = OscClient(port)
    for _ in range(400):
        reply = client.ask("/status", answer=("/status.reply",), timeout_s=0.5)
        if reply is not None and reply[0] == "/status.reply":
            break
        time.sleep(0.1)
    client.send("/notify", 0)
    idle = Recorder(server.name, ports=1, seconds=seconds + 10, name="idle")
    idle.start()
    busy = BusyClient(server.name, busy_us, name="busy")
    xruns = Xruns(server)
    xruns.start()
    witnesses = Witnesses()
    stolen = steal()
    began = time.perf_counter()
    noise = Disturbance(port) if disturbed else None
    if noise is not None:
        noise.start()
    play_score(client, seconds)
    if noise is not None:
        noise.stop()
    took = time.perf_counter() - began
    stalls = witnesses.finish()
    idle.stop()
    time.sleep(0.1)
    xruns.stop()
    busy.close()
    time.sleep(NOTE_S)
    client.send("/quit")
    process.wait(20)
    result: dict[str, Any] = read_report(report)
    result["idle_skipped"] = idle.skipped
    for key, state in (("running", "Running"), ("waiting", "Triggered")):
        result[key] = [xruns.count(name, state) for name in CLIENTS]
        result[f"{key} alone"] = [xruns.count(name, state, stalls) for name in CLIENTS]
    result["driver_late"] = xruns.driver_late
    result["told"], result["stood"] = xruns.told, stalls
    result["busy_us"] = busy_us
    result["woken"] = [idle.periods[:, 0].tolist(), idle.periods[:, 4].tolist()]
    result["steal"] = steal() - stolen
    result["stalls"] = [end - start for start, end in stalls]
    result["near"] = sum(end - start + NEAR_S for start, end in stalls) / took
    result["long gaps"] = [gap for gap in result["gaps"] if gap[1] > 0.005]
    result["beyond"] = [beyond(tuple(gap), stalls) for gap in result["long gaps"]]
    result["gaps"] = gap_lengths(result)
    result["skipped"] = result["frames"] - (result["blocks"] - 1) * result["period"]
    result["answers"] = noise.answers if noise is not None else {}
    result["sent"] = noise.sent if noise is not None else 0
    result["log"] = (folder / f"log-{disturbed}").read_text(errors="replace")
    idle.close()
    return result


def read_report(path: Path) -> dict[str, Any]:
    """What a disturbed daemon has written, with the gaps of its event clock: when and how long."""
    report: dict[str, Any] = json.loads(path.read_text())
    gaps = np.frombuffer(path.with_suffix(".gaps").read_bytes(), np.float64).reshape(-1, 2)
    return report | {"gaps": gaps.tolist()}


def gap_lengths(result: dict[str, Any]) -> list[float]:
    """Seconds that the event loop was away, of every look at it; 0 for those that were too short to be kept."""
    lengths = [length for _, length in result["gaps"]]
    return lengths + [0.0] * (result["looks"] - len(lengths))


def callback_us(result: dict[str, Any], share: float) -> float:
    """Percentile of the callback's time in us, as the upper end of its bucket."""
    times = np.array(result["times"])
    bucket = int(np.searchsorted(np.cumsum(times), share * times.sum()))
    return (bucket + 1) * result["bucket_ns"] / 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10.0, help="of the disturbed run")
    parser.add_argument("--calm", type=float, default=3.0, help="minutes of the undisturbed run")
    parser.add_argument("--json")
    parser.add_argument("--raw", type=Path, help="also write every xrun and stall, with its time, to this file")
    options = parser.parse_args()
    server = JackServer().start()
    try:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            shutil.copy(ROOT / "models/plucked.ts", folder / "plucked.ts")
            shutil.copy(ROOT / "models/plucked.ts", folder / "plucked-again.ts")
            whole = (ROOT / "models/plucked.ts").read_bytes()
            (folder / "broken.ts").write_bytes(whole[: len(whole) // 2])
            (folder / "foreign.ts").write_bytes(b"RIFF" + bytes(1000))
            calm = run(server, options.calm * 60, False, folder, 0.0)
            wild = run(server, options.minutes * 60, True, folder, callback_us(calm, 0.5))
    finally:
        server.stop()
    if options.raw:
        options.raw.write_text(json.dumps({"calm": calm, "wild": wild}))
    gaps = np.array(wild["gaps"]) * 1000
    period_us = 1e6 * wild["period"] / wild["rate"]
    answers = ", ".join(f"{key} {count}" for key, count in sorted(wild["answers"].items()))
    show(
        "Isolation",
        [
            Row("underruns", str(wild["underruns"]), f"undisturbed {calm['underruns']}", "0"),
            *(
                Row(
                    f"xruns with the daemon {meaning}",
                    str(wild[key][0]),
                    f"the idle client {wild[key][1]}, the one as long about it {wild[key][2]}; undisturbed "
                    f"{calm[key][0]}, {calm[key][1]}; no stall of the machine near: "
                    f"{', '.join(map(str, wild[f'{key} alone']))}",
                    "0 beyond the idle client's",
                )
                for key, meaning in (("running", "at work"), ("waiting", "waiting for a core"))
            ),
            Row("xruns of the server's own timer", str(wild["driver_late"]), f"undisturbed {calm['driver_late']}"),
            Row(
                "frames that were not served to the daemon",
                f"{wild['skipped']}",
                f"to the idle client {wild['idle_skipped']}; undisturbed {calm['skipped']} and {calm['idle_skipped']}",
            ),
            Row(
                "largest sample step",
                f"{wild['max_step']:.4f}",
                f"undisturbed {calm['max_step']:.4f}, ratio {wild['max_step'] / calm['max_step']:.2f}",
                "1.5",
            ),
            Row(
                "control gap",
                f"worst {gaps.max():.1f} ms, p99.9 {np.percentile(gaps, 99.9):.1f} ms, "
                f"{(gaps > GAP_MS).sum()} of {gaps.size} over {GAP_MS} ms",
                f"undisturbed worst {1000 * max(calm['gaps']):.1f} ms; without the machine's stalls in them: worst "
                f"{1000 * max(wild['beyond'], default=0.0):.1f} and {1000 * max(calm['beyond'], default=0.0):.1f} ms",
                f"{GAP_MS} ms",
            ),
            Row(
                "callback",
                f"p99.9 {callback_us(wild, 0.999):.0f} us, p50 {callback_us(wild, 0.5):.0f} us",
                f"undisturbed p99.9 {callback_us(calm, 0.999):.0f} us; a fifth of the period {period_us / 5:.0f} us",
                "",
                "a fifth of the period",
            ),
            Row(
                "stalls of a core over 0.5 ms, for who is first in line",
                f"{len(wild['stalls'])}, longest {1000 * max(wild['stalls'], default=0.0):.1f} ms",
                f"undisturbed {len(calm['stalls'])}, {1000 * max(calm['stalls'], default=0.0):.1f} ms; in one, or "
                f"{1000 * NEAR_S:.0f} ms after it, lie {100 * wild['near']:.1f} % of the time",
            ),
            Row("late notes", str(wild["late"]), f"undisturbed {calm['late']}"),
            Row(f"messages sent: {wild['sent']}", f"answers: {answers}"),
        ],
        f"\n`{' '.join(server.command).replace(server.name, 'NAME')}`; {options.calm:g} minutes undisturbed, "
        f"{options.minutes:g} disturbed, {VOICES} voices, {SPINNERS} spinning threads\n",
    )


if __name__ == "__main__":
    main()
