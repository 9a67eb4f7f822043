"""A disk that hangs, or is full, for one real process and its children: a library that stands before the system's."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from parts.programs import skip_without

SOURCE = Path(__file__).with_name("sickdisk.c")


class SickDisk:
    """What lies below `folders`; well, until it `hangs`. scratch: a folder of its own, elsewhere. Skips without cc."""

    def __init__(self, scratch: Path, folders: Sequence[Path]) -> None:
        skip_without("cc")
        library = scratch / "sickdisk.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
        self._switch = scratch / "switch"
        self.heal()
        self.environment = {
            "LD_PRELOAD": ":".join([str(library), *filter(None, [os.environ.get("LD_PRELOAD")])]),
            "SICK_BELOW": ":".join(str(folder.resolve()) for folder in folders),
            "SICK_SWITCH": str(self._switch),
        }

    def hang(self) -> None:
        """From now on nothing that concerns it returns."""
        self._put("h")

    def fill(self) -> None:
        """From now on there is no space left."""
        self._put("f")

    def heal(self) -> None:
        """It is well, and what hung goes on."""
        self._put("w")

    def _put(self, state: str) -> None:
        fresh = self._switch.with_suffix(".new")
        fresh.write_text(state)
        fresh.replace(self._switch)
