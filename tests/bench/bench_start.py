"""From the command to the first /status.reply in which a model can be played, warm; and what it keeps in memory.

Peer: a bare `import torch` in the same Python, which the decoder process cannot do without.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from bench.report import Row, show
from parts.daemon import Daemon
from parts.jackd import JackServer

RUNS = 7


def resident_mib(pid: int) -> float:
    """Resident memory of a process in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def all_children(pid: int) -> list[int]:
    """Direct children of every thread of a process."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def measure(server: JackServer) -> tuple[list[float], list[tuple[float, float]]]:
    """Of each start: how long until a model can be played, and the memory of daemon and decoder in MiB."""
    starts, memories = [], []
    for run in range(RUNS + 1):
        began = time.perf_counter()
        with Daemon("audio.backend=jack", f"audio.server_name={server.name}", "audio.connect=[]") as daemon:
            daemon.wait_ready()
            took = time.perf_counter() - began
            own = resident_mib(daemon.process.pid)
            decoders = sum(resident_mib(child) for child in all_children(daemon.process.pid))
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
                "resident memory, daemon and decoder",
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
