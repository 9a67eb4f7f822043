"""Every test, in two halves at once: those that need time to be kept, and, less urgent beside them, those that do not.

    python tools/tests.py            all, as `make test` does
    python tools/tests.py tests/osc  what pytest is told, in one process

Both halves print their own summary; what is less urgent prints when it has ended.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMELESS = ("app", "daemon", "model", "settings", "sound", "spectral", "training")
"""Folders of tests/ that compute, or wait for programs: nothing in them listens to a clock."""
PYTEST = (sys.executable, "-m", "pytest")


def main(args: list[str]) -> int:
    """The exit code: that of the first half that failed, 0 if none did."""
    if args:
        return subprocess.run([*PYTEST, *args], cwd=ROOT, check=False).returncode
    folders = [f"tests/{name}" for name in TIMELESS]
    with tempfile.TemporaryFile("w+") as said:
        beside = subprocess.Popen(
            ["nice", *PYTEST, "-p", "no:cacheprovider", *folders], cwd=ROOT, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            timed = subprocess.run([*PYTEST, *(f"--ignore={folder}" for folder in folders)], cwd=ROOT, check=False)
            beside.wait()
        finally:
            if beside.poll() is None:
                beside.terminate()
                beside.wait()
            said.seek(0)
            print(said.read(), flush=True)
    return timed.returncode or beside.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
