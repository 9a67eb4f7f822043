"""What speaks against a recording being one note, as a model knows them: /encode answers anything, and should say so.

An encoder asked about a sound that is unlike its notes names some point all the same; what is here is measured on the
sound itself, before any model hears it.
"""

from __future__ import annotations

import numpy as np

from oscvae.arrays import Float32s, Float64s
from oscvae.model.analysis import NoteAnalysis
from oscvae.sound.pitch import fundamental_hz
from oscvae.sound.takes import find_onset, settled
from oscvae.units import hz_to_note, note_to_hz

# Of 152 notes of 17 instruments of FluidR3 the least clear has 0.72, white noise 0.02.
_CLEAR = 0.5
_CLEARER = 0.15
"""By so much a sound has to repeat better below the range of the model's notes than in it; and so much of the power is
much."""
_OTHER_NOTE = 0.6
_WELL_BELOW = 0.75
_TINY = 1e-20
LOWEST_HZ, HIGHEST_HZ = 25.0, 4500.0
"""Of notes, whatever a model knows."""
_FRAME_S = 0.01
_WITHIN_S = 2.0
"""A pop is looked for so long before the note."""
_GAP, _BACK = 0.05, 0.1
"""Of what is yet to come: below the first it is quiet, above the second the note has begun."""


def doubt(take: Float32s, sample_rate: int, f0_hz: float, notes: NoteAnalysis, told: int | None = None) -> str:
    """Why a take may be no single note of the fundamental that was heard, or none of a model's notes; empty where
    nothing speaks against it. told: the note that it is said to be, which is doubted where another is heard."""
    if early := doubt_of_hit(take, sample_rate):
        return early
    heard = settled(take, sample_rate)
    found_hz = beyond(heard, sample_rate, f0_hz, *range_hz(notes))
    if found_hz:
        which = f"note {hz_to_note(found_hz):.0f}, beyond the model's {notes.note_min} to {notes.note_max}"
        return f"it repeats at {found_hz:.1f} Hz: {which}, or a chord"
    if clarity(heard, sample_rate, f0_hz) < _CLEAR:
        return "it has no clear pitch: a noise, a chord, or several sounds"
    if told is not None and abs(hz_to_note(f0_hz) - told) > _OTHER_NOTE:
        return f"it sounds like note {hz_to_note(f0_hz):.0f}, not {told}"
    return ""


def doubt_of_hit(take: Float32s, sample_rate: int) -> str:
    """The same of a sound without pitch: only what comes before it speaks against it."""
    gap_s = pop_s(take, sample_rate)
    return "" if gap_s is None else f"something short sounds {gap_s:.2f} s before the note: cut the file after it"


def range_hz(notes: NoteAnalysis) -> tuple[float, float]:
    """Between which frequencies the fundamental of one of a model's notes lies, however badly tuned."""
    return note_to_hz(notes.note_min - 1), note_to_hz(notes.note_max + 1)


def beyond(heard: Float32s, sample_rate: int, f0_hz: float, low_hz: float, high_hz: float) -> float:
    """The fundamental of a sound that lies below low_hz or above high_hz, in Hz, where it explains the sound better
    than f0_hz, which lies between them; else 0."""
    found_hz = fundamental_hz(heard, sample_rate, LOWEST_HZ, HIGHEST_HZ)
    if low_hz <= found_hz <= high_hz:
        return 0.0
    there, here = (clarity(heard, sample_rate, hz) for hz in (found_hz, f0_hz))
    if found_hz < low_hz:  # a note has little below its fundamental
        better = there >= here + _CLEARER or _share_below(heard, sample_rate, _WELL_BELOW * f0_hz) >= _CLEARER
    else:  # two periods repeat as well as one, so a note that is too high is heard in the range as clearly
        better = _share_below(heard, sample_rate, _WELL_BELOW * found_hz) < _CLEARER
    return found_hz if better and there >= _CLEAR else 0.0


def _share_below(heard: Float32s, sample_rate: int, freq_hz: float) -> float:
    """How much of a sound's power lies below a frequency, 0 to 1."""
    power = np.abs(np.fft.rfft(heard * np.hanning(heard.size))) ** 2
    return float(power[: round(freq_hz * heard.size / sample_rate)].sum() / max(float(power.sum()), _TINY))


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
