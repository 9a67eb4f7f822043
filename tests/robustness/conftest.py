"""Borrowed from their neighbours: the packet strategies of control/test_fuzz.py, the assembly inspection of audio/."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("control", "audio"):
    sys.path.append(str(Path(__file__).resolve().parent.parent / folder))
