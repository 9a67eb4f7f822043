"""The voice: in tune, free of DC, with few aliases, and the same from the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from oscvae.sound.pitch import detune_cents
from oscvae.training.synth.hits import PEAK, draw_patch, hit
from oscvae.training.synth.voice import Patch, play
from oscvae.units import note_to_hz

RATE, SAMPLES = 48_000, 24_000
STEADY = Patch(
    note=69,
    ratio=1.0,
    index_start=0.0,
    index_rest=0.0,
    index_decay_s=0.1,
    fold_start=0.0,
    fold_rest=1.0,
    fold_decay_s=0.1,
    offset=0.0,
    second=0.0,
    attack_s=0.01,
    hold_s=5.0,
    decay_s=0.5,
    tail=0.0,
    closed_hz=500.0,
    opened_hz=20_000.0,
    noise=0.0,
)


def test_a_hit_is_the_same_again_and_another_seed_another() -> None:
    patch = draw_patch(1, 7, 40, 88)
    assert draw_patch(1, 7, 40, 88) == patch != draw_patch(2, 7, 40, 88)
    noisy = patch._replace(noise=0.2)
    once = hit(noisy, SAMPLES, RATE, 3)
    assert once.tobytes() == hit(noisy, SAMPLES, RATE, 3).tobytes()
    assert once.tobytes() != hit(noisy, SAMPLES, RATE, 4).tobytes()


def test_hits_have_one_peak_and_no_dc() -> None:
    for number in range(12):
        sound = hit(draw_patch(1, number, 40, 88), SAMPLES, RATE, number).astype(np.float64)
        assert np.abs(sound).max() == pytest.approx(PEAK, abs=1e-6)
        power = np.abs(np.fft.rfft(sound)) ** 2
        low = np.fft.rfftfreq(SAMPLES, 1.0 / RATE) < 25.0
        assert power[low].sum() < 0.01 * power.sum(), f"hit {number} thumps"


def test_an_uneven_fold_has_no_mean_while_it_sounds() -> None:
    sound = play(STEADY._replace(offset=0.5, fold_rest=4.0), 2 * SAMPLES, RATE).astype(np.float64)
    late = sound[SAMPLES:]
    assert abs(late.mean()) < 1e-3 * late.std()


@pytest.mark.parametrize("note", [40, 57, 69, 88])
def test_it_is_in_tune(note: int) -> None:
    sound = play(STEADY._replace(note=note, fold_rest=2.5, ratio=2.0, index_rest=0.8), SAMPLES, RATE)
    assert abs(detune_cents(sound[2400:], RATE, note_to_hz(float(note)))) < 1.0


def test_what_folds_deeply_and_high_is_free_of_aliases() -> None:
    """All that a harmonic patch plays lies at multiples of its fundamental; aliases lie between."""
    patch = STEADY._replace(note=88, fold_rest=6.0, offset=0.3, second=0.4, ratio=2.0, index_rest=1.2)
    sound = play(patch, 2 * SAMPLES, RATE)[SAMPLES // 2 :]
    power = np.abs(np.fft.rfft(sound * np.blackman(sound.size))) ** 2
    place = np.fft.rfftfreq(sound.size, 1.0 / RATE) / note_to_hz(88.0)
    between = np.abs(place - np.round(place)) * note_to_hz(88.0) > 20.0
    assert 10.0 * np.log10(power[between].sum() / power.sum()) < -50.0


def test_each_setting_is_heard() -> None:
    """No parameter of a patch is for nothing."""
    plain = STEADY._replace(index_start=1.0, fold_start=1.0, hold_s=0.05, tail=0.2, second=0.2, attack_s=0.02)
    others = plain._asdict() | {
        "note": 64,
        "ratio": 2.5,
        "index_start": 2.0,
        "index_rest": 1.0,
        "index_decay_s": 0.3,
        "fold_start": 2.0,
        "fold_rest": 2.0,
        "fold_decay_s": 0.3,
        "offset": 0.3,
        "second": 0.6,
        "attack_s": 0.05,
        "hold_s": 0.1,
        "decay_s": 0.2,
        "tail": 0.6,
        "closed_hz": 1500.0,
        "opened_hz": 3000.0,
        "noise": 0.1,
    }
    before = hit(plain, SAMPLES, RATE)
    for name, value in others.items():
        changed = hit(plain._replace(**{name: value}), SAMPLES, RATE)
        assert np.abs(changed - before).max() > 0.02, f"{name} changes nothing"


def test_patches_stay_in_the_range_of_notes() -> None:
    notes = {draw_patch(1, number, 60, 63).note for number in range(40)}
    assert notes == {60, 61, 62, 63}
