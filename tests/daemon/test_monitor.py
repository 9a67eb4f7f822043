"""Listening over the network: every sample once and in order, and nobody waits for who is slow."""

from __future__ import annotations

import asyncio

import numpy as np

from audio.byhand import ByHand, blocks, tone
from oscvae.daemon.monitor import Monitor
from oscvae.osc.packets import Message, decode
from oscvae.realtime import layout as at

CHUNK = 960  # 20 ms at 48 kHz


def sounds(packets: list[bytes]) -> tuple[list[int], np.ndarray]:
    """The frames at which packets begin, and all their samples, [n, 2]."""
    frames, parts = [], []
    for packet in packets:
        message = decode(packet)
        assert isinstance(message, Message) and message.address == "/sound" and message.args[0] == 48_000
        frames.append(message.args[1])
        parts.append(np.frombuffer(message.args[2], "<i2").reshape(-1, 2))
        assert len(parts[-1]) == CHUNK
    return frames, np.concatenate(parts)


def test_all_listeners_hear_what_is_played_from_when_they_asked() -> None:
    hand = ByHand()
    monitor = Monitor(hand.engine)
    first: list[bytes] = []
    second: list[bytes] = []

    async def body() -> None:
        hand.play(0, tone(200_000, hz=441.0), pan=-0.5)
        hand.run(128)
        monitor.add(1, first.append)
        before = hand.run(blocks(3 * CHUNK + 100, 128))
        monitor.pump()
        monitor.add(2, second.append)
        after = hand.run(blocks(2 * CHUNK, 128))
        monitor.pump()
        frames, heard = sounds(first)
        assert frames == [CHUNK * k for k in range(5)]
        played = np.concatenate([before, after], axis=1).T[: 5 * CHUNK]
        assert np.abs(heard / 32767 - played).max() < 1.6e-5, "half a step of 16 bits"
        assert second == first[3:]
        monitor.remove(1)
        monitor.remove(1)
        assert hand.engine.word(at.E_MONITOR_ON) == 1
        monitor.remove(2)
        assert hand.engine.word(at.E_MONITOR_ON) == 0, "nothing is copied for nobody"

    asyncio.run(body())


def test_a_clock_that_stood_still_goes_on_with_the_newest() -> None:
    hand = ByHand()
    monitor = Monitor(hand.engine)
    packets: list[bytes] = []

    async def body() -> None:
        monitor.add(1, packets.append)
        hand.run([4096] * 40)
        monitor.pump()
        assert packets == [], "the ring was overwritten"
        hand.run(CHUNK)
        monitor.pump()
        assert [decode(packet).args[1] for packet in packets] == [40 * 4096]  # type: ignore[union-attr]
        monitor.close()

    asyncio.run(body())
