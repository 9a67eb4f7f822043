"""Every address in every patch is in the table, and whatever a patch can send is in range."""

from __future__ import annotations

import json
import re
from pathlib import Path

import py2tosc
import pytest

from oscvae.osc.vocabulary import TABLE, find
from oscvae.settings.sections import MacrosConfig
from parts import ROOT, judge
from parts.pd import FOLDER as PD
from parts.pd import Pd, demo_patch
from parts.programs import needs
from parts.sclang import Sclang
from parts.waiting import until
from patches.fake import FakeDaemon
from patches.maxhost import FULL, Max
from patches.stagecontrol import StageControl, widgets
from patches.tablet import Tablet

PATCHES = ROOT / "patches"
MACROS = tuple(f"/macro/{k + 1}" for k in range(len(MacrosConfig().map)))
FADERS = {f"/{fader}" for fader in ("gain", "pan", "bend", "attack", "release", "stretch", "portamento")} | set(MACROS)

pytestmark = pytest.mark.client


def test_the_judge_can_complain() -> None:
    assert judge.complaint("/gain", (-12.0,)) is None
    assert "unknown address" in str(judge.complaint("/gian", (-12.0,)))
    assert "out of range" in str(judge.complaint("/gain", (7.0,)))
    assert "expected" in str(judge.complaint("/pad/1", (0.5,)))
    assert "no pad 3" in str(judge.complaint("/pad/3", (0.5, 0.5)))
    assert "out of the model's range" in str(judge.complaint("/note", (20, 100)))
    assert "out of range" in str(judge.complaint("/z", (0, 0, 0, 99)))
    assert judge.complaint("/preset/recall", (3.0, 1.0)) is None, "a number is a preset's name too"
    assert judge.is_known("/pad/2") and judge.is_known("/voice/on") and not judge.is_known("/vioce/on")


# -- what stands in the files ------------------------------------------------------------------------------------------

# what looks like an address in a Pd file: the first word of a message, or of what is put before a list
_PD = re.compile(r"^#X (?:msg -?\d+ -?\d+|obj -?\d+ -?\d+ list prepend) (/\S+?)(?=[ ;])", re.M)
_QUOTED = re.compile(r"""['"](/[a-zA-Z][\w./%]*)['"]""")
_MAX = re.compile(r'"text": "(?:prepend )?(/\S+?)[ "]')
_SHELL = re.compile(r"^\s*send (/\S+)", re.M)

WRITTEN = {".pd", ".sc", ".py", ".js", ".sh", ".maxpat", ".maxhelp"}


def addresses(path: Path) -> set[str]:
    text = path.read_text()
    pattern = {".pd": _PD, ".sh": _SHELL, ".maxpat": _MAX, ".maxhelp": _MAX}.get(path.suffix, _QUOTED)
    found = {address.replace("\\$1", "1").replace("%", "1") for address in pattern.findall(text)}
    return {address for address in found if not address.endswith("/")}  # what others begin with


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(PATCHES.rglob("*")) if path.suffix in WRITTEN],
    ids=lambda path: path.name,
)
def test_every_written_address_is_in_the_table(path: Path) -> None:
    found = addresses(path)
    assert not {address for address in found if not judge.is_known(address)}


def test_written_addresses_are_found() -> None:
    found = {path.name: addresses(path) for path in PATCHES.rglob("*.*") if path.suffix in WRITTEN}
    assert {"/interp", "/pad/1", "/preset/save", "/status"} <= found["demo.pd"]
    assert {"/note", "/voice/new", "/z/1"} <= found["OscVae.sc"]
    assert "/glide" in found["play.sh"]
    assert {"/interp", "/pad/1", "/preset/save", "/status"} <= found["oscvae.maxhelp"]
    assert {"/notify", "/interp", "/glide"} <= found["oscvae.js"]


# -- what they send ----------------------------------------------------------------------------------------------------


def received(fake: FakeDaemon, quiet_s: float = 0.3) -> list[tuple[str, tuple[object, ...]]]:
    return [(message.address, message.args) for message in fake.drain(quiet_s)]


