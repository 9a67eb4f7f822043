"""A preview says what a build would make of every recording, and can be corrected and given back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.errors import DataError
from oscvae.training.data import command
from oscvae.training.data.build import Built, build, survey
from oscvae.training.data.folder.table import Row, read_table, to_csv
from oscvae.training.data.recipes import Reading, load_recipe
from oscvae.training.data.store import read_index
from parts.takes import RATE, late, pluck, stroke, thump

SMALL = ("analysis.frames=12", "analysis.n_bands=64", "split.every_note=0", "split.recordings=0")
SOUNDS = {
    "A3.wav": late(pluck(57.1), 0.3),
    "C4.wav": thump(late(pluck(60.0)), 0.3, 0.5),
    "G4.wav": late(pluck(69.0), 0.3),
    "noise.wav": stroke(),
    "string.wav": late(pluck(64.0), 0.3),
    "silent.wav": np.zeros(RATE),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "takes").mkdir()
    for name, sound in SOUNDS.items():
        soundfile.write(tmp_path / "takes" / name, sound, RATE)
    return tmp_path / "takes"


def preview(folder: Path) -> dict[str, Row]:
    return {row.file: row for row in survey(load_recipe(str(folder), SMALL), folder.parent / "set", workers=0)[0]}


def built_by(folder: Path, rows: list[Row]) -> tuple[Built, dict[str, int]]:
    table = folder.parent / "notes.csv"
    table.write_text(to_csv(rows))
    recipe = load_recipe(str(folder), SMALL, Reading(table=table))
    built = build(recipe, folder.parent / "set", workers=0, force=True)
    return built, {row["file"]: row["note"] for row in read_index(built.path)["notes"]}


def test_a_preview_says_what_becomes_of_each_recording(folder: Path) -> None:
    rows = preview(folder)
    assert list(rows) == sorted(SOUNDS)
    kept = {file: row.note for file, row in rows.items() if row.kept}
    assert kept == {"A3.wav": 57, "C4.wav": 60, "string.wav": 64}
    assert (rows["A3.wav"].read, rows["A3.wav"].heard.split()[0], rows["string.wav"].read) == (57, "A3", None)
    assert abs(int(rows["A3.wav"].heard.split()[1]) - 10) <= 4
    assert rows["C4.wav"].begin_s == pytest.approx(1.0, abs=0.005)
    assert (rows["G4.wav"].read, rows["G4.wav"].heard.split()[0], rows["G4.wav"].note) == (67, "A4", None)
    assert "+200 cents" in rows["G4.wav"].why
    assert "no clear pitch" in rows["noise.wav"].why
    assert rows["silent.wav"].why == "it is silent"


def test_what_a_preview_made_is_not_made_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    preview(folder)
    monkeypatch.setattr("oscvae.training.data.work.hear", None)
    assert build(load_recipe(str(folder), SMALL), folder.parent / "set", workers=0).notes == 3
    again = preview
    monkeypatch.undo()
    assert len(again(folder)) == len(SOUNDS), "beside a set that is there"
    assert not (folder.parent / "set" / "parts").exists()


def test_a_corrected_table_is_what_is_built(folder: Path) -> None:
    rows = preview(folder)
    changed = {
        "A3.wav": {"kept": False},
        "G4.wav": {"kept": True, "note": 69},
        "noise.wav": {"kept": True, "note": 40, "begin_s": 0.1},
    }
    corrected = [Row(**{**vars(row), **changed.get(file, {})}) for file, row in rows.items()]
    built, notes = built_by(folder, corrected)
    assert notes == {"C4.wav": 60, "G4.wav": 69, "noise.wav": 40, "string.wav": 64}
    assert not built.outliers
    assert {one["what"]: one["why"] for one in built.skipped} == {
        "A3.wav": "the table leaves it out",
        "silent.wav": "the table leaves it out",
    }


def test_a_row_without_a_note_is_heard_and_a_file_without_a_row_as_ever(folder: Path) -> None:
    _, notes = built_by(folder, [Row("G4.wav")])
    assert notes == {"A3.wav": 57, "C4.wav": 60, "G4.wav": 69, "string.wav": 64}


def test_a_table_of_another_folder_is_told(folder: Path) -> None:
    with pytest.raises(DataError, match=r"names B7\.wav, which is not in"):
        built_by(folder, [Row("B7.wav")])


def test_a_table_comes_back_as_a_spreadsheet_leaves_it(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_bytes("\ufefffile;kept;begin_s;note\r\na, b.wav;Yes;0,25;61\r\nc.wav;no;;\r\n".encode())
    assert read_table(path) == {
        "a, b.wav": Row("a, b.wav", note=61, kept=True, begin_s=0.25),
        "c.wav": Row("c.wav", kept=False),
    }
    rows = [Row('say "a", b.wav', 57, "A3 +2", 57, True, 0.5, "one, two"), Row("x.wav", kept=False)]
    path.write_text(to_csv(rows))
    assert [(row.file, row.note, row.kept, row.begin_s) for row in read_table(path).values()] == [
        ('say "a", b.wav', 57, True, 0.5),
        ("x.wav", None, False, None),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,kept\na.wav,yes\n", "lacks the column file"),
        ("", "lacks the columns file, kept"),
        ("file,kept\na.wav,perhaps\n", "line 2: kept 'perhaps': yes or no"),
        ("file,kept,note\na.wav,yes,H4\n", "line 2: note 'H4': a name like C#4"),
        ("file,kept,note\na.wav,yes,200\n", "line 2: note '200'"),
        ("file,kept,begin_s\na.wav,yes,soon\n", "line 2: begin_s 'soon': seconds, like 0.25"),
        ("file,kept,begin_s\na.wav,yes,-1\n", "begin_s '-1': seconds from the beginning"),
        ("file,kept\n,yes\n", "line 2: it names no file"),
        ("file,kept\na.wav,yes\na.wav,no\n", "line 3: a.wav stands there twice"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "notes.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        read_table(tmp_path / "notes.csv")
    assert said in str(caught.value)


def test_a_preview_is_a_csv_file_or_goes_to_the_pipe(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, table = folder.parent / "set", folder.parent / "sub" / "notes.csv"
    assert command.run_preview(str(folder), out, 0, False, Reading(), SMALL) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == "file,read,heard,note,kept,begin_s,why"
    assert len(said.out.splitlines()) == 1 + len(SOUNDS)
    assert "3 of 6 recordings would be kept" in " ".join(said.err.split())
    assert command.run_preview(str(folder), out, 0, False, Reading(table=table), SMALL) == 0
    assert table.read_text() == said.out
    with pytest.raises(DataError, match=r"is there already: build by it without --preview"):
        command.run_preview(str(folder), out, 0, False, Reading(table=table), SMALL)
    assert command.run_build(str(folder), out, 0, False, Reading(table=table), SMALL) == 0
    notes = read_index(out)["notes"]
    assert len([row for row in notes if "copy" not in row]) == 3
    assert len(notes) > 3, "few recordings are made more of, in the preview as in the build"
    with pytest.raises(DataError, match="no folder of recordings to preview"):
        command.run_preview("plucked", out, 0, False, Reading(), ())
    with pytest.raises(DataError, match="plucked has 0: name it in the recipe"):
        load_recipe("plucked", (), Reading(table=table))
