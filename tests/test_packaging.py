"""What a wheel carries: an installation elsewhere has the default configuration and a model to play."""

from __future__ import annotations

import configparser
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

_BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
_USE = """
import json
import oscvae
from oscvae.settings.sections import load_config
from oscvae.model.document import model_names, read_document
config = load_config()
print(json.dumps({"package": oscvae.__file__, "folder": str(config.model.folder), "name": config.model.name,
                  "models": model_names(config.model.folder),
                  "D": read_document(config.model.folder / (config.model.name + ".ts")).latent_size}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-c", _BUILD, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.splitlines()[-1]


def test_the_wheel_carries_configuration_model_licence_and_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = configparser.ConfigParser()
        entry_points.read_string(archive.read(next(n for n in names if n.endswith("entry_points.txt"))).decode())
        assert archive.read("oscvae/data/config.yaml") == (ROOT / "config.yaml").read_bytes()
        assert archive.read("oscvae/data/models/plucked.ts") == (ROOT / "models" / "plucked.ts").read_bytes()
    assert entry_points["console_scripts"]["oscvae"] == "oscvae.app.cli:main"
    assert {"LICENSE", "NOTICE"} <= {Path(name).name for name in names}
    assert "oscvae/py.typed" in names
    assert not {name for name in names if "test" in name or name.endswith(".pyc")}


def test_every_module_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tracked = subprocess.run(["git", "ls-files", "oscvae"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode == 0:  # a source distribution is no repository
        assert {name for name in tracked.stdout.split() if (ROOT / name).exists()} <= names
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "oscvae").rglob("*.py")} <= names


def test_installed_elsewhere_it_plays_its_own_model(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = dict(os.environ, PYTHONPATH=str(tmp_path / "site"))
    done = subprocess.run(
        [sys.executable, "-c", _USE], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert Path(found["package"]).is_relative_to(tmp_path)
    assert Path(found["folder"]) == tmp_path / "site" / "oscvae" / "data" / "models"
    assert found["name"] in found["models"]
    assert found["D"] == 4
