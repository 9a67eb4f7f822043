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
import psutil
import pytest
import soundfile
from conftest import StartJack
from jack_recorder import Recorder
from jackd import JackServer
from support import ROOT, Daemon, OscClient

from e2e.stage import SOAK, Sound, Stage, Status, Z, first_sound, is_playing, listen, onsets, out_of_tune, until

pytestmark = pytest.mark.jack

SERVERS = ((44_100, 256), (48_000, 64), (44_100, 128), (48_000, 256), (44_100, 64), (48_000, 128))
RETURN_S = 3.0  # in which it plays again once a server is back
NOTICE_S = 10.0
LEAVE_S = 5.0
AFTER_S = 0.45
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


def test_level_velocity_and_pan(stage: Stage) -> None:
    def peaks(*messages: tuple[Any, ...]) -> tuple[float, float]:
        def play() -> None:
            stage.client.send_bundle([*messages, ("/voice/new", 1, 60, *Z, 1.0, 0.3)])

        sound = stage.heard(play, 0.6)
        return float(np.abs(sound[0]).max()), float(np.abs(sound[1]).max())

    full = peaks()
    assert full[0] == full[1], "the centre is not in the middle"
    assert 0.05 < full[0] < 0.3, "a full note peaks near the master gain of -12 dB"
    stage.client.send("/gain", -18.0)
    stage.settle()
    time.sleep(0.1)
    assert peaks()[0] / full[0] == pytest.approx(10 ** (-6 / 20), rel=1e-3)
    stage.client.send("/gain", -12.0)
    stage.client.send("/pan", -1.0)
    time.sleep(0.1)
    assert peaks() == (pytest.approx(full[0], rel=1e-3), 0.0)
    stage.client.send("/pan", 0.0)
    time.sleep(0.1)
    half = stage.heard(lambda: stage.client.send("/play", 60, *Z, 0.5, 0.3), 0.6)
    assert np.abs(half).max() / full[0] == pytest.approx(0.25, rel=1e-3)


def test_another_period_while_a_note_sounds(stage: Stage) -> None:
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


@pytest.fixture
def own_stage(start_jack: StartJack) -> Iterator[Stage]:
    """A stage whose server may be killed."""
    stage = Stage(start_jack())
    yield stage
    stage.close()


def presets(stage: Stage) -> dict[str, Any]:
    (file,) = (stage.daemon.folder / "oscvae" / "presets").glob("*.json")
    document: dict[str, Any] = json.loads(file.read_text())["presets"]
    return document


def lives(stage: Stage) -> bool:
    return stage.daemon.process.poll() is None


def kill_and_return(stage: Stage, number: int) -> None:
    """Kill the server under sounding notes, start one of another rate and period, hear a note from it."""
    client = stage.client
    client.send_bundle([("/play", 48 + 3 * i, *Z) for i in range(8)])
    assert until(lambda: stage.status().voices == 8, NOTICE_S)
    stage.server.kill()
    assert until(lambda: stage.status().backend == "jack (away)", NOTICE_S), stage.daemon.log
    status = stage.status()
    assert (status.model, status.dims) == ("plucked", 4)
    client.send("/play", 60, *Z, 0.5, 0.1)  # nobody hears it, and nothing is wrong with it
    assert client.ask("/ping", answer=("/pong",)) == ("/pong", ())

    rate, period = SERVERS[number % len(SERVERS)]
    stage.server.start(rate=rate, period=period)
    began = time.monotonic()
    back = until(lambda: stage.status().backend == "jack", RETURN_S)
    assert back, f"not back after {time.monotonic() - began:.1f} s\n{stage.daemon.log}"
    status = stage.status()
    assert (status.sample_rate, status.block_size, status.model) == (rate, period, "plucked")
    with stage.listen() as recorder:
        note = 52 + 5 * (number % 4)
        client.send("/play", note, *Z, 1.0, 0.5)
        recorder.wait(0.8)
        recorder.stop()
        sound = recorder.sound.copy()
    assert is_playing(sound[0], rate, note), "what is heard is not the note that was played"
    assert out_of_tune(sound[0], rate, note) < 20.0
    assert lives(stage)


