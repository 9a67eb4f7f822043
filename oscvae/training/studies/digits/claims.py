"""What the sources say of autoencoders of digits, and what comes out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from oscvae.arrays import Float64s
from oscvae.training.studies.digits.measures import STEPS, Told
from oscvae.training.studies.digits.ways import AE, ALPHA, CYCLES, DEAR, LATENTS, TOO_MUCH, VAE, WAE
from oscvae.training.studies.outcome import Claim, Outcome

PLANE, MORE = LATENTS

Found = dict[tuple[str, int], list[Told]]
"""By the name of the way and the number of dimensions, one for each seed."""


def tell_slip(outcome: Outcome) -> None:
    outcome.section("A slip: a divergence without squares and halves")
    outcome.say(
        "One of the sources prints the divergence without the squares of mean and deviation, and without its half. "
        "What is linear in the mean has no least value: it pays a code for going to minus infinity, and pulls it by "
        "the same force wherever it is."
    )
    rows, kept = [], []
    for mean, deviation in ((0.0, 1.0), (2.0, 1.0), (-2.0, 1.0), (-10.0, 1.0), (0.0, 0.5), (0.0, 2.0)):
        right, printed = kullback_leibler(mean, deviation), without_squares(mean, deviation)
        rows.append((f"N({mean:g}, {deviation:g}^2)", f"{right:.3f}", f"{printed:.3f}"))
        kept.append({"mean": mean, "deviation": deviation, "divergence": right, "without": printed})
    outcome.table(("codes", "divergence, nats", "m + s - 1 - log s"), rows, "from N(0, 1)")
    outcome.figures["slip"] = kept


def kullback_leibler(mean: float, deviation: float) -> float:
    """KL(N(mean, deviation^2) || N(0, 1)), nats."""
    return 0.5 * (mean**2 + deviation**2 - 1.0) - math.log(deviation)


def without_squares(mean: float, deviation: float) -> float:
    """The same sum, without squares and without the half."""
    return mean + deviation - 1.0 - math.log(deviation)


def judge(found: Found) -> list[Claim]:
    return [*_published(found), *_recommended(found)]


def _published(found: Found) -> list[Claim]:
    """Section 1.2 and 1.3 of the source."""
    small, whole = STEPS[0], STEPS[-1]

    def away(name: str, step: float, latent: int = MORE) -> str:
        return with_spread([one.moved[step].away for one in found[name, latent]], 2)

    def of(what: str, name: str, latent: int, digits: int, scale: float = 1.0) -> str:
        return with_spread([scale * getattr(one, what) for one in found[name, latent]], digits)

    return [
        Claim(
            "an autoencoder reconstructs well, but a small variation of the code is disastrous",
            f"{small:g} of the codes' deviation away, pictures are {away(AE, small)} times as far from any digit as "
            f"test pictures ({VAE}: {away(VAE, small)}, {WAE}: {away(WAE, small)}), a whole deviation away "
            f"{away(AE, whole)} ({away(VAE, whole)}, {away(WAE, whole)}): eight dimensions",
            _less(found, VAE, AE, MORE, lambda told: told.moved[whole].away),
        ),
        Claim(
            "VAE and WAE organise the latent space much better",
            f"codes of N(0, 1) become pictures {of('prior', AE, MORE, 1)} from digits with the autoencoder, "
            f"{of('prior', VAE, MORE, 1)} with {VAE}, {of('prior', WAE, MORE, 1)} with {WAE}. A linear probe reads "
            f"{of('probe', AE, PLANE, 1, 100.0)} %, {of('probe', VAE, PLANE, 1, 100.0)} %, "
            f"{of('probe', WAE, PLANE, 1, 100.0)} % of the digits from two dimensions",
            _both(
                _less(found, VAE, AE, MORE, lambda told: told.prior),
                _less(found, WAE, AE, MORE, lambda told: told.prior),
            ),
        ),
        Claim(
            "the VAE's reconstructions are much blurrier than the autoencoder's, the WAE's still satisfying",
            f"error {of('error', AE, MORE, 3)}, {of('error', VAE, MORE, 3)}, {of('error', WAE, MORE, 3)} (AE, VAE, "
            f"WAE), sharpness {of('sharpness', AE, MORE, 2)}, {of('sharpness', VAE, MORE, 2)}, "
            f"{of('sharpness', WAE, MORE, 2)}",
            _both(
                _less(found, AE, VAE, MORE, lambda told: told.error),
                _less(found, WAE, VAE, MORE, lambda told: told.error),
            ),
        ),
        Claim(
            "the RBF discrepancy organises the latent space better than Kullback-Leibler",
            f"Frechet distance from the prior {of('prior', WAE, MORE, 1)} against {of('prior', VAE, MORE, 1)}, probe "
            f"{of('probe', WAE, MORE, 1, 100.0)} % against {of('probe', VAE, MORE, 1, 100.0)} %",
            _both(
                _less(found, WAE, VAE, MORE, lambda told: told.prior),
                _less(found, VAE, WAE, MORE, lambda told: told.probe),
            ),
        ),
    ]


def _recommended(found: Found) -> list[Claim]:
    """By two other sources."""
    active = {name: ", ".join(str(one.active) for one in found[name, MORE]) for name in (VAE, DEAR, CYCLES)}
    dear, cycles = found[DEAR, MORE], found[CYCLES, MORE]
    more = None
    if len(dear) > 1:
        more = all(one.active > other.active for one, other in zip(cycles, dear, strict=True))
    alpha = f"VAE, alpha {ALPHA:g}"
    return [
        Claim(
            "cyclical annealing is the cure for a posterior that collapses",
            f"active of {MORE}: {active[VAE]} with beta 1, {active[DEAR]} with beta {TOO_MUCH:g}, {active[CYCLES]} "
            "with the same and cyclical annealing",
            more,
        ),
        Claim(
            f"alpha is to be chosen ({ALPHA:g} in the program): less is sharper, more is better organised",
            f"error {with_spread([one.error for one in found[alpha, MORE]], 3)} against "
            f"{with_spread([one.error for one in found[VAE, MORE]], 3)} with beta 1, Frechet distance from the prior "
            f"{with_spread([one.prior for one in found[alpha, MORE]], 1)} against "
            f"{with_spread([one.prior for one in found[VAE, MORE]], 1)}",
            _both(
                _less(found, alpha, VAE, MORE, lambda told: told.error),
                _less(found, VAE, alpha, MORE, lambda told: told.prior),
            ),
        ),
    ]


def _less(found: Found, one: str, other: str, latent: int, of: Callable[[Told], float]) -> bool | None:
    """Whether a figure is less for every seed; None for a single seed."""
    pairs = list(zip(found[one, latent], found[other, latent], strict=True))
    return all(of(mine) < of(theirs) for mine, theirs in pairs) if len(pairs) > 1 else None


def _both(one: bool | None, other: bool | None) -> bool | None:
    return None if one is None or other is None else one and other


def with_spread(values: Sequence[float], digits: int) -> str:
    """Mean and standard deviation over seeds."""
    found: Float64s = np.array(values, np.float64)
    spread = f" ± {float(found.std(ddof=1)):.{digits}f}" if found.size > 1 else ""
    return f"{float(found.mean()):.{digits}f}{spread}"
