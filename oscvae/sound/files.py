"""Sound files in: of any format that libsndfile reads, as one channel at the rate that is wanted."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from oscvae.arrays import Float32s
from oscvae.errors import SoundFileError
from oscvae.files import open_regular, why
from oscvae.sound.chunks import mended

Blocks = Callable[[], Iterator[Float32s]]
"""The channels of a sound from its beginning, a block [samples, channels] after the other."""

LONGEST_S = 600.0
"""A longer file is no note."""
MOST_SAMPLES = 1 << 27
"""Of all channels together: ten minutes in stereo at 96 kHz. One channel and a few blocks are held at once."""
_BLOCK_SAMPLES = 1 << 22  # of all channels, read at once; what is shorter is read only once
SILENT = 1e-4

# How libsndfile's log tells of a chunk that is shorter than it says; a recorder that streams says the largest size.
_CHUNK_SIZES = re.compile(r"^ *(?:data|SSND) *: (\d+) \(should be (\d+)\)", re.MULTILINE)
_UNKNOWN_SIZE = 0x7FFFF000
_WHOLE = 0.99
# Clipping: this many samples in a row at the peak, this many times, in a sound that is not faint.
_FLAT_SAMPLES, _FLAT_TOPS = 4, 3
_CANCELLED = 16.0  # times less energy than the loudest channel: what the mean of channels has that cancel each other
_FLAT_WITHIN = 3e-5  # a step of 16 bits
_FAINT = 0.1
_HIDES = 1e-3  # an offset above this, of the peak


def read_sound(path: Path, sample_rate: int, allow_clipped: bool = False) -> Float32s:
    """A sound file [samples] as one channel at `sample_rate`.

    Raises SoundFileError: missing, foreign, damaged, cut off, silent, endless, and clipped unless that is allowed.
    """
    import soundfile

    try:
        open_regular(path).close()
        whole = mended(path)
        opened = (
            os.fsencode(path) if whole is None else whole
        )  # soundfile encodes names strictly, and not all are UTF-8
        with soundfile.SoundFile(opened) as sound:
            n_samples, n_channels, rate, said = sound.frames, sound.channels, sound.samplerate, sound.extra_info
            if n_samples > LONGEST_S * rate:
                raise SoundFileError(f"it is {n_samples / rate:.0f} s long: a sound has at most {LONGEST_S:.0f} s")
            if n_samples * n_channels > MOST_SAMPLES:
                what = f"{n_channels} channels of {n_samples / rate:.1f} s at {rate} Hz"
                raise SoundFileError(
                    f"{what} are more than the {MOST_SAMPLES >> 20} Mi samples that a sound has at most"
                )
            blocks = _blocks(sound)
            mono, peaks = _mix(blocks, n_samples)
            if mono.size < _WHOLE * n_samples or _is_cut_off(said):
                raise SoundFileError("it is cut off: it holds less than its header says")
            mono = without_offset(mono[:, None])[:, 0]
            if mono.size == 0 or float(np.abs(mono).max()) < SILENT:
                raise SoundFileError("it is silent")
            if not allow_clipped and _is_clipped(blocks, peaks):
                raise SoundFileError("it is clipped: its peaks are flat")
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "error_string", why(error))  # libsndfile's text would name the path
        raise SoundFileError(f"it cannot be read as a sound file: {reason}") from error
    return mono if rate == sample_rate else resample(mono, rate, sample_rate)


def _blocks(sound: Any) -> Blocks:
    """Reads an open file anew each time, unless one block holds it all. What is not finite is a SoundFileError."""
    size = max(1, _BLOCK_SAMPLES // sound.channels)

    def read() -> Iterator[Float32s]:
        sound.seek(0)
        left = sound.frames
        while left and len(block := sound.read(min(size, left), dtype="float32", always_2d=True)):
            if not np.isfinite(block).all():
                raise SoundFileError("it holds samples that are not finite")
            left -= len(block)
            yield block

    if sound.frames > size:
        return read
    whole = list(read())
    return lambda: iter(whole)


def _is_cut_off(parsed: str) -> bool:
    """Whether libsndfile found less than a WAV or AIFF file says: it reads the rest of such a file without a word."""
    said = _CHUNK_SIZES.search(parsed)
    return said is not None and _WHOLE * int(said[1]) > int(said[2]) and int(said[1]) < _UNKNOWN_SIZE


def to_mono(channels: Float32s) -> Float32s:
    """The mean [samples] of channels [samples, channels]; where they cancel each other, the loudest one."""
    return _mix(lambda: iter([channels]), len(channels))[0]


def _mix(blocks: Blocks, n_samples: int) -> tuple[Float32s, Float32s]:
    """(one channel [samples] as `to_mono`, the peak of each [channels]) of a sound of at most n_samples."""
    mono = np.empty(n_samples, np.float32)
    mixed, heard = 0.0, np.zeros(1)  # energies: of the mean, and of each channel
    sums = np.zeros(1)  # of each channel: an offset is no energy of the sound
    peaks = np.zeros(1, np.float32)
    end = 0
    for block in blocks():
        mean = block.mean(axis=1)
        mono[end : end + len(block)] = mean
        mixed += float(np.sum(mean.astype(np.float64) ** 2))
        heard = heard + np.sum(block.astype(np.float64) ** 2, axis=0)
        sums = sums + np.sum(block, axis=0, dtype=np.float64)
        peaks = np.maximum(peaks, np.abs(block).max(axis=0))
        end += len(block)
    heard = heard - sums**2 / max(end, 1)
    mixed -= float(sums.mean() ** 2) / max(end, 1)
    if heard.size > 1 and mixed < heard.max() / _CANCELLED:
        end, loudest = 0, int(heard.argmax())
        for block in blocks():
            mono[end : end + len(block)] = block[:, loudest]
            end += len(block)
    return mono[:end], peaks


def without_offset(channels: Float32s) -> Float32s:
    """Channels [samples, channels] without their means, which hide where a quiet note begins, and its period.

    A mean that is too small to hide anything stays: it is of the sound itself, and silence around it stays silence.
    """
    if not channels.size:
        return channels
    mean = channels.mean(axis=0, dtype=np.float64).astype(np.float32)
    hides = np.abs(mean) > _HIDES * np.abs(channels - mean).max(axis=0)
    centred: Float32s = channels - np.where(hides, mean, np.float32(0.0))
    return centred


def is_clipped(channel: Float32s) -> bool:
    """Whether the peaks of a recording are flat."""
    peak = np.abs(channel).max(initial=0.0)
    return _is_clipped(lambda: iter([channel[:, None]]), np.array([peak], np.float32))


def _is_clipped(blocks: Blocks, peaks: Float32s) -> bool:
    """Whether the peaks of any channel are flat."""
    tops = [_Tops(float(peak)) for peak in peaks]
    if all(top.peak < _FAINT for top in tops):
        return False
    for block in blocks():
        for channel, top in zip(block.T, tops, strict=True):
            top.hear(channel)
    return any(top.count >= _FLAT_TOPS for top in tops if top.peak >= _FAINT)


class _Tops:
    """How often a channel stays at its peak for long; heard block by block."""

    def __init__(self, peak: float) -> None:
        self.peak = peak
        self._ended = 0
        self._open = 0  # samples of the one that reaches the end of what was heard, at most as many as count

    def hear(self, channel: Float32s) -> None:
        flat = np.abs(channel) >= self.peak - _FLAT_WITHIN
        edges = np.flatnonzero(np.diff(np.concatenate([[False], np.ones(self._open, bool), flat])))
        begins, ends = edges[::2], edges[1::2]
        self._ended += int(np.sum(ends - begins[: ends.size] >= _FLAT_SAMPLES))
        length = self._open + flat.size
        self._open = min(length - int(begins[-1]), _FLAT_SAMPLES) if begins.size > ends.size else 0

    @property
    def count(self) -> int:
        return self._ended + (self._open >= _FLAT_SAMPLES)


def resample(sound: Float32s, rate: float, wanted: float) -> Float32s:
    """A sound at another rate, by soxr's best quality."""
    import soxr

    resampled: Float32s = soxr.resample(sound, rate, wanted, quality="VHQ").astype(np.float32, copy=False)
    return resampled