def outlive(stage: Stage, kills: int) -> None:
    client = stage.client
    client.send("/z", *CURSOR)
    assert client.ask("/preset/save", "before", answer=("/done",)) == ("/done", ("/preset/save", "before"))
    pid = stage.daemon.process.pid
    for number in range(kills):
        kill_and_return(stage, number)
    assert client.ask("/preset/save", "after", answer=("/done",)) == ("/done", ("/preset/save", "after"))
    points = presets(stage)
    assert points["after"] == points["before"] == pytest.approx(CURSOR), "the cursor was lost"
    assert client.ask("/presets", answer=("/presets.reply",)) == ("/presets.reply", ("plucked", "after", "before"))
    assert stage.daemon.process.pid == pid and lives(stage)
    assert stage.daemon.log.count("is gone") == kills


def test_a_killed_server_is_outlived(own_stage: Stage) -> None:
    outlive(own_stage, 3)
    scheduled(own_stage)
    assert own_stage.daemon.stop() == 0, own_stage.daemon.log


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="make soak")
def test_a_server_killed_ten_times_is_outlived(own_stage: Stage) -> None:
    outlive(own_stage, 10)
    assert own_stage.daemon.stop() == 0, own_stage.daemon.log


def scheduled(stage: Stage) -> None:
    """A bundle that was sent before the server died is played by the next one."""
    due = time.time() + 4.0
    stage.client.send_bundle([("/play", 64, *Z, 1.0, 0.5)], due)
    stage.server.kill()
    assert until(lambda: stage.status().backend == "jack (away)", NOTICE_S)
    stage.server.start(rate=48_000, period=128)
    assert until(lambda: stage.status().backend == "jack", RETURN_S)
    if time.time() > due - 0.5:
        pytest.skip("this machine is too busy to restart a server in 3 s")
    with stage.listen() as recorder:
        recorder.wait(due - time.time() + 0.8)
        recorder.stop()
        assert is_playing(recorder.sound[0], recorder.rate, 64), "the schedule was lost"


def test_a_recording_ends_where_its_rate_ends(own_stage: Stage) -> None:
    """A file has one rate: what another server plays is not appended at the wrong one."""
    client, folder = own_stage.client, own_stage.daemon.folder / "oscvae" / "recordings"
    assert client.ask("/record", "night", answer=("/done",)) == ("/done", ("/record", "night.wav"))
    client.send("/play", 60, *Z, 1.0, 0.3)
    assert until(lambda: own_stage.status().voices == 1, NOTICE_S)
    assert until(lambda: own_stage.status().voices == 0, NOTICE_S)
    own_stage.server.kill()
    assert until(lambda: own_stage.status().backend == "jack (away)", NOTICE_S)
    own_stage.server.start(rate=44_100)
    assert until(lambda: own_stage.status().backend == "jack", RETURN_S)
    time.sleep(0.2)
    client.send("/play", 67, *Z, 1.0, 0.3)
    assert until(lambda: own_stage.status().voices == 1, NOTICE_S)
    assert until(lambda: own_stage.status().voices == 0, NOTICE_S)
    reply = client.ask("/record", answer=("/done",), timeout_s=NOTICE_S)
    assert reply is not None and reply[1][:2] == ("/record", "night.wav"), reply
    samples, rate = soundfile.read(folder / "night.wav", dtype="float32", always_2d=True)
    assert rate == 48_000 and reply[1][2] == pytest.approx(len(samples) / rate, abs=1e-3)
    assert len(onsets(samples.T)) == 1 and is_playing(samples[:, 0], rate, 60), "the second note is in the file"
    assert "night.wav ends here" in own_stage.daemon.log


def test_two_daemons_play_in_two_servers(stage: Stage, start_jack: StartJack) -> None:
    other = Stage(start_jack(rate=44_100, period=256))
    try:
        for listener, rate, note in ((stage, 48_000, 57), (other, 44_100, 64)):
            with listener.listen() as recorder:
                stage.client.send("/play", 57, *Z, 1.0, 0.5)
                other.client.send("/play", 64, *Z, 1.0, 0.5)
                recorder.wait(0.8)
                recorder.stop()
                assert recorder.rate == rate
                assert is_playing(recorder.sound[0], rate, note), "each server has the note of its own daemon, alone"
        assert stage.status().backend == other.status().backend == "jack"
        assert other.daemon.stop(signal.SIGINT) == 0
        assert stage.client.ask("/ping", answer=("/pong",)) == ("/pong", ())
    finally:
        other.close()


