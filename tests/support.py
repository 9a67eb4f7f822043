"""What tests and benchmarks share: a daemon in a process of its own, and an OSC client to talk to it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from oscvae.osc.packets import Message, decode, encode_bundle, encode_message, ns_to_timetag

ROOT = Path(__file__).resolve().parent.parent
READY_TIMEOUT_S = 240.0  # a first start compiles
LEAVE_TIMEOUT_S = 10.0
TEST_PORTS = (20_000, 30_000)  # below those that Linux gives out by itself

Reply = tuple[str, tuple[Any, ...]]


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """A UDP or TCP port on loopback that nobody has now, and that the system gives to nobody who asks for any port."""
    while True:
        port = random.randrange(*TEST_PORTS)
        with socket.socket(socket.AF_INET, kind) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class OscClient:
    """A UDP client on loopback."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind(("127.0.0.1", 0))
        self.target = ("127.0.0.1", port)

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def send(self, address: str, *args: Any) -> None:
        self.socket.sendto(encode_message(address, args), self.target)

    def send_bundle(self, messages: Sequence[tuple[Any, ...]], due_s: float | None = None) -> None:
        """Messages (address, *args) as one bundle; due_s: Unix time of its timetag, None = now."""
        timetag = 1 if due_s is None else ns_to_timetag(round(due_s * 1e9))
        self.socket.sendto(encode_bundle(timetag, [encode_message(m[0], m[1:]) for m in messages]), self.target)

    def receive(self, timeout_s: float = 1.0) -> Reply | None:
        """The next reply, or None after the time-out."""
        self.socket.settimeout(max(timeout_s, 1e-3))
        try:
            message = decode(self.socket.recv(1 << 16))
        except (TimeoutError, ConnectionRefusedError):
            return None
        assert isinstance(message, Message)
        return message.address, message.args

    def wait_for(self, *addresses: str, timeout_s: float = 5.0) -> Reply | None:
        """The next reply at one of these addresses; others are dropped."""
        return self._wait(lambda reply: reply[0] in addresses, timeout_s)

    def ask(self, address: str, *args: Any, answer: Sequence[str] = (), timeout_s: float = 5.0) -> Reply | None:
        """Send, and wait for one of the answers, or for the /fail of this command; other replies are dropped."""
        self.send(address, *args)
        return self._wait(
            lambda reply: reply[0] in answer or (reply[0] == "/fail" and reply[1][0] == address), timeout_s
        )

    def _wait(self, wanted: Callable[[Reply], bool], timeout_s: float) -> Reply | None:
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            reply = self.receive(left)
            if reply is not None and wanted(reply):
                return reply
        return None

    def drain(self) -> list[Reply]:
        """Everything that has arrived."""
        replies = []
        while (reply := self.receive(0.0)) is not None:
            replies.append(reply)
        return replies

    def close(self) -> None:
        self.socket.close()


class Daemon:
    """`oscvae serve` as a user starts it; `settings` are --set overrides."""

    def __init__(self, *settings: str, folder: Path | None = None, environment: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="oscvae-test-")) if folder is None else folder
        self.log_path = self.folder / "daemon.log"
        command = [sys.executable, "-m", "oscvae", "serve", "--config", str(ROOT / "config.yaml")]
        for setting in (f"osc.port={self.port}", "http.port=0", *settings):
            command += ["--set", setting]
        self._log = self.log_path.open("wb")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(self.folder), **(environment or {})},
        )
        self.client = OscClient(self.port)

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait_ready(self) -> tuple[Any, ...]:
        """The first /status.reply in which a model can be played."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the daemon ended with {self.process.returncode}:\n{self.log}")
            reply = self.client.ask("/status", answer=("/status.reply",), timeout_s=0.3)
            if reply is not None and reply[0] == "/status.reply" and reply[1][11]:
                self.client.drain()
                return reply[1]
            if reply is not None:
                time.sleep(0.05)
        raise TimeoutError(f"the daemon is not ready after {READY_TIMEOUT_S} s:\n{self.log}")

    def status(self) -> tuple[Any, ...]:
        """The arguments of /status.reply."""
        reply = self.client.ask("/status", answer=("/status.reply",))
        assert reply is not None and reply[0] == "/status.reply", f"no status: {reply}\n{self.log}"
        return reply[1]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal it and wait; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(LEAVE_TIMEOUT_S)
        finally:
            self.close()

    def close(self) -> None:
        """Whatever happens."""
        if self.process.poll() is None:
            self.process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5.0)
        self.client.close()
        self._log.close()

    def __enter__(self) -> Daemon:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
