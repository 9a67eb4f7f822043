"""The command line: what it accepts, what it passes on, and its exit codes."""

from __future__ import annotations

import logging
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oscvae.errors import AudioError, ConfigError, OscvaeError, PortTakenError

HEAVY = ("numpy", "numba", "torch", "pydantic", "yaml", "rich", "asyncio")


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("oscvae")
    before = (list(root.handlers), root.level, ours.level)
    yield
    root.handlers[:], root.level, ours.level = before


def oscvae(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "oscvae", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def call(*arguments: str) -> int:
    """The command line in this process; its exit code."""
    from oscvae.app.cli import app

    with pytest.raises(SystemExit) as left:
        app(list(arguments))
    return int(left.value.code or 0)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `render` passes on."""
    from oscvae import app

    passed: dict[str, Any] = {}

    def render(config: Any, **options: Any) -> int:
        passed.update(options, config=config)
        return 0

    double = types.ModuleType("oscvae.app.render")
    double.main = render  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "oscvae.app.render", double)
    monkeypatch.setattr(app, "render", double, raising=False)
    return passed


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    script = f"import sys, oscvae.app.cli; sys.exit(', '.join(set({HEAVY}) & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_studies_are_listed_without_torch() -> None:
    script = "import sys, oscvae.app.cli as c; c.app(['study', '--list'], standalone_mode=False)"
    script += "; sys.exit('torch' in sys.modules and 'torch is imported')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "divergence" in done.stdout


def test_version_and_help_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    version = oscvae("--version")
    assert version.returncode == 0
    assert version.stdout.startswith("oscvae ")
    for command in ("serve", "render", "doctor"):
        assert call(command, "--help") == 0
        text = capsys.readouterr().out
        assert "--config" in text
        assert "--set" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("doctor", "--nothing"),
        ("render", "--note", "60"),
        ("render", "--out", "x.wav"),
        ("render", "--note", "60", "--score", "x.osc", "--out", "x.wav"),
        ("render", "--note", "128", "--out", "x.wav"),
        ("render", "--note", "60", "--z", "0.1,a", "--out", "x.wav"),
        ("doctor", "--config", "/nowhere/config.yaml"),
        ("doctor", "--set", "osc.prot=9001"),
        ("doctor", "--set", "osc.map={/x: /gian}"),
        ("render", "--note", "60", "--out", "x.wav", "--set", "macros.map={x: {/gian: ~}}"),
    ],
)
def test_usage_and_configuration_errors_are_2_and_told(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("nothing",), ("serve", "--nothing"), ("serve", "--set", "osc.prot=9001")])
def test_a_process_with_such_an_error_leaves_without_a_traceback(arguments: tuple[str, ...]) -> None:
    done = oscvae(*arguments)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_a_mistyped_key_is_answered_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("doctor", "--set", "osc.prot=9001") == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "osc.port" in lines[0]


def test_a_rule_that_cannot_work_is_told_before_anything_is_opened() -> None:
    done = oscvae("serve", "--set", "osc.port=0", "--set", "midi.map={7: /gian}")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    told = "midi.map.7.to: /gian is no address of oscvae, did you mean /gain?"
    assert lines == [f"oscvae: --set midi.map={{7: /gian}}: {told}"]


@pytest.mark.parametrize(("error", "code"), [(AudioError, 1), (ConfigError, 2), (PortTakenError, 3)])
def test_what_is_raised_on_purpose_becomes_one_line_and_its_code(
    error: type[OscvaeError], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from oscvae.app.doctor import command as doctor

    def fail(config: Any) -> int:
        raise error("this was wrong")

    monkeypatch.setattr(doctor, "run", fail)
    assert call("doctor") == code
    assert capsys.readouterr().err == "oscvae: this was wrong\n"
    assert call("doctor", "--set", "log.level=debug") == code
    assert "Traceback" in capsys.readouterr().err


def test_render_passes_a_note_on(rendered: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "note.wav"
    options = ("--note", "60.5", "--z", "-0.1,0.2,0,1e-1", "--velocity", "0.5", "--seconds", "2", "--out", str(out))
    assert call("render", *options, "--set", "engine.voices=3") == 0
    config = rendered.pop("config")
    assert config.engine.voices == 3
    assert rendered == {
        "note": 60.5,
        "z": (-0.1, 0.2, 0.0, 0.1),
        "velocity": 0.5,
        "seconds": 2.0,
        "score": None,
        "out": out,
        "progress": sys.stderr.isatty(),
    }


def test_render_passes_a_score_and_a_model_on(rendered: dict[str, Any]) -> None:
    assert call("render", "--score", "piece.osc", "--out", "piece.wav", "--model", "0815") == 0
    assert rendered["score"] == Path("piece.osc")
    assert rendered["note"] is None
    assert rendered["z"] is None
    assert rendered["config"].model.name == "0815"


def test_doctor_prints_its_table() -> None:
    done = oscvae("doctor", "--set", "osc.port=0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kernels" in done.stdout
    assert done.stdout.splitlines()[-1] == "oscvae serve will start"
