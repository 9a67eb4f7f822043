"""The TouchOSC layouts: valid, and in use, by a simulated tablet, against a real daemon."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import py2tosc
import pytest

from oscvae.settings.sections import MacrosConfig
from parts import ROOT
from parts.client import OscClient, Reply, free_tcp_port
from parts.silent import SilentDaemon
from parts.waiting import until
from patches.places import cramped, leaves, outside, overlapping
from patches.tablet import Tablet

FOLDER = ROOT / "patches" / "touchosc"
LAYOUTS = [FOLDER / name for name in ("oscvae-phone.tosc", "oscvae.tosc")]
TOLD_S = 10.0  # within which all is told
MOST_TOLD = 30  # a second, at one address
MACROS = tuple(MacrosConfig().map)


@pytest.fixture
def tablets(silent: SilentDaemon) -> Iterator[tuple[Tablet, Tablet]]:
    """A tablet and a phone, both subscribed, and so both told what the model is."""
    pair = Tablet(FOLDER / "oscvae.tosc", silent.port), Tablet(FOLDER / "oscvae-phone.tosc", silent.port)
    for one in pair:
        one.frame()
    assert until(lambda: all(hears(one).value("model", "text") == "plucked" for one in pair), 10.0)
    yield pair
    for one in pair:
        one.close()


def hear_last(listener: OscClient, final: dict[str, tuple[float, ...]]) -> list[Reply]:
    """All that is told until the last at each of these addresses is this."""
    told: list[Reply] = []

    def arrived() -> bool:
        told.extend(listener.drain())
        last = dict(told)
        return all(last.get(address) == pytest.approx(args) for address, args in final.items())

    assert until(arrived, TOLD_S), f"the last was not told: {final}, but {dict(told)}"
    return told


def hears(tablet: Tablet) -> Tablet:
    tablet.frame()
    return tablet


def shown(tablet: Tablet) -> list[tuple[float, float]]:
    """Where the cursor is on each pad."""
    return [(tablet.value(f"cursor {k}", "x"), tablet.value(f"cursor {k}", "y")) for k in (1, 2)]


def cursor(silent: SilentDaemon) -> tuple[float, ...]:
    """Where the daemon's cursor is."""
    client = silent.client
    assert client.ask("/preset/save", "here", answer=("/done",)) == ("/done", ("/preset/save", "here"))
    (file,) = silent.presets.glob("plucked.json")
    return tuple(json.loads(file.read_text())["presets"]["here"])


def latent(silent: SilentDaemon, *shares: float) -> tuple[float, ...]:
    """0..1 of each dimension in the model's own numbers."""
    reply = silent.client.ask("/model", answer=("/model",))
    assert reply is not None
    ranges = reply[1][5:]
    return tuple(ranges[2 * k] + share * (ranges[2 * k + 1] - ranges[2 * k]) for k, share in enumerate(shares))


# -- the files ---------------------------------------------------------------------------------------------------------


def test_there_are_a_tablet_a_phone_and_two_recordings() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*(path.name for path in LAYOUTS), "oscvae-blend.tosc"}


@pytest.mark.parametrize("path", LAYOUTS, ids=lambda path: path.name)
def test_they_are_valid_and_whole(path: Path) -> None:
    document = py2tosc.load(path)
    assert document.validate() == []
    for name in (
        "pad 1",
        "pad 2",
        "cursor 1",
        "cursor 2",
        "gain",
        "glide",
        "save",
        "1",
        "8",
        "key 48",
        "key 72",
        "left",
        *(f"macro {k + 1}{what}" for k in range(len(MACROS)) for what in ("", " name", " value")),
    ):
        assert document.find(name) is not None, f"{name} is missing"
    assert outside(document.root) == []


@pytest.mark.parametrize("path", LAYOUTS, ids=lambda path: path.name)
def test_nothing_that_shows_the_cursor_sends(path: Path) -> None:
    """Which is why no loop can begin there."""
    document = py2tosc.load(path)
    for k in (1, 2):
        shown, touched = document.find(f"cursor {k}"), document.find(f"pad {k}")
        assert shown is not None and touched is not None
        assert shown.messages == [] and not shown.get("interactive")
        assert not any(message.receive for message in touched.messages if isinstance(message, py2tosc.OscMessage))
    for control in document.walk():
        for message in control.messages:
            assert not (isinstance(message, py2tosc.OscMessage) and message.feedback)


