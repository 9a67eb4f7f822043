"""The TouchOSC layout of two recordings at once: valid, and in use, by a simulated tablet, against a real daemon."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import py2tosc
import pytest
import soundfile

from oscvae.app import patches
from parts import ROOT, judge
from parts.client import free_tcp_port
from parts.silent import LOAD_S, SilentDaemon
from parts.streaming import RATE, write_mirror
from parts.waiting import until
from patches.places import cramped, leaves, outside, overlapping
from patches.tablet import Sent, Tablet

LAYOUT = ROOT / "patches" / "touchosc" / "oscvae-blend.tosc"
COLUMNS = 16
PHONE = (812, 375)  # points of a small one, lying
FINGER = 36  # points that it covers
SOUNDS = ("a folder.x/low rain.v2.wav", 0.0, "high.wav", 2.0, "third.wav", 0.0)
LOW, HIGH = -1.0, 2.0  # of the mix

# -- the file ----------------------------------------------------------------------------------------------------------


def test_it_is_valid_and_nothing_lies_on_something_else() -> None:
    document = py2tosc.load(LAYOUT)
    found = list(leaves(document.root))
    assert document.validate() == [] and len(found) > 40
    assert outside(document.root) == [] and overlapping(found) == [] and cramped(found) == []
    bars = [leaf for k in range(COLUMNS) for leaf in found if leaf.name == f"curve {k + 1}"]
    assert len(bars) == COLUMNS
    (drawing,) = (leaf for leaf in found if leaf.name == "drawing")
    for k, bar in enumerate(bars):
        middle = (bar.left + bar.width / 2 - drawing.left) / drawing.width
        assert int(COLUMNS * middle) == k, "it is drawn where the finger is"
        assert not bar.control.get("interactive") and bar.control.messages == []
    assert found.index(drawing) > max(map(found.index, bars)), "the finger is over them"


def test_it_is_for_fingers_on_a_phone_as_well() -> None:
    document = py2tosc.load(LAYOUT)
    _, _, width, height = document.root.frame
    scale = min(PHONE[0] / width, PHONE[1] / height)
    touched = [leaf for leaf in leaves(document.root) if leaf.control.get("interactive")]
    assert {"start", "stop", "loop", "listen", "panic", "next a", "back b", "mix", "drawing"} <= {
        x.name for x in touched
    }
    for leaf in touched:
        assert scale * min(leaf.width, leaf.height) >= FINGER, leaf.name


# -- without a daemon --------------------------------------------------------------------------------------------------


@pytest.fixture
def tablet() -> Iterator[Tablet]:
    """To which three sounds were listed."""
    one = Tablet(LAYOUT)
    one.frame()
    one.receive("/done", ("/notify", 1), "si")
    one.receive("/blends", (1,), "i")
    one.receive("/sounds.reply", SOUNDS, "sfsfsf")
    one.sent.clear()
    yield one
    assert judge.complaints(one.sent) == []
    one.close()


def words(tablet: Tablet, *names: str) -> list[str]:
    return [tablet.value(name, "text") for name in names]


def encoded(tablet: Tablet, *seconds: float) -> None:
    listed = [value for name, long in zip(SOUNDS[::2], seconds, strict=True) for value in (name, long)]
    tablet.receive("/sounds.reply", tuple(listed), "sf" * len(seconds))


def sent(tablet: Tablet) -> list[Sent]:
    """Since the last time."""
    since = [*tablet.sent]
    tablet.sent.clear()
    assert judge.complaints(since) == []
    return since


def begin(tablet: Tablet) -> None:
    encoded(tablet, 1.5, 2.0, 0.0)
    tablet.tap("start")
    assert sent(tablet)[0] == ("/blend", (1.0, "low rain.v2", "high", 0.5, 1.0))
    tablet.receive("/voice/on", (1, 60.0), "if")


def test_sounds_are_stepped_through_and_say_how_long_they_are(tablet: Tablet) -> None:
    assert words(tablet, "sound a", "place a") == ["a folder.x/low rain.v2.wav", "1 of 3, not encoded"]
    assert words(tablet, "sound b", "place b") == ["high.wav", "2 of 3, 2.0 s"]
    tablet.tap("back a")
    assert words(tablet, "sound a", "place a") == ["third.wav", "3 of 3, not encoded"]
    tablet.tap("next a")
    tablet.tap("next a")
    assert words(tablet, "sound a", "sound b") == ["high.wav", "high.wav"]
    tablet.receive("/sounds.reply", ("first.wav", 0.0, *SOUNDS[2:]), "sfsfsf")
    assert words(tablet, "sound a", "sound b", "place b") == ["high.wav", "high.wav", "2 of 3, 2.0 s"]
    tablet.receive("/sounds.reply", ("aaa.wav", 0.0, "first.wav", 0.0, *SOUNDS[2:]), "sfsfsfsf")
    assert words(tablet, "sound a", "place a") == ["high.wav", "3 of 4, 2.0 s"], "the same sound at another place"
    tablet.receive("/sounds.reply", (), "")
    assert words(tablet, "sound a", "place a") == ["no sounds", ""]
    for name in ("next a", "back b", "start", "list"):
        tablet.tap(name)
    assert sent(tablet) == [("/sounds", ())] * 2


def test_what_is_not_encoded_is_encoded_and_then_it_begins(tablet: Tablet) -> None:
    tablet.tap("back b")
    tablet.tap("start")
    assert sent(tablet) == [("/encode", (SOUNDS[0],))], "once, though it is both of them"
    assert words(tablet, "status") == [f"encoding {SOUNDS[0]}"]
    tablet.tap("next b")
    tablet.receive("/done", ("/encode", SOUNDS[0], 60.0, 0.1, 0.2, "low rain.v2", 1.0, ""), "ssfffsfs")
    encoded(tablet, 1.5, 2.0, 0.0)
    assert sent(tablet) == [("/sounds", ())], "another was chosen: it does not begin"
    tablet.tap("next b")
    tablet.tap("start")
    tablet.tap("start")
    assert sent(tablet) == [("/encode", ("third.wav",))], "and not twice"
    for address, args in (("/voice/on", (1, 60.0)), ("/voice/off", (1, 60.0)), ("/blends", (1,))):
        tablet.receive(address, args, "if"[: len(args)])
    assert words(tablet, "status") == ["encoding third.wav"], "whatever else is heard meanwhile"
    sent(tablet)
    tablet.receive("/done", ("/encode", "third.wav", 60.0, 0.1, 0.2, "third", 1.0, ""), "ssfffsfs")
    assert words(tablet, "status") == ["third.wav is encoded"]
    encoded(tablet, 1.5, 2.0, 3.0)
    assert sent(tablet) == [
        ("/sounds", ()),
        ("/blend", (1.0, "low rain.v2", "third", 0.5, 1.0)),
        ("/voice/set", (1.0, "position", 0.0)),
        ("/voice/set", (1.0, "loop", 1.0)),
    ]


@pytest.mark.parametrize("why", ["/fail", "stop", "/load"])
def test_what_begins_no_more_does_not(tablet: Tablet, why: str) -> None:
    tablet.tap("start")
    if why == "stop":
        tablet.tap("stop")
    elif why == "/fail":
        tablet.receive("/fail", ("/encode", "third.wav: no sound"), "ss")
        assert words(tablet, "status") == ["/encode: third.wav: no sound"]
    else:
        tablet.receive("/blends", (1,), "i")
        tablet.receive("/done", ("/encode", SOUNDS[0], 60.0, 0.1, 0.2, "low rain.v2", 1.0, ""), "ssfffsfs")
        encoded(tablet, 0.0, 0.0, 0.0)  # by the model before it
    encoded(tablet, 1.5, 2.0, 0.0)
    assert "/blend" not in {address for address, _ in sent(tablet)}
    encoded(tablet, 0.0, 2.0, 0.0)
    tablet.tap("start")
    assert sent(tablet) == [("/encode", (SOUNDS[0],))], "it can be asked for again"
    tablet.tap("stop")
    sent(tablet)
    encoded(tablet, 1.5, 2.0, 0.0)
    assert sent(tablet) == []
    tablet.tap("start")
    assert sent(tablet)[0][0] == "/blend"


def test_a_model_without_recordings_encodes_nothing(tablet: Tablet) -> None:
    tablet.receive("/blends", (0,), "i")
    assert words(tablet, "status") == ["this model has no recordings: load timbre"]
    sent(tablet)
    tablet.tap("start")
    assert sent(tablet) == [("/sounds", ())]
    tablet.receive("/blends", (1,), "i")
    assert words(tablet, "status") == ["choose two sounds, then start"]


def test_faders_reach_the_voice_while_there_is_one(tablet: Tablet) -> None:
    tablet.press("rate", x=0.75)
    assert sent(tablet) == [] and words(tablet, "rate value") == ["2"]
    tablet.press("rate", x=0.625)
    begin(tablet)
    assert words(tablet, "status") == ["it is heard"]
    for name, x, value in (("mix", 0.0, LOW), ("rate", 1.0, 4.0), ("position", 0.25, 0.25), ("loop", 0.0, 0.0)):
        tablet.press(name, x=x)
        assert sent(tablet) == [("/voice/set", (1.0, name, value))]
    tablet.tap("start")  # another in its stead
    assert sent(tablet)[:3] == [
        ("/blend", (1.0, "low rain.v2", "high", LOW, 4.0)),
        ("/voice/set", (1.0, "position", 0.25)),
        ("/voice/set", (1.0, "loop", 0.0)),
    ]
    for identity, address in ((1, "/voice/on"), (1, "/voice/off"), (7, "/voice/off")):
        tablet.receive(address, (identity, 60.0), "if")
    tablet.press("rate", x=0.5)
    assert sent(tablet) == [("/voice/set", (1.0, "rate", 0.0))], "the first was over, the second is not"
    tablet.tap("stop")
    assert sent(tablet) == [("/voice/stop", (1.0,))]
    tablet.receive("/voice/off", (1, 60.0), "if")
    tablet.press("rate", x=0.25)
    assert sent(tablet) == [] and words(tablet, "status") == [""]


def test_a_voice_that_is_not_there_is_not_set_again(tablet: Tablet) -> None:
    begin(tablet)
    tablet.receive("/fail", ("/voice/set", "no voice 1"), "ss")
    tablet.press("rate", x=0.25)
    assert sent(tablet) == [] and words(tablet, "status") == ["/voice/set: no voice 1"]


def bars(tablet: Tablet) -> list[float]:
    return [tablet.value(f"curve {k + 1}") for k in range(COLUMNS)]


def draw(tablet: Tablet, *places: tuple[float, float]) -> list[Sent]:
    """A finger comes down at the first place and goes to the others, one each frame."""
    tablet.press("drawing", x=places[0][0], y=places[0][1])
    for x, y in places[1:]:
        tablet.frames(0.04)
        tablet.drag("drawing", x=x, y=y)
    tablet.lift("drawing")
    tablet.frames(0.1)
    return sent(tablet)


def test_a_curve_is_drawn_without_gaps_however_fast(tablet: Tablet) -> None:
    assert bars(tablet) == [0.5] * COLUMNS
    assert draw(tablet, (0.01, 0.0), (0.99, 1.0)) == [], "there is no voice yet"
    assert bars(tablet) == pytest.approx(np.linspace(0.0, 1.0, COLUMNS))
    before = bars(tablet)
    draw(tablet, (0.55, 0.25), (0.35, 0.75))
    assert bars(tablet)[5:9] == pytest.approx([0.75, 0.75 - 0.5 / 3, 0.25 + 0.5 / 3, 0.25])
    assert bars(tablet)[:5] + bars(tablet)[9:] == before[:5] + before[9:], "a finger that comes down draws there"
    draw(tablet, (1.0, 0.5))
    assert bars(tablet)[15] == 0.5
    tablet.press("drawing")  # the same place again, and as fast as can be
    tablet.lift("drawing")
    tablet.frame()
    assert bars(tablet)[15] == 0.5


def test_of_a_curve_that_is_drawn_some_are_left_out_and_never_the_last(tablet: Tablet) -> None:
    begin(tablet)
    sent(tablet)
    began = time.monotonic()
    tablet.press("drawing")
    tablet.frames(0.5, lambda share: tablet.drag("drawing", x=share, y=abs(math.sin(9 * share))))
    took = time.monotonic() - began
    tablet.frames(0.1)
    curves = sent(tablet)
    assert 2 <= len(curves) <= took / 0.04 + 2
    assert curves[-1][1][2::2] == pytest.approx([LOW + (HIGH - LOW) * bar for bar in bars(tablet)])


def test_a_curve_is_sent_until_the_mix_is_moved(tablet: Tablet) -> None:
    begin(tablet)
    drawn = draw(tablet, (0.01, 0.0), (0.5, 0.0), (0.99, 1.0))
    assert 1 <= len(drawn) <= 6 and {address for address, _ in drawn} == {"/curve"}
    curve = drawn[-1][1]
    assert curve[0] == 1.0 and curve[1::2] == pytest.approx(np.linspace(0.0, 1.0, COLUMNS))
    assert curve[2::2] == pytest.approx([LOW + (HIGH - LOW) * bar for bar in bars(tablet)])
    assert (curve[2], curve[-1]) == (LOW, HIGH)
    tablet.tap("start")
    assert sent(tablet)[-1] == ("/curve", curve), "what begins has it"
    tablet.press("mix", x=0.25)
    assert sent(tablet) == [("/voice/set", (1.0, "mix", -0.25))]
    assert bars(tablet) == [0.25] * COLUMNS
    tablet.tap("start")
    tablet.frames(0.1)
    assert "/curve" not in {address for address, _ in sent(tablet)}, "the mix goes before it"


def test_the_toggle_of_the_live_input_follows_its_voice(tablet: Tablet) -> None:
    tablet.tap("listen")
    assert sent(tablet) == [("/listen", (2.0,))]
    tablet.receive("/fail", ("/listen", "there is no input"), "ss")
    assert tablet.value("listen") == 0.0 and words(tablet, "status") == ["/listen: there is no input"]
    tablet.tap("listen")
    tablet.receive("/voice/on", (2, 60.0), "if")
    assert tablet.value("listen") == 1.0 and sent(tablet) == [("/listen", (2.0,))]
    tablet.tap("listen")
    assert sent(tablet) == [("/voice/stop", (2.0,))]
    tablet.receive("/voice/off", (2, 60.0), "if")
    tablet.receive("/voice/on", (2, 60.0), "if")  # from another surface
    assert tablet.value("listen") == 1.0
    tablet.receive("/voice/off", (2, 60.0), "if")  # as by its panic
    assert tablet.value("listen") == 0.0 and sent(tablet) == []


def test_it_sends_nothing_out_of_range(tablet: Tablet) -> None:
    """Every control is driven to both ends, with a voice that is heard."""
    begin(tablet)
    for control in list(tablet.controls.values()):
        kind, called = control.control_type.value, str(control.get("name"))
        if kind == "BUTTON":
            tablet.tap(called)
            tablet.tap(called)
        elif kind in {"FADER", "XY"} and control.get("interactive"):
            for end in (0.0, 1.0):
                tablet.press(called, **dict.fromkeys("xy" if kind == "XY" else "x", end))
                tablet.frames(0.06)
                tablet.lift(called)
    tablet.tap("next b")
    tablet.tap("start")
    used = {address for address, _ in sent(tablet)}
    assert used == {"/blend", "/curve", "/encode", "/listen", "/panic", "/sounds", "/voice/set", "/voice/stop"}


def test_that_of_a_part_hears_of_no_other(tmp_path: Path) -> None:
    patches.copy(tmp_path, part=2)
    tablet = Tablet(tmp_path / "touchosc" / "oscvae-blend-part-2.tosc")
    tablet.frame()
    tablet.receive("/done", ("/notify", 1), "si")
    tablet.receive("/blends", (0,), "i")
    tablet.receive("/sounds.reply", SOUNDS[2:4], "sf")
    assert words(tablet, "status", "sound a") == ["choose two sounds, then start", "sound a"]
    tablet.receive("/part/2/sounds.reply", SOUNDS[2:4], "sf")
    tablet.tap("start")
    tablet.receive("/voice/off", (1, 60.0), "if")
    tablet.receive("/voice/on", (1, 60.0), "if")
    assert words(tablet, "status", "sound a") == ["choose two sounds, then start", "high.wav"]
    tablet.receive("/part/2/voice/on", (1, 60.0), "if")
    assert words(tablet, "status") == ["it is heard"]
    tablet.receive("/fail", ("/part/2/voice/set", "no voice 1"), "ss")
    sent(tablet)
    tablet.press("rate", x=0.25)
    tablet.tap("panic")
    assert sent(tablet) == [("/panic", ())], "which is for all parts, and there is no voice to set"
    tablet.close()


# -- with a daemon -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SilentDaemon, int]]:
    """Its second part plays the mirror, and its folder holds two sounds; and its TCP port."""
    folder = tmp_path_factory.mktemp("mirror")
    write_mirror(folder / "mirror.ts")
    t = np.arange(2 * RATE) / RATE
    port = free_tcp_port()
    settings = (f"model.folder={folder}", "model.name=mirror", "model.parts={2: mirror}", f"osc.tcp_port={port}")
    daemon = SilentDaemon(folder, *settings)
    for name, hz in (("low.part", 300.0), ("high", 2000.0)):
        soundfile.write(daemon.sounds_folder / f"{name}.wav", 0.3 * np.sin(2.0 * np.pi * hz * t), RATE)
    yield daemon, port
    daemon.close()


def shows(tablet: Tablet, name: str, text: str) -> bool:
    tablet.frame()
    return text in str(tablet.value(name, "text"))


def play(tablet: Tablet, daemon: SilentDaemon, prefix: str = "") -> None:
    """Two sounds are chosen, encoded and blended, in a part of that prefix."""
    assert until(lambda: shows(tablet, "sound a", "high.wav"), LOAD_S)
    tablet.tap("next a")
    tablet.tap("back b")
    assert words(tablet, "sound a", "sound b", "place b") == ["low.part.wav", "high.wav", "1 of 2, not encoded"]
    sent(tablet)
    tablet.tap("start")
    assert sent(tablet) == [(f"{prefix}/encode", ("low.part.wav",)), (f"{prefix}/encode", ("high.wav",))]
    assert until(lambda: shows(tablet, "status", "it is heard"), LOAD_S)
    assert words(tablet, "place a", "place b") == ["2 of 2, 2.0 s", "1 of 2, 2.0 s"]
    assert (f"{prefix}/blend", (1.0, "low.part", "high", 0.5, 1.0)) in sent(tablet)
    (address, args) = draw(tablet, (0.01, 0.0), (0.99, 1.0))[-1]
    assert (address, len(args)) == (f"{prefix}/curve", 33)
    tablet.press("position", x=0.5)
    tablet.press("mix", x=0.25)
    tablet.press("rate", x=0.75)
    assert not until(lambda: shows(tablet, "status", "/"), 0.5), "nothing of that is /fail"
    tablet.tap("loop")
    assert until(lambda: daemon.status().voices == 0, LOAD_S), "it does not end with its recordings"
    assert until(lambda: tablet.frame() or tablet.value("status", "text") == "", LOAD_S)
    tablet.tap("listen")
    assert until(lambda: shows(tablet, "status", f"{prefix}/listen: "), LOAD_S), "there is no input without JACK"
    assert tablet.value("listen") == 0.0


@pytest.mark.parametrize(("over", "prefix"), [("tcp", ""), ("one port", "/part/2")])
def test_two_sounds_are_chosen_encoded_and_blended(
    mirror: tuple[SilentDaemon, int], tmp_path: Path, over: str, prefix: str
) -> None:
    daemon, tcp = mirror
    layout = LAYOUT
    if prefix:
        patches.copy(tmp_path, part=2)
        layout = tmp_path / "touchosc" / "oscvae-blend-part-2.tosc"
    tablet = Tablet(layout, tcp if over == "tcp" else daemon.port, over=over)
    try:
        tablet.frame()
        play(tablet, daemon, prefix)
        tablet.tap("panic")
        assert sent(tablet)[-1] == ("/panic", ())
    finally:
        tablet.close()


def test_where_no_answers_are_heard_it_says_so(mirror: tuple[SilentDaemon, int]) -> None:
    daemon, _ = mirror
    tablet = Tablet(LAYOUT, daemon.port)
    try:
        assert until(lambda: shows(tablet, "status", "no answers come here: choose TCP"), LOAD_S)
    finally:
        tablet.close()
