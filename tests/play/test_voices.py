"""The voice pool by itself: the rings are filled by hand, and the decoder is as slow as the test wants it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from oscvae.decode.pool import take_details
from oscvae.decode.wire import MOVE, NOTE_ON, Request
from oscvae.model.detail import Detail, Mix
from oscvae.play.link import RendererLink
from oscvae.play.listener import Listener
from oscvae.play.voice.ensemble import Ensemble
from oscvae.play.voice.pool import VoicePool
from oscvae.play.voice.voice import Note, Voice
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.memory import store_word
from oscvae.realtime.ring import push

PLENTY = 1000
BANDS = 4


class SlowDecoder:
    """Keeps at most `room` requests, and serves one when the test says so: note-ons first, then by deadline."""

    def __init__(self) -> None:
        self.alive = True
        self.streams = 0
        self.free_blocks = list(range(PLENTY))
        self.pool = np.zeros((PLENTY, 4, BANDS), np.float32)
        self.room = PLENTY
        self._asked: list[Request] = []

    def send(self, request: Request) -> bool:
        if len(self._asked) >= self.room:
            return False
        self._asked.append(request)
        return True

    @property
    def idle(self) -> bool:
        return not self._asked

    def serve(self) -> Request:
        request = min(self._asked, key=lambda asked: (asked.kind, asked.deadline))
        self._asked.remove(request)
        return request


class Expectations:
    """What the renderer would take from the decoder."""

    def __init__(self) -> None:
        self.blocks: dict[int, tuple[int, int]] = {}

    def expect(self, block: int, slot: int, generation: int) -> None:
        self.blocks[block] = slot, generation

    def expect_nothing(self, block: int) -> None:
        del self.blocks[block]


class Model:
    """What a voice knows of its model."""

    def __init__(self, index: int = 0) -> None:
        self.name = f"model {index}"
        self.index = index
        self.decoder = SlowDecoder()
        self.context = Expectations()
        self.document = SimpleNamespace(decoded_note=round, block_shape=(4, BANDS), is_endless=False)
        self.voices = self.waiting = 0


class PoolByHand(Listener):
    """A pool of `limit` voices, what it tells, and the other clocks played by the test."""

    def __init__(self, limit: int = 4) -> None:
        self.engine = Engine(limit + 4, 48_000, 16, np.zeros(16, np.float32))
        self.pool = VoicePool(self.engine, RendererLink(self.engine), limit, self)
        self.ensemble = Ensemble(self.pool, 1)
        self.model = Model()
        self.told: list[tuple[str, int]] = []
        self.on_block: Callable[[], None] = lambda: None
        self._ids = itertools.count(1)

    def voice(self, address: str, voice_id: int, note: float) -> None:
        self.told.append((address, voice_id))

    # as the models, whose blocks come back

    def returned(self, index: int, block: int) -> None:
        self.on_block()

    def answered(self, index: int) -> None:
        pass

    def dropped(self, index: int) -> None:
        pass

    def take_events(self) -> None:
        self.pool._link.take_events(self.pool, self)

    def play(self, start_frame: int = -1, model: Model | None = None, detail: Mix = (), note: float = 60.0) -> Voice:
        """A voice whose first block is decoded."""
        loaded: Any = model or self.model
        voice = Voice(Note(next(self._ids), note, (0.0,), "voice", loaded, start_frame=start_frame, detail=detail))
        self.pool.start(voice)
        self.first = self.answer(model)
        assert self.first.kind == NOTE_ON
        return voice

    def take_over(self, taken: Voice, start_frame: int = -1, group: int = 0, moved: bool = False) -> Voice:
        """A voice that takes over from another; its first block is still to be decoded."""
        loaded: Any = self.model
        note = Note(next(self._ids), 60.0, (0.0,), "note", loaded, start_frame=start_frame, group=group, moved=moved)
        voice = Voice(note, takes=taken)
        self.pool.start(voice, taken)
        return voice

    def hear(self, voice: Voice, kind: int = at.VOICE_ON) -> None:
        """The callback says that a voice is on, or off."""
        assert push(self.engine.audio_control, _record(kind, voice.slot, voice.generation))
        self.take_events()

    def stop(self, voice: Voice) -> int:
        """What was told to the other clocks about the end of a voice."""
        return int(self.engine.voices[voice.slot][at.V_STOP])

    def answer(self, model: Model | None = None) -> Request:
        """One decode is done, and its block is free again."""
        model = model or self.model
        request = model.decoder.serve()
        assert model.context.blocks.pop(request.block) == (request.slot, request.generation)
        self.on_block = lambda: model.decoder.free_blocks.append(request.block)
        self.tell(at.BLOCK_FREE, model.index, request.block)
        self.tell(at.DECODE_SEEN, request.slot, request.generation, 0, 1_000, model.index)
        self.take_events()
        return request

    def tell(self, *record: int) -> None:
        """A record of the renderer's."""
        assert push(self.engine.render_control, _record(*record))

    def play_through(self, voice: Voice, *kinds: int) -> None:
        """What callback and renderer do at a voice's end, in their order; kinds: what the callback says of it."""
        for kind in kinds:
            assert push(self.engine.audio_control, _record(kind, voice.slot, voice.generation))
        store_word(self.engine.voices[voice.slot], at.V_STATE, at.IDLE)
        self.tell(at.VOICE_IDLE, voice.slot, voice.generation)


