"""Presets at a live daemon: they outlive it, and a bundle that moves the cursor and saves it is obeyed in order."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import soundfile

from parts.client import OscClient
from parts.daemon import Z
from parts.silent import ANSWER_S, LOAD_S, SilentDaemon
from parts.soak import SOAKED


def test_presets_and_a_recording_survive_the_end_of_the_daemon(tmp_path: Path) -> None:
    silent = SilentDaemon(tmp_path)
    try:
        assert silent.ask("/record", "last")[0] == "/done"
        assert silent.plays()
        for name, z in (("dark", Z), ("bright", (1.0, 0.5, -0.5, 0.25)), ("gone", (0.0, 0.0, 0.0, 0.0))):
            silent.client.send("/z", *z)
            assert silent.ask("/preset/save", name) == ("/done", ("/preset/save", name))
        assert silent.ask("/preset/delete", "gone") == ("/done", ("/preset/delete", "gone"))
        assert "no preset 'gone'" in silent.failure("/preset/delete", "gone")
        assert "no preset 'gone'" in silent.failure("/preset/recall", "gone")
        assert "a preset's name has" in silent.failure("/preset/save", "")
        assert silent.ask("/quit") == ("/done", ("/quit",))
        assert silent.daemon.process.wait(ANSWER_S) == 0
        samples, rate = soundfile.read(silent.recordings / "last.wav", dtype="float32", always_2d=True)
        assert rate == 48_000 and samples.any()
        silent.close()

        silent.open()
        _, (model, *names) = silent.ask("/presets", answer="/presets.reply")
        assert (model, names[:2]) == ("plucked", ["bright", "dark"]), "one's own come first"
        assert "gone" not in names
        _, (model, dims, *values) = silent.ask("/places", answer="/places.reply")
        places = {values[k]: values[k + 1 : k + 1 + dims] for k in range(0, len(values), 1 + dims)}
        assert (model, list(places)) == ("plucked", names), "and lie somewhere, in the same order"
        assert places["dark"] == pytest.approx(Z)
        assert silent.ask("/notify", 1) == ("/done", ("/notify", 1))
        silent.client.send("/preset/recall", "bright")
        told = silent.client.wait_for("/z")
        assert told is not None and told[1] == pytest.approx((1.0, 0.5, -0.5, 0.25))
        silent.client.send("/preset/recall", names[-1])
        told = silent.client.wait_for("/z")
        assert told is not None and told[1] == pytest.approx(places[names[-1]])
        # after a /load they are there as soon as it is answered
        assert silent.ask("/load", "plucked", timeout_s=LOAD_S)[0] == "/done"
        silent.client.send("/preset/recall", "dark")
        while (told := silent.client.wait_for("/z", "/fail")) is not None and told[0] == "/z":
            if told[1] == pytest.approx(Z):  # else that of the new model, which may come later than its /done
                break
        assert told is not None and told[0] == "/z"
    finally:
        silent.close()


def test_of_many_presets_that_are_saved_at_once_others_are_told_the_last_names_and_seldom(silent: SilentDaemon) -> None:
    names = {f"many {k}" for k in range(30)}
    listener = silent.listen()
    silent.client.send_bundle([("/preset/save", name) for name in sorted(names)], None)
    told = []
    while not told or not names <= set(told[-1]):
        answer = listener.wait_for("/presets.reply", timeout_s=ANSWER_S)
        assert answer is not None, told
        told.append(answer[1])
    assert len(told) < 10
    silent.client.send("/preset/delete", "many 7")
    answer = listener.wait_for("/presets.reply", timeout_s=ANSWER_S)
    assert answer is not None and "many 7" not in answer[1] and "many 8" in answer[1]
    for name in names - {"many 7"}:
        assert silent.ask("/preset/delete", name)[0] == "/done"


def is_saved(silent: SilentDaemon, name: str, z: Sequence[float]) -> bool:
    """Whether a preset is there, as is told when it is recalled."""
    listener = OscClient(silent.port)
    try:
        assert listener.ask("/notify", 1, answer=("/done",)) == ("/done", ("/notify", 1))
        listener.drain()
        silent.client.send("/preset/recall", name)
        while (told := listener.wait_for("/z", timeout_s=ANSWER_S)) is not None:
            if told[1] == pytest.approx(z):  # else what an earlier test did, told late
                return True
        return False
    finally:
        listener.send("/notify", 0)
        listener.close()


def check_order(silent: SilentDaemon, ahead_s: float | None) -> None:
    """What a bundle asks of the cursor and of the presets is done in its order."""
    there = (1.0, 0.5, -0.5, 0.25)
    silent.client.send("/z", 0.0, 0.0, 0.0, 0.0)
    assert silent.ask("/preset/save", "dawn") == ("/done", ("/preset/save", "dawn"))
    due_s = None if ahead_s is None else time.time() + ahead_s
    bundle = [("/z", *there), ("/preset/save", "dusk"), ("/preset/recall", "dawn"), ("/preset/delete", "dawn")]
    silent.client.send_bundle([*bundle, ("/sync", 7)], due_s)
    answers = []
    while not answers or answers[-1][0] != "/synced":
        answer = silent.client.wait_for("/done", "/fail", "/synced", timeout_s=ANSWER_S)
        assert answer is not None, f"nothing came after {answers}"
        answers.append(answer)
    done = [("/done", ("/preset/save", "dusk")), ("/done", ("/preset/delete", "dawn"))]
    assert sorted(answers) == sorted([*done, ("/synced", (7,))])
    if due_s is not None:  # it was answered before its moment, at which the cursor goes where it says
        time.sleep(max(0.0, due_s - time.time()))
    assert is_saved(silent, "dusk", there)


@pytest.mark.parametrize("ahead_s", [None, 0.3])
def test_a_bundle_is_obeyed_in_order(silent: SilentDaemon, ahead_s: float | None) -> None:
    check_order(silent, ahead_s)


@pytest.mark.parametrize("latency_s", [0.4, pytest.param(0.02, marks=SOAKED)])
def test_under_latency_a_bundle_is_obeyed_in_order(tmp_path: Path, latency_s: float) -> None:
    slow = SilentDaemon(tmp_path, f"osc.latency_s={latency_s}")
    try:
        check_order(slow, None)
        slow.client.send_bundle([("/notify", 1), ("/play", 60, *Z), ("/panic",), ("/play", 64, *Z, 0.5, 0.1)])
        told = slow.client.wait_for("/voice/on", timeout_s=ANSWER_S)
        assert told is not None and told[1][1] == 64.0, "the note before the panic is not heard, the one after it is"
    finally:
        slow.close()


def test_a_preset_of_everything_comes_back_and_is_morphed(silent: SilentDaemon) -> None:
    ask = silent.ask
    silent.client.send("/z", *Z)
    silent.client.send("/macro/1", 0.5)
    silent.client.send("/release", 2.0)
    assert ask("/preset/save", "long", "all") == ("/done", ("/preset/save", "long"))
    silent.client.send("/macro/1", 0.0)
    silent.client.send("/release", 1.0)
    assert ask("/preset/save", "short", "all") == ("/done", ("/preset/save", "short"))
    silent.client.send("/preset/recall", "long")
    assert ask("/get", "/release", answer="/release") == ("/release", (2.0,))
    assert ask("/get", "/macro/1", answer="/macro/1") == ("/macro/1", (0.5,))
    silent.client.send("/preset/morph", "long", "short", 0.5)
    assert ask("/get", "/release", answer="/release") == ("/release", (1.5,))
    assert ask("/get", "/macro/1", answer="/macro/1") == ("/macro/1", (0.25,))
    assert "what must be cursor or all" in silent.failure("/preset/save", "long", "most")
