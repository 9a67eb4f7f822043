"""The patches for another part than the first: what they send has its prefix, and they hear of no other part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import py2tosc
import pytest

from oscvae.app import patches
from oscvae.errors import ConfigError
from oscvae.osc.vocabulary import TABLE
from parts.pd import Pd, client_patch, demo_patch
from parts.programs import needs
from parts.sclang import run
from parts.silent import SilentDaemon
from parts.waiting import until
from patches.fake import MODEL, FakeDaemon
from patches.maxhost import FOLDER, Max
from patches.stagecontrol import StageControl
from patches.tablet import Tablet

pytestmark = pytest.mark.client

SOUNDS = ("low.wav", 0.0, "high.wav", 2.0)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SilentDaemon]:
    """Two parts: plucked, and drums."""
    daemon = SilentDaemon(tmp_path_factory.mktemp("pair"), "model.parts={2: drums}")
    yield daemon
    daemon.close()


# -- Pure Data ---------------------------------------------------------------------------------------------------------


def pd_of_part(folder: Path, port: int, part: str = " 2", name: str = "client.pd") -> Path:
    patch = client_patch(folder, port)
    text = patch.read_text().replace(f" {port} 4;", f" {port} 4{part};")
    (folder / name).write_text(text)
    return folder / name


@needs("pd")
def test_what_pd_sends_begins_with_its_part_unless_it_is_the_daemons(tmp_path: Path, fake: FakeDaemon) -> None:
    with Pd(tmp_path, pd_of_part(tmp_path, fake.port)) as pd:
        fake.until("/notify")
        fake.drain()
        for words in ("/play 60 0.5 0 0 0", "play 60 0.5 0 0 0", "/preset/save mine", "/status", "/part/3/gain -6"):
            pd.send("go", words)
        sent = [(message.address, message.args) for message in fake.drain() if message.address != "/notify"]
        note = ("/part/2/play", (60.0, 0.5, 0.0, 0.0, 0.0))
        assert sent == [note, note, ("/part/2/preset/save", ("mine",)), ("/status", ()), ("/part/3/gain", (-6.0,))]
        assert pd.wrong() == []


@needs("pd")
def test_pd_hears_its_part_without_the_prefix_and_of_no_other(tmp_path: Path, fake: FakeDaemon) -> None:
    with Pd(tmp_path, pd_of_part(tmp_path, fake.port)) as pd:
        fake.until("/notify")
        fake.tell("/done", "/notify", 1)
        fake.until("/part/2/model")
        fake.tell("/model", "other", 4, 48_000.0, 40, 88, *MODEL[5:])
        fake.tell("/part/2/model", *MODEL)
        fake.tell("/done", "/part/2/load", "plucked", 4)
        fake.tell("/done", "/record", "take.wav")
        fake.tell("/fail", "/part/2/play", "expected note z1 z2")
        fake.tell("/voice/on", -1, 50.0)
        fake.tell("/part/3/voice/on", -2, 51.0)
        fake.tell("/part/2/voice/on", -3, 60.0)
        fake.tell("/z", 1.0, 1.0, 1.0, 1.0)
        fake.tell("/part/2/z/2", 1.0)
        fake.tell("/level", -12.5, -13.5)
        fake.tell("/part/2/gain", -6.0)
        pd.wait_for("outlet-9: gain -6")
        assert pd.printed("outlet-1") == ["/load plucked 4", "/record take.wav"]
        assert pd.printed("outlet-2") == ["/play expected note z1 z2"]
        assert pd.printed("outlet-3") == ["-3 60"]
        assert pd.printed("outlet-5") == ["-12.5 -13.5"]
        assert [line.split()[0] for line in pd.printed("outlet-8")] == ["plucked"]
        pd.send("go", "/unit/1 0.5")
        pd.wait_for("outlet-9: cursor 1 0.5 0$")
        moves = [line for line in pd.printed("outlet-9") if line.startswith("cursor")]
        assert moves == ["cursor 2 0.75 1", "cursor 1 0.5 0"]
        assert pd.wrong() == []


@needs("pd")
def test_a_pd_client_changes_its_part_by_a_message(tmp_path: Path, fake: FakeDaemon) -> None:
    with Pd(tmp_path, pd_of_part(tmp_path, fake.port, part="")) as pd:
        fake.greet()
        fake.tell("/part/2/gain", -6.0)
        pd.wait_for("outlet-9: part 2 gain -6")  # the first is told of the others, with their prefix
        fake.drain()
        pd.send("go", "part 2")
        pd.send("go", "/gain -9")
        sent = [(message.address, message.args) for message in fake.drain() if message.address != "/notify"]
        assert sent == [("/part/2/model", ()), ("/part/2/get", ("/z",)), ("/part/2/gain", (-9.0,))]
        pd.send("go", "part 1")
        pd.send("go", "/gain -9")
        assert fake.until("/gain").args == (-9.0,)


@needs("pd")
def test_pd_blends_in_another_part(tmp_path: Path, fake: FakeDaemon) -> None:
    patch = demo_patch(tmp_path, fake.port, "blend.pd")
    patch.write_text(patch.read_text().replace(f"127.0.0.1 {fake.port};", f"127.0.0.1 {fake.port} 4 2;"))
    with Pd(tmp_path, patch) as pd:
        fake.until("/notify")
        fake.tell("/done", "/notify", 1)
        fake.tell("/part/2/model", *MODEL)
        fake.until("/part/2/sounds")
        fake.tell("/sounds.reply", "another part's.wav", 2.0)
        fake.tell("/part/2/sounds.reply", *SOUNDS)
        pd.wait_for("blend-sound: 2 high.wav 2")
        pd.send("blend-a", 1)
        assert fake.until("/part/2/encode").args == SOUNDS[:1]
        pd.send("blend-b", 2)
        pd.send("blend-start")
        assert fake.until("/part/2/blend").args == (1.0, "low", "high", 0.5, 1.0)
        assert pd.wrong() == []


@needs("pd")
def test_one_pd_patch_plays_two_parts(tmp_path: Path, pair: SilentDaemon) -> None:
    first = pd_of_part(tmp_path, pair.port, part="", name="first.pd")
    second = pd_of_part(tmp_path, pair.port)
    for patch, name in ((first, "one"), (second, "two")):
        text = patch.read_text().replace("r go;", f"r {name};").replace("print outlet-", f"print {name}-")
        patch.write_text(text)
    listener = pair.listen()
    with Pd(tmp_path, first, second) as pd:
        pd.wait_for("one-8: plucked ")
        pd.wait_for("two-8: drums ")
        pd.send("two", "/pad/1 0.25 0.75")
        assert listener.wait_for("/part/2/pad/1") == ("/part/2/pad/1", (0.25, 0.75))
        pd.send("two", "/note 61 100")
        pd.wait_for(r"two-3: -\d+ 61$")
        pd.send("one", "/note 62 100")
        pd.wait_for(r"one-3: -\d+ 62$")
        assert not any(line.endswith(" 62") for line in pd.printed("two-3"))
        assert not any(line.endswith(" 61") for line in pd.printed("one-3"))
        pd.send("one", "/panic")
        pd.send("two", "part 1")
        pd.wait_for("two-8: plucked ")
        assert pd.wrong() == []


# -- SuperCollider -----------------------------------------------------------------------------------------------------


@needs("sclang")
def test_a_part_in_sclang_shares_the_connection_and_hears_of_no_other(tmp_path: Path, pair: SilentDaemon) -> None:
    log = run(
        tmp_path,
        f"""
        ~left = IdentitySet[\\saved, \\heard, \\told, \\whole];
        x = OscVae("127.0.0.1", {pair.port});
        y = x.part(2);
        "SAME % % %".format(x.part(1) === x, y === x.part(2), y.addr === x.addr).postln;
        x.notify {{ |address ... args| if(address == '/voice/on') {{ "WHOLE %".format(args[1]).postln }};
            if(address == '/part/2/voice/on') {{ ~left.remove(\\whole) }} }};
        y.onFail = {{ |command, why| "TOLD %".format(command).postln; ~left.remove(\\told) }};
        y.notify {{ |address ... args|
            if(address == '/model') {{ "STANDS %".format(args[0]).postln }};
            if(address == '/voice/on') {{ "HEARD %".format(args[1]).postln; ~left.remove(\\heard) }} }};
        y.model {{ |m| "MODEL %".format(m.name).postln }};
        y.models {{ |names| "MODELS %".format(names.includes('drums')).postln }};
        y.status {{ |s| "STATUS %".format(s.model).postln }};
        y.get("/gain") {{ |values| "GAIN %".format(values[0].round(0.1)).postln }};
        y.savePreset("from a part", {{ |name| "SAVED %".format(name).postln; ~left.remove(\\saved) }});
        y.load("nowhere", {{ "WRONG".postln }}, {{ "FAILED".postln }});
        y.play(60);
        SystemClock.sched(1.0, {{
            (type: \\oscvae, oscvae: y, midinote: 61, z: [0, 0, 0, 0], sustain: 0.1).play;
            x.bind {{ x.play(62, [0, 0, 0, 0], 0.5, 0.1); y.play(63, [0, 0, 0, 0], 0.5, 0.1) }};
            nil
        }});
        Routine {{ while {{ ~left.notEmpty }} {{ 0.05.wait }}; 0.5.wait; y.notify(nil); x.notify(nil); 0.exit }}
        .play(AppClock);
        """,
        quit_after_s=60.0,
    )
    lines = log.splitlines()
    for line in ("SAME true true true", "STANDS drums", "MODEL drums", "MODELS true", "STATUS plucked", "GAIN -12.0"):
        assert line in lines, f"{line} is missing:\n{log}"
    assert "SAVED from a part" in lines and "FAILED" in lines and "TOLD /part/2/play" in lines, log
    assert [line for line in lines if line.startswith("HEARD")] == ["HEARD 61.0", "HEARD 63.0"], log
    assert [line for line in lines if line.startswith("WHOLE")] == ["WHOLE 62.0"], log
    assert "STANDS plucked" not in lines and "WRONG" not in log


# -- Max ---------------------------------------------------------------------------------------------------------------

CLIENT = "oscvae.maxpat"


@needs("node")
def test_what_max_sends_begins_with_its_part_and_it_hears_of_no_other(fake: FakeDaemon) -> None:
    with Max(CLIENT, fake.port, 2) as patch:
        fake.until("/notify")
        fake.tell("/done", "/notify", 1)
        fake.until("/part/2/model")
        fake.tell("/model", "other", 4, 48_000.0, 40, 88, *MODEL[5:])
        fake.tell("/part/2/model", *MODEL)
        fake.tell("/done", "/part/2/load", "plucked", 4)
        fake.tell("/fail", "/part/2/play", "expected note z1 z2")
        fake.tell("/voice/on", -1, 50)
        fake.tell("/part/3/voice/on", -2, 51)
        fake.tell("/part/2/voice/on", -3, 60)
        fake.tell("/z", 1.0, 1.0, 1.0, 1.0)
        fake.tell("/part/2/z/2", 1.0)
        fake.tell("/part/2/gain", -6.0)
        fake.tell("/pong")
        assert until(lambda: ("/pong",) in patch.hear().said[9], 5.0)
        assert patch.said[1] == [("/load", "plucked", 4)]
        assert patch.said[2] == [("/play", "expected note z1 z2")]
        assert patch.said[3] == [(-3, 60)]
        assert [said[0] for said in patch.said[8]] == ["plucked"]
        assert [said for said in patch.said[9] if said[0] == "cursor"] == [("cursor", 2, 0.75, 1)]
        assert ("/gain", -6) in patch.said[9]
        fake.drain()
        for words in (("play", 60, 0, 0, 0, 0), ("/status",), ("/part/3/gain", -6), ("/unit/1", 0.5)):
            patch.tell(*words)
        sent = [(message.address, message.args) for message in fake.drain() if message.address != "/notify"]
        note = ("/part/2/play", (60, 0, 0, 0, 0))
        assert sent == [note, ("/status", ()), ("/part/3/gain", (-6,)), ("/part/2/unit/1", (0.5,))]
        assert until(lambda: ("cursor", 1, 0.5, 0) in patch.hear().said[9], 5.0)
        patch.tell("part", 1)
        sent = [message.address for message in fake.drain() if message.address != "/notify"]
        assert sent == ["/model", "/get"]
        assert patch.posted == []


@needs("node")
def test_max_blends_in_another_part(fake: FakeDaemon) -> None:
    with Max("blend.maxpat", fake.port, 2) as patch:
        fake.until("/notify")
        fake.tell("/done", "/notify", 1)
        fake.tell("/part/2/model", *MODEL)
        fake.until("/part/2/sounds")
        fake.tell("/sounds.reply", "another part's.wav", 2.0)
        fake.tell("/part/2/sounds.reply", *SOUNDS)
        assert until(lambda: patch.hear()["sound-a"].kept == ["a sound", *SOUNDS[::2]], 5.0)
        patch.touch("sound-a", 1)
        assert fake.until("/part/2/encode").args == SOUNDS[:1]
        patch.touch("sound-b", 2)
        patch.touch("start")
        assert fake.until("/part/2/blend").args[1:3] == ("low", "high")


@needs("node")
def test_max_plays_another_part(pair: SilentDaemon) -> None:
    listener = pair.listen()
    with Max(CLIENT, pair.port) as first, Max(CLIENT, pair.port, 2) as second:
        assert until(lambda: first.hear().said[8] != [] and second.hear().said[8] != [], 10.0)
        assert (first.said[8][0][0], second.said[8][0][0]) == ("plucked", "drums")
        second.tell("/pad/1", 0.75, 0.25)
        assert listener.wait_for("/part/2/pad/1") == ("/part/2/pad/1", (0.75, 0.25))
        second.tell("/note", 61, 100)
        first.tell("/note", 62, 100)
        assert until(lambda: [note for _, note in second.hear().said[3]] == [61], 5.0)
        assert until(lambda: [note for _, note in first.hear().said[3]] == [62], 5.0)
        first.tell("/panic")
        assert first.posted == second.posted == []


def test_max_knows_what_has_no_part() -> None:
    text = (FOLDER / "oscvae.js").read_text()
    (daemons,) = re.findall(r'^const DAEMONS = "(.*?)"', text, re.M)
    (told,) = re.findall(r'^const TOLD = "(.*?)"', text, re.M)
    assert daemons.split() == list(dict.fromkeys(row.path.split("/")[1] for row in TABLE if row.scope == "daemon"))
    of_part = {row.path.split("/")[1] for row in TABLE if row.scope != "daemon"}
    assert not of_part & {*daemons.split(), *told.split()}
    replies = {reply.split()[0][1:] for row in TABLE if row.scope == "daemon" for reply in row.replies}
    assert replies <= set(told.split())


# -- layouts -----------------------------------------------------------------------------------------------------------


@needs("node")
def test_a_stage_control_session_of_a_part_plays_it(tmp_path: Path, pair: SilentDaemon) -> None:
    written = patches.copy(tmp_path, part=2)
    assert Path("openstagecontrol/oscvae-part-2.json") in written and Path("openstagecontrol/oscvae.json") in written
    listener = pair.listen()
    surface = StageControl(tmp_path / "openstagecontrol" / "oscvae-part-2.json", pair.port)
    try:
        assert until(lambda: surface.hear() or surface.value("shown_model") == "drums", 10.0)
        surface.touch("pad_1", [0.125, 0.5])
        assert listener.wait_for("/part/2/pad/1") == ("/part/2/pad/1", (0.125, 0.5))
        surface.touch("keys", [60, 100])
        assert listener.wait_for("/part/2/voice/on") is not None
        pair.client.send("/gain", -30.0)
        pair.client.send("/part/2/gain", -20.0)
        assert until(lambda: surface.hear() or surface.value("gain") == -20, 10.0)
        surface.touch("panic", 1)
        sent = {address for address, _ in surface.sent}
        assert "/panic" in sent and "/notify" in sent, "are for all parts"
    finally:
        surface.close()
        pair.client.send("/gain", -12.0)
        pair.client.send("/part/2/gain", -12.0)


@pytest.mark.parametrize(("name", "x"), [("oscvae", 0.25), ("oscvae-phone", 0.375)])
def test_a_touchosc_layout_of_a_part_plays_it(tmp_path: Path, pair: SilentDaemon, name: str, x: float) -> None:
    """x: another of each, because the moves of one that come from the other a moment later are taken for echoes."""
    patches.copy(tmp_path, part=2)
    pair.client.send("/part/2/panic")  # a cursor that still glides home would be shown
    pair.ask("/ping", answer="/pong")
    tablet = Tablet(tmp_path / "touchosc" / f"{name}-part-2.tosc", pair.port)
    assert py2tosc.load(tmp_path / "touchosc" / f"{name}-part-2.tosc").validate() == []
    listener = pair.listen()
    try:
        tablet.frame()
        assert until(lambda: tablet.frame() or tablet.value("model", "text") == "drums", 10.0)
        tablet.press("pad 1", x=x, y=0.75)
        tablet.lift("pad 1")
        told = listener.wait_for("/part/2/pad/1")
        assert told is not None
        pair.client.send("/z/1", 1.0)
        pair.client.send("/part/2/pad/2", 0.125, 0.875)
        assert until(lambda: tablet.frame() or tablet.value("cursor 2", "y") == pytest.approx(0.875), 10.0)
        assert tablet.value("cursor 1", "x") == pytest.approx(x), "another part's cursor is not shown"
        tablet.tap("home")
        assert listener.wait_for("/part/2/glide") is not None
    finally:
        tablet.close()


@needs("node")
def test_a_stage_control_session_of_blends_of_a_part_plays_it(tmp_path: Path, fake: FakeDaemon) -> None:
    patches.copy(tmp_path, part=2)
    surface = StageControl(tmp_path / "openstagecontrol" / "blend-part-2.json", fake.port)
    try:
        surface.receive("/sounds.reply", "another part's.wav", 0.0)
        surface.receive("/part/2/sounds.reply", *SOUNDS)
        surface.touch("begin", 1)
        assert ("/part/2/encode", SOUNDS[:1]) in surface.sent
    finally:
        surface.close()


def test_a_touchosc_layout_of_blends_of_a_part_plays_it(tmp_path: Path) -> None:
    patches.copy(tmp_path, part=2)
    tablet = Tablet(tmp_path / "touchosc" / "oscvae-blend-part-2.tosc")
    try:
        tablet.frame()
        tablet.receive("/done", ("/notify", 1), "si")
        tablet.receive("/part/2/blends", (1,), "i")
        tablet.receive("/sounds.reply", ("another part's.wav", 0.0), "sf")
        tablet.receive("/part/2/sounds.reply", SOUNDS, "sfsf")
        tablet.tap("start")
        assert ("/part/2/encode", SOUNDS[:1]) in tablet.sent
    finally:
        tablet.close()


def test_there_is_no_layout_of_a_part_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no part 9: there are 8, 1 to 8"):
        patches.copy(tmp_path, part=9)
    assert list(tmp_path.iterdir()) == []
    assert patches.copy(tmp_path) == patches.files()
