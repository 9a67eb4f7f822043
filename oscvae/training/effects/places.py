"""Where effects lie on a plane before training: near each other what sounds alike.

Source: J. de Leeuw, Applications of Convex Analysis to Multidimensional Scaling, 1977 (SMACOF).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float64s

_ROUNDS = 300
_LEAST = 1e-9
"""Of a deviation: effects that do nothing all lie at one place."""


def distances(x: Float64s, has: NDArray[np.bool_] | None = None) -> Float64s:
    """[effects, effects]: root mean square differences in x [sounds, effects, numbers], mean over the sounds.

    has: [sounds, effects], of which pairs x is told; of effects that no sound has both, the mean of all others.
    """
    has = np.ones(x.shape[:2], np.bool_) if has is None else has
    total, count = np.zeros((x.shape[1], x.shape[1])), np.zeros((x.shape[1], x.shape[1]))
    for one, there in zip(x, has, strict=True):
        square = (one**2).mean(axis=1)
        apart = np.sqrt(np.maximum(square[:, None] + square[None] - 2.0 * one @ one.T / one.shape[1], 0.0))
        both = there[:, None] & there[None]
        total += np.where(both, apart, 0.0)
        count += both
    known = (count > 0) & ~np.eye(len(count), dtype=np.bool_)
    apart = total / np.maximum(count, 1)
    if not (known | np.eye(len(count), dtype=np.bool_)).all():
        apart[~known] = apart[known].mean() if known.any() else 1.0
        np.fill_diagonal(apart, 0.0)
    return apart


def scaled(wanted: Float64s, dimensions: int) -> Float64s:
    """Places [N, dimensions] whose distances are as near to those wanted [N, N] as majorisation brings classical
    scaling; their mean is 0, their deviation 1."""
    count = len(wanted)
    centred = np.eye(count) - 1.0 / count
    values, vectors = np.linalg.eigh(-0.5 * centred @ wanted**2 @ centred)
    chosen = np.argsort(-values)[:dimensions]
    places = vectors[:, chosen] * np.sqrt(np.maximum(values[chosen], 1e-9))
    for _ in range(_ROUNDS):
        found = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=2))
        ratio = np.divide(wanted, found, out=np.zeros_like(wanted), where=found > 1e-9)
        pull = -ratio
        pull[np.arange(count), np.arange(count)] = ratio.sum(axis=1)
        places = pull @ places / count
    made: Float64s = (places - places.mean(axis=0)) / max(places.std(), _LEAST)
    return made
