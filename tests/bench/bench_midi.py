"""From a MIDI message's frame to the first non-zero sample at a JACK port, in samples of the server's own count.

With `midi.latency_s` at its default the distance is to be one number; with 0 it is as short as it can be. While 16
voices sound on the other port. Apart from that, how long control takes to hear of a message: from the wall clock at the
start of the period to its turn on the event loop, over the renderer's semaphore and the eventfd.
Usage: python tests/bench/bench_midi.py [--notes 500] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray

from bench.bench_latency import BACKGROUND, Background
from bench.report import Row, show
from oscvae.audio.jack import JackBackend
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.ring import pop
from oscvae.spectral.context import render_scratch_floats, sinc_table
from oscvae.spectral.thread import RenderThread
from parts.daemon import Daemon
from parts.jackd import JackServer
from parts.midi_sender import MidiSender
from parts.recorder import Recorder

APART_S = 0.13
NOTE, LENGTH_S = 60, 0.05


def hearing_us(server: JackServer, count: int) -> NDArray[np.float64]:
    """Microseconds from the start of a period to control's turn, for `count` messages, in this process."""
    backend = JackBackend(server_name=server.name, connect=[], midi=[])
    engine = Engine(8, backend.rate, render_scratch_floats(), sinc_table())
    renderer = RenderThread(engine)
    renderer.start()
    backend.start(engine)
    renderer.set_priority(backend.realtime_priority())
    took: list[float] = []
    record = np.zeros(8, np.int64)

    def on_bell() -> None:
        now = time.time_ns()
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(engine.event_fd)
        while pop(engine.midi, record):
            pair = engine.clock_pair()
            if pair is not None and 0 <= record[at.MIDI_FRAME] - pair[0] < backend.period:
                took.append((now - pair[1]) / 1000)

    async def listen() -> None:
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(4))
        asyncio.get_running_loop().add_reader(engine.event_fd, on_bell)
        sender = MidiSender(server.name)
        sender.connect(f"{backend.client_name}:midi_in")
        frame = sender.frame + 4800
        sender.send([(frame + k * 700, bytes((0xB0, 1, k & 0x7F))) for k in range(count)])
        while (sender.frame - frame) & 0xFFFFFFFF >= 1 << 31 or sender.frame - frame < count * 700:
            await asyncio.sleep(0.01)
        sender.close()
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

    asyncio.run(listen())
    backend.stop()
    renderer.stop()
    return np.array(took)


def distances(server: JackServer, latency_s: float, count: int) -> tuple[NDArray[np.float64], int, int]:
    """Samples from each note on to its sound (NaN: unheard), how many came late, and frames that the server skipped."""
    settings = ("audio.backend=jack", f"audio.server_name={server.name}", "audio.connect=[]")
    with Daemon(*settings, f"midi.latency_s={latency_s}") as daemon:
        daemon.wait_ready()
        daemon.client.send("/release", 0.02)
        daemon.client.send("/stretch", 4.0)
        recorder = Recorder(server.name, seconds=count * (APART_S + 0.01) + 10)
        recorder.connect(["oscvae:out_1", "oscvae:out_2"])
        background = Background(daemon.port)
        background.start()
        time.sleep(0.35 * BACKGROUND + 1.0)
        before = daemon.status().late
        sender = MidiSender(server.name)
        sender.connect("oscvae:midi_in")
        recorder.start()
        rng = random.Random(count)
        frame = sender.frame + 9600
        ons = []
        for _ in range(count):
            frame += round(APART_S * sender.rate) + rng.randrange(500)
            ons.append(frame)
            off = frame + round(LENGTH_S * sender.rate)
            sender.send([(frame, bytes((0x90, NOTE, 100))), (off, bytes((0x80, NOTE, 0)))])
        sender.wait(count * APART_S * 2 + 10)
        time.sleep(0.3)
        recorder.stop()
        late = daemon.status().late - before
        background.stop()
        left = recorder.sound[0]
        loud = np.flatnonzero(left)
        found = []
        for on in ons:
            with contextlib.suppress(LookupError):
                index = recorder.index_of(on)
                first = int(np.searchsorted(loud, index))
                near = first < len(loud) and loud[first] - index < APART_S * recorder.rate
                found.append((recorder.frame_at(int(loud[first])) - recorder.frame_at(index)) if near else np.nan)
        skipped = recorder.skipped
        sender.close()
        recorder.close()
        daemon.stop()
    return np.array(found, dtype=float), late, skipped


def spread(samples: NDArray[np.float64], late: int, skipped: int) -> str:
    values, counts = np.unique(samples[~np.isnan(samples)], return_counts=True)
    usual = values[np.argmax(counts)]
    return (
        f"{counts.max()} of {samples.size} at {usual:.0f} samples, worst {np.nanmax(samples):.0f}; {late} late, "
        f"{np.isnan(samples).sum()} unheard, {skipped} frames skipped by the server"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--notes", type=int, default=500)
    parser.add_argument("--json")
    options = parser.parse_args()
    server = JackServer().start()
    try:
        heard = hearing_us(server, options.notes)
        steady, late, skipped = distances(server, 0.012, options.notes)
        quick, _, _ = distances(server, 0.0, options.notes)
    finally:
        server.stop()
    ms = quick / server.rate * 1000
    show(
        "MIDI",
        [
            Row(
                f"control hears of a message ({heard.size})",
                f"p50 {np.percentile(heard, 50):.0f} us, p99 {np.percentile(heard, 99):.0f}, worst {heard.max():.0f}",
                f"one period is {1e6 * server.period / server.rate:.0f} us",
            ),
            Row("frame to sound, midi.latency_s 0.012", spread(steady, late, skipped), "576 samples", "", "all at one"),
            Row(
                "frame to sound, midi.latency_s 0",
                f"p50 {np.nanpercentile(ms, 50):.1f} ms, p99 {np.nanpercentile(ms, 99):.1f}, worst {np.nanmax(ms):.1f}",
                "12 ms",
            ),
        ],
        f"\n`{' '.join(server.command).replace(server.name, 'NAME')}`, {BACKGROUND} voices sounding beside the notes\n",
    )


if __name__ == "__main__":
    main()
