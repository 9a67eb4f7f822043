"""Where effects lie on a plane before training: near each other what sounds alike.

Source: J. de Leeuw, Applications of Convex Analysis to Multidimensional Scaling, 1977 (SMACOF).
"""

from __future__ import annotations

import numpy as np

from oscvae.arrays import Float64s

_ROUNDS = 300


def distances(x: Float64s) -> Float64s:
    """[effects, effects]: root mean square differences in x [sounds, effects, numbers], mean over the sounds."""
    total = np.zeros((x.shape[1], x.shape[1]))
    for one in x:
        square = (one**2).mean(axis=1)
        total += np.sqrt(np.maximum(square[:, None] + square[None] - 2.0 * one @ one.T / one.shape[1], 0.0))
    return total / len(x)


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
    made: Float64s = (places - places.mean(axis=0)) / places.std()
    return made
