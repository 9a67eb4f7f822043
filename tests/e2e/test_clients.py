"""Real clients, headless: each plays a note that is heard at the JACK port, and hears the daemon's answer."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from parts.client import FramedClient, free_port
from parts.daemon import Z
from parts.listening import is_playing, onsets, out_of_tune
from parts.pd import Pd
from parts.programs import Program, needs
from parts.recorder import Recorder
from parts.sclang import Sclang
from parts.stage import Stage
from parts.waiting import until

pytestmark = [pytest.mark.jack, pytest.mark.client]

HERE = Path(__file__).resolve().parent
ANSWER_S = 30.0  # a program on a busy machine may take long to start
RINGS = (1.0, 0.45)  # velocity and seconds of a note that is over before the next
Z_TEXT = tuple(str(value) for value in Z)


@contextlib.contextmanager
def heard(stage: Stage, notes: Sequence[float]) -> Iterator[Recorder]:
    """Within, something is to play these notes, one after another: they are awaited, and their pitch is checked."""
    stage.daemon.quiet()
    with stage.listen(2 * ANSWER_S) as recorder:
        yield recorder
        assert until(lambda: len(onsets(recorder.sound)) >= len(notes), ANSWER_S, 0.1), "a note was not heard"
        recorder.wait(recorder.frames / recorder.rate + 0.5)
        recorder.stop()
        starts = onsets(recorder.sound)
        assert len(starts) == len(notes)
        for note, start in zip(notes, starts, strict=True):
            part = recorder.sound[0, start : start + round(0.45 * recorder.rate)]
            assert is_playing(part, recorder.rate, note), f"{note} was played, something else was heard"
            assert out_of_tune(part, recorder.rate, note) < 20.0


def says(program: Program, pattern: str) -> str:
    """What the program printed first that matches."""
    return program.wait_for(pattern, ANSWER_S).group(0)


def oscsend(stage: Stage, path: str, types: str = "", *values: str) -> None:
    command = ["oscsend", "127.0.0.1", str(stage.daemon.port), path, *([types] if types else []), *values]
    subprocess.run(command, check=True, timeout=ANSWER_S)


@needs("oscsend", "oscdump", "stdbuf")
def test_oscsend_plays_with_every_kind_of_number_and_oscdump_is_told(stage: Stage, tmp_path: Path) -> None:
    port = free_port()
    with Program(["oscdump", "-L", str(port)], tmp_path / "oscdump.log") as dump:
        oscsend(stage, "/notify", "Ti", str(port))
        notes = (60, 64, 67, 72)
        for note, types in zip(notes, ("iffffff", "fffffff", "ddddddd", "hffdfff"), strict=True):
            with heard(stage, [note]):
                oscsend(stage, "/play", types, str(note), *Z_TEXT, *map(str, RINGS))
            says(dump, rf".*/voice/on if -\d+ {note}\.0")
        oscsend(stage, "/gain", "f", "-13")
        says(dump, r".*/gain f -13\.0")
        says(dump, r".*/voice/off if -\d+ 72\.0")
        oscsend(stage, "/notify", "Fi", str(port))


@needs("pd")
def test_pd_plays_and_reads_the_answers(stage: Stage, tmp_path: Path) -> None:
    with heard(stage, [63]), Pd(tmp_path, HERE / "client.pd") as pd:
        pd.send("target", f"connect 127.0.0.1 {stage.daemon.port}")
        pd.send("ask", 1)
        pd.send("go", " ".join(map(str, (63, *Z, *RINGS))))
        pd.send("wrong", "symbol nothing")
        assert says(pd, "answer: done.*") == "answer: done /notify 1"
        assert says(pd, "answer: voice on.*").endswith(" 63")
        assert "nothing" in says(pd, "answer: fail /load.*")


@needs("sclang")
def test_sclang_plays_now_and_later_and_reads_the_answers(stage: Stage, tmp_path: Path) -> None:
    script = (HERE / "client.scd").read_text()
    environment = {**os.environ, "OSCVAE_PORT": str(stage.daemon.port)}
    with heard(stage, [62, 67]) as recorder, Sclang(tmp_path, script, environment=environment) as sclang:
        assert says(sclang, "answer: /done.*") == "answer: /done /notify 1"
        assert says(sclang, "answer: /voice/on.*").split()[-1] == "62.0"
        assert "no such model" in says(sclang, "answer: /fail /load.*")
        assert says(sclang, "answer: /synced.*") == "answer: /synced 7"
        assert until(lambda: sclang.log.count("/voice/on") == 2, ANSWER_S)
        assert until(lambda: len(onsets(recorder.sound)) == 2, ANSWER_S)
    first, second = onsets(recorder.sound)
    if recorder.skipped == 0:
        apart_s = (second - first) / recorder.rate
        assert 0.9 < apart_s < 1.05, "the bundle was for one second after the message"


@pytest.fixture
def framed(stage: Stage) -> Iterator[FramedClient]:
    connection = FramedClient(stage.tcp_port)
    yield connection
    connection.close()


def test_tcp_frames_may_come_in_pieces_and_together(stage: Stage, framed: FramedClient) -> None:
    with heard(stage, [65]):
        data = framed.frame("/notify", 1) + framed.frame("/play", 65, *Z, *RINGS) + framed.frame("/sync", 5)
        for piece in (data[:2], data[2:11], data[11:]):
            framed.socket.sendall(piece)
        while (reply := framed.receive())[0] != "/done":  # how things stand
            assert reply[0] != "/fail"
        assert reply == ("/done", ("/notify", 1))
        assert framed.wait_for("/synced", "/voice/on") == ("/synced", (5,))
        address, args = framed.wait_for("/voice/on", "/voice/off")
        assert (address, args[1]) == ("/voice/on", 65.0)
    framed.socket.sendall(framed.frame("/notify", 0))


def test_tcp_has_room_for_long_answers_and_refuses_a_wrong_frame(framed: FramedClient) -> None:
    framed.socket.sendall(framed.frame("/help"))
    address, args = framed.receive()
    assert address == "/help.reply" and args[1].splitlines()[-1] == "/quit"
    framed.socket.sendall(framed.frame("/play", 60))
    address, args = framed.receive()
    assert address == "/fail" and args[0] == "/play" and "expected note z1 z2 z3 z4" in args[1]
    framed.socket.sendall(struct.pack(">i", -4))
    address, args = framed.receive()
    assert address == "/fail" and "frame of -4 bytes" in args[1]
    with pytest.raises(EOFError):
        framed.exactly(1)
