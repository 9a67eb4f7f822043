"""Questions and commands beside the notes: what needs the disk is read off the event clock, and answered in order."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oscvae.daemon import services
from oscvae.daemon.errands import Errands
from oscvae.daemon.parted import PartServices
from oscvae.daemon.services import MOST_TASKS, Services
from oscvae.errors import ModelError
from oscvae.osc.client import Client, ErrorLimiter
from oscvae.osc.packets import Message, decode
from oscvae.osc.parse import ModelInfo, parse
from oscvae.osc.subscribers import SUBSCRIBERS_MAX, Subscribers
from oscvae.play.models.opener import Opener
from oscvae.play.parts import Parts
from oscvae.settings import disk
from oscvae.settings.disk import Disk
from parts.asker import Asker

TIMEOUT_S = 30.0


class Models:
    """A models folder whose reading waits until it is let go; each reading finds one model more."""

    folder = Path("/home/someone/models")

    def __init__(self) -> None:
        self.current = None
        self.disk = Disk("the models folder", self.folder)
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

    list_names = Opener.list_names

    async def load(self, name: str) -> None:
        if name == "fault":
            raise ValueError("nobody thought of this")
        if name == "descriptors":
            raise OSError(24, "Too many open files", f"{self.folder}/descriptors.ts")
        raise ModelError(f"{self.folder}/{name}.ts: no such model file, {self.folder} holds none")


class Desk(Asker):
    """The services with that disk, and a client that keeps what it is told."""

    def __init__(self, performer: Any = None, subscribers: Any = None) -> None:
        super().__init__()
        self.disk = Models()
        other: Any = SimpleNamespace()
        models: Any = self.disk
        part: Any = SimpleNamespace(
            number=1, address=lambda address: address, performer=performer, models=models, presets=other
        )
        parts = Parts([part], other)
        errands = Errands({Models.folder: "the models folder", Models.folder.parent: "home"})
        self.services = Services(
            parts,
            PartServices(parts, other, errands, lambda *told: None),
            errands,
            other,
            subscribers,
            other,
            hears_midi=lambda: False,
            status=self._status,
            on_quit=lambda: None,
            on_clear=lambda: None,
            on_dump=lambda on: None,
            on_monitor=lambda client, on: None,
            on_scope=lambda client, on: None,
            quit_anywhere=False,
        )

    @property
    def told(self) -> list[tuple[Any, ...]]:
        """(address, *arguments) of each answer."""
        return [(address, *args) for address, args in self.answers]

    def _status(self) -> tuple[Any, ...]:
        raise RuntimeError("no figures")

    def ask(self, address: str, *args: Any, client: Client | None = None) -> None:
        client = client or self.client
        self.services.obey(parse(Message(address, args), ModelInfo(is_loaded=False)), client)

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


def test_a_models_folder_that_never_answers_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "ANSWER_S", 0.2)

    async def body() -> None:
        desk = Desk()
        for _ in range(3):
            desk.ask("/models")
        desk.ask("/sync", 7)
        await desk.until(lambda: len(desk.told) == 4)
        busy = ("/fail", "/models", "busy: the models folder has still not answered an earlier question")
        late = ("/fail", "/models", "the models folder did not answer within 0 s")
        assert desk.told == [late, busy, busy, ("/synced", 7)]
        desk.ask("/models")
        await desk.until(lambda: len(desk.told) == 5)
        assert desk.told[4] == busy
        assert len(desk.disk.readers) == 1, "threads pile up"
        desk.disk.trouble = OSError(110, "Connection timed out")
        desk.disk.goes_on.set()
        await desk.until(lambda: not desk.disk.disk._hanging)
        desk.disk.trouble = None
        desk.ask("/models")
        await desk.until(lambda: len(desk.told) == 6)
        assert desk.told[5] == ("/models.reply", "model0", "model1"), "it answers again"

    run(body)


def stranger(desk: Desk) -> Client:
    return Client("udp", "192.168.1.7", 5000, False, 64, desk._take, ErrorLimiter(1000))


def test_whatever_is_raised_is_answered_and_a_fault_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        desk = Desk()
        desk.ask("/load", "fault")
        await desk.until(lambda: len(desk.told) == 1)
        assert desk.told == [("/fail", "/load", "internal error: nobody thought of this, the log says more")]
        desk.ask("/status")  # whose answer is made at once
        assert desk.told[1:] == [("/fail", "/status", "internal error: no figures, the log says more")]

    run(body)
    assert [record.getMessage() for record in caplog.records] == [f"a command failed: /{x}" for x in ("load", "status")]
    assert all(record.exc_info for record in caplog.records)


def test_an_answer_that_cannot_be_sent_is_a_fail() -> None:
    async def body() -> None:
        desk = Desk()
        desk.disk.names = lambda: [object()]  # type: ignore[list-item, method-assign, return-value]
        desk.ask("/models")
        await desk.until(lambda: bool(desk.told))
        assert desk.told[0][:2] == ("/fail", "/models") and "internal error: " in desk.told[0][2]

    run(body)


@pytest.mark.parametrize("name", ["nothing", "descriptors"])
def test_a_stranger_is_told_no_path_of_this_machine(name: str) -> None:
    async def body() -> None:
        desk = Desk()
        desk.ask("/load", name, client=stranger(desk))
        desk.ask("/load", name)
        await desk.until(lambda: len(desk.told) == 2)
        (_, _, away), (_, _, here) = desk.told
        assert "/home" not in away
        if name == "nothing":
            assert away == "nothing.ts: no such model file, the models folder holds none"
            assert here == "/home/someone/models/nothing.ts: no such model file, /home/someone/models holds none"
        else:
            assert away == here == "internal error: Too many open files, the log says more"

    run(body)


def test_the_version_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def version(name: str) -> str:
        asked.append(name)
        return "1.2.3"

    monkeypatch.setattr(services, "package_version", version)

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

    monkeypatch.setattr(services, "package_version", version)

    async def body() -> None:
        desk = Desk()
        desk.ask("/version")
        assert desk.told == [("/version.reply", "oscvae", "unknown")]

    run(body)


class Network:
    """Where everybody is beyond loopback, and the sizes of what they are sent; a cursor of so many `numbers` stands for
    all that there may be to tell of a large model."""

    def __init__(self, numbers: int) -> None:
        self.sent: list[tuple[str, int]] = []
        self.limiter = ErrorLimiter(1000)
        state = [("/z", (0.5,) * numbers), *((f"/macro/{n}", (0.0,)) for n in range(1, 9))]
        performer = SimpleNamespace(macros=SimpleNamespace(names=("one", "two")), state=lambda: iter(state))
        subscribers = Subscribers(lambda host, port: self.client(0, port))
        self.desk = Desk(performer, subscribers)
        self.subscribers = subscribers
        subscribers.introduce = self.desk.services.introduce

    def client(self, packet_size: int, port: int = 9001) -> Client:
        return Client("udp", "192.168.1.7", port, False, packet_size, self._send, self.limiter)

    def _send(self, packet: bytes, _client: Client) -> None:
        message = decode(packet)
        assert isinstance(message, Message)
        self.sent.append((message.address, len(packet)))

    @property
    def addresses(self) -> list[str]:
        return [address for address, _ in self.sent]

    @property
    def sizes(self) -> list[int]:
        return [size for _, size in self.sent]


def test_a_new_subscriber_is_told_how_things_stand() -> None:
    network = Network(4)
    network.desk.ask("/notify", True, client=network.client(12))
    assert network.addresses[:2] == ["/macros.reply", "/z"] and len(network.addresses) == 2 + 8 + 1
    assert network.addresses[-1] == "/done"


def test_a_new_subscriber_of_a_large_model_is_told_with_its_next_packet() -> None:
    """Its first one may be forged, and 12 bytes must not bring somebody else thousands."""
    network = Network(200)
    network.desk.ask("/notify", True, client=network.client(12))
    assert network.addresses == ["/done"]
    network.subscribers.renew(network.client(8))
    assert network.addresses[1:3] == ["/macros.reply", "/z"] and len(network.addresses) == 1 + 2 + 8


@pytest.mark.parametrize("numbers", [4, 200])
@pytest.mark.parametrize("by", ["leaving", "port"])
def test_a_bundle_of_subscriptions_is_answered_within_bounds(numbers: int, by: str) -> None:
    """Whose sender may be forged: it leaves and comes again, or names one port after the other."""
    network = Network(numbers)
    size = 16 + SUBSCRIBERS_MAX * 16
    forged = network.client(size)
    for i in range(SUBSCRIBERS_MAX):
        if by == "leaving":
            network.desk.ask("/notify", i % 2 == 0, client=forged)
        else:
            network.desk.ask("/notify", 1, 10_000 + i, client=forged)
    assert network.addresses.count("/macros.reply") > 1, "an honest bundle of two is served as well"
    assert sum(network.sizes) <= 32 * size
