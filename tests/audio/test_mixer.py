"""A voice in the mix, offline: where it starts, how loud it is, how it ends; every sample of it."""

from __future__ import annotations

import numpy as np
import pytest

from audio.byhand import RATE, ByHand, Sound, blocks, tone
from oscvae.audio.voice import RELEASE_FLOOR
from oscvae.realtime import layout as at
from oscvae.units import db_to_gain

WRAP = 1 << 32


def release_factor(seconds: float) -> float:
    return float(RELEASE_FLOOR ** (1.0 / (seconds * RATE)))


# -- starting ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", [16, 100, 128, 441, 1024, 4096])
@pytest.mark.parametrize("start", [0, 1, 127, 128, 129, 1000])
def test_a_voice_starts_at_its_sample(start: int, period: int) -> None:
    hand = ByHand()
    sound = tone(3000)
    hand.play(0, sound, start=start)
    out = hand.run(blocks(5120, period))
    expected = np.zeros(5120, np.float32)
    expected[start : start + 3000] = sound
    assert np.array_equal(out[0], expected)
    assert np.array_equal(out[1], expected)
    assert [event[:2] for event in hand.events()] == [(at.VOICE_ON, 0), (at.VOICE_OFF, 0)]
    assert hand.engine.word(at.E_LATE) == 0


def test_a_voice_without_a_frame_starts_with_the_block() -> None:
    hand = ByHand()
    hand.run(300)
    hand.play(0, tone(50))
    out = hand.run(128)
    assert np.array_equal(out[0, :50], tone(50))
    assert hand.events()[0] == (at.VOICE_ON, 0, 300)


def test_a_voice_that_comes_late_starts_at_once_and_is_counted() -> None:
    hand = ByHand()
    hand.run(256)
    hand.play(0, tone(50), start=200)
    assert np.array_equal(hand.run(128)[0, :50], tone(50))
    assert hand.engine.word(at.E_LATE) == 1
    assert hand.events()[0] == (at.VOICE_ON, 0, 256)


def test_the_attack_is_linear() -> None:
    hand = ByHand()
    hand.play(0, np.full(1000, 0.5, np.float32), attack=480)
    out = hand.run([128] * 7)[0]
    ramp = np.minimum(np.arange(1, 897) / 480, 1.0) * 0.5
    assert np.allclose(out, ramp, atol=1e-7)


def test_a_slot_forgets_its_last_voice() -> None:
    hand = ByHand()
    hand.play(0, tone(5000), attack=100, pan=-0.5)
    hand.run(128)
    hand.stop(0, at.STOP_FADE)
    hand.run([128] * 4)
    assert hand.state(0) == at.DONE
    hand.play(0, tone(64))
    assert np.array_equal(hand.run(128)[1, :64], tone(64))


# -- independence of how time is cut -----------------------------------------------------------------------------------


def piece(periods: list[int]) -> Sound:
    """Starts, attacks, releases, a stealing fade, panned and gained voices: all fixed to frames, none to blocks."""
    total = sum(periods)
    hand = ByHand(first_frame=WRAP - 700)
    rng = np.random.default_rng(1)
    hand.engine.set_of_part(0, at.P_RELEASE, release_factor(0.05))
    hand.engine.set_of_part(0, at.P_GAIN, 1.7)  # drives the limiter
    for slot in range(8):
        noise = (rng.standard_normal(9000) * 0.2).astype(np.float32)
        hand.play(
            slot,
            noise,
            start=int(rng.integers(0, 3000)),
            attack=int(rng.integers(0, 400)),
            stop_sample=int(rng.integers(100, 6000)) if slot % 2 else -1,
            gain=float(rng.uniform(0.3, 1.0)),
            pan=float(rng.uniform(-1, 1)),
        )
        if slot % 4 == 2:
            hand.stop(slot, at.STOP_RELEASE, int(rng.integers(3500, 8000)))
    out = hand.run(periods)
    assert out.shape[1] == total
    assert np.isfinite(out).all()
    return out


@pytest.mark.parametrize("period", [16, 31, 64, 127, 129, 441, 1000, 1024, 4096])
def test_the_mix_is_the_same_however_time_is_cut(period: int) -> None:
    reference = piece(blocks(12_000, 128))
    assert np.abs(reference).max() > 0.9
    assert np.array_equal(piece(blocks(12_000, period)), reference)


def test_the_mix_is_the_same_when_the_period_keeps_changing() -> None:
    rng = np.random.default_rng(2)
    periods: list[int] = []
    while sum(periods) < 12_000:
        periods.append(min(int(rng.integers(1, 2048)), 12_000 - sum(periods)))
    assert np.array_equal(piece(periods), piece(blocks(12_000, 128)))


