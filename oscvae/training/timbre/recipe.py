"""What a data set of single frames is made of: folders of any recordings, whatever sounds in them.

No note is looked for, so nothing has to be tuned, named or cut. Recordings of one source (the takes of a loop, the
strokes of one drum) are told by their names, and withheld together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from oscvae.errors import ConfigError, DataError
from oscvae.names import find, shown
from oscvae.settings.reader import Document, Section
from oscvae.settings.yamltree import read_tree
from oscvae.training.data.analysis import SpectrumPart
from oscvae.training.data.recipes import SHIPPED, SUFFIX, Name

KIND = "frames"
NUMBERED = r"^(.*[^\d _-])[ _-]*\d*$"
"""The name without a number at its end: tabla_ghe1 and tabla_ghe8 are one source."""
_LONGEST_NAME = 64


class RecordingFolder(Section):
    """Recordings, in this folder and those inside it."""

    path: Path
    files: str = "*"
    """Which of the files count, by a shell's pattern of their names."""
    source: str = NUMBERED
    """Finds in a file's name, without its suffix, what names its source: the first group, or all that matches."""
    origin: str = ""
    """Who made the sounds, and under which licence: for the model's card."""
    package: str = ""
    """The Debian package that holds the folder: what to install where it is missing."""

    @field_validator("source")
    @classmethod
    def _is_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"must be a regular expression: {error}") from None
        return pattern

    def source_of(self, stem: str) -> str:
        """What names the source of a recording whose file is called so."""
        found = re.search(self.source, stem)
        if found is None:
            return stem
        return str(found.group(1) if found.re.groups else found.group(0))


class FramesSplit(Section):
    """What is withheld from training, as shares of the sources; 0 for nothing."""

    unseen: Annotated[float, Field(ge=0.0, le=0.5)] = 0.11
    """Kept for the evaluation."""
    watched: Annotated[float, Field(ge=0.0, le=0.5)] = 0.05
    """Looked at while training."""


class FramesAugment(Section):
    """Copies of what is trained on, each altered as a whole: slower or faster, and of another colour."""

    copies: Annotated[int, Field(ge=0, le=64)] = 0
    speed_semitones: Annotated[float, Field(ge=0.0, le=24.0)] = 7.0
    tilt_db: Annotated[float, Field(ge=0.0, le=12.0)] = 2.0
    """For each octave, up or down by up to this."""
    seed: Annotated[int, Field(ge=0)] = 1


class FramesRecipe(Section):
    """A whole recipe."""

    example = "silence_db=-50"

    kind: Literal["frames"]
    name: Name
    licence: str = ""
    """Under which a model of these data may be given away."""
    analysis: SpectrumPart = SpectrumPart()
    folders: Annotated[tuple[RecordingFolder, ...], Field(min_length=1)]
    silence_db: Annotated[float, Field(ge=-120.0, le=-6.0)] = -60.0
    """A frame so far below the loudest of its recording is silence, which nobody learns from."""
    split: FramesSplit = FramesSplit()
    augment: FramesAugment = FramesAugment()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.split.unseen + self.split.watched > 0.75:
            raise ValueError(
                f"split: unseen {self.split.unseen:g} and watched {self.split.watched:g} leave too little to train on"
            )
        return self


def is_frames(source: str, kind: str | None = None) -> bool:
    """Whether `oscvae dataset build` of a source is about single frames: by `--kind`, or by what its recipe says."""
    if kind is not None:
        return kind == KIND
    path = _recipe_file(source)
    if path is None:
        return False
    try:
        tree = read_tree(path)[0]
    except ConfigError:
        return False  # whoever reads the whole recipe says what is wrong
    return isinstance(tree, dict) and tree.get("kind") == KIND


def load_frames_recipe(source: str, overrides: Sequence[str] = ()) -> FramesRecipe:
    """The recipe that a name or a path means: one that ships, a YAML file, or a folder of sound files.

    Raises ConfigError for a recipe with faults, DataError where there is none.
    """
    path, home = _recipe_file(source), Path()
    if path is not None:
        document = Document.read(FramesRecipe, path)
        home = path.parent
    elif (folder := Path(source).expanduser()).is_dir():
        name = shown(folder.resolve().name)[:_LONGEST_NAME] or "recordings"
        document = Document(FramesRecipe, {"kind": KIND, "name": name, "folders": [{"path": source}]}, {}, source)
    else:
        raise DataError(f"{shown(source)} is no folder of sound files, and no recipe of single frames")
    for setting in overrides:
        document.set(setting)
    recipe = document.check()
    folders = tuple(folder.model_copy(update={"path": _place(home, folder.path)}) for folder in recipe.folders)
    return recipe.model_copy(update={"folders": folders})


def _recipe_file(source: str) -> Path | None:
    for path in (SHIPPED / (source + SUFFIX), Path(source).expanduser()):
        if path.suffix in (SUFFIX, ".yml") and path.is_file():
            return path
    return None


def _place(home: Path, path: Path) -> Path:
    wanted = path.expanduser()
    return find(home, str(wanted)) or home / wanted
