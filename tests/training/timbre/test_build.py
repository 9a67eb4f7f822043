"""Data sets of single frames: what is taken, what is left out, what is withheld together."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.errors import ConfigError, DataError
from oscvae.training.data.store import open_dataset
from oscvae.training.timbre.build import build_frames, split_of
from oscvae.training.timbre.frameset import LEVELS, TRAIN, UNSEEN, WATCHED, is_frame_set, open_frames, read_frames_index
from oscvae.training.timbre.recipe import FramesSplit, RecordingFolder, load_frames_recipe
from training.timbre.recordings import RATE, build_small, small_recipe, tone, typed


def test_every_recording_is_taken_whatever_its_rate_and_channels(data: Path) -> None:
    frames = open_frames(data)
    names = {one.name for one in frames.recordings}
    assert names == {f"tone {letter}" for letter in "abcde"} | {"hiss1", "hiss2", "hiss3", "inside/both", "late"}
    assert len(frames) == frames.recordings[-1].end == frames.x.shape[0]
    assert [one.begin for one in frames.recordings[1:]] == [one.end for one in frames.recordings[:-1]]
    lengths = {one.name: one.end - one.begin for one in frames.recordings}
    assert abs(lengths["hiss1"] - lengths["tone a"]) <= 1, "half a second is half a second at any rate"


def test_what_cannot_be_used_is_told_with_its_reason(recordings: Path, tmp_path: Path) -> None:
    shutil.copytree(recordings, tmp_path / "more")
    soundfile.write(tmp_path / "more" / "twin.flac", *soundfile.read(recordings / "hiss2.flac"))
    built = build_small(tmp_path / "more", tmp_path / "set")
    told = {line["what"]: line["why"] for line in built.skipped}
    assert told.keys() == {"broken", "nothing", "twin"}
    assert told["nothing"] == "it is silent"
    assert told["twin"] == "it is the same sound as hiss2"


def test_silence_is_kept_for_hearing_and_not_learnt_from(data: Path) -> None:
    frames = open_frames(data)
    late = next(one for one in frames.recordings if one.name == "late")
    heard = frames.heard(late)
    assert 0.25 < heard.mean() < 0.5, "a third of it sounds"
    assert not heard[-100:].any()
    rows = frames.rows_of(late.split)
    assert not np.isin(np.arange(late.end - 100, late.end), rows).any()


def test_recordings_of_one_source_are_withheld_together() -> None:
    names = RecordingFolder(path=Path())
    same = {names.source_of(stem) for stem in ("tabla_ghe1", "tabla_ghe8", "tabla_ghe", "tabla_ghe 12", "tabla_ghe-3")}
    assert same == {"tabla_ghe"}
    assert names.source_of("808") == "808"
    loops = RecordingFolder(path=Path(), source=r"^(.*?)(?:_full)?\d*$")
    assert loops.source_of("loop_amen_full") == loops.source_of("loop_amen")


def test_the_withheld_are_of_no_source_that_is_trained_on(data: Path) -> None:
    frames = open_frames(data)
    by_split = [{one.source for one in frames.of_split(split)} for split in (TRAIN, WATCHED, UNSEEN)]
    assert all(by_split)
    assert not (by_split[0] & by_split[1] or by_split[0] & by_split[2] or by_split[1] & by_split[2])
    hisses = {one.split for one in frames.recordings if one.name.startswith("hiss")}
    assert len(hisses) == 1


def test_shares_are_of_sources_and_something_is_left_to_train_on() -> None:
    places = split_of([f"{letter}{other}" for letter in "abcdefghij" for other in "pq"], FramesSplit())
    assert [list(places.values()).count(split) for split in (UNSEEN, WATCHED)] == [2, 1]
    assert list(split_of(["a", "b"], FramesSplit(unseen=0.5, watched=0.25)).values()).count(TRAIN) >= 1
    assert split_of(["one"], FramesSplit(unseen=0.5)) == {"one": TRAIN}


def test_the_same_recordings_give_the_same_bytes_in_any_number_of_threads(recordings: Path, tmp_path: Path) -> None:
    recipe = small_recipe(recordings, "augment.copies=1")
    first, second = (build_frames(recipe, tmp_path / name, workers) for name, workers in (("one", 1), ("two", 3)))
    assert first.fingerprint == second.fingerprint
    assert (tmp_path / "one/x.npy").read_bytes() == (tmp_path / "two/x.npy").read_bytes()


def test_only_what_is_trained_on_is_altered(recordings: Path, tmp_path: Path) -> None:
    build_small(recordings, tmp_path / "set", "augment.copies=2")
    frames = open_frames(tmp_path / "set")
    copied = {one.split for one in frames.recordings if one.copy}
    assert copied == {TRAIN}
    assert frames.rows_of(TRAIN, copies=True).size > 2 * frames.rows_of(TRAIN).size
    same = [one for one in frames.recordings if one.name == frames.of_split(TRAIN)[0].name]
    assert [one.copy for one in same] == [0, 1, 2]
    assert not np.array_equal(frames.x[same[0].begin + 20], frames.x[same[1].begin + 20])


def test_a_build_that_is_there_stays_and_another_is_not_overwritten(recordings: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    assert not build_small(recordings, out).was_there
    assert build_small(recordings, out).was_there
    with pytest.raises(DataError, match="holds another data set: choose another folder, or --force"):
        build_small(recordings, out, "silence_db=-40")
    assert not build_frames(small_recipe(recordings, "silence_db=-40"), out, force=True).was_there


def test_what_holds_something_else_is_left_alone(recordings: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match="is not empty, and holds no data set"):
        build_small(recordings, tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "dear"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "holds no sound files"),
        (("broken.wav",), "no recording is left to train on"),
        (None, "is no folder of sound"),
    ],
)
def test_a_folder_without_sounds_is_told_in_one_line(
    names: tuple[str, ...] | None, message: str, tmp_path: Path
) -> None:
    folder = tmp_path / "sounds"
    if names is not None:
        folder.mkdir()
    for name in names or ():
        (folder / name).write_text("no sound")
    code, said = typed("dataset", "build", "--kind", "frames", folder, tmp_path / "set")
    assert code == 1
    assert message in said.replace("\n", " ")


def test_options_that_are_of_notes_are_refused(recordings: Path, tmp_path: Path) -> None:
    code, said = typed("dataset", "build", "--kind", "frames", recordings, tmp_path / "set", "--middle-c", 3)
    assert (code, "single frames have no notes" in said) == (2, True)
    code, said = typed("dataset", "build", "--kind", "frames", recordings, tmp_path / "set", "--preview")
    assert (code, "single frames have none" in said) == (2, True)
    code, said = typed("dataset", "build", "--kind", "songs", recordings, tmp_path / "set")
    assert (code, "notes or frames" in said) == (2, True)


def test_a_recipe_says_its_kind_and_its_faults(recordings: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "own.yaml"
    recipe.write_text(f"kind: frames\nname: own\nfolders:\n  - path: {recordings}\n    files: 'tone*'\n")
    code, said = typed("dataset", "build", recipe, tmp_path / "set", *(f"--set={one}" for one in ("augment.copies=0",)))
    assert code == 0, said
    assert {one.name for one in open_frames(tmp_path / "set").recordings} == {f"tone {letter}" for letter in "abcde"}
    with pytest.raises(ConfigError, match=r"silence_db.*less than or equal to -6|silence_db"):
        load_frames_recipe(str(recipe), ["silence_db=3"])
    with pytest.raises(ConfigError, match="leave too little to train on"):
        load_frames_recipe(str(recipe), ["split.unseen=0.5", "split.watched=0.5"])
    with pytest.raises(ConfigError, match=r"folders\.0\.source.*regular expression"):
        load_frames_recipe(str(recipe), ["folders.0.source=("])


def test_the_recipe_that_ships_is_of_single_frames() -> None:
    recipe = load_frames_recipe("timbre")
    assert recipe.kind == "frames"
    assert recipe.analysis.complete().bands.n == 256
    assert "CC0" in recipe.folders[0].origin


def test_info_says_what_is_there_and_finds_what_is_damaged(data: Path, tmp_path: Path) -> None:
    code, said = typed("dataset", "info", data, "--check")
    assert code == 0, said
    assert "the fingerprint is that of what is there" in said
    unseen = {one.name for one in open_frames(data).of_split(UNSEEN)}
    assert all(name in said for name in unseen)
    shutil.copytree(data, tmp_path / "set")
    levels = np.load(tmp_path / "set" / LEVELS)
    levels[3] += 1.0
    np.save(tmp_path / "set" / LEVELS, levels)
    code, said = typed("dataset", "info", tmp_path / "set", "--check")
    assert (code, "is damaged" in said) == (1, True)


def test_frames_are_no_notes_and_notes_are_no_frames(data: Path, tmp_path: Path) -> None:
    assert is_frame_set(data)
    with pytest.raises(DataError, match="holds single frames and no notes"):
        open_dataset(data)
    (tmp_path / "index.json").write_text(json.dumps({"format": 1, "notes": []}))
    with pytest.raises(DataError, match="holds no data set of single frames"):
        open_frames(tmp_path)
    code, said = typed("dataset", "listen", data)
    assert (code, "single frames and no notes" in said) == (1, True)


def test_a_set_that_is_cut_off_does_not_open(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "set")
    np.save(tmp_path / "set" / "x.npy", np.load(data / "x.npy")[:-1])
    with pytest.raises(DataError, match="build the set again"):
        open_frames(tmp_path / "set")
    index = read_frames_index(data)
    del index["silence_db"]
    (tmp_path / "set" / "index.json").write_text(json.dumps(index))
    with pytest.raises(DataError, match="lacks silence_db"):
        open_frames(tmp_path / "set")


def test_ten_minutes_are_the_most_of_a_recording(tmp_path: Path) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    soundfile.write(folder / "short.wav", tone(300.0), RATE)
    soundfile.write(folder / "long.wav", np.resize(tone(200.0, 8000), 601 * 8000), 8000)
    built = build_small(folder, tmp_path / "set")
    assert [line["what"] for line in built.skipped] == ["long"]
    assert "601 s long" in built.skipped[0]["why"]
