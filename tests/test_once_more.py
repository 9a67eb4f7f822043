"""What failed beside others is run again alone, by tools/tests.py, and only that."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
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


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """tools/tests.py, for a project in tmp_path with the folders `page` and `sound` in lanes of their own."""
    spec = importlib.util.spec_from_file_location("tools_tests", ROOT / "tools" / "tests.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n")
    for folder in (".", "page", "sound"):
        (tmp_path / "tests" / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "tests" / folder / "test_fine.py").write_text("def test_fine():\n    pass\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # nothing here needs them, and they take their time
    monkeypatch.setattr(module, "LANES", {"waiting": ("page",), "computing": ("sound",)})
    return module


@pytest.mark.parametrize("alone", [False, True])
def test_every_lane_computes_in_one_thread(tool: ModuleType, tmp_path: Path, alone: bool) -> None:
    places = [Path("tests", folder, f"test_threads{i}.py") for i, folder in enumerate((".", "page", "sound"))]
    for place in places:
        (tmp_path / place).write_text(THREADS)
    assert tool.main([str(place) for place in places] if alone else []) == 0


def test_no_process_compiles_what_another_has_compiled(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (tmp_path / "tests" / "test_bytecode.py").write_text(BYTECODE)
    assert tool.main([]) == 0


def test_a_failure_of_the_crowd_passes_alone(
    tool: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = "tests/sound"
    (tmp_path / folder / "test_crowded.py").write_text(CROWDED)
    assert tool.main([]) == 0
    assert "failed in the crowd, passed alone: " in capfd.readouterr().out
    assert (tmp_path / folder / "runs").read_text() == "x"


def test_a_fault_fails_twice(tool: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tests" / "test_wrong.py").write_text(WRONG)
    (tmp_path / "tests" / "test_crowded.py").write_text(CROWDED)
    assert tool.main([]) == 1
    said = capfd.readouterr().out
    assert "FAILED TWICE: tests/test_wrong.py::test_that_is_wrong" in said
    assert "passed alone: tests/test_crowded.py::test_that_is_crowded_once" in said


@pytest.mark.parametrize(("text", "code"), [("x: int = 1\n", 0), ('x: int = "one"\n', 1)])
def test_types_count_as_tests_do(
    tool: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str, code: int
) -> None:
    (tmp_path / "typed.py").write_text(text)
    (tmp_path / "mypy.ini").write_text("[mypy]\nfiles = typed.py\n")
    assert tool.main(["--types"]) == code
    assert ("Incompatible types" in capfd.readouterr().out) == bool(code)


def test_many_failures_are_no_accident(tool: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    many = CROWDED + "".join(f"def test_wrong_{i}():\n    assert False\n" for i in range(tool.A_FEW))
    (tmp_path / "tests" / "test_crowded.py").write_text(many)
    assert tool.main([]) == 1
    assert "Once more" not in capfd.readouterr().out
