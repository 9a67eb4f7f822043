"""What the source says of frames in a latent space, and what comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from oscvae.training.studies.outcome import Claim
from oscvae.training.studies.timbre.measures import Told
from oscvae.training.studies.timbre.network import ALPHAS, PUBLISHED

Found = dict[str, list[Told]]
"""By the name of the way, one for each seed."""


def name_of(alpha: float) -> str:
    return f"alpha {alpha:g}"


PUBLISHED_NAME = name_of(PUBLISHED)


def judge(found: Found, ours: str) -> list[Claim]:
    free, published, dear = found[name_of(ALPHAS[0])], found[PUBLISHED_NAME], found[name_of(ALPHAS[-1])]

    def of(what: Callable[[Told], float], told: Sequence[Told], digits: int = 1) -> str:
        return with_spread([what(one) for one in told], digits)

    return [
        Claim(
            "alpha weighs what comes back against the divergence",
            f"from {ALPHAS[0]:g} to {ALPHAS[-1]:g} the codes say {of(lambda t: t.nats, free, 0)} to "
            f"{of(lambda t: t.nats, dear, 0)} nats; what comes back of their means has a spectral convergence of "
            f"{of(lambda t: t.sc_db, free)} to {of(lambda t: t.sc_db, dear)} dB",
            _every(free, dear, lambda a, b: a.nats > b.nats and a.sc_db < b.sc_db),
        ),
        Claim(
            "(its program) means and log variances are mixed and then drawn from, so that each result differs",
            f"two draws are {of(lambda t: t.apart_db, published)} dB from each other",
            _every(published, published, lambda a, b: a.apart_db > 0.0),
        ),
        Claim(
            "(its program) so that a draw stands for its mean",
            f"a draw goes from frame to frame {of(lambda t: t.sampled_flutter, published)} times as far as the "
            f"recording, the means {of(lambda t: t.flutter, published)} times ({ours}: "
            f"{of(lambda t: t.sampled_flutter, found[ours])} and {of(lambda t: t.flutter, found[ours])}); frames are "
            f"{of(lambda t: t.sampled_lsd_db, published)} and {of(lambda t: t.lsd_db, published)} dB from it. It "
            "stands for it where it goes no farther than the recording",
            _every(published, published, lambda a, b: a.sampled_flutter <= 1.0),
        ),
        Claim(
            "what lies between two recordings in the latent space is a timbre between them",
            f"half way, the code of what is decoded is off by {of(lambda t: t.off['0.5'], published, 2)} of the "
            f"distance between both ({ours}: {of(lambda t: t.off['0.5'], found[ours], 2)}); what is decoded is "
            f"{of(lambda t: t.crossfade_db, published)} dB from a cross-fade of the ends, which are "
            f"{of(lambda t: t.ends_db, published)} dB from each other ({ours}: "
            f"{of(lambda t: t.crossfade_db, found[ours])} and {of(lambda t: t.ends_db, found[ours])}); from end to end "
            f"by way of it is {of(lambda t: t.detour, published, 2)} times as far "
            f"({of(lambda t: t.detour, found[ours], 2)}). It lies between where it is nearer to the middle that was "
            "asked than the ends are, 0.5",
            _every(published, published, lambda a, b: a.off["0.5"] < 0.5),
        ),
        Claim(
            "and beyond them, to -0.15 and 1.15, an extrapolation",
            f"what is decoded there is {of(lambda t: t.beyond, published, 2)} times as far from the other end as the "
            f"near end is ({ours}: {of(lambda t: t.beyond, found[ours], 2)})",
            _every(published, published, lambda a, b: a.beyond > 1.0),
        ),
        Claim(
            "(not in the source) frames whose level is apart, in log magnitudes, come back nearer",
            f"as heard {of(lambda t: t.heard.lsd_db, found[ours])} dB (LSD) and "
            f"{of(lambda t: t.heard.sc_db, found[ours])} dB (SC) instead of "
            f"{of(lambda t: t.heard.lsd_db, published)} and {of(lambda t: t.heard.sc_db, published)}",
            _every(
                found[ours], published, lambda a, b: a.heard.lsd_db < b.heard.lsd_db and a.heard.sc_db < b.heard.sc_db
            ),
        ),
    ]


def _every(one: Sequence[Told], other: Sequence[Told], holds: Callable[[Told, Told], bool]) -> bool | None:
    """Whether it holds for every seed; None for a single one."""
    if len(one) < 2:
        return None
    return all(holds(mine, theirs) for mine, theirs in zip(one, other, strict=True))


def with_spread(values: Sequence[float], digits: int) -> str:
    """Mean and standard deviation over seeds."""
    found = np.array(values, np.float64)
    spread = f" ± {float(found.std(ddof=1)):.{digits}f}" if found.size > 1 else ""
    return f"{float(found.mean()):.{digits}f}{spread}"
