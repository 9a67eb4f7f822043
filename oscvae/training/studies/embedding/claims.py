"""What is claimed of classifiers of spectrogram pictures and of their embeddings, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oscvae.training.studies.embedding.clips import KNOWN, NEW
from oscvae.training.studies.embedding.measures import PCA, TRAINED, UNTRAINED, in_order, of_kind
from oscvae.training.studies.embedding.work import Found, mean_right
from oscvae.training.studies.outcome import Claim


def pairs_of(found: Found, name: str) -> tuple[int, int]:
    """(how many, of how many) pairs of checkpoints an embedding puts in the order of the withheld recordings' distance,
    by the mean over its draws."""
    means = [float(np.mean([draw[name] for draw in one.test])) for one in found.checkpoints]
    return in_order(means, [one.lsd_db for one in found.checkpoints])


def pairs_of_draws(found: Found, name: str) -> tuple[int, int]:
    """The same of each draw alone, summed."""
    truth = [one.lsd_db for one in found.checkpoints]
    draws = range(len(found.checkpoints[0].test))
    each = [in_order([one.test[draw][name] for one in found.checkpoints], truth) for draw in draws]
    return sum(right for right, _ in each), sum(of for _, of in each)


def steps_of_ladder(found: Found, kind: str, name: str) -> tuple[int, int]:
    """(how many, of how many) pairs of strengths of a disturbance an embedding puts in order, none being the first."""
    values = [found.eyes.usual[name], *(told[name] for told in found.ladders[kind].values())]
    return in_order(values, list(range(len(values))))


def ratios(found: Found, name: str) -> list[float]:
    """At each checkpoint, the distance of generated notes over that of training notes, mean over draws."""
    usual = found.eyes.usual[name]
    return [float(np.mean([draw[name] for draw in one.test])) / usual for one in found.checkpoints]


def names_of(found: Found, kind: str) -> list[str]:
    """The embeddings of one kind, by seed."""
    return list(map(str, of_kind({name: name for name in found.eyes.names}, kind)))


def say_pairs(found: Found, kind: str) -> str:
    """Of the five checkpoints, by seed; in brackets of each draw alone."""
    told = [(*pairs_of(found, name), *pairs_of_draws(found, name)) for name in names_of(found, kind)]
    return ", ".join(f"{right} of {of} ({one} of {all_of})" for right, of, one, all_of in told)


def all_right(found: Found, kind: str) -> bool | None:
    """Whether all pairs are in order, with every seed; None where nothing was trained from several."""
    if len(names_of(found, TRAINED)) < 2:
        return None
    return all(right == of for right, of in (pairs_of(found, name) for name in names_of(found, kind)))


def judge(found: Found) -> list[Claim]:
    several = len(found.classifiers) > 1
    new, known = mean_right(found), mean_right(found, KNOWN)
    plain = [one.plain[NEW] for one in found.classifiers]
    chance = 1.0 / len(found.clips.classes)
    claims = [
        Claim(
            "a residual network tells classes of sounds by pictures of their spectra",
            f"{percent(new)} of clips of {NEW} are told right, by lot {100.0 * chance:.0f} %, by a linear classifier "
            f"of the same pictures {percent(plain)}",
            all(one > other for one, other in zip(new, plain, strict=True)) if several else None,
        ),
        Claim(
            "its last layer is an embedding by which sounds can be judged",
            f"of the pairs of {len(found.checkpoints)} checkpoints of a training, {say_pairs(found, TRAINED)} are in "
            "the order of the distance of withheld recordings (by seed; in brackets draw by draw)",
            all_right(found, TRAINED),
        ),
        Claim(
            "(not in the source) so is the embedding of oscvae evaluate, which learnt nothing of classes",
            say_pairs(found, PCA),
            all_right(found, PCA),
        ),
        Claim(
            "(not in the source) it must have learnt to be one: the same network with weights drawn by lot is worse",
            f"untrained {say_pairs(found, UNTRAINED)}",
            _less_right(found) if several else None,
        ),
    ]
    if known:
        claims.insert(
            1,
            Claim(
                "(of UrbanSound8K's authors) clips of one recording must not be on both sides of the split",
                f"{percent(known)} of {KNOWN}, {percent(new)} of {NEW}",
                all(one > other for one, other in zip(known, new, strict=True)) if several else None,
            ),
        )
    return claims


def _less_right(found: Found) -> bool:
    """Whether with every seed fewer pairs are in order before the network has learnt, checkpoints and disturbances
    taken together."""

    def right(name: str) -> int:
        return pairs_of(found, name)[0] + sum(steps_of_ladder(found, kind, name)[0] for kind in found.ladders)

    pairs = zip(names_of(found, UNTRAINED), names_of(found, TRAINED), strict=True)
    return all(right(one) < right(other) for one, other in pairs)


def percent(shares: Sequence[float]) -> str:
    """Mean and standard deviation over seeds or folds."""
    return f"{with_spread([100.0 * share for share in shares], 1)} %"


def with_spread(values: Sequence[float], digits: int) -> str:
    """Mean and standard deviation over seeds."""
    found = np.array(values, np.float64)
    spread = f" ± {float(found.std(ddof=1)):.{digits}f}" if found.size > 1 else ""
    return f"{float(found.mean()):.{digits}f}{spread}"
