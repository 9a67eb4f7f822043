"""Effects that bend, delay or reverberate: the cubic distortion, flanger, phaser, Freeverb.

Sources: J. O. Smith, Physical Audio Signal Processing, 2010; Jezar at Dreampoint, Freeverb, 2000, public domain.
Flanger, phaser and Freeverb have two channels elsewhere: here the left one is taken, the right input being the same
sound. Where the sweep of flanger and phaser begins is a guess.
"""

from __future__ import annotations

import math

import numpy as np

from oscvae.arrays import Float32s, Int64s
from oscvae.training.compiled import compiled

_BLOCKER = 0.995
_SWEEP_HZ = 0.5
_FLANGER_S = (0.001, 0.010)
"""The flanger's shortest delay, and by how much it sweeps above."""
_NOTCHES, _NOTCH_HZ, _NOTCH_SWEEP_HZ, _NOTCH_RATIO = 4, 1000.0, (100.0, 800.0), 1.5
_CONTROL = 16
_ROOM, _DAMP, _WET = 0.5, 0.5, 0.3333
_COMBS = (1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617)
_PASSES = (556, 441, 341, 225)
_AT = 44100.0
"""The rate that Freeverb's delays and factors are meant at."""


@compiled
def _bend(x: Float32s, gain: float, offset: float) -> Float32s:
    y = np.empty(x.size, np.float32)
    rest = min(max(offset, -1.0), 1.0)
    before, out = rest - rest * rest * rest / 3.0, 0.0
    for i in range(x.size):
        v = min(max(gain * x[i] + offset, -1.0), 1.0)
        bent = v - v * v * v / 3.0
        out = bent - before + _BLOCKER * out
        before = bent
        y[i] = out
    return y


def cubic(sound: Float32s, sample_rate: int, drive: float, offset: float) -> Float32s:
    """x - x^3 / 3 of 10^(2 drive) x + offset, clipped to 1, then freed of its mean.

    It begins settled: the offset alone, before the first sample, has been blocked already.
    """
    return _bend(sound, 10.0 ** (2.0 * drive), offset)


@compiled
def _flange(x: Float32s, rate: float) -> Float32s:
    y = np.empty(x.size, np.float32)
    least, sweep = _FLANGER_S[0] * rate, _FLANGER_S[1] * rate
    for i in range(x.size):
        at = i - least - 0.5 * sweep * (1.0 + math.sin(2.0 * math.pi * _SWEEP_HZ * i / rate))
        whole = math.floor(at)
        late = 0.0
        if whole >= 0:
            late = x[whole] + (at - whole) * (x[whole + 1] - x[whole])
        y[i] = 0.5 * (x[i] + late)
    return y


def flanger(sound: Float32s, sample_rate: int) -> Float32s:
    """The sound and itself 1 to 11 ms later, without feedback."""
    return _flange(sound, float(sample_rate))


@compiled
def _phase(x: Float32s, rate: float) -> Float32s:
    y = np.empty(x.size, np.float32)
    state, middle = np.zeros((_NOTCHES, 2)), np.zeros(_NOTCHES)
    radius = math.exp(-math.pi * _NOTCH_HZ / rate)
    for i in range(x.size):
        if i % _CONTROL == 0:
            up = 0.5 * (1.0 + math.sin(2.0 * math.pi * _SWEEP_HZ * i / rate))
            hz = _NOTCH_SWEEP_HZ[0] + (_NOTCH_SWEEP_HZ[1] - _NOTCH_SWEEP_HZ[0]) * up
            for k in range(_NOTCHES):
                middle[k] = -2.0 * radius * math.cos(2.0 * math.pi * hz * _NOTCH_RATIO ** (k + 1) / rate)
        v = float(x[i])
        for k in range(_NOTCHES):
            u = radius * radius * v + state[k, 0]
            state[k, 0] = middle[k] * (v - u) + state[k, 1]
            state[k, 1] = v - radius * radius * u
            v = u
        y[i] = 0.5 * (x[i] + v)
    return y


def phaser(sound: Float32s, sample_rate: int) -> Float32s:
    """The sound and itself through four all-pass sections, whose notches sweep together."""
    return _phase(sound, float(sample_rate))


@compiled
def _reverberate(x: Float32s, wet: float, damp: float, back: float, combs: Int64s, passes: Int64s) -> Float32s:
    total = np.zeros(x.size)
    for k in range(combs.size):
        line, at, low = np.zeros(combs[k]), 0, 0.0
        for i in range(x.size):
            out = line[at]
            low = out * (1.0 - damp) + low * damp
            line[at] = 0.1 * wet * 2.0 * x[i] + low * back  # both inputs are the sound
            total[i] += out
            at = at + 1 if at + 1 < line.size else 0
    for k in range(passes.size):
        line, at = np.zeros(passes[k]), 0
        for i in range(x.size):
            out, v = line[at], total[i]
            line[at] = v + 0.5 * out
            total[i] = out - v
            at = at + 1 if at + 1 < line.size else 0
    y = np.empty(x.size, np.float32)
    for i in range(x.size):
        y[i] = total[i] + (1.0 - wet) * x[i]
    return y


def freeverb(sound: Float32s, sample_rate: int) -> Float32s:
    """Eight damped combs side by side and four all-passes in a row, beside the dry sound; all at their middle."""
    slower = _AT / sample_rate
    combs, passes = (np.array([int(size / slower) for size in sizes], np.int64) for sizes in (_COMBS, _PASSES))
    return _reverberate(sound, _WET, 0.4 * _DAMP * slower, 0.7 + 0.28 * _ROOM * slower, combs, passes)
