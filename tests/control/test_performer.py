"""The performer by itself: what of a moment's commands is told to the voices, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from oscvae.control.clients import Client, ErrorLimiter
from oscvae.control.commands import ModelInfo, parse
from oscvae.control.frames import FrameMoment
from oscvae.control.packets import Message
from oscvae.control.performer import Performer
from oscvae.control.voices import Voice
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine

MODEL = ModelInfo(2, note_min=40, note_max=80)


class Pool:
    """Voices that are only counted."""

    def __init__(self) -> None:
        self.engine = Engine(4, 48_000, 16, np.zeros(16, np.float32))
        self.started: list[Voice] = []

    def new_group(self) -> int:
        return 7

    def new_id(self) -> int:
        return -1

    def start(self, voice: Voice, instead: Voice | None) -> None:
        self.started.append(voice)

    def release(self, voice: Voice, frame: int) -> None:
        voice.held = False

    def waiting_voices(self) -> Sequence[Voice]:
        return [voice for voice in self.started if voice.held]

    def __iter__(self) -> Any:
        return iter(())


class Timeline:
    """Where whatever is deferred waits for ever."""

    def __init__(self) -> None:
        self.deferred = 0

    def frame_at(self, due_ns: int) -> int:
        return 1000

    def defer(self, due_ns: int | None, change: Callable[[], None]) -> None:
        if due_ns is None:
            change()
        else:
            self.deferred += 1


class Stage:
    def __init__(self) -> None:
        self.pool, self.timeline = Pool(), Timeline()
        models = SimpleNamespace(current=SimpleNamespace(name="small", info=MODEL))
        pool: Any = self.pool
        timeline: Any = self.timeline
        self.performer = Performer(pool, models, timeline, SimpleNamespace(), gain_db=0.0)  # type: ignore[arg-type]
        self.performer.cursor = (0.0, 0.0)
        self.client = Client("udp", "127.0.0.1", 5000, True, 64, lambda packet, client: None, ErrorLimiter())

    def do(self, *messages: tuple[Any, ...], due_ns: int | None = None) -> None:
        commands = [parse(Message(address, args), MODEL) for address, *args in messages]  # type: ignore[arg-type]
        self.performer.execute(commands, self.client, due_ns)


def test_notes_of_one_moment_are_a_group_and_a_note_off_is_none_of_it() -> None:
    """A group whose size counts a note off would wait for a note that never comes."""
    stage = Stage()
    stage.do(("/note", 60, 100), ("/note", 64, 100))
    stage.do(("/note", 60, 0), ("/note", 62, 100), ("/note", 66, 100))
    stage.do(("/note", 62, 0), ("/note", 67, 100))
    stage.do(("/play", 60, 0.0, 0.0, 0.0), ("/play", 62, 0.0, 0.0, 0.0))
    assert [(voice.note, voice.group_size, voice.group_first) for voice in stage.pool.started] == [
        (60.0, 2, True),
        (64.0, 2, False),
        (62.0, 2, True),
        (66.0, 2, False),
        (67.0, 0, False),
        (60.0, 2, True),
        (62.0, 2, False),
    ]


@pytest.mark.parametrize(("due_ns", "at_once"), [(None, True), (FrameMoment(10**18, 5), True), (10**18, False)])
def test_the_wheel_of_a_keyboard_acts_before_the_note_that_follows_it(due_ns: int | None, at_once: bool) -> None:
    stage = Stage()
    stage.do(("/bend", 12.0), due_ns=due_ns)
    assert stage.pool.engine.number(at.E_BEND) == (2.0 if at_once else 1.0)
    assert stage.timeline.deferred == (not at_once)
