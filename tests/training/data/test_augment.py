"""Augmentation: what each change does and leaves alone, of spectra in batches and of sounds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from oscvae.model.bands import band_axis
from oscvae.training.data.augment import (
    Augment,
    detune,
    detuned,
    faded,
    faster,
    gain,
    louder,
    noise,
    noisy,
    pink_noise,
    tilted,
)

AXIS = band_axis("hybrid", 256, 0, 2048, 48000)


def comb(count: int = 6) -> torch.Tensor:
    """Two lines over silence."""
    x = torch.full((count, 256, 40), -1.0)
    x[:, 20] = 1.0
    x[:, 60] = 0.5
    return x


def test_nothing_is_changed_where_nothing_is_asked() -> None:
    x = comb()
    assert torch.equal(Augment(AXIS)(x), x)


def test_all_together_repeat_by_the_seed_and_stay_in_range() -> None:
    augment = Augment(AXIS, time_frames=8, bands=20, gain_db=6.0, detune_cents=10.0, noise_db=(-70.0, -40.0))
    x = comb()
    torch.manual_seed(3)
    one = augment(x)
    torch.manual_seed(3)
    assert torch.equal(augment(x), one)
    assert not torch.equal(augment(x), one)
    assert torch.equal(x, comb()), "the argument is left as it was"
    assert one.shape == x.shape
    assert -1.0 <= float(one.min()) <= float(one.max()) <= 1.0


@pytest.mark.parametrize(("name", "axis", "most"), [("time_frames", 2, 8), ("bands", 1, 30)])
def test_masks_silence_one_stretch_each(name: str, axis: int, most: int) -> None:
    torch.manual_seed(1)
    x = torch.rand(200, 256, 40) * 0.5
    y = Augment(AXIS, **{name: most})(x)
    gone = (y == -1.0).all(dim=3 - axis)
    assert torch.equal(y[y != -1.0], x[y != -1.0])
    lengths = gone.sum(dim=1)
    assert 0 < int(lengths.max()) <= most
    assert len(set(lengths.tolist())) > most // 2, "each note has a mask of its own"
    edges = (gone[:, 1:] != gone[:, :-1]).sum(dim=1) + gone[:, 0] + gone[:, -1]
    assert int(edges.max()) <= 2


def test_gain_moves_what_is_heard_and_not_the_silence() -> None:
    y = gain(comb(3), torch.tensor([0.0, -8.0, 8.0]))
    torch.testing.assert_close(y[:, 60, 0], torch.tensor([0.5, 0.3, 0.7]))
    assert torch.all(y[:, 0] == -1.0)
    assert float(y[2, 20, 0]) == 1.0


@pytest.mark.parametrize("cents", [-40.0, 5.0, 30.0])
def test_detuning_moves_a_line_by_the_interval(cents: float) -> None:
    place = 35.0
    x = torch.from_numpy(np.exp(-0.5 * ((AXIS.centre - place) / 1.5) ** 2)[None, :, None]).float() * 2.0 - 1.0
    y = detune(x, torch.tensor([cents]), AXIS)
    weight = (y[0, :69, 0].numpy() + 1.0) ** 2
    found = float(np.average(AXIS.centre[:69], weights=weight))
    assert found == pytest.approx(place * 2.0 ** (cents / 1200.0), abs=0.02)
    torch.testing.assert_close(detune(x, torch.tensor([0.0]), AXIS), x)


def test_noise_adds_its_power_and_falls_as_asked() -> None:
    torch.manual_seed(1)
    silence = torch.full((2, 256, 2000), -1.0)
    y = noise(silence, torch.tensor([-30.0, -30.0]), torch.tensor([0.0, 1.0]), AXIS)
    power_db = 10.0 * torch.log10((10.0 ** (4.0 * (y - 1.0))).mean(dim=2))
    assert float(power_db[0].mean()) == pytest.approx(-30.0, abs=0.5)
    band = int(np.abs(AXIS.centre - 100.0).argmin())
    assert float(power_db[1, band]) == pytest.approx(-50.0, abs=1.0)
    loud = noise(comb(1), torch.tensor([-60.0]), torch.tensor([0.0]), AXIS)
    torch.testing.assert_close(loud[:, 20], comb(1)[:, 20], atol=1e-3, rtol=0)


def test_a_sound_detuned_is_higher_and_shorter() -> None:
    time_s = np.arange(48000) / 48000
    sound = np.sin(2.0 * np.pi * 440.0 * time_s).astype(np.float32)
    for cents in (-20.0, 6.0):
        moved = detuned(sound, cents)
        ratio = 2.0 ** (cents / 1200.0)
        assert moved.size == pytest.approx(48000 / ratio, abs=10)
        spectrum = np.abs(np.fft.rfft(moved * np.hanning(moved.size), 16 * moved.size))
        peak_hz = spectrum.argmax() * 48000 / (16 * moved.size)
        assert 1200.0 * np.log2(peak_hz / (440.0 * ratio)) == pytest.approx(0.0, abs=0.3)
    assert detuned(sound, 0.0) is sound


def test_gain_and_background_of_a_sound_are_in_decibels() -> None:
    rng = np.random.default_rng(1)
    sound = rng.standard_normal(20000).astype(np.float32)
    np.testing.assert_allclose(louder(sound, 6.0), sound * 10.0**0.3, rtol=1e-5)
    mixed = noisy(sound, pink_noise(30000, rng), 40.0)
    assert 20.0 * np.log10(np.std(mixed - sound) / np.std(sound)) == pytest.approx(-40.0, abs=1.0)


def test_pink_noise_falls_by_three_decibels_an_octave() -> None:
    spectrum = np.abs(np.fft.rfft(pink_noise(1 << 16, np.random.default_rng(1)))) ** 2
    low, high = spectrum[200:400].mean(), spectrum[3200:6400].mean()
    assert 10.0 * np.log10(low / high) == pytest.approx(12.0, abs=1.0)


@pytest.mark.parametrize("semitones", [-7.0, 0.5, 12.0])
def test_a_faster_sound_is_higher_and_shorter_by_the_interval(semitones: float) -> None:
    sine = np.sin(2.0 * np.pi * 500.0 * np.arange(48_000) / 48_000).astype(np.float32)
    heard = faster(sine, semitones, 48_000)
    assert heard.size == pytest.approx(48_000 / 2.0 ** (semitones / 12.0), abs=2)
    peak = np.abs(np.fft.rfft(heard * np.hanning(heard.size), 480_000)).argmax() / 10.0
    assert peak == pytest.approx(500.0 * 2.0 ** (semitones / 12.0), rel=1e-3)


def test_a_tilted_sound_gains_by_the_octave_and_begins_when_it_did() -> None:
    click = np.zeros(48_000, np.float32)
    click[1000] = 1.0
    heard = tilted(click, 3.0, 48_000)
    gain_db = 20.0 * np.log10(np.abs(np.fft.rfft(heard)))
    np.testing.assert_allclose(gain_db[[250, 500, 1000, 4000, 8000]], [-6.0, -3.0, 0.0, 6.0, 9.0], atol=0.1)
    assert np.abs(heard[:1000]).max() < 1e-3 * np.abs(heard).max()


def test_a_faded_sound_is_as_it_was_at_its_onset_and_a_third_of_it_later() -> None:
    heard = faded(np.ones(10_000, np.float32), 0.1, 1000, 48_000)
    assert (heard[:1001] == 1.0).all()
    assert heard[1000 + 4800] == pytest.approx(np.exp(-1.0), rel=1e-4)
