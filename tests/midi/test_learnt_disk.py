"""What was learnt, on a disk that does not answer: it is neither lost nor written over."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oscvae.errors import CommandError
from oscvae.midi import learn
from oscvae.midi.learn import FORMAT, Controllers
from oscvae.settings import disk, documents

SOON_S = 30.0


@pytest.fixture
def goes_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Reading and writing hang until it is set."""
    event = threading.Event()
    for module, work in ((learn, "read"), (documents, "write")):
        done = getattr(module, work)

        def slowly(*args: Any, done: Any = done) -> Any:
            assert event.wait(SOON_S)
            return done(*args)

        monkeypatch.setattr(module, work, slowly)
    monkeypatch.setattr(disk, "ANSWER_S", 0.2)
    yield event
    event.set()


def put(file: Path, **controllers: str) -> None:
    documents.write(file, {"format": FORMAT, "controllers": {name[1:]: to for name, to in controllers.items()}})


def bind(kept: Controllers, number: int, address: str) -> None:
    kept.learn(address)
    kept.moved(0, number, 0)


def test_what_was_learnt_before_comes_when_the_disk_does(
    tmp_path: Path, goes_on: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    goes_on.set()
    put(tmp_path / "learnt.json", c20="/unit/1", c21="/unit/2")
    goes_on.clear()

    async def body() -> None:
        kept = Controllers({}, tmp_path / "learnt.json")
        await kept.open()
        bind(kept, 30, "/unit/1")
        with pytest.raises(CommandError, match="cannot be written: busy"):
            await kept.keep()
        assert kept.moved(0, 30, 0) is None, "what is refused is taken back"
        bind(kept, 30, "/unit/1")
        goes_on.set()
        async with asyncio.timeout(SOON_S):
            while kept.moved(0, 21, 0) is None:
                await asyncio.sleep(0.001)
        assert kept.moved(0, 20, 0) is None, "its address has another controller since"
        await kept.keep()

    asyncio.run(body())
    assert "did not answer" in caplog.text
    assert {number: binding.to for number, binding in learn.read(tmp_path / "learnt.json").items()} == {
        21: "/unit/2",
        30: "/unit/1",
    }


def test_what_cannot_be_read_is_never_written_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "learnt.json"
    os.mkfifo(file)

    async def body() -> None:
        kept = Controllers({}, file)
        await kept.open()
        bind(kept, 30, "/unit/3")
        with pytest.raises(CommandError, match="not a file but a FIFO"):
            await kept.keep()
        assert file.is_fifo()
        file.unlink()
        put(file, c20="/unit/1")
        bind(kept, 30, "/unit/3")
        await kept.keep()

    asyncio.run(body())
    assert "cannot be read" in caplog.text
    assert sorted(learn.read(file)) == [20, 30]


def test_what_was_refused_is_not_there_tomorrow_though_the_disk_wakes_up(
    tmp_path: Path, goes_on: threading.Event
) -> None:
    file = tmp_path / "learnt.json"

    async def body() -> None:
        kept = Controllers({}, file)
        goes_on.set()
        await kept.open()
        goes_on.clear()
        bind(kept, 30, "/unit/3")
        with pytest.raises(CommandError, match="did not answer"):
            await kept.keep()
        goes_on.set()
        async with asyncio.timeout(SOON_S):
            while kept._disk._hanging:
                await asyncio.sleep(0.001)
        await kept.close()

    asyncio.run(body())
    assert learn.read(file) == {}
