"""Effects that filter: the Moog ladder, two wah pedals, a vocoder. Each takes a sound [samples] and gives as many.

Sources: J. O. Smith, Physical Audio Signal Processing, 2010, and Introduction to Digital Filters, 2007 (the forms that
the Faust libraries have; T. Stilson and J. O. Smith, Analyzing the Moog VCF with Considerations for Digital
Implementation, ICMC 1996).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Float64s
from oscvae.training.compiled import compiled

_STABLE = 0.99999
"""Of the feedback that oscillates for ever."""
_LOWEST_HZ = 20.0
_HIGHEST = 0.45
"""Of the rate: above Nyquist the sections that a bilinear transform makes have their poles outside the circle."""
_CONTROL = 16
"""Samples between two settings of a filter that moves."""
_FOLLOWER_S = 0.1


def low_pass_section(damping: float, square: float, hz: float, sample_rate: int) -> tuple[Float64s, Float64s]:
    """1 / (s^2 + damping s + square) at s = j hz, bilinear, prewarped: numerator [3], denominator behind its 1 [2]."""
    c = 1.0 / math.tan(math.pi * hz / sample_rate)
    first = c * c + damping * c + square
    return (
        np.array([1.0, 2.0, 1.0]) / first,
        np.array([2.0 * (square - c * c), c * c - damping * c + square]) / first,
    )


def band_pass_section(width: float, hz: float, sample_rate: int) -> tuple[Float64s, Float64s]:
    """s / (s^2 + width s + 1) at s = j hz, so the gain is 1 / width there; else as `low_pass_section`."""
    c = 1.0 / math.tan(math.pi * hz / sample_rate)
    first = c * c + width * c + 1.0
    return np.array([c, 0.0, -c]) / first, np.array([2.0 * (1.0 - c * c), c * c - width * c + 1.0]) / first


@compiled
def _in_series(x: Float32s, b: Float64s, a: Float64s, d: Float64s, c: Float64s) -> Float32s:
    """Two sections, transposed direct form II, in float64."""
    y = np.empty(x.size, np.float32)
    s1 = s2 = t1 = t2 = 0.0
    for i in range(x.size):
        v = float(x[i])
        w = b[0] * v + s1
        s1 = b[1] * v - a[0] * w + s2
        s2 = b[2] * v - a[1] * w
        u = d[0] * w + t1
        t1 = d[1] * w - c[0] * u + t2
        t2 = d[2] * w - c[1] * u
        y[i] = u
    return y


def moog(sound: Float32s, sample_rate: int, resonance: float, hz: float) -> Float32s:
    """Four poles of a ladder with feedback, as two sections: resonance 0 is flat, 1 on the edge of oscillation."""
    k = math.sqrt(2.0) * _STABLE * resonance
    corner = min(max(hz, _LOWEST_HZ), _HIGHEST * sample_rate)
    pull = math.sqrt(2.0) * k
    near = low_pass_section(2.0 + pull, 1.0 + pull + k * k, corner, sample_rate)
    far = low_pass_section(2.0 - pull, 1.0 - pull + k * k, corner, sample_rate)
    return _in_series(sound, *near, *far)


@compiled
def _wah(x: Float32s, rate: float, position: float, share: float) -> Float32s:
    """position: of the pedal, 0 to 1; below 0 the sound moves it. share: of what is filtered."""
    y = np.empty(x.size, np.float32)
    keeps = math.exp(-1.0 / (_FOLLOWER_S * rate))
    followed = s1 = s2 = before = a1 = a2 = gain = 0.0
    for i in range(x.size):
        v = float(x[i])
        followed = max(abs(v), (1.0 - keeps) * abs(v) + keeps * followed)
        if i % _CONTROL == 0:
            wah = position if position >= 0.0 else followed
            hz = 450.0 * 2.0 ** (2.3 * wah)
            gain = 0.1 * 4.0**wah
            radius = 1.0 - math.pi * hz / rate / 2.0 ** (3.0 - 2.0 * wah)
            a1, a2 = -2.0 * radius * math.cos(2.0 * math.pi * hz / rate), radius * radius
        u = gain * (v - before) - a1 * s1 - a2 * s2
        before, s2, s1 = v, s1, u
        y[i] = share * u + (1.0 - share) * v
    return y


def crybaby(sound: Float32s, sample_rate: int, position: float) -> Float32s:
    """A wah pedal that rests at a position, 0 to 1: a resonance at 450 Hz to 2.2 kHz, the sharper the lower."""
    return _wah(sound, float(sample_rate), position, 1.0)


def autowah(sound: Float32s, sample_rate: int, share: float) -> Float32s:
    """The same pedal moved by the sound's own level, beside so much of the sound as is left."""
    return _wah(sound, float(sample_rate), -1.0, share)


@compiled
def _vocode(x: Float32s, b: Float64s, a: NDArray[np.float64], rising: float, falling: float) -> Float32s:
    y = np.zeros(x.size, np.float32)
    first, other, level = np.zeros(b.size), np.zeros(b.size), np.zeros(b.size)
    for i in range(x.size):
        v, total = float(x[i]), 0.0
        for k in range(b.size):
            band = b[k] * v + first[k]
            first[k] = other[k] - a[k, 0] * band
            other[k] = -b[k] * v - a[k, 1] * band
            size = abs(band)
            keeps = rising if size > level[k] else falling
            level[k] = size + keeps * (level[k] - size)
            total += band * level[k]
        y[i] = total
    return y


def vocoder(sound: Float32s, sample_rate: int, bands: int, attack_s: float, release_s: float, width: float) -> Float32s:
    """A vocoder whose carrier is the sound itself: each band times its own envelope.

    Band b is centred at 25 * 2^(9 (b + 1) / bands) Hz, and as wide as the gap below it times `width`. The clamp of the
    uppermost centre below Nyquist is our own.
    """
    b, a = [], []
    for band in range(bands):
        below, centre = (25.0 * 2.0 ** (9.0 * (band + step) / bands) for step in (0, 1))
        centre_hz = min(centre, _HIGHEST * sample_rate)
        numerator, denominator = band_pass_section((centre - below) * width / centre, centre_hz, sample_rate)
        b.append(numerator[0])
        a.append(denominator)
    rising, falling = (math.exp(-1.0 / (s * sample_rate)) for s in (attack_s, release_s))
    return _vocode(sound, np.array(b), np.array(a), rising, falling)
