"""The performer by itself: what of a moment's commands is told to the voices, and when."""

from __future__ import annotations

import math
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from oscvae.daemon.router import Router
from oscvae.errors import CommandError
from oscvae.model.detail import Detail
from oscvae.osc.client import Client
from oscvae.osc.packets import Message
from oscvae.osc.parse import Command, parse
from oscvae.osc.vocabulary import TABLE
from oscvae.play.frames import FrameMoment
from oscvae.play.models.loaded import Handle
from oscvae.play.presets import Preset
from oscvae.realtime import layout as at
from play.performing import LATER, MODEL, MOMENT, Performing


def test_notes_of_one_moment_are_a_group_and_a_note_off_is_none_of_it() -> None:
    """A group whose size counts a note off would wait for a note that never comes."""
    stage = Performing()
    stage.do(("/note", 60, 100), ("/note", 64, 100))
    stage.do(("/note", 60, 0), ("/note", 62, 100), ("/note", 66, 100))
    stage.do(("/note", 62, 0), ("/note", 67, 100))
    stage.do(("/play", 60, 0.0, 0.0, 0.0), ("/play", 62, 0.0, 0.0, 0.0))
    assert [(voice.asked.note, voice.asked.group_size, voice.asked.group_first) for voice in stage.pool.started] == [
        (60.0, 2, True),
        (64.0, 2, False),
        (62.0, 2, True),
        (66.0, 2, False),
        (67.0, 1, True),
        (60.0, 2, True),
        (62.0, 2, False),
    ]
    assert stage.pool.complete == 4


def test_a_stop_of_a_note_that_nobody_started_is_answered() -> None:
    stage = Performing()
    stage.do(("/play", 60, 0.0, 0.0), ("/play", 60, 0.0, 0.0), ("/note", 62, 100))
    stage.do(("/stop", 61))
    assert stage.answers == [("/fail", ("/stop", "no voice plays note 61"))]
    assert all(voice.held for voice in stage.pool.started)
    stage.answers.clear()
    stage.pool.started.clear()  # all of it has rung out, and then the keys come up
    stage.do(("/stop", 60), ("/stop", 60), ("/stop", 62), ("/stop",))
    assert stage.answers == [], "a key that is let go of late is no mistake"
    stage.do(("/stop", 60), ("/stop", 62.5))
    assert stage.answers == [("/fail", ("/stop", f"no voice plays note {note}")) for note in ("60", "62.5")]


@pytest.mark.parametrize(("due_ns", "at_once"), [(None, True), (FrameMoment(10**18, 5), True), (10**18, False)])
def test_the_wheel_of_a_keyboard_acts_before_the_note_that_follows_it(due_ns: int | None, at_once: bool) -> None:
    stage = Performing()
    stage.do(("/bend", 12.0), due_ns=due_ns)
    assert stage.pool.engine.of_part(0, at.P_BEND) == (2.0 if at_once else 1.0)
    assert stage.timeline.deferred == (not at_once)


# -- bundles with services in them -------------------------------------------------------------------------------------


class Office:
    """Services that note where the cursor was, and how many notes had been started, when they were asked."""

    obeyed = tuple(row.path for row in TABLE if row.by == "services")

    def __init__(self, stage: Performing) -> None:
        self.stage = stage
        self.asked: list[tuple[str, tuple[float, ...], int]] = []

    def moved(self) -> None:
        pass

    def obey(self, command: Command, client: Client) -> None:
        self.asked.append((command.path, self.stage.performer.cursor, len(self.stage.pool.started)))
        if command.path == "/encode":
            client.fail(command.path, "no such file")


def conduct(stage: Performing, *messages: tuple[Any, ...], due_ns: int | None = None) -> Office:
    office = Office(stage)
    commands = [parse(Message(address, tuple(args)), MODEL) for address, *args in messages]
    services: Any = office
    Router(stage.parts, services).execute(commands, stage.client, due_ns)
    return office


