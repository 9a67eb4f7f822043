"""The cursor by itself: where it is at which moment, and who is brought there when."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import time
from collections.abc import Callable

import pytest

from oscvae.play.cursor import Cursor, Glide, State
from oscvae.play.frames import FrameClock, FrameMoment
from oscvae.play.journey import Point
from oscvae.play.timeline import LiveTimeline

START = (0.0, 0.0, 0.0)


class Timeline:
    """A clock that stands still but for `come`; its frames and moments are the same numbers."""

    def __init__(self) -> None:
        self.now = 0
        self.ticks = 0  # asked for
        self._changes: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def come(self, due_ns: int) -> None:
        while self._changes and self._changes[0][0] <= due_ns:
            self.now, _, change = heapq.heappop(self._changes)
            change()
        self.now = due_ns

    def moment_s(self, due_ns: int | None = None) -> float:
        return float(self.now if due_ns is None else due_ns)

    def frame_at(self, due_ns: int) -> int:
        return due_ns

    def defer(self, due_ns: int | None, change: Callable[[], None]) -> None:
        if due_ns is None or due_ns <= self.now:
            change()
        else:
            heapq.heappush(self._changes, (due_ns, next(self._order), change))

    def keep_ticking(self) -> None:
        self.ticks += 1


class Keys:
    """Voices that follow a cursor, by the frame at which they begin, and what subscribers are told."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.voices: list[tuple[int, list[Point]]] = []  # all the points of each
        self.followed = 0
        self.told: list[Point] = []
        self.cursor = Cursor(self.timeline, self._follow, lambda: self.told.append(self.cursor.point))
        self.cursor.reset(START)

    def press(self, due_ns: int | None = None) -> list[Point]:
        """The points of a new voice."""
        points = [self.cursor.at(due_ns).point]
        self.voices.append((-1 if due_ns is None else due_ns, points))
        return points

    def _follow(self, first: float, end: float) -> None:
        self.followed += 1
        for start, points in self.voices:
            if first <= start < end and points[-1] != self.cursor.at_frame(start).point:
                points.append(self.cursor.at_frame(start).point)


def at_once(changes: list[tuple[int, int, Point | None, float]], moment: int) -> Point:
    """Where all changes (moment, dimension, point or None, value) up to a moment lead, one after the other."""
    point = START
    for due, dimension, z, value in sorted(changes, key=lambda change: change[0]):
        if due <= moment:
            point = z or (*point[:dimension], value, *point[dimension + 1 :])
    return point


@pytest.mark.parametrize("seed", range(40))
def test_every_voice_is_where_the_changes_up_to_its_moment_lead(seed: int) -> None:
    """Whatever is handed over when, and in whatever order: what sounds is where it is now, what is yet to begin where
    it will be then."""
    dice = random.Random(seed)
    keys = Keys()
    changes: list[tuple[int, int, Point | None, float]] = []
    for step in range(120):
        now = keys.timeline.now
        due = None if dice.random() < 0.4 else now + dice.randrange(1, 8)
        kind = dice.random()
        if kind < 0.2:
            keys.press(due)
        elif kind < 0.35:
            keys.timeline.come(now + dice.randrange(1, 4))
        elif kind < 0.5:
            z = (float(step), float(-step), 0.5)
            changes.append((now if due is None else due, 0, z, 0.0))
            keys.cursor.place(z, due)
        else:
            dimension = dice.randrange(3)
            changes.append((now if due is None else due, dimension, None, float(step)))
            keys.cursor.replace(dimension, (float(step),), due)
        now = keys.timeline.now
        assert keys.cursor.at(None).point == at_once(changes, now)
        assert keys.cursor.point == at_once(changes, now + 100)
        for start, points in keys.voices:
            assert points[-1] == at_once(changes, max(start, now))
    keys.timeline.come(keys.timeline.now + 100)
    assert {points[-1] for _, points in keys.voices} == {keys.cursor.point}


def test_a_note_begins_where_the_cursor_is_at_its_moment() -> None:
    keys = Keys()
    for due_ns in (10, 20):
        keys.cursor.replace(1, (float(due_ns), 1.0), due_ns)
    starts = [keys.press(due_ns) for due_ns in (None, 9, 10, 19, FrameMoment(15, 15), 20, 30)]
    assert [points[0][1] for points in starts] == [0.0, 0.0, 10.0, 10.0, 10.0, 20.0, 20.0]


def test_a_voice_is_moved_once_for_each_moment() -> None:
    keys = Keys()
    sounding = keys.press()
    for due_ns in (10, 20):
        keys.cursor.replace(0, (float(due_ns),), due_ns)
        keys.cursor.replace(1, (1.0,), due_ns)
    begins = keys.press(10)
    keys.timeline.come(30)
    assert sounding == [START, (10.0, 1.0, 0.0), (20.0, 1.0, 0.0)]
    assert begins == [(10.0, 1.0, 0.0), (20.0, 1.0, 0.0)]


