"""Continuous-ratio windowed-sinc resampling of one voice: what bends pitch and meets the server's sample rate.

A Kaiser-windowed sinc of HALF_CROSSINGS zero crossings to each side lies in a table of POINTS points per crossing,
read with linear interpolation. Reading faster than the input (step > 1) stretches the kernel and so lowers its cutoff,
so that nothing aliases; at step 1 on a whole position the input is copied as it is.

Source: J. O. Smith, "Digital audio resampling", CCRMA, 2002; J. F. Kaiser, Proc. ISCAS, 1974.
"""

from __future__ import annotations

import numpy as np

from oscvae.realtime.kernel import kernel
from oscvae.spectral.elementary import FAST
from oscvae.spectral.views import Float32s, aligned_floats

HALF_CROSSINGS = 16
POINTS = 512
KAISER_BETA = 9.0  # about 90 dB of stop band
MIN_STEP = 1.0 / 16.0
MAX_STEP = 16.0

_SLOPES = HALF_CROSSINGS * POINTS + 16


def make_table() -> Float32s:
    """The kernel's right half [0, HALF_CROSSINGS] crossings, then its slopes from point to point."""
    x = np.arange(_SLOPES + 1) / POINTS
    inside = np.clip(1.0 - (x / HALF_CROSSINGS) ** 2, 0.0, None)
    half = np.where(x < HALF_CROSSINGS, np.sinc(x) * np.i0(KAISER_BETA * np.sqrt(inside)) / np.i0(KAISER_BETA), 0.0)
    table = aligned_floats(2 * _SLOPES)
    table[:_SLOPES] = half[:_SLOPES]
    table[_SLOPES:] = np.diff(half)
    return table


@kernel("int64(float64)")
def half_width(step):  # type: ignore[no-untyped-def]
    """How many input samples beside floor(position) the resampler reads to each side at this step."""
    return np.int64(np.ceil(HALF_CROSSINGS * max(step, 1.0))) + 1


@kernel("float64(float32[::1], float32[::1], float64, float64, float32[::1], int64)", fastmath=FAST)
def resample(table, history, position, step, out, n_out):  # type: ignore[no-untyped-def]
    """Write `n_out` samples to `out`, reading `history` from `position` on, `step` input samples apart.

    `history` must hold half_width(step) samples to each side of every position; its samples are `step` > 1 times the
    output's rate. Returns the position after the last sample: continuing from there, with any step, is seamless.
    """
    stretch = max(step, 1.0)
    density = POINTS / stretch
    gain = np.float32(1.0 / stretch)
    reach = HALF_CROSSINGS * stretch
    for i in range(n_out):
        whole = np.int64(np.floor(position))
        fraction = position - whole
        if stretch == 1.0 and fraction == 0.0:
            out[i] = history[whole]
        else:
            x = fraction * density
            total = np.float32(0.0)
            for k in range(np.int64(reach - fraction) + 1):
                place = np.float32(x + k * density)
                index = np.int32(place)
                rest = place - np.float32(index)
                total += history[whole - k] * (table[index] + rest * table[_SLOPES + index])
            x = (1.0 - fraction) * density
            for k in range(np.int64(reach - (1.0 - fraction)) + 1):
                place = np.float32(x + k * density)
                index = np.int32(place)
                rest = place - np.float32(index)
                total += history[whole + 1 + k] * (table[index] + rest * table[_SLOPES + index])
            out[i] = gain * total
        position += step
    return position
