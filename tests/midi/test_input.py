"""MIDI in the event clock: when what comes is due, in which order, and what becomes of what cannot be obeyed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oscvae.midi.input import MidiInput
from oscvae.midi.learn import Controllers, read_rules
from oscvae.midi.translate import Translator
from oscvae.osc import scheduler
from oscvae.osc.client import Client
from oscvae.osc.parse import Command, ModelInfo
from oscvae.play.frames import FrameClock, FrameMoment
from oscvae.play.timeline import LiveTimeline
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.ring import push
from oscvae.settings.sections import MidiConfig, MidiRule

RATE = 48_000
PRESETS = ["dawn", "dusk"]


def translator(**settings: Any) -> Translator:
    config = MidiConfig(**settings)
    return Translator(config, Controllers(read_rules(config.map), Path("none")), lambda part: PRESETS)


class Hands:
    """A MidiInput whose ring is filled by hand, and what it hands over."""

    def __init__(self, latency_s: float = 0.012, **settings: Any) -> None:
        self.engine = Engine(4, RATE, 16, np.zeros(16, np.float32))
        self.told: list[tuple[list[tuple[Any, ...]], int | None]] = []
        self.events: list[tuple[Any, ...]] = []
        self.clock = FrameClock(lambda: None, RATE)
        self.input = MidiInput(
            self.engine,
            self,
            translator(**settings),
            self.clock,
            model=lambda part: ModelInfo(),
            lead_s=lambda: 0.03,
            latency_s=latency_s,
            tell=lambda *event: self.events.append(event),
        )

    def execute(self, commands: Sequence[Command], client: Client, due_ns: int | None) -> None:
        assert client is self.input.client
        what = [(command.path, *command.args) for command in commands]
        self.told.append((what, None if due_ns is None else self.clock.frame_at(due_ns)))

    def feed(self, frame: int, *data: int) -> None:
        record = np.zeros(8, np.int64)
        record[: at.MIDI_SIZE + 1] = frame, int.from_bytes(bytes(data), "little"), len(data)
        if not push(self.engine.midi, record):
            self.engine.set_word(at.E_MIDI_LOST, self.engine.word(at.E_MIDI_LOST) + 1)

    def take(self) -> list[tuple[list[tuple[Any, ...]], int | None]]:
        async def body() -> None:
            self.input.take()
            while self.input._goes_on or len(self.input.scheduler):
                await asyncio.sleep(0.001)

        asyncio.run(body())
        told, self.told = self.told, []
        return told


def test_the_onset_is_the_message_s_frame_and_the_latency() -> None:
    hands = Hands()
    for number, frame in enumerate([5, 5, 6, 130]):
        hands.feed(frame, 0x90, 60 + number, 100)
    assert hands.take() == [
        ([("/note/1", 60.0, 100.0), ("/note/1", 61.0, 100.0)], 5 + 576),
        ([("/note/1", 62.0, 100.0)], 6 + 576),
        ([("/note/1", 63.0, 100.0)], 130 + 576),
    ]


def test_a_flood_in_one_frame_is_taken_in_parts() -> None:
    hands = Hands()
    for number in range(150):
        hands.feed(5, 0x90, number % 128, 100)
    assert [(len(commands), frame) for commands, frame in hands.take()] == [(64, 581), (64, 581), (22, 581)]


def test_without_a_latency_nothing_waits() -> None:
    hands = Hands(latency_s=0.0)
    hands.feed(5, 0x90, 60, 100)
    hands.feed(5, 0x90, 64, 100)
    hands.feed(9, 0x80, 60, 0)
    assert hands.take() == [
        ([("/note/1", 60.0, 100.0), ("/note/1", 64.0, 100.0)], None),
        ([("/note/1", 60.0, 0.0)], None),
    ]


def test_a_panic_is_not_delayed_and_keeps_its_place() -> None:
    hands = Hands()
    for data in ((0x90, 60, 100), (0xB0, 120, 0), (0x90, 62, 100)):
        hands.feed(7, *data)
    assert hands.take() == [
        ([("/note/1", 60.0, 100.0)], 583),
        ([("/panic/1",)], None),
        ([("/note/1", 62.0, 100.0)], 583),
    ]


def test_what_cannot_be_obeyed_is_logged_and_the_rest_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    hands = Hands(map={1: MidiRule(to="/unit/9")})
    for data in ((0xB0, 1, 5), (0xC0, 9), (0x90, 62, 100)):
        hands.feed(7, *data)
    assert hands.take() == [([("/note/1", 62.0, 100.0)], 583)]
    assert [record.message for record in caplog.records] == [
        "MIDI: program 10 has no preset, there are 2",
        "MIDI: /unit/9 no dimension 9: the model has 4 dimensions, /unit/1 to /unit/4",
    ]


def test_a_program_without_a_preset_is_told_each_time_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    hands = Hands()
    for program in (9, 1, 9, 2):
        hands.feed(7, 0xC0, program)
    assert [what for commands, _ in hands.take() for what in commands] == [("/preset/recall", "dusk")]
    assert [event[:2] for event in hands.events] == [("/midi/program", number) for number in (10, 10, 3)]
    assert hands.events[0][2] == "program 10 has no preset, there are 2"
    assert len(caplog.records) == 2


def test_what_is_done_is_logged_and_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    hands = Hands()
    hands.input.client.done("/record", "take.wav")
    hands.input.client.fail("/record", "the disk is full")
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("INFO", "MIDI: /record take.wav"),
        ("WARNING", "MIDI: /record the disk is full"),
    ]


def test_lost_messages_release_all_notes(caplog: pytest.LogCaptureFixture) -> None:
    hands = Hands(latency_s=0.0)
    for frame in range(at.MIDI_RECORDS + 5):
        hands.feed(frame, 0x90, frame % 128, 100)
    told = hands.take()
    assert len(told) == at.MIDI_RECORDS + 1
    assert told[-1] == ([("/sustain", 0), ("/stop",)], None)
    assert "5 MIDI messages were lost: all notes are released" in caplog.text
    hands.feed(3, 0x90, 60, 100)
    assert len(hands.take()) == 1, "they are told of once"


def test_what_waits_is_bounded_and_a_flood_without_end_releases_all_notes(caplog: pytest.LogCaptureFixture) -> None:
    """As much comes in each turn of the event clock as the ring can hold, which no turn can obey."""
    hands = Hands(latency_s=0.0)
    waited: list[int] = []
    releases = [("/sustain", 0), ("/stop",)]

    async def body() -> None:
        frame = 0
        while (releases, None) not in hands.told:
            for _ in range(at.MIDI_RECORDS):
                hands.feed(frame, 0x90, frame % 128, 100)
                frame += 1
            hands.input.take()
            waited.append(len(hands.input._waiting))
            assert len(waited) <= 4 * at.MIDI_RECORDS, "nothing was ever released"  # one message in each turn, at worst
            await asyncio.sleep(0)

    asyncio.run(body())
    assert max(waited) <= at.MIDI_RECORDS
    assert "MIDI messages were lost: all notes are released" in caplog.text


def test_messages_lost_while_others_are_obeyed_release_the_notes_after_those() -> None:
    """The last note on before the loss still waits in the ring when the loss is seen."""
    hands = Hands(latency_s=0.0)
    hands.feed(0, 0x90, 1, 100)
    obeyed = hands.execute

    def execute(commands: Sequence[Command], client: Client, due_ns: int | None) -> None:
        obeyed(commands, client, due_ns)
        if len(hands.told) == 1:
            for frame in range(1, at.MIDI_RECORDS + 3):
                hands.feed(frame, 0x90, frame % 128, 100)

    hands.execute = execute  # type: ignore[method-assign]
    told = hands.take()
    assert len(told) == 1 + at.MIDI_RECORDS + 1
    assert told[-1] == ([("/sustain", 0), ("/stop",)], None)


def test_no_note_hangs_where_too_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long latency, and more at once than the schedule keeps."""
    monkeypatch.setattr(scheduler, "MOST", 50)
    hands = Hands(latency_s=0.5)
    for number in range(45):
        hands.feed(number, 0x90, number, 100)
    for number in range(45):
        hands.feed(45 + number, 0x80, number, 0)
        hands.feed(45 + number, 0x90, 60 + number, 100)
    told = [what for commands, _ in hands.take() for what in commands]
    begun = {note for _, note, velocity in told if velocity}
    ended = {note for _, note, velocity in told if not velocity}
    assert 45 <= len(begun) < 90, "nothing was refused"
    assert ended == set(range(45))


