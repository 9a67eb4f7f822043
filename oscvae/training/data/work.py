"""One job of a build, in a process of its own: its sounds rendered or read, prepared, and written as a part.

A part is an array and a report beside it. The report is written last and at once, so a part that was cut short by a
kill is simply not there.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.errors import DataError, OscvaeError, SoundFileError
from oscvae.model.analysis import NoteAnalysis
from oscvae.model.bands import BandAxis
from oscvae.model.level import LEVEL_S
from oscvae.names import shown
from oscvae.sound.files import read_sound
from oscvae.sound.takes import align, find_onset, finish
from oscvae.training.data.dataset import FULL_SCALE
from oscvae.training.data.folder.hear import Told, hear
from oscvae.training.data.holding import Hold
from oscvae.training.data.plan import Item, Job, noise_files
from oscvae.training.data.prepare import Checks, OutlierError, Prepared, prepare, prepare_stroke
from oscvae.training.data.processed.take import take_versions
from oscvae.training.data.recipes import AugmentPart
from oscvae.training.data.soundfont import LEAD_S, RenderError, Timbre, render_notes
from oscvae.units import cents, note_to_hz

# Rendered beyond a note's length: for late onsets, and for takes that tuning shortens.
_SPARE_S = 0.1
_END_S, _FADED = 0.05, 0.01
"""A take whose end is louder than that, of its peak, was cut."""
KEPT_PEAK = 0.5
"""Of a sound that is kept: what an effect does depends on how loud it is played."""
_PR_SET_PDEATHSIG = 1


def begin_worker(parent: int) -> None:
    """In a fresh process: Ctrl-C is the parent's to handle, and its death this one's too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before it could be asked
        os._exit(1)


def spectra_path(parts: Path, job: Job) -> Path:
    return parts / f"{job.key}.npy"


def sounds_path(parts: Path, job: Job) -> Path:
    return parts / f"{job.key}.sounds.npy"


def versions_path(parts: Path, job: Job) -> Path:
    return parts / f"{job.key}.versions.npy"


def report_path(parts: Path, job: Job) -> Path:
    return parts / f"{job.key}.json"


def run_job(
    job: Job,
    analysis: NoteAnalysis,
    checks: Checks,
    augment: AugmentPart,
    parts: Path,
    hold: Hold | None = None,
    root_note: int | None = None,
    keep_sounds: bool = False,
) -> None:
    """Makes the part of a job: x [rows, bands, frames], and a report of its rows, outliers and skipped sounds; where
    they are kept, the sounds int16 [rows, samples] from their onsets on.

    root_note: of strokes, the note that each is.
    Whatever is wrong with one sound leaves that one out. Raises DataError where fluidsynth is not installed.
    """
    axis = _axis(analysis)
    spectra: list[Float32s] = []
    sounds: list[NDArray[np.int16]] = []
    versions: list[NDArray[np.int16]] = []
    report = Report()
    noises = _noise(augment, analysis.sample_rate, report)
    held = None if hold is None else (hold, round((LEAD_S + hold.pressed_s) * analysis.sample_rate))
    for index, (item, take) in enumerate(_takes(job, analysis, hold)):
        try:
            if isinstance(take, OscvaeError):
                raise take
            prepared = (
                _prepared(item, take, analysis, axis, checks, held)
                if root_note is None
                else prepare_stroke(take, root_note, analysis, axis)
            )
            made = list(_copies(prepared, job, index, analysis, axis, augment, noises))
        except OutlierError as error:
            report.outliers.append(outlier(item, str(error), error.f0_hz, False, error.kind, error.begin_s))
            continue
        except OscvaeError as error:
            report.skip(item, str(error))
            continue
        except Exception as error:  # a fault of ours that one sound brings to light is no reason to lose the others
            report.skip(item, f"it cannot be used: {type(error).__name__}: {error}")
            continue
        processed: list[dict[str, Any]] = []
        if keep_sounds:
            sound = _sound(prepared, job, analysis)
            peak = float(np.abs(sound).max())
            sounds.append(np.round(sound * (KEPT_PEAK * FULL_SCALE / peak)).astype(np.int16))
            rows, processed, skipped = take_versions(job, prepared, peak, analysis, root_note is None)
            versions += rows
            report.skipped += skipped
        if prepared.doubt:
            told = (prepared.doubt, prepared.f0_hz, True, prepared.kind, prepared.begin_s)
            report.outliers.append(outlier(item, *told))
        for copy, (x, level, semitones) in enumerate(made):
            spectra.append(x)
            row: dict[str, Any] = {
                "item": index,
                "copy": copy,
                "note": prepared.note + semitones,
                "level": level,
                "f0_hz": prepared.f0_hz * 2.0 ** (semitones / 12.0),
            }
            row |= {"transposed": semitones} if semitones else {}
            row |= {} if job.is_font else {"begin_s": prepared.begin_s}
            row |= {"versions": processed} if processed else {}
            report.rows.append(row | ({"denied": prepared.denied} if prepared.denied else {}))
    array = np.stack(spectra) if spectra else np.empty((0, analysis.bands.n, analysis.frames), np.float32)
    np.save(spectra_path(parts, job), array)
    if keep_sounds:
        length = analysis.n_samples - analysis.onset_sample
        np.save(sounds_path(parts, job), np.stack(sounds) if sounds else np.empty((0, length), np.int16))
    if versions:
        np.save(versions_path(parts, job), np.stack(versions))
    write_report(parts, job, report)


