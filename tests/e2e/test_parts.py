"""Several parts of a live daemon: their outputs in JACK, what is told of them and answered, keyboards of their own."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from e2e.rendering import rendered
from parts.client import OscClient, free_tcp_port
from parts.daemon import Daemon, Z
from parts.jackd import PROGRAMS, JackServer
from parts.listening import aligned, difference, first_sound
from parts.midi_sender import MidiSender
from parts.programs import skip_without
from parts.recorder import Recorder
from parts.silent import ANSWER_S, LOAD_S, SilentDaemon
from parts.stage import ATTEMPTS, Stage
from parts.waiting import until

OUTPUTS = 4
SETTINGS = (f"audio.outputs={OUTPUTS}", "model.parts={2: plucked}", "audio.parts={2: 3}", "midi.parts={2: 2}")


# -- in JACK -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    skip_without(*PROGRAMS)
    server = JackServer().start()
    made = Stage(server, *SETTINGS)
    yield made
    made.close()
    server.stop()


def at_the_ports(stage: Stage, *message: object, seconds: float) -> tuple[np.ndarray, int]:
    """float32 [OUTPUTS, frames] from before a message on, and how many frames the server lost."""
    stage.daemon.quiet()
    recorder = Recorder(stage.server.name, ports=OUTPUTS, seconds=seconds + 5.0)
    try:
        recorder.connect([f"oscvae:out_{n}" for n in range(1, OUTPUTS + 1)])
        recorder.start()
        recorder.wait(0.02)
        stage.client.send(str(message[0]), *message[1:])
        recorder.wait(recorder.frames / recorder.rate + seconds)
        recorder.stop()
        return recorder.sound.copy(), recorder.lost + recorder.skipped
    finally:
        recorder.close()


@pytest.mark.jack
def test_a_part_is_heard_at_its_outputs_and_is_the_rendering_bit_for_bit(stage: Stage, tmp_path: Path) -> None:
    expected = rendered(tmp_path / "note.wav", 60, 0.8)
    expected = expected[:, first_sound(expected) :]
    told = ""
    for _ in range(ATTEMPTS):
        before = stage.status().underruns
        sound, lost = at_the_ports(stage, "/part/2/play", 60, *Z, seconds=2.5)
        there = sound[2:, first_sound(sound[2:]) :]
        got, wanted = aligned(there, expected)
        told = difference(got[:, :96_000], wanted[:, :96_000], 0.0) or ""
        if not lost and stage.status().underruns == before:
            break
    assert told == ""
    assert there.any()
    assert not sound[:2].any(), "nothing of it is at the first part's outputs"


@pytest.mark.jack
def test_a_part_goes_to_other_outputs_when_it_is_told_to(stage: Stage) -> None:
    client = stage.client
    try:
        client.send("/part/2/out", 1)
        assert client.ask("/get", "/part/2/out", answer=("/part/2/out",)) == ("/part/2/out", (1,))
        sound, _ = at_the_ports(stage, "/part/2/play", 60, *Z, seconds=0.4)
        assert sound[:2].any() and not sound[2:].any()
        assert client.ask("/part/2/out", 5, answer=("/done",)) == (
            "/fail",
            ("/part/2/out", "first must be 1, 3, got 5: audio.outputs in config.yaml is 4"),
        )
    finally:
        client.send("/part/2/out", 3)
    assert client.ask("/parts", answer=("/parts.reply",)) == ("/parts.reply", (1, "plucked", 1, 2, "plucked", 3))


@pytest.mark.jack
def test_a_keyboard_plays_the_part_of_its_channel(stage: Stage) -> None:
    sender = MidiSender(stage.server.name, "hands")
    try:
        sender.connect("oscvae:midi_in")
        with OscClient(stage.daemon.port) as listener:
            assert listener.ask("/notify", 1, answer=("/done",)) is not None
            listener.drain()
            start = sender.frame + round(0.1 * sender.rate)
            notes = [(0x91, 62), (0x90, 60), (0x92, 64)]
            sender.send([(start + 100 * i, bytes((status, note, 100))) for i, (status, note) in enumerate(notes)])
            begun: dict[float, str] = {}
            while len(begun) < 3:
                reply = listener.wait_for("/voice/on", "/part/2/voice/on", timeout_s=ANSWER_S)
                assert reply is not None, begun
                begun[reply[1][1]] = reply[0]
            assert begun == {62.0: "/part/2/voice/on", 60.0: "/voice/on", 64.0: "/voice/on"}
            later = sender.frame + round(0.1 * sender.rate)
            sender.send([(later + 10 * i, bytes((status - 0x10, note, 0))) for i, (status, note) in enumerate(notes)])
            assert until(lambda: stage.status().voices == 0, ANSWER_S), "the note offs have reached them all"
    finally:
        sender.close()


# -- what is told and answered -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SilentDaemon]:
    made = SilentDaemon(tmp_path_factory.mktemp("parts"), *SETTINGS)
    yield made
    made.close()


def test_who_subscribes_is_told_how_each_part_stands(daemon: SilentDaemon) -> None:
    daemon.ask("/part/2/preset/save", "here", "all")
    daemon.client.send("/part/2/gain", -20.0)
    daemon.client.send("/sync", 3)
    assert daemon.client.wait_for("/synced") == ("/synced", (3,))
    with OscClient(daemon.port) as late:
        assert late.ask("/notify", 1, answer=("/done",)) is not None
        late.send("/notify", 0)
        told = dict(late.drain())
        late.send("/notify", 1)
        while (reply := late.receive(2.0)) is not None and reply[0] != "/done":
            told.setdefault(*reply)
        told.update(late.drain())
    assert told["/part/2/model"][:2] == told["/model"][:2] == ("plucked", 4)
    assert (told["/gain"], told["/part/2/gain"]) == ((-12.0,), (-20.0,))
    assert (told["/out"], told["/part/2/out"]) == ((1,), (3,))
    assert len(told["/part/2/z"]) == 4
    assert not any(address.startswith("/part/3") for address in told), "which plays nothing"


def test_a_model_is_loaded_into_a_part_and_told_at_its_address(daemon: SilentDaemon) -> None:
    listener = daemon.listen()
    kind, what = daemon.ask("/part/3/load", "drums", timeout_s=LOAD_S)
    assert (kind, what[:2]) == ("/done", ("/part/3/load", "drums"))
    told = {}
    while (reply := listener.receive(2.0)) is not None:
        told[reply[0]] = reply[1]
        if "/part/3/out" in told:
            break
    assert told["/part/3/gain"] == (-12.0,) and told["/part/3/out"] == (1,), "it had nothing to tell before"
    assert told["/part/3/loading"] == ("drums",)
    assert told["/part/3/model"][0] == "drums"
    assert "/model" not in told and "/loading" not in told
    assert daemon.status().model == "plucked"
    assert daemon.failure("/part/3/load", "nothing") == daemon.failure("/load", "nothing")
    assert daemon.ask("/part/3/model", answer="/part/3/model")[1][0] == "drums"
    assert daemon.ask("/part/3/presets", answer="/part/3/presets.reply")[1][0] == "drums"
    assert daemon.ask("/part/3/points", answer="/part/3/points.reply")[1][0] == "drums"
    assert daemon.failure("/part/4/presets") == "part 4 plays no model: /part/4/load one, /models lists them"
    assert daemon.failure("/part/9/play", 60) == "no part '9': there are 8, /part/1 to /part/8"
    assert daemon.failure("/part/2/quit") == "/quit is the daemon's, not of a part: send /quit"
    assert "did you mean /part/2/play?" in daemon.failure("/part/2/pley", 60)
    assert daemon.plays()


def test_a_panic_of_the_first_part_forgets_nothing_of_the_others(daemon: SilentDaemon) -> None:
    listener = daemon.listen()
    daemon.client.send("/part/2/voice/new", 9, 60, *Z, 0.8, 20.0)
    assert listener.wait_for("/part/2/voice/on", timeout_s=ANSWER_S) is not None
    due_s = time.time() + 1.0
    daemon.client.send_bundle([("/voice/stop", 9)], due_s)
    daemon.client.send_bundle([("/play", 60, *Z, 0.8, 0.1)], due_s)
    daemon.client.send("/part/1/panic")
    assert listener.wait_for("/voice/on", "/part/2/voice/off", timeout_s=ANSWER_S) == ("/part/2/voice/off", (9, 60.0))


def test_a_preset_that_one_part_saves_another_recalls(daemon: SilentDaemon) -> None:
    daemon.client.send("/part/2/z", *Z)
    assert daemon.ask("/part/2/preset/save", "shared")[0] == "/done"
    daemon.client.send("/preset/recall", "shared")
    address, where = daemon.ask("/get", "/z", answer="/z")
    assert (address, where) == ("/z", pytest.approx(Z))
    assert daemon.ask("/preset/delete", "shared") == ("/done", ("/preset/delete", "shared"))


def test_what_one_changes_in_a_part_the_others_are_told_at_its_address(daemon: SilentDaemon) -> None:
    listener = daemon.listen()
    daemon.client.send("/part/2/unit/2", 0.25)
    assert listener.wait_for("/part/2/unit/2") == ("/part/2/unit/2", (0.25,))
    daemon.client.send("/part/1/gain", -9.0)
    assert listener.wait_for("/gain") == ("/gain", (-9.0,)), "the first has no prefix"
    daemon.client.send("/gain", -12.0)


def test_the_meters_of_all_outputs_are_told(daemon: SilentDaemon) -> None:
    listener = daemon.listen()

    def heard(wanted: Callable[[tuple[float, ...]], bool]) -> bool:
        reply = listener.wait_for("/level", timeout_s=ANSWER_S)
        return reply is not None and len(reply[1]) == OUTPUTS and wanted(reply[1])

    daemon.client.send("/play", 60, *Z, 0.8, 0.1)
    assert until(lambda: heard(lambda levels: levels[0] > -40.0 > levels[2]), ANSWER_S)
    daemon.daemon.quiet()
    assert until(lambda: heard(lambda levels: max(levels) < -60.0), ANSWER_S)
    daemon.client.send("/part/2/play", 60, *Z)
    assert until(lambda: heard(lambda levels: levels[2] > -40.0 > levels[0]), ANSWER_S)
    daemon.client.send("/panic")


def test_a_part_whose_model_cannot_be_played_is_logged_and_the_others_play_and_are_shown() -> None:
    port = free_tcp_port()
    with Daemon.ready("audio.backend=silent", f"http.port={port}", "model.parts={2: nothing, 3: drums}") as daemon:
        assert until(lambda: "part 2 has no model to play" in daemon.log, ANSWER_S)
        reply = daemon.client.ask("/parts", answer=("/parts.reply",))
        assert reply == ("/parts.reply", (1, "plucked", 1, 3, "drums", 1))
        assert daemon.sounds()
        daemon.client.send("/part/3/gain", -20.0)
        daemon.settle()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/part/3/gain") as answer:
            node = json.load(answer)
        assert (node["FULL_PATH"], node["VALUE"]) == ("/part/3/gain", [-20.0])
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/part") as answer:
            assert list(json.load(answer)["CONTENTS"]) == ["3"]
