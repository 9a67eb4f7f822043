"""A checkout in small, with a daemon that plays into a JACK server of its own: where documented commands are run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import soundfile

from parts import ROOT
from parts.client import OscClient, free_port
from parts.daemon import Daemon
from parts.jackd import JackServer
from parts.pedals import write_pedals
from parts.tiny_soundfont import RATE, string

PORT = "9000"  # in the documentation
BIN = Path(sys.executable).parent
_PATCHED = {".pd", ".sc", ".scd", ".py", ".js", ".sh"}
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


class WideServer(JackServer):
    """With eight playback ports, as an interface on stage has."""

    @property
    def command(self) -> list[str]:
        return [*super().command, "-P", "8"]


class DocumentedServer(JackServer):
    """A jackd as the documentation starts it, on the dummy driver instead of a sound card, under a name of its own."""

    def __init__(self, command: str) -> None:
        super().__init__()
        driver = re.sub(r"-d alsa( -d \S+)?", "-d dummy", command)
        driver = re.sub(r" -n \d+", "", driver)  # periods: a driver without a card has none
        words = driver.removesuffix("&").split()
        assert words[0] == "jackd"
        self._words = words[1:] if self.realtime else ["-r" if word == "-R" else word for word in words[1:]]

    @property
    def command(self) -> list[str]:
        prefix = super().command[: super().command.index("jackd")]
        return [*prefix, "jackd", "-n", self.name, "-p", str(self.ports), *self._words]


class Sandbox:
    """`folder` looks like a checkout; `listener` is told what the daemon plays."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._furnish()
        self.server = WideServer().start()
        try:
            self.daemon = Daemon(
                "audio.backend=jack",
                f"audio.server_name={self.server.name}",
                "model.device=cpu",
                f"model.folder={folder / 'models'}",
                f"paths.sounds={folder / 'sounds'}",
                folder=folder / "home",
                fresh=True,
            )
        except BaseException:
            self.server.stop()
            raise
        self.port = self.daemon.port
        self.listener = OscClient(self.port)
        try:
            self.daemon.wait_ready()
        except BaseException:
            self.close()
            raise
        for path in (*(folder / "patches").rglob("*"), folder / "docs" / "first-note.pd"):
            if path.suffix in _PATCHED:
                path.write_text(path.read_text().replace(PORT, str(self.port)))

    def _furnish(self) -> None:
        for name in ("config.yaml", "Makefile", "pyproject.toml", "tools", "patches", "models"):
            source, target = ROOT / name, self.folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        (self.folder / "docs" / "sounds").mkdir(parents=True)
        shutil.copy(ROOT / "docs" / "first-note.pd", self.folder / "docs")
        shutil.copy(ROOT / "docs" / "sounds" / "drift.py", self.folder / "docs" / "sounds")
        (self.folder / ".venv").symlink_to(sys.prefix)
        (self.folder / "home").mkdir()
        (self.folder / "sounds").mkdir()
        for instrument, tint in (("ukulele", 1.0), ("motu", 2.0)):
            place = self.folder / "recordings" / instrument
            place.mkdir(parents=True)
            for note in range(57, 72, 2):
                name = f"{_NAMES[note % 12]}{note // 12 - 1}.wav"
                soundfile.write(place / name, string(note, seconds=0.5, tint=tint), RATE)
        shutil.copy(self.folder / "recordings" / "ukulele" / "A4.wav", self.folder / "sounds")
        for name, note in (("rain", 57), ("choir", 64)):
            soundfile.write(self.folder / f"{name}.wav", string(note, seconds=0.5), RATE)
        (self.folder / "curve.txt").write_text("0 0\n0.5 1\n1 0\n")
        write_pedals(self.folder / "board")

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.server.environment,
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "XDG_DATA_HOME": str(self.folder / "home"),
            "LISTEN": str(free_port()),  # of the shell's example
            "MPLBACKEND": "Agg",
        }

    def listen(self) -> OscClient:
        """Somebody who is told of voices, with nothing waiting; the model is the default one."""
        model = self.listener.ask("/model", answer=("/model",))
        assert model is not None
        if model[1][0] != "plucked":
            assert self.listener.ask("/load", "plucked", answer=("/done",), timeout_s=30.0) is not None
        assert self.listener.ask("/notify", 1, answer=("/done",)) == ("/done", ("/notify", 1))
        self.listener.send("/panic")
        assert self.listener.ask("/sync", 1, answer=("/synced",)) is not None
        self.listener.drain()
        return self.listener

    def start(self, command: str, log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            return subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def run(self, command: str, timeout_s: float = 60.0) -> str:
        """What it prints; fails where it does."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"{command}\nleft with {done.returncode}:\n{said}"
        return said

    def close(self) -> None:
        self.listener.close()
        self.daemon.close()
        self.server.stop()
