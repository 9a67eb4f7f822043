"""Real parts that tests share: JACK servers of their own, a daemon in one, and a daemon that nobody hears."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parts.costs import Costs
from parts.jackd import PROGRAMS, JackServer, StartJack
from parts.programs import skip_without
from parts.silent import SilentDaemon
from parts.together import Together

if TYPE_CHECKING:
    from parts.stage import Stage


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--costs", type=Path, metavar="FILE", help="write what each test costs into that file: parts/costs.py"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Together(), "together")
    if config.option.costs is not None:
        config.pluginmanager.register(Costs(config.option.costs.open("w")), "costs")


@pytest.fixture
def start_jack() -> Iterator[StartJack]:
    """`start_jack(rate=..., period=..., ports=..., synchronous=...)`: another running server, ended with the test."""
    skip_without(*PROGRAMS)
    servers: list[JackServer] = []

    def start(**settings: int) -> JackServer:
        servers.append(JackServer(**settings))  # type: ignore[arg-type]
        return servers[-1].start()

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def jack_server(start_jack: StartJack) -> JackServer:
    """A running server at 48 kHz / 128 frames; `kill()` and `start(rate=..., period=...)` bring it down and back."""
    return start_jack()


@pytest.fixture
def set_for_decoders(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """`set_for_decoders(name, value)`: decoders of this process start in that environment, until the test is over."""
    from oscvae.decode import process

    def change(name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        process.retire()

    yield change
    monkeypatch.undo()
    process.retire()


class SharedStage:
    """A stage for all that only need one; a new one where a test has brought the last one down."""

    def __init__(self) -> None:
        self._server: JackServer | None = None
        self._stage: Stage | None = None

    def take(self) -> Stage:
        from parts.stage import Stage  # which needs libjack

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


def _shared_stage() -> Iterator[SharedStage]:
    skip_without(*PROGRAMS)
    shared = SharedStage()
    yield shared
    shared.close()


_steady = pytest.fixture(scope="session")(_shared_stage)
_mortal = pytest.fixture(scope="session")(_shared_stage)


@pytest.fixture
def stage(_steady: SharedStage) -> Stage:
    """A daemon that plays into JACK at 48 kHz / 128 frames, every control at its default, nothing sounding."""
    return _steady.take()


@pytest.fixture
def mortal_stage(_mortal: SharedStage) -> Stage:
    """Another, whose server tests may kill and replace: rate and period are what they left."""
    return _mortal.take()


@pytest.fixture(scope="session")
def _silent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SilentDaemon]:
    shared = SilentDaemon(tmp_path_factory.mktemp("silent"), "midi.enabled=true")
    yield shared
    shared.close()


@pytest.fixture
def silent(_silent: SilentDaemon) -> SilentDaemon:
    """A daemon that nobody hears, every control at its default, nothing sounding, with the shipped model."""
    _silent.reset()
    return _silent
