"""Places for effects: scaling finds again what was on a plane."""

from __future__ import annotations

import numpy as np

from oscvae.training.effects.places import distances, scaled


def test_scaling_finds_a_plane_again() -> None:
    points = np.random.default_rng(1).normal(size=(20, 2))
    wanted = np.linalg.norm(points[:, None] - points[None], axis=2)
    places = scaled(wanted, 2)
    found = np.linalg.norm(places[:, None] - places[None], axis=2)
    ratio = found[wanted > 0.0] / wanted[wanted > 0.0]
    np.testing.assert_allclose(ratio, ratio.mean(), rtol=1e-3)
    np.testing.assert_allclose(places.mean(axis=0), 0.0, atol=1e-9)
    assert places.std() == np.float64(1.0) or abs(places.std() - 1.0) < 1e-9


def test_distances_are_root_mean_squares() -> None:
    x = np.zeros((3, 2, 8))
    x[:, 1] = 2.0
    np.testing.assert_allclose(distances(x), [[0.0, 2.0], [2.0, 0.0]])
