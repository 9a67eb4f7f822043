"""Builds a data set: jobs in parallel, each into a part, then all parts into one array and an index.

A build that is killed goes on where it was, since a part is there whole or not at all; the bytes depend on the recipe
and the sounds, and not on how many processes made them, in which order, or how often they were stopped.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscvae.errors import DataError
from oscvae.model.analysis import NoteAnalysis
from oscvae.names import shown
from oscvae.training.data.dataset import TRAIN
from oscvae.training.data.folder.guesses import believe
from oscvae.training.data.folder.preview import rows_of
from oscvae.training.data.folder.table import Row
from oscvae.training.data.folder.whole import counts, evenly_off, octave_hint, told_tuning
from oscvae.training.data.parts import Parts
from oscvae.training.data.plan import Item, Job, Plan, make_plan, setting_of, settled
from oscvae.training.data.processed.keep import Kept, keep_versions
from oscvae.training.data.recipes import DataRecipe
from oscvae.training.data.split import OPEN, divide
from oscvae.training.data.store import INDEX, SOUNDS, SPECTRA, digest_of, index_of, read_index, write_index
from oscvae.training.data.work import begin_worker, give_up, report_path, run_job, sounds_path, spectra_path

PARTS = "parts"
_LOCK = ".lock"
# Of the libraries below NumPy: there is a process for each core already.
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_DIGITS = 9  # that a float32 needs

Progress = Callable[[int, int], None]
"""Sounds that are done, and all."""


@dataclass(frozen=True)
class Built:
    """What a build came to."""

    path: Path
    notes: int
    """Without the copies of them."""
    fingerprint: str
    outliers: tuple[dict[str, Any], ...]
    """{"what", "why", "f0_hz", "cents", "kept"}."""
    skipped: tuple[dict[str, Any], ...]
    """{"what", "why"}."""
    passed_over: tuple[dict[str, Any], ...] = ()
    """{"what", "why"} of what lies among the sounds and is none."""
    remarks: tuple[dict[str, Any], ...] = ()
    """{"what", "why"} of whole folders."""
    n_sounds: int = 0
    """How many sounds were looked at."""
    copies: int = 0
    """Altered ones of notes that are trained on."""
    was_there: bool = False
    """Whether the same set had been built before, and nothing was to be done."""


def build(
    recipe: DataRecipe, out: Path, workers: int = 1, force: bool = False, progress: Progress | None = None
) -> Built:
    """Builds the recipe's data set in the folder `out`, or goes on with it.

    workers: processes; 0 works in this one. force: over another set that is there.
    Raises DataError for sounds that are missing, a folder that holds something else, or a set that would be empty.
    """
    out = Path(out)
    recipe = settled(recipe)
    plan = make_plan(recipe)
    identity = plan.identity(recipe)
    if (out / INDEX).is_file():
        index = read_index(out)
        if index.get("identity") == identity and (out / SPECTRA).is_file():
            return _built(out, index, plan, was_there=True)
        if not force:
            held = f"{out} holds another data set, {index['name']!r} by another recipe, or of other sounds"
            raise DataError(f"{held}: choose another folder, or --force")
        (out / INDEX).unlink()
    elif out.is_dir() and any(out.iterdir()) and not (out / PARTS).is_dir() and not force:
        raise DataError(f"{out} is not empty, and holds no data set: choose another folder, or --force")
    parts = out / PARTS
    parts.mkdir(parents=True, exist_ok=True)
    with _only_one(parts):
        made = _make(plan, recipe, parts, workers, progress)
        index = _assemble(made, recipe, identity, out)
    shutil.rmtree(parts)
    return _built(out, index, plan)


def survey(
    recipe: DataRecipe, out: Path, workers: int = 1, progress: Progress | None = None
) -> tuple[list[Row], list[dict[str, Any]]]:
    """What `build` would make of every recording of the recipe's folders, and what it remarks of whole ones.

    Its parts stay in `out`, where no set is yet, so that the build need not make them again. Raises DataError.
    """
    recipe = settled(recipe)
    plan = make_plan(recipe)
    with tempfile.TemporaryDirectory(prefix="oscvae-") as elsewhere:
        parts = (Path(elsewhere) if (out / INDEX).is_file() else out) / PARTS
        parts.mkdir(parents=True, exist_ok=True)
        with _only_one(parts):
            made = _make(plan, recipe, parts, workers, progress)
    return rows_of(made.plan, made.reports, *believe(made.rows)), made.remarks


@dataclass(frozen=True)
class _Made:
    """The parts of a build."""

    plan: Plan
    reports: list[dict[str, Any]]
    """One for each job."""
    remarks: list[dict[str, Any]]

    @property
    def rows(self) -> list[tuple[Item, dict[str, Any]]]:
        pairs = zip(self.plan.jobs, self.reports, strict=True)
        return [(job.items[row["item"]], row) for job, report in pairs for row in report["rows"]]


def _make(plan: Plan, recipe: DataRecipe, parts: Path, workers: int, progress: Progress | None) -> _Made:
    """All parts; those of a folder that is evenly off its names once more, tuned to them."""
    progress = progress or (lambda done, total: None)
    _make_parts(plan, recipe, parts, workers, progress)
    reports = _reports(plan, parts)
    tunings = evenly_off(_said(plan, reports))
    if tunings:
        plan = make_plan(recipe, tunings)
        _make_parts(plan, recipe, parts, workers, progress)
        reports = _reports(plan, parts)
    folders = {setting_of(number): shown(folder.path) for number, folder in enumerate(recipe.folders)}
    remarks = [{"what": folders[setting], "why": told_tuning(off)} for setting, off in tunings.items()]
    return _Made(plan, reports, remarks)


def _reports(plan: Plan, parts: Path) -> list[dict[str, Any]]:
    return [json.loads(report_path(parts, job).read_text(encoding="utf-8")) for job in plan.jobs]


def _said(plan: Plan, reports: list[dict[str, Any]]) -> Iterator[tuple[Item, float]]:
    """The sounds of files that are said to be a note, and the fundamentals that were heard."""
    for job, report in zip(plan.jobs, reports, strict=True):
        if not job.is_font and job.items[0].note is not None:
            lines = [row for row in report["rows"] if not row["copy"]] or report["outliers"]
            yield from ((job.items[0], line["f0_hz"]) for line in lines[:1])


def _built(out: Path, index: dict[str, Any], plan: Plan, was_there: bool = False) -> Built:
    told = (tuple(index["outliers"]), tuple(index["skipped"]), tuple(plan.passed_over), tuple(index.get("remarks", ())))
    copies = sum("copy" in row for row in index["notes"])
    return Built(out, len(index["notes"]) - copies, index["fingerprint"], *told, plan.n_sounds(), copies, was_there)


@contextmanager
def _only_one(parts: Path) -> Iterator[None]:
    """Two builds in one folder would take each other's parts away."""
    with (parts / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DataError(
                f"another build is at work in {parts.parent}: wait for it, or choose another folder"
            ) from None
        yield


def _make_parts(plan: Plan, recipe: DataRecipe, parts: Path, workers: int, progress: Progress) -> None:
    waiting = [job for job in plan.jobs if not report_path(parts, job).is_file()]
    total = plan.n_sounds()
    done = total - sum(len(job.items) for job in waiting)
    progress(done, total)
    settings = (
        plan.analysis,
        recipe.checks.checks(),
        recipe.augment,
        parts,
        plan.hold,
        plan.root_note,
        recipe.keeps_sounds,
    )
    if workers == 0:
        for job in waiting:
            run_job(job, *settings)
            progress(done := done + len(job.items), total)
        return
    while waiting:
        try:
            for job in _in_processes(waiting, settings, min(workers, len(waiting))):
                progress(done := done + len(job.items), total)
            return
        except BrokenProcessPool:
            waiting = [job for job in waiting if not report_path(parts, job).is_file()]
            done = total - sum(len(job.items) for job in waiting)
            _find_killer(waiting, settings, parts)
            waiting = [job for job in waiting if not report_path(parts, job).is_file()]


def _in_processes(jobs: list[Job], settings: tuple[Any, ...], workers: int) -> Iterator[Job]:
    """Runs the jobs and yields each that is done."""
    with _one_thread_each():
        pool = ProcessPoolExecutor(
            workers, mp_context=get_context("spawn"), initializer=begin_worker, initargs=(os.getpid(),)
        )
        running: dict[Future[None], Job] = {pool.submit(run_job, job, *settings): job for job in jobs}
    try:
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                future.result()
                yield running.pop(future)
        pool.shutdown()
    except BaseException:
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        raise


def _find_killer(jobs: list[Job], settings: tuple[Any, ...], parts: Path) -> None:
    """A sound has taken its process down: each on its own, until the one that does it again is found and skipped."""
    for job in jobs:
        try:
            for _ in _in_processes([job], settings, 1):
                pass
        except BrokenProcessPool:
            why = "rendering it crashed" if job.is_font else "reading it crashed: it is damaged"
            give_up(job, why, parts)
            return


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """What processes that start inside inherit: libraries read it as they load."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _assemble(all_made: _Made, recipe: DataRecipe, identity: str, out: Path) -> dict[str, Any]:
    """All parts in the order of the plan, into x.npy and the index."""
    parts, plan, reports, made = out / PARTS, all_made.plan, all_made.reports, all_made.rows
    believed, doubts = believe(made)
    outliers = [one for report in reports for one in report["outliers"]] + doubts
    skipped = _once(plan.skipped + [one for report in reports for one in report["skipped"]])
    if not believed.any():
        reasons = "; ".join(f"{one['what']}: {one['why']}" for one in [*skipped, *outliers][:3])
        said = [*counts(outliers, plan.n_sounds()), *filter(None, [octave_hint(outliers)]), reasons]
        raise DataError(f"none of the {plan.n_sounds()} sounds can be used: {'; '.join(said)}")
    notes = [made[at] for at in np.flatnonzero(believed)]
    columns = _columns(notes, plan.timbres)
    moved = np.array([row.get("transposed", 0) for _, row in notes])
    of = columns["note"] - moved
    asked = zip(notes, of.tolist(), strict=True)
    parts_of = np.array([_settled(plan.parts, item, note) for (item, _), note in asked], np.int8)
    recorded = np.array([row["copy"] for _, row in notes]) == 0
    columns["split"] = divide(of, columns["timbre"], columns["source"], recipe.split, parts_of)
    among = (columns["note"] >= of.min()) & (columns["note"] <= of.max())
    withheld = columns["split"] != TRAIN
    held = set(zip(columns["source"][withheld].tolist(), of[withheld].tolist(), strict=True))
    pairs = zip(columns["source"].tolist(), columns["note"].tolist(), strict=True)
    known = np.array([pair in held for pair in pairs])  # a neighbour of the same recording would give it away
    kept = recorded | ~withheld & among & ~known
    written = believed.copy()
    written[believed] = kept
    analysis = plan.analysis
    _write(plan, parts, written, spectra_path, out / SPECTRA, np.float32, (analysis.bands.n, analysis.frames))
    if recipe.keeps_sounds:
        length = analysis.n_samples - analysis.onset_sample
        _write(plan, parts, written, sounds_path, out / SOUNDS, np.int16, (length,))
    processed = _processed(all_made, recipe, written, out)
    rows = [
        {
            **{name: _plain(column[at]) for name, column in columns.items()},
            **({"file": notes[at][0].told} if notes[at][0].program < 0 else {}),
            **({"copy": notes[at][1]["copy"]} if notes[at][1]["copy"] else {}),
            **({"loop_s": round(notes[at][0].loop_s, 4)} if math.isfinite(notes[at][0].loop_s) else {}),
            **({"compared": False} if not _is_compared(plan.parts, notes[at][0]) else {}),
            **({"effects": processed.gains[number]} if processed is not None else {}),
        }
        for number, at in enumerate(np.flatnonzero(kept).tolist())
    ]
    index = index_of(
        name=recipe.name,
        licence=recipe.licence,
        origins=plan.origins,
        analysis=_narrowed(plan.analysis, recipe, columns["note"][kept]),
        timbres=plan.timbres,
        sources=plan.sources,
        notes=rows,
    )
    if plan.hold is not None:
        index["held"] = {"sustain": list(plan.hold.region), "release_s": recipe.held.release_s}
    if plan.root_note is not None:
        index["root_note"] = plan.root_note
    index |= {"identity": identity, "outliers": outliers, "skipped": skipped}
    remarks = all_made.remarks + (processed.remarks if processed is not None else [])
    index |= {"remarks": remarks} if remarks else {}
    index |= {"sounds": digest_of(out / SOUNDS)} if recipe.keeps_sounds else {}
    index |= {"effects": processed.about} if processed is not None else {}
    return {**index, "fingerprint": write_index(out, index)}


def _processed(made: _Made, recipe: DataRecipe, written: NDArray[np.bool_], out: Path) -> Kept | None:
    """What effects of a folder's own made of the notes that are written; None where there are none of them."""
    roots = [folder.path for folder in recipe.folders if folder.effects]
    return keep_versions(made.plan, made.reports, written, out / PARTS, out, roots[0]) if roots else None


def _settled(parts: Parts, item: Item, note: int) -> int:
    part = parts.part(item.audio, note)
    return OPEN if part is None else part


def _is_compared(parts: Parts, item: Item) -> bool:
    return not parts.instruments or item.timbre in parts.instruments


def _once(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each line once: a recording of noise is skipped by every job."""
    return list({(one["what"], one["why"]): one for one in told}.values())


def _columns(made: list[tuple[Item, dict[str, Any]]], timbres: list[str]) -> dict[str, NDArray[Any]]:
    """The index's columns, but for the split, of everything that was made."""
    return {
        "note": np.array([row["note"] for _, row in made], np.int64),
        "program": np.array([item.program for item, _ in made], np.int64),
        "velocity": np.array([item.velocity for item, _ in made], np.int64),
        "level": np.array([row["level"] for _, row in made], np.float32),
        "timbre": np.array([timbres.index(item.timbre) for item, _ in made], np.int64),
        "source": np.array([item.source for item, _ in made], np.int64),
        "f0_hz": np.array([row["f0_hz"] for _, row in made], np.float32),
    }


def _write(
    plan: Plan,
    parts: Path,
    kept: NDArray[np.bool_],
    part_path: Callable[[Path, Job], Path],
    path: Path,
    kind: type[np.generic],
    row: tuple[int, ...],
) -> None:
    """The array `path` of the parts' kept rows, part after part: a set need not fit into memory."""
    unfinished = path.with_name(f"{path.name}.tmp")
    whole = np.lib.format.open_memmap(unfinished, "w+", kind, (int(kept.sum()), *row))
    read = written = 0
    for job in plan.jobs:
        part = np.load(part_path(parts, job), mmap_mode="r")
        chosen = part[kept[read : read + len(part)]]
        whole[written : written + len(chosen)] = chosen
        read, written = read + len(part), written + len(chosen)
    whole.flush()
    del whole
    unfinished.replace(path)


def _narrowed(wide: NoteAnalysis, recipe: DataRecipe, note: NDArray[np.int64]) -> NoteAnalysis:
    """The analysis with the notes that there are, where the recipe names no range; of strokes, whose keys are none, as
    it is."""
    if not recipe.pitched:
        return wide
    found = {"note_min": int(note.min()), "note_max": int(note.max())}
    return wide.model_copy(update={name: at for name, at in found.items() if getattr(recipe.analysis, name) is None})


def _plain(value: Any) -> int | float:
    return float(f"{float(value):.{_DIGITS}g}") if isinstance(value, np.floating) else int(value)
