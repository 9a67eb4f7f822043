"""Every test, in two halves at once: those that need time to be kept, and, less urgent beside them, those that do not.

    python tools/tests.py            all, as `make test` does
    python tools/tests.py tests/osc  what pytest is told, in one process

Both halves print their own summary; what is less urgent prints when it has ended. A few tests that failed are then run
once more, alone: what a crowded machine did to them passes, what is a fault fails again. Both are told.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMELESS = ("app", "daemon", "model", "settings", "sound", "spectral", "training")
"""Folders of tests/ that compute, or wait for programs: nothing in them listens to a clock."""
PYTEST = (sys.executable, "-m", "pytest")
FAILED = 1
"""pytest's exit code where tests ran and some failed; all others are of another kind, and final."""
A_FEW = 10
"""Failures that may be the machine's. More of them are a fault, and are not run again."""


def main(args: list[str]) -> int:
    """The exit code: 0 if each test passed, at once or alone; else that of a half that did not."""
    if args:
        return subprocess.run([*PYTEST, *args], cwd=ROOT, check=False).returncode
    folders = [f"tests/{name}" for name in TIMELESS]
    with tempfile.TemporaryDirectory() as name:
        timed, beside = Path(name, "timed"), Path(name, "beside")
        codes = halves([f"--ignore={folder}" for folder in folders], timed, folders, beside)
        return next(filter(None, map(once_more, codes, (timed, beside))), 0)


def halves(timed: list[str], timed_cache: Path, beside: list[str], beside_cache: Path) -> tuple[int, int]:
    """The exit codes of both halves; their failures stay in their caches."""
    with tempfile.TemporaryFile("w+") as said:
        less_urgent = subprocess.Popen(
            ["nice", *pytest(beside_cache), *beside], cwd=ROOT, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            urgent = subprocess.run([*pytest(timed_cache), *timed], cwd=ROOT, check=False)
            less_urgent.wait()
        finally:
            if less_urgent.poll() is None:
                less_urgent.terminate()
                less_urgent.wait()
            said.seek(0)
            print(said.read(), flush=True)
    return urgent.returncode, less_urgent.returncode


def once_more(code: int, cache: Path) -> int:
    """The exit code of a half after its failures, if they are few, were run again with nothing beside them."""
    failed = failures(cache)
    if code != FAILED or not 0 < len(failed) <= A_FEW:
        return code
    print(f"Once more, alone: {len(failed)} that failed", flush=True)
    again = subprocess.run([*pytest(cache), "--last-failed"], cwd=ROOT, check=False).returncode
    still = failures(cache)
    for name in failed:
        print(f"{'FAILED TWICE' if name in still else 'failed in the crowd, passed alone'}: {name}", flush=True)
    return again


def pytest(cache: Path) -> list[str]:
    return [*PYTEST, "-o", f"cache_dir={cache}"]


def failures(cache: Path) -> list[str]:
    """The tests that failed when pytest last ran with that cache."""
    told = cache / "v" / "cache" / "lastfailed"
    return sorted(json.loads(told.read_text())) if told.is_file() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
