"""The generated patches are what their generator writes."""

from __future__ import annotations

import subprocess
import sys
import zlib
from pathlib import Path

from parts import ROOT


def test_generator_and_files_are_in_step(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "patches"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert written
    for path in written:
        assert content(ROOT / "patches" / path) == content(tmp_path / path), (
            f"patches/{path} is out of step: python tools/patches"
        )


def content(path: Path) -> bytes:
    """Of a .tosc what is compressed in it: zlibs differ."""
    return zlib.decompress(path.read_bytes()) if path.suffix == ".tosc" else path.read_bytes()
