"""MPE zones: which of the sixteen channels carry one finger each, and which master channel speaks for all of them.

The lower zone has master channel 1 and members from 2 up, the upper one master channel 16 and members from 15 down. A
zone that grows takes channels from the other.

Source: MIDI Polyphonic Expression, M1-100-UM v1.1 (RP-053).
"""

from __future__ import annotations

from collections.abc import Sequence

from oscvae.errors import CommandError

CHANNELS = range(1, 17)
LOWER, UPPER = 1, 16
"""The master channels."""
MEMBERS_MOST = 15


class Zones:
    """The zones of the sixteen channels. lower, upper: how many members each has; 0 = there is no such zone."""

    def __init__(self, lower: int = 0, upper: int = 0) -> None:
        self._members = {LOWER: 0, UPPER: 0}
        self._masters = [0] * CHANNELS.stop  # of each channel's zone, a master's own being itself; 0 = in no zone
        self.set(UPPER, upper)
        self.set(LOWER, lower)

    def set(self, master: int, members: int) -> set[int]:
        """Give the zone of `master` so many members, 0 to 15; 0 ends it. Returns the channels that are concerned: those
        of this zone, before and after, and those that the other zone lost.

        Raises CommandError for a channel that is no master.
        """
        if master not in self._members:
            raise CommandError(f"master must be {LOWER} (lower zone) or {UPPER} (upper zone), got {master}")
        before = list(self._masters)
        other = LOWER + UPPER - master
        self._members[master] = members
        if members:
            self._members[other] = max(0, min(self._members[other], MEMBERS_MOST - 1 - members))
        self._masters = [0] * CHANNELS.stop
        for zone, count in self._members.items():
            for channel in (zone, *self.members(zone)) if count else ():
                self._masters[channel] = zone
        return {n for n in CHANNELS if self._masters[n] != before[n] or self._masters[n] == master}

    def members(self, master: int) -> range:
        """The member channels of a zone."""
        count = self._members[master]
        return range(LOWER + 1, LOWER + 1 + count) if master == LOWER else range(UPPER - count, UPPER)

    def master(self, channel: int) -> int:
        """The master of the zone that `channel` is in, itself where it is one; 0 = in no zone."""
        return self._masters[channel]

    def is_member(self, channel: int) -> bool:
        """Whether it carries single fingers."""
        return self._masters[channel] not in (0, channel)

    def spoken_for(self, channel: int) -> Sequence[int]:
        """The channels that `channel` speaks for: a master for its whole zone, any other for itself."""
        return (channel, *self.members(channel)) if self._masters[channel] == channel != 0 else (channel,)

    def __str__(self) -> str:
        """For the log: `lower zone, channels 2 to 16`."""
        zones = (("lower", self.members(LOWER)), ("upper", self.members(UPPER)))
        named = [f"{name} zone, channels {members[0]} to {members[-1]}" for name, members in zones if members]
        return " and ".join(named) or "no zone"


def configured(mpe: str) -> Zones:
    """The zones that midi.mpe begins with: lower, upper, or none."""
    return Zones(MEMBERS_MOST if mpe == "lower" else 0, MEMBERS_MOST if mpe == "upper" else 0)
