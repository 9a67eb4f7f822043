"""What the source says of its table, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from oscvae.training.studies.outcome import Claim
from oscvae.training.studies.waveform.ways import WAYS
from oscvae.training.studies.waveform.work import BETTER, Found, Start

DEAR = WAYS[-2:]
"""The rows of the greatest beta."""
LESS = 0.01
"""A loss has fallen where it is lower by so much of itself."""


def last_fall(course: Sequence[dict[str, Any]]) -> int:
    """The last epoch that brought the loss lower than any before, by a hundredth and more."""
    low, last = float("inf"), 1
    for number, epoch in enumerate(course, 1):
        if epoch["loss"] < (1.0 - LESS) * low:
            low, last = epoch["loss"], number
    return last


def say_last(courses: Sequence[Sequence[dict[str, Any]]]) -> str:
    """By seed."""
    return ", ".join(str(last_fall(course)) for course in courses)


def better(found: Found) -> bool | None:
    """Whether the better way is nearer than every way of the table in all four columns and flat enough, with every
    seed; None for a single seed."""
    mine = found.rows[BETTER]
    if len(mine) < 2:
        return None
    low, _, high = found.ear.flat
    return all(
        low <= row.judged.flat <= high
        and all(row.judged.away.nearer(other.judged.away) for way in WAYS for other in found.rows[way.name])
        for row in mine
    )


def judge(every: Sequence[Found], start: Start) -> list[Claim]:
    """Of the published number of clips, where three seeds say the same or not."""
    found = every[0]
    rows = found.rows
    base, dropped = rows[WAYS[0].name], rows[WAYS[1].name]
    several = len(base) > 1
    nearer_train = sum(
        row.judged.away.encoder_train < row.judged.away.encoder_test for way in WAYS for row in rows[way.name]
    )
    last = {way.name: say_last([row.found["course"] for row in rows[way.name]]) for way in WAYS}
    later = min(last_fall(row.found["course"]) for way in DEAR for row in rows[way.name]) > max(
        last_fall(row.found["course"]) for row in base
    )
    dead = {way.name: ", ".join(str(row.found["active"]) for row in rows[way.name]) for way in WAYS}
    kinds = ("encoder_test", "encoder_train")
    drop = all(
        getattr(mine.judged.away, kind) < getattr(theirs.judged.away, kind)
        for mine, theirs in zip(dropped, base, strict=False)
        for kind in kinds
    )
    paired = several and len(dropped) == len(base)  # a training that broke has no row
    low, _, high = found.ear.flat
    mine = rows[BETTER]
    return [
        Claim(
            "the base model overfits, because it is farther from training than from test clips (the table says 23 and "
            "101, the reverse)",
            f"nearer to training than to test clips in {nearer_train} of {sum(len(rows[way.name]) for way in WAYS)} "
            "trainings. Nearer to what was trained on would be overfitting, were the distances told apart: white noise "
            f"is {found.noise.away.encoder_test:.3g} from test, training clips are {found.real.encoder_test:.3g}. The "
            f"base explains {_share(base, 'train')} % of training clips and {_share(base, 'test')} % of test clips",
            None,
        ),
        Claim(
            "dropout makes a better model: 68.55 and 8.6 instead of 101 and 23",
            f"test {_pair(dropped, base, 'encoder_test')}, training {_pair(dropped, base, 'encoder_train')}; log-mel, "
            f"test {_pair(dropped, base, 'mel_test')}, training {_pair(dropped, base, 'mel_train')}",
            drop if paired else None,
        ),
        Claim(
            "a greater beta moves the epoch at which the loss vanishes from 8 to 16, and the latent space is better",
            "the loss falls no more after epoch "
            + "; ".join(f"{last[way.name]} ({way.name})" for way in WAYS)
            + ". Active dimensions: "
            + "; ".join(f"{dead[way.name]} ({way.name})" for way in WAYS)
            + ". It takes longer to come down to where the others are, and says nothing then",
            later if several else None,
        ),
        Claim(
            "20 clips are learnt easily",
            f"{100.0 * start.few['explained']['train']:.1f} % of the energy of the {len_of(start.few)} clips comes "
            f"back, and {100.0 * start.few['explained']['test']:.1f} % of test clips",
            None,
        ),
        Claim(
            "short chunks at a higher rate come out alike",
            f"two chunks that are made correlate by {start.chunks['alike']['made']:.2f}, two of the data by "
            f"{start.chunks['alike']['data']:.2f}",
            bool(start.chunks["alike"]["made"] > 0.5) if several else None,
        ),
        Claim(
            "(not in the source) frames with phases reconstructed are nearer in both columns of both embeddings than "
            "all rows, with a flatness within the data's 5 to 95 %",
            "; ".join(
                f"{name.replace('_', ', ')} {with_spread([getattr(row.judged.away, name) for row in mine])} instead of "
                f"{min(getattr(row.judged.away, name) for way in WAYS for row in rows[way.name]):.3g} at best"
                for name in ("encoder_test", "encoder_train", "mel_test", "mel_train")
            )
            + f"; flatness {with_spread([row.judged.flat for row in mine])} within {low:.3g} to {high:.3g}",
            better(found),
        ),
    ]


def len_of(told: dict[str, Any]) -> int:
    """How many clips a training had."""
    return int(told["of"]["clips"][0])


def _share(rows: Sequence[Any], part: str) -> str:
    return with_spread([100.0 * row.found["explained"][part] for row in rows], 2)


def _pair(mine: Sequence[Any], theirs: Sequence[Any], name: str) -> str:
    values = [with_spread([getattr(row.judged.away, name) for row in rows]) for rows in (mine, theirs)]
    return f"{values[0]} instead of {values[1]}"


def with_spread(values: Sequence[float], digits: int = 3) -> str:
    """Mean and standard deviation over seeds, to so many significant digits."""
    told = np.array(values, np.float64)
    if not told.size:
        return "-"
    spread = f" ± {float(told.std(ddof=1)):.2g}" if told.size > 1 else ""
    return f"{float(told.mean()):.{digits}g}{spread}"
