"""The class OscVae, in sclang."""

from __future__ import annotations

import itertools
import re
import sys
from pathlib import Path

import pytest

from parts import ROOT
from parts.client import free_port
from parts.daemon import READY_TIMEOUT_S
from parts.listening import Sound, uneven
from parts.programs import needs
from parts.recorder import Recorder
from parts.sclang import FOLDER, Sclang, run, wrong
from parts.silent import SilentDaemon
from parts.stage import Stage
from patches.fake import FakeDaemon

pytestmark = [pytest.mark.client, needs("sclang")]

EXIT = "AppClock.sched(%s, { 0.exit });"
NOTES = 16
APART_S = 0.125  # a binary fraction, and 6,000 frames at 48 kHz


# -- compiling ---------------------------------------------------------------------------------------------------------


def test_class_event_type_and_help_are_there(tmp_path: Path) -> None:
    log = run(
        tmp_path,
        f"""
        "class: %".format(OscVae.new).postln;
        "type: %".format(Event.eventTypes[\\oscvae].notNil).postln;
        OscVae.methods.do {{ |m| "method %".format(m.name).postln }};
        OscVae.class.methods.do {{ |m| "classmethod %".format(m.name).postln }};
        "help: %".format(SCDoc.parseFileFull("{FOLDER}/HelpSource/Classes/OscVae.schelp").notNil).postln;
        {EXIT % 0.2}
        """,
    )
    assert "class: an OscVae" in log and "type: true" in log and "help: true" in log
    text = (FOLDER / "HelpSource" / "Classes" / "OscVae.schelp").read_text()
    described = set(re.findall(r"^METHOD:: (\w+)", text, re.M))
    private = {name for line in re.findall(r"^private:: (.*)", text, re.M) for name in line.split(", ")}
    methods = set(re.findall(r"^(?:class)?method (\w+)$", log, re.M))
    plain = {name.removesuffix("_") for name in methods} - private - {"addr"}
    assert plain == described, "the help file and the class disagree"


def test_what_is_wrong_is_seen(tmp_path: Path) -> None:
    log = Sclang(tmp_path, f"{EXIT % 0.3} OscVae.nonsense").wait()
    assert wrong(log)


def test_what_nobody_hears_is_a_warning_and_what_is_heard_is_none(tmp_path: Path) -> None:
    script = """
    OscVae.patience = 0.5;
    x = OscVae("127.0.0.1", %d);
    x.play(60, [0, 0, 0, 0]);
    x.play(62, [0, 0, 0, 0]);
    AppClock.sched(1.5, { 0.exit });
    """
    port = free_port()
    log = Sclang(tmp_path / "without", script % port).wait()
    told = (
        f"WARNING: oscvae: no daemon answers at 127.0.0.1:{port}, start one by OscVae.default.start or `oscvae serve`"
    )
    assert log.count(told) == 1, log
    with FakeDaemon() as fake, Sclang(tmp_path / "with", script % fake.port) as sclang:
        assert [message.address for message in fake.receive(60.0)] == ["/play"]
        assert [message.address for message in fake.receive()] == ["/play"]
        fake.receive(0.2)
        assert not wrong(sclang.wait())


# -- sending -----------------------------------------------------------------------------------------------------------


def test_a_bundle_holds_what_was_said_in_it(tmp_path: Path) -> None:
    with FakeDaemon() as fake:
        script = f"""
        x = OscVae("127.0.0.1", {fake.port});
        x.bind {{ x.play(60, [0, 0, 0, 0]); x.z([1, 0, 0, 0]); x.play(64, [0, 0, 0, 0], 0.5, 2) }};
        x.panic;
        {EXIT % 0.3}
        """
        with Sclang(tmp_path, script) as sclang:
            first = fake.receive(60.0)
            assert [message.address for message in first] == ["/play", "/z", "/play"]
            assert first[2].args == (64, 0, 0, 0, 0, 0.5, 2)
            assert [message.address for message in fake.receive()] == ["/panic"]
            assert not wrong(sclang.wait())


def test_an_event_becomes_the_message_that_its_keys_ask_for(tmp_path: Path) -> None:
    with FakeDaemon() as fake:
        script = f"""
        OscVae.default = OscVae("127.0.0.1", {fake.port});
        (type: \\oscvae, midinote: [60, 64.5], z: [0, 1, 0, 1], sustain: 0.5, velocity: 127).play;
        (type: \\oscvae, degree: 1, z: [0, 0, 0, 0], to: [1, 1, 1, 1], travel: 3, velocity: 127).play;
        (type: \\oscvae, freq: 440, z: [[0, 0, 0, 0]], voice: 9, sustain: 0.25, velocity: 63.5).play;
        (type: \\oscvae, midinote: 50, velocity: 100, sustain: 0.125).play;
        {EXIT % 0.6}
        """
        with Sclang(tmp_path, script) as sclang:
            chord = fake.receive(60.0)
            assert [message.args for message in chord] == [(60, 0, 1, 0, 1, 1, 0.5), (64.5, 0, 1, 0, 1, 1, 0.5)]
            (journey,) = fake.receive()
            assert journey.address == "/interp"
            assert journey.args == (62, 3, 0, 0, 0, 0, 1, 1, 1, 1, 1)
            (voice,) = fake.receive()
            assert (voice.address, voice.args) == ("/voice/new", (9, 69, 0, 0, 0, 0, 0.5, 0.25))
            (on,) = fake.receive()
            (off,) = fake.receive()
            assert (on.address, on.args) == ("/note", (50, pytest.approx(100)))
            assert (off.address, off.args) == ("/note", (50, 0))
            assert not wrong(sclang.wait())


# -- a real daemon -----------------------------------------------------------------------------------------------------


