"""What the doctor's checks have in common: a finding, and how to ask what may crash.

Libraries that can crash, hang or print (JACK, PortAudio, torch) are asked in processes of their own; torch is imported
nowhere else.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from oscvae.settings.sections import Config

State = Literal["ok", "warn", "fail"]

ASK_TIMEOUT_S = 60.0  # importing torch from a cold disk


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's table; `mend` is a command, or what to do where no command can. runs: a daemon does so
    already, with this configuration."""

    name: str
    state: State
    what: str
    mend: str = ""
    runs: bool = False


Check = Callable[[Config], Finding]


def ask(script: str, *arguments: str) -> dict[str, Any]:
    """Run `script` in a Python of its own; its last line is JSON.

    {"error": why} if it fails, and "late" as well if it took too long.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ASK_TIMEOUT_S,
            check=False,
        )
        return dict(json.loads(done.stdout.splitlines()[-1]))
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {ASK_TIMEOUT_S:.0f} s", "late": True}
    except (IndexError, ValueError):
        last = [line for line in done.stderr.splitlines() if line.strip()][-1:]
        return {"error": last[0] if last and done.returncode > 0 else _ended(done.returncode)}


def _ended(code: int) -> str:
    return f"it was ended by {signal.Signals(-code).name}" if code < 0 else f"it ended with code {code}"
