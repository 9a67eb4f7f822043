"""The loops around the transform: a real signal of n points as a complex one of n / 2, its even and odd samples.

Signals and windows lie as their even samples and, `apart` floats on, their odd ones; spectra as real and, `apart`
floats on, imaginary parts. The spectrum Z of the packed signal gives the real signal's bins k and n / 2 - k together,
and what Griffin-Lim does to them needs no more: `revise` unpacks a pair, replaces its magnitudes, packs it again.

Source: H. V. Sorensen et al., "Real-valued fast Fourier transform algorithms", IEEE Trans. ASSP 35(6), 1987.
"""

from __future__ import annotations

import numpy as np

from oscvae.realtime.kernel import kernel
from oscvae.spectral.lanes import LANES, put, reverse, root, spread, take, total
from oscvae.spectral.views import part

_f = np.float32
_TINY = _f(1e-30)  # keeps the direction of a zero finite
_HALF = _f(0.5)


@kernel("void(float32[::1], int64)")
def clear(out, count):  # type: ignore[no-untyped-def]
    """`count` zeros."""
    for i in range(count):
        out[i] = _f(0.0)


@kernel("void(float32[::1], float32[::1], int64)")
def copy(out, source, count):  # type: ignore[no-untyped-def]
    """`count` floats, a whole number of lanes; `out` may be the same array further down."""
    for i in range(0, count, LANES):
        put(out, i, take(source, i))


@kernel("void(float32[::1], float32[::1], float32, int64)")
def scale(out, source, factor, count):  # type: ignore[no-untyped-def]
    """out = factor * source, a whole number of lanes."""
    for i in range(0, count, LANES):
        put(out, i, factor * take(source, i))


@kernel("void(float32[::1], float32[::1], float32[::1], int64, int64, int64)")
def window(out, signal, weight, half, apart, odd):  # type: ignore[no-untyped-def]
    """out = signal * weight for a frame of 2 half samples; the odd ones lie `apart` and `odd` floats on."""
    for i in range(0, half, LANES):
        put(out, i, take(signal, i) * take(weight, i))
        put(out, apart + i, take(signal, odd + i) * take(weight, half + i))


@kernel("UniTuple(float32, 2)(float32[::1], float32[::1], float32[::1], float32[::1], int64, int64, int64)")
def exchange(signal, held, frame, weight, half, apart, odd):  # type: ignore[no-untyped-def]
    """Put weight * frame into the overlap-add `signal` in the place of what it `held`.

    Returns the energy of the change and of the new frame.
    """
    moved, energy = spread(_f(0.0)), spread(_f(0.0))
    for i in range(0, half, LANES):
        even_value = take(frame, i) * take(weight, i)
        odd_value = take(frame, apart + i) * take(weight, half + i)
        even_change = even_value - take(held, i)
        odd_change = odd_value - take(held, half + i)
        put(signal, i, take(signal, i) + even_change)
        put(signal, odd + i, take(signal, odd + i) + odd_change)
        put(held, i, even_value)
        put(held, half + i, odd_value)
        moved = moved + even_change * even_change + odd_change * odd_change
        energy = energy + even_value * even_value + odd_value * odd_value
    return total(moved), total(energy)


@kernel("void(float32[::1], float32[::1], float32[::1], int64, int64)")
def unpack(C, Z, twiddle, half, apart):  # type: ignore[no-untyped-def]
    """The bins [0, half] of the real signal, times 2, from its packed spectrum Z."""
    Z[half] = Z[0]
    Z[apart + half] = Z[apart]
    quarter = half // 2
    Zi, Ci = part(Z, apart, apart), part(C, apart, apart)
    sine = part(twiddle, apart, apart)
    for k in range(0, quarter, LANES):
        h = half - k - (LANES - 1)
        ar, ai = take(Z, k), take(Zi, k)
        br, bi = reverse(take(Z, h)), reverse(take(Zi, h))
        er, ei = ar + br, ai - bi
        odd_r, odd_i = ai + bi, br - ar
        c, s = take(twiddle, k), take(sine, k)
        tr, ti = c * odd_r + s * odd_i, c * odd_i - s * odd_r
        put(C, k, er + tr)
        put(Ci, k, ei + ti)
        put(C, h, reverse(er - tr))
        put(Ci, h, reverse(ti - ei))
    C[quarter] = _f(2.0) * Z[quarter]
    C[apart + quarter] = _f(-2.0) * Z[apart + quarter]


