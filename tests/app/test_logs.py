"""A log line says when, how bad, on which clock and what; and a held terminal holds nobody."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import TextIO

import pytest

from oscvae.app import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged; afterwards logging is as it was."""
    root, ours = logging.getLogger(), logging.getLogger("oscvae")
    before = (list(root.handlers), root.level, ours.level)
    written = io.StringIO()
    yield written
    root.handlers[:], root.level, ours.level = before


def lines(stream: io.StringIO) -> list[str]:
    logs.flush()
    return stream.getvalue().splitlines()


@pytest.mark.parametrize(
    ("name", "clock"),
    [
        ("oscvae.osc.server", "event"),
        ("oscvae.app.serve", "event"),
        ("oscvae.decode.decoder", "decode"),
        ("oscvae.spectral.thread", "hop"),
        ("oscvae.audio.jack", "block"),
        ("asyncio", "event"),
    ],
)
def test_a_line_is_time_level_clock_message(stream: io.StringIO, name: str, clock: str) -> None:
    logs.set_up("info", stream)
    logging.getLogger(name).warning("%d underruns", 3)
    moment, level, said, message = lines(stream)[0].split(maxsplit=3)
    assert (level, said, message) == ("warning", clock, "3 underruns")
    time.strptime(moment.partition(".")[0], "%H:%M:%S")


@pytest.mark.parametrize("name", ["disk_0", "load_1", "asyncio_0"])
def test_what_waits_for_files_speaks_for_the_disk(stream: io.StringIO, name: str) -> None:
    logs.set_up("info", stream)
    log = logging.getLogger("oscvae.play.presets")
    worker = threading.Thread(target=log.info, args=("read",), name=name)
    worker.start()
    worker.join()
    assert lines(stream)[0].split()[2] == "disk"


def test_each_level_says_what_it_should(stream: io.StringIO) -> None:
    logs.set_up("warning", stream)
    logging.getLogger("oscvae.app.serve").info("ready")
    assert lines(stream) == []
    logs.set_up("debug", stream)
    logging.getLogger("oscvae.app.serve").debug("ready")
    logging.getLogger("numba.core").info("noise of others")
    assert [line.split()[-1] for line in lines(stream)] == ["ready"]


def test_tracebacks_are_shown_only_in_debug(stream: io.StringIO) -> None:
    def fail() -> None:
        try:
            raise ValueError("no such thing")
        except ValueError:
            logging.getLogger("oscvae.app.serve").exception("a command failed")

    logs.set_up("info", stream)
    fail()
    assert [line.partition("a command")[2] for line in lines(stream)] == [" failed: no such thing"]
    logs.set_up("debug", stream)
    fail()
    assert "Traceback" in "\n".join(lines(stream))


def test_a_reader_that_does_not_read_holds_nobody() -> None:
    read, write = os.pipe()
    full = os.fdopen(write, "w")
    handler = logs.BackgroundHandler(full)
    record = logging.LogRecord("oscvae.app.serve", logging.INFO, "", 0, "x" * 1000, None, None)
    for _ in range(2 * logs._QUEUE_LINES):  # more than pipe and queue can hold
        handler.emit(record)
    handler.flush()
    assert handler._dropped
    os.close(read)  # the writer wakes to a broken pipe, and lives
    handler.flush()
    with contextlib.suppress(BrokenPipeError):
        full.close()


def test_a_closed_stderr_is_no_fault(stream: TextIO) -> None:
    closed = io.StringIO()
    closed.close()
    logs.set_up("info", closed)
    logging.getLogger("oscvae.app.serve").info("to nobody")
    logs.flush()
    assert sys.stderr is not closed


def told(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    """What a terminal is written of a warning, in that environment."""
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    logs.set_up("info", terminal)
    logging.getLogger("oscvae.app.serve").warning("no sound will be heard")
    logs.flush()
    return terminal.getvalue()


def test_levels_are_coloured_on_a_terminal_unless_its_user_wants_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[33mwarning\x1b[0m" in told(monkeypatch, TERM="xterm")
    assert "\x1b" not in told(monkeypatch, NO_COLOR="1")
    assert "\x1b" not in told(monkeypatch, TERM="dumb")
