"""One sandbox for all commands."""

from __future__ import annotations

from collections.abc import Iterator

import jackd
import pytest

from docs.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    if lacking := jackd.missing():
        pytest.skip(lacking)
    place = Sandbox(tmp_path_factory.mktemp("checkout"))
    yield place
    place.close()