# -- ending ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.005, 0.15, 0.5])
def test_a_release_falls_by_60_db_then_is_zero(seconds: float) -> None:
    hand = ByHand()
    n = round(seconds * RATE)
    hand.engine.set_of_part(0, at.P_RELEASE, release_factor(seconds))
    hand.play(0, np.full(60_000, 0.5, np.float32))
    hand.stop(0, at.STOP_RELEASE, 1000)
    out = hand.run(blocks(1000 + n + 500, 128))[0]
    assert np.all(out[:1000] == 0.5)
    curve = out[1000 : 1000 + n - 1] / 0.5
    k = np.arange(1, n)
    expected = (RELEASE_FLOOR ** (k / n) - RELEASE_FLOOR) / (1 - RELEASE_FLOOR)
    assert np.allclose(curve, expected, atol=1e-6)
    assert 0.0 < curve[-1] < db_to_gain(-60)
    assert np.all(out[1000 + n :] == 0.0)
    assert hand.state(0) == at.DONE
    assert hand.events()[-1][:2] == (at.VOICE_OFF, 0)


def test_a_voice_says_that_it_is_releasing() -> None:
    hand = ByHand()
    hand.play(0, tone(9000))
    hand.run(128)
    assert hand.state(0) == at.PLAYING
    hand.stop(0, at.STOP_RELEASE)
    hand.run(128)
    assert hand.state(0) == at.RELEASING


def test_a_voice_releases_by_itself_after_its_time() -> None:
    hand = ByHand()
    hand.engine.set_of_part(0, at.P_RELEASE, release_factor(0.01))
    hand.play(0, np.full(4000, 0.5, np.float32), start=50, stop_sample=777)
    out = hand.run(blocks(4000, 128))[0]
    assert np.all(out[50 : 50 + 777] == 0.5)
    assert np.all(np.diff(out[50 + 776 : 50 + 776 + 480]) < 0)
    assert np.all(out[50 + 777 + 480 :] == 0.0)


def test_a_stolen_voice_fades_in_5_ms() -> None:
    hand = ByHand()
    hand.play(0, np.full(9000, 0.5, np.float32))
    hand.run(128)
    hand.stop(0, at.STOP_FADE)
    out = hand.run([128] * 3)[0]
    assert np.allclose(out[:240], 0.5 * (1 - np.arange(1, 241) / 240), atol=1e-6)
    assert np.all(out[240:] == 0.0)
    assert hand.state(0) == at.DONE


def test_a_voice_stolen_before_its_frame_is_never_heard() -> None:
    hand = ByHand()
    hand.play(0, tone(900), start=500)
    hand.stop(0, at.STOP_FADE)
    assert not hand.run([128] * 8).any()
    assert hand.state(0) == at.DONE


# -- gain --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pan", "left", "right"), [(0.0, 1.0, 1.0), (-1.0, 1.0, 0.0), (1.0, 0.0, 1.0), (0.25, 0.75, 1.0), (-0.5, 1.0, 0.5)]
)
def test_pan_is_balance(pan: float, left: float, right: float) -> None:
    hand = ByHand()
    hand.play(0, tone(500), pan=pan)
    out = hand.run([128] * 4)
    assert np.allclose(out[0, :500], tone(500) * left, atol=1e-7)
    assert np.allclose(out[1, :500], tone(500) * right, atol=1e-7)
    hand.play(1, tone(500))
    hand.engine.set_of_part(0, at.P_PAN, pan)
    out = hand.run([128] * 40)  # the master's balance settles first
    hand.play(2, tone(500))
    out = hand.run([128] * 4)
    assert np.allclose(out[0, :500], tone(500) * left, atol=1e-6)
    assert np.allclose(out[1, :500], tone(500) * right, atol=1e-6)


def test_gains_glide() -> None:
    hand = ByHand()
    hand.play(0, np.full(16_000, 0.5, np.float32), gain=1.0)
    hand.run(128)
    hand.set(0, at.V_GAIN, 0.25)
    hand.engine.set_of_part(0, at.P_GAIN, 0.5)
    out = hand.run([128] * 60)[0]
    assert 0.49 < out[0] < 0.5
    assert np.abs(np.diff(out)).max() < 0.005
    assert np.all(np.diff(out) <= 0)
    time_constant = 240  # samples: 5 ms, twice in a row
    assert out[time_constant] == pytest.approx(0.5 * (0.25 + 0.75 * np.exp(-1)) * (0.5 + 0.5 * np.exp(-1)), abs=0.003)
    assert out[-1] == np.float32(0.5 * 0.25 * 0.5)


