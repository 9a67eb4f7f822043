"""Foreign OSC programs, headless: started, listened to, and ended by their process; and a raw TCP socket."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from oscvae.osc.packets import Message, decode, encode_message

HERE = Path(__file__).resolve().parent


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip a test where a program is missing, and say which Debian package has it."""
    packages = {"pd": "puredata-core", "sclang": "supercollider-language", "oscsend": "liblo-tools"}
    lacking = [program for program in programs if shutil.which(program) is None]
    names = ", ".join(packages.get(program, program) for program in lacking)
    return pytest.mark.skipif(bool(lacking), reason=f"not installed: {names}")


class Program:
    """A running program, and what it has printed so far."""

    def __init__(self, *command: str, environment: dict[str, str] | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._output = Path(self._folder.name) / "output"
        home = {"HOME": self._folder.name, "XDG_RUNTIME_DIR": self._folder.name}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **home, **(environment or {})},
            )

    @property
    def said(self) -> str:
        return self._output.read_text(errors="replace")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5.0)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._folder.cleanup()

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def pd(patch: Path, *messages: str) -> Program:
    """Pd with a patch and without sound; `messages` are sent to its receivers in turn."""
    sent = [argument for message in messages for argument in ("-send", message)]
    flags = ("-nogui", "-noaudio", "-nomidi", "-noprefs", "-nrt", "-stderr")
    return Program("pd", *flags, "-open", str(patch), *sent)


def sclang(script: Path, **variables: object) -> Program:
    """sclang with a script that leaves by itself; `variables` are put into its environment."""
    environment = {name: str(value) for name, value in variables.items()}
    headless = {"QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_DISABLE_SANDBOX": "1"}
    return Program("sclang", "-D", str(script), environment={**headless, **environment})


class Framed:
    """OSC over TCP: each packet after its length, an int32 big-endian."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection((host, port), timeout=30.0, source_address=(host, 0))

    @staticmethod
    def frame(path: str, *args: Any) -> bytes:
        packet = encode_message(path, args)
        return struct.pack(">i", len(packet)) + packet

    def exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def receive(self) -> tuple[str, tuple[Any, ...]]:
        (size,) = struct.unpack(">i", self.exactly(4))
        message = decode(self.exactly(size))
        assert isinstance(message, Message)
        return message.address, message.args

    def wait_for(self, *addresses: str) -> tuple[str, tuple[Any, ...]]:
        """The next at one of these addresses; others, such as the levels of what still sounds, are dropped."""
        while (reply := self.receive())[0] not in addresses:
            pass
        return reply