@pytest.mark.parametrize("path", LAYOUTS, ids=lambda path: path.name)
def test_nothing_lies_on_something_else_and_words_have_room(path: Path) -> None:
    found = list(leaves(py2tosc.load(path).root))
    assert len(found) > 60
    assert overlapping(found) == [] and cramped(found) == []
    for k in (1, 2):
        (words,) = [leaf.control for leaf in found if leaf.control.get("name") == f"pad {k} axes"]
        assert not words.get("interactive"), "it would keep the finger from the pad"
    for leaf in found:
        if leaf.control.control_type is py2tosc.ControlType.FADER and leaf.name.startswith("macro "):
            assert leaf.width >= 200 and leaf.height >= 30, "a macro has a long way"


def test_a_phones_pads_and_keys_are_on_one_page_and_panic_on_all() -> None:
    pages = {leaf.control.get("name"): leaf.page for leaf in leaves(py2tosc.load(FOLDER / "oscvae-phone.tosc").root)}
    assert pages["pad 1"] == pages["pad 2"] == pages["key 60"] == pages["pedal"] == "play"
    assert pages["panic"] == "", "outside of the pager"


# -- in use ------------------------------------------------------------------------------------------------------------


def test_a_tablet_plays(silent: SilentDaemon, tablets: tuple[Tablet, Tablet]) -> None:
    tablet, phone = tablets
    listener = silent.listen()
    tablet.press("key 60", x=1.0)
    told = listener.wait_for("/voice/on")
    assert told is not None and told[1][1] == 60.0
    assert until(lambda: hears(phone).value("voices", "text") == "1 voices", 5.0)
    tablet.lift("key 60", x=0.0)
    assert listener.wait_for("/voice/off") is not None
    assert until(lambda: hears(phone).value("voices", "text") == "0 voices", 5.0)
    tablet.press("gain", x=0.0)
    assert listener.wait_for("/gain") == ("/gain", (-60.0,))
    assert tablet.value("gain value", "text") == "-60"
    assert not [reply for reply in listener.drain() if reply[0] == "/fail"]


def test_two_pads_lose_no_final_value(silent: SilentDaemon, tablets: tuple[Tablet, Tablet]) -> None:
    """Sixty messages a second from each of two pads, while notes are held that follow them."""
    tablet, phone = tablets
    listener = silent.listen()
    for note in (48, 55, 64):
        tablet.press(f"key {note}", x=1.0)

    def move(share: float) -> None:
        angle = 2 * math.pi * share
        tablet.drag("pad 1", x=0.5 + 0.5 * math.sin(3 * angle), y=share)
        tablet.drag("pad 2", x=0.5 + 0.5 * math.cos(2 * angle), y=1.0 - share)

    begin = len(tablet.sent)
    tablet.press("pad 1")
    tablet.press("pad 2")
    tablet.frames(1.0, move)
    final = (0.123, 0.877), (0.25, 0.75)
    for k, (x, y) in enumerate(final, start=1):
        tablet.lift(f"pad {k}", x=x, y=y)
    sent = [address for address, _ in tablet.sent[begin:]]
    assert sent.count("/pad/1") >= 60 and sent.count("/pad/2") >= 60

    told = hear_last(listener, {f"/pad/{k}": place for k, place in enumerate(final, start=1)})
    assert all(place != pytest.approx(last) for place, last in zip(shown(phone), final, strict=True))
    places = [pytest.approx(place) for place in final]
    for one in tablets:
        assert until(lambda one=one: shown(hears(one)) == places, TOLD_S), shown(one)
    assert cursor(silent) == pytest.approx(latent(silent, *final[0], *final[1]), abs=1e-5)
    assert not [reply for reply in told if reply[0] == "/fail"]
    assert {address for address, _ in phone.sent} <= {"/notify", "/model", "/macros"}, "what is told is not sent back"
    assert [address for address, _ in tablet.sent[begin:]] == sent