# -- starting and leaving ----------------------------------------------------------------------------------------------


def children(daemon: Daemon) -> list[psutil.Process]:
    found = psutil.Process(daemon.process.pid).children(recursive=True)
    assert found, "the daemon has no decoder process"
    return found


@pytest.fixture
def later() -> Iterator[JackServer]:
    """A server that is not there yet."""
    server = JackServer(rate=44_100, period=256)
    yield server
    server.stop()


def test_without_a_server_it_plays_silently_and_into_one_that_comes_later(later: JackServer) -> None:
    settings = ("audio.backend=auto", f"audio.server_name={later.name}", "audio.connect=[]", "model.device=cpu")
    with Daemon(*settings, environment=NOWHERE) as daemon:
        status = Status(*daemon.wait_ready())
        assert status.backend in {"silent", "portaudio"}
        assert "no sound will be heard" in daemon.log or status.backend == "portaudio"
        daemon.client.send("/play", 60, *Z)
        assert until(lambda: Status(*daemon.status()).voices == 1, NOTICE_S)
        decoders = children(daemon)

        taken = Daemon(f"osc.port={daemon.port}", "audio.backend=silent")
        assert taken.process.wait(60.0) == 3, taken.log
        who = re.search(rf"UDP port {daemon.port} on 127.0.0.1 is taken by .*\(pid {daemon.process.pid}\)", taken.log)
        assert who, taken.log
        assert "--set osc.port=" in taken.log
        taken.close()
        assert daemon.client.ask("/ping", answer=("/pong",)) == ("/pong", ())

        if status.backend == "silent":
            later.start()
            assert until(lambda: Status(*daemon.status()).backend == "jack", NOTICE_S), daemon.log
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


def test_sigterm_while_notes_sound_leaves_the_server_without_a_click(start_jack: StartJack) -> None:
    stage = Stage(start_jack())
    try:
        with stage.listen() as recorder:
            stage.client.send_bundle([("/play", 45 + 5 * i, *Z, 1.0) for i in range(4)])
            recorder.wait(0.4)
            stage.daemon.process.send_signal(signal.SIGTERM)
            assert stage.daemon.process.wait(LEAVE_S) == 0, stage.daemon.log
            recorder.wait(recorder.frames / recorder.rate + 0.1)
            recorder.stop()
            sound = recorder.sound[0]
            assert not sound[-recorder.rate // 20 :].any()
            begin = first_sound(sound)
            last = int(np.flatnonzero(sound)[-1])
            if recorder.skipped == 0:
                steps = np.abs(np.diff(sound))
                assert steps[last - recorder.rate // 10 :].max() <= steps[begin : last - recorder.rate // 10].max()
                assert np.abs(sound[last - 32 : last]).max() < 0.02, "it did not fade"
        assert not [port for port in stage.server.connections() if port.startswith("oscvae:")]
    finally:
        stage.close()


def test_the_command_line_says_what_keeps_it_from_starting(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(tmp_path), **NOWHERE}
    command = [sys.executable, "-m", "oscvae", "serve", "--set", "osc.prot=9001"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2 and "osc.prot" in done.stderr and "osc.port" in done.stderr


def test_a_daemon_takes_messages_before_its_model_is_ready() -> None:
    """Nothing that arrives while it starts makes it fall over; it answers as soon as it can."""
    with Daemon("audio.backend=silent") as daemon:
        early = OscClient(daemon.port)
        try:
            deadline = time.monotonic() + 60.0
            answers: set[str] = set()
            while "/pong" not in answers and time.monotonic() < deadline:
                early.send("/ping")
                early.send("/play", 60, *Z)
                answers |= {address for address, _ in early.drain()}
                time.sleep(0.02)
            assert "/pong" in answers, daemon.log
            daemon.wait_ready()
            assert Status(*daemon.status()).model == "plucked"
        finally:
            early.close()
        assert daemon.stop() == 0
