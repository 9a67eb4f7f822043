"""How far samples of N(m, v) are from N(0, 1), by divergences and discrepancies, and how hard each pulls.

Samples stand for the codes of an encoder: n points of N(m, v) against n points of the prior. The kernels are those of
training (`fit.regularisers`), and one more that an earlier version of the source used. What an endless sample would
give is known in closed form, or by quadrature.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from oscvae.arrays import Float64s
from oscvae.training.fit.regularisers import default_width, discrepancy, divergence, imq, rbf
from oscvae.training.studies.setting import Setting

MEANS = (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)
WIDTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_STEP = 1.0 / 512.0  # of the grid on which differences are counted: off by a millionth of a kernel's peak
NOISE = 2.0  # standard errors above which a gradient is told from nothing

Kernel = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Kind:
    """A kernel of squared distances, and its name."""

    name: str
    kernel: Kernel

    def of(self, square: Float64s) -> Float64s:
        """The kernel at these squared distances, as numpy has them."""
        return np.asarray(self.kernel(torch.from_numpy(square)).numpy())


@dataclass(frozen=True)
class Grid:
    """What is computed: `means` x `variances`, in `seeds` samples of each size."""

    means: tuple[float, ...]
    variances: Float64s
    sizes: tuple[int, ...]
    seeds: int

    @classmethod
    def of(cls, small: bool) -> Grid:
        """The published grid, or a small one."""
        if small:
            return cls(MEANS, np.linspace(0.1, 15.0, 12), (100, 400), 3)
        return cls(MEANS, np.linspace(0.1, 15.0, 100), (500, 4000), 10)


def kinds() -> tuple[Kind, ...]:
    """The two kernels of training at their default width for one dimension, and the C / (C + d^2) of the source's
    notebooks, with its C of two variances."""
    gauss, inverse = default_width("mmd-rbf", 1), default_width("mmd-imq", 1)
    return (
        Kind("MMD, RBF", lambda square: rbf(square, gauss)),
        Kind("MMD, IMQ", lambda square: imq(square, inverse)),
        Kind("MMD, C / (C + d^2)", lambda square: 2.0 / (2.0 + square)),
    )


def kullback_leibler(mean: float, variance: float | Float64s) -> Any:
    """KL(N(mean, variance) || N(0, 1)), nats: what training uses, and what equation 7 of the source computes."""
    return 0.5 * (mean**2 + variance - 1.0 - np.log(variance))


def other_way_round(mean: float, variance: float | Float64s) -> Any:
    """KL(N(0, 1) || N(mean, variance)), nats: what equation 6 of the source names."""
    return 0.5 * (np.log(variance) + (1.0 + mean**2) / variance - 1.0)


def expected(kind: Kind, mean: float, variance: float) -> float:
    """The squared discrepancy of N(mean, variance) from N(0, 1) in an endless sample, by quadrature."""
    return (
        _mean_kernel(kind, 0.0, 2.0 * variance)
        + _mean_kernel(kind, 0.0, 2.0)
        - 2.0 * _mean_kernel(kind, mean, 1.0 + variance)
    )


def _mean_kernel(kind: Kind, mean: float, variance: float) -> float:
    """Of k(d^2) with d ~ N(mean, variance), by the trapezoidal rule, which is exact enough for what is smooth."""
    x = np.linspace(-9.0, 9.0, 4001)
    weights = np.exp(-0.5 * x**2)
    return float(kind.of((mean + math.sqrt(variance) * x) ** 2) @ weights / weights.sum())


def differences(x: Float64s, y: Float64s) -> tuple[Float64s, Float64s]:
    """(values, how many pairs) of x_i - y_j over all pairs of two samples, on a fine grid.

    Each point is shared between its two neighbours on the grid, and the counts are correlated by FFT: what would be
    16 million kernels for 4,000 points is a sum over some thousands, for any kernel and any shift of a sample.
    """
    low = math.floor(min(x.min(), y.min()) / _STEP)
    size = math.ceil(max(x.max(), y.max()) / _STEP) - low + 2
    n_fft = 1 << (2 * size - 1).bit_length()
    counted = np.fft.irfft(
        np.fft.rfft(_counts(x, low, size), n_fft) * np.fft.rfft(_counts(y, low, size), n_fft).conj(), n_fft
    )
    shifts = np.arange(-size + 1, size)
    return shifts * _STEP, counted[shifts]


def _counts(x: Float64s, low: int, size: int) -> Float64s:
    place = x / _STEP - low
    below = np.floor(place).astype(np.int64)
    share = place - below
    counts = np.bincount(below, 1.0 - share, size) + np.bincount(below + 1, share, size)
    return counts.astype(np.float64)


@dataclass(frozen=True)
class Curves:
    """One kernel's estimates from samples of one size, [seeds, means, variances]."""

    biased: Float64s
    unbiased: Float64s


