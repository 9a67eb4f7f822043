"""One folder of recordings, one data set and one run of it for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from oscvae.training.timbre.frameset import open_frames
from oscvae.training.timbre.train import train_frames
from training.timbre.recordings import build_small, record, tiny_config


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("sounds") / "recordings")


@pytest.fixture(scope="session")
def data(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(recordings, tmp_path_factory.mktemp("frames") / "set").path


@pytest.fixture(scope="session")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    train_frames(tiny_config(folder.parent / "tiny.yaml"), open_frames(data), data, folder)
    return folder
