"""What a build makes of each recording of its folders, as the rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from numpy.typing import NDArray

from oscvae.training.data.folder.table import Row
from oscvae.training.data.plan import Item, Plan
from oscvae.units import cents, hz_to_note, note_name, note_to_hz


def rows_of(
    plan: Plan, reports: Sequence[dict[str, Any]], believed: NDArray[Any], doubts: Iterable[dict[str, Any]]
) -> list[Row]:
    """A row for each file of a plan, in the order of their names.

    believed: of each row of the reports, whether it is used; doubts: the outliers that only the whole set shows.
    """
    strays = {one["what"]: one["why"] for one in doubts if not one["kept"]}
    rows = [Row(one["what"], kept=False, why=one["why"]) for one in plan.skipped]
    at = 0
    for job, report in zip(plan.jobs, reports, strict=True):
        is_used = bool(believed[at : at + len(report["rows"])].all())
        at += len(report["rows"])
        if not job.is_font:
            rows.append(_row(job.items[0], report, is_used, strays))
    return sorted(rows, key=lambda row: row.file)


def _row(item: Item, report: dict[str, Any], is_used: bool, strays: dict[str, str]) -> Row:
    outlier = next(iter(report["outliers"]), None)
    why = outlier["why"] if outlier else next((one["why"] for one in report["skipped"] if one["what"] == item.told), "")
    line = next(iter(report["rows"]), outlier)
    if line is None:
        return Row(item.told, item.note, kept=False, begin_s=item.begin_s, why=why)
    note = line.get("note") if is_used else None
    kept = bool(report["rows"]) and is_used
    return Row(item.told, item.note, _heard(line["f0_hz"]), note, kept, line["begin_s"], strays.get(item.told, why))


def _heard(f0_hz: float) -> str:
    """The nearest note of a frequency and how far from it that is, like A4 +12."""
    note = round(hz_to_note(f0_hz))
    return f"{note_name(note)} {cents(f0_hz, note_to_hz(float(note))):+.0f}"
