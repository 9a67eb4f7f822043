"""Building: the same bytes however it is done, going on after a kill, and what is left out is said."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from oscvae.errors import DataError
from oscvae.model.level import level_frames
from oscvae.sound.levels import measure_level
from oscvae.sound.stft import from_log
from oscvae.training.data import build as building
from oscvae.training.data import work
from oscvae.training.data.build import PARTS, Built, build
from oscvae.training.data.dataset import WITHHELD_NOTE, WITHHELD_RECORDING, NoteSet
from oscvae.training.data.recipes import DataRecipe, load_recipe
from oscvae.training.data.sf2 import SoundFont
from oscvae.training.data.store import INDEX, SPECTRA, fingerprint_of, open_dataset, read_index, save_dataset
from oscvae.units import cents, note_name, note_to_hz
from parts.tiny_soundfont import RATE, TinyZone, string, write_soundfont
from training.data.soundfonts import needs_fluidsynth

SMALL = ["analysis.frames=12", "analysis.n_bands=64", "split.every_note=3"]


def write(path: Path, sound: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, RATE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two instruments, and things that are no notes."""
    root = tmp_path / "takes"
    for note, name in ((57, "A3"), (60, "C4"), (62, "62 v90"), (64, "E4_ff")):
        write(root / "ukulele" / f"{name}.wav", string(note + 0.1))
        write(root / "motu" / f"{name}.flac", string(note, tint=2.0))
    write(root / "motu" / "nameless.wav", string(67, tint=2.0))
    write(root / "motu" / "silent D4.wav", np.zeros(9000))
    write(root / "motu" / "clipped D4.wav", np.clip(20.0 * string(62), -1.0, 1.0))
    write(root / "motu" / "F4.wav", string(60))
    shutil.copy(root / "ukulele" / "A3.wav", root / "ukulele" / "again A3.wav")
    (root / "motu" / "damaged G4.wav").write_bytes(b"RIFF0000WAVEfmt nonsense")
    (root / "motu" / "G3.m4a").write_bytes(b"foreign")
    (root / "notes.txt").write_text("not a sound")
    (root / "motu" / "._C4.wav").write_bytes(b"what another system leaves behind")
    return root


def recipe_of(folder: Path, *more: str) -> DataRecipe:
    return load_recipe(str(folder), [*SMALL, *more])


def bytes_of(path: Path) -> tuple[bytes, bytes]:
    return (path / INDEX).read_bytes(), (path / SPECTRA).read_bytes()


def test_a_folder_becomes_a_set(folder: Path, tmp_path: Path) -> None:
    built = build(recipe_of(folder), tmp_path / "set", workers=0)
    notes = open_dataset(tmp_path / "set")
    assert built.notes == len(notes) == 9
    assert built.fingerprint == notes.fingerprint == fingerprint_of(tmp_path / "set", read_index(tmp_path / "set"))
    assert notes.timbres == ("motu", "ukulele")
    assert sorted(notes.note[notes.timbre == 1].tolist()) == [57, 60, 62, 64]
    assert sorted(notes.note[notes.timbre == 0].tolist()) == [57, 60, 62, 64, 67], "one by its sound"
    velocity = {int(note): int(one) for note, one in zip(notes.note, notes.velocity, strict=True)}
    assert velocity == {57: 100, 60: 100, 62: 90, 64: 112, 67: 100}
    assert (notes.analysis.note_min, notes.analysis.note_max) == (57, 67), "what there is"
    assert notes.program.tolist() == [-1] * 9
    assert len(notes.sources) == len(set(notes.sources)) == 13, "a recording for each file that was looked at"
    assert notes.x.shape == (9, 64, 12)
    frames = level_frames(notes.analysis)
    bands = from_log(notes.x.transpose(0, 2, 1), 1.0, notes.analysis.floor_db, notes.analysis.ceiling_db)
    levels = [measure_level(note, notes.analysis.band_axis(), frames) for note in bands]
    np.testing.assert_allclose(levels, 1.0, rtol=1e-3)
    for row in range(9):
        assert notes.f0_hz[row] == pytest.approx(note_to_hz(float(notes.note[row])), rel=0.02)
    told = {Path(one["what"]).name: one["why"] for one in built.skipped}
    assert told.keys() == {"silent D4.wav", "clipped D4.wav", "damaged G4.wav", "G3.m4a", "again A3.wav"}
    assert "same file as ukulele/A3.wav" in told["again A3.wav"]
    assert "convert it" in told["G3.m4a"]
    (outlier,) = built.outliers
    assert (outlier["what"], outlier["kept"], round(outlier["cents"])) == ("motu/F4.wav", False, -500)
    assert not (tmp_path / "set" / PARTS).exists()


