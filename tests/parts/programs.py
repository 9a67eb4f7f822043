"""Foreign programs, headless: started, read, and ended by their process; and tests skipped where one is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import pytest

PACKAGES = {  # of Debian
    "c++": "g++",
    "cc": "gcc",
    "jackd": "jackd2",
    "jack_lsp": "jackd2",
    "node": "nodejs",
    "oscdump": "liblo-tools",
    "oscsend": "liblo-tools",
    "pd": "puredata-core",
    "sclang": "supercollider-language",
}

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""Without the parts of a desktop where it is installed so: a page opens in 0.5 instead of 0.7 s of processor time, and
the tests of the page take 150 s instead of 192."""


def lacking(*programs: str) -> str | None:
    """Which of these are not installed, and which Debian package has each; None if all are."""
    missing = [program for program in programs if shutil.which(program) is None]
    if not missing:
        return None
    return "not installed: " + ", ".join(f"{name} (Debian: {PACKAGES.get(name, name)})" for name in missing)


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip a test where a program is missing."""
    why = lacking(*programs)
    return pytest.mark.skipif(why is not None, reason=str(why))


def skip_without(*programs: str) -> None:
    """The same, from within a fixture."""
    if why := lacking(*programs):
        pytest.skip(why)


class Program:
    """A running program whose output is kept in a file."""

    def __init__(self, command: Sequence[str], log_path: Path, environment: Mapping[str, str] | None = None) -> None:
        self.log_path = log_path
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(os.environ if environment is None else environment),
            )

    @property
    def log(self) -> str:
        """What it has printed so far."""
        return self.log_path.read_text(errors="replace")

    def wait_for(self, pattern: str, timeout_s: float = 10.0) -> re.Match[str]:
        """The first printed line that matches, from its beginning."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if found := re.search(f"^{pattern}", self.log, re.M):
                return found
            time.sleep(0.02)
        raise AssertionError(f"nothing like {pattern!r} was printed:\n{self.log[-4000:]}")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5.0)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
