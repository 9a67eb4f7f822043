"""Attack and release of a voice that sounds: a change is heard from the next block on, and never as a step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from audio.byhand import RATE, ByHand, Sound
from oscvae.audio.voice import RELEASE_FLOOR, STEAL_FADE_S
from oscvae.realtime import layout as at

PERIOD = 128
LEVEL = np.float32(0.5)
STEEPEST = 1.0 / (STEAL_FADE_S * RATE)  # of an attack that was changed on its way, per sample


def factor(seconds: float) -> float:
    return float(RELEASE_FLOOR ** (1.0 / (seconds * RATE)))


def steady(attack: int = 0, *, samples: int = 40_000, start: int = -1) -> ByHand:
    """A voice whose samples are all LEVEL: what is heard is its envelope."""
    hand = ByHand()
    hand.play(0, np.full(samples, LEVEL), attack=attack, start=start)
    return hand


def envelope(hand: ByHand, blocks: int, period: int = PERIOD) -> Sound:
    return hand.run([period] * blocks)[0] / LEVEL


def line(begin: float, samples: int, ramp: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The next `samples` values of an attack at `begin` that would take `ramp` samples from 0 to 1."""
    return np.minimum(begin + np.arange(1, samples + 1) / ramp, 1.0)


# -- attack ------------------------------------------------------------------------------------------------------------


def test_an_attack_set_before_the_first_sample_is_the_attack() -> None:
    hand = steady(attack=0, start=5 * PERIOD + 40)
    assert not envelope(hand, 5).any()
    hand.set_word(0, at.V_ATTACK, 300)
    heard = envelope(hand, 4)
    assert not heard[:40].any()
    assert np.allclose(heard[40:], line(0.0, 4 * PERIOD - 40, 300), atol=1e-6)


def test_an_attack_set_before_the_first_sample_may_also_be_none() -> None:
    hand = steady(attack=4800, start=PERIOD)
    envelope(hand, 1)
    hand.set_word(0, at.V_ATTACK, 0)
    assert np.all(envelope(hand, 1) == 1.0)


@pytest.mark.parametrize("attack", [300, 2400, 48_000])
def test_an_attack_changed_while_it_lasts_goes_on_from_its_value_at_the_new_slope(attack: int) -> None:
    hand = steady(attack=4800)
    assert np.allclose(envelope(hand, 10), line(0.0, 1280, 4800), atol=1e-6)
    hand.set_word(0, at.V_ATTACK, attack)
    assert np.allclose(envelope(hand, 10), line(1280 / 4800, 1280, attack), atol=1e-6)
    hand.set_word(0, at.V_ATTACK, 9600)
    reached = min(1280 / 4800 + 1280 / attack, 1.0)
    assert np.allclose(envelope(hand, 100), line(reached, 12_800, 9600), atol=1e-6)


@pytest.mark.parametrize("attack", [0, 1, 239, 240])
def test_an_attack_cut_short_ends_no_steeper_than_a_stolen_voice(attack: int) -> None:
    hand = steady(attack=48_000)
    begin = envelope(hand, 4)[-1]
    hand.set_word(0, at.V_ATTACK, attack)
    assert np.allclose(envelope(hand, 4), line(begin, 512, STEAL_FADE_S * RATE), atol=1e-6)


def test_an_attack_set_after_the_attack_does_nothing() -> None:
    hand = steady(attack=200)
    envelope(hand, 2)
    for attack in (48_000, 0, 200):
        hand.set_word(0, at.V_ATTACK, attack)
        assert np.all(envelope(hand, 3) == 1.0)


def test_a_voice_without_an_attack_gets_none_later() -> None:
    hand = steady(attack=0)
    assert np.all(envelope(hand, 1) == 1.0)
    hand.set_word(0, at.V_ATTACK, 4800)
    assert np.all(envelope(hand, 3) == 1.0)


def test_an_attack_changed_again_and_again_makes_no_step() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        hand = steady(attack=int(rng.integers(2000, 20_000)))
        heard = [np.zeros(1, np.float32)]
        for attack in rng.choice([0, 1, 100, 1000, 5000, 20_000, 400_000], 30):
            heard.append(envelope(hand, 1, int(rng.integers(1, 300))))
            hand.set_word(0, at.V_ATTACK, int(attack))
        heard.append(envelope(hand, 3))
        steps = np.diff(np.concatenate(heard))
        assert steps.min() >= 0.0, "an attack only rises"
        assert steps.max() <= STEEPEST + 1e-6


def test_an_attack_waits_through_an_underrun() -> None:
    hand = ByHand()
    hand.play(0, np.full(256, LEVEL), attack=1000, finished=False)
    envelope(hand, 3)
    hand.set_word(0, at.V_ATTACK, 2000)
    hand.add(0, np.full(4000, LEVEL))
    back = envelope(hand, 3)
    assert hand.engine.word(at.E_UNDERRUNS) == 1
    assert np.allclose(back[PERIOD:], line(256 / 1000 + PERIOD / 2000, 2 * PERIOD, 2000), atol=1e-6)


def test_a_slot_forgets_the_attack_that_its_last_voice_was_given() -> None:
    hand = steady(attack=4800)
    envelope(hand, 2)
    hand.set_word(0, at.V_ATTACK, 9600)
    envelope(hand, 2)
    hand.stop(0, at.STOP_FADE)
    envelope(hand, 4)
    assert hand.state(0) == at.DONE
    hand.play(0, np.full(1000, LEVEL), attack=500)
    assert np.allclose(envelope(hand, 4), line(0.0, 512, 500), atol=1e-6)