@needs("pd")
def test_the_pd_demo_sends_nothing_out_of_range(tmp_path: Path) -> None:
    """Every widget that has a name is driven to both ends."""
    text = (PD / "demo.pd").read_text()
    bangs = set(re.findall(r" bng .*? (demo-\S+) ", text))
    toggles = set(re.findall(r" tgl .*? (demo-\S+) ", text))
    boxes = re.findall(r" (?:hsl|nbx) \S+ \S+ (\S+) (\S+) .*? (demo-\S+) ", text)
    ranges = {name: (low, high) for low, high, name in boxes}
    assert len(bangs) >= 40 and len(ranges) >= 10 and "demo-save" in toggles
    with FakeDaemon() as fake, Pd(tmp_path, demo_patch(tmp_path, fake.port)) as pd:
        fake.greet()
        sent = received(fake)
        for name, ends in ranges.items():
            if float(ends[1]) < 1e6:  # the others only show
                for value in ends:
                    pd.send(name, value)
                    for bang in ("demo-key-48", "demo-preset-1", "demo-home", "demo-travel"):
                        pd.send(bang)
                sent += received(fake, 0.05)
        for corner in ("0 0", "1 1"):
            for pad in (1, 2):
                pd.send(f"demo-pad-{pad}", corner)
            pd.send("demo-a" if corner == "0 0" else "demo-b")
            pd.send("demo-travel")
        for toggle in sorted(toggles):
            pd.send(toggle, 1)
            for bang in sorted(bangs):
                pd.send(bang)
            pd.send(toggle, 0)
        sent += received(fake, 0.5)
        assert pd.wrong() == []
    used = {address for address, _ in sent}
    for address in (
        "/note",
        "/interp",
        "/glide",
        "/preset/save",
        "/preset/recall",
        "/pad/2",
        "/release",
        "/panic",
        "/record",
        *MACROS,
        "/macros",
    ):
        assert address in used, f"{address} was not sent"
    assert {args[0] for address, args in sent if address == "/note"} >= set(range(48, 73))
    assert judge.complaints(sent) == []


@needs("node")
def test_the_max_help_sends_nothing_out_of_range() -> None:
    """Everything that can be touched, at both ends, and every message."""
    with FakeDaemon() as fake, Max("oscvae.maxhelp", fake.port) as patch:
        fake.greet()
        assert until(lambda: patch.hear().prints["oscvae-model"] != [], 5.0)
        named = [box for box in patch.boxes if "varname" in box.data and not box.data.get("ignoreclick")]
        for end in (0, 1):
            for box in named:
                name = box.data["varname"]
                if box.kind in {"number", "flonum"}:
                    patch.touch(name, (box.data["minimum"], box.data["maximum"])[end])
                elif box.kind == "slider":
                    patch.touch(name, FULL * end)
                elif box.kind == "pictslider":
                    patch.touch(name, *[(box.data["leftvalue"], box.data["rightvalue"])[end]] * 2)
                elif box.kind == "multislider":
                    patch.touch(name, *[1 - end] * box.data["size"])  # the pads have put it at this one
                elif box.kind == "toggle":
                    patch.touch(name, end)
                elif box.kind == "tab":
                    for k in range(len(box.data["tabs"])):
                        patch.touch(name, k)
                elif box.kind == "kslider":
                    first = box.data["offset"]
                    for note in range(first, first + box.data["range"]):
                        patch.touch(name, note, 100)
            patch.hear(0.3)  # the cursor is where it was put
            for box in named:
                if box.kind == "textbutton":
                    patch.touch(box.data["varname"])
        messages = [box.text for box in patch.boxes if box.kind == "message" and "presentation" in box.data]
        for text in messages:
            if not text.startswith("connect"):
                patch.click(text)
        sent = received(fake, 0.5)
        assert patch.posted == []
    used = {address for address, _ in sent}
    for address in ("/note", "/interp", "/glide", "/preset/save", "/preset/recall", "/unit/4", "/sustain", "/record"):
        assert address in used, f"{address} was not sent"
    assert used >= FADERS
    assert {args[0] for address, args in sent if address == "/note"} == set(range(48, 73))
    assert judge.complaints(sent) == []


