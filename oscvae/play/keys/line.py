"""The line of a part that plays one note at a time: which keys are down, and which of them sounds.

The newest key has the note. When it is let go, the newest of those that are still down has it again. A key that a pedal
holds counts as down until the pedal is up. `mono`: each note begins anew, and ends the one before with a short fade.
`legato`: while a key is down, the note that sounds moves to the pitch of the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from oscvae.errors import OscvaeError
from oscvae.osc.client import Client
from oscvae.osc.parse import Command
from oscvae.play.voice.voice import Voice

POLY, MONO, LEGATO = "poly", "mono", "legato"


@dataclass(slots=True, eq=False)
class Key:
    """A key that is down, or that a pedal holds. channel: 1 to 16, 0 = none. velocity: 0 to 1. command: that struck
    it."""

    channel: int
    note: float
    velocity: float
    command: Command
    client: Client
    pedalled: bool = False


class Strike(Protocol):
    """Begins the note of a key. takes: the voice that ends there. moved: it goes on in the note of that one. again: the
    key was down already, so that the note is none of those that the commands of the moment begin."""

    def __call__(self, key: Key, due_ns: int | None, *, takes: Voice | None, moved: bool, again: bool) -> Voice: ...


class Line:
    """let_go: releases a voice at a moment. is_pedalled: whether a pedal holds the keys of a channel."""

    def __init__(
        self,
        strike: Strike,
        let_go: Callable[[Voice, int | None], None],
        is_pedalled: Callable[[int], bool],
    ) -> None:
        self.mode = POLY
        self.voice: Voice | None = None  # of the newest key; once it is let go, until the next
        self._strike = strike
        self._let_go = let_go
        self._is_pedalled = is_pedalled
        self._keys: list[Key] = []  # the newest last

    @property
    def plays(self) -> bool:
        """Whether keys are its own."""
        return self.mode != POLY

    @property
    def _sounds(self) -> bool:
        """Whether there is a note that can be moved: neither over nor let go."""
        return self.voice is not None and not self.voice.stolen and not self.voice.releasing

    def down(self, key: Key, due_ns: int | None) -> None:
        """A key is struck. Raises OscvaeError where its note cannot begin: then all stays as it was."""
        self._sound(key, due_ns, moved=self.mode == LEGATO and bool(self._keys) and self._sounds)
        self._keys = [old for old in self._keys if (old.channel, old.note) != (key.channel, key.note)]
        self._keys.append(key)

    def _sound(self, key: Key, due_ns: int | None, *, moved: bool, again: bool = False) -> None:
        taken = self.voice
        self.voice = self._strike(key, due_ns, takes=taken, moved=moved, again=again)
        if taken is not None:
            taken.held = taken.pedalled = False  # no key and no pedal is about it any more
        self._follow(key)

    def _follow(self, key: Key) -> None:
        if self.voice is not None and not self.voice.releasing:
            self.voice.held, self.voice.pedalled = not key.pedalled, key.pedalled

    # -- keys that come up ---------------------------------------------------------------------------------------------

    def up(self, channels: Collection[int] | None, note: float, due_ns: int | None) -> None:
        """The oldest key of that note on one of the channels (None: any) comes up, if one is down."""
        key = next(
            (
                key
                for key in self._keys
                if key.note == note and not key.pedalled and (channels is None or key.channel in channels)
            ),
            None,
        )
        if key is not None:
            self._lift([key], due_ns)

    def off(self, channels: Collection[int], due_ns: int | None) -> None:
        """All keys of the channels come up."""
        self._lift([key for key in self._keys if key.channel in channels], due_ns)

    def closed(self, client: Client) -> None:
        """All keys that this client has struck come up."""
        self._lift([key for key in self._keys if key.client == client], None)

    def pedal_up(self, due_ns: int | None) -> None:
        """A pedal is up: what no other one holds comes up."""
        self._lift([key for key in self._keys if key.pedalled], due_ns)

    def _lift(self, keys: Collection[Key], due_ns: int | None) -> None:
        newest = self._keys[-1] if self._keys else None
        for key in keys:
            if self._is_pedalled(key.channel):
                key.pedalled = True
            else:
                self._keys.remove(key)
        if newest is None:
            return
        if self._keys and self._keys[-1] is newest:
            self._follow(newest)
        else:
            self._go_back(due_ns)

    def _go_back(self, due_ns: int | None) -> None:
        """The key that had the note is up: the newest that is down has it, or else it ends."""
        is_moved = self.mode == LEGATO
        if self._keys and (self._sounds or not is_moved):
            try:
                self._sound(self._keys[-1], due_ns, moved=is_moved, again=True)
            except OscvaeError:
                self._end(due_ns)
                raise
        else:
            self._end(due_ns)

    def _end(self, due_ns: int | None) -> None:
        if self.voice is not None:
            self._let_go(self.voice, due_ns)

    # -- what ends notes besides ---------------------------------------------------------------------------------------

    def forget(self, channels: Collection[int] | None = None, note: float | None = None) -> None:
        """Take the keys of the channels, or of that note, for up (None: all), without another note."""
        self._keys = [
            key
            for key in self._keys
            if (channels is not None and key.channel not in channels) or (note is not None and key.note != note)
        ]

    def stopped(self, voice: Voice) -> None:
        """A voice was let go, whatever key is down: if it is the line's, no key is down any more."""
        if voice is self.voice:
            self.forget()
