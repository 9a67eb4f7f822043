"""One sandbox for all commands, and one building of the site."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.sandbox import Sandbox
from parts import ROOT
from parts.jackd import PROGRAMS
from parts.programs import skip_without


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    skip_without(*PROGRAMS)
    place = Sandbox(tmp_path_factory.mktemp("checkout"))
    yield place
    place.close()


@pytest.fixture(scope="session", autouse=True)
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """The site, built into a folder while commands are tested."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-d", str(folder / "trees")]
    process = subprocess.Popen(
        [*command, str(ROOT / "docs"), str(folder / "html")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )
    yield process, folder / "html"
    process.kill()
    process.wait()
