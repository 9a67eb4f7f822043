"""What the evaluation hears in single notes, on notes that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oscvae.sound.envelope import (
    as_heard,
    attack_s,
    brightness_hz,
    decay_s,
    end_click_db,
    onset_click_db,
    peak_db,
)
from oscvae.training.evaluate.harmonic import HIGHEST_HZ, fundamental_hz, octaves_off, partials
from oscvae.training.evaluate.listening import listen
from oscvae.units import cents, note_to_hz

RATE = 48000
LOW_HZ, HIGH_HZ = note_to_hz(39.0), note_to_hz(89.0)


def pluck(note: float, stiffness: float = 0.0, t60_s: float = 1.0, seconds: float = 0.8) -> np.ndarray:
    """A stiff string, its partials as 1/h, all decaying alike."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    freq_hz = note_to_hz(note)
    places = [(h, h * freq_hz * math.sqrt(1.0 + stiffness * h * h)) for h in range(1, 40)]
    tone = sum(np.sin(2.0 * np.pi * hz * time_s + h) / h for h, hz in places if hz < HIGHEST_HZ)
    return (tone * 10.0 ** (-3.0 * time_s / t60_s)).astype(np.float32)


def with_noise(tone: np.ndarray, ratio_db: float, seed: int = 1) -> np.ndarray:
    """White noise that decays as the tone does, so much weaker up to HIGHEST_HZ over the half second analysed."""
    noise = np.random.default_rng(seed).standard_normal(tone.size) * 10.0 ** (-3.0 * np.arange(tone.size) / RATE)
    half = tone.size * 5 // 8
    in_band = 2.0 * HIGHEST_HZ / RATE
    scale = np.sqrt(np.mean(tone[:half] ** 2) / np.mean(noise[:half] ** 2) / in_band * 10.0 ** (-ratio_db / 10.0))
    return (tone + scale * noise).astype(np.float32)


@pytest.mark.parametrize("note", [40, 52, 69, 88])
@pytest.mark.parametrize("stiffness", [0.0, 1e-4, 5e-4])
def test_a_stiff_string_is_recognised(note: int, stiffness: float) -> None:
    heard = partials(with_noise(pluck(note, stiffness), 35.0), RATE, note_to_hz(note))
    assert cents(heard.fundamental_hz, note_to_hz(note)) == pytest.approx(0.0, abs=0.2)
    assert heard.stiffness == pytest.approx(stiffness, abs=1e-6)


@pytest.mark.parametrize("ratio_db", [5.0, 15.0, 30.0, 45.0])
@pytest.mark.parametrize("note", [40, 64, 85])
def test_the_harmonic_to_noise_ratio_is_the_one_that_was_mixed(note: int, ratio_db: float) -> None:
    heard = partials(with_noise(pluck(note, 1e-4), ratio_db), RATE, note_to_hz(note))
    assert heard.hnr_db == pytest.approx(ratio_db, abs=1.0)


def test_noise_and_few_partials_have_no_stiffness() -> None:
    noise = np.random.default_rng(1).standard_normal(30000).astype(np.float32)
    heard = partials(noise, RATE, 220.0)
    assert heard.fundamental_hz == 220.0 or not math.isnan(heard.stiffness)
    assert heard.hnr_db < 0.0
    sine = np.sin(2.0 * np.pi * 220.0 * np.arange(30000) / RATE).astype(np.float32)
    assert math.isnan(partials(sine, RATE, 220.0).stiffness)


@pytest.mark.parametrize("note", range(40, 89, 6))
def test_the_octave_is_found(note: int) -> None:
    sound = with_noise(pluck(note, 1e-4), 25.0)
    assert octaves_off(fundamental_hz(sound, RATE, LOW_HZ, HIGH_HZ), note_to_hz(note)) == 0


def test_an_octave_error_is_told_from_a_wrong_note() -> None:
    up, down = pluck(64), pluck(40)
    assert octaves_off(fundamental_hz(up, RATE, LOW_HZ, HIGH_HZ), note_to_hz(52)) == 1
    assert octaves_off(fundamental_hz(down, RATE, LOW_HZ, HIGH_HZ), note_to_hz(52)) == -1
    assert octaves_off(fundamental_hz(up, RATE, LOW_HZ, HIGH_HZ), note_to_hz(57)) is None
    assert octaves_off(466.2, 440.0) is None
    assert octaves_off(440.0 * 2.0 ** (40.0 / 1200.0), 440.0) == 0


