"""The first phase of a new frame, integrated along its ridges: RTPGHI without a heap.

Real-time phase gradient heap integration (Prusa, Sondergaard 2016) carries the phase from the previous frame (along
time) or from a neighbouring bin (along frequency), always over the strongest connection first, with a heap. But within
one frame the bins form a chain, and on a chain the strongest way to every bin, the one whose weakest bin is strongest,
is found by one sweep from the right and one from the left. So the result is the same without a heap, and only the
strong bins are touched. Phases are complex directions that are turned, never angles that are measured, and the
frequency of a bin is not taken from a Gaussian's gradient but from the Hann window's own main lobe.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from oscvae.realtime.kernel import kernel
from oscvae.spectral.elementary import FAST, fast_log, fast_turn
from oscvae.spectral.lanes import LANES, above, lowest_bit, take
from oscvae.spectral.views import part

# Bins under this share of the largest magnitude of both frames go on as if they held a tone of their own frequency.
TOLERANCE = 1e-2
# Added to magnitudes, so that the logarithm of the ratio of two zeros is zero.
SILENCE = 1e-10
ROWS = 6  # of scratch, each as long as a spectrum

_f = np.float32
_TOLERANCE = _f(TOLERANCE)
_SILENCE = _f(SILENCE)
_ZERO = _f(0.0)
_TINY = _f(1e-30)
_ALONE, _FROM_RIGHT = -1, -2


@register_jitable(fastmath=FAST)
def _offset(left, right):  # type: ignore[no-untyped-def]
    """How many bins, from -1 to 1, a sinusoid lies beside a bin, from the magnitudes of its neighbours.

    Where d is the offset, the Hann window's lobe gives right / left = (1 + d)(2 + d) / ((1 - d)(2 - d)).
    """
    t = (right - left) / (right + left + _SILENCE)
    return _f(4.0) * t / (_f(3.0) + np.sqrt(_f(9.0) - _f(8.0) * t * t))


@kernel(
    "void(float32[::1], float32[::1], float32[::1], float32[::1], float32[::1], float32, float32[::1], float32[::1],"
    " float32[::1], int64, int64)",
    fastmath=FAST,
)
def first_phase(constants, advance, S0, S1, S2, peak, carrier, C, work, bins, apart):  # type: ignore[no-untyped-def]
    """Overwrite the phase of the strong bins of `C` (|C| = S1) by integration of the phase gradient.

    constants: turns per bin of offset along time, per log ratio along frequency, and the most along frequency.
    advance [bins]: the turns of each bin's centre per hop. S0, S1, S2: magnitudes of the previous, this and the next
    frame. peak: the largest of S0 and S1. carrier: the phase of the previous frame, of any magnitude.
    work: ROWS rows of `apart` floats.
    """
    threshold = _TOLERANCE * peak
    per_time, per_frequency, most = constants[0], constants[1], constants[2]
    place = part(work, 0, apart)
    angle = part(work, apart, apart)
    right = part(work, 2 * apart, apart)
    origin = part(work, 3 * apart, apart)
    step = part(work, 4 * apart, apart)
    ratio = part(work, 5 * apart, apart)

    # the strong bins, and how their magnitude changes in time
    count = 0
    for block in range(0, bins, LANES):
        bits = above(take(S1, block), threshold)
        while bits != 0:
            m = block + lowest_bit(bits)
            bits &= bits - 1
            if 0 < m < bins - 1:
                place[count] = _f(m)
                ratio[count] = (S2[m] + _SILENCE) / (S0[m] + _SILENCE)
                count += 1
    # half the turn between neighbours: of the gradient, and of the window's centre, half a turn a bin
    for i in range(count):
        step[i] = min(max(per_frequency * fast_log(ratio[i]), -most), most) + _f(0.25)

    # how strong is the best way to each bin from the right
    strength = _ZERO
    last = bins
    for i in range(count - 1, -1, -1):
        m = np.int64(place[i])
        if m + 1 != last:
            strength = _ZERO
        last = m
        right[i] = strength
        strength = min(S1[m], max(S0[m] if S0[m] > threshold else _ZERO, strength))

    # from the left: the origin of each bin's phase is the previous frame, its left neighbour's origin or its right's
    strength = _ZERO
    last = -1
    turn = _ZERO
    half = _ZERO
    source = _ALONE
    for i in range(count):
        m = np.int64(place[i])
        if m != last + 1:
            strength = _ZERO
            turn = _ZERO
            source = _ALONE
        else:
            turn += half + step[i]
        half = step[i]
        last = m
        seed = S0[m] if S0[m] > threshold else _ZERO
        if seed > _ZERO and seed >= strength and seed >= right[i]:
            source = i
            ratio[i] = advance[m] + per_time * (_offset(S0[m - 1], S0[m + 1]) + _offset(S1[m - 1], S1[m + 1])) - turn
        elif right[i] > strength:
            source = _FROM_RIGHT
        elif strength == _ZERO:
            source = _ALONE
        origin[i] = _f(source)
        angle[i] = turn
        strength = min(S1[m], max(seed, strength))
    for i in range(count - 1, -1, -1):
        if origin[i] == _f(_FROM_RIGHT):
            origin[i] = origin[i + 1]
        if origin[i] >= _ZERO:
            angle[i] += ratio[np.int64(origin[i])]

    for i in range(count):
        right[i], step[i] = fast_turn(angle[i])
    for i in range(count):
        if origin[i] >= _ZERO:
            m = np.int64(place[i])
            k = np.int64(place[np.int64(origin[i])])
            re, im = carrier[k], carrier[apart + k]
            scale = S1[m] / np.sqrt(re * re + im * im + _TINY)
            C[m] = scale * (re * right[i] - im * step[i])
            C[apart + m] = scale * (re * step[i] + im * right[i])
