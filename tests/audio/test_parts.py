"""The buses of parts in the callback: gain and balance of their own, and the outputs that they go to."""

from __future__ import annotations

import numpy as np
import pytest

from audio.byhand import RATE, ByHand, Sound, blocks, tone
from oscvae.audio.master import CEILING
from oscvae.realtime import layout as at
from oscvae.realtime.memory import store_float, store_word

A, B = tone(9000, hz=440.0), tone(9000, hz=330.0, peak=0.2)


def send(hand: ByHand, part: int, first: int) -> None:
    """A part to the outputs `first`, counted from 1, and the next."""
    store_word(hand.engine.parts[part], at.P_PAIR, first // 2)


def largest_step(sound: Sound) -> float:
    return float(np.abs(np.diff(sound)).max())


@pytest.mark.parametrize("period", [64, 441])
def test_what_another_part_plays_is_added_after_its_gain(period: int) -> None:
    both, alone = ByHand(), ByHand()
    for hand in (both, alone):
        hand.play(0, A)
    both.play(1, B, part=7)
    store_float(both.engine.parts[7], at.P_GAIN, 0.5)
    out, expected = both.run(blocks(9000, period)), alone.run(blocks(9000, period))
    exact = (expected[0].astype(float) + 0.5 * B.astype(float)).astype(np.float32)
    assert np.array_equal(out[0], exact)


def test_gain_and_balance_of_a_part_leave_the_others_alone() -> None:
    hand = ByHand(outputs=4)
    send(hand, 1, 3)
    hand.play(0, A)
    hand.play(1, B, part=1)
    hand.run(128)
    store_float(hand.engine.parts[1], at.P_GAIN, 0.1)
    store_float(hand.engine.parts[1], at.P_PAN, 1.0)
    out = hand.run(blocks(8192, 128))
    assert np.array_equal(out[0], A[128:8320])
    assert np.array_equal(out[1], out[0])
    late = slice(6000, 8192)  # the glide is over
    assert np.array_equal(out[3][late], (0.1 * B[6128:8320].astype(float)).astype(np.float32))
    assert not out[2][late].any()


def test_a_part_goes_to_the_outputs_that_it_is_to_have_and_no_others() -> None:
    hand = ByHand(outputs=6)
    send(hand, 2, 5)
    hand.play(0, A, part=2)
    out = hand.run(blocks(4096, 128))
    assert np.array_equal(out[4], A[:4096])
    assert np.array_equal(out[5], A[:4096])
    assert not out[:4].any()


def test_a_part_that_sounds_goes_to_other_outputs_through_silence() -> None:
    hand = ByHand(outputs=4)
    hand.play(0, tone(40_000))
    hand.run(blocks(4096, 128))
    send(hand, 0, 3)
    out = hand.run(blocks(8192, 128))
    assert not out[:2, 5000:].any(), "it has left within 100 ms"
    heard = np.flatnonzero(np.abs(out[2]) > 1e-6)
    assert 0 < heard[0] / RATE <= 0.06, "and is there within 60"
    assert np.array_equal(out[2][-1024:], tone(40_000)[4096 + 8192 - 1024 : 4096 + 8192])
    steepest = largest_step(tone(2000))
    assert largest_step(out[0]) <= steepest
    assert largest_step(out[2]) <= steepest


def test_a_silent_part_goes_to_other_outputs_at_once() -> None:
    hand = ByHand(outputs=4)
    hand.run(256)
    send(hand, 3, 3)
    hand.play(0, A, part=3)
    assert np.array_equal(hand.run(128)[2], A[:128])


def test_each_pair_of_outputs_has_a_limiter_and_meters_of_its_own() -> None:
    hand = ByHand(outputs=4)
    send(hand, 1, 3)
    hand.play(0, A)
    hand.play(1, tone(9000, peak=5.0), part=1)
    out = hand.run(blocks(8192, 128))
    assert np.array_equal(out[0], A[:8192]), "what is loud elsewhere turns nothing down"
    assert np.abs(out[2]).max() == pytest.approx(CEILING, abs=1e-6)
    assert hand.engine.of_pair(0, at.Q_LIMIT) == 1.0 > hand.engine.of_pair(1, at.Q_LIMIT)
    assert hand.engine.of_pair(0, at.Q_LEFT) == pytest.approx(0.25, abs=0.01)
    assert hand.engine.of_pair(1, at.Q_LEFT) == pytest.approx(CEILING, abs=0.01)


def test_parts_on_the_same_outputs_are_limited_together() -> None:
    hand = ByHand()
    hand.play(0, tone(9000, peak=0.9))
    hand.play(1, tone(9000, peak=0.9), part=4)
    assert np.abs(hand.run(blocks(8192, 128))).max() <= np.float32(CEILING)


def test_nothing_of_a_bus_is_heard_once_its_voices_are_over() -> None:
    hand = ByHand()
    hand.play(0, B[:300], part=5)
    hand.play(1, A)
    out = hand.run(blocks(1024, 128))
    assert np.array_equal(out[0][300:], A[300:1024])


def test_a_panic_ends_the_voices_of_all_parts_within_a_chunk() -> None:
    hand = ByHand(outputs=4)
    send(hand, 1, 3)
    hand.play(0, A)
    hand.play(1, B, part=1)
    hand.run(blocks(1024, 128))
    hand.engine.set_word(at.E_EPOCH, 1)
    out = hand.run(blocks(512, 128))
    assert out[0][:100].any() and out[2][:100].any()
    assert not out[:, 128:].any()
    assert [hand.state(slot) for slot in (0, 1)] == [at.DONE, at.DONE]


def test_all_outputs_fade_when_the_daemon_leaves() -> None:
    hand = ByHand(outputs=4)
    send(hand, 1, 3)
    hand.play(0, tone(20_000))
    hand.play(1, tone(20_000, hz=330.0), part=1)
    hand.run(blocks(1024, 128))
    hand.engine.set_word(at.E_CLOSING, 1)
    out = hand.run(blocks(4096, 128))
    assert not out[:, 2600:].any()
    assert hand.engine.word(at.E_SILENT) == 1
    assert max(map(largest_step, out)) < 0.05


def test_the_first_pair_is_recorded() -> None:
    hand = ByHand(outputs=4)
    send(hand, 1, 3)
    hand.play(0, A)
    hand.play(1, B, part=1)
    hand.engine.set_word(at.E_RECORD_ON, 1)
    out = hand.run(blocks(1000, 100))
    assert np.array_equal(hand.engine.recording[:1000].T, out[:2])
