"""A voice that takes over from another: at its first frame, whichever of the two was ready first."""

from __future__ import annotations

import numpy as np
import pytest

from audio.byhand import RATE, ByHand
from oscvae.audio.voice import HAND_OVER_S, STEAL_FADE_S
from oscvae.realtime import layout as at

PERIOD = 128
BEGIN = 5 * PERIOD + 40  # of the voice that takes over
FADE, CROSS = round(STEAL_FADE_S * RATE), round(HAND_OVER_S * RATE)
LEVEL = np.float32(0.25)
STEADY = np.full(40_000, LEVEL)


def falls(samples: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """`samples` values of a fade over `count`."""
    return np.clip(1.0 - np.arange(1, samples + 1) / count, 0.0, None)


@pytest.mark.parametrize("told_first", ["taken", "taker"])
def test_the_other_fades_from_the_frame_on_at_which_a_voice_begins(told_first: str) -> None:
    hand = ByHand()
    hand.engine.voices[0][at.V_GENERATION] = 1  # as it will be
    if told_first == "taker":
        hand.play(1, 0.0 * STEADY, start=BEGIN)
        hand.engine.voices[1][at.V_TAKES], hand.engine.voices[1][at.V_TAKEN] = 1, 2
        hand.run(PERIOD)
        hand.play(0, STEADY, start=2 * PERIOD)
    else:
        hand.play(0, STEADY, start=2 * PERIOD)
        hand.run(PERIOD)
        hand.play(1, 0.0 * STEADY, start=BEGIN, takes=0)
    heard = hand.run([PERIOD] * 9)[0] / LEVEL
    onset, fade = 1 * PERIOD, BEGIN - PERIOD
    assert not heard[:onset].any() and np.all(heard[onset:fade] == 1.0)
    assert heard[fade:] == pytest.approx(falls(heard.size - fade, FADE), abs=1e-6)
    assert hand.state(0) == at.DONE and hand.state(1) == at.PLAYING


def test_a_voice_that_goes_on_enters_as_fast_as_the_other_leaves() -> None:
    hand = ByHand()
    hand.play(0, STEADY)
    hand.run(PERIOD)
    hand.play(1, STEADY, start=BEGIN, takes=0, moved=True)
    heard = hand.run([PERIOD] * 12)[0] / LEVEL
    assert heard == pytest.approx(1.0, abs=1e-5), "alike, they are one"
    assert hand.state(0) == at.DONE and hand.state(1) == at.PLAYING
    assert np.all(hand.run([PERIOD] * 4)[0] == LEVEL), "and nothing of it is left"


@pytest.mark.parametrize("attack", [2_000, 4_800])
def test_a_voice_that_goes_on_has_the_rest_of_the_attack(attack: int) -> None:
    alone, both = ByHand(), ByHand()
    for hand in (alone, both):
        hand.play(0, STEADY, attack=attack)
        hand.run(PERIOD)
    both.play(1, STEADY, start=BEGIN, attack=attack, takes=0, moved=True)
    periods = [PERIOD] * 45
    assert both.run(periods)[0] == pytest.approx(alone.run(periods)[0], abs=1e-5)


def test_a_voice_that_goes_on_where_nothing_sounds_any_more_has_its_own_attack() -> None:
    hand = ByHand()
    hand.play(0, STEADY[:100])
    hand.run([PERIOD] * 3)
    assert hand.state(0) == at.DONE
    hand.play(1, STEADY, attack=300, takes=0, moved=True)
    assert hand.run(PERIOD)[0] / LEVEL == pytest.approx(np.arange(1, PERIOD + 1) / 300, abs=1e-6)


def test_the_next_voice_of_a_slot_is_not_the_one_that_was_taken_over() -> None:
    hand = ByHand()
    hand.play(0, STEADY[:100])
    hand.run([PERIOD] * 3)
    taken = int(hand.engine.voices[0][at.V_GENERATION])
    hand.play(0, STEADY)
    hand.play(1, 0.0 * STEADY, takes=0)
    hand.engine.voices[1][at.V_TAKEN] = taken
    assert np.all(hand.run([PERIOD] * 6)[0] == LEVEL)


def test_a_voice_that_is_being_let_go_is_taken_over_as_well() -> None:
    hand = ByHand()
    hand.play(0, STEADY)
    hand.run(PERIOD)
    hand.set(0, at.V_RELEASE, 0.99999)
    hand.stop(0, at.STOP_RELEASE)
    hand.run(PERIOD)
    hand.play(1, 0.0 * STEADY, takes=0)
    heard = hand.run([PERIOD] * 4)[0]
    assert heard[0] > 0.0 and not heard[FADE:].any() and hand.state(0) == at.DONE
