"""The data of a model: every note of some plucked programs, aligned to its onset and analysed into bands.

A recipe says everything that the data depend on; the same recipe and SoundFont give the same data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from oscvae.bands import BandAxis, band_axis
from oscvae.errors import DataError
from oscvae.stft import magnitudes, n_samples, to_log
from oscvae.training.pitch import detune_cents
from oscvae.training.soundfont import Timbre, find_soundfont, render_notes
from oscvae.units import note_to_hz

Float32s = NDArray[np.float32]
Int64s = NDArray[np.int64]

# General MIDI programs, counted from 0, under the names that FluidR3 gives them.
PLUCKED = {
    24: "nylon guitar",
    25: "steel guitar",
    26: "jazz guitar",
    27: "clean guitar",
    45: "pizzicato",
    46: "harp",
    104: "sitar",
    105: "banjo",
    106: "shamisen",
    107: "koto",
}

# A note begins this long before it first reaches a tenth of its peak: what a plectrum does before that is noise, and
# would be heard as latency.
_RISE_S = 0.001
_RISE_LEVEL = 0.1
# Rendered beyond a note's length: for late onsets, and for takes that tuning shortens.
_SPARE_S = 0.1
# A plucked string starts sharp; its pitch is taken after this.
_SETTLED_S = 0.05


@dataclass(frozen=True)
class Recipe:
    """What a data set is made of; notes are MIDI numbers, both ends included."""

    sample_rate: int = 48000
    n_fft: int = 2048
    hop: int = 512
    band_kind: str = "hybrid"
    n_bands: int = 256
    corner: int = 0
    frames: int = 160
    onset_sample: int = 1536
    floor_db: float = -80.0
    ceiling_db: float = 0.0
    note_min: int = 40
    note_max: int = 88
    first_octave: int = 2
    programs: tuple[int, ...] = tuple(PLUCKED)
    velocities: tuple[int, ...] = (60, 110)
    hold_out: int = 6
    """Every so many-th note of a program is held out, at all its velocities; not by recording, see the model card."""

    def axis(self) -> BandAxis:
        return band_axis(self.band_kind, self.n_bands, self.corner, self.n_fft, self.sample_rate)


TRAIN, WITHHELD_NOTE, WITHHELD_RECORDING = 0, 1, 2
"""The values of `NoteSet.split`."""


@dataclass(frozen=True, eq=False)
class NoteSet:
    """N notes; x is their log band magnitudes with each note's loudest band at 0 dB.

    What is not given follows from the rest: each program is a timbre, and each note of a timbre a recording.
    """

    x: Float32s
    """[N, bands, frames], in [-1, 1]; a memory map where the set was opened from a folder."""
    note: Int64s
    program: Int64s
    """General MIDI program from 0, -1 for a sound that is none."""
    velocity: Int64s
    level: Float32s
    """[N], the linear STFT magnitude that became 0 dB."""
    split: NDArray[np.int8]
    """[N]: 0 to train on, 1 a withheld note of a known recording, 2 a recording that is never trained on."""
    recipe: Recipe = field(default_factory=Recipe)
    timbre: Int64s = field(default_factory=lambda: np.empty(0, np.int64))
    """[N], which of `timbres`: the instrument."""
    timbres: tuple[str, ...] = ()
    source: Int64s = field(default_factory=lambda: np.empty(0, np.int64))
    """[N], which of `sources`: the recording that the note was made from."""
    sources: tuple[str, ...] = ()
    f0_hz: Float32s = field(default_factory=lambda: np.empty(0, np.float32))
    """[N], the fundamental that was estimated before the note was tuned."""
    fingerprint: str = ""
    """SHA-256 of the index and the data, in hexadecimal; empty for a set that was never stored."""

    def __post_init__(self) -> None:
        def fill(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        fill("split", self.split.astype(np.int8))
        if not self.timbres:
            programs, timbre = np.unique(self.program, return_inverse=True)
            fill("timbre", timbre.astype(np.int64))
            fill("timbres", tuple(PLUCKED.get(int(program), f"program {program}") for program in programs))
        if not self.sources:
            recordings, source = np.unique(self.timbre * 128 + self.note, return_inverse=True)
            fill("source", source.astype(np.int64))
            fill("sources", tuple(f"{self.timbres[which // 128]} {which % 128}" for which in recordings.tolist()))
        if self.f0_hz.size == 0:
            fill("f0_hz", np.array([note_to_hz(float(note)) for note in self.note], np.float32))

    def __len__(self) -> int:
        return int(self.note.size)

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """[N], whether a note is not to be trained on, for either reason."""
        return self.split != TRAIN

    def label(self, index: int) -> str:
        return f"{self.timbres[int(self.timbre[index])]} {int(self.velocity[index])}"


def make_dataset(recipe: Recipe, soundfont: Path | None = None, progress: Callable[[], None] | None = None) -> NoteSet:
    """Renders and analyses all notes of the recipe; `progress` is called after each timbre.

    Raises DataError where fluidsynth or the SoundFont is missing, or a note is silent.
    """
    font = find_soundfont(soundfont)
    notes = range(recipe.note_min, recipe.note_max + 1)
    length = n_samples(recipe.frames, recipe.n_fft, recipe.hop)
    held_s = length / recipe.sample_rate + _SPARE_S
    axis = recipe.axis()
    spectra, levels, rows = [], [], []
    for program in recipe.programs:
        for velocity in recipe.velocities:
            takes = render_notes(font, Timbre(program, velocity), notes, held_s, recipe.sample_rate)
            for note, take in zip(notes, takes, strict=True):
                sound = align(tune(take, note, recipe.sample_rate), recipe.onset_sample, length, recipe.sample_rate)
                mags = axis.to_bands(magnitudes(sound, recipe.n_fft, recipe.hop))
                level = float(mags.max())
                spectra.append(to_log(mags, level, recipe.floor_db, recipe.ceiling_db).T)
                levels.append(level)
                rows.append((note, program, velocity))
            if progress is not None:
                progress()
    note, program, velocity = np.array(rows, np.int64).T
    rank = np.searchsorted(np.array(sorted(recipe.programs)), program)
    return NoteSet(
        x=np.stack(spectra),
        note=note,
        program=program,
        velocity=velocity,
        level=np.array(levels, np.float32),
        split=((note + rank) % recipe.hold_out == 0).astype(np.int8),
        recipe=recipe,
    )


def tune(take: Float32s, note: int, sample_rate: int) -> Float32s:
    """The take resampled to equal temperament: recordings are up to 30 cents off, the decoder's lobes are not."""
    onset = find_onset(take, sample_rate)
    error_cents = detune_cents(take[onset + round(_SETTLED_S * sample_rate) :], sample_rate, note_to_hz(float(note)))
    tuned: Float32s = soxr.resample(take, sample_rate, sample_rate * 2.0 ** (error_cents / 1200.0), quality="VHQ")
    return tuned


def find_onset(take: Float32s, sample_rate: int) -> int:
    """The sample where the note begins: `_RISE_S` before it first reaches a tenth of its peak.

    Raises DataError for silence.
    """
    level = np.abs(take)
    peak = float(level.max(initial=0.0))
    if peak <= 0.0:
        raise DataError("a note is silent: does the SoundFont have this program?")
    return max(0, int(np.argmax(level >= _RISE_LEVEL * peak)) - round(_RISE_S * sample_rate))


def align(take: Float32s, onset_sample: int, length: int, sample_rate: int) -> Float32s:
    """The take cut or padded to `length` samples with its onset at `onset_sample` and silence before it."""
    onset = find_onset(take, sample_rate)
    sound = np.zeros(length, np.float32)
    tail = take[onset : onset + length - onset_sample]
    sound[onset_sample : onset_sample + tail.shape[0]] = tail
    ramp = round(_RISE_S * sample_rate)
    sound[onset_sample : onset_sample + ramp] *= np.arange(ramp, dtype=np.float32) / ramp
    return sound
