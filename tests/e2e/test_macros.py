"""Macros at a live daemon: the shipped ones, one's own by other names, and those that could never work."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from parts.client import OscClient
from parts.daemon import Daemon
from parts.models import Honest, write
from parts.silent import LOAD_S, SilentDaemon


def test_a_macro_moves_several_parameters_and_all_are_told(silent: SilentDaemon) -> None:
    """A flood of a macro: of each parameter the last value arrives, at the mover too, who did not move it itself."""
    listener, actor = OscClient(silent.port), OscClient(silent.port)
    try:
        assert actor.ask("/macros", answer=("/macros.reply",)) == (
            "/macros.reply",
            ("soften", "tape", "morph", "drift"),
        )
        for client in (listener, actor):
            assert client.ask("/notify", 1, answer=("/done",)) == ("/done", ("/notify", 1))
        for number in range(120):
            actor.send("/macro/2", number / 120)
            time.sleep(1 / 120)
        actor.send("/macro", 2, 0.75)
        time.sleep(0.2)
        told = listener.drain()
        for path, last in (("/macro/2", 0.75), ("/bend", -9.0), ("/stretch", 1.75)):
            values = [args for address, args in told if address == path]
            assert values[-1] == pytest.approx((last,)), path
            assert len(values) < 60, f"{path}: at most thirty a second are told"
        own = actor.drain()
        assert "/macro/2" not in [address for address, _ in own], "the mover was told of its own change"
        assert [args for address, args in own if address == "/bend"][-1] == pytest.approx((-9.0,))

        # what is moved alone, and a new model, leave the macro where it is
        actor.send("/bend", 1.0)
        assert listener.wait_for("/bend") == ("/bend", (1.0,))
        assert silent.ask("/load", "plucked", timeout_s=LOAD_S)[0] == "/done"
        assert "/macro/2" not in [address for address, _ in listener.drain()]
        assert actor.ask("/macro/5", 0.5) == ("/fail", ("/macro/5", "no macro 5: there are 4, /macro/1 to /macro/4"))
        assert actor.ask("/macro", 0, 0.5) == ("/fail", ("/macro", "no macro 0: there are 4, /macro/1 to /macro/4"))
        assert silent.failure("/midi/learn", "/macro/5").startswith("there is no MIDI port")
    finally:
        for client in (listener, actor):
            client.send("/notify", 0)
            client.close()


def test_macros_of_ones_own_move_what_the_model_has(tmp_path: Path) -> None:
    """Through osc.map, at a model of two dimensions that has not all that the macro would move."""
    write(tmp_path / "honest.ts", Honest())
    settings = (
        "audio.backend=silent",
        "model.device=cpu",
        f"model.folder={tmp_path}",
        "model.name=honest",
        "macros.map={far: {/gain: [-12, -40], /unit/3: ~, /pan: [1, -1]}}",
        "osc.map={/1/fader1: {to: /macro/1, from: [0, 127], range: [0, 1]}, /2/xy: {to: /macro, args: [1, $2]}}",
    )
    with Daemon.ready(*settings) as daemon:
        listener = OscClient(daemon.port)
        try:
            assert listener.ask("/notify", 1, answer=("/done",)) is not None
            daemon.client.send("/1/fader1", 31.75)
            assert daemon.client.wait_for("/fail") == (
                "/fail",
                ("/macro/1", "no dimension 3: the model has 2 dimensions, /unit/1 to /unit/2"),
            )
            assert listener.wait_for("/gain") == ("/gain", (pytest.approx(-19.0),))
            assert listener.wait_for("/pan") == ("/pan", (pytest.approx(0.5),))
            assert listener.wait_for("/macro/1") == ("/macro/1", (0.25,))
            daemon.client.send("/2/xy", 0.1, 1.0)
            assert listener.wait_for("/macro/1") == ("/macro/1", (1.0,))
        finally:
            listener.close()


def test_a_macro_that_could_never_work_is_an_error_at_the_start() -> None:
    with Daemon("audio.backend=silent", "macros.map={a: {/gian: ~}}") as daemon:
        assert daemon.process.wait(LOAD_S) == 2
        assert "macros.map.a./gian: /gian is no address of oscvae, did you mean /gain?" in daemon.log
        assert "Traceback" not in daemon.log
