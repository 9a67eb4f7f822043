"""The clock without a server: it keeps time, wraps, skips what it missed, and stops at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from audio.byhand import ByHand, tone
from oscvae.audio.backend import fade_out
from oscvae.audio.silent import SilentBackend, frames_to_ns, ns_to_frames
from oscvae.realtime import layout as at
from parts import ROOT


def test_it_keeps_time_across_the_wrap() -> None:
    hand = ByHand()
    backend = SilentBackend(sample_rate=48_000, block_size=64, first_frame=(1 << 32) - 9600)
    began = time.monotonic()
    backend.start(hand.engine)
    time.sleep(0.5)
    frame, now = hand.engine.word(at.E_FRAME), time.monotonic()
    assert backend.stop()
    assert hand.engine.word(at.E_XRUNS) == 0, "this machine stood still for a tenth of a second"
    # ahead it can never be; behind by what this thread and that one were kept waiting
    assert frame <= (now - began) * 48_000
    assert frame > (now - began - 0.1) * 48_000
    served = hand.engine.word(at.E_BLOCKS)
    assert hand.engine.word(at.E_FRAME) == (served - 1) * 64
    assert hand.engine.word(at.E_FRAME_32) == ((1 << 32) - 9600 + (served - 1) * 64) % (1 << 32)


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000, 96_000])
def test_the_conversion_of_frames_never_drifts(rate: int) -> None:
    years = 100 * 365 * 86_400
    assert frames_to_ns(years * rate, rate) == years * 10**9
    for frames in (1, 127, 44_099, 12_345_678_901):
        assert abs(frames_to_ns(frames, rate) - frames * 10**9 / rate) < 1
        assert ns_to_frames(frames_to_ns(frames, rate) + 1, rate) == frames


@pytest.mark.parametrize(("rate", "period"), [(8000, 8192), (48_000, 16), (384_000, 128)])
def test_it_stops_at_once_whatever_the_period(rate: int, period: int) -> None:
    hand = ByHand()
    backend = SilentBackend(sample_rate=rate, block_size=period)
    assert backend.stop(), "it was not even started"
    backend.start(hand.engine)
    while not hand.engine.word(at.E_BLOCKS):
        time.sleep(0.001)
    began = time.monotonic()
    assert backend.stop()
    assert backend.stop()
    assert time.monotonic() - began < 0.5
    served = hand.engine.word(at.E_BLOCKS)
    time.sleep(0.05)
    assert hand.engine.word(at.E_BLOCKS) == served
    assert not backend.down()
    assert backend.describe() == f"silent, {rate} Hz, {period} frames"


def test_voices_play_and_end_unheard() -> None:
    hand = ByHand()
    backend = SilentBackend()
    hand.play(0, tone(4800))
    backend.start(hand.engine)
    deadline = time.monotonic() + 5
    while hand.state(0) != at.DONE and time.monotonic() < deadline:
        time.sleep(0.005)
    assert hand.state(0) == at.DONE
    assert backend.stop()


def test_one_backend_after_another_takes_the_clock_on() -> None:
    hand = ByHand()
    frames = [0]
    for rate, period in ((48_000, 128), (44_100, 256), (96_000, 32)):
        backend = SilentBackend(sample_rate=rate, block_size=period, first_frame=12_345)
        backend.start(hand.engine)
        while hand.engine.word(at.E_FRAME) <= frames[-1] + 3 * period:
            time.sleep(0.001)
        assert hand.engine.rate == rate
        assert backend.stop()
        assert hand.engine.word(at.E_FRAME) > frames[-1]
        frames.append(hand.engine.word(at.E_FRAME))
        assert np.isclose(hand.engine.word(at.E_SERVER_PERIOD), period)


def test_fade_out_waits_for_silence_and_not_for_ever() -> None:
    hand = ByHand()
    backend = SilentBackend()
    backend.start(hand.engine)
    assert fade_out(hand.engine, 2.0)
    assert hand.engine.word(at.E_SILENT) == 1
    assert backend.stop()
    nobody = ByHand()  # no callback runs
    began = time.monotonic()
    assert not fade_out(nobody.engine, 0.1)
    nobody.engine.set_word(at.E_SERVER_DOWN, 1)
    assert not fade_out(nobody.engine, 60.0)
    assert time.monotonic() - began < 5.0


_SUSPENDED = """
import sys, time
from audio.byhand import ByHand
from oscvae.audio.silent import SilentBackend
from oscvae.realtime import layout as at
hand = ByHand()
backend = SilentBackend(sample_rate=48000, block_size=128)
backend.start(hand.engine)
time.sleep(0.2)
engine = hand.engine
def tell():
    counts = [engine.word(word) for word in (at.E_FRAME, at.E_BLOCKS, at.E_XRUNS)]
    print(time.monotonic_ns(), *counts, flush=True)
tell()
sys.stdin.readline()
time.sleep(0.1)
tell()
backend.stop()
"""


def test_after_a_suspension_it_skips_what_it_missed() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _SUSPENDED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
    )
    assert process.stdout is not None and process.stdin is not None
    time_0, frame_0, blocks_0, xruns_0 = process.stdout.readline().split()
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(1.5)
    os.kill(process.pid, signal.SIGCONT)
    process.stdin.write("\n")
    process.stdin.close()
    time_1, frame_1, blocks_1, xruns_1 = process.stdout.readline().split()
    assert process.wait(20) == 0
    seconds = (int(time_1) - int(time_0)) / 1e9
    assert int(xruns_1) > int(xruns_0)
    assert (int(frame_1) - int(frame_0)) / 48_000 == pytest.approx(seconds, abs=0.12)
    assert int(blocks_1) - int(blocks_0) < (seconds - 1.2) * 375
    assert int(frame_1) % 128 == 0
