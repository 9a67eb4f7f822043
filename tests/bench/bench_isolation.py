"""Sixteen voices beside everything that could disturb them: messages, model loads good and bad, spinning threads.

The same score is played twice on one server, undisturbed and then disturbed, an idle client of the same kind beside
it. Undisturbed means no other messages, no loads and no spinning threads.
Usage: python tests/bench/bench_isolation.py [--minutes 10] [--calm 3] [--json FILE]
"""

from __future__ import annotations

import argparse
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
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from bench.disturbed_daemon import PROBE_S
from bench.report import Row, show
from jack_recorder import Recorder
from jackd import JackServer
from support import ROOT, OscClient, free_port

VOICES = 16
NOTE_S = 1.6
AHEAD_S = 0.15
MESSAGES_A_SECOND = 200
LOAD_EVERY_S = 5.0
SPINNERS = 4
GAP_MS = 20

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


def run(server: JackServer, seconds: float, disturbed: bool, folder: Path) -> dict[str, Any]:
    """One run of the score; what the daemon and the idle client counted."""
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
    said = len(server.log())
    # how late the machine itself wakes a thread of that priority
    witness = subprocess.Popen(
        [sys.executable, str(ROOT / "tests/bench/witness.py"), str(PROBE_S)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    noise = Disturbance(port) if disturbed else None
    if noise is not None:
        noise.start()
    play_score(client, seconds)
    if noise is not None:
        noise.stop()
    witnessed, _ = witness.communicate()
    idle.stop()
    blamed = Counter(_UNFINISHED.findall(server.log()[said:]))
    driver = len(_DRIVER_LATE.findall(server.log()[said:]))
    time.sleep(NOTE_S)
    client.send("/quit")
    process.wait(20)
    result: dict[str, Any] = json.loads(report.read_text())
    result["idle_skipped"] = idle.skipped
    result["running"], result["waiting"] = (
        [blamed[name, state] for name in ("oscvae", "idle")] for state in ("Running", "Triggered")
    )
    result["driver_late"] = driver
    result["skipped"] = result["frames"] - (result["blocks"] - 1) * result["period"]
    result["witnessed"] = json.loads(witnessed)
    result["answers"] = noise.answers if noise is not None else {}
    result["sent"] = noise.sent if noise is not None else 0
    result["log"] = (folder / f"log-{disturbed}").read_text(errors="replace")
    idle.close()
    return result


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
            calm = run(server, options.calm * 60, False, folder)
            wild = run(server, options.minutes * 60, True, folder)
    finally:
        server.stop()
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
                    f"the idle client {wild[key][1]}; undisturbed {calm[key][0]} and {calm[key][1]}",
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
                f"undisturbed worst {1000 * max(calm['gaps']):.1f} ms; a process beside it that only sleeps, at the "
                f"same priority: {1000 * wild['witnessed'][0]:.1f} and {1000 * calm['witnessed'][0]:.1f} ms",
                f"{GAP_MS} ms",
            ),
            Row(
                "callback",
                f"p99.9 {callback_us(wild, 0.999):.0f} us, p50 {callback_us(wild, 0.5):.0f} us",
                f"undisturbed p99.9 {callback_us(calm, 0.999):.0f} us; a fifth of the period {period_us / 5:.0f} us",
                "",
                "a fifth of the period",
            ),
            Row("late notes", str(wild["late"]), f"undisturbed {calm['late']}"),
            Row(f"messages sent: {wild['sent']}", f"answers: {answers}"),
        ],
        f"\n`{' '.join(server.command).replace(server.name, 'NAME')}`; {options.calm:g} minutes undisturbed, "
        f"{options.minutes:g} disturbed, {VOICES} voices, {SPINNERS} spinning threads\n",
    )


if __name__ == "__main__":
    main()