@pytest.mark.parametrize("due_ns", [None, LATER])
def test_a_bundle_is_obeyed_in_order_whoever_obeys_it(due_ns: int | None) -> None:
    stage = Performing()
    office = conduct(
        stage,
        ("/preset/save", "a"),
        ("/z", 1.0, 1.0),
        ("/preset/save", "b"),
        ("/preset/recall", "near"),
        ("/preset/delete", "near"),
        ("/play", 60, 0.0, 0.0),
        ("/encode", "x"),
        ("/status",),
        ("/z/1", 2.0),
        due_ns=due_ns,
    )
    assert office.asked == [
        ("/preset/save", (0.0, 0.0), 0),
        ("/preset/save", (1.0, 1.0), 0),
        ("/preset/delete", (0.5, 0.5), 0),
        ("/encode", (0.5, 0.5), 1),
        ("/status", (0.5, 0.5), 1),
    ]
    assert stage.performer.cursor == (2.0, 0.5)
    assert stage.answers == [("/fail", ("/encode", "no such file"))]


def test_notes_of_a_bundle_start_together_whatever_stands_between_them() -> None:
    stage = Performing()
    note = ("/play", 60, 0.0, 0.0)
    conduct(stage, note, ("/preset/save", "a"), note, ("/ping",), note)
    assert [(voice.asked.group, voice.asked.group_size, voice.asked.group_first) for voice in stage.pool.started] == [
        (7, 3, True),
        (7, 3, False),
        (7, 3, False),
    ]


# -- a cursor that is moved by a bundle with a time --------------------------------------------------------------------


def test_what_sounds_follows_at_the_moment_and_what_begins_with_it_at_once() -> None:
    stage = Performing()
    stage.do(("/note", 60, 100))
    stage.do(("/note", 62, 100), ("/z", 1.0, 1.0), ("/note", 64, 100), due_ns=LATER)
    sounding, before, after = stage.pool.started
    assert stage.performer.cursor == before.z == after.z == (1.0, 1.0)
    assert sounding.z == (0.0, 0.0)
    stage.timeline.come(LATER)
    assert sounding.z == (1.0, 1.0)
    assert len(stage.pool.moves) == 2, "one of the two notes, and the one that sounded"


@pytest.mark.parametrize(
    "message", [("/z/1", 1.0), ("/unit/1", 0.75), ("/pad/1", 0.75, 0.5), ("/preset/recall", "near"), ("/macro/1", 1.0)]
)
def test_every_way_of_moving_the_cursor_has_its_moment(message: tuple[Any, ...]) -> None:
    stage = Performing({"a": {"/unit/1": (0.0, 1.0), "/unit/2": (0.5, 0.75)}})
    stage.do(("/note", 60, 100))
    (voice,) = stage.pool.started
    stage.do(message, due_ns=LATER)
    assert stage.performer.cursor != voice.z == (0.0, 0.0)
    stage.timeline.come(LATER)
    assert voice.z == stage.performer.cursor


def test_a_move_of_now_takes_along_nothing_that_is_yet_to_come() -> None:
    stage = Performing()
    stage.do(("/note", 60, 100))
    (voice,) = stage.pool.started
    stage.do(("/z/1", 1.0), ("/note", 64, 100), due_ns=LATER)
    stage.do(("/z/2", 2.0))
    assert voice.z == (0.0, 2.0)
    assert stage.pool.started[1].z == stage.performer.cursor == (1.0, 2.0)
    stage.timeline.come(LATER)
    assert voice.z == (1.0, 2.0)


