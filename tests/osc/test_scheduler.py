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
from oscvae.osc.client import Client
from oscvae.osc.packets import Message
from oscvae.osc.parse import Command, ModelInfo, parse
from oscvae.osc.scheduler import FORGOTTEN, EventScheduler
from parts.asker import Asker

MS = 10**6
WAIT_S = 20.0


def command(address: str, *args: Any) -> Command:
    return parse(Message(address, args), ModelInfo(2))


class Scheduling(Asker):
    """A scheduler, what it hands over, and what its client is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.scheduler = EventScheduler(self, lambda: 0.0)
        self.obeyed: list[tuple[str, ...]] = []
        self.faults: list[BaseException] = []

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
    scheduling = Scheduling()

    def begin() -> None:
        scheduling.at(60, command("/gain", 0))
        scheduling.at(40, command("/pan", 0), command("/bend", 0))
        scheduling.at(80, command("/panic"))

    scheduling.run(begin)
    assert scheduling.obeyed == [("/pan", "/bend"), ("/gain",), ("/panic",)]
    assert not len(scheduling.scheduler)


@pytest.mark.parametrize("fault", ["/stop", "/sustain"])
def test_a_fault_in_one_bundle_does_not_strand_those_behind_it(fault: str) -> None:
    scheduling = Scheduling()

    def begin() -> None:
        scheduling.at(40, command(fault, 1))
        scheduling.at(60, command("/gain", 0))
        scheduling.at(80, command("/pan", 0))

    scheduling.run(begin)
    assert scheduling.obeyed == [(fault,), ("/gain",), ("/pan",)]
    if fault == "/stop":
        assert [type(error) for error in scheduling.faults] == [ZeroDivisionError], "it is told where faults are told"
    else:
        assert scheduling.answers == [("/fail", ("/sustain", "not now"))]


def test_who_waits_for_an_answer_is_told_what_was_forgotten() -> None:
    scheduling = Scheduling()

    def begin() -> None:
        scheduling.at(60_000, command("/gain", 0), command("/preset/save", "dawn"))
        scheduling.at(50_000, command("/sync", 1))
        scheduling.scheduler.clear()

    scheduling.run(begin)
    assert sorted(scheduling.answers) == [("/fail", ("/preset/save", FORGOTTEN)), ("/fail", ("/sync", FORGOTTEN))]
    assert scheduling.obeyed == []


def test_what_is_not_forgotten_keeps_its_moment() -> None:
    scheduling = Scheduling()

    def begin() -> None:
        scheduling.at(40, command("/gain", 0), command("/preset/save", "dawn"), command("/preset/recall", "dusk"))
        scheduling.at(20, command("/record", "take"))
        scheduling.at(10, command("/pan", 0))
        scheduling.scheduler.clear(lambda command: command.row.is_heard)
        assert len(scheduling.scheduler) == 2

    scheduling.run(begin)
    assert scheduling.answers == []
    assert scheduling.obeyed == [("/record",), ("/preset/save",)]


def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    scheduling = Scheduling()

    def begin() -> None:
        scheduling.at(60_000, command("/gain", 0), command("/pan", 0))
        with pytest.raises(BusyError, match="2 scheduled commands wait, at most 3 may"):
            scheduling.at(60_000, command("/gain", 0), command("/pan", 0))
        scheduling.scheduler.clear()
        scheduling.at(60_000, command("/gain", 0), command("/pan", 0))
        scheduling.scheduler.clear()

    scheduling.run(begin)


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
    scheduling = Scheduling()

    def begin() -> None:
        scheduling.at(60_000, *[command("/note", 60, 100)] * 3)
        for refused in (command("/note", 60, 1), command("/sustain", 1), command("/gain", 0)):
            with pytest.raises(BusyError):
                scheduling.at(60_010, refused)
        scheduling.at(60_020, end)
        with pytest.raises(BusyError, match="4 scheduled commands wait, at most 3 may"):
            scheduling.at(60_030, command("/note", 62, 100), end, command("/gain", 0))
        assert len(scheduling.scheduler) == 5, "of a bundle, what ends notes is taken"
        scheduling.at(60_040, end)
        assert scheduling.obeyed == []
        with contextlib.suppress(ZeroDivisionError, CommandError):  # the test's own
            scheduling.at(60_050, end)
        assert scheduling.obeyed == [(end.path,)], "where even that room is full, it is obeyed at once"
        assert len(scheduling.scheduler) == 6
        scheduling.scheduler.clear()

    scheduling.run(begin)


def test_what_is_due_needs_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    scheduling = Scheduling()

    def begin() -> None:
        scheduling.at(60_000, command("/gain", 0), command("/pan", 0))
        scheduling.at(0, command("/note", 60, 100))
        assert scheduling.obeyed == [("/note",)]
        scheduling.scheduler.clear()

    scheduling.run(begin)
