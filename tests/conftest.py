"""Real parts for tests: JACK servers of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import jackd
import pytest
from jackd import JackServer

StartJack = Callable[..., JackServer]


@pytest.fixture
def start_jack() -> Iterator[StartJack]:
    """`start_jack(rate=..., period=..., ports=..., synchronous=...)`: another running server, ended with the test."""
    if lacking := jackd.missing():
        pytest.skip(lacking)
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
