"""What a data set is made of: a recipe in YAML, one that ships, or simply a folder of sound files.

Everything that the data depend on is in the recipe and in the sounds, so the same recipe gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from oscvae.errors import DataError
from oscvae.model.analysis import Note, NoteAnalysis
from oscvae.names import find, normal, shown
from oscvae.settings.reader import Document, Section, nearest
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.holding import Hold
from oscvae.training.data.prepare import Checks
from oscvae.training.data.presets import FONT_SUFFIXES, font_recipe
from oscvae.training.data.soundfont import DRUMS

SHIPPED = Path(__file__).parent.parent / "recipes"
SUFFIX = ".yaml"

Velocity = Annotated[int, Field(ge=1, le=127)]
Program = Annotated[int, Field(ge=0, le=127)]
_LONGEST_NAME = 64
Name = Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME), AfterValidator(normal)]


class Instrument(Section):
    """One preset of a SoundFont, and the notes that the real instrument has."""

    name: Name
    program: Program
    bank: Annotated[int, Field(ge=0, le=DRUMS)] = 0
    """128 is that of the drum kits."""
    notes: tuple[Note, Note] = (0, 127)
    also: tuple[Program, ...] = ()
    """Further programs of the bank that play the same instrument: of kits, say, the others."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.notes[0] > self.notes[1]:
            raise ValueError(f"notes {list(self.notes)}: the lower one comes first")
        return self


class _Source(Section):
    origin: str = ""
    """Who made the sounds, and under which licence: for the model's card."""
    recording: str = ""
    """Finds in a sample's or file's name what names its recording, where several are one; its first group, if any."""

    @field_validator("recording")
    @classmethod
    def _is_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"must be a regular expression: {error}") from None
        return pattern

    def recording_of(self, name: str) -> str:
        """What names the recording in a sample's or file's name."""
        found = re.search(self.recording, name) if self.recording else None
        if found is None:
            return name
        return str(found.group(1) if found.re.groups else found.group(0))


class SoundfontSource(_Source):
    """Instruments rendered by fluidsynth, every semitone at every velocity."""

    file: str
    """A path, or the name of a file where the system keeps SoundFonts."""
    package: str = ""
    """The Debian package that holds the file: what to install where it is missing."""
    velocities: Annotated[tuple[Velocity, ...], Field(min_length=1)] = (50, 85, 120)
    instruments: Annotated[tuple[Instrument, ...], Field(min_length=1)]


class FolderSource(_Source):
    """Recordings; a folder inside it is an instrument, or the folder itself is."""

    path: Path
    instrument: Name | None = None
    """One name for all, instead of the folders' names."""
    files: str = "*"
    """Which of the files count, by a shell's pattern of their names."""
    notes: Literal["name", "sound", "either"] = "either"
    """Where a note's number is from: the file's name, the sound, or the sound where the name says nothing."""
    velocity: Velocity = 100
    """Of files whose name says none."""
    middle_c: Annotated[int, Field(ge=-1, le=6)] = 4
    """The octave that the file names give MIDI note 60: 4 (scientific), 3 for some makers."""
    table: Path | None = None
    """What a preview told of the folder, corrected (`oscvae.training.data.folder.table`)."""
    effects: bool = False
    """Whether A3__fuzz.wav is what an effect made of A3.wav (`oscvae.training.data.processed`), to be learnt."""


class Split(Section):
    """What is withheld from training; 0 for nothing."""

    recordings: Annotated[float, Field(ge=0.0, le=0.5)] = 0.15
    """The share of each instrument's recordings that is never trained on."""
    every_note: Annotated[int, Field(ge=0, le=100)] = 6
    """Every so many-th note of the other recordings is withheld, at all its velocities."""
    settled: str = ""
    """A list of recordings whose parts do not follow from these (`oscvae.training.data.parts`): its name, or a file."""


class HeldPart(Section):
    """Notes that are held and then let go; where `hold_s` is 0, a note is held for as long as it sounds."""

    hold_s: Annotated[float, Field(ge=0.0, le=20.0)] = 0.0
    """From the onset until the key is let go."""
    sustain_s: Annotated[float, Field(gt=0.0, le=10.0)] = 2.0
    """Of that, the end in which a model's held note walks."""
    release_s: Annotated[float, Field(ge=0.005, le=10.0)] = 1.0
    """How long a model's held note fades to -60 dB, over the recorded end, unless the player says otherwise."""


class SynthPart(Section):
    """Hits of the synthesiser voice (`oscvae.training.synth`), instead of recordings; their sounds are kept, so that
    training can put effects on them."""

    hits: Annotated[int, Field(ge=4, le=100_000)] = 2000
    seed: Annotated[int, Field(ge=0)] = 1
    watched: Annotated[int, Field(ge=1)] = 100
    """Of the hits, so many are withheld, and looked at while training."""
    unseen: Annotated[int, Field(ge=1)] = 100
    """And so many are for the evaluation alone."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.watched + self.unseen > self.hits - 2:
            raise ValueError(
                f"{self.watched} watched and {self.unseen} unseen of {self.hits} hits leave fewer than 2 to train on"
            )
        return self


class CheckPart(Section):
    cents: Annotated[float, Field(gt=0.0)] = 60.0
    """From a name's pitch to the one that is heard, at most."""
    outliers: Literal["drop", "keep"] = "drop"

    def checks(self) -> Checks:
        return Checks(cents=self.cents, keep=self.outliers == "keep")