def test_the_order_outlives_a_map_of_frames_that_moves() -> None:
    """A note off must not overtake its note on because the clocks were matched anew in between."""
    rng = random.Random(1)
    hands = Hands(latency_s=0.1)
    off_ns = 0
    moments = []
    hands.clock.frame_at = lambda wall_ns: (wall_ns + off_ns) * RATE // 10**9  # type: ignore[method-assign]
    for frame in range(0, 4800, 3):
        off_ns = rng.randrange(-5_000_000, 5_000_000)
        moments.append(hands.input._moment(hands.clock.frame_at(0) - off_ns * RATE // 10**9 + frame))
    assert moments == sorted(moments)
    assert [moment.frame - moments[0].frame for moment in moments] == list(range(0, 4800, 3))


def test_a_wall_clock_that_is_set_back_delays_nothing() -> None:
    hands = Hands()
    ahead = FrameMoment(10**19, 1)
    hands.input._last = ahead
    assert hands.input._moment(5) < 10**19


def test_a_moment_with_a_frame_is_taken_at_its_word() -> None:
    clock = FrameClock(lambda: (48_000, 10**18), RATE)
    clock.update()
    assert clock.frame_at(10**18) == 48_000
    assert clock.frame_at(FrameMoment(10**18, 7)) == 7
    assert LiveTimeline(clock).frame_at(FrameMoment(10**18, 7)) == 7


def test_deferred_changes_are_made_in_the_order_of_time() -> None:
    made: list[int] = []

    async def body() -> None:
        timeline = LiveTimeline(FrameClock(lambda: None, RATE))
        now = time.time_ns()
        for n, ms in enumerate((20, 10, 10, 30, 5)):
            timeline.defer(now + ms * 10**6, lambda n=n: made.append(n))  # type: ignore[misc]
        timeline.defer(None, lambda: made.append(99))
        await asyncio.sleep(0.06)

    asyncio.run(body())
    assert made == [99, 4, 1, 2, 0, 3]


def test_a_latency_that_cannot_be_kept_is_told(caplog: pytest.LogCaptureFixture) -> None:
    hands = Hands()
    hands.input.check_latency()
    assert not caplog.records
    hands.engine.set_word(at.E_PERIOD, 1024)
    hands.input.check_latency()
    assert "set it to 0.027 or to 0" in caplog.text
    for period in (1024, 128, 512, 1024):
        hands.engine.set_word(at.E_PERIOD, period)
        hands.input.check_latency()
    assert len(caplog.records) == 1, "what was said is not said again"
    hands.engine.set_word(at.E_PERIOD, 2048)
    hands.input.check_latency()
    assert len(caplog.records) == 2
    assert "a period of 2048 frames" in caplog.text


def test_the_latency_that_is_advised_is_enough(caplog: pytest.LogCaptureFixture) -> None:
    for period in (64, 128, 256, 512, 1000, 1024, 2048, 4096):
        hands = Hands(latency_s=0.001)
        hands.engine.set_word(at.E_PERIOD, period)
        hands.input.check_latency()
        advised = float(caplog.messages[-1].split("set it to ")[1].split()[0])
        caplog.clear()
        hands = Hands(latency_s=advised)
        hands.engine.set_word(at.E_PERIOD, period)
        hands.input.check_latency()
        assert not caplog.records
