"""A daemon that nobody hears: for all that replies, events and files show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parts.client import OscClient, Reply
from parts.daemon import Daemon
from parts.waiting import until

ANSWER_S = 20.0
LOAD_S = 60.0


class SilentDaemon:
    """A daemon with the silent backend, a client, and a listener who is told what others do once it is asked to.

    folder: holds its sounds, recordings and presets, which outlive a restart. settings: as --set.
    """

    def __init__(self, folder: Path, *settings: str, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.data = folder / "oscvae"
        self.sounds_folder, self.recordings, self.presets = (
            self.data / name for name in ("sounds", "recordings", "presets")
        )
        self.sounds_folder.mkdir(parents=True, exist_ok=True)
        self.settings = ("audio.backend=silent", "model.device=cpu", *settings)
        self.environment = environment
        self.open()

    def open(self) -> None:
        """Start, or start again."""
        self.daemon = Daemon.ready(*self.settings, folder=self.folder, environment=self.environment)
        self.listener = OscClient(self.port)

    @property
    def client(self) -> OscClient:
        return self.daemon.client

    @property
    def port(self) -> int:
        return self.daemon.port

    def status(self) -> Any:
        return self.daemon.status()

    def listen(self) -> OscClient:
        """The listener, subscribed, with nothing waiting."""
        assert self.listener.ask("/notify", 1, answer=("/done",)) == ("/done", ("/notify", 1))
        self.listener.drain()
        return self.listener

    def ask(self, address: str, *args: Any, answer: str = "/done", timeout_s: float = ANSWER_S) -> Reply:
        """The answer at one of two addresses, that or /fail."""
        reply = self.client.ask(address, *args, answer=(answer,), timeout_s=timeout_s)
        assert reply is not None, f"no answer to {address}\n{self.daemon.log}"
        return reply

    def failure(self, address: str, *args: Any, timeout_s: float = ANSWER_S) -> str:
        """Why something fails: exactly one /fail comes, and nothing else."""
        name, (command, why) = self.ask(address, *args, timeout_s=timeout_s)
        assert (name, command) == ("/fail", address)
        self.client.send("/ping")
        more = self.client.receive()
        assert more == ("/pong", ()), f"after one /fail there came {more}"
        return str(why)

    def load(self, name: str) -> None:
        kind, what = self.ask("/load", name, timeout_s=LOAD_S)
        assert kind == "/done" and what[:2] == ("/load", name), what

    def plays(self) -> bool:
        """Whether a note that is played now sounds, and nothing else does."""
        self.daemon.quiet(ANSWER_S)
        self.client.drain()
        return self.daemon.sounds()

    def reset(self) -> None:
        """As it was at its start, with the shipped model; started again if it is gone."""
        if not self.daemon.alive:
            self.close()
            self.open()
        if self.status().model != "plucked":
            self.load("plucked")
        self.listener.send("/notify", 0)
        self.daemon.reset()
        self.listener.drain()

    def falls_silent(self, timeout_s: float = ANSWER_S) -> bool:
        """Whether all voices end once they are let go of."""
        for address, value in (("/sustain", 0), ("/stretch", 1.0)):
            self.client.send(address, value)
        self.client.send("/stop")
        return until(lambda: self.status().voices == 0, timeout_s)

    def close(self) -> None:
        self.listener.close()
        self.daemon.close()
