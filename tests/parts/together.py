"""Daemons that a whole session shares run no longer than they are wanted: a daemon at rest takes a twentieth of a core.

The modules whose tests want one run one after another, after those that want none, and it is ended with its last test.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

SHARED = ("shared_rig", "_steady", "_mortal", "_silent", "sandbox", "_mirror", "_paged")
"""Fixtures of the session, each a daemon that runs."""


class Together:
    """A plugin of pytest."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        wanted: dict[str, set[str]] = {}
        for item in items:
            wanted.setdefault(_module(item), set()).update(_shared(item))
        items.sort(key=lambda item: [name in wanted[_module(item)] for name in SHARED])
        self._last = {name: item.nodeid for item in items for name in _shared(item)}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, Any, Any]:
        result = yield
        request = getattr(item, "_request", None)
        for name in _shared(item):
            fixture = request._fixture_defs.get(name) if request else None
            if fixture is not None and self._last.get(name) == item.nodeid:
                fixture.finish(request)
        return result


def _module(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _shared(item: pytest.Item) -> set[str]:
    return set(SHARED).intersection(getattr(item, "fixturenames", ()))
