"""The Max patches: as py2max reads them, and in use, by a small Max with real Node, against a real daemon."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from typing import Any

import pytest
from py2max import Patcher
from py2max.lint import lint

from oscvae.settings.sections import MacrosConfig
from parts import ROOT
from parts.programs import needs
from parts.silent import SilentDaemon
from parts.waiting import until
from patches.fake import MODEL, FakeDaemon
from patches.maxhost import FOLDER, Max, Patch

pytestmark = pytest.mark.client

CLIENT, HELP, BLEND = "oscvae.maxpat", "oscvae.maxhelp", "blend.maxpat"
# what py2max does not know; and a window that is as large as the presentation, not as the patch behind it
ALLOWED = {"W-UNKNOWN-OBJECT": "'node.script'", "W-OFFCANVAS": "extends outside"}


def asked(fake: FakeDaemon) -> list[tuple[str, tuple[Any, ...]]]:
    return [(message.address, message.args) for message in fake.drain() if message.address != "/notify"]


# -- the files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [CLIENT, HELP, BLEND])
def test_they_are_valid(name: str) -> None:
    patcher = Patcher.from_file(FOLDER / name)
    wrong = [found for found in lint(patcher) if ALLOWED.get(found.code, "\0") not in found.message]
    assert wrong == []
    content = json.loads((FOLDER / name).read_text())["patcher"]
    assert content["openinpresentation"] == 1
    boxes = {line["box"]["id"]: line["box"] for line in content["boxes"]}
    for line in content["lines"]:
        (source, outlet), (target, inlet) = line["patchline"]["source"], line["patchline"]["destination"]
        assert outlet < boxes[source]["numoutlets"] and inlet < boxes[target]["numinlets"]


@pytest.mark.parametrize("name", [CLIENT, HELP, BLEND])
def test_nothing_lies_on_something_else(name: str) -> None:
    content = json.loads((FOLDER / name).read_text())["patcher"]
    shown = [line["box"] for line in content["boxes"] if "presentation_rect" in line["box"]]
    for one, other in itertools.combinations(shown, 2):
        (x, y, width, height), (left, top, across, down) = one["presentation_rect"], other["presentation_rect"]
        apart = x + width <= left or left + across <= x or y + height <= top or top + down <= y
        assert apart, f"{one.get('text', one['maxclass'])} and {other.get('text', other['maxclass'])}"
    for box in shown:
        x, y, width, height = box["presentation_rect"]
        assert x + width <= content["rect"][2] and y + height <= content["rect"][3], f"{box.get('text')}: out of sight"


def test_every_attribute_is_known_to_max() -> None:
    """py2max warns of others while the files are made."""
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", "import maxhelp; maxhelp.help_patch()"],
        cwd=ROOT / "tools" / "patches",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_host_has_no_other_objects() -> None:
    broken = {"id": "a", "maxclass": "newobj", "text": "no-such 3", "patching_rect": [0, 0, 1, 1]}
    with pytest.raises(AssertionError, match="no object no-such"):
        Patch(Max.__new__(Max), {"patcher": {"boxes": [{"box": broken}], "lines": []}})


# -- the client --------------------------------------------------------------------------------------------------------


@needs("node")
def test_any_message_becomes_osc(fake: FakeDaemon) -> None:
    with Max(CLIENT, fake.port) as patch:
        fake.until("/notify")
        for words in (
            ("/play", 60, 0.5, -0.5, 0.25, 1),
            ("play", 60, 0.5, -0.5, 0.25, 1),
            ("/panic",),
            ("/preset/save", "mine"),
            ("/z/2", 0.5),
            ("stop",),
            (60, 100),
        ):
            patch.tell(*words)
        note = ("/play", (60, 0.5, -0.5, 0.25, 1))
        sent = [note, note, ("/panic", ()), ("/preset/save", ("mine",)), ("/z/2", (0.5,)), ("/stop", ())]
        assert asked(fake) == sent
        assert patch.posted == []


@needs("node")
def test_each_reply_has_its_outlet(fake: FakeDaemon) -> None:
    replies = (
        ("/done", "/load", "plucked", 4, 48_000, 144),
        ("/fail", "/play", "expected note z1 z2"),
        ("/voice/on", -3, 60),
        ("/voice/off", -3, 60),
        ("/level", -12.5, -13.5),
        ("/xrun", 2),
        ("/status.reply", 1, 2.5, 3.5),
        ("/model", *MODEL),
    )
    with Max(CLIENT, fake.port) as patch:
        fake.greet()
        assert until(lambda: patch.hear()["lives"].value == 1, 5.0)
        for address, *args in replies:
            fake.tell(address, *args)
        fake.tell("/presets.reply", "plucked", "one", "two words")
        assert until(lambda: ("/presets.reply", "plucked", "one", "two words") in patch.hear().said[9], 5.0)
        for outlet, (_, *args) in enumerate(replies, start=1):
            assert patch.said[outlet][-1] == tuple(args)
        assert len(patch.said[1]) == 1, "the client's own subscription is not told"
        assert [said for said in patch.said[9] if said[0] == "voices"] == [("voices", 1), ("voices", 0), ("voices", 1)]
        assert patch.posted == []


@needs("node")
def test_the_cursor_is_followed_in_all_its_words(fake: FakeDaemon) -> None:
    with Max(CLIENT, fake.port) as patch:
        fake.greet()
        fake.tell("/z", -2.0, 0.0, 1.0, 2.0)
        fake.tell("/z/2", 1.0)
        fake.tell("/unit/3", 0.25)
        fake.tell("/pad/2", 0.5, 0.75)
        fake.tell("/unit/9", 0.5)
        fake.tell("/pong")
        assert until(lambda: ("/pong",) in patch.hear().said[9], 5.0)
        moves = [said[1:] for said in patch.said[9] if said[0] == "cursor"]
        assert moves[:4] == [(1, 0, -2), (2, 0.5, 0), (3, 0.75, 1), (4, 1, 2)]
        assert moves[4:] == [(2, 0.75, 1), (3, 0.25, -1), (3, 0.5, 0), (4, 0.75, 1)]
        assert [said for said in patch.said[9] if said[0] == "pad"][-1] == ("pad", 2, 0.5, 0.75)
        assert patch["units"].value == [0, 0.75, 0.5, 0.75]
        patch.tell("/unit/1", 0.5)  # from this patch: the daemon tells it to others only
        assert until(lambda: ("cursor", 1, 0.5, 0) in patch.hear().said[9], 5.0)
        asked(fake)
        fake.tell("/z", 0.0, 0.0, 0.0, 0.0)
        assert until(lambda: patch.hear()["units"].value == [0.5] * 4, 5.0)
        assert asked(fake) == [], "what is followed is not sent back"


@needs("node")
def test_there_is_a_slider_for_each_dimension(fake: FakeDaemon) -> None:
    with Max(CLIENT, fake.port) as patch:
        fake.greet()
        assert until(lambda: patch.hear().said[8] != [], 5.0)
        patch.touch("units", 0.5, 0.5, 0.75, 0.5)
        assert fake.until("/unit/3").args == (0.75,)
        assert asked(fake) == [], "only the one that moved"
        fake.tell("/model", "other", 5, 48_000.0, 40, 88, *[-1.0, 1.0] * 5)
        assert until(lambda: patch.hear()["units"].value == [0.5] * 5, 5.0)
        patch.touch("units", 0.5, 0.5, 0.5, 0.5, 0)
        assert fake.until("/unit/5").args == (0,)
        patch.tell("home", 2)
        assert fake.until("/glide").args == (2, 0, 0, 0, 0, 0)


@needs("node")
def test_dimensions_are_called_what_the_model_calls_them(fake: FakeDaemon) -> None:
    with Max(CLIENT, fake.port) as patch:
        fake.greet()
        fake.tell("/labels", "brightness", "z2", "low end", "damping")
        named = "1 brightness, 2 z2, 3 low end, 4 damping"
        assert until(lambda: patch.hear()["names"].value == named, 5.0), patch["names"].value
        assert ("/labels", "brightness", "z2", "low end", "damping") in patch.said[9]
        fake.tell("/labels")
        assert until(lambda: patch.hear()["names"].value == "1, 2, 3, 4", 5.0)


@needs("node")
def test_points_are_kept_and_travelled_between(fake: FakeDaemon) -> None:
    with Max(CLIENT, fake.port) as patch:
        fake.greet()
        assert until(lambda: patch.hear().said[8] != [], 5.0)
        patch.tell("travel", 60, 3)
        assert fake.until("/interp").args == (60, 3, -1, -1, -1, -1, 1, 1, 1, 1)
        patch.tell("/z", 0.5, 0, 0, 0)
        patch.tell("keep", "a")
        patch.tell("/z", 0, 0, 0, -0.5)
        patch.tell("keep", "b")
        patch.tell("travel", 62, 0.5)
        assert fake.until("/interp").args == (62, 0.5, 0.5, 0, 0, 0, 0, 0, 0, -0.5)


@needs("node")
def test_it_connects_to_another_daemon_and_tells_of_none(fake: FakeDaemon) -> None:
    with FakeDaemon() as other, Max(CLIENT, fake.port) as patch:
        fake.greet()
        assert until(lambda: patch.hear()["lives"].value == 1, 5.0)
        patch.tell("connect", "localhost", other.port)
        assert fake.until("/notify").args == (0,), "the old one is left"
        assert until(lambda: patch.hear()["lives"].value == 0, 5.0)
        other.greet()
        assert until(lambda: patch.hear()["lives"].value == 1, 5.0)
        patch.tell("/notify", 0)
        assert other.until("/notify").args == (0,)
        other.tell("/done", "/notify", 0)
        patch.tell("disconnect")
        assert until(lambda: patch.hear()["lives"].value == 0, 5.0)
        other.drain()
        patch.tell("/panic")
        assert other.drain() == []
        patch.tell("connect", "127.0.0.1", 99999)
        patch.tell("connect", "no-such-host.invalid", 9000)
        assert until(lambda: len(patch.hear().posted) == 2, 20.0)
        assert patch.posted[0] == "oscvae: 99999 is no port" and "no-such-host.invalid is not found" in patch.posted[1]


@needs("node")
def test_without_arguments_it_is_this_machine() -> None:
    try:
        fake = FakeDaemon(9000)
    except OSError:
        pytest.skip("port 9000 is in use")
    with fake, Max(CLIENT, 0) as patch:  # a port of 0 is what Max says for #2 without an argument
        assert fake.until("/notify").args == (1,)
        assert patch.posted == []


@needs("node")
def test_the_client_plays(silent: SilentDaemon) -> None:
    listener = silent.listen()
    with Max(CLIENT, silent.port) as patch:
        assert until(lambda: patch.hear().said[8] != [], 10.0)
        assert patch.said[8][0][:2] == ("plucked", 4)
        patch.tell("/play", 60, 0.1, 0.2, 0.3, 0.4)
        told = listener.wait_for("/voice/on")
        assert told is not None and told[1][1] == 60.0
        assert until(lambda: any(note == 60 for _, note in patch.hear().said[3]), 5.0)
        patch.tell("/play", 60)
        assert until(lambda: patch.hear().said[2] != [], 5.0)
        assert patch.said[2][0][0] == "/play" and "expected note z1 z2 z3 z4" in patch.said[2][0][1]
        patch.tell("/status")
        assert until(lambda: patch.hear().said[7] != [], 5.0)
        patch.tell("/panic")
        assert until(lambda: patch.hear().said[4] != [], 5.0)
        assert patch.posted == []


# -- the help ----------------------------------------------------------------------------------------------------------


def test_the_help_has_every_message_of_the_client_in_pd() -> None:
    pd = (ROOT / "patches" / "pd" / "oscvae-help.pd").read_text()
    messages = {line.split(" ", 4)[4].rstrip(";") for line in pd.splitlines() if line.startswith("#X msg")}
    content = json.loads((FOLDER / HELP).read_text())["patcher"]
    shown = {line["box"]["text"] for line in content["boxes"] if line["box"]["maxclass"] == "message"}
    assert len(messages) >= 14 and messages <= shown


@needs("node")
def test_the_help_plays(silent: SilentDaemon) -> None:
    listener = silent.listen()
    with Max(HELP, silent.port) as patch:
        assert until(lambda: patch.hear().prints["oscvae-model"] != [], 10.0)
        patch.touch("keys", 60, 100)
        told = listener.wait_for("/voice/on")
        assert told is not None and told[1][1] == 60.0
        assert until(lambda: patch.hear()["voices"].value == 1, 5.0)
        patch.touch("pad-2", 250, 750)
        assert listener.wait_for("/pad/2") == ("/pad/2", (0.25, 0.75))
        patch.touch("save", 2)
        assert until(lambda: ("/preset/save", 3) in _numbers(patch.hear().prints["oscvae-done"]), 5.0)
        patch.touch("pad-2", 500, 500)
        patch.touch("glide", 0.0)
        patch.touch("recall", 2)
        assert listener.wait_for("/preset/recall") == ("/preset/recall", ("3", 0.0))
        assert until(lambda: patch.hear()["pad-2"].value == pytest.approx([250, 750], abs=0.1), 5.0)
        patch.touch("bend", 2.0)
        assert listener.wait_for("/bend") == ("/bend", (2.0,))
        assert patch["bend-slider"].value == pytest.approx(127 * 14 / 24)
        patch.touch("bend-slider", 63.5)
        assert listener.wait_for("/bend") == ("/bend", (0.0,))
        patch.touch("a")
        patch.touch("pad-1", 1000, 1000)
        patch.touch("b")
        patch.touch("travel-note", 65)
        patch.touch("travel")
        assert until(lambda: 65.0 in [args[1] for address, args in listener.drain() if address == "/voice/on"], 10.0)
        (silent.recordings / "take.wav").unlink(missing_ok=True)  # a name that is taken gets a number
        patch.touch("record", 1)
        assert until(lambda: ("/record", "take.wav") in patch.hear().prints["oscvae-done"], 5.0)
        patch.touch("record", 0)
        assert until(
            lambda: any(len(done) == 3 and done[1] == "take.wav" for done in patch.hear().prints["oscvae-done"]), 5.0
        )
        patch.touch("models")
        assert until(lambda: any("plucked" in names for names in patch.hear().prints["oscvae-models"]), 5.0)
        patch["cpu"].value = None
        assert until(lambda: patch.hear(0.1)["cpu"].value is not None, 10.0), "the status is asked again and again"
        patch.touch("panic")
        assert patch.prints["oscvae-fail"] == [] and patch.posted == []


@needs("node")
def test_the_help_follows_others_without_a_loop(silent: SilentDaemon) -> None:
    other = silent.client
    with Max(HELP, silent.port) as patch:
        assert until(lambda: patch.hear().prints["oscvae-model"] != [], 10.0)
        listener = silent.listen()
        other.send("/stretch", 2.5)
        other.send("/sustain", 1)
        other.send("/pad/1", 0.125, 0.5)
        assert until(lambda: patch.hear()["pad-1"].value == [125, 500], 5.0)
        assert until(lambda: patch.hear()["pedal"].value == 1, 5.0)
        assert patch["stretch"].value == 2.5
        assert patch["stretch-slider"].value == pytest.approx(127 * 2.25 / 3.75)
        patch.hear(0.3)
        told = [address for address, _ in listener.drain() if address in {"/stretch", "/sustain", "/pad/1"}]
        assert len(told) == 3, "what is heard is not sent back"
        other.send("/sustain", 0)
        other.send("/stretch", 1.0)
        silent.daemon.status()


@needs("node")
def test_the_help_chooses_how_keys_play_and_shows_it(silent: SilentDaemon) -> None:
    with Max(HELP, silent.port) as patch:
        assert until(lambda: patch.hear().prints["oscvae-model"] != [], 10.0)
        listener = silent.listen()
        patch.touch("legato")
        assert listener.wait_for("/mode") == ("/mode", ("legato",))
        assert patch["mode-shown"].value == "legato"
        silent.client.send("/mode", "mono")
        assert until(lambda: patch.hear()["mode-shown"].value == "mono", 5.0)
        patch.touch("poly")
        assert listener.wait_for("/mode") == ("/mode", ("mono",))
        assert listener.wait_for("/mode") == ("/mode", ("poly",))
        assert patch.posted == [] and patch.prints["oscvae-fail"] == []


@needs("node")
def test_the_macros_of_the_help_are_named_and_follow(silent: SilentDaemon) -> None:
    other = silent.client
    with Max(HELP, silent.port) as patch:
        assert until(lambda: patch.hear()["macro-4-name"].value == "drift", 10.0)
        assert [patch[f"macro-{k}-name"].value for k in range(1, 5)] == list(MacrosConfig().map)
        listener = silent.listen()
        patch.touch("macro-2", 63.5)
        assert listener.wait_for("/macro/2") == ("/macro/2", (0.5,))
        assert until(lambda: patch.hear()["bend"].value == -6.0, 5.0), "its own faders follow too"
        assert patch["stretch"].value == 1.5
        other.send("/macro", 2, 0.25)
        assert until(lambda: patch.hear()["macro-2"].value == pytest.approx(127 / 4), 5.0)
        assert until(lambda: patch.hear()["bend"].value == -3.0, 5.0)
        patch.hear(0.3)
        told = [address for address, _ in listener.drain() if address == "/macro/2"]
        assert len(told) == 1, "what is heard is not sent back"
        assert patch.posted == [] and patch.prints["oscvae-fail"] == []


def _numbers(printed: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """A preset's name is text, even where it is a number."""
    return [tuple(int(atom) if str(atom).isdecimal() else atom for atom in atoms) for atoms in printed]