def test_a_glide_takes_along_nothing_that_is_yet_to_come() -> None:
    stage = Performing()
    stage.do(("/note", 60, 100), ("/glide", 4.0, 2.0, 2.0))
    (voice,) = stage.pool.started
    stage.do(("/z/1", -1.0), ("/note", 64, 100), due_ns=LATER)
    stage.timeline.now_s = 1.0
    assert stage.performer.tick()
    assert voice.z == (0.5, 0.5)
    assert stage.pool.started[1].z == (-1.0, 0.5)
    assert stage.told[-1] == ("/z", (-1.0, 0.5), None)
    stage.timeline.come(LATER)
    assert voice.z == (-1.0, 0.5)
    stage.timeline.now_s = 4.0
    assert not stage.performer.tick()
    assert voice.z == stage.pool.started[1].z == (-1.0, 2.0)


def test_a_glide_goes_on_until_a_move_that_ends_it() -> None:
    stage = Performing()
    stage.do(("/note", 60, 100), ("/glide", 4.0, 2.0, 2.0))
    (voice,) = stage.pool.started
    stage.do(("/z", 1.0, 1.0), due_ns=LATER)
    stage.timeline.now_s = 1.0
    assert stage.performer.tick()
    assert voice.z == (0.5, 0.5)
    assert stage.performer.cursor == (1.0, 1.0)
    stage.timeline.come(LATER)
    stage.timeline.now_s = 2.0
    assert not stage.performer.tick()
    assert voice.z == (1.0, 1.0)


@pytest.mark.parametrize("is_before", [True, False])
def test_of_two_moves_that_of_the_later_moment_stays(is_before: bool) -> None:
    stage = Performing()
    stage.do(("/note", 60, 100))
    stage.do(("/z", 1.0, 1.0), due_ns=LATER)
    if is_before:
        stage.do(("/z", 2.0, 2.0))
    stage.do(("/note", 64, 100), due_ns=LATER)
    if not is_before:
        stage.do(("/z", 2.0, 2.0))
    stage.do(("/note", 66, 100))
    sounding, timed, untimed = stage.pool.started
    assert (sounding.z, timed.z, untimed.z) == ((2.0, 2.0), (1.0, 1.0), (2.0, 2.0))
    stage.timeline.come(LATER)
    assert sounding.z == timed.z == untimed.z == stage.performer.cursor == (1.0, 1.0)
    assert stage.told[-1] == ("/z", (1.0, 1.0), None), "/z of now was the last that was told"


def test_bundles_that_come_in_the_wrong_order_are_heard_in_the_right_one() -> None:
    stage = Performing()
    stage.do(("/note", 60, 100))
    for n in (2, 0, 1):
        due_ns = LATER + n * MOMENT
        stage.do(("/z/1", float(n)), ("/note", 70 + n, 100), due_ns=due_ns)
    stage.do(("/z/2", 0.5), ("/note", 80, 100), due_ns=LATER + MOMENT)
    voice, *timed = stage.pool.started
    assert stage.performer.cursor == (2.0, 0.5)
    assert {note.asked.note: note.z for note in timed} == {
        72: (2.0, 0.5),
        70: (0.0, 0.0),
        71: (1.0, 0.5),
        80: (1.0, 0.5),
    }
    for n, z in enumerate([(0.0, 0.0), (1.0, 0.5), (2.0, 0.5)]):
        stage.timeline.come(LATER + n * MOMENT)
        assert voice.z == z


def test_moves_of_several_moments_are_made_one_after_the_other() -> None:
    stage = Performing()
    stage.do(("/note", 60, 100))
    (voice,) = stage.pool.started
    for n in range(3):
        stage.do(("/z", float(n), 0.0), due_ns=LATER + n * MOMENT)
        stage.do(("/note", 70 + n, 100), due_ns=LATER + n * MOMENT)
    for n in range(3):
        stage.timeline.come(LATER + n * MOMENT)
        assert voice.z == (float(n), 0.0)
        assert [other.z[0] for other in stage.pool.started[1 + n :]] == [float(n) for n in range(n, 3)]


def test_a_note_that_was_let_go_before_the_moment_does_not_move() -> None:
    stage = Performing()
    stage.do(("/note", 60, 100))
    stage.do(("/z", 1.0, 1.0), due_ns=LATER)
    stage.do(("/note", 60, 0))
    stage.timeline.come(LATER)
    assert stage.pool.moves == []


