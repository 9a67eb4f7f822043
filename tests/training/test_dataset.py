"""Alignment, tuning and analysis of the notes."""

from __future__ import annotations

import numpy as np
import pytest
from test_soundfont import needs_fluidsynth

from oscvae.errors import DataError
from oscvae.training.dataset import Recipe, align, find_onset, make_dataset, tune
from oscvae.training.pitch import detune_cents
from oscvae.units import note_to_hz

RATE = 48000


def pluck(freq_hz: float, begin: int = 5000, size: int = 60000, noise: float = 0.0) -> np.ndarray:
    """Two decaying partials that begin at a sample, after some noise."""
    time_s = np.arange(size - begin) / RATE
    tone = sum(np.cos(2.0 * np.pi * h * freq_hz * time_s) / h for h in (1, 2)) * np.exp(-4.0 * time_s)
    take = noise * np.random.default_rng(1).standard_normal(size)
    take[begin:] += tone
    return take.astype(np.float32)


def test_the_onset_is_found_a_millisecond_before_the_rise() -> None:
    assert find_onset(pluck(200.0), RATE) == 5000 - 48
    assert find_onset(pluck(200.0, noise=0.01), RATE) == 5000 - 48
    with pytest.raises(DataError, match="silent"):
        find_onset(np.zeros(100, np.float32), RATE)


def test_an_aligned_note_is_silent_before_its_onset_and_whole_after() -> None:
    take = pluck(200.0, noise=0.01)
    sound = align(take, 1536, 30000, RATE)
    assert sound.shape == (30000,)
    assert not sound[:1536].any()
    np.testing.assert_array_equal(sound[1536 + 48 :], take[5000 : 5000 + 30000 - 1536 - 48])
    short = align(take[:8000], 1536, 30000, RATE)
    assert not short[1536 + 3048 :].any()


@pytest.mark.parametrize("error_cents", [-35.0, -3.0, 0.0, 20.0])
def test_tuning_removes_the_error_it_measures(error_cents: float) -> None:
    freq_hz = note_to_hz(50.0)
    take = pluck(freq_hz * 2.0 ** (error_cents / 1200.0))
    assert detune_cents(take[5000:], RATE, freq_hz) == pytest.approx(error_cents, abs=0.5)
    tuned = tune(take, 50, RATE)
    assert detune_cents(tuned[find_onset(tuned, RATE) + 48 :], RATE, freq_hz) == pytest.approx(0.0, abs=0.5)


@needs_fluidsynth
def test_a_small_data_set_is_what_its_recipe_says_and_repeats() -> None:
    recipe = Recipe(frames=20, note_min=60, note_max=66, programs=(24, 107), velocities=(60, 110), hold_out=3)
    steps: list[None] = []
    notes = make_dataset(recipe, progress=lambda: steps.append(None))
    assert len(steps) == 4
    assert notes.x.shape == (28, 256, 20)
    assert notes.x.dtype == np.float32
    assert notes.x.min() == -1.0
    np.testing.assert_allclose(notes.x.max(axis=(1, 2)), 1.0, atol=1e-5)
    assert notes.level.min() > 0.0
    assert notes.label(0) == "nylon guitar 60"
    for program in (24, 107):
        held = {velocity: set(notes.note[notes.held_out & (notes.program == program) & (notes.velocity == velocity)])
                for velocity in (60, 110)}  # fmt: skip
        assert held[60] == held[110], "a note is held out at all its velocities"
        assert 2 <= len(held[60]) <= 3
    loudest = notes.x.max(axis=2).argmax(axis=1)
    axis = recipe.axis()
    partial = axis.centre[loudest] * RATE / 2048 / np.array([note_to_hz(float(note)) for note in notes.note])
    assert np.all(np.abs(partial - partial.round()) < 0.1), "the loudest band is a partial of the note"
    np.testing.assert_array_equal(make_dataset(recipe).x, notes.x)
