"""Where in a recording its note begins: behind hum, rumble, clicks and thumps, by how steeply the level rises.

A recording of one's own has a room, a mains and a chair in it. A tenth of the peak, by which a rendered note is found,
is reached by all of these; the note is what lasts, and begins where the level rises steeply towards it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.errors import SoundFileError
from oscvae.sound.takes import RISE_S

RUMBLE_HZ = 20.0
"""Below it is no partial of a note, whose lowest fundamental is 41 Hz."""
_RING_S = 1.0  # of the high-pass, until it is nothing
_FRAME_S = 0.005
_LASTING, _SOUNDING = 12, 20
"""Frames over which a level is taken as their median. A sound shorter than half of the first is a click; one shorter
than half of the second, a thump."""
_STEEP = 0.5
_FIRST = 0.8
"""Of the steepest rise: the first that is nearly as steep is the onset."""
_ROSE = 2.0
"""Times the level before, at least, for a sound to begin."""
_APART = 30  # frames from one onset to the next
_NOISE = 4.0  # times the power of what is there before a note that swells
_TENTH = 0.1
_ABOVE_NOISE, _MOST_OF_PEAK = 1.5, 0.7
_EARLIER, _BEFORE = 8, 24
_BLOCK_S = 0.0125
"""Half the longest period: a note has a top in each."""
_BLOCKS = 2
_FAINT = 1e-5
_TINY = 1e-20


class Found(NamedTuple):
    """The note of a recording."""

    take: Float32s
    """[samples], from its onset on, without DC and rumble."""
    begin_s: float
    """Where in the recording that is."""
    n_sounds: int
    """How many sounds begin in the recording, one after the other; at least 1."""


def find_note(recording: Float32s, sample_rate: int, begin_s: float | None = None) -> Found:
    """The note of a recording [samples]. begin_s: where it begins, instead of where that is heard.

    Raises SoundFileError for silence, and for a begin_s outside the recording.
    """
    clean = without_rumble(recording, sample_rate)
    power = _power(clean, round(_FRAME_S * sample_rate))
    if float(power.max(initial=0.0)) <= _TINY:
        raise SoundFileError("it is silent")
    n_sounds = max(1, _onsets(_lasting(power, _SOUNDING)).size)
    lasting = _lasting(power, _LASTING)
    loudest = int(lasting.argmax())
    if begin_s is not None:
        begin = round(begin_s * sample_rate)
        if not 0 <= begin < clean.size:
            raise SoundFileError(f"{begin_s:g} s lies outside its {clean.size / sample_rate:.2f} s")
    else:
        first, last, at = _coarse(_rise(lasting), lasting, loudest)
        begin = max(0, _fine(clean, sample_rate, first, last, at) - round(RISE_S * sample_rate))
    return Found(clean[begin:], begin / sample_rate, n_sounds)


def without_rumble(sound: Float32s, sample_rate: int) -> Float32s:
    """A sound [samples] through a causal second-order Butterworth high-pass at `RUMBLE_HZ`."""
    size = sound.size + round(_RING_S * sample_rate)
    size = 1 << (size - 1).bit_length()
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    c = 1.0 / np.tan(np.pi * RUMBLE_HZ / sample_rate)  # the bilinear transform
    response = c * c * (1.0 - z) ** 2
    response /= (1.0 + np.sqrt(2.0) * c + c * c) + 2.0 * (1.0 - c * c) * z + (1.0 - np.sqrt(2.0) * c + c * c) * z * z
    filtered: Float32s = np.fft.irfft(np.fft.rfft(sound, size) * response, size)[: sound.size].astype(np.float32)
    return filtered


def _power(sound: Float32s, frame: int) -> Float64s:
    """The mean square of each frame, the last one padded."""
    padded = np.zeros(-(-sound.size // frame) * frame, np.float32)
    padded[: sound.size] = sound
    power: Float64s = np.square(padded.reshape(-1, frame), dtype=np.float64).mean(axis=1)
    return power


def _lasting(power: Float64s, frames: int) -> Float64s:
    """The median power of so many frames from each on."""
    padded = np.concatenate([power, np.zeros(frames - 1)])
    lasting: Float64s = np.median(np.lib.stride_tricks.sliding_window_view(padded, frames), axis=1)
    if lasting.max() <= _FAINT * power.max(initial=0.0):  # all of it is shorter than a click
        return power
    return lasting


def _rise(lasting: Float64s) -> Float64s:
    """By how much the amplitude that lasts rises from just before each frame to it, against the loudest."""
    amplitude = np.sqrt(lasting / lasting.max())
    before = np.concatenate([np.zeros(min(_LASTING, amplitude.size)), amplitude])[: amplitude.size]
    return amplitude - before


def _onsets(lasting: Float64s) -> Int64s:
    """The frames in which a sound begins that is not much fainter than the loudest."""
    rise, amplitude = _rise(lasting), np.sqrt(lasting / lasting.max())
    candidates = np.flatnonzero((rise >= _STEEP) & (amplitude >= _ROSE * (amplitude - rise)))
    if not candidates.size:
        return candidates
    return candidates[np.concatenate([[True], np.diff(candidates) >= _APART])]


def _coarse(rise: Float64s, lasting: Float64s, loudest: int) -> tuple[int, int, int]:
    """(the first and last frame in which a note may begin, the one of whose level it is)."""
    level = lasting[loudest]
    quiet = np.flatnonzero(lasting[:loudest] < _TENTH**2 * level)
    first = int(quiet[-1]) + 1 if quiet.size else 0
    steepest = float(rise[first : loudest + 1].max())
    if steepest >= _STEEP:
        at = first + int(np.argmax(rise[first : loudest + 1] >= _FIRST * steepest))
        return max(0, at - _EARLIER), at + _LASTING, at
    noise = float(lasting[:loudest].min(initial=level)) if quiet.size == 0 and loudest else 0.0
    if 0.0 < noise < level / _NOISE**2:
        louder = np.flatnonzero(lasting[:loudest] < _NOISE * noise)
        first = int(louder[-1]) + 1 if louder.size else first
    return max(0, first - _EARLIER), loudest + _LASTING, loudest


def _fine(sound: Float32s, sample_rate: int, first: int, last: int, at: int) -> int:
    """The first sample of those frames that stands out of what is before, and after which it goes on."""
    frame, block = round(_FRAME_S * sample_rate), round(_BLOCK_S * sample_rate)
    level = np.abs(sound)

    def tops(begin: int, end: int) -> Float32s:
        whole = level[max(0, begin) * frame : end * frame]
        whole = whole[: whole.size // frame * frame]
        highest: Float32s = whole.reshape(-1, frame).max(axis=1) if whole.size else np.zeros(1, np.float32)
        return highest

    peak = float(np.percentile(tops(at, at + _LASTING), 90.0))
    noise = float(np.percentile(tops(first - _BEFORE, first), 80.0)) if first > 0 else 0.0
    wanted = min(max(_TENTH * peak, _ABOVE_NOISE * noise), _MOST_OF_PEAK * peak)
    begin, end = first * frame, min(sound.size, last * frame)
    while begin < end:
        crossing = begin + int(np.argmax(level[begin:end] >= wanted))
        if level[crossing] < wanted:
            break
        after = level[crossing + block : crossing + (1 + _BLOCKS) * block]
        after = after[: after.size // block * block].reshape(-1, block)
        if not after.size or float(after.max(axis=1).min()) >= 0.5 * wanted:
            return crossing
        begin = crossing + block
    return min(first + (at > first) * _EARLIER, at) * frame
