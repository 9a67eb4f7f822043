"""Garbage in circles goes while notes sound, and one that takes long comes ever less often."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from oscvae.daemon.tidy import LONGEST_S, MIDDLE, OLD, SILENCE_S, YOUNG, Tidy

TURN = (MIDDLE + 1) * (OLD + 1)  # ticks
ALL = YOUNG * TURN  # objects after which every generation was collected


class Collector:
    """A collector whose collections take as long as they are said to, by a clock of its own."""

    def __init__(self, *took_s: float) -> None:
        self.now_s = 0.0
        self.collected: list[int] = []
        self._took_s = took_s
        self.tidy = Tidy(lambda: self.now_s, lambda: self.now_s, self._collect, lambda: YOUNG)

    def _collect(self, generation: int) -> int:
        self.collected.append(generation)
        self.now_s += self._took_s[generation]
        return 0

    def tick(self, count: int = 1, *, is_silent: bool = False) -> list[int]:
        """The generations that `count` ticks have collected."""
        self.collected = []
        for _ in range(count):
            self.tidy.tick(is_silent=is_silent)
            self.now_s += 0.02
        return self.collected


def test_each_generation_is_collected_less_often_than_the_one_before() -> None:
    young, middle, old = (Collector(0.0, 0.0, 0.0).tick(10 * TURN).count(generation) for generation in range(3))
    assert (young, middle, old) == (360, 80, 10)


def test_nothing_is_collected_while_little_has_come() -> None:
    tidy = Tidy(lambda: 0.0, lambda: 0.0, lambda generation: pytest.fail("it collected"), lambda: YOUNG - 1)
    for _ in range(100):
        tidy.tick(is_silent=False)


def test_what_takes_long_comes_half_as_often_each_time_until_there_is_silence() -> None:
    slow, quick = Collector(0.0, 0.0, 2 * LONGEST_S), Collector(0.0, 0.0, LONGEST_S / 2)
    assert (slow.tick(31 * TURN).count(2), quick.tick(31 * TURN).count(2)) == (6, 31)
    assert slow.tidy.longest_s == pytest.approx(2 * LONGEST_S)
    assert slow.tick(round(SILENCE_S / 0.02) + 9, is_silent=True).count(2) >= 1, "in silence all is collected"
    assert slow.tick(4 * TURN).count(2) >= 2, "and the count begins anew"
    freeing = Collector(0.0, 2 * LONGEST_S, 0.0)
    assert freeing.tick(10 * TURN).count(1) == 80, "what has to be freed is not less later"


class Circle:
    def __init__(self) -> None:
        self.own = self


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def test_circles_that_end_early_and_late_are_gone_while_notes_sound(no_collector: None) -> None:
    tidy = Tidy(lambda: 0.0, lambda: 0.0)  # however slow the machine is
    early, late = Circle(), Circle()
    ends = [weakref.ref(early), weakref.ref(late)]
    del early
    for count in range(2 * ALL // 100):
        Circle()
        kept = [Circle() for _ in range(99)]  # noqa: F841
        if count == 10 * YOUNG // 100:
            assert ends[0]() is None, "a young one goes with the young"
            del late
        tidy.tick(is_silent=False)
    assert ends[1]() is None, "one that has grown old goes with the old"
    assert gc.get_count()[0] < YOUNG + 1000