def test_the_same_recipe_gives_the_same_bytes_however_it_is_built(folder: Path, tmp_path: Path) -> None:
    recipe = recipe_of(folder)
    build(recipe, tmp_path / "one", workers=0)
    build(recipe, tmp_path / "two", workers=2)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    again = build(recipe, tmp_path / "two", workers=2)
    assert again.was_there
    assert again.notes == 9
    build(recipe_of(folder, "analysis.floor_db=-70.0"), tmp_path / "three", workers=0)
    assert bytes_of(tmp_path / "one") != bytes_of(tmp_path / "three")


def test_a_build_goes_on_where_it_was_stopped(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipe_of(folder)
    build(recipe, tmp_path / "whole", workers=0)
    ran: list[Path] = []
    run_job = building.run_job

    def stop_after_three(job, *settings):  # type: ignore[no-untyped-def]
        if len(ran) == 3:
            raise KeyboardInterrupt
        ran.append(job.path)
        run_job(job, *settings)

    monkeypatch.setattr(building, "run_job", stop_after_three)
    with pytest.raises(KeyboardInterrupt):
        build(recipe, tmp_path / "set", workers=0)
    with pytest.raises(DataError, match="dataset build"):
        open_dataset(tmp_path / "set")
    first = set(ran)
    ran.clear()
    monkeypatch.setattr(building, "run_job", lambda job, *rest: (ran.append(job.path), run_job(job, *rest)))
    seen: list[tuple[int, int]] = []
    build(recipe, tmp_path / "set", workers=0, progress=lambda done, total: seen.append((done, total)))
    assert seen[0] == (3, 13)
    assert seen[-1] == (13, 13)
    assert not first & set(ran), "nothing is done twice"
    assert bytes_of(tmp_path / "set") == bytes_of(tmp_path / "whole")


def test_a_killed_process_leaves_what_it_had_and_no_children(folder: Path, tmp_path: Path) -> None:
    for copy in range(40):
        write(folder / "ukulele" / f"more {copy} C5.wav", string(72, tint=1.0 + 0.01 * copy))
    recipe = recipe_of(folder)
    build(recipe, tmp_path / "whole", workers=0)
    out = tmp_path / "set"
    command = [sys.executable, "-m", "oscvae", "dataset", "build", str(folder), str(out), "-j", "2"]
    for setting in SMALL:
        command += ["--set", setting]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(list((out / PARTS).glob("*.json"))) < 5:
        time.sleep(0.01)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    assert len(children) >= 2
    assert not (out / INDEX).exists()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive, "the workers die with their parent"
    build(recipe, out, workers=0)
    assert bytes_of(out) == bytes_of(tmp_path / "whole")


def test_a_sound_that_takes_its_process_down_is_found_and_skipped(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "run_job", _dies_of_c4)
    built = build(recipe_of(folder), tmp_path / "set", workers=2)
    assert built.notes == 8
    (crashed,) = [one for one in built.skipped if "crashed" in one["why"]]
    assert crashed["what"] == "ukulele/C4.wav"


def _dies_of_c4(job, *settings):  # type: ignore[no-untyped-def]
    from oscvae.training.data.work import run_job

    if job.items[0].told == "ukulele/C4.wav":
        os.kill(os.getpid(), signal.SIGKILL)
    run_job(job, *settings)


def test_another_set_is_not_built_over(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    build(recipe_of(folder), out, workers=0)
    other = recipe_of(folder, "split.every_note=2", "analysis.floor_db=-60.0")
    with pytest.raises(DataError, match="holds another data set, 'takes'"):
        build(other, out, workers=0)
    build(other, out, workers=0, force=True)
    assert open_dataset(out).analysis.floor_db == -60.0
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("")
    with pytest.raises(DataError, match="not empty"):
        build(other, tmp_path / "full", workers=0)


def test_a_set_of_nothing_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "quiet" / "C4.wav", np.zeros(9000))
    with pytest.raises(DataError, match=r"none of the 1 sounds can be used: C4\.wav: it is silent"):
        build(recipe_of(tmp_path / "quiet"), tmp_path / "set", workers=0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no sound files"):
        build(recipe_of(tmp_path / "empty"), tmp_path / "set", workers=0)


def test_copies_are_of_what_is_trained_on_and_repeat(folder: Path, tmp_path: Path) -> None:
    settings = ["augment.copies=2", "augment.noise_db=[-40, -50]", "augment.gain_db=6.0", "split.recordings=0.3"]
    recipe = recipe_of(folder, *settings)
    build(recipe, tmp_path / "one", workers=0)
    build(recipe, tmp_path / "two", workers=1)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    notes = open_dataset(tmp_path / "one")
    trained = notes.split == 0
    originals = np.array([row.get("copy", 0) == 0 for row in read_index(tmp_path / "one")["notes"]])
    assert originals.sum() == 9
    assert (~originals).sum() == 2 * int((trained & originals).sum())
    assert not notes.held_out[~originals].any()
    for row in np.flatnonzero(~originals):
        original = np.flatnonzero(originals & (notes.source == notes.source[row]))[0]
        difference = float(np.abs(notes.x[row] - notes.x[original]).mean())
        assert 0.0 < difference < 1.0


def loudest_hz(notes: NoteSet, row: int) -> float:
    """Where the loudest partial lies, between the bands of bins around it."""
    x = np.array(notes.x[row]).mean(1)
    at = int(x.argmax())
    left, middle, right = (float(value) for value in x[at - 1 : at + 2])
    place = notes.analysis.band_axis().centre[at] + 0.5 * (left - right) / (left - 2.0 * middle + right)
    return float(place * notes.analysis.sample_rate / notes.analysis.n_fft)


def test_notes_are_transposed_to_those_around_and_no_farther_than_there_are_any(folder: Path, tmp_path: Path) -> None:
    build(recipe_of(folder, "augment.transpose_semitones=2", "split.recordings=0.3"), tmp_path / "set", workers=0)
    notes = open_dataset(tmp_path / "set")
    recorded = np.flatnonzero(~notes.altered)
    low, high = int(notes.note[recorded].min()), int(notes.note[recorded].max())
    assert (notes.note.min(), notes.note.max()) == (low, high)
    assert (notes.analysis.note_min, notes.analysis.note_max) == (low, high)
    for row in recorded:
        copies = np.flatnonzero(notes.altered & (notes.source == notes.source[row]))
        around = range(notes.note[row] - 2, notes.note[row] + 3)
        wanted = [note for note in around if low <= note <= high and note != notes.note[row]]
        assert notes.note[copies].tolist() == ([] if notes.held_out[row] else wanted)
        for copy in copies:
            assert notes.f0_hz[copy] / notes.f0_hz[row] == pytest.approx(
                note_to_hz(float(notes.note[copy])) / note_to_hz(float(notes.note[row])), rel=1e-6
            )
            assert abs(cents(loudest_hz(notes, copy), note_to_hz(float(notes.note[copy])))) < 40.0
    assert notes.altered.any()
    assert notes.held_out.any()


def test_no_copy_of_a_recording_gives_its_withheld_note_away(tmp_path: Path) -> None:
    """As a sampler's notes, twelve that were made of one recording: a neighbour at that note would be all but it."""
    for note in range(57, 69):
        write(tmp_path / "takes" / f"take {note_name(note)}.wav", string(note))
    recipe = recipe_of(tmp_path / "takes", "augment.transpose_semitones=2", "folders.0.recording=^(take)")
    build(recipe, tmp_path / "set", workers=0)
    notes = open_dataset(tmp_path / "set")
    assert np.unique(notes.source).size == 1
    held, trained = set(notes.note[notes.split == WITHHELD_NOTE].tolist()), notes.note[notes.split == 0].tolist()
    assert len(held) > 1
    assert not held & set(trained)
    assert notes.altered.sum() == sum(
        note + by not in held and 57 <= note + by <= 68 for note in set(trained) for by in (-2, -1, 1, 2)
    )


def test_a_small_folder_is_made_more_of_and_a_large_one_is_not(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_of(folder, "augment.transpose_semitones=null")
    small = build(recipe, tmp_path / "small", workers=0)
    assert small.copies > 2 * small.notes
    assert build(recipe, tmp_path / "small", workers=0).was_there
    monkeypatch.setattr("oscvae.training.data.plan.FEW_NOTES", small.n_sounds)
    assert build(recipe, tmp_path / "large", workers=0).copies == 0


@pytest.fixture(scope="module")
def font_recipe(tmp_path_factory: pytest.TempPathFactory) -> DataRecipe:
    """An instrument of three recordings, the upper two in stereo, and one that borrows its highest."""
    folder = tmp_path_factory.mktemp("font")
    samples = {
        "Low": (48, string(48)),
        "Mid(L)": (55, string(55)),
        "Mid(R)": (55, string(55, tint=1.3)),
        "High_r1(L)": (60, string(60)),
        "High_r1(R)": (60, string(60, tint=1.3)),
        "Other": (55, string(55, tint=2.0)),
        "High_r1x": (62, string(62)),
    }
    first = [TinyZone("Low", (0, 50))]
    first += [TinyZone(f"Mid({side})", (51, 57)) for side in "LR"]
    first += [TinyZone(f"High_r1({side})", (58, 60)) for side in "LR"]
    first += [TinyZone("High_r1x", (61, 127))]
    second = [TinyZone("Other", (0, 57)), TinyZone("High_r1(L)", (58, 127))]
    write_soundfont(folder / "tiny.sf2", samples, {(0, 24, "First"): first, (8, 24, "Second"): second})
    (folder / "tiny.yaml").write_text(
        f"""
name: tiny
licence: MIT
analysis: {{frames: 12, n_bands: 64, note_min: 48, note_max: 62}}
soundfonts:
  - file: {folder / "tiny.sf2"}
    origin: made here
    velocities: [60, 110]
    recording: '^(.*_r1)'
    instruments:
      - {{name: first, program: 24, notes: [40, 62]}}
      - {{name: second, program: 24, bank: 8, notes: [54, 60]}}
split: {{recordings: 0.3, every_note: 3}}
"""
    )
    return load_recipe(str(folder / "tiny.yaml"))


@pytest.fixture(scope="module")
def font_built(font_recipe: DataRecipe, tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Path]:
    """What was told of the set of that recipe, and its folder."""
    out = tmp_path_factory.mktemp("sets") / "font"
    return build(font_recipe, out, workers=0), out


@needs_fluidsynth
def test_a_soundfont_becomes_a_set_split_by_recording(
    font_built: tuple[Built, Path], font_recipe: DataRecipe, tmp_path: Path
) -> None:
    built, folder = font_built
    build(font_recipe, tmp_path / "two", workers=2)
    assert bytes_of(folder) == bytes_of(tmp_path / "two")
    notes = open_dataset(folder)
    assert built.outliers == built.skipped == ()
    assert len(notes) == 2 * (15 + 7)
    assert notes.origins == ("made here",)
    assert (notes.licence, notes.name) == ("MIT", "tiny")
    assert notes.sources == ("tiny: Low", "tiny: Mid", "tiny: High_r1", "tiny: Other")
    of_first = {int(note): int(source) for note, source in zip(notes.note[:15], notes.source[:15], strict=True)}
    assert [of_first[note] for note in (48, 50, 51, 57, 58, 60, 61, 62)] == [0, 0, 1, 1, 2, 2, 2, 2]
    second = notes.timbre == 1
    assert set(notes.source[second & (notes.note >= 58)].tolist()) == {2}, "a recording that both have is one"
    withheld = set(notes.source[notes.split == 2].tolist())
    assert withheld
    assert not withheld & set(notes.source[notes.split != 2].tolist())
    assert set(notes.velocity.tolist()) == {60, 110}
    loudest = notes.analysis.band_axis().centre[notes.x.max(axis=2).argmax(axis=1)]
    partial = loudest * 48000 / 2048 / np.array([note_to_hz(float(note)) for note in notes.note])
    assert np.all(np.abs(partial - partial.round()) < 0.15)


@needs_fluidsynth
def test_what_a_list_has_settled_stays_and_is_what_figures_compare_on(
    font_recipe: DataRecipe, font_built: tuple[Built, Path], tmp_path: Path
) -> None:
    font = SoundFont(Path(font_recipe.soundfonts[0].file))
    low, other = (next(iter(font.sounding(bank, 24, 48, 60))) for bank in (0, 8))
    parts = {
        "source": "made here", "instruments": ["second"], "never": [font.digest(low)[:16]], "trained": [],
        "withheld": {font.digest(other)[:16]: [55, 56]},
    }  # fmt: skip
    (tmp_path / "parts.json").write_text(json.dumps(parts))
    settled = font_recipe.split.model_copy(update={"settled": str(tmp_path / "parts.json")})
    with pytest.raises(DataError, match="another data set"):
        build(font_recipe.model_copy(update={"split": settled}), font_built[1], workers=0)
    build(font_recipe.model_copy(update={"split": settled}), tmp_path / "set", workers=0)
    notes = open_dataset(tmp_path / "set")
    first, second = (notes.timbre == timbre for timbre in (0, 1))
    assert set(notes.split[first & (notes.note <= 50)].tolist()) == {WITHHELD_RECORDING}
    assert sorted(set(notes.note[second & (notes.note < 58) & (notes.split == WITHHELD_NOTE)].tolist())) == [55, 56]
    np.testing.assert_array_equal(notes.compared, second)
    assert open_dataset(font_built[1]).compared.all()


@needs_fluidsynth
def test_a_note_that_loops_says_when(tmp_path: Path) -> None:
    zones = [TinyZone("Low", (0, 55), modes=1), TinyZone("High", (56, 127))]
    write_soundfont(
        tmp_path / "a.sf2", {"Low": (48, string(48)), "High": (60, string(60))}, {(0, 24, "Strings"): zones}
    )
    (tmp_path / "a.yaml").write_text(
        "name: a\nanalysis: {frames: 12, n_bands: 64, note_min: 48, note_max: 60}\nsoundfonts: "
        f"[{{file: {tmp_path}/a.sf2, velocities: [90], instruments: [{{name: a, program: 24, notes: [48, 60]}}]}}]\n"
    )
    build(load_recipe(str(tmp_path / "a.yaml")), tmp_path / "set", workers=0)
    notes = open_dataset(tmp_path / "set")
    low = notes.note <= 55
    np.testing.assert_allclose(notes.loop_s[low], 2.0 ** (-(notes.note[low] - 48) / 12.0), rtol=1e-3)
    assert np.isinf(notes.loop_s[~low]).all()
    save_dataset(notes, tmp_path / "again")
    np.testing.assert_array_equal(open_dataset(tmp_path / "again").loop_s, notes.loop_s)


@needs_fluidsynth
def test_held_notes_are_let_go_at_one_frame(tmp_path: Path) -> None:
    """Of a sample that loops: loud until the key is let go, and gone soon after it."""
    zones = [TinyZone("Loop", (0, 127), modes=3)]
    tone = 0.3 * np.sin(2.0 * np.pi * note_to_hz(60.0) * np.arange(RATE) / RATE)
    write_soundfont(tmp_path / "a.sf2", {"Loop": (60, tone)}, {(0, 40, "Bow"): zones})
    (tmp_path / "a.yaml").write_text(
        "name: a\nanalysis: {frames: 70, n_bands: 64, note_min: 55, note_max: 62}\nheld: {hold_s: 0.5, sustain_s: 0.2, "
        f"release_s: 0.4}}\nsoundfonts: [{{file: {tmp_path}/a.sf2, velocities: [90], instruments: "
        "[{name: a, program: 40, notes: [55, 62]}]}]\n"
    )
    recipe = load_recipe(str(tmp_path / "a.yaml"))
    build(recipe, tmp_path / "set", workers=0)
    notes = open_dataset(tmp_path / "set")
    assert notes.held is not None
    assert notes.held.release_s == 0.4
    release = notes.held.sustain[1] + 1
    loudest = notes.x.max(axis=1)
    np.testing.assert_allclose(loudest[:, 4:release], 0.86, atol=0.1)
    assert loudest[:, release + 5 :].max() < 0.0, "let go"
    with pytest.raises(DataError, match="another data set"):
        build(load_recipe(str(tmp_path / "a.yaml"), ["held.release_s=0.6"]), tmp_path / "set", workers=0)


@needs_fluidsynth
def test_a_note_lies_where_the_recipe_says(font_built: tuple[Built, Path]) -> None:
    notes = open_dataset(font_built[1])
    analysis = notes.analysis
    first_heard = (analysis.onset_sample - analysis.n_fft) // analysis.hop + 1
    assert first_heard == 0
    energy = (10.0 ** (2.0 * (notes.x - 1.0))).sum(axis=1)
    assert np.all(energy.argmax(axis=1) <= 4)
    assert np.all(energy[:, 0] < energy[:, 2])


@needs_fluidsynth
def test_a_damaged_soundfont_is_left_out_and_the_others_are_built(tmp_path: Path) -> None:
    """A zone that names instrument 999, a file that is none, and a whole one."""
    for name in ("whole", "zone"):
        zones = {(0, 24, "Strings"): [TinyZone("Low")]}
        write_soundfont(tmp_path / f"{name}.sf2", {"Low": (60, string(60, 0.5))}, zones)
    content = bytearray((tmp_path / "zone.sf2").read_bytes())
    generators = content.index(b"pgen") + 8
    content[generators + 2 : generators + 4] = (999).to_bytes(2, "little")
    (tmp_path / "zone.sf2").write_bytes(content)
    (tmp_path / "none.sf2").write_text("no SoundFont")
    fonts = "".join(
        f"  - file: {tmp_path / name}.sf2\n    instruments: [{{name: {name}, program: 24, notes: [58, 60]}}]\n"
        for name in ("zone", "none", "whole")
    )
    (tmp_path / "fonts.yaml").write_text(f"name: fonts\nanalysis: {{frames: 12, n_bands: 64}}\nsoundfonts:\n{fonts}")
    built = build(load_recipe(str(tmp_path / "fonts.yaml")), tmp_path / "set", workers=0)
    assert built.notes == 3 * 3
    assert open_dataset(tmp_path / "set").timbres == ("whole",)
    why = {one["what"]: one["why"] for one in built.skipped}
    assert why["zone"] == "zone.sf2: a zone names instrument 999, and there are 1"
    assert why["zone 58 at 50"] == "zone.sf2 has no sample there"
    assert "it does not begin as one" in why["none.sf2"]


@needs_fluidsynth
def test_what_fluidsynth_cannot_render_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_soundfont(tmp_path / "a.sf2", {"Low": (60, string(60, 0.5))}, {(0, 24, "Strings"): [TinyZone("Low")]})
    text = f"soundfonts: [{{file: {tmp_path}/a.sf2, velocities: [50, 90], instruments: [{{name: a, program: 24}}]}}]\n"
    (tmp_path / "a.yaml").write_text(f"name: a\nanalysis: {{frames: 12, note_min: 58, note_max: 60}}\n{text}")
    render = work.render_notes

    def refuse_the_soft(path, timbre, *rest):  # type: ignore[no-untyped-def]
        path = tmp_path / "a.yaml" if timbre.velocity == 50 else path
        return render(path, timbre, *rest)

    monkeypatch.setattr(work, "render_notes", refuse_the_soft)
    built = build(load_recipe(str(tmp_path / "a.yaml")), tmp_path / "set", workers=0)
    assert built.notes == 3
    assert [one["what"] for one in built.skipped] == ["a 58 at 50", "a 59 at 50", "a 60 at 50"]
    assert built.skipped[0]["why"].startswith("fluidsynth cannot render a.yaml (0): fluid_is_soundfont()")


def test_a_missing_soundfont_names_its_package(tmp_path: Path) -> None:
    recipe = load_recipe("plucked", [])
    font = recipe.soundfonts[1].model_copy(update={"file": "None_Of_This_Name.sf2"})
    with pytest.raises(DataError, match="apt install musescore-general-soundfont-lossless"):
        build(recipe.model_copy(update={"soundfonts": (font,)}), tmp_path / "set", workers=0)
