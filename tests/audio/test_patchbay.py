"""The patchbay where a device is unplugged, which cannot be done to the dummy driver's ports."""

from __future__ import annotations

import pytest

from oscvae.audio.patchbay import Patchbay


class Studio:
    """Ports that come and go."""

    def __init__(self) -> None:
        self.plugged = ["keys:out"]
        self.microphones: list[str] = []
        self.made: list[tuple[str, str]] = []

    def playback(self) -> list[str]:
        return []

    def keyboards(self) -> list[str]:
        return list(self.plugged)

    def capture(self) -> list[str]:
        return list(self.microphones)

    def has(self, name: str) -> bool:
        return name in [*self.plugged, *self.microphones]

    def connect(self, source: str, target: str) -> bool:
        self.made.append((source, target))
        return True


def test_the_first_port_that_records_is_listened_to_and_that_there_is_none_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    studio = Studio()
    patchbay = Patchbay(studio, "oscvae", [], [], live_sources="auto")
    for _ in range(2):
        patchbay.join_up()
    assert [record.getMessage() for record in caplog.records] == [
        "JACK has no port that records: connect one to oscvae:in_1"
    ]
    studio.microphones = ["card:capture_1", "card:capture_2"]
    patchbay.join_up()
    assert studio.made == [("card:capture_1", "oscvae:in_1")]
    named = Patchbay(studio, "oscvae", [], [], live_sources=["card:capture_2"])
    named.join_up()
    assert studio.made[1:] == [("card:capture_2", "oscvae:in_1")]


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
