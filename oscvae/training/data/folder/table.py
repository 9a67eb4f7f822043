"""What a build made of each recording, as a CSV file that can be corrected and given back.

Of its columns, `note`, `kept` and `begin_s` are read again, by the name in `file`; the others are to look at. A row
that comes back is settled: nothing is doubted any more. One that is not there is heard as ever.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oscvae.errors import DataError
from oscvae.names import normal, shown
from oscvae.training.data.folder.names import note_of
from oscvae.units import note_name

COLUMNS = ("file", "read", "heard", "note", "kept", "begin_s", "why")
_NEEDED = frozenset({"file", "kept"})
_YES, _NO = frozenset({"yes", "y", "true", "1", "x"}), frozenset({"no", "n", "false", "0", ""})
_HIGHEST = 127


@dataclass(frozen=True)
class Row:
    """A recording and what becomes of it."""

    file: str
    """As it is told: its path inside the folder."""
    read: int | None = None
    """The MIDI note that its name, or the file itself, says."""
    heard: str = ""
    """The note that is heard, and how far from it that is in cents: A4 +12."""
    note: int | None = None
    """What it is taken for; None for what is heard."""
    kept: bool = True
    begin_s: float | None = None
    why: str = ""


def to_csv(rows: Sequence[Row]) -> str:
    """The table as text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(cells(row) for row in rows)
    return text.getvalue()


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """Raises DataError where the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(to_csv(rows), encoding="utf-8")
    except OSError as error:
        raise DataError(f"the table {shown(path)} cannot be written: {error.strerror}") from error


def cells(row: Row) -> tuple[str, ...]:
    """A row as words, one for each of `COLUMNS`."""
    read, note = ("" if one is None else note_name(one) for one in (row.read, row.note))
    begin = "" if row.begin_s is None else f"{row.begin_s:.4f}"
    return (row.file, read, row.heard, note, "yes" if row.kept else "no", begin, row.why)


def read_table(path: Path) -> dict[str, Row]:
    """The rows of a table by file, as a spreadsheet may leave it: separated by commas, semicolons or tabs.

    Raises DataError with the line for what cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"the table {shown(path)} cannot be read: {error}") from error
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    lines = csv.DictReader(io.StringIO(text), delimiter=separator)
    missing = _NEEDED - set(lines.fieldnames or ())
    if missing:
        lacks = f"the table {shown(path)} lacks the column{'s' * (len(missing) > 1)} {', '.join(sorted(missing))}"
        raise DataError(f"{lacks}: its first line should be {','.join(COLUMNS)}")
    rows: dict[str, Row] = {}
    for line in lines:
        try:
            row = _row(line)
        except ValueError as error:
            raise DataError(f"the table {shown(path)}, line {lines.line_num}: {error}") from None
        if row.file in rows:
            raise DataError(f"the table {shown(path)}, line {lines.line_num}: {row.file} stands there twice")
        rows[row.file] = row
    return rows


def _row(line: Mapping[str, str | None]) -> Row:
    said = {name: (line.get(name) or "").strip() for name in COLUMNS}
    if not said["file"]:
        raise ValueError("it names no file")
    kept = said["kept"].lower()
    if kept not in _YES | _NO:
        raise ValueError(f"kept {said['kept']!r}: yes or no")
    begin_s = None
    if said["begin_s"]:
        try:
            begin_s = float(said["begin_s"].replace(",", "."))
        except ValueError:
            raise ValueError(f"begin_s {said['begin_s']!r}: seconds, like 0.25") from None
        if not 0.0 <= begin_s < float("inf"):
            raise ValueError(f"begin_s {said['begin_s']!r}: seconds from the beginning of the file, like 0.25")
    return Row(normal(said["file"]), note=_note(said["note"]), kept=kept in _YES, begin_s=begin_s)


def _note(word: str) -> int | None:
    if not word:
        return None
    said = int(word) if word.isascii() and word.isdigit() else None
    if said is None and (found := note_of(word)) is not None and found.word == word:
        said = found.note
    if said is None or said > _HIGHEST:
        raise ValueError(f"note {word!r}: a name like C#4, where C4 is MIDI note 60, or a number up to {_HIGHEST}")
    return said
