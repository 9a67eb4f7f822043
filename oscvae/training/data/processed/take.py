"""What is taken of a processed version: the same stretch as of its dry sound, tuned as that is, as loud against it.

An effect is learnt as what becomes of a note, so nothing of a version is judged by itself: where it begins, how far it
is off, and how loud it is are the dry sound's.
"""

from __future__ import annotations

import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.errors import OscvaeError, SoundFileError
from oscvae.model.analysis import NoteAnalysis
from oscvae.sound.files import SILENT, read_sound
from oscvae.sound.onset import find_note, without_rumble
from oscvae.sound.takes import find_onset, lowered
from oscvae.training.data.dataset import FULL_SCALE
from oscvae.training.data.plan import Job
from oscvae.training.data.prepare import Prepared

LATEST_S = 0.05
"""By which a chain may be late, or early, at most: so much more is taken at both sides."""
_ENDS_S = 0.05
"""By which a version may end before its dry sound without a word."""
_SPARE = 200
"""Samples by which a stretch may be longer than it need be."""


class File(NamedTuple):
    """What the header of a sound file says."""

    rate: int
    channels: int
    seconds: float


@dataclass(frozen=True)
class Taken:
    """A version for a report."""

    effect: str
    told: str
    gain: float
    """Its peak in the row against that of its dry sound."""
    late_s: float | None
    """By how much it is heard later than its dry sound; None where it is not heard to begin."""
    remarks: dict[str, str]
    """By kind, in what its file differs from that of the dry sound."""


def margin(analysis: NoteAnalysis) -> int:
    """Samples before and behind the note's own in a row of `take_versions`."""
    return round(LATEST_S * analysis.sample_rate)


def take_versions(
    job: Job, prepared: Prepared, dry_peak: float, analysis: NoteAnalysis, has_pitch: bool
) -> tuple[list[NDArray[np.int16]], list[dict[str, Any]], list[dict[str, str]]]:
    """(rows [margin + samples + margin] at full scale, a report of each, what is skipped) of a job's versions.

    dry_peak: of the dry sound from its onset on, as it was read. has_pitch: whether it was tuned.
    """
    rows: list[NDArray[np.int16]] = []
    told: list[dict[str, Any]] = []
    skipped: list[dict[str, str]] = []
    rate = analysis.sample_rate
    begin_s = prepared.begin_s if has_pitch else find_onset(prepared.take, rate) / rate
    for version in job.versions:
        try:
            whole = read_sound(version.path, rate, allow_clipped=True)  # a fuzz is flat at its peaks
            row = _stretch(whole, begin_s, prepared.lowered_cents, analysis, has_pitch)
            if float(np.abs(row[margin(analysis) : -margin(analysis)]).max()) < SILENT:
                raise SoundFileError("it is silent where its dry sound sounds")
        except OscvaeError as error:
            skipped.append({"what": version.told, "why": str(error)})
            continue
        peak = float(np.abs(row).max())
        rows.append(np.round(row * (FULL_SCALE / peak)).astype(np.int16))
        late_s = _late_s(whole, begin_s, rate, has_pitch)
        remarks = _remarks(_file(job.path), _file(version.path), begin_s, analysis)
        told.append(asdict(Taken(version.effect, version.told, peak / dry_peak, late_s, remarks)))
    return rows, told, skipped


def _stretch(whole: Float32s, begin_s: float, cents: float, analysis: NoteAnalysis, has_pitch: bool) -> Float32s:
    """A row of a version [samples], as loud as it was read, without what was filtered away of its dry sound too."""
    clean = without_rumble(whole, analysis.sample_rate) if has_pitch else whole
    ratio = 2.0 ** (cents / 1200.0)
    before, size = margin(analysis), analysis.n_samples - analysis.onset_sample + 2 * margin(analysis)
    begin = round(begin_s * analysis.sample_rate)
    # Of the stretches that are long enough, one that is whole samples long when it is resampled: as its dry sound, the
    # version then begins at a sample.
    lengths = math.ceil(before / ratio) + np.arange(_SPARE)
    first = begin - int(lengths[np.abs(lengths * ratio - np.round(lengths * ratio)).argmin()])
    last = begin + math.ceil((size - before) / ratio) + 1
    taken = np.zeros(last - first, np.float32)
    inside = clean[max(first, 0) : last]
    taken[max(first, 0) - first :][: inside.size] = inside
    tuned = lowered(taken, analysis.sample_rate, cents) if cents else taken
    tuned = tuned[round((begin - first) * ratio) - before :][:size]
    row = np.zeros(size, np.float32)
    row[: tuned.size] = tuned
    return row


def _late_s(whole: Float32s, begin_s: float, rate: int, has_pitch: bool) -> float | None:
    try:
        heard_s = find_note(whole, rate).begin_s if has_pitch else find_onset(whole, rate) / rate
    except SoundFileError:
        return None
    return heard_s - begin_s


def _file(path: Path) -> File | None:
    """None of one whose header has to be mended first."""
    import soundfile

    try:
        info = soundfile.info(os.fsencode(path))
    except (OSError, RuntimeError):
        return None
    return File(info.samplerate, info.channels, info.frames / info.samplerate)


def _remarks(dry: File | None, own: File | None, begin_s: float, analysis: NoteAnalysis) -> dict[str, str]:
    if dry is None or own is None:
        return {}
    found = {}
    if own.rate != dry.rate:
        found["rate"] = (
            f"{own.rate} Hz where the dry sound has {dry.rate}: both are resampled to {analysis.sample_rate}"
        )
    if own.channels != dry.channels:
        found["channels"] = f"{own.channels} channels where the dry sound has {dry.channels}: they are mixed to one"
    note_s = (analysis.n_samples - analysis.onset_sample) / analysis.sample_rate
    ends_s = min(dry.seconds, begin_s + note_s)
    if own.seconds < ends_s - _ENDS_S:
        found["length"] = f"it ends after {own.seconds:.2f} s, its dry sound after {dry.seconds:.2f}: silence follows"
    return found
