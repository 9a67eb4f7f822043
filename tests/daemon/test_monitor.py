"""Listening over the network: every sample once and in order, nobody waits for who is slow; and pictures."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from audio.byhand import ByHand, blocks, tone
from oscvae.daemon.monitor import Monitor
from oscvae.daemon.scope import BANDS, FRAMES, HIGH_HZ, LOW_HZ
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
        monitor.listen(1, first.append)
        before = hand.run(blocks(3 * CHUNK + 100, 128))
        monitor.pump()
        monitor.listen(2, second.append)
        after = hand.run(blocks(2 * CHUNK, 128))
        monitor.pump()
        frames, heard = sounds(first)
        assert frames == [CHUNK * k for k in range(5)]
        played = np.concatenate([before, after], axis=1).T[: 5 * CHUNK]
        assert np.abs(heard / 32767 - played).max() < 1.6e-5, "half a step of 16 bits"
        assert second == first[3:]
        monitor.listen_no_more(1)
        monitor.leave(1)
        assert hand.engine.word(at.E_MONITOR_ON) == 1
        monitor.leave(2)
        assert hand.engine.word(at.E_MONITOR_ON) == 0, "nothing is copied for nobody"

    asyncio.run(body())


def test_a_clock_that_stood_still_goes_on_with_the_newest() -> None:
    hand = ByHand()
    monitor = Monitor(hand.engine)
    packets: list[bytes] = []

    async def body() -> None:
        monitor.listen(1, packets.append)
        hand.run([4096] * 40)
        monitor.pump()
        assert packets == [], "the ring was overwritten"
        hand.run(CHUNK)
        monitor.pump()
        assert [decode(packet).args[1] for packet in packets] == [40 * 4096]  # type: ignore[union-attr]
        monitor.close()

    asyncio.run(body())


# -- pictures ----------------------------------------------------------------------------------------------------------

PICTURE = 2400  # frames between two, at 48 kHz


def shown(packet: bytes) -> tuple[float, float, np.ndarray, np.ndarray]:
    """The rate and the peak of the wave, the wave, and the levels of the bands in dB."""
    message = decode(packet)
    assert isinstance(message, Message) and message.address == "/scope.reply"
    rate, peak, points, levels = message.args
    wave = np.frombuffer(points, np.int8) / 127.0 * peak
    return rate, peak, wave, (np.frombuffer(levels, np.uint8).astype(float) - 255.0) / 2.0


@pytest.mark.parametrize(("hz", "gain"), [(110.0, 1.0), (441.0, 0.5), (3000.0, 0.01)])
def test_a_picture_shows_a_tone_at_its_pitch_its_level_and_its_phase(hz: float, gain: float) -> None:
    hand = ByHand()
    monitor = Monitor(hand.engine)
    packets: list[bytes] = []

    async def body() -> None:
        hand.play(0, tone(200_000, hz=hz, peak=0.5 * gain))
        monitor.watch(1, packets.append)
        heard = hand.run([2048] * 8)
        monitor.pump()
        (packet,) = packets
        rate, peak, wave, levels_db = shown(packet)
        loudest = np.abs(heard[:, -FRAMES:]).max()
        assert rate == 24_000.0 and peak == pytest.approx(loudest, rel=0.2), "two samples are one point"
        band = int(levels_db.argmax())
        assert LOW_HZ * (HIGH_HZ / LOW_HZ) ** (band / BANDS) == pytest.approx(hz, rel=0.1)
        assert levels_db[band] == pytest.approx(20.0 * np.log10(loudest), abs=1.5)
        assert np.delete(levels_db, range(max(0, band - 12), band + 13)).max() < levels_db[band] - 40.0
        assert wave[0] >= -0.05 * peak and wave[1] > wave[0], "it begins where it rises"
        monitor.close()

    asyncio.run(body())


def test_pictures_are_of_what_was_played_since_somebody_looks_twenty_a_second_and_none_of_silence() -> None:
    hand = ByHand()
    monitor = Monitor(hand.engine)
    packets: list[bytes] = []

    async def body() -> None:
        hand.play(0, tone(48_000, hz=441.0))
        monitor.watch(1, packets.append)
        hand.run(FRAMES - 128)
        monitor.pump()
        assert packets == [], "the ring is not full of it yet"
        for _ in range(240):
            hand.run(128)
            monitor.pump()
        assert 240 * 128 / PICTURE - 1 <= len(packets) <= 240 * 128 / PICTURE + 2
        monitor.watch_no_more(1)
        assert hand.engine.word(at.E_MONITOR_ON) == 0
        hand.run([4096] * 8)  # to its end
        packets.clear()
        monitor.watch(2, packets.append)
        monitor.listen(2, packets.append)
        monitor.watch_no_more(2)
        assert hand.engine.word(at.E_MONITOR_ON) == 1, "who looks no more may listen"
        monitor.leave(2)
        monitor.watch(3, packets.append)
        hand.run([4096] * 4)
        monitor.pump()
        assert packets == [], "it is silent"
        monitor.close()

    asyncio.run(body())