def test_a_knob_of_a_keyboard_moves_at_once() -> None:
    stage = Performing()
    stage.do(("/note", 60, 100))
    stage.do(("/z/1", 1.0), due_ns=FrameMoment(LATER, 1000))
    assert stage.pool.moves == [(1.0, 0.0)]
    assert stage.timeline.deferred == 0


def test_what_is_yet_to_come_is_heard_beside_a_knob_of_a_keyboard_and_not_before() -> None:
    stage = Performing()
    stage.do(("/note", 60, 100))
    stage.do(("/z/1", 1.0), due_ns=LATER + MOMENT)
    stage.do(("/z/2", 2.0), ("/note", 64, 100), due_ns=FrameMoment(LATER, 1000))
    assert [voice.z for voice in stage.pool.started] == [(0.0, 2.0)] * 2
    stage.timeline.come(LATER + MOMENT)
    assert [voice.z for voice in stage.pool.started] == [(1.0, 2.0)] * 2


def test_several_moves_of_one_moment_are_followed_once() -> None:
    stage = Performing()
    stage.do(("/note", 60, 100))
    stage.do(("/z/1", 1.0), ("/z/2", 2.0), due_ns=LATER)
    stage.timeline.come(LATER)
    assert stage.pool.moves == [(1.0, 2.0)]


def test_a_panic_forgets_the_moves_that_come_after_it_and_no_others() -> None:
    stage = Performing()
    stage.do(("/z/1", 1.0), due_ns=LATER + MOMENT)
    stage.do(("/panic",))
    assert stage.performer.cursor == (0.0, 0.0)
    assert stage.told[-1] == ("/z", (0.0, 0.0), None), "/z/1 had been told"
    stage.do(("/glide", 4.0, 2.0, 2.0))
    stage.do(("/z/1", 1.0), due_ns=LATER + MOMENT)
    stage.do(("/panic",), ("/z/2", 2.0), due_ns=LATER)
    stage.timeline.now_s = 1.0
    assert stage.performer.tick(), "the glide goes on until the panic"
    stage.timeline.come(LATER)
    assert stage.performer.cursor == (0.5, 2.0)
    stage.timeline.come(LATER + MOMENT)
    assert stage.performer.cursor == (0.5, 2.0)
    assert not stage.performer.tick()


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_a_new_model_forgets_the_moves_that_were_meant_for_the_old_one(dims: int) -> None:
    stage = Performing()
    stage.do(("/note", 60, 100))
    stage.do(("/z/2", 1.0), ("/glide", 1.0, 2.0, 2.0), due_ns=LATER)
    mean = (0.25,) * dims
    new: Any = SimpleNamespace(
        revived=dims != 2,
        info=SimpleNamespace(dims=dims),
        document=SimpleNamespace(latent=SimpleNamespace(mean=mean)),
    )
    stage.performer.adopt(new)
    stage.timeline.come(LATER)
    assert not stage.performer.tick()
    assert stage.performer.cursor == mean
    assert stage.pool.moves == []


def test_voices_of_a_model_with_other_dimensions_stay_where_they_are() -> None:
    stage = Performing()
    stage.do(("/note", 60, 100))
    (voice,) = stage.pool.started
    new: Any = SimpleNamespace(revived=False, document=SimpleNamespace(latent=SimpleNamespace(mean=(1.0, 1.0, 1.0))))
    stage.performer.adopt(new)
    stage.do(("/z/1", 2.0))
    stage.do(("/z/1", 3.0), due_ns=LATER)
    stage.timeline.come(LATER)
    assert stage.performer.cursor == (3.0, 1.0, 1.0)
    assert voice.z == (0.0, 0.0)


