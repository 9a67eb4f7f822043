"""The first start: whoever sits at a terminal sees how far the kernels are, and nobody else is drawn a bar."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest

from oscvae.app.serve import SHOW_CURSOR
from oscvae.realtime.kernel import count_kernels
from parts.daemon import LEAVE_TIMEOUT_S

TIMEOUT_S = 240.0
_HIDE = b"\x1b[?25l"

# the first of the modules alone, because all of them take half a minute
_FIRST_START = """
import sys
from oscvae.app import kernels as compile
from oscvae.realtime import kernel
was_warm = kernel.is_warm()
compile.MODULES, compile.OPTIONAL_MODULES = compile.MODULES[:1], ()
done = []
kernel.on_compiled(done.append)
compile.load_kernels()
print(len(done), was_warm, kernel.is_warm())
"""


class Shown:
    """Kernels that were compiled or loaded, whether the cache was complete before and is after, what stderr showed."""

    def __init__(self, cache: Path, *, terminal: bool) -> None:
        keyboard, screen = pty.openpty() if terminal else os.pipe()
        environment = {**os.environ, "OSCVAE_CACHE_DIR": str(cache), "TERM": "xterm", "COLUMNS": "120"}
        process = subprocess.Popen(
            [sys.executable, "-c", _FIRST_START],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=screen,
            text=True,
        )
        os.close(screen)
        parts: list[bytes] = []
        reader = threading.Thread(target=_read_all, args=(keyboard, parts))
        reader.start()
        said, _ = process.communicate(timeout=TIMEOUT_S)
        reader.join()
        os.close(keyboard)
        self.text = b"".join(parts).decode(errors="replace")
        assert process.returncode == 0, self.text
        count, was_warm, is_warm = said.split()
        self.count, self.was_warm, self.is_warm = int(count), was_warm == "True", is_warm == "True"


def _read_all(source: int, parts: list[bytes]) -> None:
    try:
        while part := os.read(source, 65536):
            parts.append(part)
    except OSError:  # how a terminal ends
        return


@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_shows_how_many_kernels_are_compiled(tmp_path: Path, terminal: bool) -> None:
    first = Shown(tmp_path, terminal=terminal)
    assert first.count > 0
    assert (first.was_warm, first.is_warm) == (False, True)
    assert ("compiling the real-time kernels, once" in first.text) == terminal
    assert (f"{first.count}/{count_kernels()}" in first.text) == terminal, "the bar did not move"
    again = Shown(tmp_path, terminal=terminal)
    assert again.was_warm
    assert again.text == ""


def test_ctrl_c_at_the_bar_gives_the_cursor_back(tmp_path: Path) -> None:
    shown, code = interrupted(tmp_path, held=False)
    assert code == 0
    assert shown.rfind(SHOW_CURSOR) > shown.rfind(_HIDE)


def test_ctrl_c_ends_a_first_start_though_ctrl_s_holds_the_terminal(tmp_path: Path) -> None:
    _, code = interrupted(tmp_path, held=True)
    assert code == 0


def interrupted(folder: Path, *, held: bool) -> tuple[bytes, int]:
    """What `oscvae serve` wrote to its terminal that was told to leave while it compiles, and its exit code."""
    keyboard, screen = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "oscvae", "serve", "--set", "audio.backend=silent", "--set", "osc.port=0"],
        env={**os.environ, "OSCVAE_CACHE_DIR": str(folder), "XDG_DATA_HOME": str(folder), "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=screen,
    )
    parts: list[bytes] = []
    try:
        while _HIDE not in b"".join(parts):
            parts.append(os.read(keyboard, 65536))
        if held:
            termios.tcflow(screen, termios.TCOOFF)
        process.send_signal(signal.SIGINT)
        code = process.wait(LEAVE_TIMEOUT_S) if held else None
        os.close(screen)
        if not held:
            _read_all(keyboard, parts)
        return b"".join(parts), process.wait(LEAVE_TIMEOUT_S) if code is None else code
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)
