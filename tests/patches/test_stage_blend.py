"""The Open Stage Control session of two recordings at once, against a real daemon."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from parts import ROOT, judge
from parts.programs import skip_without
from parts.silent import LOAD_S, SilentDaemon
from parts.waiting import until
from patches.stagecontrol import PROPERTIES, StageControl, widgets

SESSION = ROOT / "patches" / "openstagecontrol" / "blend.json"
PANEL = PROPERTIES["fader"].split() + PROPERTIES["root"].split()


def test_it_is_a_session_of_known_widgets() -> None:
    found = list(widgets(json.loads(SESSION.read_text())["content"]))
    for widget in found:
        allowed = PANEL if widget["type"] == "panel" else PROPERTIES[widget["type"]].split()
        assert set(widget) <= set(allowed), f"{widget['id']} has {set(widget) - set(allowed)}"
        assert "address" in widget or not judge.is_known(f"/{widget['id']}"), f"{widget['id']} is an address"
    assert len({widget["id"] for widget in found}) == len(found)


def test_two_sounds_are_chosen_encoded_and_blended(mirrored: Callable[..., SilentDaemon]) -> None:
    skip_without("node")
    daemon = mirrored("low.part", "high")
    surface = StageControl(SESSION, daemon.port)

    def shows(name: str, text: str) -> bool:
        surface.hear()
        return text in str(surface.value(name))

    try:
        assert until(lambda: shows("sound_a", "high.wav"), LOAD_S)
        surface.touch("next_a", 1)
        assert surface.value("sound_a") == "low.part.wav"
        begin = len(surface.sent)
        surface.touch("mix", 0.25)
        assert surface.sent[begin:] == [], "there is no voice yet"
        surface.touch("begin", 1)
        assert surface.sent[begin:] == [("/encode", ("low.part.wav",)), ("/encode", ("high.wav",))]
        assert until(lambda: len(daemon.ask("/sounds", answer="/sounds.reply")[1]) == 4, LOAD_S)
        encoded = lambda: min(daemon.ask("/sounds", answer="/sounds.reply")[1][1::2]) > 0  # noqa: E731
        assert until(encoded, LOAD_S) and until(lambda: shows("shown_status", "is encoded"), LOAD_S)
        surface.hear()
        begin = len(surface.sent)
        surface.touch("begin", 1)
        assert surface.sent[begin] == ("/blend", (1, "low.part", "high", 0.25, 1.0))
        assert until(lambda: shows("shown_status", "it is heard"), LOAD_S)
        surface.touch("curve_16", 2.0)
        address, args = surface.sent[-1]
        assert (address, args[0], len(args)) == ("/curve", 1, 33) and args[-2:] == (1.0, 2.0)
        assert args[1::2] == pytest.approx(np.linspace(0.0, 1.0, 16), abs=1e-5)
        surface.touch("position", 0.5)
        surface.touch("rate", 2.0)
        surface.touch("loop", 0)
        assert until(lambda: daemon.status().voices == 0, LOAD_S), "it does not end with its recordings"
        assert until(lambda: not surface.hear() and surface.value("shown_status") == "", LOAD_S)
        begin = len(surface.sent)
        surface.touch("live", 1)
        surface.touch("live", 0)
        assert surface.sent[begin:] == [("/listen", (2,)), ("/voice/stop", (2,))]
        assert judge.complaints(surface.sent) == []
    finally:
        surface.close()