FadeTime = Annotated[float, Field(gt=0.0, le=60.0)]


class AugmentPart(Section):
    """Further copies of what is trained on, made from the sound; masks are left to training."""

    copies: Annotated[int, Field(ge=0, le=20)] = 0
    detune_cents: Annotated[float, Field(ge=0.0, le=40.0)] = 6.0
    """Resampled by up to this, so that the note stays."""
    gain_db: Annotated[float, Field(ge=0.0, le=60.0)] = 0.0
    """Up or down by up to this: heard in the noise below the note, since each note is normalised."""
    noise_db: tuple[float, float] | None = None
    """Background noise so far below the note, between these two, in dB; the first is the louder: [-40, -70]."""
    noise_folder: Path | None = None
    """Recordings of noise; without it, noise with the spectrum 1/f."""
    speed_semitones: Annotated[float, Field(ge=0.0, le=24.0)] = 0.0
    """Of strokes, which no note binds: faster or slower by up to this."""
    tilt_db: Annotated[float, Field(ge=0.0, le=12.0)] = 0.0
    """For each octave, up or down by up to this; of half of the copies."""
    fade_s: tuple[FadeTime, FadeTime] | None = None
    """Faded further, by 1/e in a time between these two; half of the copies are."""
    transpose_semitones: Annotated[int, Field(ge=0, le=12)] | None = 0
    """Of notes: as each of the notes around, up to so many away, played faster or slower. None is 3 for fewer than 500
    recordings, else 0: so it is where a folder is named on the command line, and no recipe."""
    seed: Annotated[int, Field(ge=0)] = 1

    @property
    def alters(self) -> bool:
        return self.copies > 0 or bool(self.transpose_semitones)


class DataRecipe(Section):
    """A whole recipe."""

    example = "analysis.frames=200"

    name: Name
    licence: str = ""
    """Under which a model of these data may be given away."""
    pitched: bool = True
    """Whether the sounds are notes; strokes, which are none, are taken as they are, and a key only resamples them."""
    root_note: Note = 60
    """Of strokes: the key that plays them as they are."""
    analysis: AnalysisPart = AnalysisPart()
    soundfonts: tuple[SoundfontSource, ...] = ()
    folders: tuple[FolderSource, ...] = ()
    synth: SynthPart | None = None
    held: HeldPart = HeldPart()
    split: Split = Split()
    checks: CheckPart = CheckPart()
    augment: AugmentPart = AugmentPart()
    keep_sounds: bool = False
    """Whether the sounds are kept beside the spectra, so that training can put effects on them; those of synth are, and
    those of folders with effects of their own."""

    @property
    def keeps_sounds(self) -> bool:
        return self.keep_sounds or any(folder.effects for folder in self.folders)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.synth is not None:
            self._check_synth()
        elif not self.soundfonts and not self.folders:
            raise ValueError("there must be soundfonts, folders or synth")
        if self.held.hold_s > 0.0:
            if self.folders:
                raise ValueError("held: when a key was let go is known of soundfonts only, not of folders")
            try:
                hold_of(self.analysis.complete(), self.held)
            except DataError as error:
                raise ValueError(f"held: {error}") from None
        if self.keeps_sounds and (self.held.hold_s > 0.0 or self.augment.alters):
            raise ValueError(
                "keep_sounds: effects are put on plain notes, neither held nor altered (augment.copies, "
                "augment.transpose_semitones)"
            )
        if not self.pitched:
            self._check_strokes()
        elif self.augment.transpose_semitones and (self.soundfonts or self.synth is not None):
            raise ValueError(
                "augment.transpose_semitones: SoundFonts and the synthesiser play all notes themselves, folders of "
                "recordings are transposed"
            )
        elif self.augment.speed_semitones:
            raise ValueError(
                "augment.speed_semitones: a note would be another one, only sounds without pitch have speeds"
            )
        names = [instrument.name for font in self.soundfonts for instrument in font.instruments]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice and self.pitched:  # strokes of one kind lie all over a kit
            raise ValueError(f"two instruments are called {twice[0]!r}: each must have a name of its own")
        return self

    def _check_synth(self) -> None:
        if self.soundfonts or self.folders:
            raise ValueError("synth stands alone: its hits have no part in a set of soundfonts or folders")
        if self.held.hold_s > 0.0:
            raise ValueError("held: hits end by themselves, only notes of soundfonts are let go")
        for key in ("note_min", "note_max"):
            if getattr(self.analysis, key) is None:
                raise ValueError(f"analysis.{key}: synth needs the range of its notes")

    def _check_strokes(self) -> None:
        analysis = self.analysis.complete()
        if not analysis.note_min <= self.root_note <= analysis.note_max:
            raise ValueError(
                f"root_note {self.root_note}: it must be one of the keys, analysis.note_min {analysis.note_min} to "
                f"analysis.note_max {analysis.note_max}"
            )
        if self.held.hold_s > 0.0:
            raise ValueError("held: sounds without pitch are not held")
        if self.augment.transpose_semitones:
            raise ValueError(
                "augment.transpose_semitones: sounds without pitch have no note, augment.speed_semitones has"
            )


