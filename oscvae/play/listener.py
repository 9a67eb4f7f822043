"""What an instrument tells whoever listens: a daemon tells subscribers, a score nobody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from oscvae.osc.client import Client
from oscvae.play.models.loaded import Loaded


class Listener:
    """Hears of everything and does nothing; a listener overrides what it wants to hear."""

    def voice(self, address: str, voice_id: int, note: float) -> None:
        """/voice/on or /voice/off of a voice."""

    def changed(self, path: str, args: Sequence[Any], by: Client | None) -> None:
        """An accepted change at `path`, with the prefix of its part; by: who made it, None where all are to be told."""

    def panic(self, channels: Collection[int] | None = None, part: int | None = None) -> None:
        """Silence was asked for; channels: of their keys alone. part: None = of all of them."""

    def loading(self, name: str, part: int) -> None:
        """A model is being loaded; empty: it came to nothing."""

    def model(self, loaded: Loaded) -> None:
        """A model became the one that new notes of its part use."""

    def died(self, loaded: Loaded) -> None:
        """The decoder of a model died; its notes have been abandoned."""

    def notice(self, notice: dict[str, Any]) -> None:
        """What a decoder says besides its answers (`decode.wire`)."""
