"""One silent daemon for all patches, and a stage in JACK for those that are heard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import jackd
import pytest
from e2e.stage import Stage
from jackd import JackServer
from support import Daemon, OscClient


class Quiet:
    """A daemon that nobody hears, and a subscriber who is told what others do. settings: as --set."""

    def __init__(self, *settings: str) -> None:
        self.daemon = Daemon("audio.backend=silent", "model.device=cpu", *settings)
        try:
            self.daemon.wait_ready()
        except BaseException:
            self.daemon.close()
            raise
        self.listener = OscClient(self.daemon.port)

    @property
    def port(self) -> int:
        return self.daemon.port

    def listen(self) -> OscClient:
        """The subscriber, with nothing waiting."""
        assert self.listener.ask("/notify", 1, answer=("/done",)) == ("/done", ("/notify", 1))
        self.listener.drain()
        return self.listener

    def close(self) -> None:
        self.listener.close()
        self.daemon.close()


@pytest.fixture(scope="session")
def quiet_daemon() -> Iterator[Quiet]:
    shared = Quiet()
    yield shared
    shared.close()


@pytest.fixture
def quiet(quiet_daemon: Quiet) -> Iterator[Quiet]:
    """A silent daemon at its defaults, nothing sounding."""
    assert quiet_daemon.daemon.process.poll() is None, quiet_daemon.daemon.log
    for message in (
        ("/panic",),
        ("/sustain", 0),
        ("/gain", -12.0),
        ("/pan", 0.0),
        ("/bend", 0.0),
        ("/attack", 0.0),
        ("/release", 0.15),
        ("/stretch", 1.0),
        ("/z", 0, 0, 0, 0),
    ):
        quiet_daemon.daemon.client.send(*message)
    quiet_daemon.daemon.status()
    yield quiet_daemon


@pytest.fixture(scope="session")
def jack_stage() -> Iterator[Stage]:
    if lacking := jackd.missing():
        pytest.skip(lacking)
    server = JackServer().start()
    try:
        shared = Stage(server)
        yield shared
        shared.close()
    finally:
        server.stop()


@pytest.fixture
def stage(jack_stage: Stage) -> Stage:
    """A daemon that plays into JACK at 48 kHz / 128 frames, every control at its default, nothing sounding."""
    jack_stage.reset()
    return jack_stage


def needs(*programs: str) -> None:
    """Skip where one of these is not installed."""
    if lacking := [program for program in programs if shutil.which(program) is None]:
        pytest.skip(f"not installed: {', '.join(lacking)}")
