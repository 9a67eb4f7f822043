"""A folder of notes and of what three effects made of them, as a pedal board would have been recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile

from parts.takes import RATE, late, pluck

NOTES = (57, 60, 62, 64, 67, 69)
BEGIN_S = 0.25
"""Where in its file each note begins."""


def dark(sound: np.ndarray, hz: float = 900.0) -> np.ndarray:
    """A low-pass filter, and half as loud."""
    return np.asarray(0.5 * scipy.signal.sosfilt(scipy.signal.butter(2, hz, fs=RATE, output="sos"), sound))


def fuzz(sound: np.ndarray) -> np.ndarray:
    """Flat at its peaks, as nothing else that may be recorded."""
    return np.asarray(np.clip(20.0 * sound, -0.9, 0.9))


def drive(sound: np.ndarray) -> np.ndarray:
    return np.asarray(0.8 * np.tanh(4.0 * sound))


EFFECTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"dark": dark, "drive 50": drive, "fuzz": fuzz}
"""One of them has a name that ends as an instrument's with a velocity would."""


def note_take(note: int, seconds: float = 0.6, off_cents: float = 0.0) -> np.ndarray:
    """A take of one note at a third of full scale [samples]; low notes are softer."""
    sound = pluck(note + off_cents / 100.0, seconds) * (0.3 + 0.01 * (note - 57))
    return late(sound, BEGIN_S)


def write_pedals(
    folder: Path, notes: tuple[int, ...] = NOTES, late_s: float = 0.0, off_cents: float = 0.0, seconds: float = 0.6
) -> Path:
    """Every note dry, n57.wav, and under each effect, n57__fuzz.wav. late_s: by which the effects' chain is late."""
    folder.mkdir(parents=True, exist_ok=True)
    for note in notes:
        take = note_take(note, seconds, off_cents)
        soundfile.write(folder / f"n{note}.wav", take, RATE, subtype="FLOAT")
        for name, effect in EFFECTS.items():
            soundfile.write(folder / f"n{note}__{name}.wav", late(effect(take), late_s), RATE, subtype="FLOAT")
    return folder
