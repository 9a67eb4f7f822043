"""A folder that hangs: who asks is answered, nobody else waits, and threads do not pile up."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from oscvae.errors import BusyError, DiskError
from oscvae.files import open_regular
from oscvae.settings import disk, documents
from oscvae.settings.disk import HANGING_MOST, Disk
from oscvae.settings.threads import Threads

SOON_S = 30.0


class Hang:
    """A question that is answered once it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.goes_on = threading.Event()

    def __call__(self) -> str:
        self.begun.release()
        assert self.goes_on.wait(SOON_S)
        return "late"


@pytest.fixture
def hang() -> Iterator[Hang]:
    made = Hang()
    yield made
    made.goes_on.set()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """With a deadline that is soon over."""
    monkeypatch.setattr(disk, "ANSWER_S", 0.2)
    return Disk("the presets folder", tmp_path)


TIMEOUT_S = 30.0


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not condition():
            await asyncio.sleep(0.001)


def test_what_a_question_comes_to_is_its_answer(folder: Disk, tmp_path: Path) -> None:
    def refuse() -> None:
        raise PermissionError(13, "Permission denied")

    async def body() -> None:
        assert await folder.ask(lambda: sorted(tmp_path.iterdir())) == []
        assert await folder.ask(threading.get_ident) != threading.get_ident()
        with pytest.raises(PermissionError):
            await folder.ask(refuse)

    run(body)


def test_a_question_that_hangs_is_given_up_and_not_asked_again(
    folder: Disk, hang: Hang, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    late: list[str] = []

    async def body() -> None:
        with pytest.raises(DiskError, match="the presets folder did not answer within"):
            await folder.ask(hang, "a", late.append)
        with pytest.raises(BusyError, match="the presets folder has still not answered an earlier question"):
            await folder.ask(lambda: "a second", "a")
        assert await folder.ask(lambda: "another", "b") == "another"
        assert late == []
        hang.goes_on.set()
        await until(lambda: bool(late))
        assert late == ["late"]
        assert await folder.ask(lambda: "again", "a") == "again"

    run(body)
    said = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert said == ["the presets folder does not answer", "the presets folder answers again"]


def test_a_folder_holds_a_few_threads_however_many_ask(folder: Disk, hang: Hang) -> None:
    before = threading.active_count()

    async def body() -> None:
        asked = [asyncio.ensure_future(folder.ask(hang, str(n))) for n in range(64)]
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(error, DiskError) for error in told)
        with pytest.raises(BusyError):
            await folder.ask(lambda: "nobody is free", "new")
        assert threading.active_count() == before + HANGING_MOST
        hang.goes_on.set()
        await until(lambda: not folder._hanging)
        assert await folder.ask(lambda: "answered", "new") == "answered"

    run(body)
    assert [hang.begun.acquire(blocking=False) for _ in range(HANGING_MOST + 1)] == [True] * HANGING_MOST + [False], (
        "what was given up before its turn is done all the same"
    )


def test_what_fails_late_is_told_to_nobody(folder: Disk, hang: Hang, caplog: pytest.LogCaptureFixture) -> None:
    late: list[Any] = []

    def fail() -> None:
        hang()
        raise OSError(5, "Input/output error")

    async def body() -> None:
        with pytest.raises(DiskError):
            await folder.ask(fail, late=late.append)
        hang.goes_on.set()
        await until(lambda: not folder._hanging)

    run(body)
    assert late == []
    assert "never retrieved" not in caplog.text


def test_threads_are_kept_and_bounded() -> None:
    threads = Threads("few", 3)
    seen: set[int] = set()
    all_at_once = threading.Barrier(3)

    def work() -> None:
        seen.add(threading.get_ident())

    def work_together() -> None:
        work()
        all_at_once.wait(TIMEOUT_S)

    async def body() -> None:
        for _ in range(3):
            await threads.run(work)
        assert len(seen) == 1, "one that is idle is not taken"
        await asyncio.gather(*(threads.run(work_together) for _ in range(21)))

    run(body)
    assert len(seen) == 3


def test_a_program_ends_though_a_thread_hangs() -> None:
    script = (
        "import asyncio, threading\n"
        "from oscvae.settings.threads import Threads\n"
        "async def body():\n"
        "    job = Threads('disk', 1).submit(threading.Event().wait)\n"
        "    while not job.running(): await asyncio.sleep(0.001)\n"
        "asyncio.run(body())\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=SOON_S)


def put_fifo(path: Path) -> None:
    os.mkfifo(path)


def put_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))  # a socket's path is short


@pytest.mark.parametrize(
    ("put", "kind"),
    [
        (put_fifo, "FIFO"),
        (Path.mkdir, "folder"),
        (put_socket, "socket"),
        (lambda path: path.symlink_to("/dev/zero"), "device"),
    ],
)
def test_only_files_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put: Callable[[Path], None], kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "learnt.json")
    with pytest.raises(OSError, match=f"not a file but a {kind}"):
        open_regular(tmp_path / "learnt.json")
    with pytest.raises(OSError, match="not a file"):
        documents.read(tmp_path / "learnt.json")


def test_a_file_that_becomes_a_fifo_while_it_is_opened_hangs_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.touch()
    opened = os.open

    def exchange(target: Path, flags: int) -> int:
        path.unlink()
        os.mkfifo(path)
        return opened(target, flags)

    monkeypatch.setattr(os, "open", exchange)
    with pytest.raises(OSError, match="not a file but a FIFO"):
        open_regular(path)


def test_a_document_without_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", 1000)
    (tmp_path / "long.json").write_text('"' + "x" * 2000 + '"')
    with pytest.raises(OSError, match="more than 1000 bytes"):
        documents.read(tmp_path / "long.json")
