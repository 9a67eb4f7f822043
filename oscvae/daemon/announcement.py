"""The announcer's process, as the daemon has it: begun in the background, told nothing, waited for by nobody."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from typing import cast

from oscvae.settings.sections import OscConfig

_NAME_MAX = 48  # bytes, of 63, so that there is room for a number
_LINE_MAX = 300  # characters of what it says
_SAID_MAX = 16384  # bytes; it says a line when addresses change

log = logging.getLogger(__name__)


class _Voice(asyncio.SubprocessProtocol):
    """What the process says, a line at a time, into the log."""

    def __init__(self) -> None:
        self.is_leaving = False
        self._said = {1: b"", 2: b""}
        self._count = 0

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        self._count += len(data)
        if self._count > _SAID_MAX:
            return
        *lines, self._said[fd] = (self._said[fd] + cast(bytes, data)).split(b"\n")
        for line in lines:
            if fd == 1:
                log.info("zeroconf: announced %s", _text(line))
            else:
                self._said[2] = line + b"\n"  # of a traceback the last line is the reason

    def process_exited(self) -> None:
        if not self.is_leaving:
            why = _text(self._said[2]) or "its process has ended"
            log.warning("zeroconf: nobody is told of this daemon any more: %s", why)


def is_wanted(osc: OscConfig, *, is_loopback: bool) -> bool:
    """Whether someone beyond this machine may send, and so is to be told. is_loopback: of the address it listens on."""
    return osc.zeroconf and bool(osc.allow) and not is_loopback


class Announcement:
    """Announces OSC at `osc_port`, and OSCQuery at `http_port` unless that is 0, to the networks of `host`."""

    def __init__(self, host: str, osc_port: int, http_port: int) -> None:
        name = f"oscvae on {socket.gethostname().partition('.')[0]}"[:_NAME_MAX]
        self._arguments = name, host, str(osc_port), str(http_port)
        self._voice = _Voice()
        self._transport: asyncio.SubprocessTransport | None = None

    async def start(self) -> None:
        """Begin; where there can be no process, a warning says so."""
        try:
            self._transport, _ = await asyncio.get_running_loop().subprocess_exec(
                lambda: self._voice,
                *(sys.executable, "-m", "oscvae.daemon.announcer", *self._arguments),
                start_new_session=True,  # Ctrl-C is for the daemon
            )
        except OSError as error:
            log.warning("zeroconf: nobody is told of this daemon: %s", error.strerror or error)

    def close(self) -> None:
        """Have it say goodbye, by itself: its input ends."""
        self._voice.is_leaving = True
        if self._transport is not None:
            with contextlib.suppress(AttributeError):
                cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0)).close()


def _text(line: bytes) -> str:
    return line.decode(errors="replace").strip()[:_LINE_MAX]
