"""A seeded performer without manners: any command at any moment, as often as it likes."""

from __future__ import annotations

import random
from typing import Any

Command = tuple[Any, ...]  # address, arguments

_NOTES = ("play", "interp", "note", "new")
_WEIGHTS = {
    "play": 30,
    "interp": 4,
    "note": 12,
    "note_off": 10,
    "new": 12,
    "set": 10,
    "voice_stop": 5,
    "stop_note": 6,
    "stop": 2,
    "panic": 1,
    "z": 6,
    "z_n": 3,
    "pad": 2,
    "glide": 2,
    "sound": 6,
    "sustain": 3,
    "mode": 2,
    "portamento": 2,
}


class Churn:
    """Draws commands for a model of `dims` dimensions.

    Ids, keys and notes come from small sets, so that they collide all the time.
    """

    def __init__(self, seed: int, dims: int = 4) -> None:
        self.random = random.Random(seed)
        self._dims = dims

    def bundle(self) -> list[Command]:
        """One to eight commands of one moment."""
        if self.random.random() < 0.8:
            return [self.command()]
        if self.random.random() < 0.5:
            return [self.command(self.random.choice(_NOTES)) for _ in range(self.random.randint(2, 8))]
        return [self.command() for _ in range(self.random.randint(2, 8))]

    def command(self, kind: str | None = None) -> Command:
        """One command, of any kind or this one."""
        kind = kind or self.random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        return tuple(getattr(self, f"_{kind}")())

    def _point(self) -> list[float]:
        return [self.random.gauss(0.0, 1.0) for _ in range(self._dims)]

    def _pitch(self) -> float:
        return self.random.choice((36, 43, 48, 55, 60, 60, 60.5, 64, 67.25, 72, 79, 91))

    def _ending(self) -> list[float]:
        """Velocity and seconds, or fewer."""
        whole = [self.random.choice((0.0, 0.3, 0.8, 1.0)), self.random.choice((0.0, 0.003, 0.02, 0.1, 5.0))]
        return whole[: self.random.choice((0, 1, 2, 2, 2))]

    def _play(self) -> list[Any]:
        return ["/play", self._pitch(), *self._point(), *self._ending()]

    def _interp(self) -> list[Any]:
        return ["/interp", self._pitch(), self.random.choice((0.0, 0.05, 0.4, 9.0)), *self._point(), *self._point()]

    def _note(self) -> list[Any]:
        return ["/note", self.random.randint(58, 63), self.random.randint(1, 127)]

    def _note_off(self) -> list[Any]:
        return ["/note", self.random.randint(58, 63), 0]

    def _new(self) -> list[Any]:
        return ["/voice/new", self.random.randint(0, 5), self._pitch(), *self._point(), *self._ending()]

    def _set(self) -> list[Any]:
        name = self.random.choice(("z", "gain", "pan", "bend"))
        values = self._point() if name == "z" else [self.random.uniform(-3.0, 3.0)]
        return ["/voice/set", self.random.randint(0, 5), name, *values]

    def _voice_stop(self) -> list[Any]:
        return ["/voice/stop", self.random.randint(0, 5)]

    def _stop_note(self) -> list[Any]:
        return ["/stop", self._pitch()]

    def _stop(self) -> list[Any]:
        return ["/stop"]

    def _panic(self) -> list[Any]:
        return ["/panic"]

    def _z(self) -> list[Any]:
        return ["/z", *self._point()]

    def _z_n(self) -> list[Any]:
        return [f"/z/{self.random.randint(1, self._dims)}", self.random.gauss(0.0, 1.0)]

    def _pad(self) -> list[Any]:
        return ["/pad/1", self.random.random(), self.random.random()]

    def _glide(self) -> list[Any]:
        return ["/glide", self.random.choice((0.0, 0.05, 0.5)), *self._point()]

    def _sound(self) -> list[Any]:
        low, high, address = self.random.choice(
            (
                (-60.0, 6.0, "/gain"),
                (-1.0, 1.0, "/pan"),
                (-24.0, 24.0, "/bend"),
                (0.005, 0.1, "/release"),
                (0.0, 0.1, "/attack"),
                (0.25, 2.0, "/stretch"),
            )
        )
        return [address, self.random.uniform(low, high)]

    def _sustain(self) -> list[Any]:
        return ["/sustain", self.random.choice((0, 0, 1))]

    def _mode(self) -> list[Any]:
        return ["/mode", self.random.choice(("poly", "mono", "legato"))]

    def _portamento(self) -> list[Any]:
        return ["/portamento", self.random.choice((0.0, 0.01, 0.1, 1.0))]