def _record(*words: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array([*words, *[0] * (8 - len(words))], np.int64)


# -- what is told ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("heard", [True, False])
def test_a_voice_that_ends_while_control_listens_is_told_off(heard: bool) -> None:
    """The callback's word comes after control has heard it out, the renderer's just before that is heard out too."""
    stage = PoolByHand()
    voice = stage.play()
    if heard:
        assert push(stage.engine.audio_control, _record(at.VOICE_ON, voice.slot, voice.generation))
        stage.take_events()
    slot, rest = voice.slot, (at.VOICE_OFF,) if heard else (at.VOICE_ON, at.VOICE_OFF)
    stage.on_block = lambda: stage.play_through(voice, *rest)
    stage.tell(at.BLOCK_FREE, 0, 0)
    stage.take_events()
    assert stage.told == [("/voice/on", 1), ("/voice/off", 1)]
    assert slot in stage.pool._free and stage.pool.idle


def test_what_is_told_of_a_slot_is_told_of_its_voice() -> None:
    """The note that waited gets the slot within the same listening: the word of the one before is not taken for its."""
    stage = PoolByHand()
    voices = [stage.play() for _ in range(4)]
    for voice in voices:
        assert push(stage.engine.audio_control, _record(at.VOICE_ON, voice.slot, voice.generation))
    stage.take_events()
    late = [stage.play() for _ in range(4)]  # which fade the others
    waiting = Voice(Note(9, 60.0, (0.0,), "voice", stage.model))  # type: ignore[arg-type]
    stage.pool.start(waiting)
    assert waiting.slot < 0
    stage.told.clear()
    stage.on_block = lambda: stage.play_through(voices[0], at.VOICE_OFF)
    stage.tell(at.BLOCK_FREE, 0, 0)
    freed = voices[0].slot
    stage.take_events()
    assert stage.told == [("/voice/off", voices[0].asked.id)]
    assert waiting.slot == freed and not waiting.heard and not waiting.stolen
    assert late[0].stolen, "it gave way to the one that waited"


# -- moves -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [PLENTY, 5, 1])
def test_moves_are_served_in_turn(room: int) -> None:
    """Every voice always has a newer target than the decoder can follow; some of their notes had a time."""
    stage = PoolByHand(limit=16)
    voices = [stage.play(start_frame=-1 if i % 3 else 1_000_000 - 1_000 * i) for i in range(16)]
    stage.model.decoder.room = room
    served: list[int] = []
    for turn in range(1, 8 * len(voices)):
        for voice in voices:
            stage.pool.move(voice, (float(turn),))
        served.append(stage.answer().slot)
    for first in range(len(served) - len(voices) + 1):
        assert len(set(served[first : first + len(voices)])) == len(voices), "one was served twice in a round"
    reached = {}
    while not stage.model.decoder.idle:
        request = stage.answer()
        reached[request.slot] = request.z
    assert reached == {voice.slot: (float(turn),) for voice in voices}


def test_notes_go_before_moves() -> None:
    stage = PoolByHand()
    voices = [stage.play() for _ in range(3)]
    for voice in voices:
        stage.pool.move(voice, (1.0,))
    late = Voice(Note(9, 60.0, (0.0,), "voice", stage.model, start_frame=10**9))  # type: ignore[arg-type]
    stage.pool.start(late)
    assert [stage.answer().kind for _ in range(4)] == [NOTE_ON, MOVE, MOVE, MOVE]


def test_a_target_that_found_no_room_does_not_come_after_a_newer_one() -> None:
    stage = PoolByHand()
    voice = stage.play()
    stage.model.decoder.room = 0
    stage.pool.move(voice, (1.0,))
    assert stage.pool.busy == 1
    stage.model.decoder.room = PLENTY
    stage.pool.move(voice, (2.0,))
    assert stage.answer().z == (2.0,)
    stage.take_events()
    assert stage.model.decoder.idle and stage.pool.busy == 1


@pytest.mark.parametrize("blocks", [0, PLENTY])
def test_a_target_that_found_no_room_is_reached_when_there_is_some(blocks: int) -> None:
    stage = PoolByHand()
    voice = stage.play()
    decoder = stage.model.decoder
    taken, decoder.free_blocks[blocks:] = decoder.free_blocks[blocks:], []
    decoder.room = 0
    for z in (1.0, 2.0, 0.5):
        stage.pool.move(voice, (z,))
    stage.take_events()
    assert decoder.idle and stage.pool.busy == 3, "what was asked for counts, not how often it was tried"
    decoder.free_blocks += taken
    decoder.room = PLENTY
    stage.take_events()
    assert stage.answer().z == (0.5,)
    assert decoder.idle and len(decoder.free_blocks) == PLENTY


def test_a_decoder_without_room_holds_up_no_other() -> None:
    stage, other = PoolByHand(), Model(1)
    voice, elsewhere = stage.play(), stage.play(model=other)
    stage.model.decoder.room = 0
    stage.pool.move(voice, (1.0,))
    stage.pool.move(elsewhere, (2.0,))
    assert stage.answer(other).z == (2.0,)
    stage.model.decoder.room = PLENTY
    stage.take_events()
    assert stage.answer().z == (1.0,)


@pytest.mark.parametrize("gone", ["voice", "decoder"])
def test_nobody_waits_for_a_move_that_will_never_be(gone: str) -> None:
    stage = PoolByHand()
    voice = stage.play()
    stage.model.decoder.room = 0
    stage.pool.move(voice, (1.0,))
    stage.model.decoder.room = PLENTY
    if gone == "voice":
        stage.pool.fade(voice)
    else:
        stage.model.decoder.alive = False
    stage.take_events()
    assert stage.model.decoder.idle and not stage.pool._decoding._waiting


# -- fine detail -------------------------------------------------------------------------------------------------------


def a_detail(value: float, note: int = 60, elsewhere: float = 0.5, bands: int = BANDS) -> Detail:
    return Detail(note, np.full((2, bands), value, np.float32), elsewhere)


def asked_for(stage: PoolByHand, request: Request) -> list[tuple[float, float, float]]:
    """Value, share and note of each detail that a request asks for."""
    numbers = take_details(stage.model.decoder.pool[request.block], len(request.details), BANDS)
    return [(float(part[0, 0]), *about) for part, about in zip(numbers, request.details, strict=True)]


def test_a_note_asks_for_its_detail_and_others_for_as_much_as_holds_there() -> None:
    for note, mix, asked in (
        (60.0, ((a_detail(1.0), 1.0),), [(1.0, 1.0, 60.0)]),
        (62.0, ((a_detail(2.0), 1.0),), [(2.0, 0.5, 60.0)]),
        (62.0, ((a_detail(3.0, elsewhere=0.0), 1.0),), []),
        (60.0, ((a_detail(4.0), 0.75), (a_detail(5.0, note=64), 0.5)), [(4.0, 0.75, 60.0), (5.0, 0.25, 64.0)]),
        (60.0, ((a_detail(6.0, bands=BANDS + 1), 1.0), (a_detail(7.0), 1.0)), [(7.0, 1.0, 60.0)]),
        (60.0, tuple((a_detail(float(n)), 0.2) for n in range(5)), [(0.0, 0.2, 60.0), (1.0, 0.2, 60.0)]),
        (60.0, (), []),
    ):
        stage = PoolByHand()
        stage.play(note=note, detail=mix)
        assert asked_for(stage, stage.first) == asked, (note, mix)


def test_a_detail_is_faded_and_moves_as_its_point_does() -> None:
    stage = PoolByHand()
    detail = a_detail(1.0)
    voice, plain = stage.play(detail=((detail, 1.0),)), stage.play()
    stage.pool.fade_detail(voice, 0.5)
    assert asked_for(stage, stage.answer()) == [(1.0, 0.5, 60.0)]
    stage.ensemble.fade_details(0.5)
    assert asked_for(stage, stage.answer()) == [(1.0, 0.25, 60.0)]
    stage.pool.fade_detail(voice, 0.5)
    stage.ensemble.fade_details(0.5)
    stage.pool.fade_detail(plain, 0.25)
    stage.pool.move(voice, (0.0,), ((detail, 1.0),))
    assert stage.model.decoder.idle, "nothing has changed"
    stage.ensemble.fade_details(0.0)
    assert stage.answer().details == ()
    stage.ensemble.fade_details(1.0)
    assert asked_for(stage, stage.answer()) == [(1.0, 0.5, 60.0)]
    stage.pool.move(voice, (0.0,))
    assert stage.answer().details == (), "a point that is given by numbers has none"
    stage.pool.move(plain, (0.0,), ((detail, 1.0),))
    assert asked_for(stage, stage.answer()) == [(1.0, 0.25, 60.0)]
    later = stage.play(start_frame=1000, detail=((detail, 1.0),))
    stage.ensemble.fade_details(0.5, 1000)
    assert asked_for(stage, stage.answer()) == [(1.0, 0.125, 60.0)]
    assert stage.model.decoder.idle and later.all_detail_share == 1.0, "it begins with what was set for its moment"


# -- taking over -------------------------------------------------------------------------------------------------------


def words(stage: PoolByHand, voice: Voice) -> tuple[int, int, int]:
    """Which slot and generation it takes over from, and whether it goes on in that one's note."""
    slot = stage.engine.voices[voice.slot]
    return int(slot[at.V_TAKES]), int(slot[at.V_TAKEN]), int(slot[at.V_MOVED])


def test_whoever_takes_over_names_the_voice_and_leaves_its_end_to_the_callback() -> None:
    stage = PoolByHand()
    first = stage.play()
    stage.hear(first)
    second = stage.take_over(first, moved=True)
    assert words(stage, second) == (first.slot + 1, first.generation, 1)
    stage.answer()
    stage.hear(second)
    assert stage.stop(first) == at.STOP_NONE and not first.stolen


def test_where_a_voice_ends_unheard_the_one_that_it_would_have_taken_over_from_ends() -> None:
    stage = PoolByHand()
    first = stage.play()
    stage.hear(first)
    second = stage.take_over(first)
    stage.answer()
    stage.pool.fade(second)
    stage.play_through(second)
    stage.take_events()
    assert first.stolen and stage.stop(first) == at.STOP_FADE


def test_a_voice_that_is_ready_when_the_next_one_is_over_ends_at_once() -> None:
    stage = PoolByHand()
    first = stage.play()
    second = stage.take_over(first)
    stage.answer()
    stage.hear(second)
    stage.hear(second, at.VOICE_OFF)
    stage.hear(first)
    assert first.stolen and stage.stop(first) == at.STOP_FADE


@pytest.mark.parametrize("moment", [{"start_frame": 5000}, {"group": 7}])
def test_of_two_that_begin_together_the_later_one_takes_the_place_of_the_first(moment: dict[str, int]) -> None:
    stage = PoolByHand()
    before = stage.play()
    stage.hear(before)
    first = stage.take_over(before, **moment)
    second = stage.take_over(first, moved=True, **moment)
    assert first.stolen and stage.stop(first) == at.STOP_FADE
    assert words(stage, second) == (before.slot + 1, before.generation, 0), "the first was not moved"
    stage.play_through(first)
    stage.take_events()
    assert not before.stolen


def test_a_voice_that_still_waits_for_a_slot_is_passed_over() -> None:
    stage = PoolByHand()
    voices = [stage.play() for _ in range(8)]
    waiting = stage.take_over(voices[-1])
    assert waiting.slot < 0
    last = stage.take_over(waiting)
    assert (waiting.stolen and last.takes is None) or last.takes is voices[-1]
    for voice in voices:
        stage.hear(voice)
        stage.play_through(voice, at.VOICE_OFF)
        stage.take_events()
    assert last.slot >= 0


def test_a_long_line_keeps_no_voice_that_is_over() -> None:
    stage = PoolByHand()
    last = stage.play()
    stage.hear(last)
    for _ in range(5):
        voice = stage.take_over(last)
        stage.answer()
        stage.hear(voice)
        stage.play_through(last, at.VOICE_OFF)
        stage.take_events()
        assert last.takes is last.taker is voice.takes is None
        last = voice
