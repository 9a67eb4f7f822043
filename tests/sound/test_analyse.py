"""The process that analyses a foreign file: it ends before the daemon where memory runs out, and never without it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from oscvae.sound.analyse import MEMORY_BYTES
from parts.waiting import until

SOON_S = 60.0
WAITS = [sys.executable, "-m", "oscvae.sound.analyse", "nothing.wav"]
START = f"import subprocess; print(subprocess.Popen({WAITS}, stdin=subprocess.PIPE).pid, flush=True); input()"


def is_settled(pid: int) -> bool:
    return Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "1000"


def test_it_is_the_first_to_go_and_bounded() -> None:
    with subprocess.Popen(WAITS, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert until(lambda: is_settled(process.pid), SOON_S)
        assert psutil.Process(process.pid).rlimit(resource.RLIMIT_AS) == (MEMORY_BYTES, MEMORY_BYTES)


def test_it_does_not_outlive_the_daemon() -> None:
    with subprocess.Popen([sys.executable, "-c", START], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout is not None
        helper = psutil.Process(int(daemon.stdout.readline()))
        assert until(lambda: is_settled(helper.pid), SOON_S)
        daemon.kill()
    assert until(lambda: not helper.is_running() or helper.status() == psutil.STATUS_ZOMBIE, SOON_S)


def test_too_little_memory_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, 0.5 * np.sin(np.arange(48_000 * 60) / 30), 48_000)
    script = (
        "import sys; from oscvae.sound import analyse; from oscvae.model.document import parse_document\n"
        "document = open(sys.argv.pop()).read()\n"
        "analyse.parse_document = lambda text, where: parse_document(document, where)\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * 4096\n"
        "analyse.MEMORY_BYTES = used + (40 << 20)\n"
        "sys.exit(analyse.main())"
    )
    (tmp_path / "document.json").write_text(_document())
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), str(tmp_path / "document.json")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("long.wav: it takes more than ")


def _document() -> str:
    from oscvae.model.document import read_document
    from parts import ROOT

    return read_document(ROOT / "models" / "plucked.ts").model_dump_json()


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_no_document_is_one_line(text: str) -> None:
    done = subprocess.run(WAITS, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "standard input" in done.stderr
