"""Where compiled kernels are kept: a folder for each version, and none for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from parts.sickdisk import SickDisk

DAY_S = 86_400.0
OLD, OLDER, NEW = "kernels-0123456789abcdef", "kernels-00000000000000aa", "kernels-fedcba9876543210"
USE = "from oscvae.realtime import kernel; print(kernel.cache_folder())"


def begin(place: Path) -> subprocess.Popen[str]:
    """A process that uses kernels, cached in `place`."""
    environment = dict(os.environ, OSCVAE_CACHE_DIR=str(place))
    return subprocess.Popen([sys.executable, "-c", USE], env=environment, stdout=subprocess.PIPE, text=True)


def used(place: Path) -> Path:
    """The folder that such a process has used."""
    said = begin(place).communicate()[0]
    return Path(said.strip())


def put(folder: Path, days: float, names: Sequence[str] = ("spectral/rtisi.nbc", "complete")) -> Path:
    """A cache folder that was last used so many days ago."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("compiled")
    touch(folder, days)
    return folder


def touch(path: Path, days: float) -> None:
    then = time.time() - days * DAY_S
    os.utime(path, (then, then))


def test_a_new_folder_takes_the_place_of_those_unused_for_a_month(tmp_path: Path) -> None:
    put(tmp_path / OLD, 31)
    put(tmp_path / OLDER, 400)
    put(tmp_path / NEW, 29)
    put(tmp_path / f"{OLD}.leaving", 0)  # of a pruning that was killed
    mine = used(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted((mine.name, NEW))
    assert (tmp_path / NEW / "spectral" / "rtisi.nbc").read_text() == "compiled"


def test_only_a_new_folder_prunes(tmp_path: Path) -> None:
    mine = used(tmp_path)
    put(tmp_path / OLD, 31)
    touch(mine, 31)
    assert used(tmp_path) == mine
    assert (tmp_path / OLD).is_dir()
    assert time.time() - mine.stat().st_mtime < DAY_S, "a use is a use, though nothing is compiled"


def test_nothing_else_is_touched(tmp_path: Path) -> None:
    cache, elsewhere = tmp_path / "cache", tmp_path / "elsewhere"
    put(elsewhere, 99)
    for name in ("kernels-of-corn", "kernels-0123", f"x{OLD}", f"{OLD}.mine", "other"):
        put(cache / name, 99)
    put(cache / "inside" / OLD, 99)
    (cache / OLD).symlink_to(elsewhere, target_is_directory=True)
    os.utime(cache / OLD, (0, 0), follow_symlinks=False)
    (cache / OLDER).write_text("a file")
    touch(cache / OLDER, 99)
    before = set(tmp_path.rglob("*"))
    mine = used(cache)
    assert {path for path in tmp_path.rglob("*") if mine not in (path, *path.parents)} == before
    put(cache / NEW, 99)
    (cache / NEW / "link").symlink_to(elsewhere, target_is_directory=True)
    touch(cache / NEW, 99)
    mine.rename(tmp_path / "mine")
    used(cache)
    assert not (cache / NEW).exists()
    assert (elsewhere / "complete").read_text() == "compiled", "a link is removed, not what it leads to"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may remove anything")
def test_what_cannot_be_removed_stays(tmp_path: Path) -> None:
    folder = put(tmp_path / OLD, 99) / "spectral"
    folder.chmod(0o500)
    touch(tmp_path / OLD, 99)
    try:
        assert used(tmp_path).is_dir()
    finally:
        for path in tmp_path.glob(f"{OLD}*/spectral"):
            path.chmod(0o700)


def test_several_processes_that_start_at_once(tmp_path: Path) -> None:
    for number in range(40):
        put(tmp_path / f"kernels-{number:016x}", 60)
    put(tmp_path / NEW, 1)
    processes = [begin(tmp_path) for _ in range(4)]
    said = {process.communicate()[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    assert len(said) == 1
    assert {path.name for path in tmp_path.iterdir()} == {Path(said.pop()).name, NEW}


UNCACHED = "WARNING the real-time kernels are compiled uncached, at each start: "
KERNELS = """
import logging, sys
logging.basicConfig(format="%(levelname)s %(message)s", stream=sys.stderr)

from pathlib import Path
from numba import int64
from oscvae.realtime import kernel

switch, fills = Path(sys.argv[1]), sys.argv[2]

@kernel.kernel(int64(int64))
def twice(x):
    return 2 * x

if fills == "between":
    switch.write_text("f")

@kernel.kernel(int64(int64))
def once_more(x):
    return twice(x) + x

@kernel.callback(int64(int64))
def call(x):
    return once_more(x)

kernel.mark_warm()
print(once_more(14), call.ctypes(14), kernel.is_warm())
"""


class Cache:
    """A folder for kernels on a disk of its own, and programs that compile three of them there."""

    def __init__(self, scratch: Path) -> None:
        self.folder = scratch / "cache"
        self.folder.mkdir()
        self.disk = SickDisk(scratch, [self.folder])
        self._program = scratch / "kernels.py"
        self._program.write_text(KERNELS)
        home = {"HOME": str(self.folder), "XDG_CACHE_HOME": str(self.folder), "OSCVAE_CACHE_DIR": str(self.folder)}
        self._environment = {**os.environ, **home, **self.disk.environment}

    def run(self, fills: str = "never") -> tuple[str, list[str]]:
        """What a program computes, and whether the cache is complete then; what it logs."""
        done = subprocess.run(
            [sys.executable, self._program, self.disk.environment["SICK_SWITCH"], fills],
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip(), done.stderr.splitlines()


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path)


def test_a_disk_that_is_full_leaves_the_kernels_uncached_and_says_so_in_a_line(cache: Cache) -> None:
    assert cache.run() == ("42 42 True", [])
    for path in cache.folder.rglob("*.nb?"):
        path.unlink()
    cache.disk.fill()
    result, (line,) = cache.run()
    assert result == "42 42 False"
    assert line.startswith(f"{UNCACHED}{cache.folder}/kernels-") and line.endswith(": No space left on device")


def test_a_disk_that_becomes_full_half_way_likewise(cache: Cache) -> None:
    result, (line,) = cache.run("between")
    assert result == "42 42 False"
    assert line.startswith(UNCACHED) and line.endswith(": No space left on device")
    cache.disk.heal()
    assert cache.run() == ("42 42 True", [])


def test_a_disk_on_which_no_folder_can_be_made_is_no_place_for_kernels(cache: Cache) -> None:
    cache.disk.fill()
    result, (line,) = cache.run()
    assert result == "42 42 False"
    assert line.startswith(f"{UNCACHED}{cache.folder}: No space left on device; ")


def test_without_a_home_there_is_no_place_for_kernels() -> None:
    bare = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    done = subprocess.run([sys.executable, "-c", USE], env=bare, capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"
    assert done.stderr == f"{UNCACHED.removeprefix('WARNING ')}there is no home folder\n"


def test_kernels_that_were_cut_off_by_a_pulled_plug_are_compiled_anew(cache: Cache) -> None:
    cache.run()
    for path in cache.folder.rglob("*.nbi"):
        path.write_bytes(b"")
    result, (line,) = cache.run()
    assert result == "42 42 False" and line.startswith(UNCACHED)
    assert cache.run() == ("42 42 True", []), "what is damaged stays"


def test_a_cache_that_does_not_answer_holds_no_start_up(cache: Cache) -> None:
    cache.disk.hang()
    result, (line,) = cache.run()
    assert result == "42 42 False"
    assert line == f"{UNCACHED}the cache folder did not answer within 5 s"
