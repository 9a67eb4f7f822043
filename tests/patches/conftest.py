"""A daemon that only listens, for each test that wants one, and a real one that blends, for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import soundfile

from parts.silent import SilentDaemon
from parts.streaming import RATE, write_mirror
from patches.fake import FakeDaemon


@pytest.fixture
def fake() -> Iterator[FakeDaemon]:
    with FakeDaemon() as daemon:
        yield daemon


@pytest.fixture(scope="session")
def _mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SilentDaemon]:
    folder = tmp_path_factory.mktemp("mirror")
    write_mirror(folder / "mirror.ts")
    shared = SilentDaemon(folder, f"model.folder={folder}", "model.name=mirror")
    yield shared
    shared.close()


@pytest.fixture
def mirrored(_mirror: SilentDaemon) -> Callable[..., SilentDaemon]:
    """`mirrored(low, high)`: a daemon with the model mirror, and two sounds of these names that were not encoded."""

    def furnish(*names: str) -> SilentDaemon:
        for path in _mirror.sounds_folder.iterdir():
            path.unlink()
        _mirror.daemon.quiet()
        _mirror.load("mirror")
        t = np.arange(2 * RATE) / RATE
        for name, hz in zip(names, (300.0, 2000.0), strict=True):
            soundfile.write(_mirror.sounds_folder / f"{name}.wav", 0.3 * np.sin(2.0 * np.pi * hz * t), RATE)
        _mirror.client.drain()
        return _mirror

    return furnish
