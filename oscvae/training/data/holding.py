"""Notes that are held and then let go: where in a note that is, and how such a take becomes a training note.

However long a bow takes to speak, the release of each note is at the same frame: the frames before it are those after
the onset, the frames from it on those around the moment at which the key was let go. What lies between is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oscvae.arrays import Float32s
from oscvae.errors import DataError, SoundFileError
from oscvae.model.analysis import Analysis
from oscvae.model.bands import BandAxis
from oscvae.model.level import level_frames
from oscvae.sound.files import resample
from oscvae.sound.levels import measure_level
from oscvae.sound.pitch import detune_cents
from oscvae.sound.stft import magnitudes, to_log
from oscvae.sound.takes import align, find_onset, to_bands
from oscvae.units import note_to_hz

SPEAKING_S = 0.5
"""A key is pressed this much longer than a note is held after its onset: a slow attack comes later."""
# The pitch is that of the middle, by several stretches: vibrato must not bend a note.
_TUNED_FROM_S, _STRETCH_S, _STEP_S = 0.3, 0.5, 0.25
_HEARD_S = 0.25


@dataclass(frozen=True)
class Hold:
    """Where notes are let go, and how long the key was pressed."""

    pressed_s: float
    """From the key's press until it is let go."""
    release_frame: int
    """The first frame of the release, whose middle is where the key is let go."""
    first: int
    """The first frame of what a held note walks in; the last is the one before the release."""

    @property
    def region(self) -> tuple[int, int]:
        return self.first, self.release_frame - 1

    @classmethod
    def of(cls, analysis: Analysis, hold_s: float, sustain_s: float) -> Hold:
        """Raises DataError for notes that are too short for it."""
        onset, rate = analysis.onset_sample, analysis.sample_rate
        release = round((onset + hold_s * rate - 0.5 * analysis.n_fft) / analysis.hop)
        first = release - 1 - round(sustain_s * rate / analysis.hop)
        if first * analysis.hop <= onset:
            raise DataError(f"sustain_s {sustain_s:g} must be less than hold_s {hold_s:g}, behind the onset")
        if release >= analysis.frames - 1:
            most_s = (analysis.frames * analysis.hop - onset) / rate
            raise DataError(
                f"hold_s {hold_s:g} leaves no release: a note of {analysis.frames} frames has {most_s:.2f} s"
            )
        return cls(hold_s + SPEAKING_S, release, first)

    def length_s(self, analysis: Analysis) -> float:
        """How long a take must be, from the key's press."""
        released = analysis.n_fft + (analysis.frames - self.release_frame) * analysis.hop
        return self.pressed_s + released / analysis.sample_rate


def middle(take: Float32s, sample_rate: int, released: int) -> Float32s:
    """The part of a held take that its fundamental is estimated from; `released` is the sample of the key's release.

    Raises SoundFileError for silence.
    """
    size = round(_HEARD_S * sample_rate)
    begin = max(0, (find_onset(take, sample_rate) + released - size) // 2)
    return take[begin : begin + size]


def tune_held(take: Float32s, note: int, sample_rate: int, released: int) -> tuple[Float32s, int]:
    """The take resampled to equal temperament, by the median of stretches of what is held; and `released` in it."""
    onset, size = find_onset(take, sample_rate), round(_STRETCH_S * sample_rate)
    begins = range(onset + round(_TUNED_FROM_S * sample_rate), released - size, round(_STEP_S * sample_rate))
    freq_hz = note_to_hz(float(note))
    found = [detune_cents(take[begin : begin + size], sample_rate, freq_hz) for begin in begins]
    if not found:
        raise SoundFileError(f"it is let go {(released - onset) / sample_rate:.2f} s after its onset: too soon to tune")
    ratio = 2.0 ** (float(np.median(found)) / 1200.0)
    return resample(take, sample_rate, sample_rate * ratio), round(released * ratio)


def finish_held(
    take: Float32s, released: int, hold: Hold, analysis: Analysis, axis: BandAxis
) -> tuple[Float32s, float]:
    """A tuned take, let go at its sample `released`, as (x [bands, frames] in [-1, 1], the magnitude of 0 dB).

    Raises SoundFileError for one whose onset comes so late that it is not held for long enough.
    """
    n_fft, hop, rate = analysis.n_fft, analysis.hop, analysis.sample_rate
    onset = find_onset(take, rate)
    needed = (hold.release_frame - 1) * hop + n_fft - analysis.onset_sample
    if released - onset < needed:
        raise SoundFileError(
            f"it is held for {(released - onset) / rate:.2f} s after its onset, not {needed / rate:.2f}"
        )
    sound = align(take, analysis.onset_sample, analysis.onset_sample + needed, rate)
    begin = released - n_fft // 2
    after = np.zeros(n_fft + (analysis.frames - hold.release_frame - 1) * hop, np.float32)
    tail = take[begin : begin + after.size]
    after[: tail.size] = tail
    bands = to_bands(axis, np.concatenate([magnitudes(sound, n_fft, hop), magnitudes(after, n_fft, hop)]))
    level = measure_level(bands, axis, level_frames(analysis))
    return np.ascontiguousarray(to_log(bands, level, analysis.floor_db, analysis.ceiling_db).T), level