def test_a_decoder_that_is_started_again_changes_no_cursor() -> None:
    stage = Performing()
    stage.do(("/z", 1.0, 1.0), due_ns=LATER)
    again: Any = SimpleNamespace(revived=True, info=SimpleNamespace(dims=2))
    stage.performer.adopt(again)
    assert stage.performer.cursor == (1.0, 1.0)


def test_a_glide_that_is_yet_to_begin_moves_nothing() -> None:
    stage = Performing()
    stage.do(("/note", 60, 100))
    stage.timeline.now_s = 10.0
    stage.do(("/z", 1.0, 1.0), ("/glide", 2.0, 2.0, 2.0), due_ns=LATER)  # at 10 s
    stage.timeline.now_s = 9.9
    assert not stage.performer.tick()
    assert stage.pool.moves == []
    stage.timeline.come(LATER)
    assert stage.pool.moves == [(1.0, 1.0)]
    stage.timeline.now_s = 11.0
    assert stage.performer.tick()
    assert stage.pool.moves[-1] == (1.5, 1.5)


# -- what subscribers are told -----------------------------------------------------------------------------------------


def test_a_dimension_that_is_moved_by_hand_leaves_a_glide_and_the_others_travel_on() -> None:
    stage = Performing()
    stage.do(("/note", 60, 100), ("/glide", 4.0, 2.0, 2.0))
    stage.timeline.now_s = 1.0
    assert stage.performer.tick()
    assert stage.performer.cursor == (0.5, 0.5)
    stage.do(("/z/1", -1.0))
    assert stage.performer.cursor == (-1.0, 0.5), "the other one neither jumps nor stops"
    stage.timeline.now_s = 2.0
    stage.performer.tick()
    assert stage.told[-1] == ("/z", (-1.0, 1.0), None)
    stage.timeline.now_s = 5.0
    assert not stage.performer.tick()
    assert stage.performer.cursor == stage.pool.moves[-1] == (-1.0, 2.0)
    assert stage.told[-1] == ("/z", (-1.0, 2.0), None), "all know where it has arrived"


def test_a_panic_lifts_the_pedal_on_every_surface() -> None:
    stage = Performing()
    stage.do(("/panic",))
    assert stage.told == []
    stage.do(("/sustain", 1), ("/panic",))
    assert stage.told == [("/sustain", (True,), stage.client), ("/sustain", (False,), None)]


def test_it_says_where_everything_stands() -> None:
    stage = Performing({"a": {"/bend": (0.0, -12.0), "/unit/2": (0.5, 1.0)}, "b": {"/pan": (0.0, 1.0)}})
    start = {"/gain": (0.0,), "/pan": (0.0,), "/bend": (0.0,), "/release": (0.15,), "/attack": (0.0,)}
    start |= {
        "/detail": (1.0,),
        "/stretch": (1.0,),
        "/freeze": (False,),
        "/mode": ("poly",),
        "/portamento": (0.0,),
        "/sustain": (False,),
        "/out": (1,),
        "/macro/1": (0.0,),
        "/macro/2": (0.0,),
    }
    assert dict(stage.performer.state()) == {"/z": (0.0, 0.0), **start}
    stage.do(("/macro", 1, 0.5), ("/gain", -99.0), ("/pad/1", 0.75, 0.5), ("/sustain", 1))
    assert dict(stage.performer.state()) == {
        **start,
        "/z": (1.0, 0.0),
        "/macro/1": (0.5,),
        "/bend": (-6.0,),
        "/gain": (-60.0,),
        "/sustain": (True,),
    }


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        (("/play", 60, 0.0, 0.0), at.HOLD_PASS),
        (("/play", 60, 0.0, 0.0, 0.8, 2.0), at.HOLD_WALK),
        (("/interp", 60, 0.0, 0.0, 0.0, 1.0, 1.0), at.HOLD_PASS),
        (("/interp", 60, 2.0, 0.0, 0.0, 1.0, 1.0), at.HOLD_WALK),
        (("/voice/new", 1, 60, 0.0, 0.0), at.HOLD_WALK),
        (("/note", 60, 100), at.HOLD_WALK),
        (("/note/3", 60, 100), at.HOLD_WALK),
    ],
)
def test_what_holds_a_note_of_a_model_that_sustains(asked: tuple[Any, ...], held: int) -> None:
    for region, wanted in (((10, 20), held), (None, at.HOLD_NONE)):
        stage = Performing(region=region)
        stage.pool.find = lambda owner, id_: None  # type: ignore[attr-defined]
        stage.performer.models.current.seconds = 1.0  # type: ignore[union-attr,misc]
        stage.do(asked)
        assert [voice.asked.hold for voice in stage.pool.started] == [wanted]


