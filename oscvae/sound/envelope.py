"""The course of one plucked note: level, attack, decay, brightness, and whether it begins or ends with a click.

A note is taken as the daemon plays it: from its onset on, faded in over a millisecond.
"""

from __future__ import annotations

import math

import numpy as np

from oscvae.arrays import Float32s
from oscvae.sound.stft import magnitudes

FADE_IN_S = 0.001

_SILENT = 1e-10
_RISE = (0.1, 0.9)  # of the peak: the usual ends of an attack
_FRAME_S = 0.02
_DECAY_DB = 25.0  # how far down the decay is followed
_FEWEST_FRAMES = 4
_LONGEST_S = 60.0
_BRIGHT_S = 0.5
_BRIGHT_N_FFT = 2048
_AFTER_ONSET_S = 0.05
_END_S = 0.02
_STILL = 1e-4  # of the peak: -80 dB, under which nothing clicks


def as_heard(sound: Float32s, onset_sample: int, sample_rate: int) -> Float32s:
    """A whole decoded note without its silent lead."""
    heard = sound[onset_sample:].copy()
    fade = min(round(FADE_IN_S * sample_rate), heard.size)
    heard[:fade] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(1, fade + 1, dtype=np.float32) / (fade + 1))
    return heard


def peak_db(sound: Float32s) -> float:
    """Of full scale."""
    return 20.0 * math.log10(max(float(np.abs(sound).max(initial=0.0)), _SILENT))


def attack_s(sound: Float32s, sample_rate: int) -> float:
    """From a tenth to nine tenths of the peak of the first half second."""
    highest = np.maximum.accumulate(np.abs(sound[: round(_BRIGHT_S * sample_rate)]))
    if highest.size == 0 or highest[-1] <= _SILENT:
        return math.nan
    low, high = (int(np.argmax(highest >= part * highest[-1])) for part in _RISE)
    return (high - low) / sample_rate


def decay_s(sound: Float32s, sample_rate: int) -> float:
    """T60: how long the note would take to fall by 60 dB, by the slope of its first 25 dB; at most a minute."""
    size = round(_FRAME_S * sample_rate)
    frames = sound[: sound.size // size * size].reshape(-1, size)
    course = 10.0 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + _SILENT**2)
    if course.size == 0 or course.max() <= 20.0 * math.log10(_SILENT) + 1.0:
        return math.nan
    top = int(np.argmax(course))
    fallen = np.flatnonzero(course[top:] < course[top] - _DECAY_DB)
    end = top + (int(fallen[0]) if fallen.size else course.size - top)
    end = min(max(end, top + _FEWEST_FRAMES), course.size)
    if end - top < _FEWEST_FRAMES:
        return math.nan
    slope = float(np.polyfit(np.arange(end - top) * _FRAME_S, course[top:end], 1)[0])
    return min(60.0 / -slope, _LONGEST_S) if slope < 0.0 else _LONGEST_S


def brightness_hz(sound: Float32s, sample_rate: int) -> float:
    """Spectral centroid of the first half second, weighted by magnitudes."""
    mags = magnitudes(sound[: round(_BRIGHT_S * sample_rate)], _BRIGHT_N_FFT, _BRIGHT_N_FFT // 4).sum(axis=0)
    freqs_hz = np.arange(mags.size) * sample_rate / _BRIGHT_N_FFT
    return float(np.dot(freqs_hz, mags) / mags.sum()) if mags.sum() > 0.0 else math.nan


def onset_click_db(sound: Float32s, sample_rate: int) -> float:
    """The steepest step of the first millisecond against the steepest of the 50 ms after it; above 0 is a click."""
    begin, end = round(FADE_IN_S * sample_rate), round((FADE_IN_S + _AFTER_ONSET_S) * sample_rate)
    steps = np.abs(np.diff(sound, prepend=0.0))
    return _ratio_db(steps[:begin], steps[begin:end], sound)


def end_click_db(sound: Float32s, sample_rate: int) -> float:
    """The steepest step of the last 20 ms, and into the silence after, against the steepest of the 20 ms before."""
    size = round(_END_S * sample_rate)
    steps = np.abs(np.diff(sound, append=0.0))
    return _ratio_db(steps[-size:], steps[-2 * size : -size], sound)


def _ratio_db(suspect: Float32s, usual: Float32s, sound: Float32s) -> float:
    still = max(_STILL * float(np.abs(sound).max(initial=0.0)), _SILENT)
    return 20.0 * math.log10(max(float(suspect.max(initial=0.0)), still) / max(float(usual.max(initial=0.0)), still))
