"""What was found of a training, kept in its folder: done, it is read; stopped, it begins again and comes to the same,
since all that it draws follows from its seed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oscvae.errors import DataError
from oscvae.names import shown
from oscvae.training.studies.kept import write_json

TOLD = "told.json"


def finite(told: Any) -> Any:
    """The same without what has overflowed, which is None: JSON knows no infinity."""
    if isinstance(told, dict):
        return {name: finite(value) for name, value in told.items()}
    if isinstance(told, list | tuple):
        return [finite(value) for value in told]
    return None if isinstance(told, float) and not math.isfinite(told) else told


def kept(place: Path, of: dict[str, Any], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `make` finds, in a folder of its own. of: all that it depends on.

    Raises DataError for a folder that was made of something else.
    """
    of = json.loads(json.dumps(of))
    done = place / TOLD
    if not done.is_file():
        place.mkdir(parents=True, exist_ok=True)
        told = {"of": of, **make()}
        write_json(done, told)
    found: dict[str, Any] = json.loads(done.read_text(encoding="utf-8"))
    if found["of"] != of:
        raise DataError(f"{shown(place)} was made of other clips, or otherwise: name another --out, or remove it")
    return found
