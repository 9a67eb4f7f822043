"""A silent daemon whose models are small, broken, or slow, and what it takes to see what becomes of its voices."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import psutil

from parts.client import OscClient, Reply
from parts.silent import SilentDaemon
from parts.waiting import until

VOICES = 16
SOON_S = 60.0  # for what takes a moment, on a machine that is busy with something else
HANG_S = 60.0  # within which a decoder that hangs is ended, whoever ends it: the kernel or the daemon


class Rig(SilentDaemon):
    """With the small honest model; its client is told of every voice."""

    def __init__(self, folder: Path, models: Path, *settings: str, environment: dict[str, str] | None = None) -> None:
        self._heard: Counter[str] = Counter()
        self._ids = itertools.count(1000)
        self._logged = 0
        own = (
            f"engine.voices={VOICES}",
            f"model.folder={models}",
            f"paths.sounds={models}",
            "model.name=honest",
            "osc.errors_per_second=10000",
        )
        super().__init__(folder, *own, *settings, environment=environment)

    def open(self) -> None:
        super().open()
        self.listen()

    @property
    def client(self) -> OscClient:
        return self.listener

    def ask(self, address: str, *args: Any, answer: str = "/done", timeout_s: float = SOON_S) -> Reply:
        return super().ask(address, *args, answer=answer, timeout_s=timeout_s)

    def refusal(self, address: str, *args: Any, timeout_s: float = SOON_S) -> str:
        """Why something fails, whatever else is told."""
        name, (_, *why) = self.ask(address, *args, timeout_s=timeout_s)
        assert name == "/fail", f"{address} {args} was obeyed: {why}"
        return str(why[0])

    def play(self, *, z: float = 0.1, note: float = 60.0, velocity: float = 0.8, seconds: float = 0.05) -> None:
        self.client.send("/play", note, z, 0.0, velocity, seconds)

    def hold(self, count: int) -> None:
        """Voices that sound for 40 s, and follow the cursor."""
        self.client.send("/stretch", 4.0)
        for i in range(count):
            self.client.send("/note", 45 + i, 100)
        assert until(lambda: self.events()["/voice/on"] >= count, SOON_S)

    def events(self) -> Counter[str]:
        """What was heard since the last question, and counted in all."""
        self._heard.update(address for address, _ in self.client.drain())
        return self._heard

    def forget(self) -> None:
        """What was heard and logged so far; and be told of what comes, however long nothing was said."""
        self.listen()
        self._heard = Counter()
        self._logged = len(self.daemon.log)

    def sounds(self) -> bool:
        """Whether a note that is played now is heard."""
        self.client.send("/notify", 1)  # who was silent for a minute, while others were tested, is told nothing
        id_ = next(self._ids)
        self.client.send("/voice/new", id_, 60, 0.1, 0.1, 0.8, 0.05)
        while (reply := self.client.receive(10.0)) is not None:
            self._heard[reply[0]] += 1
            if reply[0] == "/fail" and reply[1][0] == "/voice/new":
                return False
            if reply[0] == "/voice/on" and reply[1][0] == id_:
                return True
        return False

    def encodes(self) -> bool:
        """Whether a sound is encoded now."""
        return self.ask("/encode", "tone.wav")[0] == "/done"

    @property
    def sounding(self) -> int:
        return int(self.status().voices)

    def has_one_decoder(self, timeout_s: float = SOON_S) -> bool:
        return until(lambda: len(self.daemon.decoders()) == 1, timeout_s)

    def decoder(self) -> psutil.Process:
        """The one process there is, once the last one has left."""
        assert self.has_one_decoder(HANG_S)
        return self.daemon.decoders()[0]

    def said(self, text: str, times: int = 1) -> bool:
        """Whether the log says it so many times, soon, since all before was forgotten."""
        return until(lambda: self.daemon.log[self._logged :].count(text) == times, SOON_S)
