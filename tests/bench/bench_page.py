"""Twenty pages in browsers beside sixteen voices: underruns, xruns, the event clock's gaps and memory, without pages,
with them, and while four of them hear the sound.

The same score is played three times on one server, 200 moves a second beside it. In two of the runs twenty WebSockets
are subscribed, listen to every dimension of the cursor, ask for the voices and the status as often as the page does,
and for the tree once a second in turn; in the last four of them hear the sound too.
It takes three times the minutes, and some half a minute.
Usage: python tests/bench/bench_page.py [--minutes 1] [--only pages|hearing] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import psutil

from bench.bench_isolation import GAP_MS, NOTE_S, VOICES, Witnesses, beyond, gap_lengths, play_score, read_report
from bench.report import Row, show
from parts import ROOT
from parts.client import OscClient, free_port, free_tcp_port
from parts.jackd import JackServer
from parts.pages import PAGES, browse

HEARING = 4
RUNS = {"alone": (0, 0), "pages": (PAGES, 0), "hearing": (PAGES, HEARING)}
"""How many pages there are, and how many of them hear the sound."""
PROBE_BYTES = 16
"""What a probe of the event loop keeps of each gap: the daemon itself has no such memory."""
MOVES_A_SECOND = 200
SETTLE_S = 2.0
LEAVE_S = 20.0


def move(port: int, over: threading.Event) -> None:
    """Moves of the cursor, as a pad sends them."""
    client, rng = OscClient(port), random.Random(3)
    began, sent = time.monotonic(), 0
    while not over.is_set():
        while sent < (time.monotonic() - began) * MOVES_A_SECOND:
            client.send("/z", *[rng.uniform(-2.0, 2.0) for _ in range(4)])
            sent += 1
        client.drain()
        time.sleep(0.005)
    client.close()


def run(server: JackServer, seconds: float, name: str, folder: Path) -> dict[str, Any]:
    """One run of the score, and what the daemon counted. name: of RUNS."""
    n_pages, hearing = RUNS[name]
    port, http, report = free_port(), free_tcp_port(), folder / f"report-{name}.json"
    command = [sys.executable, str(ROOT / "tests/bench/disturbed_daemon.py"), "0", str(report), f"osc.port={port}"]
    command += ["audio.backend=jack", f"audio.server_name={server.name}", f"http.port={http}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(folder)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = OscClient(port)
    while (reply := client.ask("/status", answer=("/status.reply",), timeout_s=0.5)) is None or reply[0] == "/fail":
        if process.poll() is not None:
            raise RuntimeError(f"the daemon ended with {process.returncode}")
        time.sleep(0.1)
    counts, over = [0] * n_pages, threading.Event()
    threads = ThreadPoolExecutor(2)
    helpers = [threads.submit(move, port, over)]
    if counts:
        helpers.append(threads.submit(lambda: asyncio.run(browse(http, counts, hearing, over))))
    time.sleep(SETTLE_S)
    memory = psutil.Process(process.pid).memory_full_info().uss
    witnesses = Witnesses()
    play_score(client, seconds)
    stalls = witnesses.finish()
    grown = psutil.Process(process.pid).memory_full_info().uss - memory
    over.set()
    for helper in helpers:
        helper.result(timeout=LEAVE_S)  # a page that was hung up on is no page
    time.sleep(NOTE_S)
    client.send("/quit")
    process.wait(LEAVE_S)
    found = read_report(report)
    gaps = found["gaps"]
    return found | {
        "gaps_ms": [1000 * length for length in gap_lengths(found)],
        "beyond_ms": [1000 * beyond(tuple(gap), stalls) for gap in gaps if gap[1] > 0.005],
        "grown": grown - PROBE_BYTES * len(gaps),
        "told": counts,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=1.0, help="of each run")
    parser.add_argument("--only", choices=RUNS, help="one run alone")
    parser.add_argument("--json")
    options = parser.parse_args()
    names = [options.only] if options.only else list(RUNS)
    server = JackServer().start()
    try:
        with tempfile.TemporaryDirectory() as place:
            found = {name: run(server, 60 * options.minutes, name, Path(place)) for name in names}
    finally:
        server.stop()

    def gaps(name: str) -> str:
        lengths = np.array(found[name]["gaps_ms"])
        left = max(found[name]["beyond_ms"], default=0.0)
        return f"p99.9 {np.percentile(lengths, 99.9):.1f}, worst {lengths.max():.1f}, without stalls {left:.1f} ms"

    def told(name: str) -> str:
        per_s = np.array(found[name]["told"] or [0]) / (60 * options.minutes + SETTLE_S)
        return f"{per_s.min():.0f} to {per_s.max():.0f}"

    def row(what: str, figure: Callable[[str], str], limit: str = "") -> Row:
        *before, last = names
        return Row(what, figure(last), ", ".join(f"{name} {figure(name)}" for name in before), limit)

    show(
        f"Twenty pages, {names[-1]}",
        [
            row("underruns", lambda name: str(found[name]["underruns"]), "0"),
            row("xruns", lambda name: str(found[name]["xruns"])),
            row("control gap", gaps, f"{GAP_MS} ms"),
            row("memory that came in the run", lambda name: f"{found[name]['grown'] / 1024:.0f} KiB"),
            row("frames each page is told a second", told),
        ],
        f"\n{PAGES} WebSockets, {HEARING} of them hear the sound, {MOVES_A_SECOND} moves a second, {VOICES} voices, "
        f"{options.minutes:g} minutes each\n",
    )


if __name__ == "__main__":
    main()
