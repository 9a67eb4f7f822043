"""What an instrument in this process tells of its voices."""

from __future__ import annotations

from oscvae.play.listener import Listener


class Heard(Listener):
    """Keeps every /voice/on and /voice/off."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, float]] = []  # address, id, note

    def voice(self, address: str, voice_id: int, note: float) -> None:
        self.told.append((address, voice_id, note))

    def ids(self, address: str) -> list[int]:
        """Of the voices that were told at this address."""
        return [voice_id for told, voice_id, _ in self.told if told == address]
