"""Every command of the README and of docs/ is run, as it stands, in a small checkout beside a daemon and a JACK server.

What is changed before it is run:
- port 9000 is that of the test's daemon; other ports to listen on are any free ones
- `make serve` is what it ends in, oscvae serve, without the set-up; other targets are looked up by `make -n`
- a sound card is the dummy driver
- data sets are sixteen half seconds, training is four steps of a small network, evaluations listen to little
- a recording lasts a second
- nothing is played aloud
- daemons that are started only to see that they start have no model

A command that cannot be run here is in NOT_HERE, with the reason; its syntax and its options are checked all the same.
A new command that is neither fails.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from docs.pages import CODE, COMMANDS, Code, of
from docs.sandbox import PORT, DocumentedServer, Sandbox
from oscvae.app import rules
from oscvae.app.cli import app
from oscvae.app.doctor.command import _GRANT
from oscvae.settings.sections import Config
from parts import ROOT, SOAK, judge, sclang
from parts.jackd import PROGRAMS
from parts.programs import needs, skip_without

pytestmark = pytest.mark.client

READY_S = 60.0
HEARD_S = 30.0

NOT_HERE = {
    "sudo apt-get install git make": "changes the system",
    "apt install fluidsynth fluid-soundfont-gm musescore-general-soundfont-lossless": "changes the system",
    "git clone <where you found this> oscvae && cd oscvae": "the reader knows where",
    "pip install 'oscvae[train]'": "changes the environment",
    "sudo usermod -aG audio $USER": "changes the system",
    r"printf '@audio - rtprio 95\n@audio - memlock unlimited\n' | sudo tee /etc/security/limits.d/95-oscvae.conf": (
        "changes the system"
    ),
    "pw-metadata -n settings 0 clock.force-quantum 128": "needs a PipeWire that runs",
    "open-stage-control --load patches/openstagecontrol/oscvae.json --send 127.0.0.1:9000": "is in no registry",
    "a2jmidid -e &": "needs a keyboard",
    "jack_connect 'a2j:MPK mini 3 [20] (capture): MPK mini 3 MIDI 1' oscvae:midi_in": "needs a keyboard",
    "oscvae dataset build guitars.sf2 data/guitars --preset 24 --preset 25": "the reader's own",
    "tensorboard --logdir runs": "serves until it is stopped; another project's",
    "oscvae export studies/waveform/runs/frames-100-1 --out models/waveform.ts": "needs the whole study",
    "oscvae ask /load waveform": "needs the whole study",
    "oscvae export studies/embedding/runs/notes-1 --out models/embedding.ts": "needs the whole study",
    "oscvae ask /load embedding": "needs the whole study",
    "oscvae export studies/ukulelatent/runs/one-hots-4-1 --out models/ukulelatent.ts": "needs the whole study",
    "oscvae ask /load ukulelatent": "needs the whole study",
}
"""Commands that cannot be run here, and why."""

LONG = (
    r"oscvae evaluate ",  # draws and listens for half a minute
    r"oscvae export (?!runs/mine )",
    r"oscvae study [a-z]+ ",  # half a minute each
    r"oscvae train (?!--data data/mine --out runs/mine$|--resume)",
    r"oscvae doctor",  # tests/app/test_cli.py
    r"\S*oscvae render --score ",  # tests/test_golden.py
    r"(python|node|sh) patches/examples/\w+/play",  # tests/patches/test_examples.py
    r"oscvae serve .*(second|debug|voices|latency_s|osc\.host|midi\.connect)",
    r"make serve .*ARGS='--set engine",
    r"oscvae blend .* --curve ",
    r"oscvae dataset build plucked ",
    r"oscvae ask (/load board|/preset/recall fuzz)",  # after a set, a training and an export; test_board.py
)
"""Run by make soak only: each takes several seconds, and something like it is run always."""

TINY_DATA = "--set analysis.frames=24 --set analysis.n_bands=64"
TINY_FRAMES_DATA = "--set analysis.n_bands=64 --set split.unseen=0.2"
TINY_FRAMES = (
    "--set fit.steps=4 --set fit.batch=4 --set fit.threads=1 --set watch.every_steps=2 --set trainer.accelerator=cpu "
    "--set latent=2 --set 'hidden=[8, 8]'"
)
TINY_RUN = (
    "--set fit.batch=4 --set fit.threads=1 --set watch.every_steps=2 --set watch.hear_every=0 "
    "--set trainer.accelerator=cpu --set latent=2"
)
TINY_PLUCKED = (
    "--set encoder.knots=8 --set encoder.dense_knots=4 --set encoder.channels=8 --set decoder.knots=8 "
    "--set decoder.dense_knots=4 --set decoder.width=16 --set decoder.codes=4 --set decoder.channels=8 "
    "--set decoder.partials=12"
)
TINY_PUBLISHED = (
    "--set 'encoder.channels=[4, 4, 8, 8, 16]' --set 'encoder.hidden=[32, 32]' "
    "--set 'decoder.hidden=[8, 8]' --set 'decoder.channels=[2, 2, 2, 2, 1]'"
)

MAKERS = {
    "show.yaml": "cp config.yaml show.yaml",
    "drift.osc": "python docs/sounds/drift.py drift.osc",
    "data/mine": "oscvae dataset build recordings data/mine",
    "data/plucked": "oscvae dataset build plucked data/plucked",
    "data/sounds": "oscvae dataset build recordings data/sounds --kind frames",
    "runs/sounds": "oscvae train --data data/sounds --out runs/sounds",
    "notes.csv": "oscvae dataset build recordings data/mine --preview --table notes.csv",
    "runs/mine": "oscvae train --data data/mine --out runs/mine",
    "runs/plucked": "oscvae train --data data/plucked",
    "models/mine.ts": "oscvae export runs/mine --out models/mine.ts",
    "/load mine": "oscvae export runs/mine --out models/mine.ts",
    "studies/timbre/runs": "oscvae study timbre --small --data recordings --out studies/timbre",
    "data/board": "oscvae dataset build coast data/board --effects board",
    "runs/board": "oscvae train --data data/board --out runs/board",
    "/load board": "oscvae export runs/board --out models/board.ts",
    "/preset/recall fuzz": "oscvae ask /load board",
}
"""What other commands have left behind: where a command names it and it is not there, its maker is run first."""


def as_run(command: str) -> str:
    """The command with its substitutions; two that become the same are run once."""
    if serve := re.match(r"(pw-jack )?(?:make|oscvae) serve\b", command):
        words = shlex.split(command, comments=True)
        variables = dict(word.split("=", 1) for word in words if re.match(r"(CONFIG|ARGS)=", word))
        options = [word for word in words if word not in ("pw-jack", "make", "oscvae", "serve") and "=" not in word[:7]]
        if "CONFIG" in variables:
            options += ["--config", variables["CONFIG"]]
        options += shlex.split(variables.get("ARGS", ""))
        options = [re.sub(r"^osc\.port=\d+$", "osc.port=0", option) for option in options]
        if "osc.port=0" not in options:
            options += ["--set", "osc.port=0"]
        return f"{serve[1] or ''}oscvae serve {shlex.join([*options, '--set', 'http.port=0'])}"
    if command.startswith("oscvae doctor"):  # beside the daemon
        return f"{command} --set osc.port={{port}}"
    if command.startswith("oscvae ask "):
        return command.replace("oscvae ask ", "oscvae ask --port {port} ", 1)
    if command.startswith("oscvae dataset build "):
        command = command.replace("data/mine --table", "data/corrected --table")  # what others build stays
        if "--kind frames" in command:
            return f"{command} {TINY_FRAMES_DATA}"
        options = f"--force {TINY_DATA}" if "--table" in command else TINY_DATA
        return command.replace(" build plucked ", " build recordings ") + f" {options}"
    if command.startswith("oscvae train ") and "--resume" not in command:
        if "--data data/sounds" in command:
            return f"{command} {TINY_FRAMES}"
        steps = " --set fit.steps=4"
        steps += " --out runs/shared" if "strategy=ddp" in command else ""
        sizes = TINY_PUBLISHED if "--config published" in command else TINY_PLUCKED
        sizes += " --set latent=4 --set effects.at_once=2" if "data/board" in command else ""
        return re.sub(r" --set fit\.steps=\d+", "", command) + f"{steps} {TINY_RUN} {sizes}"
    if command.startswith("oscvae evaluate models/plucked.ts --data data/plucked"):
        return "oscvae evaluate models/mine.ts --data data/mine"
    if command.startswith("jack_rec "):
        return re.sub(r" -d \d+", " -d 1", command)
    return command.replace(PORT, "{port}") if command.startswith("oscsend ") else command


DISTINCT = {as_run(command.text): command for command in reversed(COMMANDS)}
ONCE = [command for command in COMMANDS if DISTINCT[as_run(command.text)] is command]


def _is_long(command: Code) -> bool:
    return any(re.match(pattern, command.text) for pattern in LONG)


def _name(command: Code) -> str:
    return f"{command.place} {command.text[:60]}"


SHORT = [command for command in ONCE if not _is_long(command)]


@pytest.mark.parametrize("command", COMMANDS, ids=_name)
def test_a_command_is_written_right(command: Code) -> None:
    assert complaint(command.text) is None


@pytest.mark.parametrize("command", [command for command in SHORT if command.text not in NOT_HERE], ids=_name)
def test_a_command_works(command: Code, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(command.text, sandbox, tmp_path, monkeypatch)


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="make soak")
@pytest.mark.parametrize(
    "command", [command for command in ONCE if _is_long(command) and command.text not in NOT_HERE], ids=_name
)
def test_a_long_command_works(command: Code, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(command.text, sandbox, tmp_path, monkeypatch)


def run(text: str, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, maker in MAKERS.items():
        made = sandbox.folder / re.sub(r"^/load (\w+)$", r"models/\1.ts", name)
        named = name in f"{text} {as_run(text)}"
        if named and maker != text and not made.exists() and not _is_made_by(text, name):
            run(maker, sandbox, tmp_path, monkeypatch)
    first = shlex.split(text, comments=True)[0]
    program = Path(first).name or first
    judge_it = HOW.get(program)
    assert judge_it is not None, (
        f"{text!r}: say in tests/docs/test_commands.py how it is run, or in NOT_HERE why it cannot be"
    )
    real = {"make": "make", ".": "bash", "export": "bash"}.get(program, program)
    if shutil.which(real, path=sandbox.environment["PATH"]) is None:
        pytest.skip(f"not installed: {real}")
    judge_it(text, sandbox, tmp_path, monkeypatch)


def _is_made_by(text: str, name: str) -> bool:
    return re.search(rf"(--out|-o|build \S+) {re.escape(name)}\b", text) is not None and "--resume" not in text


# -- how each program's commands are run -------------------------------------------------------------------------------

Judge = Callable[[str, Sandbox, Path, pytest.MonkeyPatch], None]


def plainly(text: str, sandbox: Sandbox, _tmp_path: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.run(as_run(text).replace("{port}", str(sandbox.port)))


def by_make(text: str, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if text.startswith("make serve"):
        serving(text, sandbox, tmp_path, monkeypatch)
    else:
        subprocess.run(["make", "-n", *shlex.split(text, comments=True)[1:]], cwd=ROOT, check=True, capture_output=True)


def serving(text: str, sandbox: Sandbox, tmp_path: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that says that it is ready, and leaves cleanly."""
    assert complaint(text) is None
    log = tmp_path / "log"
    process = sandbox.start(f"{as_run(text)} --set model.folder={tmp_path}", log)
    try:
        deadline = time.monotonic() + READY_S
        while " ready in " not in log.read_text() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert " ready in " in log.read_text(), log.read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0, log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def jackd(text: str, _sandbox: Sandbox, _tmp_path: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    server = DocumentedServer(text)
    try:
        server.start()
    finally:
        server.stop()


def connecting(text: str, sandbox: Sandbox, tmp_path: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    """From a graph in which there is something to do."""
    program, *ports = shlex.split(text)
    with contextlib.ExitStack() as stack:
        if "seq:out" in ports:
            (sequencer,) = (command.text for command in COMMANDS if command.text.startswith("jack_midiseq"))
            stack.enter_context(_sequencer(sequencer, sandbox, tmp_path))
        _connect(program, ports, text, sandbox)


def _connect(program: str, ports: list[str], text: str, sandbox: Sandbox) -> None:
    sandbox.server.tool("jack_disconnect" if program == "jack_connect" else "jack_connect", *ports)
    sandbox.run(text)
    assert (ports[1] in sandbox.server.connections()[ports[0]]) == (program == "jack_connect")


def sequencing(text: str, sandbox: Sandbox, tmp_path: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first note is heard, once it is connected as the documentation says next."""
    listener = sandbox.listen()
    with _sequencer(text, sandbox, tmp_path):
        sandbox.run("jack_connect seq:out oscvae:midi_in")
        assert listener.wait_for("/voice/on", timeout_s=HEARD_S) is not None


@contextlib.contextmanager
def _sequencer(text: str, sandbox: Sandbox, tmp_path: Path) -> Iterator[None]:
    process = sandbox.start(text.removesuffix("&"), tmp_path / "log")
    try:
        deadline = time.monotonic() + READY_S
        while "seq:out" not in sandbox.server.connections() and time.monotonic() < deadline:
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(10)


def oscsend(text: str, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon takes the message as it is, and plays what is to be played."""
    _, _, port, address, *rest = shlex.split(text)
    assert port == PORT
    tags, values = (rest[0], rest[1:]) if rest else ("", [])
    kinds: dict[str, Callable[[str], Any]] = {"i": int, "f": float, "s": str}
    args = [kinds[tag](value) for tag, value in zip(tags, values, strict=True)]
    assert judge.complaint(address, args) is None
    plays = address == "/play" or (address == "/note" and args[1])
    listener = sandbox.listen() if plays else None
    plainly(text, sandbox, tmp_path, monkeypatch)
    if listener is not None:
        assert listener.wait_for("/voice/on", timeout_s=HEARD_S) is not None


def playing(text: str, sandbox: Sandbox, tmp_path: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that plays a note, and is ended then."""
    listener = sandbox.listen()
    process = sandbox.start(text, tmp_path / "log")
    try:
        heard = listener.wait_for("/voice/on", timeout_s=HEARD_S)
        assert heard is not None and heard[1][1] == 60.0, (tmp_path / "log").read_text()
    finally:
        process.terminate()
        process.wait(10)


def in_process(text: str, sandbox: Sandbox, _tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training's commands, in this process, which has torch and matplotlib already."""
    import torch

    from oscvae.training.evaluate import command as evaluating
    from oscvae.training.evaluate.report import Effort

    little = Effort(notes_per_semitone=1, recordings=4, correlated_points=6, decodes=10)
    monkeypatch.setattr(evaluating, "main", functools.partial(evaluating.main, effort=little))
    monkeypatch.chdir(sandbox.folder)
    arguments = shlex.split(as_run(text), comments=True)[1:]
    if arguments[0] == "export":
        Path(arguments[arguments.index("--out") + 1]).unlink(missing_ok=True)
    if arguments[0] == "train" and "--resume" not in arguments:
        shutil.rmtree(arguments[arguments.index("--out") + 1] if "--out" in arguments else "runs/plucked", True)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        result = CliRunner().invoke(app, [argument for argument in arguments if argument != "--play"])
    finally:
        torch.set_num_threads(threads)
    assert result.exit_code == 0, f"{text}\n{result.output}"


def by_oscvae(text: str, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert complaint(text) is None
    command = shlex.split(text, comments=True)[1]
    how: dict[str, Judge] = dict.fromkeys(("dataset", "train", "listen", "evaluate", "export"), in_process)
    if "strategy=ddp" in text:  # starts its own command line once more
        how["train"] = plainly
    how.get(command, serving if command == "serve" else plainly)(text, sandbox, tmp_path, monkeypatch)


HOW: dict[str, Judge] = {
    "make": by_make,
    "oscvae": by_oscvae,
    "pw-jack": serving,
    "oscsend": oscsend,
    "pd": playing,
    "jackd": jackd,
    "jack_connect": connecting,
    "jack_disconnect": connecting,
    "jack_midiseq": sequencing,
    "python": plainly,
    **dict.fromkeys(("jack_lsp", "jack_bufsize", "jack_rec", "node", "sh", "cp", "ss", ".", "export"), plainly),
}


# -- what can be said of a command that is not run ---------------------------------------------------------------------


def complaint(text: str) -> str | None:
    """What is wrong with its syntax, or with options and settings of oscvae in it; None if nothing is found."""
    readable = re.sub(r"<[^>]*>", "placeholder", text)
    done = subprocess.run(["bash", "-n", "-c", readable], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return done.stderr
    if re.match(r"(pw-jack )?make serve|(pw-jack )?oscvae serve", text):
        readable = as_run(text)
    words = shlex.split(readable, comments=True)
    if "oscvae" not in [Path(word).name for word in words[:2]]:
        return None
    words = words[1:] if Path(words[0]).name == "oscvae" else words[2:]
    command: Any = typer.main.get_command(app)
    name = "oscvae"
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        if words[0] not in command.commands:
            return f"{name} has no command {words[0]!r}"
        name, command = f"{name} {words[0]}", command.commands[words.pop(0)]
    options = {option for param in command.params for option in (*param.opts, *param.secondary_opts)} | {"--help", "-h"}
    for word in words:
        if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in options:
            return f"{name} has no option {word}"
    if name in ("oscvae serve", "oscvae doctor", "oscvae render"):
        rules.load(None, [value for option, value in itertools.pairwise(words) if option == "--set"])
    return None


def test_the_judge_can_complain() -> None:
    assert complaint("oscvae serve --set osc.port=9001 --config show.yaml") is None
    assert "no option --speed" in str(complaint("oscvae train --speed 3"))
    assert "no command 'paly'" in str(complaint("oscvae paly"))
    assert "no command" in str(complaint("oscvae dataset bild x"))
    assert complaint("for x in") is not None


def test_nothing_is_listed_that_is_not_there() -> None:
    texts = {command.text for command in COMMANDS}
    assert set(NOT_HERE) <= texts
    assert [p for p in LONG if not any(re.match(p, text) for text in texts)] == []


def test_the_grant_is_the_doctors() -> None:
    granting = [command.text for command in COMMANDS if command.text.startswith(("printf", "sudo usermod"))]
    assert " && ".join(granting) == _GRANT.partition("   #")[0]


# -- code that is no shell's -------------------------------------------------------------------------------------------

LANGUAGES = {"sh", "yaml", "python", "supercollider", "text", "span", "{toctree}", "{eval-rst}", "{include}"}
_TYPED = re.compile(rf"^(\$ )?(sudo |apt|git |pip |{'|'.join(name for name in HOW if len(name) > 2)})\b(?!:)")


def test_every_block_says_what_it_is() -> None:
    unknown = [f"{code.place}: {code.language}" for code in CODE if code.language not in LANGUAGES]
    assert not unknown, f"one of {', '.join(sorted(LANGUAGES))} belongs behind the three backquotes"


def test_no_command_hides_in_plain_text() -> None:
    lines = [(code.place, line) for code in of("text") for line in code.text.splitlines()]
    assert not [f"{place}: {line}" for place, line in lines if _TYPED.match(line)]


@pytest.mark.parametrize("code", of("yaml"), ids=lambda code: code.place)
def test_a_configuration_is_one(code: Code, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(code.text)
    assert rules.load(file) != Config()


def test_commands_within_sentences_exist() -> None:
    spans = {code.text: code.place for code in of("span")}
    wrong = []
    for text, place in spans.items():
        program = text.split(" ")[0]
        if program == "make" and re.fullmatch(r"make [a-z]+", text):
            done = subprocess.run(["make", "-n", *text.split()[1:]], cwd=ROOT, capture_output=True, check=False)
            if done.returncode != 0:
                wrong.append(f"{place}: {text}")
        named = Path(program).name in ("oscvae", "pw-jack") and " " in text and not re.search(r"\||\.\.", text)
        if named and (found := complaint(text)) is not None:
            wrong.append(f"{place}: {text}: {found}")
    assert not wrong


@pytest.mark.parametrize("code", of("python"), ids=lambda code: code.place)
def test_python_runs(code: Code, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("data/plucked",):
        if name in code.text and not (sandbox.folder / name).exists():
            run(MAKERS[name], sandbox, tmp_path, monkeypatch)
    monkeypatch.chdir(sandbox.folder)
    exec(compile(code.text.replace(PORT, str(sandbox.port)), code.place, "exec"), {})


@needs("sclang")
def test_supercollider_plays(sandbox: Sandbox, tmp_path: Path) -> None:
    blocks = {code.text: code for code in of("supercollider")}
    listener = sandbox.listen()
    script = "\n".join(blocks).replace(PORT, str(sandbox.port))
    script = script.replace("OscVae.new;", f'OscVae.new("127.0.0.1", {sandbox.port});')
    sclang.run(tmp_path, f"{script}\nAppClock.sched(1.5, {{ 0.exit }});")
    notes = [args[1] for address, args in listener.drain() if address == "/voice/on"]
    assert {60.0, 67.0} <= set(notes)
    assert len(notes) >= 3 + 1 + 8, "the message, the bundle, the class's note, the pattern"


def test_a_server_is_there() -> None:
    """Else all of the above were skipped."""
    skip_without(*PROGRAMS)
