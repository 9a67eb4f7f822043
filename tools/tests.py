"""Every test, in six lanes at once: what needs its moments kept, what waits, the page, what else people touch, what
computes, and what trains.

    python tools/tests.py            all
    python tools/tests.py --types    all, and the types beside them, as `make test` does
    python tools/tests.py tests/osc  what pytest is told, in one process

Each lane prints its own summary, the first as it goes and the others when they have ended. A few tests that failed are
then run once more, alone: what a crowded machine did to them passes, what is a fault fails again. Both are told.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
LANES = {
    "waiting": ("realtime", "robustness"),
    "page": ("page",),
    "surfaces": ("decode", "docs", "patches"),
    "computing": ("app", "daemon", "model", "play", "settings", "sound", "spectral"),
    "training": ("training",),
}
"""Folders of tests/ beside the lane of all others: what waits for time-outs and for what dies to come back, and what is
asked of compiled code; the browser; decoders, the commands of the docs and patches; what nobody listens to by the
clock."""
NICE = {"waiting": 5, "page": 3, "surfaces": 4, "computing": 6, "training": 1}
"""The lane of all others is listened to by the clock; what computes most comes before what computes less."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""There are more lanes than processors: threads of one product of matrices would wait, computing, for each other's. An
export took 31 s of processor time beside other work, and 14 with one."""
BYTECODE = ROOT / "build" / "bytecode"
"""Where modules lie that were compiled once for all lanes and for the hundreds of processes that tests start, even
where the environment says that none are to be written: those of the package but training/ take 0.6 s to compile."""
COMPILE = "from oscvae.app.kernels import load_kernels; load_kernels()"
"""Done before the lanes begin, where a kernel or what it imports was changed: lanes that begin at once each compile all
of them, five took 63 s of processor time each on a busy machine. Where it fails the tests say what is wrong."""
TYPES = ["nice", sys.executable, "-m", "mypy"]
"""Half a minute of one processor: begun with the kernels, whose compiling leaves the others idle."""
INHERITED: list[int] = []
"""Descriptors that the lanes have of this process."""
PYTEST = (sys.executable, "-m", "pytest")
FAILED = 1
"""pytest's exit code where tests ran and some failed; all others are of another kind, and final."""
LEAVES_S = 10.0
"""That the process from which daemons are forked may take, when nobody can ask it any more."""
A_FEW = 20
"""Failures of a lane that may be the machine's. More of them are a fault, and are not run again."""


def main(args: list[str]) -> int:
    """The exit code: 0 if each test passed, at once or alone, and the types are right; else that of what did not."""
    types = [TYPES] if args == ["--types"] else []
    if args and not types:
        return subprocess.run([*PYTEST, *args], cwd=ROOT, env=environment(), check=False).returncode
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        judging = [stack.enter_context(beside(command)) for command in types]
        if (ROOT / "oscvae").is_dir():
            subprocess.run([sys.executable, "-c", COMPILE], cwd=ROOT, env=environment(), check=False)
        stack.enter_context(warm())
        caches = [Path(name, lane) for lane in ("timed", *LANES)]
        elsewhere = [f"--ignore=tests/{folder}" for folders in LANES.values() for folder in folders]
        others = [
            [
                *("nice", "-n", str(NICE.get(lane, 0))),
                *pytest(cache),
                *(f"tests/{folder}" for folder in folders),
            ]
            for (lane, folders), cache in zip(LANES.items(), caches[1:], strict=True)
        ]
        codes = at_once([*pytest(caches[0]), *elsewhere], *others)
        settled = [*map(once_more, codes, caches), *(process.wait() for process in judging)]
        return next(filter(None, settled), 0)


@contextlib.contextmanager
def warm() -> Iterator[None]:
    """With one process that all lanes have their daemons forked from: tests/parts/warm.py."""
    if not (ROOT / "tests" / "parts").is_dir():  # a project of the tests of this script
        yield
        return
    sys.path.insert(0, str(ROOT / "tests"))
    from parts.warm import SHARED, begin

    line, process = begin(environment())
    with line:
        line.set_inheritable(True)
        os.environ[SHARED] = str(line.fileno())
        INHERITED.append(line.fileno())
        try:
            yield
            if (code := process.poll()) is not None:
                print(f"What daemons were forked from has ended with {code}; later ones were started", flush=True)
        finally:
            INHERITED.clear()
            del os.environ[SHARED]
    try:
        process.wait(LEAVES_S)
    except subprocess.TimeoutExpired:
        process.kill()


def at_once(first: list[str], *others: list[str]) -> list[int]:
    """The exit codes of commands; all but the first print when they have ended."""
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(beside(command)) for command in others]
        codes = [subprocess.run(first, cwd=ROOT, env=environment(), pass_fds=INHERITED, check=False).returncode]
        return codes + [lane.wait() for lane in running]


@contextlib.contextmanager
def beside(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs with others, and prints in the end, where it is terminated if it has not ended."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=said, stderr=subprocess.STDOUT, pass_fds=INHERITED
        )
        try:
            yield process
        finally:
            end(process)
            show(said)


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        process.wait()


def show(said: IO[bytes]) -> None:
    said.seek(0)
    print(said.read().decode(errors="replace"), flush=True)


def once_more(code: int, cache: Path) -> int:
    """The exit code of a lane after its failures, if they are few, were run again with nothing beside them."""
    failed = failures(cache)
    if code != FAILED or not 0 < len(failed) <= A_FEW:
        return code
    print(f"Once more, alone: {len(failed)} that failed", flush=True)
    command = [*pytest(cache), *failed]
    again = subprocess.run(command, cwd=ROOT, env=environment(), pass_fds=INHERITED, check=False).returncode
    still = failures(cache)
    for name in failed:
        print(f"{'FAILED TWICE' if name in still else 'failed in the crowd, passed alone'}: {name}", flush=True)
    return again


def environment() -> dict[str, str]:
    """Of tests: what is set already stays, but that no bytecode be written."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**ONE_THREAD, "PYTHONPYCACHEPREFIX": str(BYTECODE), **kept}


def pytest(cache: Path) -> list[str]:
    return [*PYTEST, "-o", f"cache_dir={cache}"]


def failures(cache: Path) -> list[str]:
    """The tests that failed when pytest last ran with that cache."""
    told = cache / "v" / "cache" / "lastfailed"
    return sorted(json.loads(told.read_text())) if told.is_file() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