@kernel("void(float32[::1], float32[::1], float32[::1], int64, int64)")
def pack(Z, C, twiddle, half, apart):  # type: ignore[no-untyped-def]
    """The packed spectrum, times 2, whose real signal has the bins C [0, half]."""
    quarter = half // 2
    Zi, Ci = part(Z, apart, apart), part(C, apart, apart)
    sine = part(twiddle, apart, apart)
    for k in range(0, quarter, LANES):
        h = half - k - (LANES - 1)
        ar, ai = take(C, k), take(Ci, k)
        br, bi = reverse(take(C, h)), reverse(take(Ci, h))
        er, ei = ar + br, ai - bi
        tr, ti = ar - br, ai + bi
        c, s = take(twiddle, k), take(sine, k)
        odd_r, odd_i = c * tr - s * ti, c * ti + s * tr
        put(Z, k, er - odd_i)
        put(Zi, k, ei + odd_r)
        put(Z, h, reverse(er + odd_i))
        put(Zi, h, reverse(odd_r - ei))
    Z[quarter] = _f(2.0) * C[quarter]
    Z[apart + quarter] = _f(-2.0) * C[apart + quarter]


@kernel("void(float32[::1], float32[::1], float32[::1], float32[::1], int64, int64)")
def carry_on(C, last, turn, S, bins, apart):  # type: ignore[no-untyped-def]
    """C = S last turn / |last|: the last frame's phases a hop later, as if every bin held a tone of its frequency."""
    last_i, turn_i, Ci = part(last, apart, apart), part(turn, apart, apart), part(C, apart, apart)
    for k in range(0, bins, LANES):
        re, im = take(last, k), take(last_i, k)
        c, s = take(turn, k), take(turn_i, k)
        gain = take(S, k) / root(re * re + im * im + _TINY)
        put(C, k, gain * (re * c - im * s))
        put(Ci, k, gain * (re * s + im * c))


@kernel("float32(float32[::1], float32[::1], float32[::1], float32[::1], float32[::1], float32, int64, int64)")
def revise(out, Z, before, S, twiddle, momentum, half, apart):  # type: ignore[no-untyped-def]
    """One Griffin-Lim step in the frequency domain: D = Z + momentum (Z - before), before = Z, magnitudes of D = S.

    out gets the packed spectrum times 2, in which the bins' phases are those of D and their magnitudes S.
    Returns the energy by which the magnitudes of D miss S.
    """
    Z[half] = Z[0]
    Z[apart + half] = Z[apart]
    quarter = half // 2
    Zi, Pi, out_i = part(Z, apart, apart), part(before, apart, apart), part(out, apart, apart)
    sine = part(twiddle, apart, apart)
    re, im = Z[quarter], Z[apart + quarter]
    missed = spread(_f(0.0))
    dr = re + momentum * (re - before[quarter])
    di = im + momentum * (im - Pi[quarter])
    for k in range(0, quarter, LANES):
        h = half - k - (LANES - 1)
        zr, zi = take(Z, k), take(Zi, k)
        ar, ai = zr + momentum * (zr - take(before, k)), zi + momentum * (zi - take(Pi, k))
        put(before, k, zr)
        put(Pi, k, zi)
        zr, zi = take(Z, h), take(Zi, h)
        br = reverse(zr + momentum * (zr - take(before, h)))
        bi = reverse(zi + momentum * (zi - take(Pi, h)))
        put(before, h, zr)
        put(Pi, h, zi)

        er, ei = ar + br, ai - bi
        odd_r, odd_i = ai + bi, br - ar
        c, s = take(twiddle, k), take(sine, k)
        tr, ti = c * odd_r + s * odd_i, c * odd_i - s * odd_r
        lr, li, hr, hi = er + tr, ei + ti, er - tr, ei - ti
        power_low, power_high = lr * lr + li * li + _TINY, hr * hr + hi * hi + _TINY
        inverse_low, inverse_high = _f(1.0) / root(power_low), _f(1.0) / root(power_high)
        low, high = take(S, k), reverse(take(S, h))
        miss_low, miss_high = low - _HALF * power_low * inverse_low, high - _HALF * power_high * inverse_high
        missed = missed + miss_low * miss_low + miss_high * miss_high
        low, high = low * inverse_low, high * inverse_high
        lr, li, hr, hi = lr * low, li * low, hr * high, hi * high

        er, ei, tr, ti = lr + hr, li + hi, lr - hr, li - hi
        odd_r, odd_i = c * tr - s * ti, c * ti + s * tr
        put(out, k, er - odd_i)
        put(out_i, k, ei + odd_r)
        put(out, h, reverse(er + odd_i))
        put(out_i, h, reverse(odd_r - ei))
    before[quarter] = re
    Pi[quarter] = im
    gain = _f(2.0) * S[quarter] / np.sqrt(dr * dr + di * di + _TINY)
    out[quarter] = gain * dr
    out_i[quarter] = gain * di
    return total(missed)
