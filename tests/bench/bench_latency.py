"""From `sendto()` of /play to the first non-zero sample at a JACK port, on the same clock, decode included.

Sixteen voices sound on the other port all the while. Chords of eight notes in one bundle are listed apart. The rise is
the time from the first sample to a tenth of the note's peak: what is left of silence after the latency.
Usage: python tests/bench/bench_latency.py [--notes 1000] [--chords 100] [--json FILE]
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray

from bench.report import Row, show
from oscvae.model.document import read_document
from parts import ROOT
from parts.client import OscClient
from parts.daemon import Daemon
from parts.jackd import JackServer
from parts.recorder import START, WOKEN_NS, Recorder

Z = (0.1, 0.2, -0.3, 0.4)
BACKGROUND = 16
NOTE_S = 0.05
GAP_S = 0.13
HARD_ATTACK = ("harp 120", "koto 120", "steel guitar 120")


class Background(threading.Thread):
    """Keeps voices sounding on the right port, each stretched to its utmost."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._client = OscClient(port)
        self._over = threading.Event()

    def run(self) -> None:
        number = 0
        while not self._over.wait(0.35):
            voice = number % BACKGROUND
            self._client.send_bundle(
                [("/voice/new", voice, 40 + 2 * voice, *Z, 0.5), ("/voice/set", voice, "pan", 1.0)]
            )
            number += 1
            self._client.drain()

    def stop(self) -> None:
        self._over.set()
        self.join()


def onsets(recorder: Recorder, sent_us: list[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latency and rise in ms of each note, from its sending to the first non-zero sample after it."""
    left = recorder.sound[0]
    loud = np.flatnonzero(left)
    latency, rise = [], []
    for number, moment in enumerate(sent_us):
        until = sent_us[number + 1] if number + 1 < len(sent_us) else moment + 1e6
        low = int(np.searchsorted(loud, index_at(recorder, moment)))
        if low == len(loud) or time_us(recorder, int(loud[low])) > until:
            latency.append(float("nan"))
            continue
        first = int(loud[low])
        note = np.abs(left[first : first + round(NOTE_S * recorder.rate)])
        latency.append((time_us(recorder, first) - moment) / 1000)
        rise.append(1000 * int(np.argmax(note >= 0.1 * note.max())) / recorder.rate)
    return np.array(latency), np.array(rise)


def index_at(recorder: Recorder, moment_us: float) -> int:
    """The first recorded sample that plays after a moment."""
    periods = recorder.periods
    row = periods[max(0, int(np.searchsorted(periods[:, WOKEN_NS], moment_us * 1000)) - 1)]
    return int(row[START]) + max(0, round((moment_us - float(row[WOKEN_NS]) / 1000) * recorder.rate / 1e6))


def time_us(recorder: Recorder, index: int) -> float:
    """When a recorded sample was at the port: the moment its period's callback ran, plus its place in the period.

    CLOCK_MONOTONIC; JACK's own microseconds count from elsewhere (250 ms apart, measured) and are smoothed over
    seconds, by up to 10 ms on a busy machine.
    """
    periods = recorder.periods
    row = periods[int(np.searchsorted(periods[:, START], index, side="right")) - 1]
    return float(row[WOKEN_NS]) / 1000 + (index - int(row[START])) * 1e6 / recorder.rate


def measure(
    daemon: Daemon, recorder: Recorder, count: int, chord: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latencies and rises of `count` single notes, or chords of `chord`."""
    client = daemon.client
    rng = random.Random(count)
    points = [point for point in read_document(ROOT / "models/plucked.ts").points if point.label in HARD_ATTACK]
    recorder.start()
    sent = []
    for _ in range(count):
        time.sleep(GAP_S + rng.random() * 0.01)
        point = rng.choice(points)
        notes = [("/play", point.note + i, *point.z, 0.8, NOTE_S) for i in range(chord)]
        sent.append(time.monotonic_ns() / 1000)
        if chord == 1:
            client.send(*notes[0])
        else:
            client.send_bundle(notes)
    time.sleep(0.3)
    recorder.stop()
    client.drain()
    return onsets(recorder, sent)


def figures(latency: NDArray[np.float64]) -> str:
    return (
        f"p50 {np.nanpercentile(latency, 50):.1f} ms, p99 {np.nanpercentile(latency, 99):.1f} ms, "
        f"worst {np.nanmax(latency):.1f} ms ({np.isnan(latency).sum()} unheard of {latency.size})"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--notes", type=int, default=1000)
    parser.add_argument("--chords", type=int, default=100)
    parser.add_argument("--json")
    options = parser.parse_args()
    server = JackServer().start()
    try:
        with Daemon("audio.backend=jack", f"audio.server_name={server.name}", "audio.connect=[]") as daemon:
            daemon.wait_ready()
            daemon.client.send("/release", 0.02)
            daemon.client.send("/stretch", 4.0)
            recorder = Recorder(server.name, seconds=max(options.notes, options.chords) * (GAP_S + 0.01) + 10)
            recorder.connect(["oscvae:out_1", "oscvae:out_2"])
            background = Background(daemon.port)
            background.start()
            time.sleep(0.35 * BACKGROUND + 1.0)
            voices = daemon.status().voices
            before = daemon.status()
            latency, rise = measure(daemon, recorder, options.notes, 1)
            chords, _ = measure(daemon, recorder, options.chords, 8)
            after = daemon.status()
            background.stop()
            skipped = recorder.skipped
            recorder.close()
            daemon.stop()
    finally:
        server.stop()
    show(
        "Note latency",
        [
            Row(
                f"{latency.size} single notes, {voices} voices sounding",
                figures(latency),
                f"one period is {1000 * server.period / server.rate:.1f} ms",
                "p50 7 ms, p99 12 ms",
                "p50 4, p99 7",
            ),
            Row(f"{chords.size} chords of 8 in one bundle", figures(chords), "8 decodes each"),
            Row(
                f"first sample to a tenth of the peak ({', '.join(HARD_ATTACK)})",
                f"p50 {np.percentile(rise, 50):.2f} ms, worst {rise.max():.2f} ms",
                "",
                "3 ms",
            ),
            Row("underruns, late", f"{after[3] - before[3]}, {after[4] - before[4]}", "", "0"),
        ],
        f"\n`{' '.join(server.command).replace(server.name, 'NAME')}`; frames the server skipped: {skipped}\n",
    )


if __name__ == "__main__":
    main()
