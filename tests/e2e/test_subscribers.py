"""Who is told of what: subscribers old and new, at their own port or at another, and the owners of voices."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from oscvae.model.document import read_document
from parts import ROOT
from parts.client import OscClient
from parts.daemon import Z
from parts.judge import is_as_promised
from parts.silent import ANSWER_S, LOAD_S, SilentDaemon

PLUCKED = ROOT / "models" / "plucked.ts"


def test_subscribers_are_told_what_happens_and_what_others_change(silent: SilentDaemon) -> None:
    listener, actor = OscClient(silent.port), OscClient(silent.port)
    try:
        assert listener.ask("/notify", 1, answer=("/done",)) == ("/done", ("/notify", 1))
        actor.send("/voice/new", 77, 64, *Z, 1.0, 0.2)
        assert listener.wait_for("/voice/on") == ("/voice/on", (77, 64.0))
        assert listener.wait_for("/level", timeout_s=ANSWER_S) is not None
        assert listener.wait_for("/voice/off", timeout_s=ANSWER_S) == ("/voice/off", (77, 64.0))
        actor.send("/play", 65, *Z, 1.0, 0.1)
        started = listener.wait_for("/voice/on")
        assert started is not None and started[1][0] < 0 and started[1][1] == 65.0

        for path, args in (("/gain", (-3.0,)), ("/unit/2", (0.25,)), ("/pad/1", (0.5, 0.75)), ("/sustain", (0,))):
            actor.send(path, *args)
            assert listener.wait_for(path) == (path, args)
        actor.send("/ping")
        assert actor.receive() == ("/pong", ()), "who changes something is not told of it"
        listener.send("/gain", -4.0)
        listener.send("/ping")
        while (reply := listener.receive()) is not None and reply[0] != "/pong":
            assert reply[0] != "/gain", "the subscriber was told of its own change"
        assert reply == ("/pong", ())

        # a flood of changes is thinned out, and the last one always arrives
        for value in range(200):
            actor.send("/gain", -40.0 + value / 10.0)
        last = None
        while (reply := listener.wait_for("/gain", timeout_s=0.5)) is not None:
            last = reply
        assert last == ("/gain", (pytest.approx(-20.1),))

        os.kill(silent.daemon.process.pid, signal.SIGSTOP)
        time.sleep(0.4)
        os.kill(silent.daemon.process.pid, signal.SIGCONT)
        stalled = listener.wait_for("/xrun", timeout_s=ANSWER_S)
        assert stalled is not None and stalled[1][0] > 0

        actor.send("/load", "plucked")
        assert listener.wait_for("/loading", "/model", timeout_s=LOAD_S) == ("/loading", ("plucked",))
        model = listener.wait_for("/model", timeout_s=LOAD_S)
        assert model is not None and model[1][0] == "plucked" and is_as_promised(model)
        cursor = listener.wait_for("/z")
        mean = read_document(PLUCKED).latent.mean
        assert cursor is not None and cursor[1] == pytest.approx(mean), "where a new model has put the cursor"

        assert listener.ask("/notify", 0, answer=("/done",)) == ("/done", ("/notify", 0))
        listener.drain()
        actor.send("/gain", -12.0)
        assert listener.receive(0.3) is None
    finally:
        listener.close()
        actor.close()


def test_who_comes_late_is_told_how_things_stand(silent: SilentDaemon) -> None:
    actor, late = OscClient(silent.port), OscClient(silent.port)
    try:
        for path, args in (("/z", Z), ("/gain", (-9.0,)), ("/macro/2", (0.5,)), ("/sustain", (1,))):
            actor.send(path, *args)
        assert actor.ask("/ping", answer=("/pong",)) == ("/pong", ())
        late.send("/notify", 1)
        told: dict[str, tuple[Any, ...]] = {}
        while (reply := late.receive()) is not None and reply[0] != "/done":
            told[reply[0]] = reply[1]
        assert reply == ("/done", ("/notify", 1))
        assert told["/model"][0] == "plucked" and told["/macros.reply"][0] == "soften"
        assert told["/z"] == pytest.approx(Z)
        moved = {"/gain": -9.0, "/bend": -6.0, "/stretch": 1.5, "/sustain": 1, "/macro/2": 0.5}
        assert {path: told[path][0] for path in moved} == pytest.approx(moved)
        assert {"/pan", "/attack", "/release", "/macro/1", "/macro/3", "/macro/4"} <= set(told)
        actor.send("/panic")
        assert late.wait_for("/sustain") == ("/sustain", (0,))
    finally:
        late.send("/notify", 0)
        for path, value in (("/macro/2", 0.0), ("/gain", -12.0)):
            actor.send(path, value)
        late.close()
        actor.close()


def test_every_sender_has_voices_of_its_own(silent: SilentDaemon) -> None:
    ears, one, other = (OscClient(silent.port) for _ in range(3))
    try:
        assert ears.ask("/notify", 1, answer=("/done",)) is not None
        for sender, note in ((one, 60), (other, 64)):
            sender.send("/voice/new", 5, note, *Z)
            assert ears.wait_for("/voice/on") == ("/voice/on", (5, float(note)))
        assert silent.status().voices == 2
        one.send("/voice/new", 5, 67, *Z)
        ended = ears.wait_for("/voice/off", timeout_s=ANSWER_S)
        assert ended == ("/voice/off", (5, 60.0)), "a voice is replaced by its owner's next of that id"
        other.send("/voice/stop", 5)
        assert ears.wait_for("/voice/off", timeout_s=ANSWER_S) == ("/voice/off", (5, 64.0))
        assert silent.status().voices == 1
        reply = other.ask("/voice/set", 5, "pan", 0.5, answer=("/pong",))
        assert reply is not None and reply[0] == "/fail" and "no voice 5 of yours sounds" in reply[1][1]
    finally:
        for client in (ears, one, other):
            client.close()


def test_a_subscriber_may_name_another_port(silent: SilentDaemon) -> None:
    ears = OscClient(silent.port)
    try:
        assert silent.ask("/notify", 1, ears.port) == ("/done", ("/notify", 1))
        model, macros = ears.wait_for("/model"), ears.wait_for("/macros.reply")
        assert model is not None and model[1][0] == "plucked" and is_as_promised(model)
        assert macros == ("/macros.reply", ("soften", "tape", "morph", "drift"))
        ears.drain()
        assert silent.ask("/notify", 1, ears.port) == ("/done", ("/notify", 1))
        again = ears.wait_for("/model", "/macros.reply", timeout_s=0.3)
        assert again is None, "whoever is told already is told of them once"
        silent.client.send("/play", 66, *Z, 0.5, 0.1)
        told = ears.wait_for("/voice/on")
        assert told is not None and told[1][1] == 66.0
        assert silent.ask("/notify", 0, ears.port) == ("/done", ("/notify", 0))
    finally:
        ears.close()
