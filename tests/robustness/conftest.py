"""Borrowed from their neighbours: the packet strategies of control/test_fuzz.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "control"))
