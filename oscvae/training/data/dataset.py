"""A data set in memory: notes as log magnitudes on a band axis, what each is a note of, and what is withheld.

`oscvae.training.data` builds one from sounds, `oscvae.training.data.store` keeps it in a folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Int64s
from oscvae.model.analysis import NoteAnalysis
from oscvae.units import note_to_hz

TRAIN, WITHHELD_NOTE, WITHHELD_RECORDING = 0, 1, 2
"""The values of `NoteSet.split`."""
FULL_SCALE = 32767.0
"""Of `NoteSet.sounds`."""


FEW_NOTES = 500
"""A folder with fewer recordings is made more of, and a set with fewer to train on begins at the model that ships,
unless it is told otherwise."""


@dataclass(frozen=True)
class Held:
    """How the notes of a set, and those of a model that learns from it, are held."""

    sustain: tuple[int, int]
    """First and last frame of what a held note walks in; the next one is the first of the release."""
    release_s: float
    """How long a model's held note fades, unless the player says otherwise."""


@dataclass(frozen=True, eq=False)
class Processed:
    """Sounds of a set as effects of somebody's own have made them: P pairs of a sound and an effect."""

    names: tuple[str, ...]
    """Of the effects; the first is none, which is the sound itself."""
    at: Int64s
    """[N, effects], which of the pairs it is; -1 where there is none, and without an effect."""
    sounds: NDArray[np.int16]
    """[P, samples] from the dry sound's onset on, FULL_SCALE at most."""
    gain: Float32s
    """[P], times which they are as loud against `NoteSet.sounds` as they were recorded."""


@dataclass(frozen=True, eq=False)
class NoteSet:
    """N notes; x is their log band magnitudes with each note's level (`oscvae.sound.takes`) at 0 dB.

    Where nothing else is said, each program is a timbre, and each note of a timbre a recording.
    """

    x: Float32s
    """[N, bands, frames], in [-1, 1]; a memory map where the set was opened from a folder."""
    note: Int64s
    program: Int64s
    """General MIDI program from 0, -1 for a sound that is none."""
    velocity: Int64s
    level: Float32s
    """[N], the linear STFT magnitude that became 0 dB: how loud the note was."""
    split: NDArray[np.int8]
    """[N]: 0 to train on, 1 a withheld note of a known recording, 2 a recording that is never trained on."""
    analysis: NoteAnalysis
    """How the sounds became spectra: all that a model of them must know."""
    timbre: Int64s = field(default_factory=lambda: np.empty(0, np.int64))
    """[N], which of `timbres`: the instrument."""
    timbres: tuple[str, ...] = ()
    source: Int64s = field(default_factory=lambda: np.empty(0, np.int64))
    """[N], which of `sources`: the recording that the note was made from."""
    sources: tuple[str, ...] = ()
    f0_hz: Float32s = field(default_factory=lambda: np.empty(0, np.float32))
    """[N], the fundamental that was estimated before the note was tuned."""
    loop_s: Float32s = field(default_factory=lambda: np.empty(0, np.float32))
    """[N], from a note's beginning until its SoundFont repeats a part of the recording; infinite where it does not."""
    compared: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    """[N], whether figures that compare models count the note: all, where a recipe names no list."""
    altered: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    """[N], whether a note is a copy of another, altered while the set was built."""
    held: Held | None = None
    """Of notes that are held and let go, the same for all; None of those that sound for as long as they do."""
    sounds: NDArray[np.int16] | None = None
    """[N, samples] from each note's onset on, FULL_SCALE at most, for training with effects; None where none are."""
    processed: Processed | None = None
    """Those sounds under effects of somebody's own; None where the bank is put on them instead."""
    root_note: int | None = None
    """Of strokes, which have no pitch, the key that plays them as they are, and the note of each; None of notes."""
    fingerprint: str = ""
    """SHA-256 of the index and the data, in hexadecimal; empty for a set that was never stored."""
    name: str = ""
    licence: str = ""
    """Under which a model of these notes may be given away."""
    origins: tuple[str, ...] = ()
    """Who made the sounds, for the model's card."""

    def __post_init__(self) -> None:
        def fill(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        fill("split", self.split.astype(np.int8))
        if not self.timbres:
            programs, timbre = np.unique(self.program, return_inverse=True)
            fill("timbre", timbre.astype(np.int64))
            fill("timbres", tuple(f"program {program}" for program in programs.tolist()))
        if not self.sources:
            recordings, source = np.unique(self.timbre * 128 + self.note, return_inverse=True)
            fill("source", source.astype(np.int64))
            fill("sources", tuple(f"{self.timbres[which // 128]} {which % 128}" for which in recordings.tolist()))
        if self.loop_s.size == 0:
            fill("loop_s", np.full(len(self), np.inf, np.float32))
        if self.compared.size == 0:
            fill("compared", np.ones(len(self), np.bool_))
        if self.altered.size == 0:
            fill("altered", np.zeros(len(self), np.bool_))
        if self.f0_hz.size == 0:
            fill("f0_hz", np.array([note_to_hz(float(note)) for note in self.note], np.float32))

    def __len__(self) -> int:
        return int(self.note.size)

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """[N], whether a note is not to be trained on, for either reason."""
        return self.split != TRAIN

    def recorded(self) -> NoteSet:
        """Without altered copies, which are for training alone."""
        if not self.altered.any():
            return self
        rows = np.flatnonzero(~self.altered)
        names = ("note", "program", "velocity", "level", "split", "timbre", "source", "f0_hz", "loop_s", "compared")
        kept = {name: getattr(self, name)[rows] for name in (*names, "altered")}
        sounds = None if self.sounds is None else self.sounds[rows]
        return replace(self, x=np.array(self.x[rows]), sounds=sounds, **kept)

    def label(self, index: int) -> str:
        return f"{self.timbres[int(self.timbre[index])]} {int(self.velocity[index])}"
