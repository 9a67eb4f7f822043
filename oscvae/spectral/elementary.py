"""Logarithm, exponential and sine as short polynomials, so that the loops that use them vectorise.

The C library's functions are calls, which keep a loop scalar. Here 1e-6 relative is more than the ear or the phase
needs. Coefficients: least squares on Chebyshev nodes over the reduced range, which is within a factor of two of
minimax.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba.extending import register_jitable

from oscvae.arrays import Float64s
from oscvae.spectral.views import bits_of, float_of

FAST = {"contract", "reassoc", "nsz", "arcp"}
"""Fast-math for loops over separate vectors: fused, reordered, but infinities and NaN keep their meaning."""

_f = np.float32
_ONE_THIRD_LESS = np.int32(0x3F2AAAAB)  # bits of 2/3: mantissas are reduced to [2/3, 4/3), where log2(m) is small


def fit(function: Callable[[Float64s], Float64s], low: float, high: float, degree: int) -> tuple[np.float32, ...]:
    """The coefficients, lowest first, of a polynomial that follows `function` from `low` to `high`."""
    nodes = 0.5 * (low + high) + 0.5 * (high - low) * np.cos(np.pi * (np.arange(400) + 0.5) / 400)
    fit = np.polynomial.Polynomial.fit(nodes, function(nodes), degree).convert()
    return tuple(_f(c) for c in fit.coef)


_LN = fit(lambda t: np.where(np.abs(t) < 1e-9, 1.0, np.log1p(t) / np.where(t == 0.0, 1.0, t)), -1 / 3, 1 / 3, 7)
_EXP2 = fit(np.exp2, 0.0, 1.0, 6)
# sin(2 pi r) / r and cos(2 pi r) for r in [-1/4, 1/4], in r^2
_SIN = fit(lambda q: np.sin(2 * np.pi * np.sqrt(q)) / np.sqrt(q), 1e-12, 1 / 16, 4)
_COS = fit(lambda q: np.cos(2 * np.pi * np.sqrt(q)), 0.0, 1 / 16, 4)

_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7 = _LN
_E0, _E1, _E2, _E3, _E4, _E5, _E6 = _EXP2
_S0, _S1, _S2, _S3, _S4 = _SIN
_C0, _C1, _C2, _C3, _C4 = _COS
_LN2 = _f(np.log(2.0))
_HALF = _f(0.5)
_ONE = _f(1.0)
_TWO = _f(2.0)
_EXPONENT_BIAS = np.int32(127)
_EXPONENT_SHIFT = np.int32(23)
_LOWEST = _f(-126.0)
_HIGHEST = _f(127.0)


@register_jitable(fastmath=FAST)
def fast_log(x):  # type: ignore[no-untyped-def]
    """The natural logarithm of a normal positive float32, to 1e-6."""
    bits = np.int32(bits_of(x) - _ONE_THIRD_LESS)
    exponent = np.int32(bits >> _EXPONENT_SHIFT)
    t = float_of(np.int32(bits_of(x) - np.int32(exponent << _EXPONENT_SHIFT))) - _ONE
    p = ((_L7 * t + _L6) * t + _L5) * t + _L4
    p = (((p * t + _L3) * t + _L2) * t + _L1) * t + _L0
    return t * p + _LN2 * np.float32(exponent)


@register_jitable(fastmath=FAST)
def fast_exp2(x):  # type: ignore[no-untyped-def]
    """2 ** x for a float32, to 1e-6; clipped to the range of normal float32."""
    x = min(max(x, _LOWEST), _HIGHEST)
    whole = np.floor(x)
    t = x - whole
    p = ((_E6 * t + _E5) * t + _E4) * t + _E3
    p = ((p * t + _E2) * t + _E1) * t + _E0
    return p * float_of(np.int32((np.int32(whole) + _EXPONENT_BIAS) << _EXPONENT_SHIFT))


@register_jitable(fastmath=FAST)
def fast_turn(turns):  # type: ignore[no-untyped-def]
    """(cos, sin) of an angle in turns, float32, to 1e-6."""
    r = turns - np.floor(turns + _HALF)  # [-1/2, 1/2)
    outside = abs(r) > _f(0.25)
    folded = (_HALF if r > _f(0.0) else -_HALF) - r
    s = folded if outside else r
    q = s * s
    sine = s * ((((_S4 * q + _S3) * q + _S2) * q + _S1) * q + _S0)
    cosine = (((_C4 * q + _C3) * q + _C2) * q + _C1) * q + _C0
    return (-cosine if outside else cosine), sine
