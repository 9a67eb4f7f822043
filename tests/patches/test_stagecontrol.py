"""The Open Stage Control session: its properties are those of the program, and it plays a real daemon."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

import pytest

from oscvae.settings.sections import MacrosConfig
from parts import ROOT
from parts.judge import is_known
from parts.programs import skip_without
from parts.silent import SilentDaemon
from parts.waiting import until
from patches.stagecontrol import PROPERTIES, StageControl, widgets

SESSION = ROOT / "patches" / "openstagecontrol" / "oscvae.json"

CHOICES = {
    ("button", "mode"): {"toggle", "push", "momentary", "tap"},
    ("keyboard", "mode"): {"toggle", "push", "tap"},
    ("fader", "design"): {"default", "round", "compact"},
}


@pytest.fixture
def surface(silent: SilentDaemon) -> Iterator[StageControl]:
    skip_without("node")
    opened = StageControl(SESSION, silent.port)
    assert silent.daemon.status()
    assert until(lambda: (opened.hear(), opened.value("shown_model"))[1] == "plucked", 10.0)
    yield opened
    opened.close()


def test_it_is_a_session_of_known_widgets() -> None:
    session = json.loads(SESSION.read_text())
    assert session["type"] == "session" and session["createdWith"] == "Open Stage Control"
    identities = []
    for widget in widgets(session["content"]):
        allowed = set(PROPERTIES[widget["type"]].split())
        assert set(widget) <= allowed, f"{widget['id']} has {set(widget) - allowed}"
        for key, value in widget.items():
            assert value in CHOICES.get((widget["type"], key), {value} if value.__hash__ else [value])
        assert widget.get("address", "/").startswith("/")
        assert "address" in widget or not is_known(f"/{widget['id']}"), f"{widget['id']} is an address of the daemon"
        identities.append(widget["id"])
    assert len(identities) == len(set(identities))
    expected = {"pad_1", "pad_2", "keys", "preset_8", "save_next", "glide_seconds", "gain", "meter_left"}
    assert expected | {"macro_1", "macro_4", "macro_4_name"} <= set(identities)


def test_whatever_is_touched_says_what_it_is() -> None:
    content = json.loads(SESSION.read_text())["content"]
    touched = [widget for widget in widgets(content) if widget["type"] in {"xy", "fader", "button"}]
    under = ("macro_", "pad_")  # their names
    own = [w for w in touched if w.get("interaction", True) and not w["id"].startswith(under)]
    assert len(own) > 20
    assert [w["id"] for w in own if not (w.get("html") or w.get("label"))] == []


def test_nothing_lies_on_something_else() -> None:
    shown = [widget for widget in widgets(json.loads(SESSION.read_text())["content"]) if "left" in widget]
    assert len(shown) > 30
    places = {w["id"]: [float(w[side].rstrip("%")) for side in ("left", "top", "width", "height")] for w in shown}
    for name, (left, top, width, height) in places.items():
        assert left >= 0 and top >= 0 and left + width <= 100 and top + height <= 100, name
    for (one, (x, y, wide, high)), (other, (left, top, width, height)) in itertools.combinations(places.items(), 2):
        assert x + wide <= left or left + width <= x or y + high <= top or top + height <= y, f"{one} and {other}"


def test_a_key_plays_a_note_and_the_rest_is_obeyed(silent: SilentDaemon, surface: StageControl) -> None:
    listener = silent.listen()
    surface.touch("keys", [60, 100])
    told = listener.wait_for("/voice/on")
    assert told is not None and told[1][1] == 60.0
    assert until(lambda: (surface.hear(), surface.value("shown_voices"))[1] == "1 voices", 5.0)
    surface.touch("keys", [60, 0])
    assert listener.wait_for("/voice/off") is not None
    surface.touch("gain", -6)
    assert listener.wait_for("/gain") == ("/gain", (-6.0,))
    surface.touch("pedal", 1)
    assert listener.wait_for("/sustain") == ("/sustain", (1,))
    surface.touch("pedal", 0)
    surface.touch("panic", 1)
    assert not [reply for reply in listener.drain() if reply[0] == "/fail"]


def test_it_follows_and_never_answers(silent: SilentDaemon, surface: StageControl) -> None:
    other = silent.client
    surface.touch("pad_1", [0.8, 0.3])
    surface.touch("save_next", 1)
    surface.touch("preset_4", 1)
    assert surface.value("save_next") == 0
    other.send("/pad/1", 0.1, 0.9)
    other.send("/unit/4", 0.25)
    other.send("/bend", 3.0)
    other.send("/sustain", 1)
    assert until(lambda: (surface.hear(), surface.value("bend"))[1] == pytest.approx(3.0), 5.0)
    assert until(lambda: (surface.hear(), surface.value("pad_1"))[1] == pytest.approx([0.1, 0.9]), 5.0)
    assert surface.value("pad_2")[1] == pytest.approx(0.25)
    assert until(lambda: (surface.hear(), surface.value("pedal"))[1] == 1, 5.0)
    begin = len(surface.sent)
    surface.touch("glide_seconds", 0.3)
    surface.touch("preset_4", 1)
    assert surface.sent[begin:] == [("/preset/recall", ("4", pytest.approx(0.3)))]
    assert until(lambda: (surface.hear(), surface.value("pad_1"))[1] == pytest.approx([0.8, 0.3], abs=1e-4), 5.0)
    other.send("/z/1", 0.0)
    assert until(lambda: (surface.hear(), surface.value("pad_1"))[1][0] < 0.7, 5.0)
    assert len(surface.sent) == begin + 1, "what is heard is not sent back"
    other.send("/sustain", 0)
    surface.interval()
    assert surface.sent[begin + 1 :] == [("/notify", (1,))]


def test_how_keys_play_is_chosen_and_shown(silent: SilentDaemon, surface: StageControl) -> None:
    listener = silent.listen()
    surface.touch("mode_legato", 1)
    assert listener.wait_for("/mode") == ("/mode", ("legato",))
    assert surface.value("shown_mode") == "legato"
    silent.client.send("/mode", "mono")
    assert until(lambda: (surface.hear(), surface.value("shown_mode"))[1] == "mono", 5.0)
    silent.client.send("/mode", "poly")
    assert until(lambda: (surface.hear(), surface.value("shown_mode"))[1] == "poly", 5.0)


def test_macros_are_named_move_several_faders_and_follow(silent: SilentDaemon, surface: StageControl) -> None:
    assert until(lambda: (surface.hear(), surface.value("macro_1_name"))[1] == "soften", 5.0)
    assert [surface.value(f"macro_{k}_name") for k in range(1, 5)] == list(MacrosConfig().map)
    surface.receive("/macros.reply", "one", "two words")
    assert [surface.value(f"macro_{k}_name") for k in range(1, 5)] == ["one", "two words", "", ""]
    surface.receive("/macros.reply", "only")
    assert [surface.value(f"macro_{k}_name") for k in range(1, 5)] == ["only", "", "", ""]
    listener = silent.listen()
    begin = len(surface.sent)
    surface.touch("macro_2", 0.5)
    assert listener.wait_for("/bend") == ("/bend", (-6.0,))
    assert until(lambda: (surface.hear(), surface.value("stretch"))[1] == pytest.approx(1.5), 5.0)
    assert surface.value("bend") == pytest.approx(-6.0), "its own faders follow too"
    silent.client.send("/macro", 2, 0.25)
    assert until(lambda: (surface.hear(), surface.value("macro_2"))[1] == pytest.approx(0.25), 5.0)
    assert until(lambda: (surface.hear(), surface.value("bend"))[1] == pytest.approx(-3.0), 5.0)
    assert surface.sent[begin:] == [("/macro/2", (pytest.approx(0.5),))], "what is heard is not sent back"


def test_pads_are_called_what_the_model_calls_their_dimensions(surface: StageControl) -> None:
    surface.receive("/labels", "brightness", "z2", "low end", "damping")
    assert [surface.value(f"pad_{k}_axes") for k in (1, 2)] == ["brightness, z2", "low end, damping"]
    surface.receive("/labels")
    assert [surface.value(f"pad_{k}_axes") for k in (1, 2)] == ["dimensions 1, 2", "dimensions 3, 4"]
    surface.receive("/labels", "brightness")
    assert surface.value("pad_1_axes") == "dimensions 1, 2"
