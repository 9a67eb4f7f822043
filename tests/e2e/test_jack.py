"""A daemon in JACK: what it plays, how it outlives its server, how it starts beside others and how it leaves."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from parts import ROOT
from parts.client import OscClient
from parts.daemon import READY_TIMEOUT_S, Daemon, Z
from parts.jackd import JackServer
from parts.listening import Sound, first_sound, is_playing, onsets, out_of_tune
from parts.recorder import Recorder
from parts.soak import SOAKED
from parts.stage import NOTICE_S, RETURN_S, Stage, listen
from parts.waiting import until

pytestmark = pytest.mark.jack

SERVERS = ((44_100, 256), (48_000, 64), (44_100, 128), (48_000, 256), (44_100, 64), (48_000, 128))
LEAVE_S = 5.0
NOWHERE = {"JACK_DEFAULT_SERVER": "oscvae-test-nowhere", "JACK_NO_START_SERVER": "1"}
CURSOR = (0.5, -0.25, 0.125, 1.0)


def heard_note(stage: Stage, note: float) -> Sound:
    """One note, both channels from the onset on."""
    sound = stage.heard(lambda: stage.client.send("/play", note, *Z, 1.0, 0.5), 0.9)
    return sound[:, first_sound(sound) :]


# -- what it plays -----------------------------------------------------------------------------------------------------


def test_two_octaves_are_in_tune(stage: Stage) -> None:
    notes = range(48, 73, 4)
    apart_s = 0.65

    def play() -> None:
        begin = time.time() + 0.2
        for number, note in enumerate(notes):
            stage.client.send_bundle([("/play", note, *Z, 1.0, 0.45)], begin + number * apart_s)

    def judge(sound: Sound, recorder: Recorder) -> str | None:
        starts = onsets(sound)
        if len(starts) != len(notes):
            return f"{len(notes)} notes were played, {len(starts)} heard"
        for note, start in zip(notes, starts, strict=True):
            part = sound[0, start : start + round(0.5 * recorder.rate)]
            if not is_playing(part, recorder.rate, note):
                return f"{note} was played, not heard"
            if out_of_tune(part, recorder.rate, note) >= 20.0:
                return f"note {note} is {out_of_tune(part, recorder.rate, note):.0f} cents out of tune"
        return None

    stage.hear(play, 0.2 + len(notes) * apart_s + 0.2, judge)


def test_gain_velocity_and_pan_are_heard_as_they_are_said(stage: Stage) -> None:
    def peaks(velocity: float = 1.0) -> tuple[float, float]:
        sound = stage.heard(lambda: stage.client.send("/play", 60, *Z, velocity, 0.3), 0.6)
        return float(np.abs(sound[0]).max()), float(np.abs(sound[1]).max())

    full = peaks()
    assert full[0] == full[1], "the centre is not in the middle"
    assert 0.05 < full[0] < 0.3, "a full note peaks near the master gain of -12 dB"
    stage.client.send("/gain", -18.0)
    stage.daemon.settle()
    time.sleep(0.1)
    assert peaks()[0] / full[0] == pytest.approx(10 ** (-6 / 20), rel=1e-3)
    stage.client.send("/gain", -12.0)
    stage.client.send("/pan", -1.0)
    time.sleep(0.1)
    assert peaks() == (pytest.approx(full[0], rel=1e-3), 0.0)
    stage.client.send("/pan", 0.0)
    time.sleep(0.1)
    assert peaks(0.5)[0] / full[0] == pytest.approx(0.25, rel=1e-3)


def test_a_note_outlives_another_period(stage: Stage) -> None:
    stage.client.send("/stretch", 4.0)
    stage.client.send("/play", 60, *Z)
    assert until(lambda: stage.status().voices == 1, NOTICE_S)
    try:
        assert stage.server.tool("jack_bufsize", "512").returncode == 0
        assert until(lambda: stage.status().block_size == 512, NOTICE_S)
        assert stage.status().backend == "jack" and stage.status().voices == 1, "the note that sounded is gone"
        stage.client.send("/stretch", 1.0)
        assert out_of_tune(heard_note(stage, 67)[0], 48_000, 67) < 20.0
    finally:
        stage.server.tool("jack_bufsize", "128")
    assert until(lambda: stage.status().block_size == 128, NOTICE_S)


# -- the life of its server --------------------------------------------------------------------------------------------


def presets(stage: Stage) -> dict[str, Any]:
    (file,) = (stage.daemon.folder / "oscvae" / "presets").glob("*.json")
    document: dict[str, Any] = json.loads(file.read_text())["presets"]
    return document


def outlive(stage: Stage, kills: int) -> None:
    """Kill the server under sounding notes, and hear a note from the next, of another rate and period; many times."""
    client = stage.client
    client.send("/z", *CURSOR)
    assert client.ask("/preset/save", "before", answer=("/done",)) == ("/done", ("/preset/save", "before"))
    gone = stage.daemon.log.count("is gone")
    for number in range(kills):
        client.send_bundle([("/play", 48 + 3 * i, *Z) for i in range(8)])
        assert until(lambda: stage.status().voices == 8, NOTICE_S)
        rate, period = SERVERS[number % len(SERVERS)]
        stage.replace_server(rate, period)
        assert stage.status().model == "plucked"
        note = 52 + 5 * (number % 4)
        sound = heard_note(stage, note)
        assert is_playing(sound[0], rate, note), "what is heard is not the note that was played"
        assert out_of_tune(sound[0], rate, note) < 20.0
    assert client.ask("/preset/save", "after", answer=("/done",)) == ("/done", ("/preset/save", "after"))
    points = presets(stage)
    assert points["after"] == points["before"] == pytest.approx(CURSOR), "the cursor was lost"
    reply = client.ask("/presets", answer=("/presets.reply",))
    assert reply is not None and {"after", "before"} <= set(reply[1][1:]) and reply[1][0] == "plucked"
    assert stage.daemon.log.count("is gone") == gone + kills


@pytest.mark.parametrize("kills", [3, pytest.param(10, marks=SOAKED)])
def test_killed_servers_are_outlived(mortal_stage: Stage, kills: int) -> None:
    outlive(mortal_stage, kills)


def test_what_is_scheduled_and_what_is_played_meanwhile_outlive_the_server_too(mortal_stage: Stage) -> None:
    """A bundle that was sent before the server died is played by the next one; without one, nothing is wrong."""
    client = mortal_stage.client
    due = time.time() + 3.5
    client.send_bundle([("/play", 64, *Z, 1.0, 0.5)], due)
    mortal_stage.server.kill()
    assert until(lambda: mortal_stage.status().backend == "jack (away)", NOTICE_S)
    client.send("/play", 60, *Z, 0.5, 0.1)
    assert client.ask("/ping", answer=("/pong",)) == ("/pong", ())
    mortal_stage.server.start(rate=48_000, period=128)
    assert until(lambda: mortal_stage.status().backend == "jack", RETURN_S)
    if time.time() > due - 0.5:
        pytest.skip("this machine is too busy to restart a server in 3 s")
    with mortal_stage.listen() as recorder:
        recorder.wait(due - time.time() + 0.8)
        recorder.stop()
        assert is_playing(recorder.sound[0], recorder.rate, 64), "the schedule was lost"


def test_a_recording_ends_where_its_rate_ends(mortal_stage: Stage) -> None:
    """A file has one rate: what another server plays is not appended at the wrong one."""
    client = mortal_stage.client
    first, second = (48_000, 44_100) if mortal_stage.server.rate == 48_000 else (44_100, 48_000)

    def play(note: float) -> None:
        client.send("/notify", 1)
        client.send("/play", note, *Z, 1.0, 0.3)
        assert client.wait_for("/voice/off", timeout_s=NOTICE_S) is not None
        client.send("/notify", 0)
        mortal_stage.daemon.settle()

    name, (_, file) = client.ask("/record", "night", answer=("/done",)) or ("", ("", ""))
    assert name == "/done"
    play(60)
    mortal_stage.replace_server(second, 128)
    assert until(lambda: f"{file} ends here" in mortal_stage.daemon.log, NOTICE_S)
    play(67)
    reply = client.ask("/record", answer=("/done",), timeout_s=NOTICE_S)
    assert reply is not None and reply[1][:2] == ("/record", file), reply
    path = mortal_stage.daemon.folder / "oscvae" / "recordings" / file
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate == first and reply[1][2] == pytest.approx(len(samples) / rate, abs=1e-3)
    assert len(onsets(samples.T)) == 1 and is_playing(samples[:, 0], rate, 60), "the second note is in the file"


def test_two_daemons_play_in_two_servers(stage: Stage, mortal_stage: Stage) -> None:
    for listener, note in ((stage, 57), (mortal_stage, 64)):

        def play() -> None:
            stage.client.send("/play", 57, *Z, 1.0, 0.5)
            mortal_stage.client.send("/play", 64, *Z, 1.0, 0.5)

        def judge(sound: Sound, recorder: Recorder, note: float = note) -> str | None:
            if not sound.any() or not is_playing(sound[0], recorder.rate, note):
                return f"{note} alone should be heard"
            return None

        listener.hear(play, 0.8, judge)
    assert stage.status().backend == mortal_stage.status().backend == "jack"
    assert stage.server.name != mortal_stage.server.name


# -- starting and leaving ----------------------------------------------------------------------------------------------


@pytest.fixture
def later() -> Iterator[JackServer]:
    """A server that is not there yet."""
    server = JackServer(rate=44_100, period=256)
    yield server
    server.stop()


def test_without_a_server_it_plays_silently_and_into_one_that_comes_later(later: JackServer) -> None:
    settings = ("audio.backend=auto", f"audio.server_name={later.name}", "audio.connect=[]", "model.device=cpu")
    with Daemon(*settings, environment=NOWHERE) as daemon:
        daemon.wait_ready()
        backend = daemon.status().backend
        assert backend in {"silent", "portaudio"}
        assert "no sound will be heard" in daemon.log or backend == "portaudio"
        daemon.client.send("/play", 60, *Z)
        assert until(lambda: daemon.status().voices == 1, NOTICE_S)
        decoders = daemon.decoders()
        assert decoders

        taken = Daemon(f"osc.port={daemon.port}", "audio.backend=silent")
        assert taken.process.wait(60.0) == 3, taken.log
        who = re.search(rf"UDP port {daemon.port} on 127.0.0.1 is taken by .*\(pid {daemon.process.pid}\)", taken.log)
        assert who, taken.log
        assert "--set osc.port=" in taken.log
        taken.close()
        assert daemon.client.ask("/ping", answer=("/pong",)) == ("/pong", ())

        if backend == "silent":
            later.start()
            assert until(lambda: daemon.status().backend == "jack", NOTICE_S), daemon.log
            with listen(later.name) as recorder:
                daemon.client.send("/play", 67, *Z, 1.0, 0.5)
                recorder.wait(0.9)
                recorder.stop()
                assert is_playing(recorder.sound[0], 44_100, 67)

        assert daemon.client.ask("/quit", answer=("/done",)) == ("/done", ("/quit",))
        assert daemon.process.wait(LEAVE_S) == 0, daemon.log
        assert until(lambda: not any(process.is_running() for process in decoders), LEAVE_S), "a decoder stayed behind"


def test_a_server_that_was_asked_for_and_is_not_there_is_an_error() -> None:
    with Daemon("audio.backend=jack", "audio.server_name=oscvae-test-nowhere") as daemon:
        assert daemon.process.wait(60.0) == 1
        last = daemon.log.strip().splitlines()[-1]
        assert last.startswith("oscvae: no JACK server 'oscvae-test-nowhere' answers: start one"), daemon.log


def flood(daemon: Daemon) -> None:
    """Send notes and questions while it starts, until it answers."""
    early = OscClient(daemon.port)
    try:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            early.send("/play", 60, *Z)
            early.send("/ping")
            if "/pong" in {address for address, _ in early.drain()}:
                return
            time.sleep(0.02)
        pytest.fail(f"no answer\n{daemon.log}")
    finally:
        early.close()


def test_it_starts_in_a_flood_of_messages_and_leaves_at_sigterm_without_a_click(jack_server: JackServer) -> None:
    settings = ("audio.backend=jack", f"audio.server_name={jack_server.name}", "audio.connect=[]", "model.device=cpu")
    with Daemon(*settings) as daemon:
        flood(daemon)
        daemon.wait_ready()
        daemon.client.send("/panic")
        assert until(lambda: daemon.status().voices == 0, NOTICE_S)
        with listen(jack_server.name) as recorder:
            daemon.client.send_bundle([("/play", 45 + 5 * i, *Z, 1.0) for i in range(4)])
            recorder.wait(recorder.frames / recorder.rate + 0.4)
            daemon.process.send_signal(signal.SIGTERM)
            assert daemon.process.wait(LEAVE_S) == 0, daemon.log
            recorder.wait(recorder.frames / recorder.rate + 0.1)
            recorder.stop()
            sound = recorder.sound[0]
            assert not sound[-recorder.rate // 20 :].any()
            begin, end = first_sound(sound), int(np.flatnonzero(sound)[-1])
            if recorder.skipped == 0:
                steps = np.abs(np.diff(sound))
                fade = end - recorder.rate // 10
                assert steps[fade:].max() <= steps[begin:fade].max()
                assert np.abs(sound[end - 32 : end]).max() < 0.02, "it did not fade"
        assert not [port for port in jack_server.connections() if port.startswith("oscvae:")]


def test_the_command_line_says_what_keeps_it_from_starting(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(tmp_path), **NOWHERE}
    command = [sys.executable, "-m", "oscvae", "serve", "--set", "osc.prot=9001"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2 and "osc.prot" in done.stderr and "osc.port" in done.stderr
