"""Marks of tests that only make soak runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from parts import SOAK

Test = TypeVar("Test", bound=Callable[..., None])

SOAKED = [pytest.mark.soak, pytest.mark.skipif(not SOAK, reason="make soak")]


def soaked(test: Test) -> Test:
    """A test that takes too long for what it says: a study that is made whole, or what librosa compiles for half a
    minute."""
    for mark in SOAKED:
        test = mark(test)
    return test
