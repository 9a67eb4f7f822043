"""Divergences, kernels and discrepancies against a direct computation; what counts as a collapse."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from oscvae.training.config import RegulariserConfig
from oscvae.training.fit.regularisers import (
    activity,
    default_width,
    discrepancy,
    divergence,
    imq,
    penalty,
    rbf,
    squared_distances,
)


def codes(count: int = 12, latent: int = 3, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    return (scale * np.random.default_rng(seed).standard_normal((count, latent))).astype(np.float32)


def test_the_divergence_is_the_integral_it_stands_for() -> None:
    """KL(q || p) by quadrature over a fine grid."""
    mean, log_variance = 0.7, math.log(0.3)
    z = np.linspace(-12.0, 12.0, 200_001)
    log_q = -0.5 * (np.log(2.0 * np.pi) + log_variance + (z - mean) ** 2 / np.exp(log_variance))
    log_p = -0.5 * (np.log(2.0 * np.pi) + z**2)
    wanted = np.trapezoid(np.exp(log_q) * (log_q - log_p), z)
    got = divergence(torch.tensor([[mean]]), torch.tensor([[log_variance]]))
    assert float(got) == pytest.approx(wanted, rel=1e-5)


def test_the_divergence_is_per_dimension_and_mean_over_notes() -> None:
    mean, log_variance = codes(seed=1), codes(seed=2)
    wanted = np.mean(0.5 * (mean**2 + np.exp(log_variance) - 1.0 - log_variance), axis=0)
    got = divergence(torch.from_numpy(mean), torch.from_numpy(log_variance))
    np.testing.assert_allclose(got.numpy(), wanted, rtol=1e-5)


def kernel(kind: str, x: np.ndarray, y: np.ndarray, width: float) -> float:
    square = float(np.sum((x - y) ** 2))
    return math.exp(-square / (2.0 * width**2)) if kind == "mmd-rbf" else 1.0 / math.sqrt(square + width**2)


@pytest.mark.parametrize("kind", ["mmd-rbf", "mmd-imq"])
@pytest.mark.parametrize("width", [0.5, 2.0])
def test_the_discrepancy_is_the_double_sum_it_stands_for(kind: str, width: float) -> None:
    z, prior = codes(7, seed=3), codes(9, seed=4)
    same = [kernel(kind, z[i], z[j], width) for i in range(7) for j in range(7) if i != j]
    points = [kernel(kind, prior[i], prior[j], width) for i in range(9) for j in range(9) if i != j]
    cross = [kernel(kind, x, y, width) for x in z for y in prior]
    wanted = np.mean(same) + np.mean(points) - 2.0 * np.mean(cross)
    got = discrepancy(torch.from_numpy(z), torch.from_numpy(prior), kind, width)
    assert float(got) == pytest.approx(wanted, abs=2e-6)


def test_kernels_are_functions_of_the_distance() -> None:
    """The print has |x^2 + y^2|: moving both points must change nothing."""
    x, y = torch.from_numpy(codes(5, seed=5)), torch.from_numpy(codes(5, seed=6))
    for function in (rbf, imq):
        moved = function(squared_distances(x + 10.0, y + 10.0), 1.0)
        torch.testing.assert_close(moved, function(squared_distances(x, y), 1.0), rtol=1e-4, atol=1e-5)
        assert float(function(torch.zeros(()), 1.0)) == 1.0


@pytest.mark.parametrize("kind", ["mmd-rbf", "mmd-imq"])
def test_the_discrepancy_vanishes_at_the_prior_and_grows_away_from_it(kind: str) -> None:
    width = default_width(kind, 3)
    prior = torch.from_numpy(codes(2000, seed=7))
    found = [
        float(discrepancy(torch.from_numpy(codes(2000, seed=8)) + shift, prior, kind, width))
        for shift in (0.0, 0.5, 2.0)
    ]
    assert abs(found[0]) < 2e-3
    assert 3e-3 < found[1] < found[2]


def test_the_penalty_is_what_the_configuration_asks() -> None:
    mean, log_variance, prior = (torch.from_numpy(codes(seed=seed)) for seed in (1, 2, 3))
    z = mean + 0.1
    ask = lambda **keys: float(penalty(RegulariserConfig(**keys), mean, log_variance, z, prior))  # noqa: E731
    assert ask(kind="none") == 0.0
    assert ask(kind="kl") == pytest.approx(float(divergence(mean, log_variance).sum()))
    plain = float(discrepancy(z, prior, "mmd-imq", default_width("mmd-imq", 3)))
    assert ask(kind="mmd-imq") == pytest.approx(plain, abs=1e-6)
    free = float(divergence(torch.zeros_like(mean), log_variance).sum())
    assert ask(kind="mmd-imq", variance=0.5) == pytest.approx(plain + 0.5 * free, rel=1e-5)


def test_a_collapsed_dimension_is_found_and_named() -> None:
    mean = torch.from_numpy(codes(400, 4))
    log_variance = torch.full_like(mean, -3.0)
    assert activity(mean, log_variance, 0.01).complaint() is None
    mean[:, 1], log_variance[:, 1] = 0.01 * mean[:, 1], 0.0
    found = activity(mean, log_variance, 0.01)
    assert found.active == (True, False, True, True)
    assert found.nats[1] < 0.01 < found.nats[0]
    complaint = found.complaint()
    assert complaint is not None
    assert "3 of 4 latent dimensions are active, dimension 2 says nothing" in complaint
    assert activity(mean, None, 0.01).nats == ()
    assert activity(1e-3 * mean, None, 0.01, relative=True).active == (True, False, True, True)
