"""Weights and rates over the steps."""

from __future__ import annotations

import math

import pytest

from oscvae.training.config import OptimiserConfig, RegulariserConfig
from oscvae.training.fit.schedules import rate_factor, weight_factor


def test_a_constant_weight_is_constant() -> None:
    assert {weight_factor(RegulariserConfig(), step, 100) for step in range(100)} == {1.0}


def test_a_linear_warm_up_rises_once() -> None:
    config = RegulariserConfig(schedule="linear", warm_up_steps=40)
    assert [weight_factor(config, step, 100) for step in (0, 10, 40, 99)] == [0.0, 0.25, 1.0, 1.0]
    assert weight_factor(RegulariserConfig(schedule="linear"), 0, 100) == 1.0


def test_cyclical_annealing_is_fu_et_als() -> None:
    """Their equation: tau = mod(t, ceil(T / M)) / (T / M); beta = f(tau) up to R, then 1; f linear from 0."""
    steps, cycles, ramp = 1000, 4, 0.5
    config = RegulariserConfig(schedule="cyclical", cycles=cycles, ramp=ramp)
    for step in range(steps):
        tau = (step % math.ceil(steps / cycles)) / (steps / cycles)
        wanted = tau / ramp if tau <= ramp else 1.0
        assert weight_factor(config, step, steps) == pytest.approx(wanted)


def test_a_cosine_comes_after_a_warm_up_and_ends_at_nothing() -> None:
    config = OptimiserConfig(schedule="cosine", warm_up_steps=10)
    assert [rate_factor(config, step, 110, 5.0) for step in (0, 9, 10)] == [0.1, 1.0, 1.0]
    assert rate_factor(config, 60, 110, 5.0) == pytest.approx(0.5)
    assert rate_factor(config, 110, 110, 5.0) == pytest.approx(0.0)


def test_the_published_rate_is_halved_every_so_many_epochs() -> None:
    config = OptimiserConfig(schedule="halved", halve_every_epochs=100, warm_up_steps=0)
    steps_per_epoch = 62.5
    for epoch, wanted in ((0, 1.0), (99.9, 1.0), (100.1, 0.5), (250, 0.25), (499, 0.0625)):
        assert rate_factor(config, round(epoch * steps_per_epoch), 31_250, steps_per_epoch) == wanted
    assert rate_factor(OptimiserConfig(schedule="constant", warm_up_steps=0), 10**6, 10, 1.0) == 1.0