def test_the_pads_say_what_the_model_calls_their_dimensions(tablets: tuple[Tablet, Tablet]) -> None:
    for one in tablets:
        axes = [one.value(f"pad {k} axes", "text") for k in (1, 2)]
        assert axes == ["dimensions 1, 2", "dimensions 3, 4"]
        one.receive("/labels", ("brightness", "z2", "damping", "low end"), "ssss")
        assert [one.value(f"pad {k} axes", "text") for k in (1, 2)] == ["brightness, z2", "damping, low end"]
        one.receive("/labels", (), "")
        assert [one.value(f"pad {k} axes", "text") for k in (1, 2)] == axes


def test_a_preset_is_glided_to_by_all(silent: SilentDaemon, tablets: tuple[Tablet, Tablet]) -> None:
    tablet, phone = tablets
    listener = silent.listen()
    tablet.lift("pad 1", x=0.8, y=0.3)
    tablet.lift("pad 2", x=0.1, y=0.6)
    tablet.tap("save")
    tablet.tap("5")
    assert tablet.value("save") == 0.0, "only the next one is saved"
    tablet.lift("pad 1", x=0.0, y=1.0)
    tablet.lift("pad 2", x=1.0, y=0.0)
    phone.press("glide", x=0.05)  # of ten seconds
    assert phone.value("glide value", "text") == "0.5"
    begin = len(tablet.sent), len(phone.sent)
    phone.tap("5")
    assert phone.sent[begin[1] :] == [("/preset/recall", ("5", 0.5))]
    for _ in range(5):
        tablet.frames(0.2)
        phone.frame()
    places = (0.8, 0.3), (0.1, 0.6)
    for one in tablets:
        for k, place in enumerate(places, start=1):
            shown = one.value(f"cursor {k}", "x"), one.value(f"cursor {k}", "y")
            assert shown == pytest.approx(place, abs=1e-4), "the cursor did not arrive where the preset is"
    assert cursor(silent) == pytest.approx(latent(silent, 0.8, 0.3, 0.1, 0.6), abs=1e-5)
    steps = [args for address, args in listener.drain() if address == "/z"]
    assert len(steps) > 5, "a glide is told on its way"
    assert steps[-1] == pytest.approx(latent(silent, 0.8, 0.3, 0.1, 0.6), abs=1e-5)
    assert (len(tablet.sent), len(phone.sent)) == (begin[0], begin[1] + 1), "a glide that is shown is not sent back"


def test_faders_follow_each_other_without_a_loop(silent: SilentDaemon, tablets: tuple[Tablet, Tablet]) -> None:
    tablet, phone = tablets
    silent.listen()
    begin = len(tablet.sent), len(phone.sent)
    for share in (0.2, 0.4, 0.9):
        tablet.press("bend", x=share)
        phone.press("release", x=1.0 - share)
    tablet.tap("pedal")
    silent.client.send("/stretch", 2.0)
    for _ in range(5):
        tablet.frames(0.1)
        phone.frame()
    for one in tablets:
        assert one.value("bend") == pytest.approx(0.9)
        assert one.value("release") == pytest.approx(0.1, abs=1e-6)
        assert one.value("stretch") == pytest.approx((2.0 - 0.25) / 3.75)
        assert one.value("pedal") == 1.0
    assert tablet.sent[begin[0] :].count(("/sustain", (1,))) == 1
    assert len(tablet.sent) == begin[0] + 4 and len(phone.sent) == begin[1] + 3
    tablet.tap("pedal")


def test_how_keys_play_is_chosen_on_one_and_shown_on_both(silent: SilentDaemon, tablets: tuple[Tablet, Tablet]) -> None:
    tablet, phone = tablets
    begin = len(phone.sent)
    for mode in ("mono", "legato", "poly"):
        tablet.tap(mode)
        assert tablet.sent[-1] == ("/mode", (mode,))
        for _ in range(3):
            tablet.frames(0.1)
            phone.frame()
        assert [one.value("mode", "text") for one in tablets] == [mode, mode]
    assert len(phone.sent) == begin, "what is heard is not sent back"


