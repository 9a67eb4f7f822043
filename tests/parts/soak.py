"""Marks of tests that only make soak runs."""

from __future__ import annotations

import pytest

from parts import SOAK

SOAKED = [pytest.mark.soak, pytest.mark.skipif(not SOAK, reason="make soak")]
