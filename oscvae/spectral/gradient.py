"""The first phase of a new frame, integrated along its ridges: RTPGHI without a heap.

Real-time phase gradient heap integration (Prusa, Sondergaard 2016) carries the phase from the previous frame (along
time) or from a neighbouring bin (along frequency), always over the strongest connection first, with a heap. But within
one frame the bins form a chain, and on a chain the strongest way to every bin, the one whose weakest bin is strongest,
is found by one sweep from the left and one from the right. So the result is the same and there is no heap, no limit to
what a threshold may let in, and the phases are complex directions that are turned, never angles that are measured.
"""

from __future__ import annotations

import numpy as np

from oscvae.realtime.kernel import kernel
from oscvae.spectral.elementary import FAST, fast_turn
from oscvae.spectral.views import part

# Bins under this share of the largest magnitude of both frames keep the phase that the overlap gives them.
TOLERANCE = 1e-2

_f = np.float32
_TOLERANCE = _f(TOLERANCE)
_ZERO = _f(0.0)
_HALF = _f(0.5)
_TINY = _f(1e-30)
_NONE = _f(-1.0)

# tables: scalars, written by phase.PhaseTables
_PER_TIME = 1
_PER_FREQUENCY = 2
_MOST = 3


@kernel(
    "void(float32[::1], float32[::1], float32[::1], float32[::1], float32, float32[::1], float32[::1], float32[::1],"
    " float32[::1], float32[::1], float32[::1])",
    fastmath=FAST,
)
def first_phase(tables, advance, S0, S1, peak, l0, l1, l2, carrier, C, work):  # type: ignore[no-untyped-def]
    """Overwrite the phase of the strong bins of `C` (interleaved, |C| = S1) by integration of the phase gradient.

    S0, S1: magnitudes of the previous and this frame; l0, l1, l2: logarithms of the previous, this and the next one.
    carrier: the previous frame's phase (interleaved, any length). peak: the largest of S0 and S1. work: 8 rows.
    """
    bins = S1.size
    wide = work.size // 8
    threshold = _TOLERANCE * peak
    step = part(work, 0, bins)
    turned = part(work, wide, bins)
    right = part(work, 2 * wide, wide)
    root = part(work, 3 * wide, bins)

    # the phase step between neighbours and the turn since the last frame, both in turns
    most = tables[_MOST]
    for m in range(bins):
        step[m] = min(max(tables[_PER_FREQUENCY] * (l2[m] - l0[m]), -most), most) + _f(0.25)
    for m in range(1, bins - 1):
        turned[m] = advance[m] + tables[_PER_TIME] * ((l0[m + 1] - l0[m - 1]) + (l1[m + 1] - l1[m - 1]))

    # how strong is the best way to each bin from the right
    strength = _ZERO
    right[bins - 1] = _ZERO
    for m in range(bins - 2, 0, -1):
        seed = S0[m] if S0[m] > threshold else _ZERO
        strength = min(S1[m], max(seed, strength))
        if S1[m] <= threshold:
            strength = _ZERO
        right[m] = strength

    # from the left; each strong bin knows its root: itself, its left neighbour's, or (not yet known) its right one's
    strength = _ZERO
    angle = _ZERO
    last_root = _NONE
    for m in range(1, bins - 1):
        angle += step[m - 1] + step[m]
        if S1[m] <= threshold:
            strength = _ZERO
            angle = _ZERO
            last_root = _NONE
            root[m] = _NONE
            continue
        seed = S0[m] if S0[m] > threshold else _ZERO
        if seed >= strength and seed >= right[m + 1] and seed > _ZERO:
            last_root = _f(m)
        elif strength < right[m + 1]:
            last_root = _f(bins)
        elif strength == _ZERO:
            last_root = _NONE
        root[m] = last_root
        turned[m] -= angle
        step[m - 1] = angle
        strength = min(S1[m], max(seed, strength))

    for m in range(bins - 2, 0, -1):
        if root[m] == _f(bins):
            root[m] = root[m + 1]

    for m in range(1, bins - 1):
        if root[m] >= _ZERO:
            r = np.int64(root[m])
            cosine, sine = fast_turn(step[m - 1] + turned[r])
            re, im = carrier[2 * r], carrier[2 * r + 1]
            scale = S1[m] / np.sqrt(re * re + im * im + _TINY)
            C[2 * m] = scale * (re * cosine - im * sine)
            C[2 * m + 1] = scale * (re * sine + im * cosine)