def hold_of(analysis: NoteAnalysis, part: HeldPart) -> Hold | None:
    """How the notes of a recipe are held; None where they are not. Raises DataError for what its frames cannot hold."""
    return Hold.of(analysis, part.hold_s, part.sustain_s) if part.hold_s > 0.0 else None


@dataclass(frozen=True)
class Reading:
    """How every folder of recordings is to be read, whatever a recipe says; None leaves that to the recipe."""

    middle_c: int | None = None
    names: Literal["ignore", "read"] | None = None
    """Whether file names say notes: "read" believes every one, "ignore" none."""
    table: Path | None = None

    def of(self, folder: FolderSource) -> FolderSource:
        notes = {"ignore": "sound", "read": "name"}.get(self.names or "", folder.notes)
        middle_c = folder.middle_c if self.middle_c is None else self.middle_c
        return folder.model_copy(update={"middle_c": middle_c, "notes": notes, "table": self.table or folder.table})


def load_recipe(
    source: str,
    overrides: Sequence[str] = (),
    reading: Reading | None = None,
    presets: Sequence[str] = (),
    effects: Path | None = None,
) -> DataRecipe:
    """The recipe that a name or a path means: one that ships, a YAML file, a folder of sound files, or a SoundFont.

    A name that ships goes before a folder of that name, which is "./plucked" then.

    overrides: "key=value" each, over what the recipe says. presets: which of a SoundFont, each a program of bank 0 or
    bank:program; without them all. effects: a folder of recordings and of what effects made of them, in the place of
    the recipe's own sounds.
    Raises ConfigError for a recipe with faults, DataError where there is none.
    """
    reading = reading or Reading()
    path = SHIPPED / (source + SUFFIX) if source in shipped() else Path(source).expanduser()
    if path.is_dir():
        home = Path()
        name = shown(path.resolve().name)[:_LONGEST_NAME] or "recordings"
        document = Document(DataRecipe, {"name": name, "folders": [{"path": str(path)}]}, {}, shown(path))
    elif path.suffix.lower() in FONT_SUFFIXES and path.is_file():
        home = Path()
        document = Document(DataRecipe, font_recipe(path, presets), {}, shown(path))
    else:
        if not path.is_file():
            known = nearest(source, shipped())
            raise DataError(f"{shown(source)} is no folder of sound files, no SoundFont, and no recipe; {known}")
        home = path.parent
        document = Document.read(DataRecipe, path)
    if effects is not None:
        if path.suffix != SUFFIX or path.is_dir():
            raise DataError(f"--effects brings sounds of its own: name a recipe, like coast, and not {shown(source)}")
        home = Path()
        _with_effects(document, effects, source in shipped())
    for setting in overrides:
        document.set(setting)
    recipe = document.check()
    if presets and not recipe.soundfonts:
        raise DataError(f"{shown(source)} is no SoundFont, and has no presets")
    if reading.table is not None and len(recipe.folders) != 1:
        raise DataError(
            f"a table is of one folder, and {shown(source)} has {len(recipe.folders)}: "
            "name it in the recipe, as folders.0.table"
        )
    folders = tuple(
        reading.of(
            folder.model_copy(
                update={"path": _place(home, folder.path), "table": folder.table and _place(home, folder.table)}
            )
        )
        for folder in recipe.folders
    )
    noise = recipe.augment.noise_folder
    augment = recipe.augment.model_copy(update={"noise_folder": noise and _place(home, noise)})
    return recipe.model_copy(update={"folders": folders, "augment": augment})


def _with_effects(document: Document[DataRecipe], folder: Path, is_shipped: bool) -> None:
    """Puts a folder in the place of the sounds of a recipe. One that ships says nothing of the folder's name and
    licence."""
    for key in (("synth",), ("soundfonts",), ("split", "settled")):
        document.drop(key)
    document.put(("folders",), [{"path": str(folder), "effects": True}], "--effects")
    if is_shipped:
        document.put(("name",), shown(folder.expanduser().resolve().name)[:_LONGEST_NAME] or "effects", "--effects")
        document.put(("licence",), "", "--effects")


def _place(home: Path, path: Path) -> Path:
    """A path of a recipe, which is relative to it, in whichever spelling it lies there."""
    wanted = path.expanduser()
    return find(home, str(wanted)) or home / wanted


def shipped() -> list[str]:
    """The names of the recipes that oscvae carries."""
    return sorted(path.stem for path in SHIPPED.glob("*" + SUFFIX))
