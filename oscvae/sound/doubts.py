"""What speaks against a recording being one note, as a model knows them: /encode answers anything, and should say so.

An encoder asked about a sound that is unlike its notes names some point all the same; what is here is measured on the
sound itself, before any model hears it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from oscvae.arrays import Float32s, Float64s
from oscvae.model.analysis import NoteAnalysis
from oscvae.sound.onset import Found
from oscvae.sound.partials import Partials, heard_hz
from oscvae.sound.pitch import fundamental_hz
from oscvae.sound.takes import settled
from oscvae.units import cents, hz_to_note, note_to_hz

# Of 152 notes of 17 instruments of FluidR3 the least clear has 0.72, white noise 0.02.
_CLEAR = 0.5
_CLEARER = 0.15
"""How much better a sound has to repeat below the range of the model's notes than within it; and the least share of the
power that counts as much."""
_OTHER_NOTE = 0.6
_WELL_BELOW = 0.75
_TINY = 1e-20
LOWEST_HZ, HIGHEST_HZ = 25.0, 4500.0
"""Of notes, whatever a model knows."""
# Whether a pitch stays: looked at again and again, where the sound is not much fainter than at its loudest.
_LOOKS, _LOOK_FROM_S, _LOOK_EVERY_S, _LOOK_S = 20, 0.05, 0.05, 0.1
_PERIODS = 4.0
_LOOK_AT = 0.25  # of the power: fainter, hum may be all that is left
_FEWEST_LOOKS = 3
_SAME_CENTS, _NEAR = 80.0, 2.0 ** (4.0 / 12.0)
_STAYS = 0.6
_LEVEL_S = 0.1
_FEWEST_LEVELS = 10
_EVEN = 1.1
"""A power that stays between this much and one over it, to the end, has no decay."""

SEVERAL, BEYOND, CHORD, NOISE, MOVES, STEADY, OTHER = "several", "beyond", "chord", "noise", "moves", "steady", "other"


class Doubt(NamedTuple):
    """Why a take may be no single note."""

    kind: str
    """One of SEVERAL, BEYOND, CHORD, NOISE, MOVES, STEADY, OTHER; empty where nothing speaks against it."""
    why: str

    def __bool__(self) -> bool:
        return bool(self.kind)


NONE = Doubt("", "")


def doubt(found: Found, sample_rate: int, f0_hz: float, notes: NoteAnalysis, told: int | None = None) -> Doubt:
    """Why a take may be no single note of the fundamental that was heard, or none of a model's notes.

    told: the note that it is said to be, which is doubted where another is heard.
    """
    if more := several(found):
        return more
    heard = settled(found.take, sample_rate, 0)
    found_hz = beyond(heard, sample_rate, f0_hz, *range_hz(notes))
    if found_hz:
        which = f"note {hz_to_note(found_hz):.0f}, beyond the notes {notes.note_min} to {notes.note_max}"
        return Doubt(BEYOND, f"it repeats at {found_hz:.1f} Hz: {which}, or a chord")
    if (clear := unclear(heard, sample_rate, f0_hz)) or (clear := unsteady(found.take, sample_rate, f0_hz)):
        return clear
    if told is not None and abs(hz_to_note(f0_hz) - told) > _OTHER_NOTE:
        return Doubt(OTHER, f"it sounds like note {hz_to_note(f0_hz):.0f}, not {told}")
    return NONE


def unclear(heard: Float32s, sample_rate: int, f0_hz: float) -> Doubt:
    """Whether a stretch of a sound has no pitch, or several."""
    if clarity(heard, sample_rate, f0_hz) < _CLEAR:
        return Doubt(NOISE, "it has no clear pitch: a noise, a chord, or several sounds")
    if Partials(heard, sample_rate).is_chord(f0_hz):
        return Doubt(CHORD, f"it repeats at {f0_hz:.1f} Hz, and has nothing there: a chord, or several sounds")
    return NONE


def unsteady(take: Float32s, sample_rate: int, f0_hz: float) -> Doubt:
    """Whether the pitch of a take, from its onset on, goes elsewhere: as in speech, or a glide."""
    size = round(max(_LOOK_S, _PERIODS / f0_hz) * sample_rate)
    end = round((_LOOK_FROM_S + _LOOKS * _LOOK_EVERY_S) * sample_rate) + size
    take = _without_below(take[:end], sample_rate, f0_hz)
    begins = [round((_LOOK_FROM_S + look * _LOOK_EVERY_S) * sample_rate) for look in range(_LOOKS)]
    looks = [take[begin : begin + size] for begin in begins if begin + size <= take.size]
    power = np.array([float(np.square(look, dtype=np.float64).mean()) for look in looks])
    looks = [look for look, one in zip(looks, power, strict=True) if one > _LOOK_AT * power.max()]
    if len(looks) < _FEWEST_LOOKS:
        return NONE
    stays = sum(_is_there(look, sample_rate, f0_hz) for look in looks)
    if stays < _STAYS * len(looks):
        return Doubt(MOVES, f"its pitch stays at {f0_hz:.1f} Hz in {stays} of {len(looks)} looks: speech, or a glide")
    return NONE


def _without_below(take: Float32s, sample_rate: int, f0_hz: float) -> Float32s:
    """A take without what lies well below its fundamental: hum outlasts a note."""
    spectrum = np.fft.rfft(take)
    spectrum[: round(_WELL_BELOW * f0_hz * take.size / sample_rate)] = 0.0
    cleaned: Float32s = np.fft.irfft(spectrum, take.size).astype(np.float32)
    return cleaned


def _is_there(look: Float32s, sample_rate: int, f0_hz: float) -> bool:
    near_hz = fundamental_hz(look, sample_rate, f0_hz / _NEAR, f0_hz * _NEAR)
    return abs(cents(near_hz, f0_hz)) <= _SAME_CENTS and clarity(look, sample_rate, near_hz) >= _CLEAR


def is_steady(take: Float32s, sample_rate: int) -> bool:
    """Whether a take, from its onset on, stays at one level to its very end."""
    level = _level(take, round(_LEVEL_S * sample_rate))
    if level.size < _FEWEST_LEVELS:
        return False
    power = np.square(level[1:]) / max(float(np.median(np.square(level))), _TINY)
    return bool(power.max() <= _EVEN and power.min() >= 1.0 / _EVEN)


def several(found: Found) -> Doubt:
    """Whether more than one sound begins in a recording: all that speaks against a sound without pitch."""
    if found.n_sounds > 1:
        return Doubt(SEVERAL, f"{found.n_sounds} sounds begin in it, one after the other: a loop, or a whole session")
    return NONE


def range_hz(notes: NoteAnalysis) -> tuple[float, float]:
    """Between which frequencies the fundamental of one of a model's notes lies, however badly tuned."""
    return note_to_hz(notes.note_min - 1), note_to_hz(notes.note_max + 1)


def beyond(heard: Float32s, sample_rate: int, f0_hz: float, low_hz: float, high_hz: float) -> float:
    """The fundamental of a sound that lies below low_hz or above high_hz, in Hz, where it explains the sound better
    than f0_hz, which lies between them; else 0."""
    found_hz = heard_hz(heard, sample_rate, (LOWEST_HZ, HIGHEST_HZ))
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


def _level(sound: Float32s, frame: int) -> Float64s:
    """The root mean square of each whole frame."""
    whole = sound[: sound.size // frame * frame].reshape(-1, frame)
    level: Float64s = np.sqrt(np.square(whole, dtype=np.float64).mean(axis=1))
    return level
