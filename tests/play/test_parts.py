"""Several parts in one engine: what each plays alone, what they share, and what is said to one or to all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from oscvae.osc.packets import Message
from oscvae.osc.parse import Command, parse_for
from oscvae.osc.score import Moment
from oscvae.play.listener import Listener
from oscvae.play.offline import OfflineEngine
from oscvae.realtime import layout as at
from oscvae.settings.sections import load_config
from parts.listening import Sound
from parts.playing import heard, level_db, send, silence

Z = (0.1, 0.2, -0.3, 0.4)
OTHER_Z = (-0.4, 0.1, 0.3, 0.0)


class Told(Listener):
    """What is told, as subscribers would hear it."""

    def __init__(self) -> None:
        self.events: list[tuple[object, ...]] = []

    def changed(self, path: str, args: object, by: object) -> None:
        self.events.append((path, *args))  # type: ignore[misc]

    def voice(self, address: str, voice_id: int, note: float) -> None:
        self.events.append((address, note))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfflineEngine]:
    presets = tmp_path_factory.mktemp("presets")
    options = ["engine.voices=6", "engine.spare=4", "model.parts={2: plucked, 3: drums}", f"paths.presets={presets}"]
    engine = OfflineEngine(load_config(None, options), listener=Told())
    yield engine
    assert engine.engine.intact()
    engine.close()


@pytest.fixture
def engine(shared: OfflineEngine) -> Iterator[OfflineEngine]:
    shared.errors.clear()
    yield shared
    silence(shared)
    for prefix in ("", "/part/2", "/part/3"):
        for address, value in (("/gain", -12.0), ("/pan", 0.0), ("/bend", 0.0), ("/release", 0.15), ("/freeze", 0)):
            send(shared, prefix + address, value)
    send(shared, "/z", *Z)
    send(shared, "/part/2/z", *Z)
    heard(shared, 0.2)
    assert shared.pool.idle


def alone(engine: OfflineEngine, *messages: tuple[object, ...], seconds: float = 0.5) -> Sound:
    """What those messages, of one moment, sound like in silence."""
    silence(engine)
    engine.execute([Message(str(address), tuple(args)) for address, *args in messages])
    sound = heard(engine, seconds)
    silence(engine)
    heard(engine, 0.1)
    return sound


def told(engine: OfflineEngine) -> list[tuple[object, ...]]:
    listener = engine._listener
    assert isinstance(listener, Told)
    events, listener.events = listener.events, []
    return events


def test_a_part_plays_what_the_first_would_play_bit_for_bit(engine: OfflineEngine) -> None:
    first = alone(engine, ("/play", 60, *Z))
    assert first.any()
    for address in ("/part/1/play", "/part/2/play"):
        assert np.array_equal(alone(engine, (address, 60, *Z)), first)
    assert engine.errors == []


def test_parts_sound_together_as_the_sum_of_each_alone(engine: OfflineEngine) -> None:
    plucked, drum = ("/play", 60, *Z), ("/part/3/play", 60, *Z)
    both = alone(engine, plucked, drum)
    exact = alone(engine, plucked).astype(float) + alone(engine, drum)
    assert np.abs(both - exact).max() < 2e-7, "apart from the last bit: each is rounded once less"


def test_notes_of_one_bundle_begin_in_one_frame_whichever_part_plays_them(engine: OfflineEngine) -> None:
    engine.execute([Message(address, (60, *Z)) for address in ("/play", "/part/2/play", "/part/3/play")])
    heard(engine, 0.3)
    onsets = [int(engine.engine.voices[voice.slot][at.V_ONSET_FRAME]) for voice in engine.pool.playing()]
    assert len(onsets) == 3
    assert len(set(onsets)) == 1 and onsets[0] >= 0


@pytest.mark.parametrize(
    ("address", "value"), [("/gain", -40.0), ("/pan", 1.0), ("/bend", 7.0), ("/freeze", 1), ("/release", 2.0)]
)
def test_what_is_set_of_a_part_is_heard_in_that_part_only(engine: OfflineEngine, address: str, value: float) -> None:
    note = (60, *Z, 0.8, 0.1)
    as_it_was = alone(engine, ("/play", *note))
    send(engine, f"/part/2{address}", value)
    assert np.array_equal(alone(engine, ("/play", *note)), as_it_was)
    assert not np.array_equal(alone(engine, ("/part/2/play", *note)), as_it_was)


def test_how_keys_play_in_a_part_is_its_own(engine: OfflineEngine) -> None:
    send(engine, "/part/2/mode", "mono")
    send(engine, "/part/2/portamento", 0.5)
    for part in ("", "/part/2"):
        for note in (60, 64):
            send(engine, f"{part}/note", note, 100)
    down = [(voice.asked.part, voice.asked.note) for voice in engine.pool.playing() if voice.held]
    assert down == [(1, 60.0), (1, 64.0), (2, 64.0)]
    told = [engine.parts[part].performer.standing(address) for part in (1, 2) for address in ("/mode", "/portamento")]
    assert told == [("poly",), (0.0,), ("mono",), (0.5,)]
    send(engine, "/part/2/mode", "poly")
    send(engine, "/part/2/portamento", 0.0)
    send(engine, "/panic")


def test_a_stop_lets_go_of_the_notes_of_its_part(engine: OfflineEngine) -> None:
    for address in ("/play", "/part/2/play"):
        send(engine, address, 60, *Z)
    send(engine, "/part/2/stop", 60)
    assert [(voice.asked.part, voice.releasing) for voice in engine.pool.playing()] == [(1, False), (2, True)]
    send(engine, "/part/3/stop", 61)
    assert engine.errors == ["/part/3/stop no voice plays note 61"]


def test_a_panic_of_a_part_leaves_the_others_and_one_without_a_part_leaves_nobody(engine: OfflineEngine) -> None:
    for address in ("/play", "/part/2/play"):
        send(engine, address, 60, *Z)
    send(engine, "/part/2/sustain", 1)
    send(engine, "/part/3/sustain", 1)
    heard(engine, 0.1)
    send(engine, "/part/2/panic")
    heard(engine, 0.1)
    assert [voice.asked.part for voice in engine.pool.playing()] == [1]
    told(engine)
    send(engine, "/panic")
    heard(engine, 0.1)
    assert engine.pool.idle
    assert ("/part/3/sustain", False) in told(engine), "pedals of every part are up"


def test_each_part_has_a_cursor_and_tells_of_it_at_its_own_address(engine: OfflineEngine) -> None:
    told(engine)
    send(engine, "/part/2/z", *OTHER_Z)
    send(engine, "/gain", -6.0)
    send(engine, "/part/1/gain", -7.0)
    assert told(engine) == [("/part/2/z", *OTHER_Z), ("/gain", -6.0), ("/gain", -7.0)]
    assert engine.parts[1].performer.cursor == Z
    assert engine.parts[2].performer.cursor == OTHER_Z
    send(engine, "/gain", -12.0)
    assert np.array_equal(alone(engine, ("/part/2/note", 60, 100)), alone(engine, ("/z", *OTHER_Z), ("/note", 60, 100)))


def test_voices_are_told_of_at_the_address_of_their_part(engine: OfflineEngine) -> None:
    told(engine)
    alone(engine, ("/part/2/play", 61, *Z), ("/play", 60, *Z))
    assert {("/part/2/voice/on", 61.0), ("/part/2/voice/off", 61.0), ("/voice/on", 60.0)} <= set(told(engine))


def test_voice_ids_are_their_senders_over_all_parts(engine: OfflineEngine) -> None:
    send(engine, "/part/2/voice/new", 5, 60, *Z)
    heard(engine, 0.1)
    send(engine, "/voice/set", 5, "gain", -60.0)
    heard(engine, 0.1)
    quiet = level_db(heard(engine, 0.1))
    send(engine, "/voice/set", 5, "gain", 0.0)
    heard(engine, 0.1)
    assert level_db(heard(engine, 0.1)) > quiet + 30.0
    send(engine, "/part/3/voice/stop", 5)
    assert engine.errors == []


def test_a_voice_that_is_stopped_by_its_id_is_let_go_by_the_keys_of_its_part(engine: OfflineEngine) -> None:
    send(engine, "/part/2/mode", "legato")
    send(engine, "/part/2/note", 60, 100)
    (voice,) = engine.pool.playing()
    send(engine, "/voice/stop", voice.asked.id)
    send(engine, "/part/2/note", 64, 100)
    send(engine, "/part/2/note", 64, 0)
    heard(engine, 0.1)
    assert [voice.asked.note for voice in engine.pool.playing() if not voice.releasing] == [], "60 is down no more"
    send(engine, "/part/2/mode", "poly")


def test_the_voices_are_shared_and_the_oldest_gives_way_whichever_part_plays_it(engine: OfflineEngine) -> None:
    for i in range(6):
        send(engine, "/part/2/play", 50 + i, *Z)
    send(engine, "/play", 60, *Z)
    heard(engine, 0.1)
    playing = engine.pool.playing()
    assert sorted((voice.asked.part, voice.asked.note) for voice in playing)[0] == (1, 60.0)
    assert len(playing) == 6 and 50.0 not in {voice.asked.note for voice in playing}


def test_a_model_is_loaded_into_one_part_while_the_others_play_on(engine: OfflineEngine) -> None:
    as_it_was = alone(engine, ("/play", 60, *Z))
    send(engine, "/part/2/load", "sustained")
    assert engine.errors == []
    names = {part.number: part.models.current.name for part in engine.parts.in_use if part.models.current}
    assert names == {1: "plucked", 2: "sustained", 3: "drums"}
    held = alone(engine, ("/part/2/play", 60, *engine.parts[2].performer.cursor))
    assert held.any() and not np.array_equal(held, as_it_was)
    assert np.array_equal(alone(engine, ("/play", 60, *Z)), as_it_was)
    send(engine, "/part/2/load", "plucked")
    send(engine, "/part/4/play", 60, *Z)
    assert engine.errors == ["/part/4/play part 4 plays no model: /part/4/load one, /models lists them"]


def test_an_output_that_there_is_not_is_told(engine: OfflineEngine) -> None:
    for first in (2, 3):
        engine.parts.execute(
            [sent_to(engine, "/part/2/out", first)],
            engine.client,
            None,
        )
    assert engine.errors == [
        "/part/2/out first must be 1, got 2: audio.outputs in config.yaml is 2",
        "/part/2/out first must be 1, got 3: audio.outputs in config.yaml is 2",
    ]


def sent_to(engine: OfflineEngine, address: str, *args: object) -> Command:
    """A command as a daemon would have it: a score leaves some out."""
    command = parse_for(Message(address, args), engine.parts.model)
    assert command is not None
    return command


def test_a_score_of_several_parts_is_rendered_the_same_each_time(tmp_path: Path) -> None:
    config = load_config(None, ["model.parts={2: drums}"])
    score = [
        Moment(0, (Message("/play", (60, *Z)), Message("/part/2/play", (60, *Z)))),
        Moment(300_000_000, (Message("/part/2/gain", (-20.0,)), Message("/part/2/play", (64, *Z)))),
    ]
    rendered = []
    for _ in range(2):
        engine = OfflineEngine(config)
        rendered.append(engine.play(score))
        assert engine.errors == []
        engine.close()
    assert rendered[0].any()
    assert np.array_equal(*rendered)


def test_a_part_whose_model_is_missing_is_logged_and_the_others_are_rendered(caplog: pytest.LogCaptureFixture) -> None:
    engine = OfflineEngine(load_config(None, ["model.parts={2: gone}"]))
    try:
        assert engine.play([Moment(0, (Message("/play", (60, *Z, 0.8, 0.05)),))]).any()
    finally:
        engine.close()
    assert "part 2 has no model to play: model.parts gone" in caplog.text
