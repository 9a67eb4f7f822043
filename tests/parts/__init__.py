"""The real parts that tests and benchmarks drive: daemons, JACK servers, recorders, OSC clients, foreign programs."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOAK = os.environ.get("OSCVAE_SOAK") == "1"  # make soak: long tests at their full counts
