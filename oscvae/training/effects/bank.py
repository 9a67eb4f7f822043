"""The bank: 72 settings of nine effects, each a row with its name, family and parameters; the first is no effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from oscvae.arrays import Float32s
from oscvae.training.effects import filters, others

Process = Callable[..., Float32s]

DRY = 0
"""The row of no effect."""


@dataclass(frozen=True)
class Effect:
    """One setting of an effect: sound [samples], at its rate, to as many samples."""

    name: str
    family: str
    process: Process = field(repr=False)
    parameters: dict[str, float] = field(default_factory=dict)

    def __call__(self, sound: Float32s, sample_rate: int) -> Float32s:
        return self.process(np.ascontiguousarray(sound, np.float32), sample_rate, **self.parameters)

    def record(self) -> dict[str, Any]:
        """For a document: what can be said without code."""
        return {"name": self.name, "family": self.family, **self.parameters}


def _dry(sound: Float32s, sample_rate: int) -> Float32s:
    return sound


def _hundredths(value: float) -> str:
    return f"{100 * value:.0f}"


def _moogs() -> list[Effect]:
    """moog-400 is without resonance, moog-400-r75 has three quarters of it."""
    return [
        Effect(
            f"moog-{50 << octave}" + (f"-r{_hundredths(resonance)}" if resonance else ""),
            "moog",
            filters.moog,
            {"resonance": resonance, "hz": float(50 << octave)},
        )
        for resonance in (0.0, 0.25, 0.5, 0.75, 1.0)
        for octave in range(10)
    ]


def _cubics() -> list[Effect]:
    return [
        Effect(
            f"cubic-{_hundredths(drive)}" + ("-uneven" if offset else ""),
            "cubic",
            others.cubic,
            {"drive": drive, "offset": offset},
        )
        for drive in (0.25, 0.5, 0.75, 1.0)
        for offset in (0.0, 0.5)
    ]


def _wahs() -> list[Effect]:
    places = (1.0, 0.75, 0.5, 0.25)
    return [
        *(Effect(f"crybaby-{_hundredths(at)}", "crybaby", filters.crybaby, {"position": at}) for at in places),
        *(Effect(f"autowah-{_hundredths(at)}", "autowah", filters.autowah, {"share": at}) for at in places),
    ]


def _vocoders() -> list[Effect]:
    four = {"bands": 4, "attack_s": 0.1, "release_s": 0.1, "width": 0.5}
    eight = {"bands": 8, "attack_s": 0.1, "release_s": 0.5, "width": 1.0}
    return [
        Effect("vocoder-4", "vocoder", filters.vocoder, four),
        Effect("vocoder-8", "vocoder", filters.vocoder, eight),
    ]


BANK: tuple[Effect, ...] = (
    Effect("dry", "dry", _dry),
    *_moogs(),
    *_cubics(),
    *_wahs(),
    *_vocoders(),
    Effect("flanger", "flanger", others.flanger),
    Effect("phaser", "phaser", others.phaser),
    Effect("freeverb", "freeverb", others.freeverb),
)
BY_NAME = {effect.name: row for row, effect in enumerate(BANK)}
