"""What an ear would say of a note, all of it at once: the row that every figure of sound is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.sound.envelope import (
    attack_s,
    brightness_hz,
    decay_s,
    end_click_db,
    onset_click_db,
    peak_db,
)
from oscvae.sound.levels import loudest_db
from oscvae.sound.pitch import detune_cents
from oscvae.training.evaluate.harmonic import explains_better, fundamental_hz, octaves_off, partials
from oscvae.training.evaluate.subject import Subject, batches
from oscvae.training.evaluate.summary import Track, quietly
from oscvae.units import cents, note_to_hz

SETTLED_S = 0.05
"""A plucked string starts sharp and noisy; pitch and noise are taken after this, or a quarter of a short sound."""
_MARGIN_NOTES = 1  # the fundamental is sought from a semitone below the lowest note to one above the highest


@dataclass(frozen=True)
class Heard:
    """One note as it sounds."""

    note: float
    """MIDI note that it should be."""
    error_cents: float
    """Deviation from that note, with its sign; NaN where it is another octave or no pitch."""
    octaves: float
    """By how many octaves it is off; NaN where its pitch is none of that note's octaves."""
    hnr_db: float
    stiffness: float
    peak_db: float
    level_db: float
    brightness_hz: float
    decay_s: float
    attack_s: float
    onset_click_db: float
    end_click_db: float


@dataclass(frozen=True, eq=False)
class Table:
    """Many notes, one column [N] for each field of Heard."""

    columns: dict[str, Float64s]

    def __getitem__(self, name: str) -> Float64s:
        return self.columns[name]

    def __len__(self) -> int:
        return int(self.columns["note"].size)


def listen(sound: Float32s, sample_rate: int, note: float, lowest: float, highest: float) -> Heard:
    """To one note as it is played; the model's notes go from `lowest` to `highest`."""
    expected_hz = note_to_hz(note)
    settled = sound[min(round(SETTLED_S * sample_rate), sound.size // 4) :]
    low_hz, high_hz = note_to_hz(lowest - _MARGIN_NOTES), note_to_hz(highest + _MARGIN_NOTES)
    coarse_hz = fundamental_hz(settled, sample_rate, low_hz, high_hz)
    octaves = octaves_off(coarse_hz, expected_hz)
    if octaves != 0 and not explains_better(settled, sample_rate, coarse_hz, expected_hz):
        octaves = 0
    harmonic = partials(settled, sample_rate, expected_hz)
    return Heard(
        note=note,
        error_cents=_error_cents(settled, sample_rate, expected_hz, coarse_hz, octaves),
        octaves=np.nan if octaves is None else float(octaves),
        hnr_db=harmonic.hnr_db,
        stiffness=harmonic.stiffness,
        peak_db=peak_db(sound),
        level_db=loudest_db(sound, sample_rate),
        brightness_hz=brightness_hz(sound, sample_rate),
        decay_s=decay_s(sound, sample_rate),
        attack_s=attack_s(sound, sample_rate),
        onset_click_db=onset_click_db(sound, sample_rate),
        end_click_db=end_click_db(sound, sample_rate),
    )


def _error_cents(settled: Float32s, rate: int, expected_hz: float, coarse_hz: float, octaves: int | None) -> float:
    """By the first two partials where the note is about right; else what the autocorrelation says."""
    if octaves is None:
        return cents(coarse_hz, expected_hz)
    return detune_cents(settled, rate, expected_hz) if octaves == 0 else float("nan")


def listen_to_points(
    subject: Subject, z: Float32s, note: Sequence[int] | Int64s, title: str = "listening", track: Track = quietly
) -> Table:
    """To every point [N, D] at its note, decoded and reconstructed."""
    document = subject.document
    rows: list[Heard] = []
    for part in track(list(batches(len(note), 16)), title):
        for x, each in zip(subject.decode_batch(z[part], note[part]), note[part], strict=True):
            sound = subject.sound(x)
            rows.append(listen(sound, document.sample_rate, float(each), document.note_min, document.note_max))
    return table(rows)


def listen_to_spectra(
    subject: Subject, x: Float32s, rows: Int64s, note: Int64s, title: str = "listening", track: Track = quietly
) -> Table:
    """To recordings `x[rows]` through the same phase reconstruction, so that only the decoder makes a difference."""
    document = subject.document
    heard = []
    for part in track(list(batches(rows.size, 16)), title):
        for row in rows[part]:
            sound = subject.sound(np.array(x[row]))
            heard.append(listen(sound, document.sample_rate, float(note[row]), document.note_min, document.note_max))
    return table(heard)


def table(rows: Sequence[Heard]) -> Table:
    return Table({field.name: np.array([getattr(row, field.name) for row in rows]) for field in fields(Heard)})
