"""JSON documents on disk that outlive a pulled plug: written whole or not at all, and never lost when damaged."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path


def write(file: Path, document: object) -> None:
    """Replaces `file` atomically: after a crash it holds all of the old or all of the new. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(document, stream, indent=1, ensure_ascii=False)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself
    finally:
        os.close(folder)


def set_aside(file: Path) -> Path:
    """Renames a damaged file to a free name beside it, which is returned. Raises OSError."""
    n = 1
    while (aside := file.with_name(f"{file.name}.damaged-{n}")).exists():
        n += 1
    return file.rename(aside)
