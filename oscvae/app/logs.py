"""Log lines on stderr: `time level clock message`, the clock being the folder that speaks.

Lines are written by a thread of their own, because a terminal that is held (Ctrl-S, a full pipe) would otherwise hold
the event clock. Tracebacks appear with log.level debug only; otherwise an exception is the end of its line.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import time
from typing import TextIO

_CLOCKS = {"decode": "decode", "spectral": "hop", "audio": "block"}
_COLOURS = {logging.DEBUG: 2, logging.WARNING: 33, logging.ERROR: 31, logging.CRITICAL: 31}  # of ECMA-48
_WORKER_THREADS = ("disk_", "load_", "asyncio_")  # which block on files
_QUEUE_LINES = 4096
FLUSH_TIMEOUT_S = 0.2


def clock(record: logging.LogRecord) -> str:
    """The clock on which a line was said; what belongs to no folder, such as the daemon, is the event clock's."""
    folder = record.name.split(".")[1] if record.name.startswith("oscvae.") else ""
    found = _CLOCKS.get(folder, "event")
    if found == "event" and (record.threadName or "").startswith(_WORKER_THREADS):
        return "disk"
    return found


class Formatter(logging.Formatter):
    """`14:03:27.120 warning block  no sound will be heard`; tracebacks and colours where set."""

    def __init__(self, *, tracebacks: bool = False, colours: bool = False) -> None:
        super().__init__()
        self._tracebacks = tracebacks
        self._colours = _COLOURS if colours else {}

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%H:%M:%S", time.localtime(record.created))
        level = record.levelname.lower()
        message = record.getMessage()
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            message += f": {error or type(error).__name__}"
        shown = f"{level:7s}"
        if record.levelno in self._colours:
            shown = f"\x1b[{self._colours[record.levelno]}m{shown}\x1b[0m"
        line = f"{moment}.{int(record.msecs):03d} {shown} {clock(record):6s} {message}"
        if self._tracebacks and record.exc_info and error is not None:
            line += "\n" + self.formatException(record.exc_info)
        return line


class BackgroundHandler(logging.Handler):
    """Writes to `stream` from its own thread; when that cannot keep up, lines are dropped and counted."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._lines: queue.Queue[str | threading.Event] = queue.Queue(_QUEUE_LINES)
        self._dropped = 0
        threading.Thread(target=self._write, name="oscvae-log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self._dropped += 1
        except Exception:  # as every handler: a log line must not break what it tells of
            self.handleError(record)

    def flush(self) -> None:
        """Wait until what was said is written, at most FLUSH_TIMEOUT_S; `logging.shutdown` calls it too."""
        written = threading.Event()
        try:
            self._lines.put_nowait(written)
        except queue.Full:
            return
        written.wait(FLUSH_TIMEOUT_S)

    def _write(self) -> None:
        while True:
            item = self._lines.get()
            if isinstance(item, threading.Event):
                item.set()
                continue
            try:
                if self._dropped:
                    self._stream.write(f"({self._dropped} lines were dropped)\n")
                    self._dropped = 0
                self._stream.write(item + "\n")
                self._stream.flush()
            except (OSError, ValueError):  # stderr is closed: there is nobody left to tell
                continue


def set_up(level: str, stream: TextIO | None = None) -> None:
    """Send oscvae's lines of `level` (debug, info, warning, error) and above to `stream` (stderr).

    Other packages speak from warning on. May be called again, to change the level.
    """
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, BackgroundHandler):
            handler.flush()
            root.removeHandler(handler)
    stream = stream if stream is not None else sys.stderr
    handler = BackgroundHandler(stream)
    handler.setFormatter(Formatter(tracebacks=level == "debug", colours=_shows_colours(stream)))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("oscvae").setLevel(level.upper())


def _shows_colours(stream: TextIO) -> bool:
    """Whether a stream is a terminal whose user wants colours (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except ValueError:  # it is closed
        return False


def flush() -> None:
    """Wait a moment until what was said is written: before leaving without Python's own clean-up."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, BackgroundHandler):
            handler.flush()
