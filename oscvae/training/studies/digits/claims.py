"""What the sources say of autoencoders of digits, and what comes out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from oscvae.arrays import Float64s
from oscvae.training.studies.digits.measures import STEPS, Told
from oscvae.training.studies.digits.ways import AE, ALPHA, CYCLES, DEAR, LATENTS, TOO_MUCH, VAE, WAE
from oscvae.training.studies.outcome import Claim, Outcome

_, MORE = LATENTS

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
    """Of eight dimensions, where three seeds say the same or not."""
    return [*_published(found), *_recommended(found)]


def _published(found: Found) -> list[Claim]:
    """Section 1.2 and 1.3 of the source."""
    little, whole = STEPS[1], STEPS[-1]

    def away(name: str, step: float) -> str:
        return with_spread([one.moved[step].away for one in found[name, MORE]], 2)

    def same(name: str, step: float) -> str:
        return with_spread([100.0 * one.moved[step].same for one in found[name, MORE]], 0)

    def of(what: str, name: str, digits: int, scale: float = 1.0) -> str:
        return with_spread([scale * getattr(one, what) for one in found[name, MORE]], digits)

    return [
        Claim(
            "an autoencoder reconstructs well, but a small variation of the code is disastrous",
            f"{little:g} of the codes' deviation away, {same(AE, little)} % of its pictures are read as the same digit "
            f"({VAE}: {same(VAE, little)}, {WAE}: {same(WAE, little)}), and they are {away(AE, little)} times as far "
            f"from digits as test pictures; a whole deviation away {same(AE, whole)} % ({same(VAE, whole)}, "
            f"{same(WAE, whole)}) and {away(AE, whole)} times",
            _every(found, AE, lambda told: told.moved[little].away > 1.0),
        ),
        Claim(
            "VAE and WAE organise the latent space much better",
            f"from codes of N(0, 1) come pictures at a Frechet distance of {of('prior', AE, 1)} with the autoencoder, "
            f"{of('prior', VAE, 1)} with {VAE}, {of('prior', WAE, 1)} with {WAE}; from codes of their own mean and "
            f"deviation {of('fitted', AE, 1)}, {of('fitted', VAE, 1)}, {of('fitted', WAE, 1)}; the "
            f"digit is read from the code as well, {of('probe', AE, 1, 100.0)} %, "
            f"{of('probe', VAE, 1, 100.0)} %, {of('probe', WAE, 1, 100.0)} %",
            _both(
                _less(found, VAE, AE, lambda told: told.prior),
                _less(found, WAE, AE, lambda told: told.prior),
            ),
        ),
        Claim(
            "the VAE's reconstructions are much blurrier than the autoencoder's, the WAE's still satisfying",
            f"error {of('error', AE, 3)}, {of('error', VAE, 3)}, {of('error', WAE, 3)} (AE, VAE, "
            f"WAE), sharpness {of('sharpness', AE, 2)}, {of('sharpness', VAE, 2)}, "
            f"{of('sharpness', WAE, 2)}",
            _both(
                _less(found, AE, VAE, lambda told: told.error),
                _less(found, WAE, VAE, lambda told: told.error),
            ),
        ),
        Claim(
            "the RBF discrepancy organises the latent space better than Kullback-Leibler",
            f"Frechet distance from the prior {of('prior', WAE, 1)} against {of('prior', VAE, 1)}, probe "
            f"{of('probe', WAE, 1, 100.0)} % against {of('probe', VAE, 1, 100.0)} %",
            _less(found, WAE, VAE, lambda told: told.prior),
        ),
    ]


def _recommended(found: Found) -> list[Claim]:
    """By two other sources."""
    active = {name: ", ".join(str(one.active) for one in found[name, MORE]) for name in (VAE, DEAR, CYCLES)}
    nats = {name: [sum(one.nats) for one in found[name, MORE]] for name in (VAE, DEAR, CYCLES)}
    cured = None
    if len(nats[VAE]) > 1:  # as much as is said where it costs little
        cured = all(mine > 0.5 * cheap for mine, cheap in zip(nats[CYCLES], nats[VAE], strict=True))
    alpha = f"VAE, alpha {ALPHA:g}"
    return [
        Claim(
            "cyclical annealing is the cure for a posterior that collapses",
            f"active of {MORE}, by seed, and nats: {active[VAE]} and {with_spread(nats[VAE], 1)} with beta 1; "
            f"{active[DEAR]} and {with_spread(nats[DEAR], 2)} with beta {TOO_MUCH:g}; {active[CYCLES]} and "
            f"{with_spread(nats[CYCLES], 2)} with the same and cyclical annealing, at the end of its last cycle",
            cured,
        ),
        Claim(
            f"the divergence's multiplier alpha is one of the hyper-parameters ({ALPHA:g} in the author's program)",
            f"error {with_spread([one.error for one in found[alpha, MORE]], 3)} against "
            f"{with_spread([one.error for one in found[VAE, MORE]], 3)} with beta 1, Frechet distance from the prior "
            f"{with_spread([one.prior for one in found[alpha, MORE]], 1)} against "
            f"{with_spread([one.prior for one in found[VAE, MORE]], 1)}",
            _less(found, alpha, VAE, lambda told: told.error),
        ),
    ]


def _less(found: Found, one: str, other: str, of: Callable[[Told], float]) -> bool | None:
    """Whether a figure is less for every seed; None for a single seed."""
    pairs = list(zip(found[one, MORE], found[other, MORE], strict=True))
    return all(of(mine) < of(theirs) for mine, theirs in pairs) if len(pairs) > 1 else None


def _every(found: Found, name: str, holds: Callable[[Told], bool]) -> bool | None:
    """Whether something holds for every seed; None for a single seed."""
    seeds = found[name, MORE]
    return all(map(holds, seeds)) if len(seeds) > 1 else None


def _both(one: bool | None, other: bool | None) -> bool | None:
    return None if one is None or other is None else one and other


def with_spread(values: Sequence[float], digits: int) -> str:
    """Mean and standard deviation over seeds."""
    found: Float64s = np.array(values, np.float64)
    spread = f" ± {float(found.std(ddof=1)):.{digits}f}" if found.size > 1 else ""
    return f"{float(found.mean()):.{digits}f}{spread}"
