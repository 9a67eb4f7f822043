"""From a recorded sound to a training note: read, checked, tuned, aligned to its onset, analysed into bands.

Source: the fundamental by the biased autocorrelation estimator, as in the Ukulelatent report (IRCAM ATIAM 2018/19). Two
cares are ours: its lags are interpolated, because the period of a high note is no whole number of samples, and a
multiple that is nearer to one would win; and only tops count, because a low note's shortest lags correlate well without
being one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from oscvae.bands import BandAxis
from oscvae.errors import SoundFileError
from oscvae.stft import magnitudes, n_samples, to_log
from oscvae.training.dataset import Recipe
from oscvae.training.pitch import detune_cents
from oscvae.units import cents, hz_to_note, note_to_hz

Float32s = NDArray[np.float32]

LONGEST_S = 600.0
"""A longer file is no note."""
SHORTEST_S = 0.05
"""Less than this after the onset is no note either."""
SILENT = 1e-4

# How libsndfile's log tells of a chunk that is shorter than it says; a recorder that streams says the largest size.
_CHUNK_SIZES = re.compile(r"^ *(?:data|SSND) *: (\d+) \(should be (\d+)\)", re.MULTILINE)
_UNKNOWN_SIZE = 0x7FFFF000
_WHOLE = 0.99

# A note begins this long before it first reaches a tenth of its peak: what a plectrum does before that is noise, and
# would be heard as latency.
RISE_S = 0.001
_RISE_LEVEL = 0.1
# A recording that ends before the model's notes do is faded over this, so that its end is no click. It ends where it
# stays below that: samples of SoundFonts are often cut off while they still ring.
_FADE_S = 0.05
_ENDED = 1e-4  # of the peak
# A plucked string starts sharp; its pitch is taken after this, over that.
_SETTLED_S = 0.03
_TUNED_FROM_S = 0.05
_PITCH_WINDOW_S = 0.25
_FINE = 8  # lags between two samples
# Clipping: this many samples in a row at the peak, this many times, in a sound that is not faint.
_FLAT_SAMPLES, _FLAT_TOPS = 4, 3
_FLAT_WITHIN = 3e-5  # a step of 16 bits
_FAINT = 0.1
# Of the energy at a note's partials, what may lie between them before the octave below is believed.
_BETWEEN = 0.1
_OCTAVE_PARTIALS = 12
_OCTAVE_REACH = 0.06  # of the fundamental


@dataclass(frozen=True)
class Checks:
    """When a sound is not what its name says."""

    cents: float = 60.0
    """From the name's pitch to the estimated one, at most."""
    keep: bool = False
    """Whether outliers stay in the set; listed they are in any case."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A note for a data set."""

    x: Float32s
    """[bands, frames] in [-1, 1], the loudest band at 0 dB."""
    level: float
    """The linear STFT magnitude that became 0 dB."""
    note: int
    f0_hz: float
    """The fundamental that was heard, before the note was tuned."""
    take: Float32s
    """[samples], tuned, before it was aligned."""
    doubt: str = ""
    """Why the note is listed although it was kept; empty for one beyond doubt."""


class OutlierError(SoundFileError):
    """A sound that is not what its name says."""

    def __init__(self, message: str, f0_hz: float) -> None:
        super().__init__(message)
        self.f0_hz = f0_hz


def read_sound(path: Path, sample_rate: int) -> Float32s:
    """A sound file of any format that libsndfile reads, as one channel at `sample_rate`.

    Raises SoundFileError: missing, foreign, damaged, silent, clipped, endless.
    """
    import soundfile

    try:
        info = soundfile.info(path, verbose=True)
        if info.duration > LONGEST_S:
            raise SoundFileError(f"it is {info.duration:.0f} s long: a note has at most {LONGEST_S:.0f} s")
        channels, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise SoundFileError(f"it cannot be read: {error}") from error
    if channels.shape[0] < _WHOLE * info.frames or _is_cut_off(info.extra_info):
        raise SoundFileError("it is cut off: it holds less than its header says")
    if not np.isfinite(channels).all():
        raise SoundFileError("it holds samples that are not finite")
    mono = to_mono(channels)
    if mono.size == 0 or float(np.abs(mono).max()) < SILENT:
        raise SoundFileError("it is silent")
    if any(is_clipped(channel) for channel in channels.T):
        raise SoundFileError("it is clipped: its peaks are flat")
    return mono if rate == sample_rate else _resample(mono, rate, sample_rate)


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


