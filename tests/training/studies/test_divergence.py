"""The study of divergences: its estimates against closed forms and training's own functions, its page from outside."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from oscvae.training.fit.regularisers import default_width, discrepancy
from oscvae.training.studies import measures
from oscvae.training.studies.setting import Setting

RBF, IMQ, _ = measures.kinds()


def closed_form(mean: float, variance: float, width: float = 1.0) -> float:
    """The squared discrepancy of N(mean, variance) from N(0, 1) with a Gaussian kernel: integrals of Gaussians."""

    def of(m: float, v: float) -> float:
        return width / math.sqrt(width**2 + v) * math.exp(-(m**2) / (2.0 * (width**2 + v)))

    return of(0.0, 2.0 * variance) + of(0.0, 2.0) - 2.0 * of(mean, 1.0 + variance)


@pytest.mark.parametrize("mean", [0.0, 2.0, 10.0])
@pytest.mark.parametrize("variance", [0.1, 1.0, 15.0])
def test_an_endless_sample_is_what_the_integrals_say(mean: float, variance: float) -> None:
    assert measures.expected(RBF, mean, variance) == pytest.approx(closed_form(mean, variance), abs=1e-9)


def test_kullback_leibler_is_zero_at_the_prior_and_has_two_directions() -> None:
    assert measures.kullback_leibler(0.0, 1.0) == measures.other_way_round(0.0, 1.0) == 0.0
    rng = np.random.default_rng(1)
    x = 2.0 + 2.0 * rng.standard_normal(400_000)  # N(2, 4): the mean of log p - log q over it
    ratio = -0.5 * math.log(4.0) - (x - 2.0) ** 2 / 8.0 + x**2 / 2.0
    assert measures.kullback_leibler(2.0, 4.0) == pytest.approx(ratio.mean(), abs=0.02)
    y = rng.standard_normal(400_000)
    ratio = -(y**2) / 2.0 + 0.5 * math.log(4.0) + (y - 2.0) ** 2 / 8.0
    assert measures.other_way_round(2.0, 4.0) == pytest.approx(ratio.mean(), abs=0.02)


@pytest.mark.parametrize("kind", ["mmd-rbf", "mmd-imq"])
def test_an_estimate_is_that_of_training(kind: str) -> None:
    """Neither the shared sample nor the grid of differences changes anything."""
    grid = measures.Grid((0.0, 3.0), np.array([0.5, 4.0]), (90,), 2)
    found = measures.estimate(grid, 90, Setting(Path()))[RBF.name if kind == "mmd-rbf" else IMQ.name]
    for seed in range(2):
        sample, prior = (torch.from_numpy(points)[:, None] for points in measures.draw(1, seed, 90))
        for row, mean in enumerate(grid.means):
            for column, variance in enumerate(grid.variances):
                z = mean + math.sqrt(variance) * sample
                expected = float(discrepancy(z, prior, kind, default_width(kind, 1)))
                assert found.unbiased[seed, row, column] == pytest.approx(expected, abs=2e-6)
                assert found.biased[seed, row, column] > found.unbiased[seed, row, column]


def test_the_gradient_is_that_of_the_closed_form_and_vanishes_far_away() -> None:
    means = np.array([0.0, 2.0, 4.0, 10.0])
    found = {pull.name: pull for pull in measures.pulls(means, 300, 6, Setting(Path()))}
    gauss = found["RBF, width 1"]
    exact = 2.0 / math.sqrt(3.0) * means / 3.0 * np.exp(-(means**2) / 6.0)
    assert np.all(np.abs(gauss.gradient - exact) <= 3.0 * gauss.error / math.sqrt(6) + 1e-6)
    assert gauss.reaches(means) == 4.0
    assert found["IMQ, width 1.41"].reaches(means) == found["Kullback-Leibler"].reaches(means) == 10.0


def test_the_printed_kernel_sees_no_sign() -> None:
    printed, meant = measures.misprint(2.0, 1000, 1)
    assert abs(printed) < 0.01 and meant > 0.8


def cli(*args: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "200"}
    command = [sys.executable, "-m", "oscvae", "study", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_its_page_holds_pictures_figures_and_claims(tmp_path: Path) -> None:
    done = cli("divergence", "--small", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert page.count("data:image/png") == 2 and "does not hold" in page and "cannot be told from this" in page
    figures = json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8"))
    assert figures["small"] and figures["seed"] == 1 and figures["study"] == "divergence"
    at_prior = figures["bias"]["MMD, RBF, n = 400"]
    assert at_prior["biased"][0] > at_prior["truth"]
    lowest, falls_rbf = figures["claims"][0], figures["claims"][2]
    assert lowest["holds"] and not falls_rbf["holds"] and "at m = 2 down to" in falls_rbf["found"]
    assert (tmp_path / "out" / "pictures" / "curves.png").stat().st_size > 10_000


def test_what_cannot_be_run_is_one_line(tmp_path: Path) -> None:
    for args, said in (
        (("digit",), "there is no study 'digit': there are divergence"),
        (("divergence", "--data", str(tmp_path / "none")), "is no folder"),
        (("divergence", "--out", "/proc/none"), "cannot be made"),
    ):
        done = cli(*args)
        assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert "which study?" in cli().stderr
    listed = cli("--list")
    assert listed.returncode == 0 and "divergence" in listed.stdout and "IRCAM" in listed.stdout
