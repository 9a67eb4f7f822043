"""The recorder and a disk that refuses."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import soundfile

from oscvae.daemon.recorder import Recorder, recording_path
from oscvae.errors import CommandError
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine

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


@pytest.mark.usefixtures("full_disk")
def test_a_disk_that_becomes_full_is_told_at_once_and_keeps_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    output = Output()
    recorder = Recorder(cast(Engine, output), tmp_path)
    assert recorder.start("take") == "take.wav"
    output.words[at.E_RECORD_HEAD] = RATE
    until(lambda: output.words[at.E_RECORD_TAIL] == RATE)
    monkeypatch.setattr(soundfile.SoundFile, "write", refuse)
    output.words[at.E_RECORD_HEAD] = 2 * RATE
    until(lambda: bool(caplog.records))
    assert f"{tmp_path / 'take.wav'} cannot be written any more: no space is left in {tmp_path}" in caplog.text
    assert output.words[at.E_RECORD_ON] == 0
    with pytest.raises(CommandError, match=r"take\.wav ends after 1\.0 s: no space is left in "):
        recorder.stop()
    assert soundfile.info(tmp_path / "take.wav").frames == RATE


@pytest.mark.usefixtures("full_disk")
def test_a_recording_that_cannot_begin_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfile, "SoundFile", refuse)
    with pytest.raises(CommandError, match=r"take\.wav cannot be written: no space is left in "):
        Recorder(cast(Engine, Output()), tmp_path).start("take")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.touch()
    with pytest.raises(CommandError, match=r"take\.wav cannot be written: .*file: (File exists|Not a directory)"):
        Recorder(cast(Engine, Output()), folder).start("take")


@pytest.mark.parametrize("name", ["", ".wav", ".hidden", "a/b", "con:?", "x" * 129, "a\nb"])
def test_a_bad_name_says_what_a_name_is(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match="1 to 128 printable characters, no path, none of"):
        recording_path(tmp_path, name)
