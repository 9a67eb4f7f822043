"""`oscvae patches`: copies what a checkout or a wheel carries, and never over somebody's work."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from oscvae.app import patches
from oscvae.errors import ConfigError
from parts import ROOT


def test_everything_is_copied_once(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    written = patches.copy(folder)
    assert Path("pd/oscvae.pd") in written and written == patches.files()
    for path in written:
        assert (folder / path).read_bytes() == (ROOT / "patches" / path).read_bytes()
    assert patches.copy(folder) == []


def test_what_python_leaves_behind_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "source", lambda: tmp_path)
    for name in ("examples/python/play.py", "examples/python/__pycache__/play.cpython-311.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert patches.files() == [Path("examples/python/play.py")]


def test_a_changed_file_is_kept(tmp_path: Path) -> None:
    patches.copy(tmp_path)
    mine = tmp_path / "pd" / "demo.pd"
    mine.write_text("mine")
    (tmp_path / "pd" / "oscvae.pd").unlink()
    with pytest.raises(ConfigError, match=r"other versions of pd/demo\.pd: .*--force"):
        patches.copy(tmp_path)
    assert mine.read_text() == "mine" and not (tmp_path / "pd" / "oscvae.pd").exists(), "all or nothing"
    assert patches.copy(tmp_path, force=True) == [Path("pd/demo.pd"), Path("pd/oscvae.pd")]
    assert mine.read_bytes() == (ROOT / "patches" / "pd" / "demo.pd").read_bytes()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be copied to"):
        patches.copy(tmp_path / "file")


def test_the_command_copies_once_and_replaces_only_by_force(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "oscvae", "patches"]
    first = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert first.returncode == 0, first.stderr
    assert "  pd/demo.pd" in first.stdout.splitlines()
    assert (tmp_path / "oscvae-patches" / "pd" / "demo.pd").exists()
    (tmp_path / "oscvae-patches" / "pd" / "demo.pd").write_text("mine")
    second = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert second.returncode == 2 and "pd/demo.pd" in second.stderr
    third = subprocess.run([*command, "--force"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert third.returncode == 0, third.stderr


def test_a_wheel_is_told_to_carry_the_patches() -> None:
    """tests/test_packaging.py builds one; here only that it is told to."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["patches"] == "oscvae/data/patches"
    assert patches.source() == ROOT / "patches"
