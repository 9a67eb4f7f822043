"""A clear pitch at points that no recording has: what lacks one owes, what has one does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from oscvae.errors import ConfigError
from oscvae.model.torchscript import one_hots
from oscvae.training.config import AdditiveDecoder as DecoderConfig
from oscvae.training.fit.clarity import around, between, unclear
from oscvae.training.model.additive import AdditiveDecoder
from training.tiny import ANALYSIS, tiny_config

PARTIALS = 16
LOUD, FAINT = 0.6, -1.2


def decoder_of(loud: list[int], noise: float = FAINT) -> AdditiveDecoder:
    """One whose partials of these numbers are loud whatever z is, and the others 72 dB below."""
    torch.manual_seed(1)
    config = DecoderConfig(knots=6, dense_knots=2, width=8, codes=4, channels=8, partials=PARTIALS, clear_partials=2)
    decoder = AdditiveDecoder(config, 2, ANALYSIS)
    with torch.no_grad():
        for layer in (decoder.static, decoder.to_amplitudes):
            layer.weight.zero_()
        decoder.static.bias[:PARTIALS] = FAINT
        decoder.static.bias[[number - 1 for number in loud]] = LOUD
        decoder.static.bias[PARTIALS:] = noise
    return decoder


def owed(decoder: AdditiveDecoder, note: int = 57) -> float:
    notes = one_hots([note] * 3, ANALYSIS.first_octave)
    return float(unclear(decoder, torch.zeros(3, 2), *notes).detach())


def test_a_note_of_many_partials_owes_nothing() -> None:
    assert owed(decoder_of([1, 2, 3, 4, 5, 6])) == 0.0
    assert owed(decoder_of([1])) == 0.0, "nor does a sine"
    assert owed(decoder_of([2, 3, 4, 5])) == 0.0, "nor one whose fundamental is missing"


@pytest.mark.parametrize("loud", [[2, 4, 6], [3, 6, 9], [5], [13, 14, 15, 16]])
def test_partials_that_sound_as_another_note_owe(loud: list[int]) -> None:
    assert owed(decoder_of(loud)) > 0.1


def test_a_note_that_noise_hides_owes_the_more_the_louder_it_is() -> None:
    every = list(range(1, 7))
    quiet, loud, louder = (owed(decoder_of(every, noise)) for noise in (-0.3, 0.5, 0.8))
    assert quiet == 0.0 < loud < louder


def test_what_is_owed_can_be_paid() -> None:
    decoder = decoder_of([4, 8], 0.4)
    for layer in (decoder.static, decoder.to_amplitudes):
        torch.nn.init.normal_(layer.weight, std=0.05)
    notes = one_hots([57, 60, 64], ANALYSIS.first_octave)
    optimiser = torch.optim.Adam(decoder.parameters(), 0.05)
    first = last = float(unclear(decoder, torch.randn(3, 2), *notes).detach())
    for _ in range(60):
        lack = unclear(decoder, torch.randn(3, 2), *notes)
        optimiser.zero_grad()
        lack.backward()
        optimiser.step()
        last = float(lack.detach())
    assert last < 0.02 * first


def test_points_lie_around_the_codes_and_at_the_ends_of_their_range() -> None:
    mean = torch.randn(4000, 3) * torch.tensor([1.0, 2.0, 3.0]) + torch.tensor([0.0, 5.0, 0.0])
    points = around(mean, torch.Generator().manual_seed(1))
    assert points.shape == (2000, 3)
    low, high = points.min(0).values, points.max(0).values
    torch.testing.assert_close(high - low, 4.4 * mean.std(0), rtol=1e-4, atol=1e-4)
    assert float(((points == low) | (points == high)).float().mean()) == pytest.approx(2 / 3, abs=0.03)
    assert torch.equal(points, around(mean, torch.Generator().manual_seed(1)))
    assert not torch.equal(points, around(mean, torch.Generator().manual_seed(2)))


def test_points_between_places_leave_their_hull_nowhere() -> None:
    places = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    points = between(places, 3000, torch.Generator().manual_seed(1)).numpy()
    assert points.min() >= 0.0 and points.sum(1).max() <= 1.0 + 1e-6
    at_one = np.linalg.norm(points[:, None] - places.numpy(), axis=2).min(1) < 1e-6
    assert 0.6 < at_one.mean() < 0.85  # two thirds, and who is drawn twice


def test_pitch_is_asked_of_decoders_that_have_partials(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"loss\.pitch is asked of partials"):
        tiny_config(tmp_path, "loss.pitch=1", "decoder.partials=0")
    assert tiny_config(tmp_path, "loss.pitch=1").loss.pitch == 1.0
