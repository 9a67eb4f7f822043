"""The recorder and a disk that refuses, or does not answer."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import soundfile

from oscvae.daemon.recorder import NAME_MAX, Recorder, stem_of
from oscvae.errors import BusyError, CommandError, DiskError
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.settings import disk

RATE = 48000


class Output:
    """An engine whose callback has written a second of silence."""

    rate = RATE

    def __init__(self) -> None:
        self.words = {at.E_RECORD_LOST: 0, at.E_RECORD_HEAD: 0, at.E_RECORD_TAIL: 0, at.E_RECORD_ON: 0}
        self.recording = np.zeros((at.RECORD_FRAMES, 2), np.float32)

    def word(self, place: int) -> int:
        return self.words[place]

    def set_word(self, place: int, value: int) -> None:
        self.words[place] = value


def refuse(*_: Any, **__: Any) -> None:
    raise soundfile.LibsndfileError(2)  # "System error."


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 10.0
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


@pytest.mark.usefixtures("full_disk")
def test_a_disk_that_becomes_full_is_told_at_once_and_keeps_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    output = Output()
    recorder = Recorder(cast(Engine, output), tmp_path)

    async def body() -> None:
        assert await recorder.start("take") == "take.wav"
        output.words[at.E_RECORD_HEAD] = RATE
        until(lambda: output.words[at.E_RECORD_TAIL] == RATE)
        monkeypatch.setattr(soundfile.SoundFile, "write", refuse)
        output.words[at.E_RECORD_HEAD] = 2 * RATE
        until(lambda: bool(caplog.records))
        assert f"{tmp_path / 'take.wav'} cannot be written any more: no space is left in {tmp_path}" in caplog.text
        assert output.words[at.E_RECORD_ON] == 0
        with pytest.raises(CommandError, match=r"take\.wav ends after 1\.0 s: no space is left in "):
            await recorder.stop()

    run(body)
    assert soundfile.info(tmp_path / "take.wav").frames == RATE


@pytest.mark.usefixtures("full_disk")
def test_a_recording_that_cannot_begin_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfile, "SoundFile", refuse)
    with pytest.raises(CommandError, match=r"take\.wav cannot be written: no space is left in "):
        asyncio.run(Recorder(cast(Engine, Output()), tmp_path).start("take"))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.touch()
    with pytest.raises(CommandError, match=r"take\.wav cannot be written: .*file: (File exists|Not a directory)"):
        asyncio.run(Recorder(cast(Engine, Output()), folder).start("take"))


@pytest.mark.parametrize("name", ["", ".wav", ".hidden", "a/b", "con:?", "x" * 129, "a\nb", NAME_MAX * "é"])
def test_a_bad_name_says_what_a_name_is(name: str) -> None:
    with pytest.raises(CommandError, match="1 to 128 printable characters and at most 245 bytes, no path, none of"):
        stem_of(name)


def test_no_recording_takes_the_place_of_what_is_there(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "take.wav")
    (tmp_path / "take-2.wav").symlink_to("nowhere")
    (tmp_path / "take-3.wav").write_bytes(b"older")

    async def body() -> None:
        recorder = Recorder(cast(Engine, Output()), tmp_path)
        assert await recorder.start("take") == "take-4.wav"
        assert await recorder.stop() == ("take-4.wav", 0.0)

    run(body)
    assert (tmp_path / "take-3.wav").read_bytes() == b"older"


@pytest.mark.parametrize("letters", ["x" * NAME_MAX, "é" * 122])
def test_the_longest_name_is_recorded_twice(tmp_path: Path, letters: str) -> None:
    async def body() -> None:
        for name in (f"{letters}.wav", f"{letters}-2.wav"):
            recorder = Recorder(cast(Engine, Output()), tmp_path)
            assert await recorder.start(letters) == name
            await recorder.close()

    run(body)


def test_a_recording_that_begins_too_late_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked for it was told that it is not."""
    monkeypatch.setattr(disk, "ANSWER_S", 0.2)
    goes_on = threading.Event()
    mkdir = Path.mkdir

    def slowly(path: Path, *args: Any, **kwargs: Any) -> None:
        goes_on.wait(10.0)
        mkdir(path, *args, **kwargs)

    monkeypatch.setattr(Path, "mkdir", slowly)
    output = Output()

    async def body() -> None:
        recorder = Recorder(cast(Engine, output), tmp_path)
        with pytest.raises(DiskError, match="the recordings folder did not answer within"):
            await recorder.start("take")
        with pytest.raises(BusyError):
            await recorder.start("another")
        with pytest.raises(CommandError, match="nothing is being recorded"):
            await recorder.stop()
        goes_on.set()
        while recorder._disk._hanging:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(until, lambda: not list(tmp_path.iterdir()))
        assert output.words[at.E_RECORD_ON] == 0
        assert await recorder.start("take") == "take.wav"
        await recorder.close()

    run(body)


def test_a_recording_whose_end_hangs_can_be_ended_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "ANSWER_S", 0.2)
    goes_on = threading.Event()
    write = soundfile.SoundFile.write
    monkeypatch.setattr(soundfile.SoundFile, "write", lambda file, samples: goes_on.wait(10.0) and write(file, samples))
    output = Output()

    async def body() -> None:
        recorder = Recorder(cast(Engine, output), tmp_path)
        await recorder.start("take")
        output.words[at.E_RECORD_HEAD] = RATE
        with pytest.raises(DiskError, match="the recordings folder did not answer within"):
            await recorder.stop()
        assert output.words[at.E_RECORD_ON] == 0
        with pytest.raises(BusyError, match="the recordings folder has still not answered"):
            await recorder.stop()
        with pytest.raises(CommandError, match=r"take\.wav is being recorded"):
            await recorder.start("another")
        goes_on.set()
        while recorder._disk._hanging:
            await asyncio.sleep(0.01)
        assert await recorder.stop() == ("take.wav", 1.0)

    run(body)
    assert soundfile.info(tmp_path / "take.wav").frames == RATE
