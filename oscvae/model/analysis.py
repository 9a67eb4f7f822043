"""How a sound becomes a spectrum: what a model's document, a data set and a recipe all say, with its limits, once.

A document is foreign input, so every number is bounded: none can ask for more memory than a model needs.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from oscvae.model.bands import MAX_N_FFT, MIN_N_FFT, BandAxis, Kind, band_axis

OVERLAPS = (2, 4, 8)
"""n_fft / hop: what the phase reconstruction can overlap-add."""
N_OCTAVES = 7
N_SEMITONES = 12
MAX_BLOCK = 1 << 20
"""Most numbers in one decoded note, bands times frames: 4 MiB in float32, and the voice pool holds dozens."""

MAX_FRAMES = 4096

Finite = Annotated[float, Field(allow_inf_nan=False)]
Note = Annotated[int, Field(ge=0, le=127)]


class Part(BaseModel):
    """A frozen part of a document; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bands(Part):
    """The band axis, the arguments of `oscvae.model.bands.band_axis`."""

    kind: Kind
    n: Annotated[int, Field(ge=2, le=MAX_N_FFT // 2 + 1)]
    corner: Annotated[int, Field(ge=0, le=MAX_N_FFT // 2 + 1)]


class Spectrum(Part):
    """Framing, bands and the logarithmic scale of a frame. Hashable; every number is required."""

    sample_rate: Annotated[int, Field(ge=8000, le=192000)]
    n_fft: Annotated[int, Field(ge=MIN_N_FFT, le=MAX_N_FFT)]
    hop: Annotated[int, Field(ge=16)]
    window: Literal["hann"]
    bands: Bands
    floor_db: Annotated[Finite, Field(ge=-300.0, le=100.0)]
    """The level of x = -1."""
    ceiling_db: Annotated[Finite, Field(ge=-300.0, le=100.0)]
    """The level of x = 1."""

    @model_validator(mode="after")
    def _check_spectrum(self) -> Self:
        if self.n_fft & (self.n_fft - 1):
            raise ValueError(f"n_fft {self.n_fft} must be a power of two")
        if self.n_fft not in {self.hop * overlap for overlap in OVERLAPS}:
            hops = ", ".join(str(self.n_fft // overlap) for overlap in OVERLAPS)
            raise ValueError(f"hop {self.hop}: for n_fft {self.n_fft} it must be one of {hops}")
        if self.bands.n > self.n_bins:
            raise ValueError(f"{self.bands.n} bands: n_fft {self.n_fft} allows {self.n_bins}")
        if self.bands.corner > self.bands.n:
            raise ValueError(f"corner {self.bands.corner} must not be above the {self.bands.n} bands")
        if self.floor_db >= self.ceiling_db:
            raise ValueError(f"floor_db {self.floor_db} must be below ceiling_db {self.ceiling_db}")
        return self

    @property
    def n_bins(self) -> int:
        return self.n_fft // 2 + 1

    @property
    def range_db(self) -> float:
        """From x = -1 to x = 1."""
        return self.ceiling_db - self.floor_db

    def band_axis(self) -> BandAxis:
        """The axis of these bands; raises ModelError where the numbers cannot be one."""
        return band_axis(self.bands.kind, self.bands.n, self.bands.corner, self.n_fft, self.sample_rate)

    def solved(self) -> Self:
        """The same, with the corner of its axis as a number where it was 0, which leaves it to `band_axis`."""
        return self.model_copy(update={"bands": self.bands.model_copy(update={"corner": self.band_axis().corner})})


class Analysis(Spectrum):
    """The analysis of whole notes: besides, how long they are."""

    frames: Annotated[int, Field(ge=2, le=MAX_FRAMES)]
    """Of a whole note."""
    onset_sample: Annotated[int, Field(ge=0)]
    """Where a note begins, in samples from the start of its first frame."""

    @model_validator(mode="after")
    def _check_sizes(self) -> Self:
        if self.bands.n * self.frames > MAX_BLOCK:
            raise ValueError(f"{self.bands.n} bands x {self.frames} frames are more than {MAX_BLOCK} numbers a note")
        if self.onset_sample >= self.n_samples:
            raise ValueError(f"onset_sample {self.onset_sample} must lie inside the {self.n_samples} samples of a note")
        return self

    @property
    def n_samples(self) -> int:
        """Length of a whole note in samples at `sample_rate`."""
        return self.n_fft + (self.frames - 1) * self.hop

    def frames_within(self, seconds: float) -> int:
        """How many frames hold the first seconds after the onset, at most all."""
        end = self.onset_sample + seconds * self.sample_rate - self.n_fft
        return min(self.frames, max(1, math.ceil(end / self.hop) + 1))


class NoteAnalysis(Analysis):
    """The analysis of single notes: which there are, as MIDI numbers, and where their one-hot octaves begin."""

    note_min: Note
    note_max: Note
    first_octave: Annotated[int, Field(ge=-1, le=10)]
    """The octave of the first of the `N_OCTAVES`: note // 12 of its C."""

    @model_validator(mode="after")
    def _check_notes(self) -> Self:
        if self.note_min > self.note_max:
            raise ValueError(f"note_min {self.note_min} must not be above note_max {self.note_max}")
        for note in (self.note_min, self.note_max):
            if not 0 <= note // N_SEMITONES - self.first_octave < N_OCTAVES:
                raise ValueError(f"note {note} is outside the {N_OCTAVES} octaves from {self.first_octave}")
        return self
