"""The frame map: exact on a steady server, whatever the jitter; soon right again after a jump."""

from __future__ import annotations

import random

import numpy as np
import pytest

from oscvae.play.frames import FrameClock

RATE = 48000


class Server:
    """A server of true rate `rate`, whose stamps are late by up to `jitter_s`."""

    def __init__(self, rate: float, jitter_s: float) -> None:
        self.rate = rate
        self.jitter_s = jitter_s
        self.now = 1_000.0
        self.skipped = 0.0
        self.random = random.Random(3)

    def frame(self, seconds: float) -> float:
        return (seconds - 1_000.0 - self.skipped) * self.rate

    def pair(self) -> tuple[int, int]:
        frame = int(self.frame(self.now)) // 128 * 128
        true = frame / self.rate + 1_000.0 + self.skipped
        late = self.jitter_s * self.random.random() ** 2
        return frame, round((true + late) * 1e9)

    def run(self, clock: FrameClock, seconds: float) -> None:
        for _ in range(round(seconds / 0.02)):
            self.now += 0.02
            clock.update()


@pytest.mark.parametrize("rate", [48000.0, 48012.0, 47995.0])
@pytest.mark.parametrize("jitter_s", [0.00008, 0.002])
def test_intervals_are_even(rate: float, jitter_s: float) -> None:
    server = Server(rate, jitter_s)
    clock = FrameClock(server.pair, RATE)
    server.run(clock, 20.0)
    frames = []
    for _ in range(200):
        server.run(clock, 0.1)
        frames.append(clock.frame_at(round((server.now + 0.2) * 1e9)))
    deviation = np.diff(frames) - rate * 0.1
    worst = 1.6 if jitter_s < 0.001 else 8.0
    assert np.abs(deviation).max() < worst
    assert abs(frames[-1] - server.frame(server.now + 0.2)) < worst


def test_a_jump_is_followed_within_two_seconds() -> None:
    server = Server(48000.0, 0.0001)
    clock = FrameClock(server.pair, RATE)
    server.run(clock, 5.0)
    for skipped in (0.05, 0.01):  # the server stood still, then ran ahead
        server.skipped = skipped
        server.run(clock, 2.0)
        assert abs(clock.frame_at(round(server.now * 1e9)) - server.frame(server.now)) < 10


def test_a_busy_moment_does_not_bend_the_map() -> None:
    server = Server(48000.0, 0.0001)
    clock = FrameClock(server.pair, RATE)
    server.run(clock, 5.0)
    server.jitter_s = 0.020
    server.run(clock, 0.6)
    assert abs(clock.frame_at(round(server.now * 1e9)) - server.frame(server.now)) < 10


def test_before_the_first_block_frames_count_from_now() -> None:
    clock = FrameClock(lambda: None, RATE)
    clock.update()
    import time

    assert abs(clock.frame_at(time.time_ns() + 500_000_000) - RATE // 2) < RATE // 100
