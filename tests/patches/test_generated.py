"""The generated patches are what their generator writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support import ROOT


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
        assert (ROOT / "patches" / path).read_bytes() == (tmp_path / path).read_bytes(), (
            f"patches/{path} is out of step: python tools/patches"
        )
