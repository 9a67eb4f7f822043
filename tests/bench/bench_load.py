"""From /load to /done of a model that ships, one after the other, and what each further model keeps in memory.

Peer: a bare `import torch` in the same Python, which each load would take without a zygote. The second model sounds
while the first is kept: a voice holds it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from bench.bench_start import family_mib
from bench.report import Row, show
from parts.daemon import Daemon
from parts.jackd import JackServer
from parts.waiting import until

LOADS = 40
MODELS = ("plucked", "struck")
ANSWER_S = 30.0
KEPT = 4  # models that sound at once
SETTLED_S = 2.0  # after which decoders that were dismissed have left


def load_s(daemon: Daemon, name: str) -> float:
    began = time.perf_counter()
    answer = daemon.client.ask("/load", name, answer=("/done",), timeout_s=ANSWER_S)
    assert answer is not None and answer[0] == "/done", f"{answer}\n{daemon.log}"
    return time.perf_counter() - began


def measure_memory(daemon: Daemon) -> tuple[float, float]:
    """Of one model, and of each of KEPT that are held by a voice, MiB."""
    time.sleep(SETTLED_S)
    first = sum(family_mib(daemon))
    daemon.client.send("/freeze", 1)
    for i in range(KEPT):
        daemon.client.send("/voice/new", i + 1, 60, *[0.0] * 4)
        assert until(lambda i=i: daemon.status().voices == i + 1, ANSWER_S)
        load_s(daemon, MODELS[i % 2])
    time.sleep(SETTLED_S)
    return first, (sum(family_mib(daemon)) - first) / KEPT


def main() -> None:
    server = JackServer().start()
    try:
        with Daemon("audio.backend=jack", f"audio.server_name={server.name}", "audio.connect=[]") as daemon:
            daemon.wait_ready()
            for name in MODELS:
                load_s(daemon, name)
            took = [load_s(daemon, MODELS[i % 2]) for i in range(LOADS)]
            first, further = measure_memory(daemon)
            daemon.stop()
    finally:
        server.stop()
    imports = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import torch"], check=True)
        imports.append(time.perf_counter() - began)
    p50, p99 = np.percentile(took, (50, 99))
    show(
        "Loading",
        [
            Row(
                f"/load to /done, {LOADS} times, {' and '.join(MODELS)} in turn",
                f"p50 {p50:.2f} s, p99 {p99:.2f}",
                f"`import torch` alone {np.median(imports):.2f} s: {np.median(imports) / p50:.1f} times as long",
                "0.35 s",
                "0.2 s",
            ),
            Row("memory with one model (shares of what is common)", f"{first:.0f} MiB", "", "850 MiB", "600 MiB"),
            Row(f"each of {KEPT} further models that sound", f"{further:.0f} MiB", "", "60 MiB", "30 MiB"),
        ],
    )


if __name__ == "__main__":
    main()
