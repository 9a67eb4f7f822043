"""MIDI in the event clock: what each message means, when it is due, what controllers move and learn."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oscvae.errors import CommandError, ConfigError
from oscvae.midi import learn as module
from oscvae.midi.input import MidiInput
from oscvae.midi.learn import Controllers, asked, read, read_rules
from oscvae.midi.translate import Translator
from oscvae.osc import scheduler
from oscvae.osc.binding import Binding, bind
from oscvae.osc.client import Client
from oscvae.osc.packets import Message
from oscvae.osc.parse import Command, ModelInfo
from oscvae.osc.vocabulary import TABLE
from oscvae.play.frames import FrameClock, FrameMoment
from oscvae.play.timeline import LiveTimeline
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.ring import push
from oscvae.settings.sections import MidiConfig, MidiRule

RATE = 48_000
PRESETS = ["dawn", "dusk"]


def translator(controllers: Controllers | None = None, **settings: Any) -> Translator:
    config = MidiConfig(**settings)
    return Translator(config, controllers or Controllers(read_rules(config.map), Path("none")), lambda: PRESETS)


def meaning(*data: int, **settings: Any) -> list[tuple[Any, ...]]:
    return [(message.address, *message.args) for message in translator(**settings).messages(bytes(data))]


# -- what they mean ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ((0x90, 60, 100), [("/note", 60, 100)]),
        ((0x90, 60, 0), [("/note", 60, 0)]),
        ((0x80, 60, 64), [("/note", 60, 0)]),
        ((0x9F, 0, 127), [("/note", 0, 127)]),
        ((0xE0, 0, 64), [("/bend", 0.0)]),
        ((0xE0, 127, 127), [("/bend", 2.0)]),
        ((0xE0, 0, 0), [("/bend", -2.0)]),
        ((0xB0, 64, 64), [("/sustain", 1)]),
        ((0xB0, 64, 63), [("/sustain", 0)]),
        ((0xB0, 120, 0), [("/panic",)]),
        ((0xB0, 121, 0), [("/bend", 0.0), ("/sustain", 0)]),
        ((0xB0, 122, 0), []),
        ((0xB0, 123, 0), [("/stop",)]),
        ((0xB0, 126, 1), [("/stop",)]),
        ((0xB0, 1, 127), [("/unit/1", 1.0)]),
        ((0xB0, 2, 127), []),
        ((0xC0, 0), [("/preset/recall", "dawn")]),
        ((0xC0, 1), [("/preset/recall", "dusk")]),
        ((0xD0, 90), []),
        ((0xA0, 60, 90), []),
    ],
)
def test_a_message_means(data: tuple[int, ...], expected: list[tuple[Any, ...]]) -> None:
    assert meaning(*data) == expected


def test_the_wheel_reaches_what_is_configured() -> None:
    assert meaning(0xE0, 127, 127, bend_semitones=12.0) == [("/bend", 12.0)]
    assert meaning(0xE0, 0, 32, bend_semitones=12.0) == [("/bend", -6.0)]


@pytest.mark.parametrize("channel", range(17))
def test_only_the_configured_channel_is_heard(channel: int) -> None:
    heard = [n for n in range(1, 17) if meaning(0x90 | n - 1, 60, 100, channel=channel)]
    assert heard == ([channel] if channel else list(range(1, 17)))


def test_programs_are_named_in_the_configuration_or_sorted() -> None:
    assert meaning(0xC0, 2, programs=("a", "b", "c")) == [("/preset/recall", "c")]
    with pytest.raises(CommandError, match="program 3 has no preset, there are 2"):
        meaning(0xC0, 2)


# -- what controllers move ---------------------------------------------------------------------------------------------


def test_a_controller_spans_what_its_address_takes() -> None:
    gain = bind("/gain")
    assert [asked(gain, value).args[0] for value in (0, 64, 127)] == [-60.0, -27.0, 6.0]
    assert asked(bind("/pan"), 64).args == (0.0,)
    assert asked(bind("/unit/2"), 32).args == (0.25,)
    assert asked(bind("/pan", (1.0, -1.0)), 127).args == (-1.0,)
    assert asked(bind("/z/1", (-2.0, 2.0)), 0) == Message("/z/1", (-2.0,))
    assert [asked(bind("/sustain"), value).args[0] for value in (0, 63, 64, 127)] == [0.0, 0.0, 1.0, 1.0]


def test_a_switch_takes_only_its_two_ends() -> None:
    assert [asked(bind("/sustain", (1.0, 0.0)), value).args[0] for value in (0, 127)] == [1.0, 0.0]
    with pytest.raises(CommandError, match=r"^/sustain is a switch: its range is .* or \[1, 0\], got \[0, 127\]$"):
        bind("/sustain", (0.0, 127.0))


def test_every_controllable_address_can_be_bound() -> None:
    told = [row for row in TABLE if row.told and len(row.args) == 1 and row.args[0].kind != "latent"]
    assert len(told) >= 9
    for row in told:
        bind(row.path.replace("N", "1"), (0.0, 1.0))


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("/uint/1", "/uint/1 is no address of oscvae, did you mean /unit/N?"),
        ("/gian", "/gian is no address of oscvae, did you mean /gain?"),
        ("/z/0", "no dimension 0: they count from 1, like /z/1"),
        ("/play", "a controller cannot move /play, only /z/N, /unit/N"),
        ("/pad/1", "a controller cannot move /pad/1"),
        ("/panic", "a controller cannot move /panic"),
        ("/z/1", "/z/1 has no range of its own: use /unit/N"),
    ],
)
def test_what_no_controller_can_move(address: str, why: str) -> None:
    with pytest.raises(CommandError) as caught:
        bind(address)
    assert str(caught.value).startswith(why)
    with pytest.raises(ConfigError, match=rf"^midi\.map\.74\.to: {why.split(maxsplit=1)[0]}"):
        read_rules({74: MidiRule(to=address)})


# -- what is learnt ----------------------------------------------------------------------------------------------------


def test_learning_binds_what_is_moved_next_and_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / "new" / "learnt.json"

    async def body() -> None:
        kept = Controllers(read_rules({1: MidiRule(to="/unit/1")}), file)
        await kept.open()
        assert kept.moved(20, 127) is None
        moved = kept.learn("/unit/3")
        assert kept.moved(32, 1) is None, "a bank select is not learnt"
        assert not moved.done()
        assert kept.moved(20, 127) == Message("/unit/3", (1.0,))
        assert await moved == 20
        again = kept.learn("/unit/3")
        assert kept.moved(1, 0) == Message("/unit/3", (0.0,)), "what is learnt goes before the configuration"
        assert await again == 1
        assert kept.moved(20, 5) is None, "an address has one learnt controller"
        await kept.keep()
        await kept.close()

        other = Controllers(read_rules({1: MidiRule(to="/unit/1")}), file)
        await other.open()
        assert other.moved(1, 127) == Message("/unit/3", (1.0,))
        with pytest.raises(CommandError, match="no controller has learnt /gain"):
            other.forget("/gain")
        other.forget("1")
        assert other.moved(1, 127) == Message("/unit/1", (1.0,)), "the configuration is back"
        other.forget()
        await other.keep()

    asyncio.run(body())
    assert json.loads(file.read_text()) == {"format": 1, "controllers": {}}
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_learning_ends_unlearnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        kept = Controllers({}, tmp_path / "learnt.json")
        first = kept.learn("/unit/1")
        with pytest.raises(CommandError, match="did you mean /gain"):
            kept.learn("/gian")
        assert not first.done(), "a mistake supersedes nothing"
        second = kept.learn("/unit/2")
        with pytest.raises(CommandError, match="superseded"):
            await first
        kept.cancel()
        with pytest.raises(CommandError, match="cancelled"):
            await second
        kept.cancel()
        monkeypatch.setattr(module, "LEARN_S", 0.01)
        with pytest.raises(CommandError, match="no controller was moved"):
            await kept.learn("/unit/1")
        assert kept.moved(20, 1) is None

    asyncio.run(body())


def test_what_cannot_be_written_is_not_learnt(tmp_path: Path) -> None:
    folder = tmp_path / "midi"

    async def body() -> None:
        kept = Controllers({}, folder / "learnt.json")
        moved = kept.learn("/unit/1")
        kept.moved(20, 0)
        assert await moved == 20
        await kept.keep()
        folder.rename(tmp_path / "away")
        folder.write_text("in the way")
        kept.learn("/unit/2")
        assert kept.moved(21, 127) == Message("/unit/2", (1.0,)), "until it is known"
        kept.forget("20")
        told = await asyncio.gather(kept.keep(), kept.keep(), return_exceptions=True)
        assert [type(error) for error in told] == [CommandError] * 2
        assert "cannot be written" in str(told[1])
        assert kept.moved(21, 127) is None
        assert kept.moved(20, 127) == Message("/unit/1", (1.0,)), "nor forgotten"
        folder.unlink()
        kept.learn("/unit/3")
        kept.moved(22, 0)
        await kept.keep()

    asyncio.run(body())
    assert read(folder / "learnt.json") == {n: Binding(f"/unit/{to}", 0.0, 1.0) for n, to in ((20, 1), (22, 3))}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": 2, "controllers": {}}',
        '{"format": 1}',
        '{"format": 1, "controllers": {"a": "/unit/1"}}',
        '{"format": 1, "controllers": {"200": "/unit/1"}}',
        '{"format": 1, "controllers": {"1": "/play"}}',
        '{"format": 1, "controllers": {"1": 5}}',
    ],
)
def test_a_damaged_file_is_set_aside(tmp_path: Path, text: str) -> None:
    file = tmp_path / "learnt.json"
    file.write_text(text)
    assert read(file) == {}
    assert (tmp_path / "learnt.json.damaged-1").read_text() == text
    file.write_text('{"format": 1, "controllers": {"74": "/unit/2"}}')
    assert read(file) == {74: Binding("/unit/2", 0.0, 1.0)}


# -- when it is due ----------------------------------------------------------------------------------------------------


class Hands:
    """A MidiInput whose ring is filled by hand, and what it hands over."""

    def __init__(self, latency_s: float = 0.012, **settings: Any) -> None:
        self.engine = Engine(4, RATE, 16, np.zeros(16, np.float32))
        self.told: list[tuple[list[tuple[Any, ...]], int | None]] = []
        self.clock = FrameClock(lambda: None, RATE)
        self.input = MidiInput(
            self.engine,
            self,
            translator(**settings),
            self.clock,
            model=ModelInfo,
            lead_s=lambda: 0.03,
            latency_s=latency_s,
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
        ([("/note", 60.0, 100.0), ("/note", 61.0, 100.0)], 5 + 576),
        ([("/note", 62.0, 100.0)], 6 + 576),
        ([("/note", 63.0, 100.0)], 130 + 576),
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
    assert hands.take() == [([("/note", 60.0, 100.0), ("/note", 64.0, 100.0)], None), ([("/note", 60.0, 0.0)], None)]


def test_a_panic_is_not_delayed_and_keeps_its_place() -> None:
    hands = Hands()
    for data in ((0x90, 60, 100), (0xB0, 120, 0), (0x90, 62, 100)):
        hands.feed(7, *data)
    assert hands.take() == [([("/note", 60.0, 100.0)], 583), ([("/panic",)], None), ([("/note", 62.0, 100.0)], 583)]


def test_what_cannot_be_obeyed_is_logged_and_the_rest_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    hands = Hands(map={1: MidiRule(to="/unit/9")})
    for data in ((0xB0, 1, 5), (0xC0, 9), (0x90, 62, 100)):
        hands.feed(7, *data)
    assert hands.take() == [([("/note", 62.0, 100.0)], 583)]
    assert [record.message for record in caplog.records] == [
        "MIDI: /preset/recall program 10 has no preset, there are 2",
        "MIDI: /unit/9 no dimension 9: the model has 4 dimensions, /unit/1 to /unit/4",
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
