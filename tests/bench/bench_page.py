"""Twenty pages in browsers beside sixteen voices: underruns, the event clock's gaps and memory, with and without them.

The same score is played twice on one server, 200 moves a second beside it. In one of the two runs twenty WebSockets
are subscribed, listen to every dimension of the cursor, and ask for the tree once a second in turn.
It takes twice the minutes, and some twenty seconds.
Usage: python tests/bench/bench_page.py [--minutes 1] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiohttp
import numpy as np
import psutil

from bench.bench_isolation import GAP_MS, NOTE_S, VOICES, Witnesses, beyond, play_score
from bench.report import Row, show
from oscvae.osc.packets import encode_message
from parts import ROOT
from parts.client import OscClient, free_port, free_tcp_port
from parts.jackd import JackServer

PAGES = 20
MOVES_A_SECOND = 200
SETTLE_S = 2.0
LEAVE_S = 20.0


async def listen(socket: aiohttp.ClientWebSocketResponse, counts: list[int], number: int) -> None:
    """Count what a page is told, until it is cancelled."""
    async for _ in socket:
        counts[number] += 1
    raise ConnectionError(f"page {number} was hung up on, with {socket.close_code}")


async def look(session: aiohttp.ClientSession, url: str, number: int) -> None:
    """Ask for the tree once a second, each page at its own share of it, until it is cancelled."""
    await asyncio.sleep(number / PAGES)
    while True:
        async with session.get(url) as answer:
            await answer.read()
        await asyncio.sleep(1.0)


async def page(url: str, counts: list[int], number: int) -> None:
    """One page: listens and asks until it is cancelled."""
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_bytes(encode_message("/notify", (1,)))
        for dimension in range(1, 5):
            await socket.send_str(json.dumps({"COMMAND": "LISTEN", "DATA": f"/z/{dimension}"}))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(listen(socket, counts, number))
            tasks.create_task(look(session, url, number))


async def browse(port: int, counts: list[int], over: threading.Event) -> None:
    """All pages, until `over`; raises what one of them raised."""
    pages = asyncio.gather(*(page(f"http://127.0.0.1:{port}/?VALUE", counts, i) for i in range(PAGES)))
    while not over.is_set() and not pages.done():
        await asyncio.sleep(0.05)
    pages.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await pages


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


def run(server: JackServer, seconds: float, with_pages: bool, folder: Path) -> dict[str, Any]:
    """One run of the score, and what the daemon counted."""
    port, http, report = free_port(), free_tcp_port(), folder / f"report-{with_pages}.json"
    command = [sys.executable, str(ROOT / "tests/bench/disturbed_daemon.py"), "0", str(report), f"osc.port={port}"]
    command += ["audio.backend=jack", f"audio.server_name={server.name}", f"http.port={http}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(folder)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = OscClient(port)
    while (reply := client.ask("/status", answer=("/status.reply",), timeout_s=0.5)) is None or reply[0] == "/fail":
        if process.poll() is not None:
            raise RuntimeError(f"the daemon ended with {process.returncode}")
        time.sleep(0.1)
    counts, over = [0] * PAGES, threading.Event()
    threads = ThreadPoolExecutor(2)
    helpers = [threads.submit(move, port, over)]
    if with_pages:
        helpers.append(threads.submit(lambda: asyncio.run(browse(http, counts, over))))
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
    found: dict[str, Any] = json.loads(report.read_text())
    gaps = found["gaps"]
    return found | {
        "gaps_ms": [1000 * length for _, length in gaps],
        "beyond_ms": [1000 * beyond(tuple(gap), stalls) for gap in gaps if gap[1] > 0.005],
        "grown": grown,
        "told": counts,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=1.0, help="of each run")
    parser.add_argument("--json")
    options = parser.parse_args()
    server = JackServer().start()
    try:
        with tempfile.TemporaryDirectory() as place:
            alone = run(server, 60 * options.minutes, False, Path(place))
            beside = run(server, 60 * options.minutes, True, Path(place))
    finally:
        server.stop()

    def gaps(found: dict[str, Any]) -> str:
        lengths = np.array(found["gaps_ms"])
        left = max(found["beyond_ms"], default=0.0)
        return f"p99.9 {np.percentile(lengths, 99.9):.1f}, worst {lengths.max():.1f}, without stalls {left:.1f} ms"

    told = np.array(beside["told"]) / (60 * options.minutes + SETTLE_S)
    show(
        "Twenty pages",
        [
            Row("underruns", str(beside["underruns"]), f"without pages {alone['underruns']}", "0"),
            Row("control gap", gaps(beside), f"without pages {gaps(alone)}", f"{GAP_MS} ms"),
            Row("memory that came in the run", f"{beside['grown'] / 1024:.0f} KiB", f"{alone['grown'] / 1024:.0f} KiB"),
            Row("frames each page is told a second", f"{told.min():.0f} to {told.max():.0f}"),
        ],
        f"\n{PAGES} WebSockets, {MOVES_A_SECOND} moves a second, {VOICES} voices, {options.minutes:g} minutes each\n",
    )


if __name__ == "__main__":
    main()
