"""From a recording to a training note: cut where it begins, heard against its name, doubted, tuned, analysed.

A name is worth more than an ear: where the sound bears it out, the note is kept, and what speaks against it is told. A
sound that nobody named has only what is heard, so one that may be no single note is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from oscvae.arrays import Float32s
from oscvae.model.analysis import NoteAnalysis
from oscvae.model.bands import BandAxis
from oscvae.sound.doubts import NOISE, NONE, OTHER, STEADY, Doubt, doubt, is_steady, range_hz
from oscvae.sound.files import resample
from oscvae.sound.onset import Found, find_note
from oscvae.sound.partials import Partials, heard_hz
from oscvae.sound.takes import finish, lowered, settled, sharp_cents
from oscvae.training.data.prepare import Checks, OutlierError, Prepared
from oscvae.units import cents, hz_to_note, note_to_hz


@dataclass(frozen=True)
class Told:
    """What is said of a recording."""

    note: int | None = None
    """The MIDI note; None for one that is to be heard."""
    is_guess: bool = False
    """Whether the note counts only where the sound bears it out."""
    is_settled: bool = False
    """Whether somebody has looked at it, so that nothing is doubted."""
    begin_s: float | None = None
    """Where it begins; None where that is to be heard."""
    tuning_cents: float = 0.0
    """By how much its whole set is sharp of its names."""


def hear(recording: Float32s, told: Told, analysis: NoteAnalysis, axis: BandAxis, checks: Checks) -> Prepared:
    """A mono recording [samples] at the analysis's rate as a training note.

    Raises SoundFileError for what is no note, OutlierError for one that is another than its name says, or that nobody
    named and that may be none.
    """
    rate = analysis.sample_rate
    found = find_note(recording, rate, told.begin_s)
    heard = settled(found.take, rate, 0)
    tuning = 2.0 ** (told.tuning_cents / 1200.0)
    f0_hz = heard_hz(heard, rate, range_hz(analysis))
    note, why, denied = told.note, NONE, ""
    if note is not None and not analysis.note_min <= note <= analysis.note_max:
        if not told.is_guess:
            raise _outside(note, analysis, f0_hz, found)
        note, denied = None, f"{note} is outside {analysis.note_min} to {analysis.note_max}"
    if note is not None:
        named_hz = note_to_hz(float(note))
        near_hz = heard_hz(heard, rate, range_hz(analysis), named_hz * tuning)
        off_cents = cents(near_hz / tuning, named_hz)
        if told.is_settled or abs(off_cents) <= checks.cents:
            if not told.is_settled:
                why = _doubted(found, heard, rate, near_hz, f0_hz, named_hz, analysis)
            if told.is_guess and why.kind not in ("", OTHER):
                note, denied, why = None, why.why, NONE
            else:
                f0_hz = near_hz
        else:
            said = f"{f0_hz:.1f} Hz is {cents(f0_hz, named_hz):+.0f} cents from {named_hz:.1f} Hz"
            noise = doubt(found, rate, f0_hz, analysis)
            why = Doubt(noise.kind, f"{said}; {noise.why}") if noise else Doubt(OTHER, said)
            if told.is_guess:
                note, denied, why = None, said, NONE
            elif not checks.keep:
                raise OutlierError(why.why, f0_hz, why.kind, found.begin_s)
    if note is None:
        note = round(hz_to_note(f0_hz / tuning))
        if not analysis.note_min <= note <= analysis.note_max:
            raise _outside(note, analysis, f0_hz, found)
        why = NONE if told.is_settled else _unnamed(found, rate, f0_hz, analysis)
        if why and not checks.keep:
            raise OutlierError(why.why, f0_hz, why.kind, found.begin_s)
    take = found.take if told.tuning_cents == 0.0 else resample(found.take, rate, rate * tuning)
    off_cents = sharp_cents(take, note, rate, 0)
    tuned = lowered(take, rate, off_cents)
    x, level = finish(tuned, analysis, axis, 0)
    all_cents = told.tuning_cents + off_cents
    return Prepared(x, level, note, f0_hz, tuned, why.why, denied, why.kind, found.begin_s, lowered_cents=all_cents)


def _outside(note: int, analysis: NoteAnalysis, f0_hz: float, found: Found) -> OutlierError:
    why = f"note {note} is outside {analysis.note_min} to {analysis.note_max}"
    return OutlierError(why, f0_hz, OTHER, found.begin_s)


def _unnamed(found: Found, rate: int, f0_hz: float, analysis: NoteAnalysis) -> Doubt:
    """What speaks against a sound of which only the sound itself says the note."""
    if why := doubt(found, rate, f0_hz, analysis):
        return why
    if is_steady(found.take, rate):
        return Doubt(STEADY, "it stays at one level to its end: a steady tone, or a loop")
    return NONE


def _doubted(
    found: Found, heard: Float32s, rate: int, near_hz: float, f0_hz: float, named_hz: float, analysis: NoteAnalysis
) -> Doubt:
    """What speaks against a sound whose pitch is that of its name."""
    if abs(cents(near_hz, f0_hz)) <= 100.0:
        return doubt(found, rate, near_hz, analysis)
    said = f"{f0_hz:.1f} Hz is {cents(f0_hz, named_hz):+.0f} cents from {named_hz:.1f} Hz"
    if Partials(heard, rate).settled_hz(near_hz, note_to_hz(analysis.note_max + 1.0)) > 1.5 * near_hz:
        return Doubt(OTHER, f"{said}, and its partials are those of {f0_hz:.1f} Hz: it may be octaves off its name")
    why = doubt(found, rate, near_hz, analysis)
    return why if why and why.kind != NOISE else Doubt(OTHER, f"{said}, but its partials agree")
