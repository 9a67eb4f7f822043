"""Patches at random, and what they play: the hits of a data set, each from a seed and its number alone."""

from __future__ import annotations

import numpy as np

from oscvae.arrays import Float32s
from oscvae.training.synth.voice import Patch, play

PEAK = 0.7
"""Of every hit: what an effect that distorts, or follows, is given."""
_FADE_S = 0.05
"""At the end of a hit that still sounds there, so that its end is no click."""
_STREAM = 0x0C0A57
_HARMONIC, _HALVES = (1.0, 2.0, 3.0, 4.0), (0.5, 1.5)


def draw_patch(seed: int, number: int, note_min: int, note_max: int) -> Patch:
    """The patch of a hit. Half of all hits are modulated, seven in ten of those by a harmonic."""
    rng = np.random.default_rng((_STREAM, seed, number))

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    def ratio_between(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    def sometimes(share: float, low: float, high: float) -> float:
        value = between(low, high)
        return value if rng.random() < share else 0.0

    note, kind = int(rng.integers(note_min, note_max + 1)), rng.random()
    harmonic, half, free = float(rng.choice(_HARMONIC)), float(rng.choice(_HALVES)), between(0.3, 5.0)
    modulated = rng.random() < 0.5
    return Patch(
        note=note,
        ratio=harmonic if kind < 0.7 else half if kind < 0.8 else free,
        index_start=between(0.0, 5.0) * modulated,
        index_rest=sometimes(0.5, 0.0, 1.2) * modulated,
        index_decay_s=ratio_between(0.02, 0.5),
        fold_start=sometimes(0.6, 0.0, 5.0),
        fold_rest=between(0.8, 5.0),
        fold_decay_s=ratio_between(0.03, 0.5),
        offset=between(0.0, 0.5),
        second=sometimes(0.5, 0.0, 0.7),
        attack_s=ratio_between(0.001, 0.06) if rng.random() < 0.8 else ratio_between(0.06, 0.2),
        hold_s=sometimes(0.4, 0.0, 0.15),
        decay_s=ratio_between(0.1, 1.2),
        tail=sometimes(0.6, 0.0, 0.6),
        closed_hz=ratio_between(100.0, 1500.0),
        opened_hz=ratio_between(1500.0, 20000.0),
        noise=0.0 if rng.random() < 0.75 else ratio_between(0.006, 0.4),
    )


def hit(patch: Patch, samples: int, sample_rate: int, seed: int = 0) -> Float32s:
    """What a patch plays [samples], its peak at `PEAK`, faded where it is cut off."""
    sound = play(patch, samples, sample_rate, seed)
    fade = min(samples, round(_FADE_S * sample_rate))
    sound[samples - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    sound *= np.float32(PEAK / np.abs(sound).max())
    return sound