# -- macros ------------------------------------------------------------------------------------------------------------


def test_a_macro_moves_several_parameters_and_all_is_told() -> None:
    stage = Performing({"a": {"/bend": (0.0, -12.0), "/unit/2": (0.5, 1.0), "/stretch": (1.0, 2.0)}})
    stage.do(("/macro/1", 0.5))
    assert stage.pool.engine.of_part(0, at.P_BEND) == pytest.approx(2**-0.5)
    assert stage.performer.cursor == pytest.approx((0.0, 1.0))
    assert stage.told == [
        ("/bend", (-6.0,), None),
        ("/unit/2", (0.75,), None),
        ("/stretch", (1.5,), None),
        ("/macro/1", (0.5,), stage.client),
    ]
    stage.do(("/note", 60, 100))
    (voice,) = stage.pool.started
    assert (voice.asked.stretch, voice.z) == (1.5, pytest.approx((0.0, 1.0)))
    stage.told.clear()
    stage.do(("/macro", 1, 9.0))
    assert stage.told == [
        ("/bend", (-12.0,), None),
        ("/unit/2", (1.0,), None),
        ("/stretch", (2.0,), None),
        ("/macro/1", (1.0,), stage.client),
    ], "in both words it is told at one address, at which its last value cannot be another macro's"
    assert voice.z == pytest.approx((0.0, 2.0)), "a key that is down follows"
    stage.told.clear()
    stage.do(("/bend", 1.0))
    assert stage.told == [("/bend", (1.0,), stage.client)], "a parameter that is moved alone moves no macro"


def test_voices_follow_a_macro_once() -> None:
    stage = Performing(
        {"a": {"/unit/1": (0.0, 1.0), "/z/2": (0.0, -1.0), "/pan": (0.0, 1.0)}, "b": {"/pan": (0.0, 1.0)}}
    )
    stage.do(("/note", 60, 100), ("/note", 64, 100))
    stage.do(("/macro/1", 0.25))
    assert stage.pool.moves == [(-1.0, -0.25)] * 2, "not by way of a point where only one dimension has moved"
    stage.pool.moves.clear()
    stage.do(("/macro/2", 0.5))
    assert stage.pool.moves == []
    stage.do(("/macro/1", 0.5), ("/z/1", 0.5))
    assert stage.pool.moves == [(0.0, -0.5)] * 2 + [(0.5, -0.5)] * 2


def test_a_macro_of_a_bundle_moves_at_its_time() -> None:
    stage = Performing({"a": {"/pan": (0.0, 1.0), "/gain": (0.0, -6.0)}})
    stage.do(("/macro/1", 1.0), due_ns=10**18)
    assert stage.timeline.deferred == 2
    assert stage.pool.engine.of_part(0, at.P_PAN) == 0.0


def test_voices_follow_a_macro_of_a_bundle_once_and_at_its_time() -> None:
    stage = Performing({"a": {"/unit/1": (0.5, 1.0), "/z/2": (0.0, -1.0)}})
    stage.do(("/note", 60, 100))
    stage.do(("/note", 64, 100), ("/macro/1", 1.0), due_ns=LATER)
    assert [voice.z for voice in stage.pool.started] == [(0.0, 0.0), (2.0, -1.0)]
    stage.timeline.come(LATER)
    assert stage.pool.moves == [(2.0, -1.0)] * 2


