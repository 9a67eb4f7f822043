"""Sound files in blocks: what is read is the same, however little is read at once, and how much is bounded."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.errors import SoundFileError
from oscvae.sound import files
from oscvae.sound.files import read_sound

RATE = 48000
RANDOM = np.random.default_rng(1)


def noise(samples: int, channels: int, gain: float = 0.3) -> np.ndarray:
    """With no offset: `read_sound` takes one away."""
    made = gain * RANDOM.standard_normal((samples, channels))
    return (made - made.mean(axis=0)).astype(np.float32)


def cancelling(samples: int) -> np.ndarray:
    left = noise(samples, 1)
    return np.hstack([0.5 * left, -left, 0.5 * left])


@pytest.fixture(params=[1, 7, 64, 1000])
def in_blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_BLOCK_SAMPLES", request.param)


@pytest.mark.usefixtures("in_blocks")
@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        (noise(999, 1), lambda sound: sound[:, 0]),
        (noise(999, 2), lambda sound: sound.mean(axis=1)),
        (noise(1001, 5), lambda sound: sound.mean(axis=1)),
        (cancelling(1000), lambda sound: sound[:, 1]),
    ],
    ids=["mono", "stereo", "five", "cancelling"],
)
def test_blocks_are_mixed_as_the_whole(tmp_path: Path, channels: np.ndarray, expected: object) -> None:
    soundfile.write(tmp_path / "sound.wav", channels, RATE, subtype="FLOAT")
    assert callable(expected)
    np.testing.assert_array_equal(read_sound(tmp_path / "sound.wav", RATE, allow_clipped=True), expected(channels))


def flat_tops(samples: int, count: int, length: int) -> np.ndarray:
    """A quiet sound that stays at its peak for `length` samples, `count` times, at odd places."""
    sound = 0.3 * np.sin(np.arange(samples) / 9.0)
    for top in range(count):
        sound[13 + 61 * top :][:length] = 0.9
    return np.stack([0.1 * sound, sound], axis=1).astype(np.float32)


@pytest.mark.usefixtures("in_blocks")
@pytest.mark.parametrize(
    ("count", "length", "clipped"), [(3, 4, True), (9, 30, True), (2, 30, False), (9, 3, False), (3, 5, True)]
)
def test_flat_peaks_are_found_across_blocks(tmp_path: Path, count: int, length: int, clipped: bool) -> None:
    soundfile.write(tmp_path / "sound.wav", flat_tops(1000, count, length), RATE, subtype="FLOAT")
    assert read_sound(tmp_path / "sound.wav", RATE, allow_clipped=True).size == 1000
    if clipped:
        with pytest.raises(SoundFileError, match="clipped"):
            read_sound(tmp_path / "sound.wav", RATE)
    else:
        read_sound(tmp_path / "sound.wav", RATE)


@pytest.mark.usefixtures("in_blocks")
def test_a_sample_that_is_not_finite_is_found_in_any_block(tmp_path: Path) -> None:
    sound = noise(500, 2)
    sound[411, 1] = np.inf
    soundfile.write(tmp_path / "sound.wav", sound, RATE, subtype="FLOAT")
    with pytest.raises(SoundFileError, match="not finite"):
        read_sound(tmp_path / "sound.wav", RATE)


def test_channels_count_against_what_a_note_has_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_SAMPLES", 2 << 20)
    path = tmp_path / "wide.wav"
    soundfile.write(path, np.zeros((70_000, 32), np.int16), 192_000)
    opened: list[int] = []
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *_args, **_kwargs: opened.append(1))
    with pytest.raises(SoundFileError) as refused:
        read_sound(path, RATE)
    said = "32 channels of 0.4 s at 192000 Hz are more than the 2 Mi samples that a sound has at most"
    assert str(refused.value) == said
    assert not opened, "it was read all the same"


def test_what_is_no_file_hangs_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.wav")
    for name, said in (("fifo.wav", "not a file but a FIFO"), ("", "not a file but a folder"), ("no", "No such file")):
        with pytest.raises(SoundFileError, match=said):
            read_sound(tmp_path / name, RATE)


def test_an_error_names_no_path(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_bytes(b"this is no sound")
    with pytest.raises(SoundFileError) as refused:
        read_sound(tmp_path / "text.wav", RATE)
    assert "cannot be read as a sound file: " in str(refused.value) and str(tmp_path) not in str(refused.value)
