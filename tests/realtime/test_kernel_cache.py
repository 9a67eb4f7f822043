"""Where compiled kernels are kept: a folder for each version, and none for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

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
