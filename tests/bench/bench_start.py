"""From the command to the first /status.reply in which a model can be played, warm; and what it keeps in memory.

Peer: a bare `import torch` in the same Python, which the decoder process cannot do without.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from bench.report import Row, show
from parts.daemon import Daemon, children_of
from parts.jackd import JackServer

RUNS = 7


def memory_mib(pid: int) -> float:
    """Of a process in MiB, with its share of what it has in common with others (PSS)."""
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):  # it has just left
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def family_mib(daemon: Daemon) -> tuple[float, float]:
    """Of a daemon, and of all processes that it has started."""
    own = memory_mib(daemon.process.pid)
    return own, sum(memory_mib(child.pid) for child in children_of(daemon.process.pid))


def measure(server: JackServer) -> tuple[list[float], list[tuple[float, float]]]:
    """Of each start: how long until a model can be played, and the memory of daemon and decoder in MiB."""
    starts, memories = [], []
    for run in range(RUNS + 1):
        began = time.perf_counter()
        with Daemon("audio.backend=jack", f"audio.server_name={server.name}", "audio.connect=[]") as daemon:
            daemon.wait_ready()
            took = time.perf_counter() - began
            own, decoders = family_mib(daemon)
            daemon.stop()
        if run:  # the first compiles where nothing is cached
            starts.append(took)
            memories.append((own, decoders))
    return starts, memories


def main() -> None:
    server = JackServer().start()
    try:
        starts, memories = measure(server)
    finally:
        server.stop()
    imports = []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import torch"], check=True)
        imports.append(time.perf_counter() - began)
    own, decoder = (float(np.median([pair[i] for pair in memories])) for i in (0, 1))
    show(
        "Start",
        [
            Row(
                "warm start to the first /status.reply with a playable model",
                f"{np.median(starts):.2f} s (worst of {RUNS} {max(starts):.2f} s)",
                f"`import torch` alone {np.median(imports):.2f} s",
                "6 s",
                "3 s",
            ),
            Row(
                "memory, daemon and what it has started (shares of what is common)",
                f"{own + decoder:.0f} MiB ({own:.0f} + {decoder:.0f})",
                "",
                "1.2 GiB",
                "700 MiB",
            ),
        ],
        f"\n`{' '.join(server.command).replace(server.name, 'NAME')}`\n",
    )


if __name__ == "__main__":
    main()
