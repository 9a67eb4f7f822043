"""Processed versions of a whole set, from the parts of a build into one array: which there are, which are missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from oscvae.model.analysis import NoteAnalysis
from oscvae.sound.takes import align
from oscvae.training.data.dataset import FULL_SCALE
from oscvae.training.data.plan import Plan
from oscvae.training.data.processed.names import DRY, check_effects
from oscvae.training.data.processed.take import LATEST_S, margin
from oscvae.training.data.store import PROCESSED, digest_of
from oscvae.training.data.work import KEPT_PEAK, versions_path

_LEAST_LATE_S = 0.002
"""Less than this is no chain's latency: filters and distortions move a heard onset by as much."""
_EVENLY_S = 0.001
_EVENLY, _FEWEST = 0.75, 3
"""So many of an effect's versions, and so many at least, must be late by the same."""
_NAMED = 3
_DIGITS = 6


class Kept(NamedTuple):
    """What was written, for the index."""

    about: dict[str, Any]
    """{"names", "sounds"}: the effects, the first of them none, and the digest of the array."""
    gains: list[dict[str, float]]
    """Of each note: its effects, in the order of the array's rows."""
    remarks: list[dict[str, str]]
    """{"what", "why"}."""


class _Version(NamedTuple):
    """One row of a part."""

    path: Path
    row: int
    told: dict[str, Any]


def keep_versions(
    plan: Plan, reports: list[dict[str, Any]], written: NDArray[np.bool_], parts: Path, out: Path, root: Path
) -> Kept:
    """Writes the versions of the notes that are written into the folder `out`.

    written: of each row of the reports. root: the folder of recordings, for messages. Raises DataError where too few
    effects are left.
    """
    notes = list(_versions(plan, reports, written, parts))
    names = sorted({one.told["effect"] for _, versions in notes for one in versions})
    check_effects(names, root)
    late_s = {name: _late_s(name, notes) for name in names}
    analysis = plan.analysis
    path = out / PROCESSED
    unfinished = path.with_name(f"{path.name}.tmp")
    shape = (sum(len(versions) for _, versions in notes), analysis.n_samples - analysis.onset_sample)
    whole = np.lib.format.open_memmap(unfinished, "w+", np.int16, shape)
    gains: list[dict[str, float]] = []
    at = 0
    for _, versions in notes:
        gains.append({})
        for one in versions:
            name = one.told["effect"]
            sound = _taken(np.load(one.path, mmap_mode="r")[one.row], late_s[name], analysis)
            peak = float(np.abs(sound).max())
            whole[at] = np.round(sound * (FULL_SCALE / max(peak, 1e-9)))
            gains[-1][name] = round(KEPT_PEAK * one.told["gain"] * peak / FULL_SCALE, _DIGITS)
            at += 1
    whole.flush()
    del whole
    unfinished.replace(path)
    remarks = [*_late(late_s), *_missing(names, notes), *_other_files(notes)]
    return Kept({"names": [DRY, *names], "sounds": digest_of(path)}, gains, remarks)


def _versions(
    plan: Plan, reports: list[dict[str, Any]], written: NDArray[np.bool_], parts: Path
) -> Iterator[tuple[str, list[_Version]]]:
    """What each written note is called, and its versions."""
    flags = iter(written.tolist())
    for job, report in zip(plan.jobs, reports, strict=True):
        path, at = versions_path(parts, job), 0
        for row in report["rows"]:
            told = row.get("versions", [])
            if next(flags):
                yield job.items[row["item"]].told, [_Version(path, at + k, one) for k, one in enumerate(told)]
            at += len(told)


def _taken(row: NDArray[np.int16], late_s: float, analysis: NoteAnalysis) -> NDArray[np.float32]:
    """[samples] of a row, from where its chain lets the note begin; faded where it ends early."""
    begin = margin(analysis) + round(late_s * analysis.sample_rate)
    take = row[begin:].astype(np.float32)
    if not take.any():
        return np.zeros(analysis.n_samples - analysis.onset_sample, np.float32)
    sound = align(take, analysis.onset_sample, analysis.n_samples, analysis.sample_rate, 0)
    return sound[analysis.onset_sample :]


def _late_s(name: str, notes: list[tuple[str, list[_Version]]]) -> float:
    """By how much a chain delays every sound; 0 where it is not even."""
    heard = [one.told["late_s"] for _, versions in notes for one in versions if one.told["effect"] == name]
    found = np.array([late_s for late_s in heard if late_s is not None])
    if found.size < _FEWEST:
        return 0.0
    middle = float(np.median(found))
    is_even = np.sum(np.abs(found - middle) <= _EVENLY_S) >= _EVENLY * len(heard)
    return middle if is_even and _LEAST_LATE_S <= abs(middle) < LATEST_S else 0.0


def _late(late_s: dict[str, float]) -> Iterator[dict[str, str]]:
    for name, seconds in late_s.items():
        if seconds:
            way = "later" if seconds > 0.0 else "earlier"
            why = f"it begins {abs(1e3 * seconds):.1f} ms {way} than its dry sounds, evenly: it is taken from there on"
            yield {"what": name, "why": why}


def _missing(names: list[str], notes: list[tuple[str, list[_Version]]]) -> Iterator[dict[str, str]]:
    for name in names:
        without = [told for told, versions in notes if name not in (one.told["effect"] for one in versions)]
        if without:
            why = f"{len(without)} of {len(notes)} sounds have no version of it: {_some(without)}"
            yield {"what": name, "why": why}


def _other_files(notes: list[tuple[str, list[_Version]]]) -> Iterator[dict[str, str]]:
    """Each kind of difference once, with the first file that has it."""
    for kind in ("rate", "channels", "length"):
        files = [one for _, versions in notes for one in versions if kind in one.told["remarks"]]
        if files:
            others = f" and {len(files) - 1} more" if len(files) > 1 else ""
            yield {"what": f"{files[0].told['told']}{others}", "why": files[0].told["remarks"][kind]}


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", .." if len(names) > _NAMED else "")
