"""The cursor: the latent point at which keys begin, and which they follow while they are down.

A change that has a moment is handed over a little before it, because the notes of that moment begin with it and have to
be decoded; what sounds by then follows at the moment and not before, whatever else moves the cursor meanwhile. So there
are two states: what is heard now, and what that will be after all that was handed over.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

from oscvae.model.detail import Mix
from oscvae.play.frames import FrameMoment
from oscvae.play.journey import Glide, Point, State
from oscvae.play.timeline import Timeline

Operation = Callable[[State], State]


class _Change(NamedTuple):
    """An operation that waits for its moment."""

    due_ns: int
    frame: int
    operation: Operation


_due_ns = attrgetter("due_ns")
_frame = attrgetter("frame")


class Cursor:
    """One for all keys. Changes are made at `due_ns` (Unix ns; None = now), in the order of their moments.

    follow(first, end): has to bring the voices that begin at a frame from `first` to before `end` to `at_frame` of that
    frame. tell: subscribers have to hear of `point`, because changes overtook each other or were forgotten.
    """

    def __init__(self, timeline: Timeline, follow: Callable[[float, float], None], tell: Callable[[], None]) -> None:
        self._timeline = timeline
        self._follow = follow
        self._tell = tell
        self._pending: list[_Change] = []  # in the order of their moments; of one moment, of their hand-over
        self._is_gathering = False
        self._has_gathered = False
        self.reset(())

    def reset(self, point: Point) -> None:
        """Put it there, and forget what is pending."""
        self._pending.clear()
        self._heard = State(point)
        self._ahead: State | None = None  # after all that is pending; None until somebody asks
        self._told = self._heard  # what subscribers take it for: changes in the order of their hand-over

    # -- where it is ---------------------------------------------------------------------------------------------------

    @property
    def point(self) -> Point:
        """Where it will be after all that was handed over."""
        return self._after(len(self._pending)).point

    @property
    def detail(self) -> Mix:
        """The fine detail that it will have after all that was handed over."""
        return self._after(len(self._pending)).detail

    def at(self, due_ns: int | None) -> State:
        """Where it is at that moment."""
        return self._after(0 if due_ns is None else bisect_right(self._pending, due_ns, key=_due_ns))

    def at_frame(self, frame: int) -> State:
        """Where it is at that frame; at one that has passed, where it is now."""
        return self._after(bisect_right(self._pending, frame, key=_frame))

    def _after(self, count: int) -> State:
        """What is heard when the first `count` of the pending changes have been made."""
        is_end = count == len(self._pending)
        if is_end and self._ahead is not None:
            return self._ahead
        state = self._heard
        for change in islice(self._pending, count):
            state = change.operation(state)
        if is_end:
            self._ahead = state
        return state

    # -- moving it -----------------------------------------------------------------------------------------------------

    def place(self, z: Point, due_ns: int | None, detail: Mix = ()) -> None:
        """Put it there, which ends a glide."""
        self._change(lambda state: State(z, None, detail), due_ns)

    def replace(self, index: int, values: Point, due_ns: int | None) -> None:
        """Move the dimensions from `index` on. They leave a glide; the others travel on, and the detail stays."""
        end = index + len(values)

        def replaced(point: Point) -> Point:
            return point[:index] + values + point[end:]

        def operation(state: State) -> State:
            glide = state.glide
            if glide is not None:
                glide = glide._replace(start=replaced(glide.start), end=replaced(glide.end))
            return State(replaced(state.point), glide, state.detail)

        self._change(operation, due_ns)

    def travel(self, seconds: float, z: Point, due_ns: int | None, detail: Mix = ()) -> None:
        """Glide there from where it is; the detail becomes that one on the way."""
        if seconds <= 0.0:
            self.place(z, due_ns, detail)
            return
        began_s = self._timeline.moment_s(due_ns)

        def operation(state: State) -> State:
            glide = Glide(began_s, seconds, state.point, z, state.detail, detail)
            return State(state.point, glide, state.detail)

        self._change(operation, due_ns)

    def halt(self, due_ns: int | None) -> None:
        """End a glide where it is."""
        self._change(lambda state: State(state.point, None, state.detail), due_ns)

    @contextmanager
    def one_move(self) -> Iterator[None]:
        """The voices follow all changes within by one move, and not dimension by dimension."""
        self._is_gathering, self._has_gathered = True, False
        try:
            yield
        finally:
            self._is_gathering = False
            if self._has_gathered:
                self._follow(-math.inf, math.inf)

    def forget(self, due_ns: int | None) -> None:
        """Let go of the pending changes that are due after that moment."""
        kept = 0 if due_ns is None else bisect_right(self._pending, due_ns, key=_due_ns)
        if kept < len(self._pending):
            del self._pending[kept:]
            self._ahead = None
            self._correct()

    def _change(self, operation: Operation, due_ns: int | None) -> None:
        if due_ns is None or isinstance(due_ns, FrameMoment):  # a knob of a keyboard is heard a buffer late anyway
            self._timeline.defer(None, lambda: self._make(operation))
            return
        change = _Change(due_ns, self._timeline.frame_at(due_ns), operation)
        self._told = operation(self._told)
        if self._pending and due_ns < self._pending[-1].due_ns:
            insort(self._pending, change, key=_due_ns)
            self._ahead = None
        else:
            self._pending.append(change)
            self._ahead = None if self._ahead is None else operation(self._ahead)
        self._moved(change.frame, math.inf)
        self._timeline.defer(due_ns, lambda: self._arrive(due_ns))

    def _make(self, operation: Operation) -> None:
        self._told = operation(self._told)
        self._ahead = None
        self._hear(operation(self._heard))
        self._moved(-math.inf, math.inf)

    def _arrive(self, due_ns: int) -> None:
        """The moment has come: of its changes, the first finds them all."""
        count = bisect_right(self._pending, due_ns, key=_due_ns)
        if not count:
            return
        heard, frame = self._after(count), self._pending[count - 1].frame
        del self._pending[:count]
        self._hear(heard)
        self._moved(-math.inf, frame)  # what begins later had it when it was handed over
        if not self._pending:
            self._correct()

    def _hear(self, state: State) -> None:
        self._heard = state
        if state.glide is not None:
            self._timeline.keep_ticking()

    def _moved(self, first: float, end: float) -> None:
        if self._is_gathering:
            self._has_gathered = True
        else:
            self._follow(first, end)

    def _correct(self) -> None:
        if self._told.point != self.point:
            self._told = self._after(len(self._pending))
            self._tell()

    # -- glides --------------------------------------------------------------------------------------------------------

    @property
    def travels(self) -> bool:
        """Whether it is on its way."""
        return self._heard.glide is not None

    def tick(self) -> None:
        """Move on, if it is on its way. Whoever calls tells subscribers of `point`."""
        self._ahead = None
        self._hear(self._heard.ticked(self._timeline.moment_s()))
        self._told = self._after(len(self._pending))
        self._moved(-math.inf, math.inf)
