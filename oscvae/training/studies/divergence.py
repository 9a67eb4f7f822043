"""How far from N(0, 1) do divergences say that N(m, v) is, and which of them still pulls from afar?

Samples stand for the codes of an encoder: n points of N(m, v) against n points of the prior, m 0 to 10, v 0.1 to 15.
The kernels are those of training (`fit.regularisers`), and one more that an earlier version of the source used. What an
endless sample would give is known in closed form, or by quadrature, and stands beside every estimate.
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
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from torch import Tensor

from oscvae.arrays import Float64s
from oscvae.training.evaluate.drawing import ACCENT, FAINT, STYLE, WARNING, new_figure
from oscvae.training.fit.regularisers import default_width, discrepancy, divergence, imq, rbf
from oscvae.training.studies.outcome import Claim, Outcome
from oscvae.training.studies.setting import Setting

MEANS = (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)
WIDTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_STEP = 1.0 / 512.0  # of the grid on which differences are counted: off by a millionth of a kernel's peak
_NOISE = 2.0  # standard errors above which a gradient is told from nothing
_TOLD = 3  # significant digits of a figure in a table

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
    samples = [_sample(setting.seed, seed, n) for seed in range(grid.seeds)]
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


def _sample(seed: int, number: int, n: int) -> tuple[Float64s, Float64s]:
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
        clear = np.abs(self.gradient) > _NOISE * self.error
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


def run(setting: Setting) -> Outcome:
    """The whole study."""
    torch.set_num_threads(1)  # its sums are too short to be shared
    grid = Grid.of(setting.small)
    outcome = Outcome("Divergences from a normal prior")
    outcome.say(
        "An autoencoder's codes are to lie where the prior N(0, 1) lies. Three measures say how far they are from it. "
        "Here the codes are samples of N(m, v), so that what each of them says can be checked."
    )
    measured = {(name, n): found for n in grid.sizes for name, found in estimate(grid, n, setting).items()}
    truths = {
        kind.name: np.array([[expected(kind, mean, v) for v in grid.variances] for mean in grid.means])
        for kind in kinds()
    }
    _curves(outcome, grid, measured, truths)
    _bias(outcome, grid, measured, truths)
    means = np.array([0.0, 0.5, *np.arange(1.0, 10.5, 2.0 if setting.small else 0.5)])
    n = grid.sizes[0]
    found = pulls(means, n, grid.seeds, setting)
    _gradients(outcome, means, found, n)
    _times(outcome, grid)
    _slips(outcome, setting)
    _claims(outcome, grid, truths, means, found)
    outcome.figures |= {"sizes": list(grid.sizes), "seeds": grid.seeds, "means": list(grid.means)}
    return outcome


def _curves(outcome: Outcome, grid: Grid, measured: dict[tuple[str, int], Curves], truths: dict[str, Float64s]) -> None:
    outcome.section("What they say")
    outcome.say(
        f"Each line is one mean. The band is two standard deviations over {grid.seeds} samples, the unbiased estimate; "
        "dots are what an endless sample gives. Kullback-Leibler is computed of the sample's own mean and variance."
    )
    rows = ("Kullback-Leibler", *truths)
    with rc_context(STYLE):
        figure = new_figure(height_in=2.4 * len(rows))
        axes = figure.subplots(len(rows), len(grid.sizes), sharex=True, sharey="row", squeeze=False)
        for row, name in enumerate(rows):
            for place, n in zip(axes[row], grid.sizes, strict=True):
                for index, mean in enumerate(grid.means):
                    if name == "Kullback-Leibler":
                        truth, seeds = kullback_leibler(mean, grid.variances), _sampled_kl(grid, mean, n)
                    else:
                        truth, seeds = truths[name][index], measured[name, n].unbiased[:, index]
                    _line(place, grid, truth, seeds, mean)
                place.set_title(f"{name}, n = {n}")
            axes[row][0].set_ylabel("nats" if row == 0 else "squared discrepancy")
        for place in axes[-1]:
            place.set_xlabel("variance of the codes")
        axes[0][-1].legend(title="mean", ncols=3, loc="upper right")
    outcome.draw("curves", figure, "divergence from N(0, 1) against the variance, a line for each mean")
    outcome.figures["curves"] = {
        f"{name}, n = {n}": {
            "mean": curve.unbiased.mean(0).round(6).tolist(),
            "sd": curve.unbiased.std(0, ddof=1).round(6).tolist(),
        }
        for (name, n), curve in measured.items()
    }
    outcome.figures["variances"] = grid.variances.round(4).tolist()


def _sampled_kl(grid: Grid, mean: float, n: int) -> Float64s:
    """[seeds, variances] of samples' own means and variances."""
    rng = np.random.default_rng(int(10 * mean) + n)
    drawn = rng.standard_normal((grid.seeds, n))
    deviations = np.sqrt(grid.variances)
    centre, spread = drawn.mean(1)[:, None], drawn.var(1, ddof=1)[:, None]
    of_means = mean + deviations * centre
    variance = grid.variances * spread
    return np.asarray(0.5 * (of_means**2 + variance - 1.0 - np.log(variance)))


