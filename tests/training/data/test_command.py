"""`oscvae dataset`: what is said, drawn and written."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.errors import DataError
from oscvae.training.data import command
from oscvae.training.data.listen import choose, write_sounds
from oscvae.training.data.recipes import Reading
from oscvae.training.data.store import SPECTRA, open_dataset
from oscvae.units import note_name
from parts.tiny_soundfont import RATE, string

SETTINGS = ("analysis.frames=16", "analysis.n_bands=64")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("takes")
    for instrument, tint in (("ukulele", 1.0), ("motu", 2.0)):
        (root / instrument).mkdir()
        for note in range(57, 69):
            soundfile.write(root / instrument / f"{note_name(note)}.wav", string(note, tint=tint), RATE)
    soundfile.write(root / "motu" / "C5.wav", np.zeros(5000), RATE)
    out = tmp_path_factory.mktemp("sets") / "set"
    assert command.run_build(str(root), out, 0, False, Reading(), SETTINGS) == 0
    return out


def test_building_says_what_was_left_out_and_what_is_next(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "takes").mkdir()
    for name, note in (("C3", 60), ("D3", 62), ("E3", 64), ("F3", 65)):
        soundfile.write(tmp_path / "takes" / f"{name}.wav", string(note), RATE)
    soundfile.write(tmp_path / "takes" / "G4.wav", string(67), RATE)
    arguments = (str(tmp_path / "takes"), tmp_path / "set", 0, False)
    assert command.run_build(*arguments, Reading(), SETTINGS) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "4 outliers, left out" in said
    assert "4 sounds are an octave above what their names say" in said
    assert "--middle-c 3" in said
    assert f"oscvae train --data {tmp_path / 'set'}" in said.replace("\n", " ")
    assert len(open_dataset(tmp_path / "set")) == 1, "within the notes that are there"
    assert command.run_build(str(tmp_path / "takes"), tmp_path / "other", 0, False, Reading(3), SETTINGS) == 0
    other = open_dataset(tmp_path / "other")
    assert int((~other.altered).sum()) == 4 < len(other)
    assert command.run_build(*arguments, Reading(), SETTINGS) == 0
    assert "is there already" in " ".join(capsys.readouterr().err.split())


def test_a_stopped_build_says_how_to_go_on(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "build", stopped)
    (tmp_path / "takes").mkdir()
    assert command.run_build(str(tmp_path / "takes"), tmp_path / "set", 0, False, Reading(), ()) == 1
    assert "the same command goes on" in capsys.readouterr().err


def test_info_tells_and_draws(built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run_info(built, tmp_path / "pictures", draw=True, check=True) == 0
    said = capsys.readouterr().out
    for word in ("ukulele", "motu", "A3 G#4", "24, A3 to G#4", "1 skipped", "it is silent", "fingerprint is that"):
        assert word in said, word
    for name in ("notes.png", "spectra.png"):
        assert (tmp_path / "pictures" / name).read_bytes().startswith(b"\x89PNG")
    assert command.run_info(built, None, draw=False, check=False) == 0


def test_info_finds_damage(built: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(built, damaged)
    content = bytearray((damaged / SPECTRA).read_bytes())
    content[-1] ^= 1
    (damaged / SPECTRA).write_bytes(content)
    with pytest.raises(DataError, match="is damaged"):
        command.run_info(damaged, None, draw=False, check=True)


def test_listening_writes_the_notes_one_after_the_other(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = open_dataset(built)
    assert command.run_listen(built, tmp_path / "out.wav", 3, "ukulele", None, aloud=False) == 0
    assert "ukulele A3 at 100" in capsys.readouterr().out
    sound, rate = soundfile.read(tmp_path / "out.wav")
    recipe = notes.analysis
    length = recipe.n_fft + (recipe.frames - 1) * recipe.hop + 4800
    assert (rate, sound.size) == (48000, 3 * length)
    assert np.abs(sound).max() == pytest.approx(0.9, abs=0.01)
    for part in sound.reshape(3, length):
        assert np.abs(part).max() > 0.2
        assert not part[-4700:].any()


def test_what_is_heard_is_the_recording(built: Path, tmp_path: Path) -> None:
    """The partials of a note come back at its pitch."""
    notes = open_dataset(built)
    row = int(np.flatnonzero((notes.timbre == 1) & (notes.note == 64))[0])
    (heard,) = write_sounds(notes, np.array([row]), tmp_path / "one.wav")
    assert (heard.row, heard.begin_s) == (row, 0.0)
    sound, rate = soundfile.read(tmp_path / "one.wav")
    part = sound[1536:9000]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(part.size), 1 << 17))
    found_hz = spectrum.argmax() * rate / (1 << 17)
    ratio = found_hz / (440.0 * 2.0 ** ((64 - 69) / 12.0))
    assert abs(1200.0 * np.log2(ratio / round(ratio))) < 10.0


def test_what_to_hear_is_chosen_evenly_or_by_a_seed(built: Path) -> None:
    notes = open_dataset(built)
    even = choose(notes, 5)
    assert [notes.label(row) for row in (even[0], even[-1])] == ["motu 100", "ukulele 100"]
    assert notes.note[even[[0, -1]]].tolist() == [57, 68]
    np.testing.assert_array_equal(choose(notes, 5, seed=1), choose(notes, 5, seed=1))
    assert choose(notes, 1000).size == len(notes)
    with pytest.raises(DataError, match="it has motu, ukulele"):
        choose(notes, 5, "banjo")


def test_the_command_line_reaches_them(built: Path) -> None:
    def oscvae(*arguments: str) -> subprocess.CompletedProcess[str]:
        command_line = [sys.executable, "-m", "oscvae", "dataset", *arguments]
        return subprocess.run(command_line, capture_output=True, text=True, check=False)

    for name in ("build", "info", "listen"):
        done = oscvae(name, "--help")
        assert done.returncode == 0
        assert "Options" in done.stdout
    assert oscvae("info", str(built), "--no-draw").returncode == 0
    missing = oscvae("info", str(built / "nowhere"))
    assert missing.returncode == 1
    assert "oscvae dataset build" in missing.stderr
    mistyped = oscvae("build", "plucked", "--set", "analysis.frame=3")
    assert mistyped.returncode == 2
    assert "analysis.frames" in mistyped.stderr
