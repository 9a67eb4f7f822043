"""How far from N(0, 1) do divergences say that N(m, v) is, and which of them still pulls from afar?

Samples stand for the codes of an encoder, m 0 to 10, v 0.1 to 15. What an endless sample would give stands beside every
estimate (`measures`).
"""

from __future__ import annotations

import numpy as np
import torch
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes

from oscvae.arrays import Float64s
from oscvae.training.evaluate.drawing import ACCENT, FAINT, STYLE, WARNING, new_figure
from oscvae.training.studies.measures import (
    NOISE,
    Curves,
    Grid,
    Pull,
    estimate,
    expected,
    falls,
    kinds,
    kullback_leibler,
    misprint,
    other_way_round,
    pulls,
    times_ms,
)
from oscvae.training.studies.outcome import Claim, Outcome
from oscvae.training.studies.setting import Setting

_TOLD = 3  # significant digits of a figure in a table


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
    _curves(outcome, grid, measured, truths, setting)
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


def _curves(
    outcome: Outcome,
    grid: Grid,
    measured: dict[tuple[str, int], Curves],
    truths: dict[str, Float64s],
    setting: Setting,
) -> None:
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
                        truth, seeds = kullback_leibler(mean, grid.variances), _sampled_kl(grid, mean, n, setting.seed)
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


def _sampled_kl(grid: Grid, mean: float, n: int, seed: int) -> Float64s:
    """[seeds, variances] of samples' own means and variances."""
    rng = np.random.default_rng((seed, int(10 * mean), n))
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
        f"mean and standard deviation over samples; the last column: above {NOISE:g} standard deviations",
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
