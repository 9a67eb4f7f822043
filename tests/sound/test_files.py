"""Sound files as they come: what is read, what is mended on the way, and what is refused with its reason."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.errors import SoundFileError
from oscvae.sound.chunks import mended, read_chunks, stored_root
from oscvae.sound.files import read_sound, without_offset
from oscvae.sound.takes import find_onset
from oscvae.units import note_to_hz

RATE = 48000


def tone(note: float = 60.0, peak: float = 0.5, seconds: float = 1.0, before_s: float = 0.1) -> np.ndarray:
    time_s = np.arange(round(seconds * RATE)) / RATE
    sound = peak * np.sin(2.0 * np.pi * note_to_hz(note) * time_s) * np.exp(-2.0 * time_s)
    return np.concatenate([np.zeros(round(before_s * RATE)), sound]).astype(np.float32)


def wav(sound: np.ndarray, subtype: str = "PCM_16") -> bytearray:
    buffer = io.BytesIO()
    soundfile.write(buffer, sound, RATE, format="WAV", subtype=subtype)
    return bytearray(buffer.getvalue())


def with_chunk(content: bytearray, name: bytes, chunk: bytes, first: bool = False) -> bytearray:
    """A RIFF file with one more chunk, behind all others or before them."""
    added = name + struct.pack("<I", len(chunk)) + chunk + bytes(len(chunk) % 2)
    at = 12 if first else len(content)
    whole = content[:at] + added + content[at:]
    whole[4:8] = struct.pack("<I", len(whole) - 8)
    return whole


def smpl(root: int) -> bytes:
    return struct.pack("<9I", 0, 0, 20833, root, 0, 0, 0, 0, 0)


def test_a_recording_whose_header_was_never_finished_is_read(tmp_path: Path) -> None:
    content = wav(tone())
    data = content.index(b"data")
    content[4:8] = content[data + 4 : data + 8] = bytes(4)
    (tmp_path / "killed.wav").write_bytes(content)
    sound = read_sound(tmp_path / "killed.wav", RATE)
    np.testing.assert_allclose(sound, tone(), atol=1e-4)


def test_an_empty_recording_stays_empty(tmp_path: Path) -> None:
    for content in (wav(np.zeros(0)), with_chunk(wav(np.zeros(0)), b"LIST", b"INFOISFT\x04\0\0\0me\0\0")):
        (tmp_path / "empty.wav").write_bytes(content)
        assert mended(tmp_path / "empty.wav") is None
        with pytest.raises(SoundFileError, match="silent"):
            read_sound(tmp_path / "empty.wav", RATE)


@pytest.mark.parametrize("offset", [0.006, -0.05])
def test_an_offset_hides_neither_onset_nor_sound(offset: float, tmp_path: Path) -> None:
    quiet = tone(peak=0.02)
    soundfile.write(tmp_path / "offset.wav", quiet + offset, RATE, subtype="FLOAT")
    sound = read_sound(tmp_path / "offset.wav", RATE)
    assert abs(find_onset(sound, RATE) - find_onset(quiet, RATE)) <= 2
    np.testing.assert_allclose(sound, quiet, atol=2e-5)


def test_an_offset_of_one_side_does_not_choose_the_side(tmp_path: Path) -> None:
    sides = np.stack([tone(peak=0.02), np.full_like(tone(), 0.3)], axis=1)
    soundfile.write(tmp_path / "sides.wav", sides, RATE, subtype="FLOAT")
    np.testing.assert_allclose(read_sound(tmp_path / "sides.wav", RATE), 0.5 * tone(peak=0.02), atol=2e-5)


def test_a_sound_without_an_offset_is_left_as_it_is() -> None:
    sound = tone()[:, None]
    np.testing.assert_array_equal(without_offset(sound), sound)


def test_nothing_but_an_offset_is_silence(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "flat.wav", np.full(RATE, 0.4), RATE)
    with pytest.raises(SoundFileError, match="silent"):
        read_sound(tmp_path / "flat.wav", RATE, allow_clipped=True)


@pytest.mark.parametrize("name", [b"caf\xe9 n60.wav", b"\xff\xfe.flac", "日本.wav".encode()])
def test_a_name_may_be_any_bytes(name: bytes, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    with path.open("wb") as file:
        soundfile.write(file, tone(), RATE, format=path.suffix[1:])
    np.testing.assert_allclose(read_sound(path, RATE), tone(), atol=1e-4)


def test_too_many_channels_are_refused_before_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oscvae.sound.files.MOST_SAMPLES", RATE)
    soundfile.write(tmp_path / "many.wav", np.zeros((RATE // 2, 3)), RATE)
    with pytest.raises(SoundFileError, match=r"3 channels of 0.5 s at 48000 Hz are more than"):
        read_sound(tmp_path / "many.wav", RATE)


@pytest.mark.parametrize("first", [True, False])
def test_the_root_that_a_file_stores_is_read(first: bool, tmp_path: Path) -> None:
    path = tmp_path / "root.wav"
    path.write_bytes(with_chunk(wav(tone()), b"smpl", smpl(64), first))
    assert stored_root(path) == 64
    path.write_bytes(with_chunk(wav(tone()), b"inst", bytes([61, 0, 0, 0, 127, 0, 127])))
    assert stored_root(path) == 61
    np.testing.assert_allclose(read_sound(path, RATE), tone(), atol=1e-4)


def test_an_aiff_file_stores_its_root_as_well(tmp_path: Path) -> None:
    path = tmp_path / "root.aiff"
    soundfile.write(path, tone(), RATE)
    content = bytearray(path.read_bytes())
    content += b"INST" + struct.pack(">I", 20) + bytes([67]) + bytes(19)
    content[4:8] = struct.pack(">I", len(content) - 8)
    path.write_bytes(content)
    assert stored_root(path) == 67


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"fLaC" + bytes(100),
        bytes(wav(tone())),
        bytes(with_chunk(wav(tone()), b"smpl", smpl(0))),
        bytes(with_chunk(wav(tone()), b"smpl", smpl(200))),
        bytes(with_chunk(wav(tone()), b"smpl", smpl(64)[:10])),
        b"RIFF\xff\xff\xff\xffWAVEdata\xff\xff\xff\xff",
    ],
    ids=["nothing", "head", "flac", "without", "nought", "beyond", "cut off", "endless"],
)
def test_a_file_that_stores_no_root_says_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    assert stored_root(tmp_path / "a.wav") is None


def test_chunks_of_nothing_end(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 1000)
    with (tmp_path / "a.wav").open("rb") as file:
        assert len(list(read_chunks(file))) == 1000
