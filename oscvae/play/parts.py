"""The parts of an instrument, and which of them obeys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from oscvae.osc.client import Client
from oscvae.osc.parse import Command, ModelInfo
from oscvae.osc.parts import FIRST
from oscvae.play.part import Part
from oscvae.play.together import Together


class Parts:
    """All parts, the first first; `together`: the moment that they obey."""

    def __init__(self, parts: Sequence[Part], together: Together) -> None:
        self._parts = tuple(parts)
        self.together = together

    def __iter__(self) -> Iterator[Part]:
        return iter(self._parts)

    def __getitem__(self, number: int) -> Part:
        """number: 1 to 8."""
        return self._parts[number - FIRST]

    def model(self, number: int) -> ModelInfo:
        """What the vocabulary needs of the model of a part."""
        return self[number].models.info()

    @property
    def in_use(self) -> Iterable[Part]:
        """The first, and those that play a model."""
        return (part for part in self if part.number == FIRST or part.models.current is not None)

    def obey(self, command: Command, client: Client, due_ns: int | None) -> None:
        """One command of the moment that has begun; why it cannot be obeyed is answered."""
        self._of(command, client).performer.obey(command, client, due_ns)
        if command.is_for_all:
            for part in self._parts[FIRST:]:
                part.performer.hush(due_ns)

    def _of(self, command: Command, client: Client) -> Part:
        """Who obeys a command: of a voice that is named, the part that plays it, whose keys may have begun it."""
        if command.row.path == "/voice/stop":
            voice = self[FIRST].performer.pool.find(client.key, command.values["id"])
            if voice is not None:
                return self[voice.asked.part]
        return self[command.part]

    def execute(self, commands: Sequence[Command], client: Client, due_ns: int | None) -> None:
        """Obey commands of one moment, in order; their notes start together."""
        with self.together.moment(commands):
            for command in commands:
                self.obey(command, client, due_ns)

    def tick(self) -> bool:
        """Move on what travels by itself in any part; False when nothing does any more."""
        moving = [part.performer.tick() for part in self]  # each of them
        return any(moving)
