"""The scheduler: what waits is handed over in the order of time, whatever becomes of what came before it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from oscvae.errors import BusyError, CommandError
from oscvae.osc import scheduler as module
from oscvae.osc.client import Client, ErrorLimiter
from oscvae.osc.packets import Message, decode
from oscvae.osc.parse import Command, ModelInfo, parse
from oscvae.osc.scheduler import FORGOTTEN, EventScheduler

MS = 10**6
WAIT_S = 20.0


def command(address: str, *args: Any) -> Command:
    return parse(Message(address, args), ModelInfo(2))


class Stage:
    """A scheduler, what it hands over, and what clients are answered."""

    def __init__(self) -> None:
        self.scheduler = EventScheduler(self, lambda: 0.0)
        self.obeyed: list[tuple[str, ...]] = []
        self.answers: list[tuple[Any, ...]] = []
        self.faults: list[BaseException] = []
        self.client = Client("udp", "127.0.0.1", 5000, True, 64, self._answered, ErrorLimiter(100))

    def _answered(self, packet: bytes, client: Client) -> None:
        message = decode(packet)
        assert isinstance(message, Message)
        self.answers.append((message.address, *message.args))

    def execute(self, commands: Sequence[Command], client: Client, due_ns: int | None) -> None:
        self.obeyed.append(tuple(command.path for command in commands))
        for each in commands:
            if each.path == "/stop":
                raise ZeroDivisionError
            if each.path == "/sustain":
                raise CommandError("not now")

    def at(self, ms: float, *commands: Command) -> None:
        self.scheduler.at(time.time_ns() + round(ms * MS), commands, self.client)

    def run(self, begin: Callable[[], None]) -> None:
        """Until nothing waits any more."""

        async def body() -> None:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: self.faults.append(context["exception"]))
            begin()
            deadline = time.monotonic() + WAIT_S
            while len(self.scheduler) and time.monotonic() < deadline:
                await asyncio.sleep(0.001)

        asyncio.run(body())


def test_what_waits_is_handed_over_in_the_order_of_time() -> None:
    stage = Stage()

    def begin() -> None:
        stage.at(60, command("/gain", 0))
        stage.at(40, command("/pan", 0), command("/bend", 0))
        stage.at(80, command("/panic"))

    stage.run(begin)
    assert stage.obeyed == [("/pan", "/bend"), ("/gain",), ("/panic",)]
    assert not len(stage.scheduler)


@pytest.mark.parametrize("fault", ["/stop", "/sustain"])
def test_a_fault_in_one_bundle_does_not_strand_those_behind_it(fault: str) -> None:
    stage = Stage()

    def begin() -> None:
        stage.at(40, command(fault, 1))
        stage.at(60, command("/gain", 0))
        stage.at(80, command("/pan", 0))

    stage.run(begin)
    assert stage.obeyed == [(fault,), ("/gain",), ("/pan",)]
    if fault == "/stop":
        assert [type(error) for error in stage.faults] == [ZeroDivisionError], "it is told where faults are told"
    else:
        assert stage.answers == [("/fail", "/sustain", "not now")]


def test_who_waits_for_an_answer_is_told_what_was_forgotten() -> None:
    stage = Stage()

    def begin() -> None:
        stage.at(60_000, command("/gain", 0), command("/preset/save", "dawn"))
        stage.at(50_000, command("/sync", 1))
        stage.scheduler.clear()

    stage.run(begin)
    assert sorted(stage.answers) == [("/fail", "/preset/save", FORGOTTEN), ("/fail", "/sync", FORGOTTEN)]
    assert stage.obeyed == []


def test_what_is_not_forgotten_keeps_its_moment() -> None:
    stage = Stage()

    def begin() -> None:
        stage.at(40, command("/gain", 0), command("/preset/save", "dawn"), command("/preset/recall", "dusk"))
        stage.at(20, command("/record", "take"))
        stage.at(10, command("/pan", 0))
        stage.scheduler.clear(lambda command: command.row.is_heard)
        assert len(stage.scheduler) == 2

    stage.run(begin)
    assert stage.answers == []
    assert stage.obeyed == [("/record",), ("/preset/save",)]


def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    stage = Stage()

    def begin() -> None:
        stage.at(60_000, command("/gain", 0), command("/pan", 0))
        with pytest.raises(BusyError, match="2 scheduled commands wait, at most 3 may"):
            stage.at(60_000, command("/gain", 0), command("/pan", 0))
        stage.scheduler.clear()
        stage.at(60_000, command("/gain", 0), command("/pan", 0))
        stage.scheduler.clear()

    stage.run(begin)


ENDS = (
    command("/note", 60, 0),
    command("/stop", 60),
    command("/stop"),
    command("/sustain", 0),
    command("/voice/stop", 3),
    command("/panic"),
)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.path)
def test_what_ends_notes_finds_room(end: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    stage = Stage()

    def begin() -> None:
        stage.at(60_000, *[command("/note", 60, 100)] * 3)
        for refused in (command("/note", 60, 1), command("/sustain", 1), command("/gain", 0)):
            with pytest.raises(BusyError):
                stage.at(60_010, refused)
        stage.at(60_020, end)
        with pytest.raises(BusyError, match="4 scheduled commands wait, at most 3 may"):
            stage.at(60_030, command("/note", 62, 100), end, command("/gain", 0))
        assert len(stage.scheduler) == 5, "of a bundle, what ends notes is taken"
        stage.at(60_040, end)
        assert stage.obeyed == []
        with contextlib.suppress(ZeroDivisionError, CommandError):  # the stage's own
            stage.at(60_050, end)
        assert stage.obeyed == [(end.path,)], "where even that room is full, it is obeyed at once"
        assert len(stage.scheduler) == 6
        stage.scheduler.clear()

    stage.run(begin)


def test_what_is_due_needs_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    stage = Stage()

    def begin() -> None:
        stage.at(60_000, command("/gain", 0), command("/pan", 0))
        stage.at(0, command("/note", 60, 100))
        assert stage.obeyed == [("/note",)]
        stage.scheduler.clear()

    stage.run(begin)
