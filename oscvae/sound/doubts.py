"""What speaks against a recording being one note, as a model knows them: /encode answers anything, and should say so.

An encoder asked about a sound that is unlike its notes names some point all the same; what is here is measured on the
sound itself, before any model hears it.
"""

from __future__ import annotations

import numpy as np

from oscvae.arrays import Float32s, Float64s
from oscvae.sound.takes import find_onset, settled

# Of 152 notes of 17 instruments of FluidR3 the least clear has 0.72, white noise 0.02.
_CLEAR = 0.5
_FRAME_S = 0.01
_WITHIN_S = 2.0
"""A pop is looked for so long before the note."""
_GAP, _BACK = 0.05, 0.1
"""Of what is yet to come: below the first it is quiet, above the second the note has begun."""


def doubt(take: Float32s, sample_rate: int, f0_hz: float) -> str:
    """Why a take may be no single note of the fundamental that was heard; empty where nothing speaks against it."""
    gap_s = pop_s(take, sample_rate)
    if gap_s is not None:
        return f"something short sounds {gap_s:.2f} s before the note: cut the file after it"
    if clarity(settled(take, sample_rate), sample_rate, f0_hz) < _CLEAR:
        return "it has no clear pitch: a noise, a chord, or several sounds"
    return ""


def clarity(heard: Float32s, sample_rate: int, f0_hz: float) -> float:
    """How much of a sound repeats after a period of f0_hz: about 1 for a steady tone, 0 for noise; 0 for silence.

    The autocorrelation at that lag over that at 0, made up for what falls off the end.
    """
    size = heard.size
    correlation = np.fft.irfft(np.abs(np.fft.rfft(heard, 2 * size)) ** 2)[:size]
    lag = round(sample_rate / f0_hz)
    if correlation[0] <= 0.0 or lag >= size - 1:
        return 0.0
    top = float(correlation[max(1, lag - 2) : lag + 3].max())
    return top / float(correlation[0]) * size / (size - lag)


def pop_s(take: Float32s, sample_rate: int) -> float | None:
    """How long before the note something short sounds, after which it is quiet again, in s; None where nothing does."""
    frame = round(_FRAME_S * sample_rate)
    begin = find_onset(take, sample_rate)
    level = _level(take[begin:], frame)
    coming = np.maximum.accumulate(level[::-1])[::-1]  # the loudest that is yet to come
    quiet = np.flatnonzero(level[: round(_WITHIN_S / _FRAME_S)] < _GAP * coming[: round(_WITHIN_S / _FRAME_S)])
    if not quiet.size or level.size < 2:
        return None
    first = int(quiet[0])
    note = first + int(np.argmax(level[first:] >= _BACK * coming[first]))
    return note * _FRAME_S


def _level(sound: Float32s, frame: int) -> Float64s:
    """The root mean square of each whole frame."""
    whole = sound[: sound.size // frame * frame].reshape(-1, frame)
    level: Float64s = np.sqrt(np.square(whole, dtype=np.float64).mean(axis=1))
    return level