def _line(place: Axes, grid: Grid, truth: Float64s, seeds: Float64s, mean: float) -> None:
    colour = colormaps["viridis"](mean / max(grid.means) * 0.92)
    middle, spread = seeds.mean(0), 2.0 * seeds.std(0, ddof=1)
    place.fill_between(grid.variances, middle - spread, middle + spread, color=colour, alpha=0.25, linewidth=0)
    place.plot(grid.variances, middle, color=colour, linewidth=1.2, label=f"{mean:g}")
    step = max(1, len(grid.variances) // 12)
    place.plot(grid.variances[::step], truth[::step], ".", color=colour, markersize=4)


def _bias(outcome: Outcome, grid: Grid, measured: dict[tuple[str, int], Curves], truths: dict[str, Float64s]) -> None:
    outcome.section("Biased and unbiased")
    outcome.say(
        "The biased estimate compares every point with itself, too: it is above zero where both are the same "
        "distribution, by about the kernel's range over n. The unbiased one is right on average, and often negative. "
        "The difference hardly depends on where the codes lie, so training feels none of it."
    )
    column = int(np.argmin(np.abs(grid.variances - 1.0)))
    rows, kept = [], {}
    for (name, n), curve in measured.items():
        truth = truths[name][0, column]
        biased, unbiased = curve.biased[:, 0, column], curve.unbiased[:, 0, column]
        kept[f"{name}, n = {n}"] = {
            "truth": round(float(truth), 6),
            "biased": [round(float(biased.mean()), 6), round(float(biased.std(ddof=1)), 6)],
            "unbiased": [round(float(unbiased.mean()), 6), round(float(unbiased.std(ddof=1)), 6)],
        }
        rows.append((name, str(n), _told(truth), _with(biased), _with(unbiased)))
    outcome.table(
        ("measure", "n", "endless sample", "biased", "unbiased"),
        rows,
        f"N(0, {grid.variances[column]:.2g}) against N(0, 1): mean and standard deviation over samples",
    )
    outcome.figures["bias"] = kept


def _gradients(outcome: Outcome, means: Float64s, found: list[Pull], n: int) -> None:
    outcome.section("Which still pulls from afar")
    outcome.say(
        f"The gradient by the mean of the codes, at v = 1 and n = {n}. A measure whose gradient is smaller than its "
        "own noise does not know the way home. Kullback-Leibler pulls harder the farther away the codes are; a "
        "Gaussian kernel is blind beyond a few of its widths; the inverse multiquadratic one gets weak, never blind."
    )
    with rc_context(STYLE):
        figure = new_figure(height_in=4.2)
        axes = figure.subplots()
        widths = [pull for pull in found if pull.name.startswith("RBF, width ")]
        for pull in found:
            if pull in widths:
                colour = colormaps["magma"](0.15 + 0.7 * widths.index(pull) / len(widths))
            else:
                colour = {"K": ACCENT, "I": WARNING}.get(pull.name[0], FAINT)
            axes.semilogy(means, np.maximum(np.abs(pull.gradient), 1e-9), color=colour, label=pull.name)
        axes.set(ylim=(1e-6, 20.0), xlabel="mean of the codes", ylabel="size of the gradient")
        axes.legend(ncols=2)
    outcome.draw("gradients", figure, "gradient by the mean of the codes, against the mean")
    told = [float(mean) for mean in (2.0, 6.0, 10.0) if mean in means] or [float(means[-1])]
    places = [int(np.flatnonzero(means == mean)[0]) for mean in told]
    outcome.table(
        ("measure", *(f"gradient at m = {mean:g}" for mean in told), "tells the way up to m ="),
        [
            (
                pull.name,
                *(f"{_told(pull.gradient[at])} ± {_told(pull.error[at])}" for at in places),
                f"{pull.reaches(means):g}",
            )
            for pull in found
        ],
        f"mean and standard deviation over samples; the last column: above {_NOISE:g} standard deviations",
    )
    outcome.figures["gradients"] = {
        pull.name: {
            "gradient": [float(f"{value:.5g}") for value in pull.gradient],
            "sd": [float(f"{value:.3g}") for value in pull.error],
            "reaches": pull.reaches(means),
        }
        for pull in found
    } | {"means": means.tolist()}


def _times(outcome: Outcome, grid: Grid) -> None:
    outcome.section("What they cost")
    table = {n: times_ms(n) for n in grid.sizes}
    names = list(table[grid.sizes[0]])
    outcome.table(
        ("measure", *(f"n = {n}, ms" for n in grid.sizes)),
        [(name, *(_told(table[n][name]) for n in grid.sizes)) for name in names],
        "one value with its gradient, median, on the machine of this run: a discrepancy grows with the square of n",
    )
    outcome.figures["times_ms"] = {str(n): {k: round(v, 4) for k, v in row.items()} for n, row in table.items()}


def _slips(outcome: Outcome, setting: Setting) -> None:
    outcome.section("Two slips of the print")
    n = 300 if setting.small else 2000
    printed, meant = misprint(2.0, n, setting.seed)
    outcome.say(
        "Equation 14 prints both kernels with |x^2 + y^2|. Such a kernel does not know the sign of a code: to it "
        f"N(2, 1) and N(-2, 1) are {_told(printed)} apart ({n} points); the kernel of |x - y|^2 says {_told(meant)}."
    )
    away, other = float(kullback_leibler(2.0, 4.0)), float(other_way_round(2.0, 4.0))
    outcome.say(
        f"Equation 6 names KL(N(0, 1) || N(m, v)); equation 7 computes KL(N(m, v) || N(0, 1)), which is what a "
        f"variational autoencoder needs. They differ: for N(2, 4) {_told(other)} and {_told(away)} nats."
    )
    outcome.figures["slips"] = {
        "printed kernel, N(2, 1) against N(-2, 1)": float(f"{printed:.4g}"),
        "kernel of |x - y|^2": float(f"{meant:.4g}"),
        "KL(N(0, 1) || N(2, 4))": round(other, 4),
        "KL(N(2, 4) || N(0, 1))": round(away, 4),
    }


def _claims(outcome: Outcome, grid: Grid, truths: dict[str, Float64s], means: Float64s, found: list[Pull]) -> None:
    outcome.section("What was published, and what comes out")
    claims = []
    lowest = {name: np.unravel_index(int(np.argmin(truth)), truth.shape) for name, truth in truths.items()}
    exact = np.array([kullback_leibler(mean, grid.variances) for mean in grid.means])
    lowest["Kullback-Leibler"] = np.unravel_index(int(np.argmin(exact)), exact.shape)
    nearest = int(np.argmin(np.abs(grid.variances - 1.0)))
    at_prior = all(row == 0 and abs(int(column) - nearest) <= 1 for row, column in lowest.values())
    where = ", ".join(
        f"{name}: m = {grid.means[int(row)]:g}, v = {grid.variances[int(column)]:.2f}"
        for name, (row, column) in lowest.items()
    )
    claims.append(Claim("all of them have their global minimum at N(0, 1)", where, at_prior))
    rising = all(bool(np.all(np.diff(curve[nearest + 1 :]) > 0.0)) for curve in exact)
    claims.append(
        Claim(
            "Kullback-Leibler grows with the variance, whatever the mean",
            f"above v = 1 it grows at every mean: {'yes' if rising else 'no'}; below it falls, without bound towards 0",
            rising,
        )
    )
    for name in ("MMD, RBF", "MMD, IMQ"):
        falling = [mean for mean, curve in zip(grid.means, truths[name], strict=True) if falls(curve)]
        turning = {
            mean: float(grid.variances[int(np.argmin(curve))])
            for mean, curve in zip(grid.means, truths[name], strict=True)
            if mean > 0.0 and mean not in falling
        }
        expects = [mean for mean in grid.means if mean > 0.0]
        turns = "".join(f"; at m = {mean:g} down to v = {v:.1f}, and up again" for mean, v in turning.items())
        claims.append(
            Claim(
                f"{name} falls as the variance grows, where the mean is not 0",
                "falls throughout at m = " + ", ".join(f"{mean:g}" for mean in falling) + turns,
                falling == expects,
            )
        )
    by_name = {pull.name: pull for pull in found}
    gauss, inverse = by_name["RBF, width 1"].reaches(means), by_name["IMQ, width 1.41"].reaches(means)
    claims.append(
        Claim(
            "the RBF kernel organises a latent space better than Kullback-Leibler",
            f"from afar it does not: its gradient is told from noise up to m = {gauss:g} (IMQ: {inverse:g}). That it "
            "lets single codes lie where they want, as long as all of them together look like the prior, is another "
            "matter, of which these curves say nothing",
            None,
        )
    )
    outcome.claims(claims)


def _told(value: float) -> str:
    return f"{value:.{_TOLD}g}"


def _with(values: Float64s) -> str:
    return f"{_told(float(values.mean()))} ± {_told(float(values.std(ddof=1)))}"
