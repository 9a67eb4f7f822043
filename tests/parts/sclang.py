"""sclang without a window, with our classes compiled in."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from parts import ROOT
from parts.programs import Program

FOLDER = ROOT / "patches" / "supercollider"
START_S = 60.0  # sclang compiles its library first
QUIT_AFTER_S = 20.0  # a script that does not say 0.exit

WRONG = re.compile(r"^ERROR|^WARNING|Error:|could not|^\s*nil$.*not understood|Parse error", re.M)


class Sclang(Program):
    """One script, run to its `0.exit`. folder: where script, log and settings are kept."""

    def __init__(
        self,
        folder: Path,
        script: str,
        *,
        environment: Mapping[str, str] | None = None,
        quit_after_s: float = QUIT_AFTER_S,
    ) -> None:
        self.quit_after_s = quit_after_s
        folder.mkdir(parents=True, exist_ok=True)
        settings = folder / "sclang.yaml"
        settings.write_text(f"includePaths:\n  - {FOLDER}\nexcludePaths: []\npostInlineWarnings: true\n")
        file = folder / "script.scd"
        file.write_text(f'AppClock.sched({quit_after_s}, {{ "TOO LATE".postln; 0.exit }});\n{script}\n')
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700, exist_ok=True)
        headless = {
            "HOME": str(folder),
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache"),
            "XDG_RUNTIME_DIR": str(runtime),
            "QT_QPA_PLATFORM": "offscreen",
            "QTWEBENGINE_DISABLE_SANDBOX": "1",
        }
        command = ["sclang", "-l", str(settings), "-D", str(file)]
        super().__init__(command, folder / "sclang.log", {**(environment or os.environ), **headless})

    @property
    def log(self) -> str:
        """What was posted after the library was compiled."""
        return super().log.partition("*** Welcome to SuperCollider")[2]

    def wait(self) -> str:
        """What was posted, once it has left by itself."""
        try:
            self.process.wait(START_S + self.quit_after_s)
        finally:
            self.close()
        assert "TOO LATE" not in self.log, f"the script did not come to its end:\n{self.log}"
        return self.log


def wrong(log: str) -> list[str]:
    """Posted lines that report something broken."""
    return [line for line in log.splitlines() if WRONG.search(line)]


def run(folder: Path, script: str, *, quit_after_s: float = QUIT_AFTER_S) -> str:
    """What a script posts; fails where something is broken."""
    log = Sclang(folder, script, quit_after_s=quit_after_s).wait()
    assert not wrong(log), log
    return log
