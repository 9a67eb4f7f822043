"""What commands ask for that takes time: tasks beside the event clock, each answered, whatever becomes of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from oscvae.errors import BusyError, OscvaeError
from oscvae.files import why
from oscvae.osc.client import Client
from oscvae.osc.parse import Command

MOST_TASKS = 64  # commands and questions that may be under way at once, whoever sent them

log = logging.getLogger(__name__)


class Errands:
    """folders: how those that errors name are called before strangers; what goes beyond this machine names no path."""

    def __init__(self, folders: Mapping[Path, str]) -> None:
        self._folders = sorted(((str(path), name) for path, name in folders.items()), key=lambda pair: -len(pair[0]))
        self._tasks: set[asyncio.Task[None]] = set()

    def fail(self, command: Command, client: Client, error: Exception) -> None:
        """Answer with why a command failed; a fault of the program's own is logged as well."""
        text = str(error)
        if not isinstance(error, OscvaeError):
            log.error("a command failed: %s", command.path, exc_info=error)
            text = f"internal error: {why(error) or type(error).__name__}, the log says more"
        if not client.is_loopback:
            for folder, name in self._folders:
                text = text.replace(f"{folder}/", "").replace(folder, name)
        client.fail(command.path, text)

    def under_way(self) -> list[asyncio.Task[None]]:
        """Those that /sync waits for."""
        return list(self._tasks)

    async def finish(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(
        self,
        command: Command,
        client: Client,
        work: Coroutine[Any, Any, tuple[Any, ...]],
        tasks: set[asyncio.Task[None]] | None = None,
        *,
        reply: str = "",
    ) -> None:
        """Run `work` beside the event clock and answer with what it returns, or /fail.

        tasks: those like it. reply: the address of the answer, instead of /done and the command. Raises BusyError when
        too many are under way.
        """
        tasks = self._tasks if tasks is None else tasks
        if len(tasks) >= MOST_TASKS:
            work.close()
            raise BusyError(f"busy: {MOST_TASKS} commands are under way already")

        async def run() -> None:
            try:
                result = await work
                if reply:
                    client.reply(reply, *result)
                else:
                    client.done(command.path, *result)
            except Exception as error:
                self.fail(command, client, error)

        task = asyncio.get_running_loop().create_task(run())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