def test_one_move_is_followed_once_also_when_a_part_of_it_fails() -> None:
    keys = Keys()
    points = keys.press()
    with pytest.raises(ZeroDivisionError), keys.cursor.one_move():
        keys.cursor.replace(0, (1.0,), None)
        keys.cursor.replace(1, (1.0,), None)
        raise ZeroDivisionError
    assert points == [START, (1.0, 1.0, 0.0)]
    followed = keys.followed
    with keys.cursor.one_move():
        pass
    assert keys.followed == followed


# -- glides ------------------------------------------------------------------------------------------------------------


def test_a_glide_is_linear_and_ends_at_its_end() -> None:
    state = State((9.0,), Glide(10.0, 4.0, (0.0,), (2.0,)))
    assert state.ticked(10.0) is state
    assert state.ticked(11.0) == State((0.5,), state.glide)
    assert state.ticked(14.0) == state.ticked(99.0) == State((2.0,))


def test_a_glide_begins_where_the_cursor_is_at_its_moment() -> None:
    keys = Keys()
    points = keys.press()
    keys.cursor.travel(10.0, (10.0, 10.0, 10.0), 100)
    keys.cursor.place((2.0, 2.0, 2.0), None)
    keys.timeline.come(105)
    assert keys.cursor.travels
    keys.cursor.tick()
    assert points[-1] == (6.0, 6.0, 6.0)
    keys.timeline.come(110)
    keys.cursor.tick()
    assert points[-1] == (10.0, 10.0, 10.0)
    assert not keys.cursor.travels


def test_a_glide_of_a_few_ms_between_two_moves_travels() -> None:
    """Though by the time that it begins, what ends it has been handed over already."""
    keys = Keys()
    points = keys.press()
    keys.cursor.travel(20.0, (20.0, 0.0, 0.0), 100)
    keys.cursor.place((-1.0, 0.0, 0.0), 110)
    assert keys.timeline.ticks == 0
    keys.timeline.come(100)
    assert keys.timeline.ticks == 1
    keys.timeline.come(105)
    keys.cursor.tick()
    assert points[-1] == (5.0, 0.0, 0.0)
    assert keys.cursor.point == (-1.0, 0.0, 0.0)
    keys.timeline.come(110)
    assert points[-1] == (-1.0, 0.0, 0.0)
    assert not keys.cursor.travels


def test_no_time_to_travel_is_a_move() -> None:
    keys = Keys()
    keys.cursor.travel(0.0, (1.0, 1.0, 1.0), None)
    assert keys.cursor.at(None).point == (1.0, 1.0, 1.0)
    assert not keys.cursor.travels


def test_it_halts_at_its_moment_where_it_is() -> None:
    keys = Keys()
    keys.cursor.travel(10.0, (10.0, 10.0, 10.0), None)
    keys.cursor.halt(5)
    keys.timeline.come(4)
    keys.cursor.tick()
    assert keys.cursor.travels
    keys.timeline.come(5)
    assert not keys.cursor.travels
    assert keys.cursor.point == (4.0, 4.0, 4.0)


# -- what subscribers are told -----------------------------------------------------------------------------------------


def test_who_was_told_of_changes_in_another_order_is_told_where_they_led() -> None:
    keys = Keys()
    keys.cursor.replace(0, (1.0,), 10)
    keys.cursor.replace(1, (2.0,), None)
    keys.timeline.come(10)
    assert keys.told == [], "these two lead to the same point in either order"
    keys.cursor.replace(0, (3.0,), 20)
    keys.cursor.replace(0, (4.0,), None)
    keys.timeline.come(20)
    assert keys.told == [(3.0, 2.0, 0.0)]


def test_who_was_told_of_changes_that_are_forgotten_is_told_so() -> None:
    keys = Keys()
    for due_ns in (10, 20):
        keys.cursor.replace(0, (float(due_ns),), due_ns)
    keys.cursor.forget(20)
    assert keys.told == []
    keys.cursor.forget(10)
    assert keys.told == [(10.0, 0.0, 0.0)]
    keys.cursor.forget(None)
    assert keys.told[1:] == [START]
    keys.timeline.come(30)
    assert keys.cursor.at(None).point == START
    assert len(keys.told) == 2


def test_a_new_place_forgets_what_is_pending() -> None:
    keys = Keys()
    points = keys.press()
    keys.cursor.replace(2, (1.0,), 10)
    keys.cursor.travel(5.0, (1.0, 1.0, 1.0), None)
    keys.cursor.reset((7.0,))
    keys.timeline.come(20)
    assert not keys.cursor.travels
    assert keys.cursor.point == keys.cursor.at(None).point == (7.0,)
    assert points == [START]
    assert keys.told == []


# -- on the event loop -------------------------------------------------------------------------------------------------


def test_a_move_of_now_comes_after_what_was_due_before_it_however_late_the_timer_is() -> None:
    async def body() -> Point:
        timeline = LiveTimeline(FrameClock(lambda: None, 48_000))
        cursor = Cursor(timeline, lambda first, end: None, lambda: None)
        cursor.reset(START)
        cursor.replace(0, (1.0,), time.time_ns() + 1_000_000)
        time.sleep(0.005)  # and no turn of the loop in which the timer could call
        cursor.replace(0, (2.0,), None)
        await asyncio.sleep(0.01)
        return cursor.at(None).point

    assert asyncio.run(body()) == (2.0, 0.0, 0.0)
