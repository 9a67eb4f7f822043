"""Marks of tests that only make soak runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from parts import SOAK

Test = TypeVar("Test", bound=Callable[..., None])

SOAKED = [pytest.mark.soak, pytest.mark.skipif(not SOAK, reason="make soak")]


def soaked(test: Test) -> Test:
    """A test that is long and says little more than shorter ones do, as a study that is made whole."""
    for mark in SOAKED:
        test = mark(test)
    return test
