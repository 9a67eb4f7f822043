"""Whether bare numbers in file names are notes: a folder's files are asked together, since numbers count takes as well.

One sound that disagrees with its number, where the others agree, is a wrong recording; a folder whose sounds disagree
with their numbers has numbered takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscvae.training.data.plan import Item
from oscvae.training.data.work import outlier

_FEWEST = 3  # numbers that can agree
_AGREED = 0.75


def believe(made: Sequence[tuple[Item, dict[str, Any]]]) -> tuple[NDArray[np.bool_], list[dict[str, Any]]]:
    """[N], which rows of a build's reports are to be used, and the outliers that this adds.

    A row that is "denied" has the note that was heard, and not the number in its name.
    """
    believed = np.ones(len(made), np.bool_)
    outliers: list[dict[str, Any]] = []
    guessed: dict[str, list[int]] = {}
    for at, (item, _) in enumerate(made):
        if item.is_guess:
            guessed.setdefault(item.timbre, []).append(at)
    for timbre, rows in guessed.items():
        denied = [at for at in rows if "denied" in made[at][1]]
        if not denied:
            continue
        sounds = [sum(not made[at][1]["copy"] for at in some) for some in (rows, denied)]
        if sounds[0] >= _FEWEST and sounds[0] - sounds[1] >= _AGREED * sounds[0]:
            believed[denied] = False
            outliers += [_stray(*made[at]) for at in denied if not made[at][1]["copy"]]
        else:
            outliers.append(_no_notes(timbre, [made[at] for at in denied if not made[at][1]["copy"]]))
    return believed, outliers


def _stray(item: Item, row: dict[str, Any]) -> dict[str, Any]:
    return outlier(item, f"{row['denied']}, and most numbers here are notes", row["f0_hz"], kept=False)


def _no_notes(timbre: str, denied: Sequence[tuple[Item, dict[str, Any]]]) -> dict[str, Any]:
    (first, row), count = denied[0], len(denied)
    also = f", and so are {count - 1} more" if count > 1 else ""
    why = f"{first.said}, which is no note by its sound ({row['denied']}){also}: what is heard is taken"
    why = f"{why}; --set {first.setting}=name goes by the names"
    return {"what": f"{timbre}: {first.told}", "why": why, "f0_hz": row["f0_hz"], "cents": None, "kept": True}
