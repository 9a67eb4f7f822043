"""Losses against a direct computation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from oscvae.training.config import LossConfig
from oscvae.training.evaluate.metrics import distance
from oscvae.training.fit.learner import Learner
from oscvae.training.fit.losses import (
    log_spectral_distance,
    peak_convergence,
    reconstruction,
    spectral_convergence,
)
from oscvae.training.fit.targets import Target
from training.tiny import make_notes, tiny_config

CERTAIN = torch.zeros(2, 0, 1)


def notes(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (2, 6, 5)).astype(np.float32)


def test_spectral_convergence_is_what_it_says() -> None:
    target = torch.tensor([[[1.0, 0.0]], [[1.0, -1.0]]])
    got = torch.tensor([[[1.0, 0.0]], [[0.0, -1.0]]])
    torch.testing.assert_close(
        spectral_convergence(got, Target.of(target, 4.0)), torch.tensor([0.0, 0.99]), atol=1e-4, rtol=0
    )


def test_the_measures_are_those_of_the_evaluation() -> None:
    x, target = notes(1), notes(2)
    wanted = distance(x, target, -80.0, 0.0)
    got = torch.from_numpy(x), Target.of(torch.from_numpy(target), 4.0)
    assert float(log_spectral_distance(*got, 80.0).mean()) == pytest.approx(wanted.lsd_db, rel=1e-4)
    assert float(20.0 * torch.log10(spectral_convergence(*got)).mean()) == pytest.approx(wanted.sc_db, rel=1e-4)


def test_the_loss_is_squared_error_and_convergence() -> None:
    x, target = notes(1), notes(2)
    linear = [10.0 ** (2.0 * (one - 1.0)) for one in (x, target)]
    convergence = np.linalg.norm(linear[0] - linear[1], axis=(1, 2)) / np.linalg.norm(linear[1], axis=(1, 2))
    wanted = 0.7 * np.mean((x - target) ** 2) + 0.05 * convergence.mean()
    config = LossConfig(square=0.7, convergence=0.05)
    got = reconstruction(torch.from_numpy(x), CERTAIN, Target.of(torch.from_numpy(target), 4.0), config, 4.0)
    assert float(got) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("shape", [(2, 6, 1), (2, 6, 5)])
def test_a_stochastic_decoder_is_judged_by_its_likelihood(shape: tuple[int, ...]) -> None:
    x, target = notes(1), notes(2)
    log_variance = np.random.default_rng(3).uniform(-3.0, 0.0, shape).astype(np.float32)
    log_density = -0.5 * (np.log(2.0 * np.pi) + log_variance + (x - target) ** 2 / np.exp(log_variance))
    wanted = -np.mean(log_density) - 0.5 * np.log(2.0 * np.pi)
    config = LossConfig(convergence=0.0)
    parts = (torch.from_numpy(part) for part in (x, log_variance))
    wanted_by = Target.of(torch.from_numpy(target), 4.0)
    assert float(reconstruction(*parts, wanted_by, config, 4.0)) == pytest.approx(wanted, rel=1e-5)


def test_nothing_is_owed_below_the_floor() -> None:
    target = Target.of(torch.full((1, 8, 5), -1.0), 4.0)
    assert float(reconstruction(torch.full((1, 8, 5), -2.0), CERTAIN, target, LossConfig(), 4.0)) == 0.0
    assert float(reconstruction(torch.full((1, 8, 5), -0.5), CERTAIN, target, LossConfig(), 4.0)) > 0.2


def test_a_sound_that_is_wanted_pulls_up_what_lies_below_the_floor() -> None:
    x = torch.full((1, 8, 5), -2.0, requires_grad=True)
    target = torch.full((1, 8, 5), -1.0)
    target[:, :4] = 0.5
    reconstruction(x, CERTAIN, Target.of(target, 4.0), LossConfig(), 4.0).backward()
    assert (x.grad[:, :4] < 0.0).all(), "descent raises it"
    assert not x.grad[:, 4:].any()


def test_what_a_frame_can_peak_at_is_the_sum_of_its_bins() -> None:
    x, target, width = notes(1), notes(2), np.array([1.0, 1.0, 1.0, 2.0, 4.0, 8.0], np.float32)
    sums = [np.einsum("nbk,b->nk", 10.0 ** (2.0 * (one - 1.0)), width) for one in (x, target)]
    wanted = np.linalg.norm(sums[0] - sums[1], axis=1) / np.linalg.norm(sums[1], axis=1)
    parts = torch.from_numpy(x), Target.of(torch.from_numpy(target), 4.0)
    got = peak_convergence(*parts, 4.0, torch.from_numpy(width))
    np.testing.assert_allclose(got, wanted, rtol=1e-5)
    config = LossConfig(square=0.0, convergence=0.0, peak=0.3)
    loss = reconstruction(parts[0], CERTAIN, parts[1], config, 4.0, torch.from_numpy(width))
    assert float(loss) == pytest.approx(0.3 * wanted.mean(), rel=1e-5)


def test_a_smoother_spectrum_of_the_same_power_can_peak_higher() -> None:
    line = torch.full((1, 64, 3), -1.0)
    line[:, 10] = 1.0
    smooth = torch.full((1, 64, 3), 1.0 - np.log10(64.0) / 4.0)
    assert float(peak_convergence(smooth, Target.of(line, 4.0))) == pytest.approx(7.0, rel=0.01)


def test_the_weight_of_peaks_grows_evenly_over_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = Learner(tiny_config(tmp_path, "loss.peak=0.4", "fit.steps=20"), make_notes())
    grown = []
    for step in (0, 5, 20, 21):
        monkeypatch.setattr(Learner, "global_step", step)
        grown.append(learner.grown_loss().peak)
    assert grown == pytest.approx([0.0, 0.1, 0.4, 0.4])
    assert learner.config.loss.peak == 0.4