def test_callbacks_get_what_the_daemon_answers_and_tells(tmp_path: Path, silent: SilentDaemon) -> None:
    log = run(
        tmp_path,
        f"""
        ~left = IdentitySet[\\heard, \\synced, \\saved];
        x = OscVae("127.0.0.1", {silent.port});
        x.onFail = {{ |command, why| "TOLD % %".format(command, why).postln }};
        x.load("plucked", {{ |name, dims, rate|
            "DONE % % %".format(name, dims, rate).postln;
            x.load("nowhere", {{ "WRONG".postln }}, {{ |why|
                "FAILED %".format(why).postln;
                Routine {{ while {{ ~left.notEmpty }} {{ 0.05.wait }}; x.notify(nil); 0.exit }}.play(AppClock);
            }});
        }});
        x.play(60);
        x.savePreset("from sclang", {{ |name| "SAVED %".format(name).postln;
            x.presets {{ |names| "PRESETS %".format(names.includes('from sclang')).postln; ~left.remove(\\saved) }} }});
        x.status {{ |s| "STATUS % % %".format(s.backend, s.dims, s.uptime > 0).postln }};
        x.model {{ |m| "MODEL % % %".format(m.name, m.low.size, m.noteMin).postln }};
        x.models {{ |names| "MODELS %".format(names.includes('plucked')).postln }};
        x.version {{ |program| "VERSION %".format(program).postln }};
        x.ping {{ "PONG".postln }};
        x.notify {{ |address ... args|
            if(address == '/voice/on') {{ "HEARD %".format(args[1]).postln; ~left.remove(\\heard) }} }};
        SystemClock.sched(0.2, {{ x.play(67, [0, 0, 0, 0], 0.5, 0.1); nil }});
        x.sync {{ "SYNCED".postln; ~left.remove(\\synced) }};
        """,
        quit_after_s=60.0,
    )
    for line in (
        "DONE plucked 4 48000.0",
        "SAVED from sclang",
        "PRESETS true",
        "STATUS silent 4 true",
        "MODEL plucked 4 40",
        "MODELS true",
        "VERSION oscvae",
        "PONG",
        "HEARD 67.0",
        "SYNCED",
    ):
        assert line in log.splitlines(), f"{line} is missing:\n{log}"
    assert re.search("^FAILED .*nowhere", log, re.M), log
    assert re.search("^TOLD /play expected note z1", log, re.M), log
    assert "WRONG" not in log


def test_it_starts_and_stops_a_daemon(tmp_path: Path) -> None:
    port = free_port()
    log = run(
        tmp_path,
        f"""
        OscVae.program = "env PYTHONPATH={ROOT} XDG_DATA_HOME={tmp_path} {sys.executable} -m oscvae";
        x = OscVae("127.0.0.1", {port});
        x.start("--config {ROOT}/config.yaml --set audio.backend=silent --set model.device=cpu", {{ |vae|
            vae.status {{ |s|
                "READY % %".format(s.model, x.pid.isInteger).postln;
                x.stop;
                Routine {{
                    100.do {{ if(x.pid.notNil) {{ 0.1.wait }} }};
                    "LEFT %".format(x.pid.isNil).postln;
                    0.exit;
                }}.play(AppClock);
            }};
        }});
        """,
        quit_after_s=READY_TIMEOUT_S,
    )
    assert "READY plucked true" in log and "LEFT true" in log, log


def test_every_block_of_the_demo_runs(tmp_path: Path, silent: SilentDaemon) -> None:
    text = (FOLDER / "demo.scd").read_text()
    blocks = re.findall(r"^\($(.*?)^\)$", text, re.M | re.S)
    assert len(blocks) >= 10
    script = "~blocks = List[];\n"
    for block in blocks:
        here = block.replace("OscVae.new;", f'OscVae("127.0.0.1", {silent.port});')
        script += f"~blocks.add({{\n{here}\n}});\n"
    script += "Routine { ~blocks.do { |block| block.value; 0.1.wait }; x.sync { 0.exit } }.play(AppClock);"
    listener = silent.listen()
    log = run(tmp_path, script, quit_after_s=60.0)
    told = listener.drain()
    assert "plucked has 4 dimensions" in log and "plucked plays" in log, log
    assert sum(address == "/voice/on" for address, _ in told) > 10
    assert ("/preset/recall", ("demo", 1.0)) in told


# -- time --------------------------------------------------------------------------------------------------------------


@pytest.mark.jack
def test_a_pattern_is_played_to_the_sample(stage: Stage, tmp_path: Path) -> None:
    """Short notes: their onsets at the JACK port stand where the pattern wants them from each other."""
    number = itertools.count()
    script = f"""
    OscVae.default = OscVae("127.0.0.1", {stage.daemon.port});
    OscVae.default.onFail = {{ |command, why| "FAIL % %".format(command, why).postln; 0.exit }};
    Routine {{
        "PLAYING".postln;
        Pbind(
            \\type, \\oscvae, \\midinote, 60, \\z, [[0.1, 0.2, -0.3, 0.4]], \\velocity, 127,
            \\dur, Pn({APART_S}, {NOTES}), \\sustain, 0.03
        ).play(TempoClock.new);
        {NOTES * APART_S + 1.0}.wait;
        0.exit
    }}.play(AppClock);
    """
    told: list[str] = []

    def play() -> None:
        with Sclang(tmp_path / str(next(number)), script, environment=dict(stage.server.environment)) as sclang:
            told.append(sclang.wait())

    def judge(sound: Sound, recorder: Recorder) -> str | None:
        assert not wrong(told[-1]) and "FAIL" not in told[-1], told[-1]
        return uneven(sound, recorder, NOTES, APART_S, 2)

    stage.client.send("/release", 0.01)
    stage.daemon.settle()
    stage.hear(play, 0.0, judge, longest_s=60.0)
