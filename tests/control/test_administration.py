"""Questions and commands beside the notes: what needs the disk is read off the event clock, and answered in order."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace
from typing import Any

import pytest

from oscvae.control import administration
from oscvae.control.administration import MOST_TASKS, Administration
from oscvae.control.clients import Client, ErrorLimiter
from oscvae.control.commands import ModelInfo, parse
from oscvae.control.packets import Message, decode
from oscvae.errors import OscvaeError

TIMEOUT_S = 30.0


class Disk:
    """A models folder whose reading waits until it is let go; each reading finds one model more."""

    def __init__(self) -> None:
        self.readers: list[int] = []
        self.goes_on = threading.Event()
        self.trouble: OSError | None = None

    def names(self) -> list[str]:
        self.readers.append(threading.get_ident())
        number = len(self.readers)
        assert self.goes_on.wait(TIMEOUT_S)
        if self.trouble is not None:
            raise self.trouble
        return [f"model{i}" for i in range(number)]


class Desk:
    """An administration with that disk, and a client that keeps what it is told."""

    def __init__(self) -> None:
        self.disk = Disk()
        self.told: list[tuple[Any, ...]] = []
        other: Any = SimpleNamespace()
        models: Any = self.disk
        self.administration = Administration(
            other,
            models,
            other,
            other,
            other,
            other,
            other,
            hears_midi=lambda: False,
            status=lambda: (),
            on_quit=lambda: None,
            on_clear=lambda: None,
            on_dump=lambda on: None,
            quit_anywhere=False,
        )
        self.client = Client("udp", "127.0.0.1", 5000, True, 64, self._told, ErrorLimiter(1000))

    def _told(self, packet: bytes, _client: Client) -> None:
        message = decode(packet)
        assert isinstance(message, Message)
        self.told.append((message.address, *message.args))

    def ask(self, address: str, *args: Any) -> None:
        command = parse(Message(address, args), ModelInfo(is_loaded=False))
        try:
            self.administration.execute(command, self.client)
        except OscvaeError as error:
            self.client.fail(command.path, error)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(TIMEOUT_S):
            while not condition():
                await asyncio.sleep(0.001)


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


def test_the_models_folder_is_read_beside_the_event_clock() -> None:
    async def body() -> None:
        desk = Desk()
        desk.ask("/models")
        await desk.until(lambda: len(desk.disk.readers) == 1)
        desk.ask("/ping")
        assert desk.told == [("/pong",)], "the event clock waits for the disk"
        desk.disk.goes_on.set()
        await desk.until(lambda: len(desk.told) == 2)
        assert desk.told[1] == ("/models.reply", "model0")
        assert threading.get_ident() not in desk.disk.readers

    run(body)


def test_answers_from_the_models_folder_keep_their_order_and_sync_waits_for_them() -> None:
    async def body() -> None:
        desk = Desk()
        for _ in range(5):
            desk.ask("/models")
        desk.ask("/sync", 7)
        await desk.until(lambda: len(desk.disk.readers) == 1)
        assert desk.told == []
        desk.disk.goes_on.set()
        await desk.until(lambda: len(desk.told) == 6)
        expected = [("/models.reply", *(f"model{i}" for i in range(n))) for n in range(1, 6)]
        assert desk.told == [*expected, ("/synced", 7)]

    run(body)


def test_questions_to_the_disk_are_bounded() -> None:
    async def body() -> None:
        desk = Desk()
        for _ in range(MOST_TASKS + 10):
            desk.ask("/models")
        assert [message[:2] for message in desk.told] == [("/fail", "/models")] * 10
        desk.disk.goes_on.set()
        await desk.until(lambda: len(desk.told) == MOST_TASKS + 10)

    run(body)


def test_a_models_folder_that_cannot_be_read_is_told() -> None:
    async def body() -> None:
        desk = Desk()
        desk.disk.trouble = OSError(116, "Stale file handle")
        desk.disk.goes_on.set()
        desk.ask("/models")
        await desk.until(lambda: bool(desk.told))
        assert desk.told == [("/fail", "/models", "the models folder cannot be read: Stale file handle")]

    run(body)


def test_the_version_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def version(name: str) -> str:
        asked.append(name)
        return "1.2.3"

    monkeypatch.setattr(administration, "package_version", version)

    async def body() -> None:
        desk = Desk()
        for _ in range(255):
            desk.ask("/version")
        assert desk.told == [("/version.reply", "oscvae", "1.2.3")] * 255
        assert asked == ["oscvae"]

    run(body)


def test_a_checkout_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(administration, "package_version", version)

    async def body() -> None:
        desk = Desk()
        desk.ask("/version")
        assert desk.told == [("/version.reply", "oscvae", "unknown")]

    run(body)
