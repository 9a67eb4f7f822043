"""What a study keeps, for when it goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write_json(path: Path, told: Any) -> None:
    """Write a file that is whole, or is not there, wherever the run is cut off."""
    begun = path.with_suffix(".begun")
    begun.write_text(json.dumps(told), encoding="utf-8")
    begun.replace(path)
