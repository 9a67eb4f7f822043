"""A stage for all that only needs one: a JACK server at 48 kHz / 128 frames with a daemon in it."""

from __future__ import annotations

from collections.abc import Iterator

import jackd
import pytest
from jackd import JackServer

from e2e.stage import Stage


class Stages:
    """The shared stage; a new one where a test has brought the last one down."""

    def __init__(self) -> None:
        self._server: JackServer | None = None
        self._stage: Stage | None = None

    def take(self) -> Stage:
        if self._stage is None or self._stage.daemon.process.poll() is not None:
            self.close()
            self._server = JackServer().start()
            self._stage = Stage(self._server)
        self._stage.reset()
        return self._stage

    def close(self) -> None:
        if self._stage is not None:
            self._stage.close()
        if self._server is not None:
            self._server.stop()
        self._stage = self._server = None


@pytest.fixture(scope="session")
def stages() -> Iterator[Stages]:
    if lacking := jackd.missing():
        pytest.skip(lacking)
    shared = Stages()
    yield shared
    shared.close()


@pytest.fixture
def stage(stages: Stages) -> Stage:
    """A daemon that plays into JACK at 48 kHz / 128 frames, every control at its default, nothing sounding."""
    return stages.take()
