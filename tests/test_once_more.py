"""What failed beside others is run again alone, by tools/tests.py, and only that."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from parts import ROOT

TOOL = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import tests
tests.ROOT = Path.cwd()
tests.LANES = dict((lane, (lane,)) for lane in sys.argv[2].split())
sys.exit(tests.main(sys.argv[3:]))
"""
"""tools/tests.py, for the project in the current folder and lanes of the folders that are named."""
FINE = "def test_fine():\n    pass\n"
CROWDED = """
from pathlib import Path
def test_that_is_crowded_once():
    seen = Path(__file__).with_name("seen")
    crowded = not seen.exists()
    seen.touch()
    assert not crowded
def test_that_passes():
    with Path(__file__).with_name("runs").open("a") as runs:
        runs.write("x")
"""
THREADS = """
import os
def test_that_there_is_one():
    assert os.environ["OPENBLAS_NUM_THREADS"] == os.environ["OMP_NUM_THREADS"] == "1"
"""
BYTECODE = """
import sys
def test_that_it_is_kept():
    assert not sys.dont_write_bytecode
    assert sys.pycache_prefix
"""
WRONG = "def test_that_is_wrong():\n    assert False\n"
MANY = "".join(f"def test_wrong_{i}():\n    assert False\n" for i in range(21))
RIGHT, NO_NUMBER = "x: int = 1\n", 'x: int = "one"\n'


@dataclass(frozen=True)
class Run:
    """A run of the tool in a project of a few tests."""

    folder: Path
    code: int
    said: str

    @classmethod
    def of(cls, folder: Path, files: dict[str, str], lanes: str, *arguments: str) -> Run:
        """files: texts by their names in tests/; what lies in no lane's folder is in the lane of all others."""
        for name, text in ({"test_fine.py": FINE} | files).items():
            place = folder / "tests" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        (folder / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n")
        (folder / "mypy.ini").write_text("[mypy]\nfiles = tests/typed.py\n")
        done = subprocess.run(
            [sys.executable, "-c", TOOL, str(ROOT / "tools"), lanes, *arguments],
            cwd=folder,
            # plugins take their time, and nothing here needs them
            env=os.environ
            | {
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
                "MYPY_CACHE_DIR": str(folder.parents[1] / "types"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return cls(folder, done.returncode, done.stdout)


@pytest.fixture(scope="module")
def passing(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Of three lanes, one of which is crowded, and of types that are right."""
    threads = {f"{folder}/test_threads{i}.py": THREADS for i, folder in enumerate((".", "page", "sound"))}
    files = {**threads, "test_bytecode.py": BYTECODE, "sound/test_crowded.py": CROWDED, "typed.py": RIGHT}
    return Run.of(tmp_path_factory.mktemp("once_more") / "passing", files, "page sound", "--types")


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Of a lane with a fault beside what is crowded, and of one with more of them than are run again."""
    files = {"test_wrong.py": WRONG, "test_crowded.py": CROWDED, "sound/test_many.py": MANY, "page/test_fine.py": FINE}
    return Run.of(tmp_path_factory.mktemp("once_more") / "failing", files, "page sound")


def test_every_lane_computes_in_one_thread_and_all_are_run(passing: Run) -> None:
    assert passing.code == 0, passing.said
    told = [passing.said.count(f"{count} passed") for count in (3, 2, 1)]
    assert told == [1, 1, 2], "others, sound, and page as well as what was crowded"


def test_tests_that_are_named_compute_in_one_thread(tmp_path: Path) -> None:
    alone = Run.of(tmp_path / "alone", {"test_threads.py": THREADS}, "page", "tests/test_threads.py")
    assert alone.code == 0 and "1 passed" in alone.said, alone.said


def test_no_process_compiles_what_another_has_compiled(passing: Run) -> None:
    assert passing.code == 0, passing.said


def test_a_failure_of_the_crowd_passes_alone(passing: Run) -> None:
    assert passing.code == 0, passing.said
    assert "failed in the crowd, passed alone: tests/sound/test_crowded.py::test_that_is_crowded_once" in passing.said
    assert (passing.folder / "tests" / "sound" / "runs").read_text() == "x"


def test_a_fault_fails_twice(failing: Run) -> None:
    assert failing.code == 1
    assert "FAILED TWICE: tests/test_wrong.py::test_that_is_wrong" in failing.said
    assert "passed alone: tests/test_crowded.py::test_that_is_crowded_once" in failing.said


def test_many_failures_are_no_accident(failing: Run) -> None:
    assert failing.code == 1
    assert "21 failed" in failing.said
    assert failing.said.count("Once more") == failing.said.count("Once more, alone: 2 that failed") == 1


def test_types_count_as_tests_do(passing: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert passing.code == 0 and "Incompatible types" not in passing.said
    folder = tmp_path_factory.mktemp("once_more") / "untyped"
    untyped = Run.of(folder, {"typed.py": NO_NUMBER}, "", "--types")
    assert untyped.code == 1 and "Incompatible types" in untyped.said and "1 passed" in untyped.said
