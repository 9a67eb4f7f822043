"""Sound files in: of any format that libsndfile reads, as one channel at the rate that is wanted."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np

from oscvae.arrays import Float32s
from oscvae.errors import SoundFileError
from oscvae.sound.chunks import mended

LONGEST_S = 600.0
"""A longer file is no note."""
_MOST_SAMPLES = 1 << 27  # of all channels: half a gigabyte in float32
SILENT = 1e-4

# How libsndfile's log tells of a chunk that is shorter than it says; a recorder that streams says the largest size.
_CHUNK_SIZES = re.compile(r"^ *(?:data|SSND) *: (\d+) \(should be (\d+)\)", re.MULTILINE)
_UNKNOWN_SIZE = 0x7FFFF000
_WHOLE = 0.99
# Clipping: this many samples in a row at the peak, this many times, in a sound that is not faint.
_FLAT_SAMPLES, _FLAT_TOPS = 4, 3
_FLAT_WITHIN = 3e-5  # a step of 16 bits
_FAINT = 0.1
_HIDES = 1e-3  # an offset above this, of the peak


def read_sound(path: Path, sample_rate: int, allow_clipped: bool = False) -> Float32s:
    """A sound file [samples] as one channel at `sample_rate`.

    Raises SoundFileError: missing, foreign, damaged, cut off, silent, endless, and clipped unless that is allowed.
    """
    import soundfile

    try:
        opened = mended(path) or os.fsencode(path)  # soundfile encodes names strictly, and not all are UTF-8
        with soundfile.SoundFile(opened) as sound:
            length, rate, said = sound.frames, sound.samplerate, sound.extra_info
            if length > LONGEST_S * rate:
                raise SoundFileError(f"it is {length / rate:.0f} s long: a note has at most {LONGEST_S:.0f} s")
            if length * sound.channels > _MOST_SAMPLES:
                raise SoundFileError(f"it has {sound.channels} channels of {length / rate:.0f} s: too many to read")
            channels = sound.read(dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise SoundFileError(f"it cannot be read as a sound file: {error}") from error
    if channels.shape[0] < _WHOLE * length or _is_cut_off(said):
        raise SoundFileError("it is cut off: it holds less than its header says")
    if not np.isfinite(channels).all():
        raise SoundFileError("it holds samples that are not finite")
    mono = to_mono(without_offset(channels))
    if mono.size == 0 or float(np.abs(mono).max()) < SILENT:
        raise SoundFileError("it is silent")
    if not allow_clipped and any(is_clipped(channel) for channel in channels.T):
        raise SoundFileError("it is clipped: its peaks are flat")
    return mono if rate == sample_rate else resample(mono, rate, sample_rate)


def _is_cut_off(parsed: str) -> bool:
    """Whether libsndfile found less than a WAV or AIFF file says: it reads the rest of such a file without a word."""
    said = _CHUNK_SIZES.search(parsed)
    return said is not None and _WHOLE * int(said[1]) > int(said[2]) and int(said[1]) < _UNKNOWN_SIZE


def to_mono(channels: Float32s) -> Float32s:
    """The mean [samples] of channels [samples, channels]; where they cancel each other, the loudest one."""
    mean: Float32s = channels.mean(axis=1)
    if channels.shape[1] == 1:
        return mean
    energy = np.sum(channels.astype(np.float64) ** 2, axis=0)
    loudest = int(energy.argmax())
    cancelled = float(np.sum(mean.astype(np.float64) ** 2)) < energy[loudest] / 16.0
    return np.ascontiguousarray(channels[:, loudest]) if cancelled else mean


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
    level = np.abs(channel)
    peak = float(level.max(initial=0.0))
    if peak < _FAINT:
        return False
    flat = np.concatenate([[False], level >= peak - _FLAT_WITHIN, [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    return int(np.sum(edges[1::2] - edges[::2] >= _FLAT_SAMPLES)) >= _FLAT_TOPS


def resample(sound: Float32s, rate: float, wanted: float) -> Float32s:
    """A sound at another rate, by soxr's best quality."""
    import soxr

    resampled: Float32s = soxr.resample(sound, rate, wanted, quality="VHQ").astype(np.float32, copy=False)
    return resampled
