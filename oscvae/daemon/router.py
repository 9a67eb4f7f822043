"""Which command is whose: what is heard goes to its part, the rest to the services."""

from __future__ import annotations

from collections.abc import Sequence

from oscvae.daemon.services import Services
from oscvae.osc.client import Client
from oscvae.osc.obeying import check_obeyed
from oscvae.osc.parse import Command
from oscvae.osc.parts import FIRST
from oscvae.play.parts import Parts


class Router:
    """The dispatcher's, the scheduler's and MIDI's executor. Raises ValueError for an address that nobody obeys."""

    def __init__(self, parts: Parts, services: Services) -> None:
        check_obeyed(parts[FIRST].performer.obeyed, services.obeyed)
        self._parts = parts
        self._services = services

    def execute(self, commands: Sequence[Command], client: Client, due_ns: int | None) -> None:
        """Obey the commands of one moment in order; their notes start together, whatever stands between them."""
        with self._parts.together.moment(commands):
            for command in commands:
                if command.row.by == "services":
                    self._services.obey(command, client)
                    continue
                self._services.moved()
                try:
                    self._parts.obey(command, client, due_ns)
                except Exception as error:  # one command's fault must not strand those behind it
                    self._services.fail(command, client, error)
