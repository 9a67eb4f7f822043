"""Untrained RAVE exports, where they can be had: nothing of RAVE is in this repository (CC BY-NC)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from parts import ROOT, SOAK

NAMES = ("tiny", "v2_small", "v1", "v2")
FOLDER = Path(os.environ.get("OSCVAE_RAVE") or ROOT / "build" / "rave")
_TOOL = ROOT / "tools" / "untrained_rave.py"
_MAKING_S = 1800.0


def models_folder() -> Path | str:
    """The folder that has all of them, made by the tool in a soak; or why there is none."""
    if all((FOLDER / f"{name}.ts").exists() for name in NAMES):
        return FOLDER
    how = "`python tools/untrained_rave.py build/rave` makes some; OSCVAE_RAVE names another folder of them"
    if os.environ.get("OSCVAE_RAVE"):
        return f"OSCVAE_RAVE: {FOLDER} has not all of {', '.join(NAMES)}.ts: {how}"
    if not SOAK:
        return f"no RAVE exports: {how}"
    command = [sys.executable, _TOOL, FOLDER]
    made = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_MAKING_S)
    if made.returncode:
        return f"RAVE exports cannot be made here: {(made.stderr.strip().splitlines() or ['?'])[-1]}"
    return FOLDER
