"""The worked examples, each in its own language, against a real daemon."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from oscvae.osc.packets import Bundle, Message, decode, encode_message
from parts import ROOT
from parts.client import free_port
from parts.programs import needs, skip_without
from parts.silent import SilentDaemon

FOLDER = ROOT / "patches" / "examples"
NOTES = {60.0, 48.0, 55.0, 63.0, 52.0}

pytestmark = pytest.mark.client


def play(silent: SilentDaemon, *command: str, **environment: str) -> str:
    """Run an example; what it printed. The notes that it plays are heard by another subscriber."""
    listener = silent.listen()
    done = subprocess.run(
        [*command, str(silent.port)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    told = listener.drain()
    assert done.returncode == 0, done.stdout + done.stderr
    assert {args[1] for address, args in told if address == "/voice/on"} == NOTES
    assert ("/glide", (0.5, 1.0, 0.0, 0.0, 0.0)) in told
    assert not [reply for reply in told if reply[0] == "/fail"]
    return done.stdout


def test_the_python_example_plays(silent: SilentDaemon) -> None:
    printed = play(silent, sys.executable, str(FOLDER / "python" / "play.py"))
    assert printed.startswith("plucked has 4 dimensions\n") and "/voice/on" in printed


@needs("node")
def test_the_node_example_plays(silent: SilentDaemon) -> None:
    printed = play(silent, "node", str(FOLDER / "node" / "play.js"))
    assert printed.startswith("plucked has 4 dimensions\n") and "/voice/on" in printed


@needs("oscsend", "oscdump")
def test_the_shell_example_plays(silent: SilentDaemon) -> None:
    printed = play(silent, "sh", str(FOLDER / "shell" / "play.sh"), LISTEN=str(free_port()))
    assert "/voice/on" in printed and "/z ffff" in printed, "oscdump hears what the daemon tells"


@needs("node")
def test_examples_say_that_nobody_is_there(tmp_path: Path) -> None:
    """After less patience than their own five seconds."""
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    for example, wait, less in (
        ("python/play.py", "replies(5.0)", "replies(0.3)"),
        ("node/play.js", " 5000)", " 300)"),
    ):
        text = (tmp_path / example).read_text()
        assert wait in text
        (tmp_path / example).write_text(text.replace(wait, less))
    port = str(free_port())
    commands = ((sys.executable, str(tmp_path / "python" / "play.py")), ("node", str(tmp_path / "node" / "play.js")))
    running = [subprocess.Popen([*command, port], stderr=subprocess.PIPE, text=True) for command in commands]
    for process in running:
        _, told = process.communicate(timeout=60)
        assert process.returncode == 1 and "is the daemon there?" in told, told


# -- the OSC of the Node example, against the daemon's own -------------------------------------------------------------


def node(script: str) -> bytes:
    skip_without("node")
    source = f"const osc = require({json.dumps(str(FOLDER / 'node' / 'osc.js'))});\n{script}"
    return subprocess.run(["node", "-e", source], capture_output=True, check=True, timeout=30).stdout


def test_node_encodes() -> None:
    packet = node('process.stdout.write(osc.encode("/play", 60, 0.5, -1e-3, 3e10, true, "näh", ""))')
    message = decode(packet)
    assert isinstance(message, Message)
    assert message.tags == "ifffiss"
    assert message.args == (60, 0.5, pytest.approx(-1e-3), pytest.approx(3e10), 1, "näh", "")


def test_node_bundles() -> None:
    for time_s, timetag in (("", 1), (", 1.5", (2208988801 << 32) + (1 << 31))):
        bundle = decode(node(f'process.stdout.write(osc.bundle([osc.encode("/a", 1), osc.encode("/b")]{time_s}))'))
        assert isinstance(bundle, Bundle)
        assert bundle.timetag == timetag
        assert [(m.address, m.args) for m in bundle.elements if isinstance(m, Message)] == [("/a", (1,)), ("/b", ())]


def test_node_decodes(tmp_path: Path) -> None:
    packet = tmp_path / "packet"
    packet.write_bytes(encode_message("/status.reply", (3, 0.25, "silent", "abc", "", b"12345", 7)))
    script = f"""
    const message = osc.decode(require("fs").readFileSync({json.dumps(str(packet))}));
    console.log(JSON.stringify([message.address, ...message.args.map((x) => Buffer.isBuffer(x) ? x.toString() : x)]));
    """
    assert json.loads(node(script)) == ["/status.reply", 3, 0.25, "silent", "abc", "", "12345", 7]
