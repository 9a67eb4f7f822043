"""What a study keeps, for when it goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from oscvae.errors import DataError


def write_json(path: Path, told: Any) -> None:
    """Write a file that is whole, or is not there, wherever the run is cut off."""
    begun = path.with_suffix(".begun")
    begun.write_text(json.dumps(told), encoding="utf-8")
    begun.replace(path)


def begin(record: Path, of: dict[str, Any]) -> None:
    """Note in a training's folder what it is of, or find it noted. Raises DataError for a folder of another one."""
    if record.is_file():
        if json.loads(record.read_text(encoding="utf-8")) != of:
            raise DataError(f"{record.parent} holds a training with other settings or data: choose another --out")
        return
    record.parent.mkdir(parents=True, exist_ok=True)
    write_json(record, of)
