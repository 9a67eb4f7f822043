"""Continuous-ratio windowed-sinc resampling of one voice: what bends pitch and meets the server's sample rate.

The kernel is a sinc of HALF_CROSSINGS zero crossings to each side under a Kaiser window. Up to step 1 the taps of one
output sample lie between two rows of a table of POINTS rows per input sample. Reading faster than the input (step > 1)
stretches the kernel and so lowers its cutoff, so that nothing aliases; its taps, whose number and distance then depend
on the step, are computed. At step 1 on a whole position the input is copied as it is.

Source: J. O. Smith, "Digital audio resampling", CCRMA, 2002; J. F. Kaiser, Proc. ISCAS, 1974.
"""

from __future__ import annotations

import numpy as np

from oscvae.arrays import Float32s, Float64s
from oscvae.realtime.kernel import kernel
from oscvae.spectral.elementary import fit
from oscvae.spectral.lanes import LANES, count_up, magnitude, nearest, spread, take, take_some, total
from oscvae.spectral.views import aligned_floats

HALF_CROSSINGS = 16
POINTS = 512
KAISER_BETA = 9.0  # about 90 dB of stop band
MIN_STEP = 1.0 / 16.0
MAX_STEP = 16.0

_TAPS = 2 * HALF_CROSSINGS
_NEVER_ZERO = np.float32(1e-9)  # what is too small to change x > 0 but makes sin(x) / x at 0 what it should be
_f = np.float32


def _window(u: Float64s) -> Float64s:
    """The Kaiser window over the square of the distance, in crossings."""
    inside = np.clip(1.0 - u / HALF_CROSSINGS**2, 0.0, None)
    return np.asarray(np.i0(KAISER_BETA * np.sqrt(inside)) / np.i0(KAISER_BETA))


def _kernel(x: Float64s) -> Float64s:
    sinc = np.where(x == np.round(x), x == 0.0, np.sinc(x))  # exact on whole positions
    return np.where(np.abs(x) < HALF_CROSSINGS, sinc * _window(x * x), 0.0)


# The same by polynomials, for a stretched kernel: sin(pi r) / (pi r) for |r| <= 1/2 in r^2, and the window
_S0, _S1, _S2, _S3, _S4 = fit(lambda q: np.sinc(np.sqrt(q)), 0.0, 0.25, 4)
_K0, _K1, _K2, _K3, _K4, _K5, _K6, _K7, _K8, _K9 = fit(_window, 0.0, HALF_CROSSINGS**2, 9)


def make_table() -> Float32s:
    """Rows of taps [POINTS + 1, 2 HALF_CROSSINGS]: row p is for positions p / POINTS beyond a sample."""
    tap = np.arange(_TAPS) - (HALF_CROSSINGS - 1)
    rows = _kernel(np.arange(POINTS + 1)[:, None] / POINTS - tap[None, :])
    table = aligned_floats(rows.size)
    table[:] = rows.reshape(-1)
    return table


@kernel("int64(float64)")
def half_width(step):  # type: ignore[no-untyped-def]
    """How many input samples beside floor(position) the resampler reads to each side at this step."""
    return np.int64(np.ceil(HALF_CROSSINGS * max(step, 1.0))) + 1


@kernel("float64(float32[::1], float32[::1], float64, float64, float32[::1], int64)")
def _interpolate(table, history, position, step, out, n_out):  # type: ignore[no-untyped-def]
    for i in range(n_out):
        whole = np.floor(position)
        first = np.int64(whole) - (HALF_CROSSINGS - 1)
        place = (position - whole) * POINTS
        row = np.int64(place)
        rest = _f(place - row)
        row *= _TAPS
        a, b = take(table, row), take(table, row + LANES)
        a = a + rest * (take(table, row + _TAPS) - a)
        b = b + rest * (take(table, row + _TAPS + LANES) - b)
        out[i] = total(a * take(history, first) + b * take(history, first + LANES))
        position += step
    return position


@kernel("float64(float32[::1], float64, float64, float32[::1], int64)")
def _decimate(history, position, step, out, n_out):  # type: ignore[no-untyped-def]
    reach = HALF_CROSSINGS * step
    density = _f(1.0 / step)
    for i in range(n_out):
        first = np.int64(np.ceil(position - reach))
        taps = np.int64(np.floor(position + reach)) - first + 1
        offset = _f(position - first)
        sum_of_taps = spread(_f(0.0))
        for k in range(0, taps, LANES):
            x = magnitude(count_up() + (_f(k) - offset)) * density + _NEVER_ZERO
            near = nearest(x)
            r = x - near
            parity = near - _f(2.0) * nearest(_f(0.5) * near)  # -1, 0 or 1
            q = r * r
            sine = (((_S4 * q + _S3) * q + _S2) * q + _S1) * q + _S0
            u = x * x
            shape = ((((_K9 * u + _K8) * u + _K7) * u + _K6) * u + _K5) * u + _K4
            shape = (((shape * u + _K3) * u + _K2) * u + _K1) * u + _K0
            weight = (shape - shape * (_f(2.0) * parity * parity)) * sine * r / x
            sum_of_taps = sum_of_taps + weight * take_some(history, first + k, taps - k)
        out[i] = density * total(sum_of_taps)
        position += step
    return position


@kernel("float64(float32[::1], float32[::1], float64, float64, float32[::1], int64)")
def resample(table, history, position, step, out, n_out):  # type: ignore[no-untyped-def]
    """Write `n_out` samples to `out`, reading `history` from `position` on, `step` input samples apart.

    `history` must hold half_width(step) samples to each side of every position. Returns the position after the last
    sample: continuing from there, with any step, is seamless.
    """
    if step == 1.0 and position == np.floor(position):
        whole = np.int64(position)
        for i in range(n_out):
            out[i] = history[whole + i]
        return position + n_out
    if step <= 1.0:
        return _interpolate(table, history, position, step, out, n_out)
    return _decimate(history, position, step, out, n_out)
