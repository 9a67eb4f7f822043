"""Conversions between the units of the field: decibels and gain, MIDI notes and hertz, cents and ratios."""

from __future__ import annotations

import math

A4_HZ = 440.0
A4_NOTE = 69
SEMITONES_PER_OCTAVE = 12

_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def db_to_gain(level_db: float) -> float:
    """Amplitude factor of a level in dB (0 dB = 1)."""
    return float(10.0 ** (level_db / 20.0))


def gain_to_db(gain: float, floor_db: float = -200.0) -> float:
    """Level in dB of an amplitude factor; `floor_db` for zero and below."""
    return max(floor_db, 20.0 * math.log10(gain)) if gain > 0.0 else floor_db


def note_to_hz(note: float) -> float:
    """Equal-tempered frequency in Hz of a MIDI note number (69 = 440 Hz); fractions are microtones."""
    return A4_HZ * float(2.0 ** ((note - A4_NOTE) / SEMITONES_PER_OCTAVE))


def hz_to_note(freq_hz: float) -> float:
    """MIDI note number, with its fraction, of a frequency in Hz above 0."""
    return A4_NOTE + SEMITONES_PER_OCTAVE * math.log2(freq_hz / A4_HZ)


def note_name(note: float) -> str:
    """The nearest MIDI note in scientific pitch notation: C4 for 60."""
    octave, step = divmod(round(note), SEMITONES_PER_OCTAVE)
    return f"{_NAMES[step]}{octave - 1}"


def semitones_to_ratio(semitones: float) -> float:
    """Frequency ratio of an interval in semitones."""
    return float(2.0 ** (semitones / SEMITONES_PER_OCTAVE))


def cents(freq_hz: float, reference_hz: float) -> float:
    """Interval in cents from `reference_hz` to `freq_hz`, both above 0."""
    return 1200.0 * math.log2(freq_hz / reference_hz)
