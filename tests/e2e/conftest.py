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
        if self._stage is None or not self._stage.alive:
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


def _stages() -> Iterator[Stages]:
    if lacking := jackd.missing():
        pytest.skip(lacking)
    shared = Stages()
    yield shared
    shared.close()


_steady = pytest.fixture(scope="session")(_stages)
_mortal = pytest.fixture(scope="session")(_stages)


@pytest.fixture
def stage(_steady: Stages) -> Stage:
    """A daemon that plays into JACK at 48 kHz / 128 frames, every control at its default, nothing sounding."""
    return _steady.take()


@pytest.fixture
def mortal_stage(_mortal: Stages) -> Stage:
    """Another, whose server tests may kill and replace: rate and period are what they left."""
    return _mortal.take()
