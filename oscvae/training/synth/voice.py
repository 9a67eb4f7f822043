"""The voice: a triangle oscillator, phase modulation, a wavefolder and a low-pass gate, as on West Coast synthesisers.

A hit is the voice struck once. Two slopes fall while it sounds, that of the modulation and that of the fold; the gate
has an attack, a hold and a decay of two speeds, and closes its filter with the level, as a vactrol does. It all runs at
four times the rate, since a folder makes harmonics without end, and is resampled to it.

Sources: D. Buchla's 259 and 292 (wavefolder, low-pass gate); J. M. Chowning, The Synthesis of Complex Audio Spectra by
Means of Frequency Modulation, JAES 21(7), 1973. The circuits are not modelled: the forms of their curves are our own.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from oscvae.arrays import Float32s
from oscvae.sound.files import resample
from oscvae.training.compiled import compiled
from oscvae.units import note_to_hz

OVERSAMPLING = 4
_BLOCKED_HZ = 20.0
"""Corner of the two high-pass filters, before and behind the gate: an uneven fold has a mean, and the gate makes of
that a thump which outweighs the note."""
_CONTROL = 16
"""Oversampled samples between two values of the gate's filter."""
_SLOW = 4.0
"""The second of the decay's two speeds is so many times slower than the first."""


class Patch(NamedTuple):
    """The settings of one hit."""

    note: int
    """MIDI."""
    ratio: float
    """Modulator to oscillator, of their frequencies."""
    index_start: float
    """Modulation index in radians that falls away; `index_rest` stays."""
    index_rest: float
    index_decay_s: float
    """Time constant."""
    fold_start: float
    """Drive of the folder that falls away; `fold_rest` stays: 1 folds nothing yet."""
    fold_rest: float
    fold_decay_s: float
    offset: float
    """Added before the folder, of the drive: above 0, even harmonics."""
    second: float
    """Share of a second folder of twice the depth, 0 to 1."""
    attack_s: float
    hold_s: float
    decay_s: float
    """Time constant of the gate."""
    tail: float
    """Share of the decay that is slower."""
    closed_hz: float
    """Corner of the gate's two low-pass filters where it is closed; `opened_hz` is added where it is open."""
    opened_hz: float
    noise: float
    """White noise beside the folded wave, 0 to 1."""


@compiled
def _stroke(samples: int, rate: float, hz: float, s: tuple[float, ...], seed: int) -> Float32s:
    """An oversampled hit [samples] at `rate`; s holds the numbers of a Patch behind its note."""
    ratio, index_start, index_rest, index_decay, fold_start, fold_rest, fold_decay, offset, second = s[:9]
    attack, hold, decay, tail, closed, opened, noise = s[9:]
    out = np.empty(samples, np.float32)
    falls_index, falls_fold = math.exp(-1.0 / (rate * index_decay)), math.exp(-1.0 / (rate * fold_decay))
    falls_fast, falls_slow = math.exp(-1.0 / (rate * decay)), math.exp(-1.0 / (rate * _SLOW * decay))
    blocked = math.exp(-2.0 * math.pi * _BLOCKED_HZ / rate)
    left_index = left_fold = fast = slow = 1.0
    phase, phase_of_modulator = 0.25, 0.0
    level = gate = lows = lows2 = before = high = before2 = high2 = 0.0
    state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0xD1B54A32D192ED03)
    for i in range(samples):
        t = i / rate
        if i % _CONTROL == 0:
            if t < attack:
                level = 0.5 - 0.5 * math.cos(math.pi * t / attack)
            elif t < attack + hold:
                level = 1.0
            else:
                level = (1.0 - tail) * fast + tail * slow
            gate = 1.0 - math.exp(-2.0 * math.pi * (closed + opened * level * level) / rate)
        if t >= attack + hold:
            fast *= falls_fast
            slow *= falls_slow
        left_index *= falls_index
        left_fold *= falls_fold
        bent = phase + math.sin(2.0 * math.pi * phase_of_modulator) * (index_start * left_index + index_rest) / (
            2 * math.pi
        )
        bent -= math.floor(bent)
        triangle = 4.0 * abs(bent - 0.5) - 1.0
        drive = fold_rest + fold_start * left_fold
        wave = math.sin(drive * (0.5 * math.pi * triangle + offset))
        if second > 0.0:
            wave = (1.0 - second) * wave + second * math.sin(2.0 * drive * (triangle + offset))
        if noise > 0.0:
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            wave += noise * (2.0 * (state >> np.uint64(11)) / 9007199254740992.0 - 1.0)
        high = blocked * (high + wave - before)
        before = wave
        lows += gate * (high * level - lows)
        lows2 += gate * (lows - lows2)
        high2 = blocked * (high2 + lows2 - before2)
        before2 = lows2
        out[i] = high2
        phase += hz / rate
        phase -= math.floor(phase)
        phase_of_modulator += hz * ratio / rate
        phase_of_modulator -= math.floor(phase_of_modulator)
    return out


def play(patch: Patch, samples: int, sample_rate: int, seed: int = 0) -> Float32s:
    """A hit [samples] from its first sample on, as loud as it comes out; seed: of its noise."""
    settings = tuple(float(value) for value in patch[1:])
    rate = sample_rate * OVERSAMPLING
    stroke = _stroke(samples * OVERSAMPLING, float(rate), note_to_hz(float(patch.note)), settings, seed)
    return np.ascontiguousarray(resample(stroke, rate, sample_rate)[:samples])
