"""Recordings as people make them at home: a note behind hum, thumps, clicks and DC, and sounds that are no note."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from oscvae.units import note_to_hz

RATE = 48000
BEGIN_S = 1.0
"""Where the note of each of `FLAWED` begins."""


def pluck(note: float, seconds: float = 1.5, decay: float = 3.0) -> np.ndarray:
    """Twelve decaying partials [samples], from the first sample on."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    orders = [order for order in range(1, 13) if order * note_to_hz(note) < 18000.0]
    tones = [np.sin(2.0 * np.pi * order * note_to_hz(note) * time_s + order) / order for order in orders]
    sound = np.sum(tones, axis=0) * np.exp(-decay * time_s)
    return np.asarray(0.5 * sound / np.abs(sound).max())


def late(sound: np.ndarray, seconds: float = BEGIN_S) -> np.ndarray:
    return np.concatenate([np.zeros(round(seconds * RATE)), sound])


def hum(sound: np.ndarray, share: float, freq_hz: float = 50.0) -> np.ndarray:
    """With a hum of three partials, its peak about `share` of the sound's."""
    time_s = np.arange(sound.size) / RATE
    tones = [gain * np.sin(2.0 * np.pi * order * freq_hz * time_s) for order, gain in ((1, 1.0), (2, 0.3), (3, 0.3))]
    return np.asarray(sound + share * np.abs(sound).max() * np.sum(tones, axis=0) / 1.3)


def thump(sound: np.ndarray, begin_s: float, peak: float) -> np.ndarray:
    """With a low knock that decays within a tenth of a second."""
    begin, time_s = round(begin_s * RATE), np.arange(RATE // 8) / RATE
    knocked = sound.copy()
    knocked[begin : begin + time_s.size] += peak * np.sin(2.0 * np.pi * 70.0 * time_s) * np.exp(-time_s / 0.024)
    return knocked


def click(sound: np.ndarray, begin_s: float, peak: float) -> np.ndarray:
    begin = round(begin_s * RATE)
    clicked = sound.copy()
    clicked[begin : begin + 96] += peak * np.random.default_rng(1).standard_normal(96) / 3.0
    return clicked


def gated(sound: np.ndarray) -> np.ndarray:
    """With digital silence in its first half second."""
    quiet = sound.copy()
    quiet[: RATE // 2] = 0.0
    return quiet


FLAWED: dict[str, Callable[[float], np.ndarray]] = {
    "clean": lambda note: late(pluck(note)),
    "hum": lambda note: hum(late(pluck(note)), 0.15),
    "gated hum": lambda note: gated(hum(late(pluck(note)), 0.15)),
    "hum of 60 Hz": lambda note: hum(late(pluck(note)), 0.15, 60.0),
    "thump 0.7 s before": lambda note: thump(late(pluck(note)), BEGIN_S - 0.7, 0.5),
    "rumble": lambda note: hum(late(pluck(note)), 0.5, 8.0),
    "click": lambda note: click(late(pluck(note)), BEGIN_S - 0.5, 1.0),
    "click just before": lambda note: click(late(pluck(note)), BEGIN_S - 0.08, 1.0),
    "click at the end": lambda note: click(late(pluck(note)), BEGIN_S + 1.4, 1.0),
    "DC": lambda note: late(pluck(note)) + 0.15,
    "DC after silence": lambda note: gated(late(pluck(note)) + 0.15),
    "noise": lambda note: late(pluck(note)) + 0.015 * np.random.default_rng(2).standard_normal(round(2.5 * RATE)),
}
"""A note of one's own, each with a flaw that must not lose it."""


def chord(*notes: int) -> np.ndarray:
    return late(np.sum([pluck(note) for note in notes], axis=0), 0.2)


def speech() -> np.ndarray:
    """Voiced syllables that glide, with hisses between."""
    rng, parts = np.random.default_rng(3), []
    time_s = np.arange(round(0.22 * RATE)) / RATE
    for _ in range(8):
        freq_hz = rng.uniform(90.0, 160.0) * 2.0 ** (rng.uniform(-0.5, 0.5) * time_s / 0.22)
        phase = np.cumsum(freq_hz) / RATE
        voiced = sum(np.sin(2.0 * np.pi * order * phase) / order**0.7 for order in range(1, 25))
        parts += [0.1 * voiced * np.hanning(time_s.size), 0.05 * rng.standard_normal(2880) * np.hanning(2880)]
    return np.concatenate(parts)


def glide() -> np.ndarray:
    time_s = np.arange(2 * RATE) / RATE
    return np.asarray(0.4 * np.sin(2.0 * np.pi * np.cumsum(220.0 * 2.0**time_s) / RATE) * np.exp(-time_s))


def stroke() -> np.ndarray:
    time_s = np.arange(RATE) / RATE
    return np.asarray(0.15 * np.random.default_rng(4).standard_normal(RATE) * np.exp(-6.0 * time_s))


def steady() -> np.ndarray:
    return np.asarray(0.3 * np.sin(2.0 * np.pi * 220.0 * np.arange(2 * RATE) / RATE))


NO_NOTES: dict[str, tuple[np.ndarray, set[str]]] = {
    "stroke": (stroke(), {"noise"}),
    "major": (chord(60, 64, 67), {"chord"}),
    "minor": (chord(57, 60, 64), {"chord", "beyond", "noise"}),
    "fifth": (chord(48, 55), {"chord"}),
    "third": (chord(60, 64), {"chord"}),
    "seventh": (chord(55, 59, 62, 65), {"chord", "beyond", "noise"}),
    "loop": (np.concatenate([pluck(note, 0.5) for note in (48, 55, 60, 55)]), {"several"}),
    "drum loop": (np.concatenate([stroke()[: RATE // 4]] * 6), {"several"}),
    "session": (np.concatenate([late(pluck(note, 1.0), 0.5) for note in range(50, 58)]), {"several"}),
    "speech": (speech(), {"several", "moves", "noise"}),
    "glide": (glide(), {"moves"}),
}
"""Sounds that are no single note, and what may be doubted of each."""
