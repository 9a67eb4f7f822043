"""Pairs of controllers: when two of 7 bits are one of 14, and where that one stands."""

from __future__ import annotations

import itertools

import pytest

from oscvae.midi.fine import MOST, FinePairs, fine_share, share


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_both_scales_have_their_ends_and_their_middle() -> None:
    assert [share(value) for value in (0, 64, 127)] == [0.0, 0.5, 1.0]
    assert [fine_share(*halves) for halves in ((0, 0), (64, 0), (127, 127))] == [0.0, 0.5, 1.0]
    places = [fine_share(coarse, fine) for coarse, fine in itertools.product(range(128), range(128))]
    assert all(a < b for a, b in itertools.pairwise(places))
    assert max(abs(fine_share(value, 0) - share(value)) for value in range(128)) < 1 / 127


def test_a_sweep_in_14_bits_goes_forward_only(clock: Clock) -> None:
    """The coarse half comes first, and where the fine one will be is not known yet. At both ends it is taken for the
    end, lest a sender that leaves it out there never arrives."""
    for values in (range(128, 127 << 7, 37), range((127 << 7) - 1, 127, -37)):
        pairs = FinePairs(clock)
        places: list[float] = []
        for value in values:
            for place in (pairs.coarse(1, 7, value >> 7), pairs.fine(1, 7, value & 127)):
                if place is not None:
                    places.append(place)
        steps = [b - a for a, b in itertools.pairwise(places[2:])]  # the first two do not know that they are a pair
        assert all(step * (values[-1] - values[0]) >= 0 for step in steps)
        assert places[-1] == fine_share(values[-1] >> 7, values[-1] & 127)
        assert max(map(abs, steps)) < 1.5 / 127


def test_a_fine_half_that_does_not_come_behind_a_coarse_one_is_none(clock: Clock) -> None:
    pairs = FinePairs(clock)
    assert pairs.fine(1, 7, 5) is None
    pairs.coarse(1, 7, 64)
    clock.now_s = 1.0
    assert pairs.fine(1, 7, 5) is None
    assert not pairs.just_came(1, 7)
    pairs.coarse(1, 7, 64)
    assert pairs.just_came(1, 7) and not pairs.just_came(2, 7) and not pairs.just_came(1, 8)
    assert pairs.fine(2, 7, 5) is None, "another channel's"
    assert pairs.fine(1, 7, 5) == fine_share(64, 5)
    clock.now_s = 9.0
    assert pairs.fine(1, 7, 6) == fine_share(64, 6), "what turns slowly sends the fine half alone"


def test_a_coarse_half_that_stays_moves_nothing_until_the_fine_one_comes(clock: Clock) -> None:
    pairs = FinePairs(clock)
    pairs.coarse(1, 7, 64)
    pairs.fine(1, 7, 20)
    assert pairs.coarse(1, 7, 64) is None
    assert pairs.fine(1, 7, 21) == fine_share(64, 21)


def test_a_pair_that_lost_its_fine_half_reaches_its_ends(clock: Clock) -> None:
    pairs = FinePairs(clock)
    pairs.coarse(1, 7, 64)
    pairs.fine(1, 7, 20)
    assert pairs.coarse(1, 7, MOST) == 1.0
    assert [pairs.coarse(1, 7, value) for value in (60, 60, 0)] == [share(60), share(60), 0.0]
