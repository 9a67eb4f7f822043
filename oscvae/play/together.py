"""The commands of one moment: their notes begin together, whatever stands between them, whichever part plays them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from oscvae.osc.parse import Command
from oscvae.play.voice.pool import VoicePool


class Together:
    """The moment that is being obeyed; one for all parts of an instrument."""

    def __init__(self, pool: VoicePool) -> None:
        self._pool = pool
        self._group = 0
        self._size = 0
        self._begun = False

    @contextlib.contextmanager
    def moment(self, commands: Sequence[Command]) -> Iterator[None]:
        """Within, the notes of these commands are of one group."""
        notes = sum(command.starts_note for command in commands) if len(commands) > 1 else 0
        self._group, self._size = (self._pool.new_group(), notes) if notes else (0, 0)
        self._begun = False
        group = self._group
        self._pool.hold()
        try:
            yield
        finally:
            self._pool.begin_held()
            if group:
                self._pool.complete_group(group)

    def join(self) -> tuple[int, int, bool]:
        """The group of a note that begins now, 0 = alone; its size; and whether this note is its first."""
        return self._group, self._size, bool(self._group) and not self._begun

    def began(self) -> None:
        """A note of the group has begun."""
        self._begun = True

    def lacks(self) -> None:
        """A note of the group cannot begin."""
        if self._group:
            self._size -= 1
