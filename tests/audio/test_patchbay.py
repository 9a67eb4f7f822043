"""The patchbay where a device is unplugged, which cannot be done to the dummy driver's ports."""

from __future__ import annotations

from oscvae.audio.patchbay import Patchbay


class Studio:
    """Ports that come and go."""

    def __init__(self) -> None:
        self.plugged = ["keys:out"]
        self.made: list[tuple[str, str]] = []

    def playback(self) -> list[str]:
        return []

    def keyboards(self) -> list[str]:
        return list(self.plugged)

    def has(self, name: str) -> bool:
        return name in self.plugged

    def connect(self, source: str, target: str) -> bool:
        self.made.append((source, target))
        return True


def test_a_keyboard_that_is_plugged_in_again_is_connected_again() -> None:
    for sources in ("auto", ["keys:out"]):
        studio = Studio()
        patchbay = Patchbay(studio, "oscvae", [], sources)
        for times in (1, 2):
            studio.plugged = ["keys:out"]
            patchbay.join_up()
            patchbay.join_up()
            assert studio.made == [("keys:out", "oscvae:midi_in")] * times
            studio.plugged = []
            patchbay.join_up()
