"""MPE zones: who is a member, who speaks for whom."""

from __future__ import annotations

import itertools

import pytest

from oscvae.errors import CommandError
from oscvae.play.keys.zones import CHANNELS, Zones, configured


def masters(zones: Zones) -> list[int]:
    """The master of each channel's zone, from channel 1 on."""
    return [zones.master(n) for n in CHANNELS]


def test_zones_grow_from_their_ends() -> None:
    assert masters(Zones()) == [0] * 16
    assert masters(Zones(lower=3)) == [1] * 4 + [0] * 12
    assert masters(Zones(upper=3)) == [0] * 12 + [16] * 4
    assert masters(Zones(lower=15)) == [1] * 16
    assert masters(configured("upper")) == [16] * 16
    assert masters(configured("auto")) == masters(configured("off")) == [0] * 16


def test_two_zones_never_share_a_channel_and_the_newer_has_what_it_asked_for() -> None:
    for first, second in itertools.product(range(16), repeat=2):
        zones = Zones(upper=first)
        zones.set(1, second)
        lower, upper = list(zones.members(1)), list(zones.members(16))
        assert lower == list(range(2, 2 + second))
        assert upper == list(range(16 - len(upper), 16))
        assert len(upper) == (first if not second else max(0, min(first, 14 - second)))
        assert not {1, *lower} & {16, *upper} or not (lower and upper)
        assert masters(zones).count(16) == (len(upper) + 1 if upper else 0)


def test_a_change_concerns_the_zone_and_what_the_other_lost() -> None:
    zones = Zones()
    assert zones.set(1, 3) == {1, 2, 3, 4}
    assert zones.set(1, 2) == {1, 2, 3, 4}, "what it gave up as well"
    assert zones.set(16, 12) == set(range(4, 17))
    assert zones.set(1, 3) == {1, 2, 3, 4}, "the last of which was the other's"
    assert zones.set(16, 0) == set(range(5, 17))
    assert zones.set(16, 0) == set()


def test_a_master_speaks_for_all_and_a_member_for_itself() -> None:
    zones = Zones(lower=2)
    assert [list(zones.spoken_for(n)) for n in (1, 2, 4)] == [[1, 2, 3], [2], [4]]
    assert [zones.is_member(n) for n in (1, 2, 3, 4, 16)] == [False, True, True, False, False]
    assert list(Zones().spoken_for(1)) == [1]


def test_zones_are_named() -> None:
    assert str(Zones(lower=7, upper=3)) == "lower zone, channels 2 to 8 and upper zone, channels 13 to 15"
    assert str(Zones()) == "no zone"
    with pytest.raises(CommandError, match=r"^master must be 1 \(lower zone\) or 16 \(upper zone\), got 3$"):
        Zones().set(3, 2)