# -- release -----------------------------------------------------------------------------------------------------------


def curve(begin: float, samples: int, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The next `samples` values of a release whose running product is `begin`."""
    product = begin * factor(seconds) ** np.arange(1, samples + 1)
    return np.where(product > RELEASE_FLOOR, (product - RELEASE_FLOOR) / (1.0 - RELEASE_FLOOR), 0.0)


def test_a_voice_decays_by_its_own_release_and_the_others_by_that_of_all() -> None:
    hand = ByHand()
    hand.engine.set_of_part(0, at.P_RELEASE, factor(0.05))
    for slot, pan in ((0, -1.0), (1, 1.0)):
        hand.play(slot, np.full(40_000, LEVEL), pan=pan)
    hand.set(0, at.V_RELEASE, factor(0.2))
    for slot in range(2):
        hand.stop(slot, at.STOP_RELEASE, 1000)
    left, right = hand.run([PERIOD] * 100) / LEVEL
    for heard, seconds in ((left, 0.2), (right, 0.05)):
        assert np.all(heard[:1000] == 1.0)
        assert np.allclose(heard[1000:], curve(1.0, len(heard) - 1000, seconds), atol=1e-6)


@pytest.mark.parametrize("seconds", [0.005, 0.3, 2.0])
def test_a_release_changed_while_it_lasts_goes_on_from_its_value_at_the_new_rate(seconds: float) -> None:
    hand = steady(samples=200_000)
    hand.engine.set_of_part(0, at.P_RELEASE, factor(0.15))
    hand.stop(0, at.STOP_RELEASE)
    assert np.allclose(envelope(hand, 10), curve(1.0, 1280, 0.15), atol=1e-6)
    product = factor(0.15) ** 1280
    hand.set(0, at.V_RELEASE, factor(seconds))
    assert np.allclose(envelope(hand, 10), curve(product, 1280, seconds), atol=1e-6)
    hand.set(0, at.V_RELEASE, 0.0)  # that of all again
    if (product := product * factor(seconds) ** 1280) > RELEASE_FLOOR:
        assert np.allclose(envelope(hand, 10), curve(product, 1280, 0.15), atol=1e-6)
    envelope(hand, 60)
    assert hand.state(0) == at.DONE


def test_a_release_changed_again_and_again_makes_no_step() -> None:
    rng = np.random.default_rng(4)
    hand = steady(samples=200_000)
    hand.engine.set_of_part(0, at.P_RELEASE, factor(0.5))
    hand.stop(0, at.STOP_RELEASE)
    heard = [np.ones(1, np.float32)]
    for seconds in rng.choice([0.02, 0.1, 0.5, 5.0], 60):
        hand.set(0, at.V_RELEASE, factor(float(seconds)))
        heard.append(envelope(hand, 1, int(rng.integers(1, 300))))
    steps = np.diff(np.concatenate(heard))
    assert steps.max() <= 0.0, "a release only falls"
    assert steps.min() >= factor(0.02) - 1.0 - 1e-6, "no faster than the shortest of them"


def test_a_slot_forgets_the_release_that_its_last_voice_was_given() -> None:
    hand = steady()
    hand.engine.set_of_part(0, at.P_RELEASE, factor(0.05))
    hand.set(0, at.V_RELEASE, factor(0.01))
    hand.stop(0, at.STOP_RELEASE)
    envelope(hand, 8)
    assert hand.state(0) == at.DONE
    hand.play(0, np.full(9000, LEVEL))
    hand.stop(0, at.STOP_RELEASE, hand.engine.word(at.E_FRAME) + PERIOD)
    assert np.allclose(envelope(hand, 8), curve(1.0, 8 * PERIOD, 0.05), atol=1e-6)


# -- both --------------------------------------------------------------------------------------------------------------

CHANGES = (
    (1000, at.V_ATTACK, 900),
    (2000, at.V_ATTACK, 6000),
    (4000, at.V_RELEASE, factor(0.3)),
    (5000, at.V_RELEASE, 0),
)


def changed_at_frames(periods: Sequence[int]) -> Sound:
    """A voice whose attack and release change at the CHANGES' frames, and which is released at frame 3700."""
    hand = ByHand()
    noise = (np.random.default_rng(5).standard_normal(20_000) * 0.2).astype(np.float32)
    hand.engine.set_of_part(0, at.P_RELEASE, factor(0.1))
    hand.play(0, noise, attack=3000, start=17)
    hand.stop(0, at.STOP_RELEASE, 3700)
    heard, frame, changes = [], 0, list(CHANGES)
    for period in periods:
        while changes and changes[0][0] == frame:
            _, word, value = changes.pop(0)
            if word == at.V_ATTACK:
                hand.set_word(0, word, int(value))
            else:
                hand.set(0, word, value)
        heard.append(hand.run(period))
        frame += period
    assert not changes
    return np.concatenate(heard, axis=1)


@pytest.mark.parametrize("period", [8, 40, 100, 125, 500, 1000])
def test_what_is_changed_at_a_frame_sounds_the_same_however_time_is_cut(period: int) -> None:
    assert np.array_equal(changed_at_frames([period] * (9000 // period)), changed_at_frames([1000] * 9))
