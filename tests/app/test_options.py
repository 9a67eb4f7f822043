"""Options that no command has: the key of the configuration that was meant is named."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from oscvae.app.cli import app
from oscvae.app.options import suggestion
from oscvae.settings.sections import Config


@pytest.mark.parametrize(
    ("option", "value", "meant"),
    [
        ("--port", "9501", "--set osc.port=9501 or --set http.port=9501"),
        ("--host", "0.0.0.0", "--set osc.host=0.0.0.0"),
        ("--tcp-port", "9502", "--set osc.tcp_port=9502"),
        ("--voices", None, "--set engine.voices=VALUE"),
        ("--voice", "8", "--set engine.voices=8"),
        ("--gain", "-6", "--set engine.gain_db=-6"),
        ("--device", "cuda", "--set audio.device=cuda or --set model.device=cuda"),
        ("--model", "bells", "--set model.name=bells"),
        ("--backend", "jack", "--set audio.backend=jack"),
        ("--colour", "red", None),
    ],
)
def test_the_key_that_was_meant_is_named(option: str, value: str | None, meant: str | None) -> None:
    assert suggestion(Config, option, value) == meant


@pytest.mark.parametrize("words", [["--port", "9501"], ["--port=9501"]])
@pytest.mark.parametrize("command", ["serve", "doctor", "render"])
def test_an_option_that_a_command_lacks_is_a_usage_error_with_the_setting(command: str, words: list[str]) -> None:
    result = CliRunner().invoke(app, [command, *words])
    assert result.exit_code == 2
    meant = "No such option: --port (Possible options: --set osc.port=9501 or --set http.port=9501)"
    assert meant in " ".join(result.output.split())


def test_an_option_that_nothing_is_like_is_only_unknown() -> None:
    result = CliRunner().invoke(app, ["serve", "--colour", "red"])
    assert result.exit_code == 2 and "No such option: --colour" in result.output and "--set" not in result.output
