"""Loading: what is missing or broken is refused before it disturbs anything, and a newer good one goes before."""

from __future__ import annotations

import asyncio
import json
import threading
import zipfile
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oscvae.errors import BusyError, DecoderError, DiskError, ModelError
from oscvae.play.listener import Listener
from oscvae.play.models import manager, opener
from oscvae.play.models.manager import ModelManager
from oscvae.play.models.opener import Opener
from oscvae.settings import disk
from parts.small_model import small_document

SOON_S = 30.0


class Process:
    """A decoder that is being started until it is `ready`, or cancelled."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.cancelled = False
        self.device, self.cuda_failed = "cpu", ""

    def ending(self) -> str:
        return "was killed by signal 9"

    def cancel(self) -> None:
        self.cancelled = True
        self.ready.set()

    def close(self) -> None: ...


class SlowOpener(Opener):
    """Its decoders are no processes."""

    def __init__(self, folder: Path) -> None:
        engine: Any = SimpleNamespace(slots=4)
        super().__init__(engine, folder, device="cpu", threads=1, look_ahead=1, iterations=1)
        self.starting: dict[str, Process] = {}

    def open_file(self, name: str, path: Path, document: Any, on_decoder: Any = None, device: str | None = None) -> Any:
        process = self.starting[name] = Process()
        if on_decoder is not None:  # else one that died is replaced
            on_decoder(process)
            assert process.ready.wait(SOON_S)
        if process.cancelled:
            raise DecoderError("its process was killed by signal 9 while loading")
        handles = SimpleNamespace(forget_recordings=lambda: None)
        return SimpleNamespace(name=name, decoder=process, handles=handles)


class Manager(ModelManager):
    """A manager of such."""

    def __init__(self, folder: Path, opener: SlowOpener | None = None, part: int = 1) -> None:
        self.told: list[str] = []
        listener = Listener()
        listener.loading = lambda name, part: self.told.append(name)  # type: ignore[method-assign]
        made = opener or SlowOpener(folder)
        contexts: Any = SimpleNamespace(closed=False)
        super().__init__(made, contexts, listener, part)
        self.starting = made.starting
        self.adopted: list[str] = []

    def _listen(self, loaded: Any) -> None: ...

    def adopt(self, loaded: Any) -> None:
        self.adopted.append(loaded.name)
        self.current = loaded

    async def lose_its_decoder(self) -> None:
        assert self.current is not None
        self._died(self.current)
        await asyncio.gather(*self._tasks)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("one", "two", "three"):
        with zipfile.ZipFile(tmp_path / f"{name}.ts", "w") as file:
            file.writestr("archive/extra/oscvae.json", json.dumps(small_document()))
    (tmp_path / "noise.ts").write_bytes(bytes(100))
    return tmp_path


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, threading.Event]]:
    """The documents of models whose name is in it are read once its event is set."""
    waits: dict[str, threading.Event] = {}
    read = opener.read_any_document

    def slowly(path: Path, called: str) -> Any:
        if path.stem in waits:
            assert waits[path.stem].wait(SOON_S)
        return read(path, called)

    monkeypatch.setattr(opener, "read_any_document", slowly)
    yield waits
    for event in waits.values():
        event.set()


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not condition():
            await asyncio.sleep(0.001)


def test_that_a_model_is_being_loaded_is_told_and_that_it_came_to_nothing(folder: Path) -> None:
    async def body() -> None:
        manager = Manager(folder)
        with pytest.raises(ModelError):
            await manager.load("mistyped")
        assert manager.told == []
        loading = asyncio.create_task(manager.load("one"))
        await until(lambda: "one" in manager.starting)
        assert manager.told == ["one"]
        manager.starting["one"].cancel()  # as if its process had died
        with pytest.raises(DecoderError):
            await loading
        assert manager.told == ["one", ""]
        superseded = asyncio.create_task(manager.load("one"))
        await until(lambda: len(manager.told) == 3)
        newer = asyncio.create_task(manager.load("two"))
        with pytest.raises(ModelError, match="superseded"):
            await superseded
        await until(lambda: "two" in manager.starting)
        manager.starting["two"].ready.set()
        await newer
        assert manager.told == ["one", "", "one", "two"], "a surface would show that nothing is being loaded"

    run(body)


@pytest.mark.parametrize("name", ["mistyped", "noise", "", "../one", "é" * 128])
def test_what_is_missing_or_broken_fails_at_once_and_cancels_nothing(folder: Path, name: str) -> None:
    async def body() -> None:
        manager = Manager(folder)
        loading = asyncio.create_task(manager.load("one"))
        await until(lambda: "one" in manager.starting)
        with pytest.raises(ModelError):
            await manager.load(name)
        assert not loading.done()
        manager.starting["one"].ready.set()
        assert (await loading).name == "one"
        assert manager.adopted == ["one"]

    run(body)


def test_a_newer_good_one_goes_before(folder: Path) -> None:
    async def body() -> None:
        manager = Manager(folder)
        first = asyncio.create_task(manager.load("one"))
        await until(lambda: "one" in manager.starting)
        second = asyncio.create_task(manager.load("two"))
        with pytest.raises(ModelError, match="superseded"):
            await first
        await until(lambda: "two" in manager.starting)
        manager.starting["two"].ready.set()
        await second
        assert manager.adopted == ["two"]

    run(body)


def test_the_newest_wins_whichever_the_disk_finds_first(folder: Path, slow: dict[str, threading.Event]) -> None:
    slow["one"] = threading.Event()

    async def body() -> None:
        manager = Manager(folder)
        older = asyncio.create_task(manager.load("one"))
        newer = asyncio.create_task(manager.load("two"))
        await until(lambda: "two" in manager.starting)
        slow["one"].set()
        with pytest.raises(ModelError, match="superseded"):
            await older
        manager.starting["two"].ready.set()
        await newer
        assert manager.adopted == ["two"]

    run(body)


def test_a_file_that_does_not_answer_fails_and_another_is_loaded(
    folder: Path, slow: dict[str, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "ANSWER_S", 0.2)
    slow["one"] = threading.Event()

    async def body() -> None:
        manager = Manager(folder)
        with pytest.raises(DiskError, match="the models folder did not answer within"):
            await manager.load("one")
        with pytest.raises(BusyError, match="the models folder has still not answered"):
            await manager.load("one")
        assert await manager.list_names() == ["noise", "one", "three", "two"]
        loading = asyncio.create_task(manager.load("two"))
        await until(lambda: "two" in manager.starting)
        manager.starting["two"].ready.set()
        await loading
        slow["one"].set()
        await until(lambda: not manager._opener.disk._hanging)
        assert manager.adopted == ["two"], "what was given up is not loaded later"

    run(body)


def test_names_that_nobody_can_send_are_not_told(folder: Path) -> None:
    (folder / "caf\udce9.ts").touch()
    (folder / ".hidden.ts").touch()
    (folder / "fifo.ts").symlink_to("/dev/zero")
    assert SlowOpener(folder).names() == ["noise", "one", "three", "two"]


def test_a_load_of_one_part_neither_cancels_nor_waits_for_that_of_another(folder: Path) -> None:
    async def body() -> None:
        shared = SlowOpener(folder)
        first, second = Manager(folder, shared), Manager(folder, shared, part=2)
        slow = asyncio.create_task(first.load("one"))
        await until(lambda: "one" in shared.starting)
        quick = asyncio.create_task(second.load("two"))
        await until(lambda: "two" in shared.starting)
        shared.starting["two"].ready.set()
        await quick
        assert not slow.done()
        shared.starting["one"].ready.set()
        await slow
        assert (first.adopted, second.adopted) == (["one"], ["two"])
        assert (first.told, second.told) == (["one"], ["two"])

    run(body)


def test_a_decoder_that_dies_is_started_again_once_in_a_while(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        player = Manager(folder)
        loading = asyncio.create_task(player.load("one"))
        await until(lambda: "one" in player.starting)
        player.starting["one"].ready.set()
        await loading
        await player.lose_its_decoder()
        assert player.adopted == ["one"] * 2
        await player.lose_its_decoder()
        assert player.adopted == ["one"] * 2, "what dies at once would die for ever"
        monkeypatch.setattr(manager, "STEADY_S", 0.0)
        await player.lose_its_decoder()
        assert player.adopted == ["one"] * 3

    run(body)