@needs("sclang")
def test_the_class_sends_nothing_out_of_range(tmp_path: Path) -> None:
    """Every method that says something, and every kind of event."""
    calls = {
        "play": "(60, [0.1, 0.2, 0.3, 0.4], 0.5, 2)",
        "interp": "(60, 3, [0, 0, 0, 0], [1, 1, 1, 1])",
        "note": "(60)",
        "noteOff": "(60)",
        "stopNotes": "(60)",
        "panic": "",
        "voice": "(7, 60, [0, 0, 0, 0])",
        "voiceSet": "(7, \\z, [0, 0, 0, 1])",
        "voiceStop": "(7)",
        "blend": '(8, "one", "two", 0.3)',
        "curve": "(8, [[0, 0], [0.5, 1], [1, 0]])",
        "z": "([0, 0, 0, 0])",
        "zAt": "(4, 0.5)",
        "unit": "(1, 0.5)",
        "pad": "(2, 0, 1)",
        "glide": "(1, [0, 0, 0, 0])",
        "gain": "(-6)",
        "pan": "(1)",
        "bend": "(2)",
        "releaseTime": "(0.5)",
        "attackTime": "(0)",
        "stretch": "(2)",
        "detail": "(0.5)",
        "freezeNotes": "(false)",
        "mode": "(\\legato)",
        "portamento": "(0.5)",
        "sustain": "(false)",
        "macro": "(2, 0.5)",
        "macros": "",
        "recall": '("one", 2)',
        "morph": '("one", "two", 0.5)',
        "saveAll": '("one")',
        "savePreset": '("one")',
        "deletePreset": '("one")',
        "presets": "",
        "places": "",
        "get": '("/gain")',
        "voices": "",
        "points": "",
        "listen": "(9)",
        "load": '("plucked")',
        "models": "",
        "sounds": "",
        "model": "",
        "labels": "",
        "pads": "",
        "encode": '("one.wav", nil, nil, 57)',
        "record": '("one")',
        "parts": "",
        "out": "(1)",
        "midiLearn": '("/unit/3")',
        "midiForget": '("/unit/3")',
        "status": "",
        "version": "",
        "help": '("/play")',
        "ping": "",
        "sync": "",
        "dumpOSC": "(false)",
        "clearSched": "",
        "quit": "",
        "cmdPeriod": "",
        "notify": "{ }",
    }
    process = {"start", "stop", "free", "whenReady"}
    tools = {"sendMsg", "sendBundle", "bind", "ask", "request", "renew", "isEvent", "look"}
    tools |= {"part", "addListener", "removeListener"}
    with FakeDaemon() as fake:
        script = f"""
        x = OscVae("127.0.0.1", {fake.port});
        OscVae.methods.do {{ |m| "method %".format(m.name).postln }};
        Routine {{
            {" ".join(f"x.{name}{args}; 0.005.wait;" for name, args in calls.items())}
            (type: \\oscvae, oscvae: x, degree: [0, 2, 4], z: [0, 0, 0, 0]).play;
            (type: \\oscvae, oscvae: x, degree: [0, 2, 4], z: [0, 0, 0, 0], to: [1, 1, 1, 1]).play;
            (type: \\oscvae, oscvae: x, midinote: 60.5).play;
            1.wait;
            0.exit
        }}.play(SystemClock);
        """
        with Sclang(tmp_path, script) as sclang:
            log = sclang.wait()
            sent = received(fake, 0.05)
    methods = set(re.findall(r"^method ([a-zA-Z]+)$", log, re.M)) - {"init", "addr", "latency", "onFail", "pid"}
    assert methods == set(calls) | process | tools, "a method of the class is not tried here"
    assert judge.complaints(sent) == []
    used = {find(address)[0].path for address, _ in sent}
    assert fake.pings == 2, "one that is asked for, and one that looks whether anybody is there"
    said_otherwise = {"/ping", "/macro", "/monitor", "/scope"}  # by /macro/N, and by browsers
    said_otherwise |= {row.path for row in TABLE if row.group == "Channels"}  # those of MIDI keyboards, by sendMsg
    assert {row.path for row in TABLE} - used == said_otherwise, "the class does not speak the whole vocabulary"