def test_a_macro_moves_what_the_model_has_and_tells_what_it_has_not() -> None:
    stage = Performing({"a": {"/unit/9": (0.0, 1.0), "/pan": (0.0, 1.0)}})
    stage.do(("/macro/1", 0.5))
    assert stage.pool.engine.of_part(0, at.P_PAN) == 0.5
    assert [path for path, _, _ in stage.told] == ["/pan", "/macro/1"]
    assert stage.answers == [("/fail", ("/macro/1", "no dimension 9: the model has 2 dimensions, /unit/1 to /unit/2"))]


@pytest.mark.parametrize("message", [("/macro/2", 0.5), ("/macro", 2, 0.5), ("/macro", 0, 0.5)])
def test_a_macro_that_is_not_there_moves_nothing(message: tuple[Any, ...]) -> None:
    stage = Performing({"a": {"/pan": (0.0, 1.0)}})
    stage.do(message, ("/pan", 0.25))
    assert stage.told == [("/pan", (0.25,), stage.client)]
    ((address, (path, why)),) = stage.answers
    assert (address, path) == ("/fail", message[0])
    assert why.startswith("no macro ") and why.endswith(": only /macro/1")


# -- where things stand ------------------------------------------------------------------------------------------------


def test_whatever_is_told_can_be_asked_for() -> None:
    stage = Performing({"one": {"/pan": (0.0, 1.0)}})
    stage.do(("/gain", -3.0), ("/macro/1", 0.5), ("/z", 1.0, -2.0), ("/sustain", 1))
    asked = ("/gain", "/pan", "/macro/1", "/sustain", "/z", "/z/2", "/unit/1", "/unit/2", "/pad/1")
    assert [tuple(stage.performer.standing(path)) for path in asked] == [
        (-3.0,),
        (0.5,),
        (0.5,),
        (True,),
        (1.0, -2.0),
        (-2.0,),
        (0.75,),
        (0.0,),
        (0.75, 0.0),
    ]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/play", "/play stands nowhere: /z, /gain"),
        ("/glide", "/glide stands nowhere"),
        ("/preset/recall", "stands nowhere"),
        ("/z/3", "no dimension 3"),
        ("/nix", "unknown address"),
    ],
)
def test_what_stands_nowhere_is_said(path: str, why: str) -> None:
    with pytest.raises(CommandError, match=re.escape(why)):
        Performing().performer.standing(path)


# -- points by name ----------------------------------------------------------------------------------------------------

MINE = Detail(60, np.ones((2, 4), np.float32))
HANDLE = Handle((1.5, -1.5), ((MINE, 1.0),))
THERE = (HANDLE.z, HANDLE.detail)


def named() -> Performing:
    stage = Performing()
    stage.handles.keep("mine", HANDLE)
    stage.presets["kept"] = Preset((0.25, 0.5), detail=((MINE, 0.5),))
    return stage


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (("/play", 60, "mine"), THERE),
        (("/play", 60, "mine", 0.5, 1.0), THERE),
        (("/voice/new", 3, 60, "mine"), THERE),
        (("/voice/new", 3, 60, "kept", 0.5), ((0.25, 0.5), ((MINE, 0.5),))),
        (("/play", 60, "near"), ((0.5, 0.5), ())),
        (("/interp", 60, 2.0, "mine", "near"), THERE),
        (("/interp", 60, 2.0, 0.0, 1.0, "mine"), ((0.0, 1.0), ())),
    ],
)
def test_a_note_begins_where_a_name_says(message: tuple[Any, ...], place: tuple[Any, Any]) -> None:
    stage = named()
    stage.do(message)
    assert not stage.answers
    (voice,) = stage.pool.started
    assert (voice.z, voice.detail) == place