def _onset(prepared: Prepared, job: Job) -> int | None:
    """The sample of its take at which a note begins, where that is known."""
    return None if job.is_font or prepared.level_s != LEVEL_S else 0


def _sound(prepared: Prepared, job: Job, analysis: NoteAnalysis) -> Float32s:
    """[samples] from the onset on."""
    rate = analysis.sample_rate
    sound = align(prepared.take, analysis.onset_sample, analysis.n_samples, rate, _onset(prepared, job))
    return sound[analysis.onset_sample :]


@dataclass
class Report:
    """What became of a job's sounds."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    """{"item", "copy", "note", "level", "f0_hz"}, one for each spectrum; "transposed" of a copy at another note, by so
    many semitones; "begin_s" of a file; "denied" where a guessed note was not; "versions" where effects made others of
    it."""
    outliers: list[dict[str, Any]] = field(default_factory=list)
    """{"what", "why", "f0_hz", "cents", "kept"}; "kind" and "begin_s" of a file."""
    skipped: list[dict[str, Any]] = field(default_factory=list)
    """{"what", "why"}."""

    def skip(self, item: Item, why: str) -> None:
        self.skipped.append({"what": item.told, "why": why})


def give_up(job: Job, why: str, parts: Path) -> None:
    """Makes an empty part of a job that cannot be done."""
    report = Report()
    for item in job.items:
        report.skip(item, why)
    np.save(spectra_path(parts, job), np.empty((0, 1, 1), np.float32))
    np.save(sounds_path(parts, job), np.empty((0, 1), np.int16))
    write_report(parts, job, report)


def outlier(
    item: Item, why: str, f0_hz: float, kept: bool, kind: str = "", begin_s: float | None = None
) -> dict[str, Any]:
    """A line on a sound that is another than its name says: where its note is from, and what to set."""
    off_cents = None if item.note is None else cents(f0_hz, note_to_hz(float(item.note)))
    said = f"{item.said}, but {why}" if item.said else why
    told = (
        said
        if kept or not item.setting or item.note is None
        else f"{said}; --set {item.setting}=sound goes by what is heard"
    )
    line = {"what": item.told, "why": told, "f0_hz": f0_hz, "cents": off_cents, "kept": kept}
    return line if item.program >= 0 else line | {"kind": kind, "begin_s": begin_s}


def write_report(parts: Path, job: Job, report: Report) -> None:
    unfinished = report_path(parts, job).with_suffix(".tmp")
    unfinished.write_text(json.dumps(vars(report)), encoding="utf-8")
    unfinished.replace(report_path(parts, job))


def _takes(job: Job, analysis: NoteAnalysis, hold: Hold | None) -> Iterator[tuple[Item, Float32s | OscvaeError]]:
    if not job.is_font:
        (item,) = job.items
        try:
            yield item, read_sound(job.path, analysis.sample_rate)
        except SoundFileError as error:
            yield item, error
        return
    length_s = _SPARE_S + (analysis.n_samples / analysis.sample_rate if hold is None else hold.length_s(analysis))
    timbre = Timbre(job.program, job.items[0].velocity, job.bank)
    notes = [item.note for item in job.items if item.note is not None]
    try:
        pressed_s = None if hold is None else hold.pressed_s
        takes = render_notes(job.path, timbre, notes, length_s, analysis.sample_rate, pressed_s)
    except RenderError as error:
        yield from ((item, error) for item in job.items)
        return
    yield from zip(job.items, takes, strict=True)


def _prepared(
    item: Item,
    take: Float32s,
    analysis: NoteAnalysis,
    axis: BandAxis,
    checks: Checks,
    held: tuple[Hold, int] | None,
) -> Prepared:
    if item.program >= 0:
        assert item.note is not None  # a SoundFont is asked for a note
        return prepare(take, item.note, analysis, axis, checks, held)
    told = Told(item.note, item.is_guess, item.is_settled, item.begin_s, item.tuning_cents)
    return hear(take, told, analysis, axis, checks)


def _copies(
    prepared: Prepared,
    job: Job,
    index: int,
    analysis: NoteAnalysis,
    axis: BandAxis,
    augment: AugmentPart,
    noises: Sequence[Float32s],
) -> Iterator[tuple[Float32s, float, int]]:
    """(x, level, semitones from the note) of a note and then of its augmented copies."""
    yield prepared.x, prepared.level, 0
    if not augment.alters:
        return
    from oscvae.training.data.augment import detuned, faster, louder, noisy, pink_noise

    for copy in range(1, augment.copies + 1):
        seed = hashlib.sha256(f"{augment.seed} {job.key} {index} {copy}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(seed[:8], "little"))
        take = detuned(prepared.take, float(rng.uniform(-augment.detune_cents, augment.detune_cents)))
        take = _varied(take, augment, analysis.sample_rate, rng)
        gain_db = float(rng.uniform(-augment.gain_db, augment.gain_db))
        if augment.noise_db is not None:
            below_db = -float(rng.uniform(min(augment.noise_db), max(augment.noise_db)))
            background = _background(noises, take.size, rng) if noises else pink_noise(take.size, rng)
            take = noisy(take, background, below_db + gain_db)
        yield *finish(louder(take, gain_db), analysis, axis, _onset(prepared, job), prepared.level_s), 0
    most = augment.transpose_semitones or 0
    has_faded = _has_faded(prepared.take, analysis.sample_rate)
    for semitones in range(-most, most + 1):
        if semitones and analysis.note_min <= prepared.note + semitones <= analysis.note_max:
            take = faster(prepared.take, semitones, analysis.sample_rate)
            if semitones > 0 and not has_faded and take.size < analysis.n_samples:
                continue  # the cut would come sooner, and be learnt
            yield *finish(take, analysis, axis, _onset(prepared, job), prepared.level_s), semitones


def _has_faded(take: Float32s, sample_rate: int) -> bool:
    """Whether a take ends by itself, and was not cut while it sounded."""
    end = np.abs(take[-round(_END_S * sample_rate) :])
    return float(end.max(initial=0.0)) < _FADED * float(np.abs(take).max(initial=0.0))


def _varied(take: Float32s, augment: AugmentPart, sample_rate: int, rng: np.random.Generator) -> Float32s:
    """A take as another instrument of its kind would have sounded: of another size, colour, damping."""
    from oscvae.training.data.augment import faded, faster, tilted

    if augment.speed_semitones:
        take = faster(take, float(rng.uniform(-augment.speed_semitones, augment.speed_semitones)), sample_rate)
    if augment.fade_s is not None and rng.random() < 0.5:
        fade_s = float(np.exp(rng.uniform(*np.log(augment.fade_s))))
        take = faded(take, fade_s, find_onset(take, sample_rate), sample_rate)
    if augment.tilt_db and rng.random() < 0.5:
        take = tilted(take, float(rng.uniform(-augment.tilt_db, augment.tilt_db)), sample_rate)
    return take


def _background(noises: Sequence[Float32s], size: int, rng: np.random.Generator) -> Float32s:
    """A random stretch of a random recording of noise, repeated where it is too short."""
    recording = noises[int(rng.integers(len(noises)))]
    begin = int(rng.integers(recording.size))
    return np.resize(np.roll(recording, -begin), size)


def _noise(augment: AugmentPart, sample_rate: int, report: Report) -> Sequence[Float32s]:
    """The recordings of noise that can be used, if any are asked for; what cannot be is skipped.

    Raises DataError where none can.
    """
    if not augment.copies or augment.noise_db is None or augment.noise_folder is None:
        return ()
    files = noise_files(augment.noise_folder)
    noises, skipped = _noise_recordings(tuple((path, path.stat().st_mtime_ns) for path in files), sample_rate)
    report.skipped += skipped
    if not noises:
        why = "; ".join(f"{one['what']}: {one['why']}" for one in skipped[:3])
        raise DataError(f"no file in the noise folder {shown(augment.noise_folder)} can be used: {why}")
    return noises


@cache
def _noise_recordings(
    files: tuple[tuple[Path, int], ...], sample_rate: int
) -> tuple[list[Float32s], list[dict[str, str]]]:
    """Of files and when they were written."""
    noises, skipped = [], []
    for path, _ in files:
        try:
            noises.append(read_sound(path, sample_rate))
        except SoundFileError as error:
            skipped.append({"what": shown(Path(path.parent.name) / path.name), "why": str(error)})
    return noises, skipped


@cache
def _axis(analysis: NoteAnalysis) -> BandAxis:
    return analysis.band_axis()