def test_a_note_that_rings_less_than_the_body_below_it_keeps_its_octave() -> None:
    """Noise below the fundamental of a high note is no lower octave."""
    rng = np.random.default_rng(1)
    spectrum = np.fft.rfft(rng.standard_normal(38400))
    freqs_hz = np.fft.rfftfreq(38400, 1.0 / RATE)
    body = np.fft.irfft(spectrum * np.exp(-0.5 * ((freqs_hz - 620.0) / 150.0) ** 2))
    body *= 10.0 ** (-3.0 * np.arange(38400) / RATE / 0.3)
    note = np.sin(2.0 * np.pi * note_to_hz(88) * np.arange(38400) / RATE) * 10.0 ** (-3.0 * np.arange(38400) / RATE)
    sound = (note + 1.5 * body / np.abs(body).max()).astype(np.float32)
    assert octaves_off(fundamental_hz(sound, RATE, LOW_HZ, HIGH_HZ), note_to_hz(88)) == 0


def test_weak_odd_partials_are_no_octave_error_and_none_are() -> None:
    time_s = np.arange(38400) / RATE
    even, odd = (sum(np.sin(2.0 * np.pi * 110.0 * h * time_s) / h for h in range(first, 20, 2)) for first in (2, 1))
    weak = with_noise((even + 0.1 * odd).astype(np.float32), 30.0)
    assert listen(weak, RATE, 45.0, 40.0, 88.0).octaves == 0.0
    none = with_noise((even + 0.01 * odd).astype(np.float32), 30.0)
    assert listen(none, RATE, 45.0, 40.0, 88.0).octaves == 1.0


@pytest.mark.parametrize("off_cents", [-20.0, 0.0, 7.0])
def test_a_whole_note_is_told(off_cents: float) -> None:
    heard = listen(pluck(57 + off_cents / 100.0), RATE, 57.0, 40.0, 88.0)
    assert heard.error_cents == pytest.approx(off_cents, abs=0.3)
    assert heard.octaves == 0.0
    octave = listen(pluck(69), RATE, 57.0, 40.0, 88.0)
    assert octave.octaves == 1.0
    assert math.isnan(octave.error_cents)
    fifth = listen(pluck(64), RATE, 57.0, 40.0, 88.0)
    assert math.isnan(fifth.octaves)
    assert fifth.error_cents == pytest.approx(700.0, abs=15.0)


@pytest.mark.parametrize("t60_s", [0.2, 1.0, 4.0])
def test_the_decay_is_found(t60_s: float) -> None:
    assert decay_s(pluck(60, t60_s=t60_s, seconds=1.7), RATE) == pytest.approx(t60_s, rel=0.03)


def test_what_never_decays_is_bounded_and_silence_has_no_decay() -> None:
    assert decay_s(np.ones(RATE, np.float32), RATE) == 60.0
    assert math.isnan(decay_s(np.zeros(RATE, np.float32), RATE))
    assert math.isnan(attack_s(np.zeros(RATE, np.float32), RATE))
    assert math.isnan(brightness_hz(np.zeros(RATE, np.float32), RATE))


def test_the_attack_is_from_a_tenth_to_nine() -> None:
    time_s = np.arange(RATE) / RATE
    tone = np.sin(2.0 * np.pi * 3000.0 * time_s) * np.minimum(time_s / 0.1, 1.0)
    assert attack_s(tone.astype(np.float32), RATE) == pytest.approx(0.08, abs=2e-3)


def test_levels_are_in_decibels_of_full_scale() -> None:
    tone = 0.5 * np.sin(2.0 * np.pi * 1000.0 * np.arange(RATE) / RATE).astype(np.float32)
    assert peak_db(tone) == pytest.approx(-6.02, abs=0.01)
    assert peak_db(np.zeros(10, np.float32)) == pytest.approx(-200.0)
    assert brightness_hz(tone, RATE) == pytest.approx(1000.0, rel=0.01)


def test_a_cut_note_begins_and_ends_without_a_click_or_with_one() -> None:
    tone = np.sin(2.0 * np.pi * 300.0 * np.arange(20000) / RATE + 1.0).astype(np.float32)
    whole = np.concatenate([np.zeros(1536, np.float32), tone])
    heard = as_heard(whole, 1536, RATE)
    assert heard.size == tone.size
    assert abs(heard[0]) < 0.01
    np.testing.assert_array_equal(heard[48:], tone[48:])
    cut = tone[70:]  # not at a zero
    assert onset_click_db(cut, RATE) > 15.0
    assert end_click_db(cut[: cut.size - 33], RATE) > 15.0
    faded = tone * np.minimum(1.0, np.minimum(np.arange(20000), np.arange(20000)[::-1]) / 960.0).astype(np.float32)
    assert onset_click_db(faded, RATE) < 0.0
    assert end_click_db(faded, RATE) < 0.0
    assert end_click_db(np.zeros(20000, np.float32), RATE) == 0.0


def test_the_fade_is_a_millisecond_or_the_sound() -> None:
    sound = np.ones(200, np.float32)
    assert as_heard(sound, 190, RATE).size == 10
    assert np.all(np.diff(as_heard(sound, 10, RATE)[:48]) > 0.0)
    np.testing.assert_array_equal(as_heard(sound, 10, RATE)[48:], 1.0)
