"""A take of one note, as a model hears it: tuned, its onset aligned, analysed into bands, brought to one level.

What a data set is built from and what `/encode` hears go through this alike, so that an encoder is never asked about a
spectrum of a kind that it was not taught.
"""

from __future__ import annotations

import numpy as np

from oscvae.arrays import Float32s
from oscvae.errors import SoundFileError
from oscvae.model.analysis import Analysis
from oscvae.model.bands import BandAxis
from oscvae.model.level import LEVEL_S, level_frames
from oscvae.sound.files import resample
from oscvae.sound.levels import measure_level
from oscvae.sound.pitch import detune_cents
from oscvae.sound.stft import magnitudes, to_log
from oscvae.units import note_to_hz

SHORTEST_S = 0.05
"""Less than this after the onset is no note."""
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


def find_onset(take: Float32s, sample_rate: int) -> int:
    """The sample where the note begins: `RISE_S` before it first reaches a tenth of its peak.

    Raises SoundFileError for silence.
    """
    level = np.abs(take)
    peak = float(level.max(initial=0.0))
    if peak <= 0.0:
        raise SoundFileError("it is silent")
    return max(0, int(np.argmax(level >= _RISE_LEVEL * peak)) - round(RISE_S * sample_rate))


def settled(take: Float32s, sample_rate: int, onset: int | None = None) -> Float32s:
    """The part of a take that its fundamental is estimated from. onset: where it begins, where that is known.

    Raises SoundFileError for silence, and for what sounds too short to be a note.
    """
    onset = find_onset(take, sample_rate) if onset is None else onset
    if take.size - onset < SHORTEST_S * sample_rate:
        sounds_s = (take.size - onset) / sample_rate
        raise SoundFileError(f"it sounds for {sounds_s:.3f} s: a note has at least {SHORTEST_S} s")
    begin = onset + min(round(_SETTLED_S * sample_rate), (take.size - onset) // 2)
    return take[begin : begin + round(_PITCH_WINDOW_S * sample_rate)]


def tune(take: Float32s, note: int, sample_rate: int, onset: int | None = None) -> Float32s:
    """The take resampled to equal temperament: recordings are up to 30 cents off, the decoder's lobes are not."""
    return lowered(take, sample_rate, sharp_cents(take, note, sample_rate, onset))


def sharp_cents(take: Float32s, note: int, sample_rate: int, onset: int | None = None) -> float:
    """By how much a take is sharp of its note, once it has settled."""
    onset = find_onset(take, sample_rate) if onset is None else onset
    begin = onset + min(round(_TUNED_FROM_S * sample_rate), (take.size - onset) // 2)
    return detune_cents(take[begin:], sample_rate, note_to_hz(float(note)))


def lowered(take: Float32s, sample_rate: int, cents: float) -> Float32s:
    """The take resampled, so that it sounds lower by so much."""
    return resample(take, sample_rate, sample_rate * 2.0 ** (cents / 1200.0))


def align(take: Float32s, onset_sample: int, length: int, sample_rate: int, onset: int | None = None) -> Float32s:
    """The take cropped or padded to `length` samples, its onset at `onset_sample` after silence; a short one fades.

    onset: the sample at which the take begins, where it is known."""
    onset = find_onset(take, sample_rate) if onset is None else onset
    sound = np.zeros(length, np.float32)
    tail = take[onset : _end(take)][: length - onset_sample]
    end = onset_sample + tail.shape[0]
    sound[onset_sample:end] = tail
    rise, fade = round(RISE_S * sample_rate), min(tail.shape[0], round(_FADE_S * sample_rate))
    sound[onset_sample : onset_sample + rise] *= (np.arange(rise, dtype=np.float32) / rise)[: length - onset_sample]
    if end < length and fade:
        sound[end - fade : end] *= 1.0 - np.arange(1, fade + 1, dtype=np.float32) / fade
    return sound


def _end(take: Float32s) -> int:
    level = np.abs(take)
    return int(np.flatnonzero(level > _ENDED * level.max())[-1]) + 1


def to_bands(axis: BandAxis, mags: Float32s) -> Float32s:
    """As the axis's own, but summed in one order: what a matrix product gives depends on the number of its threads."""
    width = np.diff(axis.offset)
    bins = np.repeat(axis.first - axis.offset[:-1], width) + np.arange(axis.offset[-1])
    bands: Float32s = np.add.reduceat(mags[:, bins] * axis.weight, axis.offset[:-1], axis=1)
    return bands


def finish(
    take: Float32s, analysis: Analysis, axis: BandAxis, onset: int | None = None, level_s: float = LEVEL_S
) -> tuple[Float32s, float]:
    """A tuned take as (x [bands, frames] in [-1, 1], the linear magnitude of 0 dB, which is the note's level).

    level_s: how long the loudest part is that has this level."""
    sound = align(take, analysis.onset_sample, analysis.n_samples, analysis.sample_rate, onset)
    bands = to_bands(axis, magnitudes(sound, analysis.n_fft, analysis.hop))
    level = measure_level(bands, axis, level_frames(analysis, level_s))
    return np.ascontiguousarray(to_log(bands, level, analysis.floor_db, analysis.ceiling_db).T), level