def estimate(grid: Grid, n: int, setting: Setting) -> dict[str, Curves]:
    """By kernel, the squared discrepancy of every cell of the grid, both ways, from `grid.seeds` samples of n points.

    The points of all cells are one sample, moved and stretched: z = m + sqrt(v) e.
    """
    shape = grid.seeds, len(grid.means), len(grid.variances)
    curves = {kind.name: Curves(np.zeros(shape), np.zeros(shape)) for kind in kinds()}
    samples = [draw(setting.seed, seed, n) for seed in range(grid.seeds)]
    priors = [differences(prior, prior) for _, prior in samples]
    rounds = [(seed, column) for seed in range(grid.seeds) for column in range(len(grid.variances))]
    for seed, column in setting.track(rounds, f"discrepancies, n = {n}"):
        sample, prior = samples[seed]
        spread = sample * math.sqrt(grid.variances[column])
        within, across = differences(spread, spread), differences(spread, prior)
        for kind in kinds():
            itself = float(kind.of(np.zeros(1))[0])
            same = _sum(kind, *within) + _sum(kind, *priors[seed])
            for row, mean in enumerate(grid.means):
                other = 2.0 * _sum(kind, across[0] + mean, across[1]) / n**2
                found = curves[kind.name]
                found.biased[seed, row, column] = same / n**2 - other
                found.unbiased[seed, row, column] = (same - 2 * n * itself) / (n * (n - 1)) - other
    return curves


def draw(seed: int, number: int, n: int) -> tuple[Float64s, Float64s]:
    """Points of N(0, 1), twice: for the codes, and for the prior."""
    rng = np.random.default_rng((seed, number))
    return rng.standard_normal(n), rng.standard_normal(n)


def _sum(kind: Kind, difference: Float64s, count: Float64s) -> float:
    return float(kind.of(difference**2) @ count)


@dataclass(frozen=True)
class Pull:
    """The gradient of one measure by the mean of the codes at v = 1, over the means: what moves them home."""

    name: str
    gradient: Float64s
    """Mean over seeds."""
    error: Float64s
    """Standard deviation over seeds: what one batch may be off by."""

    def reaches(self, means: Float64s) -> float:
        """The largest mean up to which the gradient stands out of its own noise."""
        clear = np.abs(self.gradient) > NOISE * self.error
        blind = np.flatnonzero(~clear & (means > 0.0))
        return float(means[blind[0] - 1]) if blind.size else float(means[-1])


def pulls(means: Float64s, n: int, seeds: int, setting: Setting) -> list[Pull]:
    """Of training's own functions by autograd, on n points."""
    measures: list[tuple[str, Callable[[Tensor, Tensor], Tensor]]] = [
        ("Kullback-Leibler", lambda z, prior: _of_sample(z)),
        *((f"RBF, width {width:g}", _by("mmd-rbf", width)) for width in WIDTHS),
        ("RBF, widths 1 to 16 summed", _summed),
        ("IMQ, width 1.41", _by("mmd-imq", default_width("mmd-imq", 1))),
    ]
    found = []
    for name, measure in setting.track(measures, f"gradients, n = {n}"):
        values = np.zeros((seeds, means.size))
        for seed in range(seeds):
            generator = torch.Generator().manual_seed(1000 * setting.seed + 500 + seed)
            sample = torch.randn(n, 1, generator=generator, dtype=torch.float64)
            prior = torch.randn(n, 1, generator=generator, dtype=torch.float64)
            for place, mean in enumerate(means):
                centre = torch.tensor(float(mean), dtype=torch.float64, requires_grad=True)
                measure(sample + centre, prior).backward()
                assert centre.grad is not None
                values[seed, place] = float(centre.grad)
        found.append(Pull(name, values.mean(0), values.std(0, ddof=1)))
    return found


def _of_sample(z: Tensor) -> Tensor:
    """Kullback-Leibler of the normal distribution that fits a sample (N, 1)."""
    return divergence(z.mean(0, keepdim=True), z.var(0, keepdim=True).log()).sum()


def _by(kind: str, width: float) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda z, prior: discrepancy(z, prior, kind, width)


def _summed(z: Tensor, prior: Tensor) -> Tensor:
    parts = [discrepancy(z, prior, "mmd-rbf", width) for width in WIDTHS if width >= 1.0]
    return torch.stack(parts).sum()


def misprint(mean: float, n: int, seed: int) -> tuple[float, float]:
    """(as it is printed, as it should be): the discrepancy of N(mean, 1) from N(-mean, 1) with an RBF kernel of
    |x^2 + y^2|, which sees no sign, and of |x - y|^2."""
    generator = torch.Generator().manual_seed(seed)
    x, y = (torch.randn(2, n, generator=generator, dtype=torch.float64) + torch.tensor([[mean], [-mean]])).unbind()

    def of(square: Callable[[Tensor, Tensor], Tensor]) -> float:
        def mean_of(a: Tensor, b: Tensor) -> Tensor:
            return rbf(square(a[:, None], b[None]), 1.0).mean()

        return float(mean_of(x, x) + mean_of(y, y) - 2.0 * mean_of(x, y))

    return of(lambda a, b: (a**2 + b**2).abs()), of(lambda a, b: (a - b) ** 2)


def times_ms(n: int, rounds: int = 15) -> dict[str, float]:
    """Median time of one evaluation with its gradient, on this machine, ms."""
    prior, sample = torch.randn(n, 1), torch.randn(n, 1, requires_grad=True)
    found = {}
    measures: dict[str, Callable[[], Tensor]] = {
        "Kullback-Leibler": lambda: _of_sample(sample),
        "MMD, RBF": lambda: discrepancy(sample, prior, "mmd-rbf", 1.0),
        "MMD, IMQ": lambda: discrepancy(sample, prior, "mmd-imq", default_width("mmd-imq", 1)),
    }
    for name, measure in measures.items():
        taken = []
        for _ in range(rounds + 2):
            began_s = time.perf_counter()
            measure().backward()
            taken.append(1000.0 * (time.perf_counter() - began_s))
        found[name] = statistics.median(taken[2:])
    return found


def falls(curve: Float64s) -> bool:
    """Whether a curve falls over its whole length."""
    return bool(np.all(np.diff(curve) < 0.0))
