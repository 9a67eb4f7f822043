"""A helper process: what it answers, and that one that never ends, or says too much, is ended."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from oscvae.daemon import helper
from oscvae.daemon.helper import MOST_ERRORS
from parts.waiting import until

LONG_S = 60.0

HELPERS = {
    "echo": "data = sys.stdin.buffer.read(); sys.stdout.buffer.write(data[::-1]); print('fine', file=sys.stderr)",
    "flood": "while True: sys.stdout.buffer.write(bytes(65536))",
    "complain": "while True: sys.stderr.write('x' * 65536)",
    "endless": "import time; time.sleep(1000)",
    "crash": "import os; os.abort()",
    "deaf": "sys.stdin.close(); print('heard nothing')",
}


@pytest.fixture(autouse=True)
def _helpers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, script in HELPERS.items():
        (tmp_path / f"{name}.py").write_text(f"import sys\n{script}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def ask(module: str, said: bytes = b"", most: int = 1000, timeout_s: float = LONG_S) -> tuple[bytes, bytes]:
    return asyncio.run(helper.ask(module, said=said, most=most, timeout_s=timeout_s))


def test_a_question_is_answered() -> None:
    assert ask("echo", b"question") == (b"noitseuq", b"fine\n")
    long = os.urandom(1 << 20)  # more than a pipe holds
    assert ask("echo", long, most=1 << 20)[0] == long[::-1]


def test_one_that_listens_to_nothing_is_heard() -> None:
    assert ask("deaf", bytes(1 << 20))[0] == b"heard nothing\n"


def test_one_that_crashes_answers_nothing() -> None:
    assert ask("crash")[0] == b""


@pytest.mark.parametrize("name", ["flood", "complain", "endless"])
def test_one_that_does_not_come_to_an_end_is_ended(name: str) -> None:
    before = set(psutil.Process().children())
    descriptors = psutil.Process().num_fds()
    if name == "endless":
        with pytest.raises(TimeoutError):
            ask(name, timeout_s=1.0)
    else:
        data, errors = ask(name)
        assert (len(data), len(errors)) == ((1001, 0) if name == "flood" else (0, MOST_ERRORS))
    assert until(lambda: not _running(before), LONG_S)
    assert psutil.Process().num_fds() <= descriptors


def _running(before: set[psutil.Process]) -> list[psutil.Process]:
    fresh = [child for child in psutil.Process().children() if child not in before]
    return [child for child in fresh if not _is_over(child)]


def _is_over(child: psutil.Process) -> bool:
    try:
        return child.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # since it was counted
        return True
