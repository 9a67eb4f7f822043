"""A folder of recordings as people have them: what their names and files say of notes, and what one bad file may do."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from oscvae.errors import DataError
from oscvae.training.data import plan as planning
from oscvae.training.data import work
from oscvae.training.data.build import Built, build
from oscvae.training.data.folder.hear import Told
from oscvae.training.data.folder.recordings import find_recordings
from oscvae.training.data.listen import choose
from oscvae.training.data.recipes import load_recipe
from oscvae.training.data.store import open_dataset, read_index
from parts.tiny_soundfont import RATE, string

SMALL = ["analysis.frames=12", "analysis.n_bands=64", "split.every_note=0", "split.recordings=0"]


def write(path: Path, note: int, seconds: float = 0.4, root: int | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        soundfile.write(file, string(note, seconds), RATE, format="WAV")
    if root is not None:
        content = bytearray(path.read_bytes())
        content += b"smpl" + struct.pack("<10I", 36, 0, 0, 22676, root, 0, 0, 0, 0, 0)
        content[4:8] = struct.pack("<I", len(content) - 8)
        path.write_bytes(content)


def built_of(folder: Path, *settings: str) -> tuple[Built, dict[str, int]]:
    """What was told, and the note of each file."""
    out = folder.parent / "set"
    built = build(load_recipe(str(folder), [*SMALL, *settings]), out, workers=0, force=True)
    return built, {row["file"]: row["note"] for row in read_index(out)["notes"]}


def told(lines: Any) -> dict[str, str]:
    return {one["what"]: one["why"] for one in lines}


# -- one bad file, and the rest goes on --------------------------------------------------------------------------------


def test_a_name_that_is_no_text_is_built_like_another(tmp_path: Path) -> None:
    for name in (b"caf\xe9 n60.wav", b"\xff n62.wav"):
        write(Path(os.fsdecode(os.fsencode(tmp_path / "takes") + b"/" + name)), int(name[-6:-4]))
    write(Path(os.fsdecode(os.fsencode(tmp_path / "takes") + b"/h\xe4rp/n64.wav")), 64)
    script = "import sys; from oscvae.app.cli import app; app(sys.argv[1:])"
    options = [option for setting in SMALL for option in ("--set", setting)]
    done = subprocess.run(
        [sys.executable, "-c", script, "dataset", "build", str(tmp_path / "takes"), str(tmp_path / "set"), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    notes = read_index(tmp_path / "set")["notes"]
    assert {row["file"]: row["note"] for row in notes if "copy" not in row} == {
        r"caf\xe9 n60.wav": 60,
        r"\xff n62.wav": 62,
        r"h\xe4rp/n64.wav": 64,
    }
    assert open_dataset(tmp_path / "set").timbres == ("takes", r"h\xe4rp")


def test_a_folder_may_have_such_a_name_too(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + b"\xe9" * 80))
    write(folder / "C4.wav", 60)
    recipe = load_recipe(str(folder), SMALL)
    assert recipe.name == r"\xe9" * 16
    assert build(recipe, tmp_path / "set", workers=0).notes == 1


def test_a_file_that_cannot_be_opened_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, note in (("C4", 60), ("D4", 62)):
        write(tmp_path / "takes" / f"{name}.wav", note)
    digest = planning._file_digest

    def refuse(path: Path) -> str:
        if path.name == "C4.wav":
            raise PermissionError(13, "Permission denied", str(path))
        return digest(path)

    monkeypatch.setattr(planning, "_file_digest", refuse)
    built, notes = built_of(tmp_path / "takes")
    assert notes == {"D4.wav": 62}
    assert told(built.skipped) == {"C4.wav": "it cannot be read: Permission denied"}


def test_a_fault_of_ours_costs_one_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, note in (("C4", 60), ("D4", 62)):
        write(tmp_path / "takes" / f"{name}.wav", note)
    hear = work.hear

    def stumble(take: Any, told: Told, *rest: Any) -> Any:
        if told.note == 60:
            raise ZeroDivisionError("by zero")
        return hear(take, told, *rest)

    monkeypatch.setattr(work, "hear", stumble)
    built, notes = built_of(tmp_path / "takes")
    assert notes == {"D4.wav": 62}
    assert told(built.skipped) == {"C4.wav": "it cannot be used: ZeroDivisionError: by zero"}


def test_a_text_among_the_noise_is_left_out(tmp_path: Path) -> None:
    for name, note in (("C4", 60), ("D4", 62)):
        write(tmp_path / "takes" / f"{name}.wav", note)
    room = tmp_path / "room"
    room.mkdir()
    soundfile.write(room / "hum.wav", 0.01 * np.random.default_rng(1).standard_normal(RATE), RATE)
    (room / "notes.txt").write_text("recorded on a Monday")
    noise = ["augment.copies=1", "augment.noise_db=[-40, -50]", f"augment.noise_folder={room}"]
    built, _ = built_of(tmp_path / "takes", *noise)
    assert (built.notes, built.copies) == (2, 2)
    ((what, why),) = told(built.skipped).items()
    assert (what, len(built.skipped)) == ("room/notes.txt", 1), "once, and not for each sound"
    assert "cannot be read as a sound file" in why
    (room / "hum.wav").unlink()
    with pytest.raises(DataError, match=r"no file in the noise folder .*room can be used: room/notes\.txt: "):
        built_of(tmp_path / "takes", *noise)


# -- what counts as a sound --------------------------------------------------------------------------------------------


def test_what_libsndfile_reads_counts_and_the_rest_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    write(folder / "C4.wav", 60)
    for name, form in (("D4.aifc", "AIFF"), ("E4.take", "FLAC"), ("F4", "WAV")):
        with (folder / name).open("wb") as file:
            soundfile.write(file, string({"D": 62, "E": 64, "F": 65}[name[0]], 0.4), RATE, format=form)
    for name in ("a.txt", "b.txt", "cover.png", "LICENCE"):
        (folder / name).write_bytes(b"no sound at all")
    (folder / "G4.m4a").write_bytes(b"foreign")
    built, notes = built_of(folder)
    assert notes == {"C4.wav": 60, "D4.aifc": 62, "E4.take": 64, "F4": 65}
    assert told(built.skipped) == {"G4.m4a": ".m4a files are not read: convert it to WAV or FLAC"}
    assert [one["what"] for one in built.passed_over] == ["1 file without a suffix", "1 file .png", "2 files .txt"]
    fingerprint = built.fingerprint
    (folder / "more.txt").write_text("")
    again, _ = built_of(folder)
    assert again.was_there, "a text beside the sounds changes nothing"
    assert (again.fingerprint, again.passed_over[2]["what"]) == (fingerprint, "3 files .txt")


def test_a_link_to_a_folder_is_told(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "C4.wav", 60)
    write(tmp_path / "takes" / "D4.wav", 62)
    (tmp_path / "takes" / "more").symlink_to(tmp_path / "elsewhere")
    found = find_recordings(load_recipe(str(tmp_path / "takes")).folders[0])
    assert [one.told for one in found.recordings] == ["D4.wav"]
    assert told(found.skipped) == {"more": "a link to a folder is not followed: give that folder to the recipe"}


# -- which note a recording is of --------------------------------------------------------------------------------------


def test_takes_that_are_numbered_are_heard(tmp_path: Path) -> None:
    for take, note in ((1, 60), (21, 62), (22, 64), (40, 65)):
        write(tmp_path / "koto" / f"koto-{take}.wav", note)
    built, notes = built_of(tmp_path / "koto")
    assert notes == {"koto-1.wav": 60, "koto-21.wav": 62, "koto-22.wav": 64, "koto-40.wav": 65}
    (line,) = built.outliers
    assert line["kept"]
    assert line["what"] == "koto: koto-21.wav"
    assert "its name says 21, which is no note by its sound" in line["why"]
    assert line["why"].endswith(
        "and so are 2 more: what is heard is taken; --set folders.0.notes=name goes by the names"
    )


def test_numbers_that_are_notes_show_a_wrong_recording(tmp_path: Path) -> None:
    for number, note in ((57, 57), (60, 60), (62, 62), (64, 64), (66, 70)):
        write(tmp_path / "harp" / f"harp {number}.wav", note)
    built, notes = built_of(tmp_path / "harp")
    assert notes == {f"harp {note}.wav": note for note in (57, 60, 62, 64)}
    (line,) = built.outliers
    assert (line["what"], line["kept"], round(line["cents"])) == ("harp 66.wav", False, 400)
    assert line["why"].startswith("its name says 66, but ")
    assert line["why"].endswith("most numbers here are notes; --set folders.0.notes=sound goes by what is heard")
    assert built_of(tmp_path / "harp", "folders.0.notes=sound")[1]["harp 66.wav"] == 70


def test_the_same_numbers_are_believed_where_the_recipe_says_so(tmp_path: Path) -> None:
    for take, note in ((60, 60), (62, 64), (64, 67)):
        write(tmp_path / "koto" / f"koto-{take}.wav", note)
    built, notes = built_of(tmp_path / "koto", "folders.0.notes=name")
    assert notes == {"koto-60.wav": 60}
    assert {one["what"]: round(one["cents"]) for one in built.outliers} == {"koto-62.wav": 200, "koto-64.wav": 300}


def test_a_date_is_no_note(tmp_path: Path) -> None:
    write(tmp_path / "takes" / "2024-05-21 harp.wav", 67)
    built, notes = built_of(tmp_path / "takes")
    assert (notes, built.outliers) == ({"2024-05-21 harp.wav": 67}, ())


def test_the_root_in_the_file_goes_before_a_number_in_its_name(tmp_path: Path) -> None:
    write(tmp_path / "takes" / "Marimba-24.wav", 64, root=64)
    write(tmp_path / "takes" / "Marimba-25.wav", 70, root=65)
    write(tmp_path / "takes" / "Marimba C4.wav", 60, root=72)
    built, notes = built_of(tmp_path / "takes")
    assert notes == {"Marimba-24.wav": 64, "Marimba C4.wav": 60}, "a name with an octave goes before both"
    (line,) = built.outliers
    assert line["why"].startswith("the file stores the root 65, F4, but 466.")
    assert line["why"].endswith("--set folders.0.notes=sound goes by what is heard")


def test_a_root_that_every_file_shares_means_nothing(tmp_path: Path) -> None:
    for name, note in (("a", 57), ("b", 62), ("c", 64)):
        write(tmp_path / "takes" / f"{name}.wav", note, root=60)
    built, notes = built_of(tmp_path / "takes")
    assert (notes, built.outliers) == ({"a.wav": 57, "b.wav": 62, "c.wav": 64}, ())


def test_an_outlier_says_where_its_note_is_from(tmp_path: Path) -> None:
    write(tmp_path / "takes" / "C#4.wav", 66)
    write(tmp_path / "takes" / "D4.wav", 62)
    (line,) = built_of(tmp_path / "takes")[0].outliers
    assert line["why"].startswith("its name says C#4, but 370.0 Hz is +500 cents from 277.2 Hz; ")


def test_layers_become_velocities_instrument_by_instrument(tmp_path: Path) -> None:
    for name, note in (
        ("piano/C4v1", 60),
        ("piano/D4v8", 62),
        ("piano/E4v16", 64),
        ("oud/F4_v1", 65),
        ("oud/G4_v2", 67),
    ):
        write(tmp_path / "takes" / f"{name}.wav", note)
    built_of(tmp_path / "takes")
    found = {row["file"]: row["velocity"] for row in read_index(tmp_path / "set")["notes"]}
    assert found == {
        "piano/C4v1.wav": 8, "piano/D4v8.wav": 64, "piano/E4v16.wav": 127, "oud/F4_v1.wav": 64, "oud/G4_v2.wav": 127,
    }  # fmt: skip


# -- one word, two spellings -------------------------------------------------------------------------------------------


def test_names_are_told_and_found_in_either_spelling(tmp_path: Path) -> None:
    one_letter, two_marks = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    assert one_letter != two_marks
    write(tmp_path / "takes" / two_marks / "n60.wav", 60)
    write(tmp_path / "takes" / two_marks / "n62.wav", 62)
    built_of(tmp_path / "takes")
    notes = open_dataset(tmp_path / "set")
    assert notes.timbres == (one_letter,)
    assert choose(notes, 2, two_marks).size == 2
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(f"name: {two_marks}\nfolders: [{{path: takes/{one_letter}, instrument: {two_marks}}}]\n")
    loaded = load_recipe(str(recipe), SMALL)
    assert (loaded.name, loaded.folders[0].instrument) == (one_letter, one_letter)
    assert loaded.folders[0].path == tmp_path / "takes" / two_marks