def test_an_interpolation_takes_its_detail_along() -> None:
    stage = named()
    stage.do(("/interp", 60, 2.0, "mine", 0.5, 0.5))
    (voice,) = stage.pool.started
    stage.timeline.now_s = 0.5
    stage.performer.tick()
    assert (voice.z, voice.detail) == ((1.25, -1.0), ((MINE, 0.75),))
    stage.timeline.now_s = 2.0
    stage.performer.tick()
    assert (voice.z, voice.detail) == ((0.5, 0.5), ())


def test_the_cursor_goes_to_a_name_and_is_told_in_numbers() -> None:
    stage = named()
    stage.do(("/note", 60, 100))
    stage.do(("/z", "mine"))
    (voice,) = stage.pool.started
    assert (voice.z, voice.detail) == THERE
    assert stage.told[-1] == ("/z", (1.5, -1.5), stage.client)
    stage.do(("/z/1", 0.0))
    assert (voice.z, voice.detail) == ((0.0, -1.5), HANDLE.detail), "one dimension moves, what is heard of it stays"
    stage.do(("/glide", 2.0, "near"))
    assert stage.told[-1] == ("/glide", (2.0, 0.5, 0.5), stage.client)
    stage.timeline.now_s = 1.0
    stage.performer.tick()
    assert (voice.z, voice.detail) == ((0.25, -0.5), ((MINE, 0.5),))
    stage.do(("/z", 0.0, 0.0))
    assert (voice.z, voice.detail) == ((0.0, 0.0), ())
    stage.do(("/preset/recall", "kept"))
    assert (voice.z, voice.detail) == ((0.25, 0.5), ((MINE, 0.5),))
    assert stage.performer.moves.snapshot(everything=False) == Preset((0.25, 0.5), detail=((MINE, 0.5),))
    stage.do(("/preset/morph", "near", "kept", 0.5))
    assert (voice.z, voice.detail) == ((0.375, 0.5), ((MINE, 0.25),))
    stage.do(("/note", 62, 100))
    assert stage.pool.started[1].detail == ((MINE, 0.25),)


def test_a_voice_is_set_to_a_name_and_its_detail_is_faded() -> None:
    stage = named()
    stage.do(("/play", 60, 0.0, 0.0))
    (voice,) = stage.pool.started
    stage.do(("/voice/set", -1, "z", "mine"), ("/voice/set", -1, "detail", 0.25), due_ns=LATER)
    assert (voice.z, voice.detail_share) == ((0.0, 0.0), 1.0)
    stage.timeline.come(LATER)
    assert ((voice.z, voice.detail), voice.detail_share) == (THERE, 0.25)
    assert not stage.answers


def test_what_begins_with_a_change_of_detail_has_it_and_what_sounds_follows_at_the_moment() -> None:
    stage = named()
    stage.do(("/detail", -1.0), ("/play", 60, "mine"), due_ns=LATER)
    assert stage.pool.started[0].all_detail_share == 0.0 and stage.performer.standing("/detail") == (0.0,)
    assert stage.pool.faded == []
    stage.timeline.come(LATER)
    stage.do(("/detail", 0.5))
    assert stage.pool.faded == [(0.0, LATER // MOMENT), (0.5, math.inf)]


def test_a_name_that_nothing_has_is_told() -> None:
    stage = named()
    for message in (("/play", 60, "other"), ("/z", "other"), ("/interp", 60, 1.0, "mine", "other")):
        stage.do(message)
    assert [answer[1][1] for answer in stage.answers] == ["no sound was encoded as 'other', and no preset 'other'"] * 3
    assert not stage.pool.started and not stage.told


def test_a_handle_goes_before_a_preset_of_its_name() -> None:
    stage = named()
    stage.handles.keep("near", HANDLE)
    stage.do(("/z", "near"))
    assert stage.performer.cursor == HANDLE.z
    stage.do(("/preset/recall", "near"))
    assert stage.performer.cursor == (0.5, 0.5)
