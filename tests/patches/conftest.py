"""A daemon that only listens, for each test that wants one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from patches.fake import FakeDaemon


@pytest.fixture
def fake() -> Iterator[FakeDaemon]:
    with FakeDaemon() as daemon:
        yield daemon
