"""What the doctor says of packages that are missing, and of those that are there and cannot be imported."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from oscvae.app.doctor import finding, packages
from oscvae.settings.sections import Config

NEEDS = [
    "numpy>=1.26",
    "torch<2.15,>=2.14.1",
    "pytest; extra == 'dev'",
    "torchaudio<2.12,>=2.11.1; extra == 'dev'",
    "lightning>=2.5; extra == 'train'",
    "torchaudio<2.12,>=2.11.1; extra == 'train'",
]
WITH_RANGES = "'torch<2.15,>=2.14.1' 'torchaudio<2.12,>=2.11.1'"
UNDEFINED = "libtorchaudio.so: undefined symbol: torch_exception_get_what_without_backtrace"
GOOD, BROKEN, CRASHING = "", f"raise OSError({UNDEFINED!r})", "import os; os.abort()"


@pytest.fixture(autouse=True)
def no_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests run in the environment of a checkout: what a wheel's user is told is what most of them are about."""
    monkeypatch.setattr(packages, "_ROOT", tmp_path / "nowhere")


@pytest.fixture(autouse=True)
def needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the metadata of an installed oscvae say them."""
    monkeypatch.setattr(packages.importlib.metadata, "requires", lambda name: NEEDS)


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, **modules: str) -> None:
    """Modules that go before the installed ones of these names."""
    for name in ("torch", "torchaudio", "lightning"):
        (folder / f"{name}.py").write_text(modules.get(name, GOOD))
    monkeypatch.setenv("PYTHONPATH", str(folder))


def without(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    """An environment in which these packages are not installed."""

    def installed(name: str) -> str:
        if name in missing:
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(packages.importlib.metadata, "version", installed)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert packages.check_python(Config()).state == "ok"
    monkeypatch.setattr(packages.importlib.metadata, "requires", lambda name: [*NEEDS, "no-such-package>=3"])
    found = packages.check_python(Config())
    assert found.state == "fail"
    assert found.mend == f"{sys.executable} -m pip install 'no-such-package>=3'"


def test_a_pair_that_works_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch)
    found = packages.check_training(Config())
    assert found.state == "ok"
    assert f"torch {version('torch')} and torchaudio {version('torchaudio')}" in found.what
    assert f"lightning {version('lightning')}" in found.what


@pytest.mark.parametrize(("torchaudio", "why"), [(BROKEN, f"OSError: {UNDEFINED}"), (CRASHING, "ended by SIGABRT")])
def test_a_broken_pair_is_told_as_one(
    torchaudio: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, torchaudio=torchaudio)
    found = packages.check_training(Config())
    assert found.state == "warn", "who only plays needs no torchaudio"
    assert found.what.startswith(f"torch {version('torch')} and torchaudio {version('torchaudio')} are no pair: ")
    assert why in found.what
    assert found.mend == f"{sys.executable} -m pip install --force-reinstall {WITH_RANGES}"


def test_a_checkout_is_mended_by_its_makefile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, torch=BROKEN, torchaudio="import torch")
    monkeypatch.setattr(packages, "_ROOT", tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    (tmp_path / "Makefile").touch()
    assert packages.check_decoder(Config()).mend == f"cd {tmp_path} && rm -rf .venv && make serve"
    assert packages.check_training(Config()).mend == f"cd {tmp_path} && rm -rf .venv && make test"
    without(monkeypatch, "lightning", "torchaudio")
    assert packages.check_training(Config()).mend == f"cd {tmp_path} && make test"


def test_a_torch_that_cannot_be_imported_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, torch=BROKEN, torchaudio="import torch", lightning="import torch")
    decoder, training = packages.check_decoder(Config()), packages.check_training(Config())
    assert decoder.what == f"torch {version('torch')} cannot be imported: OSError: {UNDEFINED}"
    assert decoder.mend.endswith(WITH_RANGES)
    assert training.what == "torch cannot be imported, see decoder"


def test_a_broken_lightning_is_no_broken_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, lightning="import no_such_module")
    found = packages.check_training(Config())
    assert found.what.startswith(f"lightning {version('lightning')} cannot be imported: ModuleNotFoundError")
    assert found.mend == f"{sys.executable} -m pip install --force-reinstall 'lightning>=2.5'"


def test_training_that_is_not_installed_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "lightning", "torchaudio")
    found = packages.check_training(Config())
    assert (found.state, found.what) == (
        "warn",
        "no torchaudio and no lightning: models can be played, and not trained",
    )
    assert found.mend == f"{sys.executable} -m pip install 'lightning>=2.5' 'torchaudio<2.12,>=2.11.1'"


def test_a_torch_that_is_not_installed_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, torch="raise ModuleNotFoundError('torch')")
    without(monkeypatch, "torch", "torchaudio")
    found = packages.check_decoder(Config())
    assert found.what == "torch is not installed"
    assert found.mend == f"{sys.executable} -m pip install --force-reinstall 'torch<2.15,>=2.14.1'"


def test_a_slow_disk_is_not_taken_for_a_broken_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, lightning="import time; time.sleep(30)")
    monkeypatch.setattr(finding, "ASK_TIMEOUT_S", 2.0)
    found = packages.check_training(Config())
    assert "no answer within 2 s" in found.what
    assert "pip" not in found.mend
