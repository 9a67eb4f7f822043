"""From a rendered sound to a training note: checked against its name, tuned, aligned, levelled, analysed into bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.errors import SoundFileError
from oscvae.model.analysis import NoteAnalysis
from oscvae.model.bands import BandAxis
from oscvae.model.level import LEVEL_S, STROKE_LEVEL_S
from oscvae.sound.pitch import fundamental_hz
from oscvae.sound.takes import finish, settled, tune
from oscvae.training.data.holding import Hold, finish_held, middle, tune_held
from oscvae.units import cents, note_to_hz

# Of the energy at a note's partials, what may lie between them before the octave below is believed.
_BETWEEN = 0.1
_OCTAVE_PARTIALS = 12
_OCTAVE_REACH = 0.06  # of the fundamental


@dataclass(frozen=True)
class Checks:
    """When a sound is not what its name says."""

    cents: float = 60.0
    """From the name's pitch to the estimated one, at most."""
    keep: bool = False
    """Whether outliers stay in the set; listed they are in any case."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A note for a data set."""

    x: Float32s
    """[bands, frames] in [-1, 1], the note's level at 0 dB."""
    level: float
    """The linear STFT magnitude that became 0 dB."""
    note: int
    f0_hz: float
    """The fundamental that was heard, before the note was tuned."""
    take: Float32s
    """[samples], tuned, before it was aligned."""
    doubt: str = ""
    """Why the note is listed although it was kept; empty for one beyond doubt."""
    denied: str = ""
    """Why the note that was guessed is not that of the sound; empty where it is, or none was."""
    kind: str = ""
    """Of the doubt, as `oscvae.sound.doubts` names it."""
    begin_s: float = 0.0
    """Where in its recording the note begins."""
    level_s: float = LEVEL_S
    """How long the part is that has this level."""
    lowered_cents: float = 0.0
    """By how much the take was resampled to be in tune."""


class OutlierError(SoundFileError):
    """A sound that is not what its name says."""

    def __init__(self, message: str, f0_hz: float, kind: str = "", begin_s: float = 0.0) -> None:
        super().__init__(message)
        self.f0_hz = f0_hz
        self.kind = kind
        self.begin_s = begin_s


def prepare(
    take: Float32s,
    note: int,
    analysis: NoteAnalysis,
    axis: BandAxis,
    checks: Checks,
    held: tuple[Hold, int] | None = None,
) -> Prepared:
    """A rendered take at the analysis's rate of a note as a training note. held: of a note that is held, how, and the
    sample at which its key is let go.

    Raises SoundFileError for what is no note, OutlierError for one that is another than it should be.
    """
    rate = analysis.sample_rate
    heard = settled(take, rate) if held is None else middle(take, rate, held[1])
    low_hz, high_hz = note_to_hz(analysis.note_min - 1.0), note_to_hz(analysis.note_max + 1.0)
    f0_hz = fundamental_hz(heard, rate, low_hz, high_hz)
    if not analysis.note_min <= note <= analysis.note_max:
        raise OutlierError(f"note {note} is outside {analysis.note_min} to {analysis.note_max}", f0_hz)
    f0_hz, doubt = _settle(heard, rate, note, f0_hz, checks)
    if held is None:
        tuned = tune(take, note, rate)
        x, level = finish(tuned, analysis, axis)
    else:
        tuned, released = tune_held(take, note, rate, held[1])
        x, level = finish_held(tuned, released, held[0], analysis, axis)
    return Prepared(x=x, level=level, note=note, f0_hz=f0_hz, take=tuned, doubt=doubt)


def prepare_stroke(take: Float32s, root_note: int, analysis: NoteAnalysis, axis: BandAxis) -> Prepared:
    """A mono take at the analysis's rate of a sound without pitch, as it is. Raises SoundFileError for silence."""
    x, level = finish(take, analysis, axis, level_s=STROKE_LEVEL_S)
    f0_hz = note_to_hz(float(root_note))
    return Prepared(x=x, level=level, note=root_note, f0_hz=f0_hz, take=take, level_s=STROKE_LEVEL_S)


def _settle(heard: Float32s, rate: int, note: int, f0_hz: float, checks: Checks) -> tuple[float, str]:
    """(the fundamental, empty where it agrees with the name, else why it was kept); raises OutlierError."""
    named_hz = note_to_hz(float(note))
    off_cents = cents(f0_hz, named_hz)
    if abs(off_cents) <= checks.cents:
        return f0_hz, ""
    octaves = round(off_cents / 1200.0)
    said = f"{f0_hz:.1f} Hz is {off_cents:+.0f} cents from {named_hz:.1f} Hz"
    if octaves and abs(off_cents - 1200.0 * octaves) <= checks.cents and is_octave(heard, rate, named_hz):
        return f0_hz * 2.0**-octaves, f"{said}, but its partials agree"
    if checks.keep:
        return f0_hz, said
    raise OutlierError(said, f0_hz)


def is_octave(heard: Float32s, rate: int, named_hz: float) -> bool:
    """Whether the partials agree with a pitch, against the octaves below and above: the autocorrelation mixes them up.

    The odd partials of the octave below must be faint, and the odd ones of the pitch itself must not.
    """
    power = np.abs(np.fft.rfft(heard * np.hanning(heard.size), 4 * heard.size)) ** 2
    per_bin_hz = rate / (4 * heard.size)

    def energy(orders: NDArray[np.float64]) -> float:
        total = 0.0
        for order in orders:
            low, high = (order - _OCTAVE_REACH) * named_hz / per_bin_hz, (order + _OCTAVE_REACH) * named_hz / per_bin_hz
            total += float(power[int(low) : int(np.ceil(high)) + 1].sum())
        return total

    whole = np.arange(1.0, _OCTAVE_PARTIALS + 1.0)
    own = energy(whole)
    return energy(whole - 0.5) < _BETWEEN * own and energy(whole[::2]) > _BETWEEN * own
