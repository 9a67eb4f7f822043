"""`oscvae train` as it is typed: what its arguments mean, and what it says when they are wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from oscvae.training.fit import command
from oscvae.training.fit.run import load_run
from training.tiny import store_notes, typed, write_config


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_notes(tmp_path_factory.mktemp("data"))


def test_a_run_is_begun_gone_on_with_and_done(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_config(tmp_path / "tiny.yaml")
    code, said = typed("--config", path, "--data", data, "--set", "fit.steps=5")
    assert code == 0, said
    assert "runs/tiny holds the run" in said
    assert load_run(Path("runs/tiny")).config.fit.steps == 5
    assert typed("--resume", "--out", "runs/tiny")[0] == 0, "a finished run has nothing left to do"
    code, said = typed("--config", path, "--data", data)
    assert (code, "--resume, or name another --out" in said) == (2, True)
    code, said = typed("--resume", "--out", "runs/tiny", "--set", "fit.steps=10")
    assert (code, "fit.steps was 5 and is 10" in said) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["--config", "nope"], 2, "no configuration 'nope'"),
        (["--set", "fit.stepz=3"], 2, "did you mean fit.steps?"),
        ([], 2, "--data must name the folder of a data set"),
        (["--data", "."], 1, "holds no index.json"),
        (["--resume", "--out", "nowhere"], 1, "nowhere is no run"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str], code: int, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found, said = typed(*arguments)
    assert found == code
    assert complaint in said
    assert len(said.strip().splitlines()) == 1


def test_missing_packages_are_named(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [
        name for name in sys.modules if name.split(".")[0] == "lightning" or name == "oscvae.training.fit.train"
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(command.__package__ + ".train", raising=False)
    monkeypatch.setitem(sys.modules, "lightning", None)
    monkeypatch.setitem(sys.modules, "lightning.fabric", None)
    code, said = typed("--data", data, "--out", tmp_path / "run")
    assert code == 2
    assert "pip install 'oscvae[train]'" in said


def test_arguments_are_judged_without_torch() -> None:
    script = (
        "import sys\nfrom oscvae.training.fit import command\nfrom oscvae.errors import ConfigError\n"
        "try: command.train('plucked', None, None, False, ['fit.steps=10'])\n"
        "except ConfigError: sys.exit(', '.join({'torch', 'lightning'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
