"""JSON documents on disk that outlive a pulled plug: written whole or not at all, and never lost when damaged."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from oscvae.files import open_regular

MOST_BYTES = 64 << 20
"""More is no document of ours: 4096 presets of 64 dimensions have 7 MiB."""


def read(file: Path) -> Any:
    """What a document holds. Raises OSError, for what is no regular file as well, ValueError and RecursionError."""
    with open_regular(file) as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {MOST_BYTES} bytes")
    return json.loads(data.decode("utf-8"))


def write(file: Path, document: object) -> None:
    """Replaces `file` atomically: after a crash it holds all of the old or all of the new. Raises OSError, and then it
    is the old one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)  # first: after the rename nothing may fail any more
    try:
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".writing.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(document, stream, indent=1, ensure_ascii=False)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        with contextlib.suppress(OSError):  # the rename itself; some network file systems cannot
            os.fsync(folder)
    finally:
        os.close(folder)


def set_aside(file: Path) -> Path:
    """Renames a damaged file to a free name beside it, which is returned. Raises OSError."""
    n = 1
    while (aside := file.with_name(f"{file.name}.damaged-{n}")).exists():
        n += 1
    return file.rename(aside)
