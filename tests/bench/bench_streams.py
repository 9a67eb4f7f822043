"""Endless voices: how many sound for a minute without one that runs dry, and how soon a move is heard.

- `frames`, the shipped model of single frames, and blends of two recordings by it, while notes begin and end beside;
- `samples`, a scripted model of four sines, while another model is loaded every few seconds;
- a move: from `sendto()` of /voice/set z to where the level at the JACK port has come halfway, in dB;
- `oscvae blend` against the length of what it writes.

Usage: python tests/bench/bench_streams.py [--seconds 60] [--moves 60] [--json FILE]
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import soundfile

from bench.bench_latency import index_at, time_us
from bench.report import Row, show
from oscvae.sound.files import read_sound
from parts import ROOT
from parts.daemon import Daemon
from parts.jackd import JackServer
from parts.recorder import Recorder
from parts.streaming import write_ramp, write_sines
from parts.waiting import until

RATE = 48_000
VOICES = (8, 16, 24, 32)
SINES = 8
OCTAVES = (2.0, 2.6, 3.1, 3.7)
NOTE_EVERY_S, NOTE_S = 0.5, 0.2
LOAD_EVERY_S = 5.0
FAR = (5.0, 0.0)
APART_S = 0.5  # of moves
WINDOW = 128
ANSWER_S = 60.0
RECORDINGS_S = 8.0


def make_folder(folder: Path) -> None:
    """The models, and two recordings to blend: a rendered phrase, and noise that swells."""
    models = folder / "models"
    models.mkdir()
    for name in ("timbre", "plucked"):
        shutil.copy(ROOT / "models" / f"{name}.ts", models)
    write_ramp(models / "ramp.ts")
    write_sines(models / "sines.ts")
    sounds = folder / "oscvae" / "sounds"
    sounds.mkdir(parents=True)
    t = np.arange(round(RECORDINGS_S * RATE)) / RATE
    tone = sum(np.sin(2.0 * np.pi * 110.0 * n * t) / n for n in range(1, 20)) * (
        0.1 + 0.1 * np.sin(2.0 * np.pi * 2.0 * t)
    )
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, t.size) * (0.5 - 0.5 * np.cos(2.0 * np.pi * t))
    soundfile.write(sounds / "tone.wav", tone, RATE)
    soundfile.write(sounds / "noise.wav", noise, RATE)


def load(daemon: Daemon, name: str) -> None:
    reply = daemon.client.ask("/load", name, answer=("/done",), timeout_s=ANSWER_S)
    assert reply is not None and reply[0] == "/done", f"{reply}\n{daemon.log}"


def hold(daemon: Daemon, voices: int, seconds: float, begin: Callable[[int], None], beside: Callable[[], None]) -> str:
    """Underruns and late chunks while so many voices sound, as text; 0 is what is wanted."""
    for number in range(voices):
        begin(number)
        daemon.client.drain()
        time.sleep(0.02)
    assert until(lambda: daemon.status().voices >= voices, ANSWER_S), daemon.log
    time.sleep(1.0)
    before = daemon.status()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        beside()
        daemon.client.drain()
    time.sleep(1.0)  # until what was played beside is over
    after = daemon.status()
    assert after.voices >= voices, f"{voices - after.voices} of {voices} voices have ended\n{daemon.log}"
    daemon.quiet()
    return f"{after.underruns - before.underruns} ({after.xruns - before.xruns} xruns, {after.cpu_avg:.0f} % of a core)"


def measure_voices(daemon: Daemon, seconds: float) -> list[Row]:
    client, rng = daemon.client, random.Random(1)
    rows = []

    def beside() -> None:
        client.send("/play", 60, *[rng.uniform(-1.0, 1.0) for _ in range(dims)], 0.3, NOTE_S)
        client.send("/voice/set", 1, "z", *[rng.uniform(-1.0, 1.0) for _ in range(dims)])
        time.sleep(NOTE_EVERY_S)

    load(daemon, "timbre")
    dims = daemon.status().dims
    for voices in VOICES:
        dry = hold(
            daemon,
            voices,
            seconds,
            lambda n: client.send("/voice/new", n + 1, 60, *[rng.uniform(-1.0, 1.0) for _ in range(dims)], 0.2),
            beside,
        )
        rows.append(
            Row(f"timbre, {voices} voices for {seconds:.0f} s, moved, notes beside", f"{dry} ran dry", "", "16", "32")
        )
        print(rows[-1], flush=True)
    for name in ("tone", "noise"):
        reply = client.ask("/encode", f"{name}.wav", answer=("/done",), timeout_s=ANSWER_S)
        assert reply is not None and reply[0] == "/done", f"{reply}\n{daemon.log}"

    def blend(number: int) -> None:
        client.send("/blend", number + 1, "tone", "noise", rng.uniform(0.0, 1.0), rng.uniform(0.5, 1.5), 0.2)
        client.send("/voice/set", number + 1, "loop", 1.0)

    def turn() -> None:
        client.send("/voice/set", rng.randint(1, 8), "mix", rng.uniform(0.0, 1.0))
        time.sleep(0.05)

    for voices in VOICES:
        dry = hold(daemon, voices, seconds, blend, turn)
        rows.append(Row(f"blends of two recordings, {voices} for {seconds:.0f} s", f"{dry} ran dry", "", "16", "32"))
        print(rows[-1], flush=True)
    return rows


def measure_samples(daemon: Daemon, seconds: float) -> Row:
    names = ["plucked", "ramp"]
    due = time.monotonic()

    def load_one() -> None:
        nonlocal due
        if time.monotonic() >= due:
            names.reverse()
            load(daemon, names[0])
            due += LOAD_EVERY_S
        time.sleep(0.02)

    load(daemon, "sines")
    client = daemon.client
    dry = hold(daemon, SINES, seconds, lambda n: client.send("/voice/new", n + 1, 48 + 3 * n, *OCTAVES, 0.2), load_one)
    return Row(f"four sines, {SINES} voices for {seconds:.0f} s, /load every 5 s", f"{dry} ran dry", "", "0", "")


def measure_moves(daemon: Daemon, server: JackServer, moves: int) -> Row:
    load(daemon, "ramp")
    client = daemon.client
    client.send("/gain", 0.0)
    client.send("/voice/new", 1, 60, 0.0, 0.0, 1.0)
    assert until(lambda: daemon.status().voices == 1, ANSWER_S)
    recorder = Recorder(server.name, seconds=moves * APART_S + 5.0)
    sent = []
    try:
        recorder.connect(("oscvae:out_1", "oscvae:out_2"))
        recorder.start()
        recorder.wait(1.0)
        for number in range(moves):
            target = FAR if number % 2 == 0 else (0.0, 0.0)
            sent.append(time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6)
            client.send("/voice/set", 1, "z", *target)
            time.sleep(APART_S * random.Random(number).uniform(0.9, 1.1))
        recorder.wait(0.3)
        sound = recorder.sound[0].astype(np.float64)
        power = np.convolve(sound**2, np.ones(4 * WINDOW) / (4 * WINDOW), mode="same")
        level = 10.0 * np.log10(power + 1e-12)
        took = []
        for number, moment in enumerate(sent):
            begin = index_at(recorder, moment)
            end = index_at(recorder, sent[number + 1]) if number + 1 < len(sent) else begin + round(0.4 * RATE)
            before, after = np.median(level[begin - 4800 : begin]), np.median(level[end - 4800 : end])
            passed = (
                level[begin:end] < (before + after) / 2.0
                if after < before
                else level[begin:end] > (before + after) / 2.0
            )
            took.append((time_us(recorder, begin + int(np.argmax(passed))) - moment) / 1000.0)
    finally:
        recorder.close()
    daemon.quiet()
    worst, median = max(took), float(np.median(took))
    return Row(
        f"move to heard, a voice of frames, {moves} moves",
        f"median {median:.0f} ms, worst {worst:.0f}",
        "",
        "150 worst",
        "100",
    )


def measure_file(folder: Path) -> Row:
    sounds, out = folder / "oscvae" / "sounds", folder / "blend.wav"
    command = [sys.executable, "-m", "oscvae", "blend", str(sounds / "tone.wav"), str(sounds / "noise.wav")]
    command += ["--curve", str(folder / "curve.txt"), "--out", str(out)]
    (folder / "curve.txt").write_text("0 0\n1 1\n", encoding="utf-8")
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        best = min(best, time.perf_counter() - began)
    seconds = read_sound(out, RATE).size / RATE
    return Row(
        f"oscvae blend, {seconds:.1f} s of sound, process start and encoding included",
        f"{seconds / best:.1f} times real time",
        "",
        "4",
        "20",
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--moves", type=int, default=60)
    parser.add_argument("--json")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="oscvae-bench-"))
    make_folder(folder)
    server = JackServer().start()
    try:
        settings = ("audio.backend=jack", f"audio.server_name={server.name}", f"model.folder={folder / 'models'}")
        with Daemon(*settings, "model.name=ramp", folder=folder) as daemon:
            daemon.wait_ready()
            rows = [measure_moves(daemon, server, options.moves)]
            print(rows[-1], flush=True)
            daemon.client.send("/gain", -30.0)
            rows += measure_voices(daemon, options.seconds)
            rows.append(measure_samples(daemon, options.seconds))
            daemon.stop()
        rows.append(measure_file(folder))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    show("Endless voices", rows)


if __name__ == "__main__":
    main()
