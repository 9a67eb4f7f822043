"""What is claimed of classifiers of spectrogram pictures and of their embeddings, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oscvae.training.studies.embedding.clips import KNOWN, NEW
from oscvae.training.studies.embedding.measures import (
    PCA,
    TRAINED,
    UNTRAINED,
    Pair,
    all_pairs,
    decided,
    in_order,
    of_kind,
)
from oscvae.training.studies.embedding.work import Found, mean_right
from oscvae.training.studies.outcome import Claim


def orders(found: Found) -> dict[str, list[Pair]]:
    """Which pairs of checkpoints there are to put in order, by who says which is better."""
    told = [one.new.recordings for one in found.checkpoints]
    return {"by step": all_pairs(len(told)), "by withheld recordings": decided(told)}


def pairs_of(found: Found, name: str, pairs: Sequence[Pair]) -> tuple[int, int]:
    """(how many, of how many) pairs of checkpoints an embedding puts in order, by the mean over its draws."""
    return in_order([float(np.mean([draw[name] for draw in one.test])) for one in found.checkpoints], pairs)


def pairs_of_draws(found: Found, name: str, pairs: Sequence[Pair]) -> tuple[int, int]:
    """The same of each draw alone, summed."""
    draws = range(len(found.checkpoints[0].test))
    each = [in_order([one.test[draw][name] for one in found.checkpoints], pairs) for draw in draws]
    return sum(right for right, _ in each), sum(of for _, of in each)


def steps_of_ladder(found: Found, kind: str, name: str) -> tuple[int, int]:
    """(how many, of how many) pairs of strengths of a disturbance an embedding puts in order, none being the first."""
    values = [found.eyes.usual[name], *(told[name] for told in found.ladders[kind].values())]
    return in_order(values[::-1], all_pairs(len(values)))


def steps_of_ladders(found: Found, name: str) -> int:
    """Pairs in order of all disturbances."""
    return sum(steps_of_ladder(found, kind, name)[0] for kind in found.ladders)


def ratios(found: Found, name: str) -> list[float]:
    """At each checkpoint, the distance of generated notes over that of training notes, mean over draws."""
    usual = found.eyes.usual[name]
    return [float(np.mean([draw[name] for draw in one.test])) / usual for one in found.checkpoints]


def names_of(found: Found, kind: str) -> list[str]:
    """The embeddings of one kind, by seed."""
    return list(map(str, of_kind({name: name for name in found.eyes.names}, kind)))


def say_pairs(found: Found, kind: str) -> str:
    """Of the checkpoints, by seed."""
    told = [
        f"{who} {' and '.join(_of(*pairs_of(found, name, pairs)) for name in names_of(found, kind))}"
        for who, pairs in orders(found).items()
    ]
    return ", ".join(told)


def say_ladders(found: Found, kind: str) -> str:
    """Of the disturbances, by seed."""
    return "; ".join(
        f"{of} {' and '.join(_of(*steps_of_ladder(found, of, name)) for name in names_of(found, kind))}"
        for of in found.ladders
    )


def _of(right: int, count: int) -> str:
    return f"{right} of {count}"


def all_right(found: Found, kind: str) -> bool | None:
    """Whether all pairs that withheld recordings decide are in order, with every seed; None where nothing was trained
    from several."""
    pairs = orders(found)["by withheld recordings"]
    if len(names_of(found, TRAINED)) < 2 or not pairs:
        return None
    return all(right == of for right, of in (pairs_of(found, name, pairs) for name in names_of(found, kind)))


def judge(found: Found) -> list[Claim]:
    several = len(found.classifiers) > 1
    new, known = mean_right(found), mean_right(found, KNOWN)
    plain = [one.plain[NEW] for one in found.classifiers]
    chance = 1.0 / len(found.clips.classes)
    statistics = steps_of_ladders(found, PCA)
    heard = [steps_of_ladders(found, name) for name in names_of(found, TRAINED)]
    lot = [steps_of_ladders(found, name) for name in names_of(found, UNTRAINED)]
    claims = [
        Claim(
            "a residual network tells classes of sounds by pictures of their spectra",
            f"{percent(new)} of clips of {NEW} are told right, by lot {100.0 * chance:.0f} %, by a linear classifier "
            f"of the same pictures {with_spread([100.0 * plain[0]], 1)} %",
            all(one > other for one, other in zip(new, plain, strict=True)) if several else None,
        ),
        Claim(
            "its last layer is an embedding (what for is not known here; tried is whether sounds can be judged by it)",
            f"pairs of {len(found.checkpoints)} checkpoints in order, {say_pairs(found, TRAINED)}",
            all_right(found, TRAINED),
        ),
        Claim(
            "(not in the source) so is the embedding of oscvae evaluate, which learnt nothing of classes",
            say_pairs(found, PCA),
            all_right(found, PCA),
        ),
        Claim(
            "(not in the source) the network puts more of the disturbed notes in order than those statistics do",
            f"{say_ladders(found, TRAINED)}; statistics: {say_ladders(found, PCA)}",
            all(one > statistics for one in heard) if several else None,
        ),
        Claim(
            "(not in the source) for that it must have learnt: with weights drawn by lot it puts fewer in order",
            f"{say_ladders(found, UNTRAINED)}; checkpoints {say_pairs(found, UNTRAINED)}",
            all(one < other for one, other in zip(lot, heard, strict=True)) if several else None,
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


def percent(shares: Sequence[float]) -> str:
    """Mean and standard deviation over seeds or folds."""
    return f"{with_spread([100.0 * share for share in shares], 1)} %"


def with_spread(values: Sequence[float], digits: int) -> str:
    """Mean and standard deviation over seeds."""
    found = np.array(values, np.float64)
    spread = f" ± {float(found.std(ddof=1)):.{digits}f}" if found.size > 1 else ""
    return f"{float(found.mean()):.{digits}f}{spread}"
