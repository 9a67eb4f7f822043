"""The live input: how long from a click at in_1 to the click that /listen makes of it, and how many frames come late.

A JACK client plays the clicks; what it plays and what the daemon makes of it are recorded by one other client, in the
same periods, so the delay between both is exact. A click is where the energy of 2 ms is greatest; its time is its
centre of energy. Of it 5.3 ms are JACK's: a period in, and one out.

Usage: python tests/bench/bench_listen.py [--clicks 60] [--model NAME --folder FOLDER] [--json FILE]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray

from bench.report import Row, show
from parts.daemon import Daemon
from parts.jackd import JackServer
from parts.recorder import Recorder
from parts.sounder import Sounder
from parts.waiting import until

RATE = 48_000
APART_S = 0.5
CLICK_SAMPLES = 48
SETTLE_S = 2.0
ANSWER_S = 60.0
VOICES = (1, 4)


def clicks(count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """A sound with so many clicks of noise, and where each is; a faint hiss lies below them, as of a room."""
    rng = np.random.default_rng(1)
    places = ((SETTLE_S + APART_S * np.arange(count) + rng.uniform(0.0, 0.1, count)) * RATE).astype(np.int64)
    sound = rng.normal(0.0, 1e-4, round((SETTLE_S + APART_S * (count + 2)) * RATE))
    for place in places:
        sound[place : place + CLICK_SAMPLES] += rng.uniform(-0.5, 0.5, CLICK_SAMPLES) * np.hanning(CLICK_SAMPLES)
    return sound.astype(np.float32), places


def centre(sound: NDArray[np.float32]) -> float:
    """Where the energy of the loudest 20 ms lies, in samples."""
    power = np.square(sound, dtype=np.float64)
    width = RATE // 50
    loudest = int(np.argmax(np.convolve(power, np.ones(width), "valid")))
    piece = power[loudest : loudest + width]
    return loudest + float((piece * np.arange(piece.size)).sum() / piece.sum())


def measure(server: JackServer, voices: int, count: int, model: str, folder: str) -> list[Row]:
    daemon = Daemon.ready(
        "audio.backend=jack",
        f"audio.server_name={server.name}",
        "audio.connect=[]",
        "audio.input=[]",
        f"model.name={model}",
        *([f"model.folder={folder}"] if folder else []),
        "model.device=cpu",
    )
    sound, places = clicks(count)
    sounder = Sounder(server.name, sound)
    recorder = Recorder(server.name, seconds=sound.size / RATE + 4.0)
    try:
        sounder.connect("oscvae:in_1")
        recorder.connect([sounder.port_name, "oscvae:out_1"])
        for voice in range(voices):
            daemon.client.send("/listen", voice + 1, 0.8)
        assert until(lambda: daemon.status().voices == voices, ANSWER_S), daemon.log
        recorder.start()
        sounder.start()
        before = daemon.status()
        sounder.wait(sound.size / RATE + 10.0)
        after = daemon.status()
        heard = recorder.sound
        delays = []
        begun = int(np.argmax(np.abs(heard[0]) > 1e-6))
        for place in places:
            at = begun + int(place)
            played = heard[0, at - 480 : at + 480]
            answer = heard[1, at : at + round(APART_S * 0.8 * RATE)]
            delays.append((centre(answer) - (centre(played) - 480)) / RATE * 1000.0)
        p50, p95, worst = np.percentile(delays, (50, 95, 100))
        what = f"{model}, {voices} voice{'s' if voices > 1 else ''} along the live input, {count} clicks"
        late = f"{after.underruns - before.underruns} late, {after.xruns - before.xruns} xruns"
        return [
            Row(f"{what}: input to output, median", f"{p50:.1f} ms", "", "120", "95"),
            Row(f"{what}: p95, worst; {sound.size / RATE:.0f} s", f"{p95:.1f}, {worst:.1f} ms; {late}"),
        ]
    finally:
        recorder.close()
        sounder.close()
        daemon.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=60)
    parser.add_argument("--period", type=int, default=128, help="of the server, frames")
    parser.add_argument("--model", default="timbre")
    parser.add_argument("--folder", default="", help="of the model, unless it ships")
    parser.add_argument("--json")
    args = parser.parse_args()
    rows = []
    for voices in VOICES:
        server = JackServer(rate=RATE, period=args.period)
        server.start()
        try:
            rows += measure(server, voices, args.clicks, args.model, args.folder)
        finally:
            server.stop()
    show("The live input", rows, f"48 kHz / {args.period}")


if __name__ == "__main__":
    main()
