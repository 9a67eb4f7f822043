"""Names of files, as they are compared and shown: in Unicode's normal form C, and as text whatever their bytes are.

The same word can be spelt in two ways: macOS stores é as e and an accent, keyboards and most networks send one letter.
A name whose bytes are no UTF-8 has surrogates in Python, which nothing can print or encode.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path


def normal(name: str) -> str:
    """How a name is compared with others, in normal form C."""
    return unicodedata.normalize("NFC", name)


def shown(name: str | Path) -> str:
    r"""How a name is told: in normal form C, and bytes that are no UTF-8 as \x and two digits. Distinct names stay so,
    but for the two spellings of one word."""
    return normal(os.fsencode(name).decode("utf-8", "backslashreplace"))


def find(folder: Path, name: str) -> Path | None:
    """The file or folder at the path `name` in `folder`, its parts spelt so or otherwise; None where there is none.

    An exact spelling goes first. Blocks on the disk; what cannot be read counts as not there.
    """
    path: Path | None = folder
    for part in Path(name).parts:
        if path is None:
            break
        path = _child(path, part)
    return path


def _child(folder: Path, name: str) -> Path | None:
    try:
        if (exact := folder / name).exists():
            return exact
        return next((path for path in sorted(folder.iterdir()) if normal(path.name) == normal(name)), None)
    except (OSError, ValueError):
        return None
