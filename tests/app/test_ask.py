"""`oscvae ask`: one command to a running daemon, and what it answers."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from oscvae.app import ask
from oscvae.app.cli import app
from oscvae.osc.packets import Message, decode, encode_message
from parts.client import free_port
from parts.daemon import Daemon
from parts.silent import SilentDaemon

Answers = Callable[[Message], list[tuple[Any, ...]]]


def run(port: int, *words: str) -> Result:
    return CliRunner().invoke(app, ["ask", "--port", str(port), *words])


@pytest.fixture
def daemon(silent: SilentDaemon) -> Daemon:
    return silent.daemon


@pytest.fixture
def answering() -> Iterator[Callable[[Answers], int]]:
    """A port at which messages are answered as a function says, one datagram each."""
    lines: list[socket.socket] = []

    def open_port(answers: Answers) -> int:
        line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        line.bind(("127.0.0.1", 0))
        lines.append(line)

        def serve() -> None:
            while True:
                try:
                    packet, sender = line.recvfrom(65536)
                except OSError:
                    return
                message = decode(packet)
                assert isinstance(message, Message)
                for address, *args in answers(message):
                    line.sendto(encode_message(address, args), sender)

        threading.Thread(target=serve, daemon=True).start()
        return int(line.getsockname()[1])

    yield open_port
    for line in lines:
        line.close()


def test_the_status_is_labelled(daemon: Daemon) -> None:
    result = run(daemon.port, "/status")
    assert result.exit_code == 0, result.output
    lines = dict(line.split(None, 1) for line in result.output.splitlines()[1:])
    assert (lines["backend"], lines["model"], lines["sample_rate"]) == ("silent", "plucked", "48000 Hz")


def test_json_has_the_names_of_the_table(daemon: Daemon) -> None:
    (line,) = run(daemon.port, "--json", "status").output.splitlines()
    said = json.loads(line)
    assert said["address"] == "/status.reply" and said["model"] == "plucked" and isinstance(said["uptime"], float)


def test_a_command_that_takes_long_is_waited_for(daemon: Daemon) -> None:
    result = run(daemon.port, "/load", "plucked")
    assert result.exit_code == 0
    assert [line.split() for line in result.output.splitlines()] == [
        ["/done"],
        ["command", "/load"],
        ["name", "plucked"],
        ["D", "4"],
        ["rate", "48000"],
        ["frames", "560"],
    ]


def test_what_cannot_be_obeyed_is_told_with_exit_code_1(daemon: Daemon) -> None:
    result = run(daemon.port, "/gian", "1")
    assert result.exit_code == 1
    assert "/gian: unknown address, did you mean /gain?" in result.output


def test_negative_numbers_are_no_options_and_silence_is_success(daemon: Daemon) -> None:
    result = run(daemon.port, "/z", "-0.5", "0", "1", "-1")
    assert (result.exit_code, result.output) == (0, "")


def test_where_no_daemon_is_it_says_how_to_start_one() -> None:
    result = run(free_port(), "/status")
    assert result.exit_code == 1 and "start one by `oscvae serve`" in result.output


def test_a_host_that_does_not_exist_is_named() -> None:
    result = CliRunner().invoke(app, ["ask", "--host", "no-such-host.invalid", "/status"])
    assert result.exit_code == 1 and "'no-such-host.invalid' is no host" in result.output


def test_a_daemon_that_is_starting_is_waited_for(answering: Callable[[Answers], int]) -> None:
    pings = iter([[("/fail", "packet", "oscvae is still starting")]] * 2 + [[("/pong",)]])
    said = {"/sync": lambda args: [("/synced", *args)], "/version": lambda args: [("/version.reply", "oscvae", "1")]}
    port = answering(lambda m: next(pings) if m.address == "/ping" else said[m.address](m.args))
    result = run(port, "/version")
    assert (result.exit_code, "oscvae" in result.output) == (0, True)


def test_an_unfinished_command_ends_the_waiting(answering: Callable[[Answers], int]) -> None:
    port = answering(lambda message: [("/pong",)] if message.address == "/ping" else [])
    result = run(port, "--timeout", "0.3", "/load", "x")
    assert result.exit_code == 1 and "/load is not finished after 0.3 s" in result.output


def test_answers_of_a_newer_daemon_are_printed_without_names(answering: Callable[[Answers], int]) -> None:
    def newer(message: Message) -> list[tuple[Any, ...]]:
        answers: dict[str, list[tuple[Any, ...]]] = {
            "/ping": [("/pong",)],
            "/new": [("/new.reply", 1, 2.5, "a")],
            "/sync": [("/synced", *message.args)],
        }
        return answers[message.address]

    result = run(answering(newer), "/new")
    assert (result.exit_code, result.output.splitlines()) == (0, ["/new.reply", "  1 2.5 a"])


@pytest.mark.parametrize(
    ("path", "words", "args"),
    [
        ("/play", ("60", "0.5", "-1", "1e-3", "0"), [60, 0.5, -1, 0.001, 0]),
        ("/load", ("0815",), ["0815"]),
        ("/preset/recall", ("1", "2"), ["1", 2]),
        ("/nix", ("nan", "1e999", "99999999999"), ["nan", "1e999", "99999999999"]),
    ],
)
def test_numbers_are_numbers_but_for_what_the_table_says_is_a_string(
    path: str, words: tuple[str, ...], args: list[Any]
) -> None:
    assert ask.arguments(path, words) == args


def test_the_port_is_that_of_the_configuration(tmp_path: Path, answering: Callable[[Answers], int]) -> None:
    port = answering(lambda message: [("/synced", *message.args)] if message.address == "/sync" else [("/pong",)])
    (tmp_path / "config.yaml").write_text(f"osc: {{port: {port}}}\n")
    result = CliRunner().invoke(app, ["ask", "--config", str(tmp_path / "config.yaml"), "/ping"])
    assert (result.exit_code, result.output) == (0, "/pong\n")