def is_clipped(channel: Float32s) -> bool:
    """Whether the peaks of a recording are flat."""
    level = np.abs(channel)
    peak = float(level.max(initial=0.0))
    if peak < _FAINT:
        return False
    flat = np.concatenate([[False], level >= peak - _FLAT_WITHIN, [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    return int(np.sum(edges[1::2] - edges[::2] >= _FLAT_SAMPLES)) >= _FLAT_TOPS


def find_onset(take: Float32s, sample_rate: int) -> int:
    """The sample where the note begins: `RISE_S` before it first reaches a tenth of its peak.

    Raises SoundFileError for silence.
    """
    level = np.abs(take)
    peak = float(level.max(initial=0.0))
    if peak <= 0.0:
        raise SoundFileError("it is silent")
    return max(0, int(np.argmax(level >= _RISE_LEVEL * peak)) - round(RISE_S * sample_rate))


def fundamental_hz(sound: Float32s, sample_rate: int, low_hz: float, high_hz: float) -> float:
    """The fundamental of a sound between two frequencies, in Hz, by the biased autocorrelation."""
    size = sound.size
    correlation = np.fft.irfft(np.abs(np.fft.rfft(sound, 2 * size)) ** 2, 2 * size * _FINE)
    shortest = max(1, int(_FINE * sample_rate / high_hz))
    longest = min(_FINE * size - 2, int(np.ceil(_FINE * sample_rate / low_hz)))
    if longest <= shortest:
        raise SoundFileError(f"its {size / sample_rate:.3f} s are too short to tell a pitch")
    here = correlation[shortest : longest + 1]
    tops = (here >= correlation[shortest - 1 : longest]) & (here >= correlation[shortest + 1 : longest + 2])
    lag = shortest + int(np.argmax(np.where(tops, here, -np.inf)))
    before, top, after = (float(value) for value in correlation[lag - 1 : lag + 2])
    curve = before - 2.0 * top + after
    offset = 0.5 * (before - after) / curve if curve < 0.0 else 0.0
    return _FINE * sample_rate / (lag + min(max(offset, -0.5), 0.5))


def tune(take: Float32s, note: int, sample_rate: int) -> Float32s:
    """The take resampled to equal temperament: recordings are up to 30 cents off, the decoder's lobes are not."""
    onset = find_onset(take, sample_rate)
    error_cents = detune_cents(take[onset + round(_TUNED_FROM_S * sample_rate) :], sample_rate, note_to_hz(float(note)))
    return _resample(take, sample_rate, sample_rate * 2.0 ** (error_cents / 1200.0))


def align(take: Float32s, onset_sample: int, length: int, sample_rate: int) -> Float32s:
    """The take cropped or padded to `length` samples, its onset at `onset_sample` after silence; a short one fades."""
    onset = find_onset(take, sample_rate)
    sound = np.zeros(length, np.float32)
    tail = take[onset : _end(take)][: length - onset_sample]
    end = onset_sample + tail.shape[0]
    sound[onset_sample:end] = tail
    rise, fade = round(RISE_S * sample_rate), min(tail.shape[0], round(_FADE_S * sample_rate))
    sound[onset_sample : onset_sample + rise] *= (np.arange(rise, dtype=np.float32) / rise)[: length - onset_sample]
    if end < length and fade:
        sound[end - fade : end] *= 1.0 - np.arange(1, fade + 1, dtype=np.float32) / fade
    return sound


def to_bands(axis: BandAxis, mags: Float32s) -> Float32s:
    """As the axis's own, but summed in one order: what a matrix product gives depends on the number of its threads."""
    width = np.diff(axis.offset)
    bins = np.repeat(axis.first - axis.offset[:-1], width) + np.arange(axis.offset[-1])
    bands: Float32s = np.add.reduceat(mags[:, bins] * axis.weight, axis.offset[:-1], axis=1)
    return bands


def _end(take: Float32s) -> int:
    level = np.abs(take)
    return int(np.flatnonzero(level > _ENDED * level.max())[-1]) + 1


def finish(take: Float32s, recipe: Recipe, axis: BandAxis) -> tuple[Float32s, float]:
    """A tuned take as (x [bands, frames] in [-1, 1] with the loudest at 1, the magnitude that became 0 dB)."""
    length = n_samples(recipe.frames, recipe.n_fft, recipe.hop)
    sound = align(take, recipe.onset_sample, length, recipe.sample_rate)
    bands = to_bands(axis, magnitudes(sound, recipe.n_fft, recipe.hop))
    level = float(bands.max())
    return np.ascontiguousarray(to_log(bands, level, recipe.floor_db, recipe.ceiling_db).T), level


def prepare(take: Float32s, note: int | None, recipe: Recipe, axis: BandAxis, checks: Checks) -> Prepared:
    """A mono take at the recipe's rate, of a named note or of the one that is heard, as a training note.

    Raises SoundFileError for what is no note, OutlierError for one that is another than its name says.
    """
    rate = recipe.sample_rate
    onset = find_onset(take, rate)
    if take.size - onset < SHORTEST_S * rate:
        sounds_s = (take.size - onset) / rate
        raise SoundFileError(f"it sounds for {sounds_s:.3f} s: a note has at least {SHORTEST_S} s")
    begin = onset + min(round(_SETTLED_S * rate), (take.size - onset) // 2)
    heard = take[begin : begin + round(_PITCH_WINDOW_S * rate)]
    low_hz, high_hz = note_to_hz(recipe.note_min - 1.0), note_to_hz(recipe.note_max + 1.0)
    f0_hz = fundamental_hz(heard, rate, low_hz, high_hz)
    doubt = ""
    if note is None:
        note = round(hz_to_note(f0_hz))
    elif recipe.note_min <= note <= recipe.note_max:
        f0_hz, doubt = _settle(heard, rate, note, f0_hz, checks)
    if not recipe.note_min <= note <= recipe.note_max:
        raise OutlierError(f"note {note} is outside {recipe.note_min} to {recipe.note_max}", f0_hz)
    tuned = tune(take, note, rate)
    x, level = finish(tuned, recipe, axis)
    return Prepared(x=x, level=level, note=note, f0_hz=f0_hz, take=tuned, doubt=doubt)


def _settle(heard: Float32s, rate: int, note: int, f0_hz: float, checks: Checks) -> tuple[float, str]:
    """(the fundamental, empty where it agrees with the name, else why it was kept); raises OutlierError."""
    named_hz = note_to_hz(float(note))
    off_cents = cents(f0_hz, named_hz)
    if abs(off_cents) <= checks.cents:
        return f0_hz, ""
    octaves = round(off_cents / 1200.0)
    said = f"{f0_hz:.1f} Hz is {off_cents:+.0f} cents from {named_hz:.1f} Hz"
    if octaves and abs(off_cents - 1200.0 * octaves) <= checks.cents and is_octave(heard, rate, named_hz):
        return f0_hz * 2.0**-octaves, f"{said}, but its partials agree"
    if checks.keep:
        return f0_hz, said
    raise OutlierError(said, f0_hz)


def is_octave(heard: Float32s, rate: int, named_hz: float) -> bool:
    """Whether the partials agree with a pitch, against the octaves below and above: the autocorrelation mixes them up.

    The odd partials of the octave below must be faint, and the odd ones of the pitch itself must not.
    """
    power = np.abs(np.fft.rfft(heard * np.hanning(heard.size), 4 * heard.size)) ** 2
    per_bin_hz = rate / (4 * heard.size)

    def energy(orders: NDArray[np.float64]) -> float:
        total = 0.0
        for order in orders:
            low, high = (order - _OCTAVE_REACH) * named_hz / per_bin_hz, (order + _OCTAVE_REACH) * named_hz / per_bin_hz
            total += float(power[int(low) : int(np.ceil(high)) + 1].sum())
        return total

    whole = np.arange(1.0, _OCTAVE_PARTIALS + 1.0)
    own = energy(whole)
    return energy(whole - 0.5) < _BETWEEN * own and energy(whole[::2]) > _BETWEEN * own


def _resample(take: Float32s, rate: float, wanted: float) -> Float32s:
    resampled: Float32s = soxr.resample(take, rate, wanted, quality="VHQ").astype(np.float32, copy=False)
    return resampled
