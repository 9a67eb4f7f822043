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
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from oscvae.arrays import Float32s
from oscvae.errors import SoundFileError
from oscvae.model.analysis import NoteAnalysis
from oscvae.model.bands import BandAxis
from oscvae.sound.files import read_sound
from oscvae.sound.takes import finish
from oscvae.training.data.plan import Item, Job, noise_files
from oscvae.training.data.prepare import Checks, OutlierError, Prepared, prepare
from oscvae.training.data.recipes import AugmentPart
from oscvae.training.data.soundfont import Timbre, render_notes
from oscvae.units import cents, note_to_hz

# Rendered beyond a note's length: for late onsets, and for takes that tuning shortens.
_SPARE_S = 0.1
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


def report_path(parts: Path, job: Job) -> Path:
    return parts / f"{job.key}.json"


def run_job(job: Job, analysis: NoteAnalysis, checks: Checks, augment: AugmentPart, parts: Path) -> None:
    """Makes the part of a job: x [rows, bands, frames], and a report of its rows, outliers and skipped sounds.

    Raises DataError where fluidsynth fails.
    """
    axis = _axis(analysis)
    spectra: list[Float32s] = []
    rows, outliers, skipped = [], [], []
    for index, (item, take) in enumerate(_takes(job, analysis)):
        try:
            if isinstance(take, SoundFileError):
                raise take
            prepared = prepare(take, item.note, analysis, axis, checks)
        except OutlierError as error:
            outliers.append(_outlier(item, str(error), error.f0_hz, kept=False))
            continue
        except SoundFileError as error:
            skipped.append({"what": item.told, "why": str(error)})
            continue
        if prepared.doubt:
            outliers.append(_outlier(item, prepared.doubt, prepared.f0_hz, kept=True))
        for copy, (x, level) in enumerate(_copies(prepared, job, index, analysis, axis, augment)):
            spectra.append(x)
            rows.append({"item": index, "copy": copy, "note": prepared.note, "level": level, "f0_hz": prepared.f0_hz})
    array = np.stack(spectra) if spectra else np.empty((0, analysis.bands.n, analysis.frames), np.float32)
    np.save(spectra_path(parts, job), array)
    write_report(parts, job, {"rows": rows, "outliers": outliers, "skipped": skipped})


def _outlier(item: Item, why: str, f0_hz: float, kept: bool) -> dict[str, Any]:
    off_cents = None if item.note is None else cents(f0_hz, note_to_hz(float(item.note)))
    return {"what": item.told, "why": why, "f0_hz": f0_hz, "cents": off_cents, "kept": kept}


def write_report(parts: Path, job: Job, report: dict[str, Any]) -> None:
    unfinished = report_path(parts, job).with_suffix(".tmp")
    unfinished.write_text(json.dumps(report), encoding="utf-8")
    unfinished.replace(report_path(parts, job))


def _takes(job: Job, analysis: NoteAnalysis) -> Iterator[tuple[Item, Float32s | SoundFileError]]:
    if not job.is_font:
        (item,) = job.items
        try:
            yield item, read_sound(job.path, analysis.sample_rate)
        except SoundFileError as error:
            yield item, error
        return
    length_s = analysis.n_samples / analysis.sample_rate + _SPARE_S
    timbre = Timbre(job.program, job.items[0].velocity, job.bank)
    notes = [item.note for item in job.items if item.note is not None]
    yield from zip(job.items, render_notes(job.path, timbre, notes, length_s, analysis.sample_rate), strict=True)


def _copies(
    prepared: Prepared, job: Job, index: int, analysis: NoteAnalysis, axis: BandAxis, augment: AugmentPart
) -> Iterator[tuple[Float32s, float]]:
    """(x, level) of a note and then of its augmented copies."""
    yield prepared.x, prepared.level
    if not augment.copies:
        return
    from oscvae.training.data.augment import detuned, louder, noisy, pink_noise

    for copy in range(1, augment.copies + 1):
        seed = hashlib.sha256(f"{augment.seed} {job.key} {index} {copy}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(seed[:8], "little"))
        take = detuned(prepared.take, float(rng.uniform(-augment.detune_cents, augment.detune_cents)))
        gain_db = float(rng.uniform(-augment.gain_db, augment.gain_db))
        if augment.noise_db is not None:
            below_db = -float(rng.uniform(min(augment.noise_db), max(augment.noise_db)))
            recorded = _background(augment.noise_folder, analysis.sample_rate, take.size, rng)
            background = pink_noise(take.size, rng) if recorded is None else recorded
            take = noisy(take, background, below_db + gain_db)
        yield finish(louder(take, gain_db), analysis, axis)


def _background(folder: Path | None, sample_rate: int, size: int, rng: np.random.Generator) -> Float32s | None:
    """A random stretch of a random recording of noise, repeated where it is too short."""
    if folder is None:
        return None
    recordings = _noise_recordings(folder, sample_rate)
    recording = recordings[int(rng.integers(len(recordings)))]
    begin = int(rng.integers(recording.size))
    return np.resize(np.roll(recording, -begin), size)


@cache
def _noise_recordings(folder: Path, sample_rate: int) -> list[Float32s]:
    return [read_sound(path, sample_rate) for path in noise_files(folder)]


@cache
def _axis(analysis: NoteAnalysis) -> BandAxis:
    return analysis.band_axis()
