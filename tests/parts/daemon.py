"""`oscvae serve` as a user starts it, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import weakref
from pathlib import Path
from typing import IO, Any, NamedTuple

import psutil

from oscvae.osc.vocabulary import REPLY_BY_PATH
from parts import ROOT, SOAK
from parts.client import OscClient, free_port
from parts.waiting import until
from parts.warm import Forked, warm

READY_TIMEOUT_S = 240.0  # a first start compiles
LEAVE_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 15.0
Z = (0.1, 0.2, -0.3, 0.4)  # a point of the shipped model

DEFAULTS: tuple[tuple[Any, ...], ...] = (
    ("/gain", -12.0),
    ("/pan", 0.0),
    ("/bend", 0.0),
    ("/release", 0.15),
    ("/attack", 0.0),
    ("/stretch", 1.0),
    ("/mode", "poly"),
    ("/portamento", 0.0),
    ("/sustain", 0),
)
# what only a fault of the program writes into the log
_UNWANTED = (
    "Traceback",
    "the daemon goes on",
    "a command failed",
    "cannot go on",
    "Exception in callback",
    "Error handling request",
    "never awaited",
    "loaded at its first call",
)

Status = NamedTuple("Status", [(arg.name, Any) for arg in REPLY_BY_PATH["/status.reply"].args])  # type: ignore[misc]


class Daemon:
    """`oscvae serve` with a client to talk to it; `settings` are --set overrides.

    folder: where it keeps presets, recordings and its log; one of its own, gone with this object, unless it is given.
    port: of OSC, where others must know it before; a free one unless it is given.
    fresh: started as a user starts it, not forked from a process that has imported all it needs (`parts.warm`).
    So is one in an environment of its own, and each of `make soak` and of a benchmark.
    """

    def __init__(
        self,
        *settings: str,
        folder: Path | None = None,
        environment: dict[str, str] | None = None,
        port: int | None = None,
        fresh: bool = False,
    ) -> None:
        self.port = free_port() if port is None else port
        self.folder = Path(tempfile.mkdtemp(prefix="oscvae-test-")) if folder is None else folder
        if folder is None:
            weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.log_path = self.folder / "daemon.log"
        command = [sys.executable, "-m", "oscvae", "serve", "--config", str(ROOT / "config.yaml")]
        for setting in (f"osc.port={self.port}", "http.port=0", *settings):
            command += ["--set", setting]
        self._log = self.log_path.open("wb")
        homes = {"PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(self.folder)}
        self.process = _start(command, self._log, homes, environment, fresh=fresh)
        self.client = OscClient(self.port)

    @classmethod
    def ready(
        cls,
        *settings: str,
        folder: Path | None = None,
        environment: dict[str, str] | None = None,
        fresh: bool = False,
    ) -> Daemon:
        """One that can be played already."""
        daemon = cls(*settings, folder=folder, environment=environment, fresh=fresh)
        try:
            daemon.wait_ready()
        except BaseException:
            daemon.close()
            raise
        return daemon

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_ready(self) -> Any:
        """The first status in which a model can be played."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            if not self.alive:
                raise RuntimeError(f"the daemon ended with {self.process.returncode}:\n{self.log}")
            reply = self.client.ask("/status", answer=("/status.reply",), timeout_s=0.3)
            if reply is not None and reply[0] == "/status.reply" and Status(*reply[1]).model:
                self.client.drain()
                return Status(*reply[1])
            if reply is not None:
                time.sleep(0.05)
        raise TimeoutError(f"the daemon is not ready after {READY_TIMEOUT_S} s:\n{self.log}")

    def status(self) -> Any:
        """/status.reply by the names of its arguments, whatever else arrives before it."""
        reply = self.client.ask("/status", answer=("/status.reply",), timeout_s=ANSWER_TIMEOUT_S)
        assert reply is not None and reply[0] == "/status.reply", f"no status: {reply}\n{self.log}"
        return Status(*reply[1])

    def settle(self) -> None:
        """Return once everything sent so far was obeyed."""
        reply = self.client.ask("/sync", 1, answer=("/synced",), timeout_s=ANSWER_TIMEOUT_S)
        assert reply == ("/synced", (1,)), f"{reply}\n{self.log}"
        self.client.drain()

    def quiet(self, timeout_s: float = 10.0) -> None:
        """End what sounds, and wait until nothing does."""
        self.client.send("/panic")
        assert until(lambda: self.status().voices == 0, timeout_s), f"voices do not end\n{self.log}"

    def reset(self) -> None:
        """Nothing sounds, every control is at its default, the cursor at zero, and nothing waits to be read."""
        self.quiet()
        for number in range(1, 5):
            self.client.send(f"/macro/{number}", 0.0)
        for message in DEFAULTS:
            self.client.send(*message)
        self.client.send("/z", *[0.0] * self.status().dims)
        self.settle()

    def decoders(self) -> list[psutil.Process]:
        """Its decoder processes that run."""
        return decoders_of(self.process.pid)

    def resident_bytes(self) -> int:
        """Memory of the daemon that is nobody else's; the blocks of a decoder that has left are."""
        return int(psutil.Process(self.process.pid).memory_full_info().uss)

    def check_log(self) -> None:
        """Nothing is in it that only a fault of the program says."""
        text = self.log
        assert [part for part in _UNWANTED if part in text] == [], text

    def sounds(self, note: float = 60.0) -> bool:
        """Whether a note that is played now begins to sound."""
        with OscClient(self.port) as listener:
            if listener.ask("/notify", 1, answer=("/done",)) is None:
                return False
            try:
                listener.send("/play", note, *[0.1] * self.status().dims)
                return listener.wait_for("/voice/on", timeout_s=10.0) is not None
            finally:
                listener.send("/notify", 0)
                listener.send("/stop")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal it and wait; returns the exit code."""
        if self.alive:
            self.process.send_signal(number)
        try:
            return self.process.wait(LEAVE_TIMEOUT_S)
        finally:
            self.close()

    def close(self) -> None:
        """Whatever happens."""
        if self.alive:
            self.process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5.0)
        self.client.close()
        self._log.close()

    def __enter__(self) -> Daemon:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _start(
    command: list[str], log: IO[bytes], homes: dict[str, str], environment: dict[str, str] | None, *, fresh: bool
) -> subprocess.Popen[bytes] | Forked:
    theirs = {**os.environ, **homes, **(environment or {})}
    if "pytest" in sys.modules and not (fresh or SOAK or environment) and warm().same(os.environ):
        with contextlib.suppress(OSError, ValueError):  # it is gone
            return warm().start(command[command.index("serve") :], log, theirs)
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=theirs)


def children_of(pid: int) -> list[psutil.Process]:
    """The processes that a process has started, and their own, as far as they run."""
    return [process for process in psutil.Process(pid).children(recursive=True) if _runs(process)]


def decoders_of(pid: int) -> list[psutil.Process]:
    """Of these the decoders."""
    return [process for process in children_of(pid) if _name(process) == "oscvae-decoder"]


def zygotes_of(pid: int) -> list[psutil.Process]:
    """And what decoders are forked from."""
    return [process for process in children_of(pid) if _name(process) == "oscvae-zygote"]


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return ""


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