def test_wheels_and_pedals_of_keyboards_are_shown_and_move_no_fader(
    silent: SilentDaemon, tablets: tuple[Tablet, Tablet]
) -> None:
    tablet, phone = tablets
    silent.listen()
    begin = len(tablet.sent), len(phone.sent)

    def show(words: str) -> None:
        for one in tablets:
            assert until(lambda one=one: hears(one).value("keyboards", "text") == words, TOLD_S), words

    assert tablet.value("keyboards", "text") == ""
    for path, value, words in (
        ("/bend/3", 1.25, "bend +1.2"),
        ("/sustain/2", 1, "pedal bend +1.2"),
        ("/sustain/3", 1, "pedal bend +1.2"),
        ("/bend/3", -2.0, "pedal bend -2.0"),
        ("/sustain/2", 0, "pedal bend -2.0"),
        ("/bend/3", 0.0, "pedal"),
        ("/sustain/3", 0, ""),
    ):
        silent.client.send(path, value)
        show(words)
    for one in tablets:
        assert (one.value("bend"), one.value("pedal")) == (0.5, 0.0)
    assert (len(tablet.sent), len(phone.sent)) == begin


def test_a_macro_moves_the_faders_of_all(silent: SilentDaemon, tablets: tuple[Tablet, Tablet]) -> None:
    """Sixty messages a second; the tablet's own faders follow its macro, and what is told is not sent back."""
    tablet, phone = tablets
    listener = silent.listen()
    begin = len(tablet.sent), len(phone.sent)
    began = time.monotonic()
    tablet.press("macro 1")
    tablet.frames(1.0, lambda share: tablet.drag("macro 1", x=abs(math.sin(20 * share))))
    tablet.lift("macro 1", x=0.625)
    sent = [address for address, _ in tablet.sent[begin[0] :]]
    assert sent.count("/macro/1") >= 55 and set(sent) == {"/macro/1"}
    final = {"/macro/1": (0.625,), "/attack": (0.625 * 0.25,), "/release": (0.15 + 0.625 * 2.35,)}
    told = hear_last(listener, final)
    most = MOST_TOLD * (time.monotonic() - began) + 5
    for address in final:
        assert sum(path == address for path, _ in told) <= most, "of sixty, at most thirty a second are told"
    assert not [reply for reply in told if reply[0] in {"/fail", "/bend"}]
    # the attack's fader is two seconds long
    faders = {"macro 1": 0.625, "attack": 0.625 * 0.25 / 2.0, "release": (0.15 + 0.625 * 2.35 - 0.005) / 3.995}
    for one in tablets:
        assert until(lambda one=one: {name: hears(one).value(name) for name in faders} == pytest.approx(faders), TOLD_S)
        assert one.value("macro 1 value", "text") == "0.625"
    assert len(tablet.sent) == begin[0] + len(sent) and len(phone.sent) == begin[1]

    # a parameter that is moved alone, and a preset, leave the macro where it is
    phone.press("release", x=0.0)
    tablet.press("macro 3", x=1.0)
    phone.tap("save")
    phone.tap("6")
    phone.press("glide", x=0.0)
    phone.tap("6")
    for _ in range(10):
        tablet.frames(0.05)
        phone.frame()
    for one in tablets:
        assert (one.value("macro 1"), one.value("macro 3")) == pytest.approx((0.625, 1.0))
        assert one.value("release") == pytest.approx(0.0)
        assert (one.value("cursor 1", "x"), one.value("cursor 1", "y")) == pytest.approx((1.0, 0.0), abs=1e-4)


