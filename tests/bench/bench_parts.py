"""Eight parts with a model each, and 64 voices among them for a minute: rings that run empty, and the callback's time.

Each part has eight voices of its own, which are begun again in turn, so that as many sound all the time, of models of
notes, of notes that are held and of single frames. The callback's time is counted block by block by the daemon itself.

Usage: python tests/bench/bench_parts.py [--seconds 60] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from bench.report import Row, show
from parts import ROOT
from parts.client import OscClient, free_port
from parts.jackd import JackServer
from parts.waiting import until

MODELS = ("plucked", "sustained", "struck", "drums", "hits", "timbre", "plucked", "sustained")
EACH = 8  # voices of a part
LIFE_S = {"drums": 0.5, "hits": 0.5}
USUAL_LIFE_S = 2.0
READY_S = 120.0
ANSWER_S = 15.0


def address(part: int, path: str) -> str:
    return f"/part/{part}{path}"


def play(client: OscClient, seconds: float) -> list[int]:
    """Keep EACH voices of each part sounding; the counts of the daemon, one a second."""
    rng = random.Random(1)
    due = [[rng.random() * LIFE_S.get(name, USUAL_LIFE_S) for _ in range(EACH)] for name in MODELS]
    dims = {}
    for part, name in enumerate(MODELS, 1):
        reply = client.ask(address(part, "/model") if part > 1 else "/model", answer=_model(part), timeout_s=ANSWER_S)
        assert reply is not None and reply[1][0] == name, (part, reply)
        dims[part] = reply[1][1]
        client.send(address(part, "/gain"), -30.0)
    counts = []
    began = time.monotonic()
    asked = began + 3.0
    while (now := time.monotonic() - began) < seconds:
        for part, name in enumerate(MODELS, 1):
            for number in range(EACH):
                if due[part - 1][number] > now:
                    continue
                due[part - 1][number] += LIFE_S.get(name, USUAL_LIFE_S) * rng.uniform(0.9, 1.1)
                z = [rng.uniform(-0.5, 0.5) for _ in range(dims[part])]
                client.send(address(part, "/voice/new"), part * EACH + number, rng.randint(50, 74), *z, 0.3)
        if time.monotonic() > asked:
            counts.append(int(status(client)[0]))
            asked += 1.0
        client.drain()
        time.sleep(0.002)
    client.send("/panic")
    return counts


def _model(part: int) -> tuple[str]:
    return ("/model" if part == 1 else address(part, "/model"),)


def status(client: OscClient) -> tuple[Any, ...]:
    reply = client.ask("/status", answer=("/status.reply",), timeout_s=ANSWER_S)
    assert reply is not None
    return reply[1]


def measure(server: JackServer, seconds: float) -> tuple[dict[str, Any], list[int], float]:
    """What the daemon says of itself, its voices once a second, and the MiB of its processes."""
    import psutil

    with tempfile.TemporaryDirectory() as folder:
        report, port = Path(folder) / "report.json", free_port()
        further = ", ".join(f"{part}: {name}" for part, name in enumerate(MODELS, 1) if part > 1)
        settings = [
            *(f"osc.port={port}", "http.port=0", "audio.backend=jack", f"audio.server_name={server.name}"),
            *("audio.connect=[]", f"model.name={MODELS[0]}", f"model.parts={{{further}}}", "engine.voices=96"),
            *("model.device=cpu", "audio.outputs=4", "audio.parts={2: 3, 4: 3, 6: 3, 8: 3}"),
        ]
        command = [sys.executable, str(ROOT / "tests" / "bench" / "disturbed_daemon.py"), "0", str(report), *settings]
        with OscClient(port) as client, (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                ready = until(lambda: _parts(client) == len(MODELS), READY_S)
                assert ready, (Path(folder) / "log").read_text()
                time.sleep(2.0)
                counts = play(client, seconds)
                family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
                memory = sum(one.memory_full_info().pss for one in family) / 2**20
                time.sleep(1.0)
            finally:
                process.terminate()
                process.wait(20.0)
        return json.loads(report.read_text()), counts, memory


def _parts(client: OscClient) -> int:
    reply = client.ask("/parts", answer=("/parts.reply",), timeout_s=0.5)
    return len(reply[1]) // 3 if reply is not None and reply[0] == "/parts.reply" else 0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json")
    options = parser.parse_args()
    server = JackServer().start()
    try:
        result, counts, memory = measure(server, options.seconds)
    finally:
        server.stop()
    times = np.array(result["times"])
    p50, p999 = (
        (int(np.searchsorted(np.cumsum(times), share * times.sum())) + 1) * result["bucket_ns"] / 1000.0
        for share in (0.5, 0.999)
    )
    period_us = result["period"] / result["rate"] * 1e6
    show(
        "Eight parts",
        [
            Row(
                f"{len(MODELS)} parts, {options.seconds:.0f} s",
                f"{result['underruns']} early-empty rings",
                f"{np.mean(counts):.0f} voices on average, {min(counts)} at least; {result['xruns']} xruns",
                "0",
            ),
            Row(
                "callback, p99.9",
                f"{p999:.0f} us",
                f"p50 {p50:.0f} us, of a period of {period_us:.0f} us",
                f"{period_us / 5:.0f} us",
            ),
            Row("memory of all processes", f"{memory:.0f} MiB", f"{len(MODELS)} models, PSS"),
        ],
        f"\n`{' '.join(server.command).replace(server.name, 'NAME')}`\n",
    )


if __name__ == "__main__":
    main()