def test_a_voice_alone_passes_unchanged() -> None:
    hand = ByHand()
    sound = tone(2000, peak=0.966)  # just under the ceiling
    hand.play(0, sound)
    assert np.array_equal(hand.run([128] * 16)[0, :2000], sound)
    assert hand.engine.of_pair(0, at.Q_LIMIT) == 1.0


def test_the_limiter_attacks_at_once_and_recovers_in_50_ms() -> None:
    hand = ByHand()
    sound = np.full(40_000, 0.9, np.float32)
    sound[1000] = -2.0
    hand.play(0, sound)
    out = hand.run([128] * 312)[0]
    ceiling = db_to_gain(-0.3)
    assert np.all(out[:1000] == np.float32(0.9)), "nothing before is changed"
    assert out[1000] == -np.float32(ceiling)
    gain = out[1001:] / 0.9
    assert gain[0] < ceiling / 2 + 0.001
    assert np.all(np.diff(gain) >= 0.0)
    n = round(0.050 * RATE)
    assert 1.0 - gain[n] == pytest.approx((1.0 - ceiling / 2) / np.e, abs=0.002)
    assert out[-1] == np.float32(0.9)
    assert hand.engine.of_pair(0, at.Q_LIMIT) == 1.0


def test_the_limiter_never_lets_more_than_its_ceiling_through() -> None:
    hand = ByHand()
    rng = np.random.default_rng(3)
    for slot in range(8):
        hand.play(slot, (rng.standard_normal(8000) * 0.7).astype(np.float32), pan=float(rng.uniform(-1, 1)))
    out = hand.run([128] * 70)
    assert np.abs(out).max() <= np.float32(db_to_gain(-0.3))
    assert np.abs(out).max() > db_to_gain(-0.31)
    assert hand.engine.of_pair(0, at.Q_LIMIT) < 1.0
    hand.run([128] * 400)
    assert hand.engine.of_pair(0, at.Q_LIMIT) == 1.0
    hand.play(0, tone(100, peak=0.5))
    assert np.array_equal(hand.run(128)[0, :100], tone(100, peak=0.5))


def test_the_limiter_keeps_the_balance_of_the_channels() -> None:
    hand = ByHand()
    hand.play(0, tone(4000, peak=3.0), pan=0.5)
    out = hand.run([128] * 30)[:, 100:3000]
    assert np.allclose(out[0], out[1] * 0.5, atol=1e-6)


def test_what_is_not_a_number_never_leaves() -> None:
    hand = ByHand()
    broken = tone(600)
    broken[100:200] = np.nan
    broken[300] = np.inf
    broken[301] = -1e30
    hand.play(0, broken)
    out = hand.run([128] * 8)
    assert np.isfinite(out).all()
    assert np.array_equal(out[0, 400:600], tone(600)[400:])
    assert np.isfinite(hand.engine.of_pair(0, at.Q_LEFT))


def test_what_a_benchmark_asks_for_is_measured_only_when_it_asks() -> None:
    hand = ByHand()
    engine = hand.engine
    hand.play(0, tone(9000), pan=0.4)
    hand.run([128] * 4)
    assert engine.number(at.E_MAX_STEP) == 0.0
    assert not engine.times.any()
    hand = ByHand()
    engine = hand.engine
    engine.set_word(at.E_MEASURE, 1)
    hand.play(0, tone(700, hz=3000.0), pan=0.4, start=200)
    for slot, level, start in ((1, 0.4, 512 - 50), (2, -0.4, 512)):  # the largest step lies between two blocks
        hand.play(slot, np.full(50, level, np.float32), pan=-1.0, start=start)
    out = hand.run([128, 300, 84, 441, 1000])
    steps = np.abs(np.diff(out.astype(np.float64), prepend=0.0))
    assert steps.argmax() == 512
    assert engine.number(at.E_MAX_STEP) == pytest.approx(steps.max(), rel=1e-6)
    assert engine.times.sum() == engine.word(at.E_BLOCKS) == 5


def test_meters_show_the_peak_and_fall() -> None:
    hand = ByHand()
    hand.play(0, tone(2000, peak=0.5), pan=-1.0)
    hand.run([128] * 16)
    assert hand.engine.of_pair(0, at.Q_LEFT) == pytest.approx(0.5, abs=0.02)
    assert hand.engine.of_pair(0, at.Q_RIGHT) == 0.0
    hand.run([128] * 113)  # 0.3 s
    assert hand.engine.of_pair(0, at.Q_LEFT) == pytest.approx(0.5 / np.e, abs=0.02)