def test_a_layout_that_is_opened_again_shows_how_things_stand(
    silent: SilentDaemon, tablets: tuple[Tablet, Tablet]
) -> None:
    tablet, _ = tablets
    for path, args in (("/pad/2", (0.9, 0.2)), ("/gain", (-27.0,)), ("/macro/4", (0.25,)), ("/sustain", (1,))):
        silent.client.send(path, *args)
    port = tablet.hearing
    tablet.close()
    again = Tablet(FOLDER / "oscvae.tosc", silent.port, hearing=port)
    try:
        assert until(lambda: hears(again).value("macro 4") == pytest.approx(0.25), 10.0)
        assert again.value("model", "text") == "plucked"
        assert again.value("gain") == pytest.approx(0.5)
        assert again.value("gain value", "text") == "-27"
        assert again.value("pedal") == 1.0
        # as macro 4 has moved them
        assert (again.value("cursor 2", "x"), again.value("cursor 2", "y")) == pytest.approx((0.625, 0.375), abs=1e-4)
        assert {address for address, _ in again.sent} == {"/notify", "/model", "/macros"}
    finally:
        again.close()
        for message in (("/gain", -12.0), ("/macro/4", 0.0), ("/sustain", 0)):
            silent.client.send(*message)


def test_it_subscribes_where_it_hears_answers() -> None:
    tablet = Tablet(FOLDER / "oscvae.tosc")
    there, here = ("/notify", (1.0, float(tablet.hearing))), ("/notify", (1.0,))

    def renewal(*answers: tuple[str, int]) -> list[tuple[str, tuple[float, ...]]]:
        tablet.sent.clear()
        tablet.ahead_s += 21.0
        tablet.frame()
        for answer in answers:
            tablet.receive("/done", answer, "si")
        return [message for message in tablet.sent if message[0] == "/notify"]

    assert renewal()[-1] == there and renewal() == [there], "none is heard"
    assert renewal(("/notify", 1), ("/notify", 0), ("/notify", 1)) == [there, ("/notify", (0.0, there[1][1])), here]
    assert renewal(("/notify", 1)) == [here]
    assert renewal() == [here] and renewal(("/notify", 1)) == [here], "one may be lost"
    assert renewal() == [here] and renewal() == [here]
    assert renewal(("/load", 1)) == [there], "the connection is another by now"
    tablet.close()


@pytest.fixture(scope="module")
def heard_over_tcp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SilentDaemon, int]]:
    """A daemon with macros of its own, and its TCP port."""
    port = free_tcp_port()
    macros = "macros.map={swell up: {/attack: [0, 2]}, b: {/pan: ~}}"
    daemon = SilentDaemon(tmp_path_factory.mktemp("tcp"), f"osc.tcp_port={port}", macros)
    yield daemon, port
    daemon.close()


@pytest.mark.parametrize("over", ["tcp", "one port"])
def test_it_follows_over_tcp_and_where_it_sends_from_as_well(
    heard_over_tcp: tuple[SilentDaemon, int], over: Literal["tcp", "one port"]
) -> None:
    daemon, tcp_port = heard_over_tcp
    daemon.client.send("/gain", -12.0)
    daemon.client.send("/pan", 0.0)
    daemon.daemon.settle()
    tablet = Tablet(FOLDER / "oscvae.tosc", tcp_port if over == "tcp" else daemon.port, over=over)
    try:
        assert until(lambda: hears(tablet).value("model", "text") == "plucked", 10.0)
        daemon.client.send("/gain", -27.0)
        assert until(lambda: hears(tablet).value("gain") == pytest.approx(0.5), 10.0)
        tablet.frames(0.2)
        heard: list[str] = []
        tablet.receive = lambda address, args, tags: heard.append(address)  # type: ignore[method-assign]
        daemon.client.send("/pan", 0.5)
        tablet.frames(0.5)
        assert heard.count("/pan") == 1, "it is told once"
    finally:
        tablet.close()


def test_macros_have_the_names_of_the_configuration(heard_over_tcp: tuple[SilentDaemon, int]) -> None:
    one = Tablet(FOLDER / "oscvae.tosc", heard_over_tcp[0].port)
    try:
        assert [one.value(f"macro {k + 1} name", "text") for k in range(4)] == list(MACROS)
        assert until(lambda: hears(one).value("macro 1 name", "text") == "swell up", 10.0)
        assert [one.value(f"macro {k + 1} name", "text") for k in range(4)] == ["swell up", "b", "", ""]
        assert one.value("model", "text") == "plucked", "it is told without a /load, too"
    finally:
        one.close()
