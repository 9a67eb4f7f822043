"""How many voices sound for a minute before one runs early-empty, every voice a full note; and what each costs.

The number is raised in steps; each is held for `--seconds` by replacing every voice as it ends. An idle JACK client of
the same server counts the xruns that the server has without us. The cost is the render loop's own time for 1, 8 and 64
voices, offline, as a ratio against one voice.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil

from bench.report import Row, show
from oscvae.model.document import read_document
from parts import ROOT
from parts.daemon import Daemon
from parts.jackd import JackServer
from parts.recorder import Recorder

STEPS = (16, 32, 48, 64, 96, 128, 160, 192)
MODEL = read_document(ROOT / "models" / "plucked.ts")
NOTE_S = (MODEL.n_samples - MODEL.onset_sample) / MODEL.sample_rate


def hold(daemon: Daemon, voices: int, seconds: float) -> dict[str, float]:
    """Keep `voices` notes sounding; returns underruns, lowest and mean voice counts, and CPU shares in %."""
    client = daemon.client
    rng = random.Random(voices)
    process = psutil.Process(daemon.process.pid)
    (decoder,) = daemon.decoders()
    before = daemon.status()
    process.cpu_percent(), decoder.cpu_percent()
    began = time.monotonic()
    number = 0
    counts = []
    asked = began + NOTE_S + 0.5
    while (now := time.monotonic() - began) < seconds + NOTE_S:
        due = int(now * voices / NOTE_S)
        while number < due:
            z = [rng.uniform(-1.0, 1.0) for _ in range(4)]
            client.send("/play", rng.randint(45, 84), *z, 0.3)
            number += 1
        if time.monotonic() > asked:
            counts.append(daemon.status().voices)
            asked += 1.0
        client.drain()
        time.sleep(0.002)
    after = daemon.status()
    daemon.client.send("/panic")
    return {
        "underruns": after[3] - before[3],
        "xruns": after[5] - before[5],
        "voices": sum(counts) / max(1, len(counts)),
        "daemon": process.cpu_percent(),
        "decoder": decoder.cpu_percent(),
    }


def costs() -> list[tuple[int, float]]:
    """(voices, render ms per second of audio and voice), offline."""
    from oscvae.osc.packets import Message
    from oscvae.play.offline import OfflineEngine
    from oscvae.realtime import layout as at
    from oscvae.settings.sections import load_config

    engine = OfflineEngine(load_config(None, []))
    figures = []
    for voices in (1, 8, 64):
        best = float("inf")
        for _ in range(5):
            hops, spent = engine.engine.word(at.E_HOPS), engine.engine.word(at.E_RENDER_NS)
            engine.execute([Message("/play", (45 + i % 40, 0.1, 0.2, -0.3, 0.4, 0.3), "") for i in range(voices)])
            while not engine.pool.idle:
                engine.render_block(128)
            hops = engine.engine.word(at.E_HOPS) - hops
            spent = engine.engine.word(at.E_RENDER_NS) - spent
            best = min(best, spent / 1e6 / (hops * 512 / 48000))
        figures.append((voices, best))
    engine.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json")
    options = parser.parse_args()
    server = JackServer().start()
    rows = []
    best = 0
    try:
        idle = Recorder(server.name, seconds=1.0, name="idle")
        settings = ("audio.backend=jack", f"audio.server_name={server.name}", "engine.voices=256", "engine.spare=8")
        with Daemon(*settings) as daemon:
            daemon.wait_ready()
            daemon.client.send("/gain", -30.0)
            for voices in STEPS:
                result = hold(daemon, voices, options.seconds)
                time.sleep(1.0)
                rows.append(
                    Row(
                        f"{voices} voices, {options.seconds:.0f} s",
                        f"{result['underruns']:.0f} early-empty rings, {result['voices']:.0f} counted on average",
                        f"daemon {result['daemon']:.0f} % of a core, decoder {result['decoder']:.0f} %, "
                        f"{result['xruns']:.0f} xruns",
                    )
                )
                print(rows[-1])
                if result["underruns"]:
                    break
                best = voices
            daemon.stop()
        idle.close()
    finally:
        server.stop()
    rows.insert(0, Row("most voices without an early-empty ring", str(best), "", "64", "128 on one core"))
    growth = costs()
    one = growth[0][1]
    for voices, cost in growth:
        rows.append(
            Row(
                f"render cost, {voices} voices",
                f"{cost:.2f} ms/s each",
                f"{cost / one:.2f} of one voice",
                "within 25 %",
            )
        )
    show("Polyphony", rows, f"\n`{' '.join(server.command).replace(server.name, 'NAME')}`\n")


if __name__ == "__main__":
    main()
