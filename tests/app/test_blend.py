"""`oscvae blend`, as a user calls it: two files in, one out, or one line of error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner, Result

from oscvae.app.cli import app
from parts.streaming import RATE, write_mirror, write_ramp


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models")
    write_mirror(made / "mirror.ts")
    write_ramp(made / "ramp.ts")
    t = np.arange(RATE // 2) / RATE
    for name, hz in (("low", 300.0), ("high", 2000.0)):
        soundfile.write(made / f"{name}.wav", 0.3 * np.sin(2.0 * np.pi * hz * t), RATE)
    return made


def blended(folder: Path, out: Path, *more: str, a: str = "low.wav", b: str = "high.wav") -> Result:
    files = str(folder / a), str(folder / b), "--out", str(out)
    settings = "--model", "mirror", "--set", f"model.folder={folder}", "--set", "model.device=cpu"
    return CliRunner().invoke(app, ["blend", *files, *settings, *more])


def sound(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="float32", always_2d=True)[0]


def test_a_blend_is_a_file_the_same_each_time_and_a_mix_of_one_with_itself_is_that_one(
    folder: Path, tmp_path: Path
) -> None:
    for name, more, b in (
        ("one.wav", ("--mix", "0.3"), "high.wav"),
        ("again.wav", ("--mix", "0.3"), "high.wav"),
        ("self.wav", ("--mix", "0.3"), "low.wav"),
        ("alone.wav", ("--mix", "0"), "high.wav"),
    ):
        assert blended(folder, tmp_path / name, *more, b=b).exit_code == 0
    one = sound(tmp_path / "one.wav")
    assert one.shape[0] > RATE // 2
    np.testing.assert_array_equal(one, sound(tmp_path / "again.wav"))
    np.testing.assert_array_equal(sound(tmp_path / "self.wav"), sound(tmp_path / "alone.wav"))
    assert np.abs(one - sound(tmp_path / "alone.wav")).max() > 0.01


def test_a_curve_is_read_from_a_file_and_a_recording_backwards(folder: Path, tmp_path: Path) -> None:
    curve = tmp_path / "curve.txt"
    curve.write_text("# place mix\n0 0\n\n0.5, 1\n1 1\n", encoding="utf-8")
    assert blended(folder, tmp_path / "out.wav", "--curve", str(curve), "--rate", "-1").exit_code == 0
    assert np.abs(sound(tmp_path / "out.wav")).max() > 0.05


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--rate", "0"), "stand still"),
        (("--curve", "missing.txt"), "missing.txt cannot be read"),
        (("--curve", "{wrong}"), "line 2"),
        (("--curve", "{empty}"), "0 points"),
        (("--model", "ramp"), "encodes no recordings"),
    ],
)
def test_what_cannot_be_blended_is_one_line(folder: Path, tmp_path: Path, more: tuple[str, str], why: str) -> None:
    (tmp_path / "wrong").write_text("0 0\n0.5 much\n", encoding="utf-8")
    (tmp_path / "empty").write_text("# nothing\n", encoding="utf-8")
    asked = [word.format(wrong=tmp_path / "wrong", empty=tmp_path / "empty") for word in more]
    result = blended(folder, tmp_path / "out.wav", *asked)
    assert result.exit_code != 0
    (said,) = (line for line in result.stderr.splitlines() if line.startswith("oscvae:"))
    assert why in said
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out.wav").exists()


def test_a_file_that_is_no_recording_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "text.wav").write_text("no sound", encoding="utf-8")
    result = blended(folder, tmp_path / "out.wav", b="text.wav")
    assert result.exit_code != 0
    assert "text.wav" in result.stderr