@pytest.mark.parametrize("name", ["oscvae.tosc", "oscvae-phone.tosc"])
def test_the_tablet_sends_nothing_out_of_range(name: str) -> None:
    """Every control is driven to both ends, with the preset buttons in both of their meanings."""
    tablet = Tablet(PATCHES / "touchosc" / name)
    tablet.frame()
    for control in list(tablet.controls.values()):
        kind, called = control.control_type.value, str(control.get("name"))
        if kind == "BUTTON":
            tablet.tap(called)
            tablet.tap(called)
        elif kind in {"FADER", "XY"} and control.get("interactive"):
            for end in (0.0, 1.0):
                tablet.press(called, **dict.fromkeys("xy" if kind == "XY" else "x", end))
                tablet.tap("home")
                tablet.tap("3")
                tablet.lift(called)
    tablet.tap("save")
    tablet.tap("8")
    tablet.close()
    used = {address for address, _ in tablet.sent}
    assert used >= {"/note", "/pad/1", "/pad/2", "/glide", "/preset/save", "/preset/recall", "/notify", "/sustain"}
    assert {args for address, args in tablet.sent if address == "/record"} == {("take",), ()}
    assert used >= FADERS
    assert {args[0] for address, args in tablet.sent if address == "/note"} == set(range(48, 73))
    assert judge.complaints(tablet.sent) == []
    for control in tablet.controls.values():
        for message in control.messages:
            if isinstance(message, py2tosc.OscMessage):
                address = "".join(str(part.value) for part in message.path)
                assert judge.is_known(address) and address in used


@pytest.mark.parametrize("path", sorted((PATCHES / "touchosc").iterdir()), ids=lambda path: path.name)
def test_the_scripts_of_tablets_hear_and_send_known_addresses(path: Path) -> None:
    written = {found for control in py2tosc.load(path).walk() for found in _QUOTED.findall(str(control.get("script")))}
    found = written - {"/N"}  # of the end of any
    assert {"/notify", "/done"} < found
    assert not {address for address in found if not judge.is_known(address)}


@needs("node")
def test_the_stage_control_session_sends_nothing_out_of_range() -> None:
    path = PATCHES / "openstagecontrol" / "oscvae.json"
    surface = StageControl(path)
    for widget in widgets(json.loads(path.read_text())["content"]):
        kind, called = widget["type"], widget["id"]
        if kind == "button":
            for value in (1, 0, 1, 0) if widget["mode"] == "toggle" else (1,):
                surface.touch(called, value)
        elif kind == "fader" and widget.get("interaction", True):
            for end in ("min", "max"):
                surface.touch(called, widget["range"][end])
                surface.touch("glide_home", 1)
                surface.touch("preset_2", 1)
        elif kind == "xy":
            for corner in ([0, 0], [1, 1]):
                surface.touch(called, corner)
        elif kind == "keyboard":
            for note in range(widget["start"], widget["start"] + widget["keys"]):
                surface.touch(called, [note, widget["on"]])
                surface.touch(called, [note, widget["off"]])
        if "address" in widget:
            assert judge.is_known(widget["address"]), f"{called} has {widget['address']}"
    surface.touch("save_next", 1)
    surface.touch("preset_8", 1)
    surface.interval()
    surface.close()
    used = {address for address, _ in surface.sent}
    assert used >= {"/note", "/pad/1", "/pad/2", "/glide", "/preset/save", "/preset/recall", "/notify", "/sustain"}
    assert {args for address, args in surface.sent if address == "/record"} == {("take",), ()}
    assert used >= FADERS
    assert judge.complaints(surface.sent) == []
