"""From a recipe to a list of jobs: which sounds there are, what each is called, and which share a recording.

Recordings that sound together in one note, as the two sides or layers of a SoundFont do, are one source: to withhold
one and train on the other would withhold nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from oscvae.errors import DataError
from oscvae.model.analysis import NoteAnalysis
from oscvae.names import shown
from oscvae.training.data.dataset import FEW_NOTES
from oscvae.training.data.folder.recordings import find_recordings
from oscvae.training.data.folder.table import read_table
from oscvae.training.data.holding import Hold
from oscvae.training.data.parts import Parts, load_parts
from oscvae.training.data.processed.names import Version
from oscvae.training.data.recipes import DataRecipe, FolderSource, Instrument, SoundfontSource, hold_of
from oscvae.training.data.sf2 import SoundFont
from oscvae.training.data.soundfont import find_soundfont
from oscvae.units import note_name

VERSION = 4
"""Of what becomes of a sound: raised when the same recipe gives other bytes, so that no old part is used again."""
FILES_VERSION = 6
"""The same, of sounds that are read from files."""
VERSIONS_VERSION = 1
"""The same, of what effects made of them."""

NO_PROGRAM = -1
_TRANSPOSED_VERSION = 1
"""As `VERSION`, of copies at other notes."""
_TRANSPOSED = 3
"""Semitones that a few recordings are moved by, up and down, so that they say more of what a sound is."""


@dataclass(frozen=True)
class Item:
    """One sound that is to become a note."""

    timbre: str
    source: int
    """Index of the source recording in `Plan.sources`."""
    note: int | None
    """The MIDI note that it is said to be; None for one that is to be heard."""
    velocity: int
    program: int = NO_PROGRAM
    told: str = ""
    """What to call it in a report."""
    said: str = ""
    """Where the note of a file is from."""
    setting: str = ""
    """The key of the recipe that says where notes are from."""
    is_guess: bool = False
    """Whether its note is only believed where the sound agrees."""
    is_settled: bool = False
    """Whether a table says what it is, so that nothing is doubted."""
    begin_s: float | None = None
    """Where a file's note begins; None where that is to be heard."""
    tuning_cents: float = 0.0
    """By how much its whole set is sharp of its names."""
    audio: tuple[str, ...] = ()
    """SHA-256 of each recording that sounds in it, where it is of a SoundFont."""
    loop_s: float = math.inf
    """From its beginning until a SoundFont repeats a part of the recording; infinite where it never does."""


@dataclass(frozen=True)
class Job:
    """Sounds that are made together, in one process and one part."""

    key: str
    """Names the part: the same key, the same bytes."""
    items: tuple[Item, ...]
    path: Path
    """A SoundFont, or a sound file."""
    bank: int = 0
    program: int = NO_PROGRAM
    versions: tuple[Version, ...] = ()
    """What effects made of the sound of a file."""

    @property
    def is_font(self) -> bool:
        return self.program != NO_PROGRAM


@dataclass
class Plan:
    """All that is to be done."""

    analysis: NoteAnalysis
    """With the widest range of notes that the sounds may have."""
    jobs: list[Job] = field(default_factory=list)
    timbres: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    parts: Parts = field(default_factory=Parts)
    """Which of the recordings have a part in the split already."""
    hold: Hold | None = None
    """How notes are held; None where they sound for as long as they do."""
    root_note: int | None = None
    """Of strokes, the note that each of them is; None where notes are pitches."""
    origins: list[str] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    """{"what", "why"} of sounds that are known to be of no use."""
    passed_over: list[dict[str, str]] = field(default_factory=list)
    """{"what", "why"} of what lies among the sounds and is none; the data set does not depend on it."""
    heard: set[tuple[str, ...]] = field(default_factory=set)
    """Of strokes, the recordings that sound together in one of them, by SHA-256."""

    def n_sounds(self) -> int:
        return sum(len(job.items) for job in self.jobs)

    def identity(self, recipe: DataRecipe) -> str:
        """Changes with anything that changes the data set, and with nothing else."""
        told = [recipe.name, recipe.licence, recipe.split.model_dump(), self.timbres, self.sources, self.origins]
        loops = [item.loop_s for job in self.jobs for item in job.items]
        held = [recipe.held.model_dump()] if self.hold else []
        strokes = [] if self.root_note is None else [self.root_note]
        return _digest(
            [*told, [job.key for job in self.jobs], self.skipped, self.parts.record(), loops, *held, *strokes]
        )


def settled(recipe: DataRecipe) -> DataRecipe:
    """With all that it leaves to what is there. Raises DataError as `make_plan` does."""
    if recipe.augment.transpose_semitones is not None:
        return recipe
    plain = _transposing(recipe, 0)
    wanted = recipe.pitched and not (recipe.soundfonts or recipe.keeps_sounds) and recipe.synth is None
    few = wanted and make_plan(plain).n_sounds() < FEW_NOTES  # files as they are found, whatever becomes of them
    return _transposing(recipe, _TRANSPOSED) if few else plain


def _transposing(recipe: DataRecipe, semitones: int) -> DataRecipe:
    augment = recipe.augment.model_copy(update={"transpose_semitones": semitones})
    return recipe.model_copy(update={"augment": augment})


def make_plan(recipe: DataRecipe, tunings: Mapping[str, float] | None = None) -> Plan:
    """What the recipe asks for, here and now; hashes every sound file. tunings: by how many cents the folder of each
    `Item.setting` is sharp of its names. Raises DataError for sounds that are missing.
    """
    analysis = recipe.analysis.complete()
    plan = Plan(
        analysis=analysis,
        parts=load_parts(recipe.split.settled),
        hold=hold_of(analysis, recipe.held),
        root_note=None if recipe.pitched else recipe.root_note,
    )
    common = {
        "version": VERSION,
        "analysis": recipe.analysis.model_dump(),
        "checks": recipe.checks.model_dump(),
        "augment": _augment_key(recipe),
        **({"held": recipe.held.model_dump(exclude={"release_s"})} if plan.hold else {}),
        **({} if recipe.pitched else {"strokes": recipe.root_note}),
        **({"sounds": "kept"} if recipe.keeps_sounds else {}),
    }
    groups = _Groups()
    drafts = [draft for font in recipe.soundfonts for draft in _of_font(font, plan, groups, common)]
    for number, folder in enumerate(recipe.folders):
        tuning_cents = (tunings or {}).get(setting_of(number), 0.0)
        drafts += _of_folder(folder, number, plan, groups, {**common, "version": FILES_VERSION}, tuning_cents)
    if not drafts:
        reasons = "; ".join(f"{one['what']}: {one['why']}" for one in plan.skipped[:3])
        told = reasons or "its instruments and notes leave nothing"
        raise DataError(f"the recipe asks for no sounds that can be used: {told}")
    numbers: dict[Hashable, int] = {}
    for draft in drafts:
        items = []
        for item, member in zip(draft.items, draft.members, strict=True):
            if item.timbre not in plan.timbres:
                plan.timbres.append(item.timbre)
            root = groups.root(member)
            if root not in numbers:
                numbers[root] = len(plan.sources)
                plan.sources.append(_distinct(groups.title(root), plan.sources))
            items.append(Item(**{**vars(item), "source": numbers[root]}))
        plan.jobs.append(Job(draft.key, tuple(items), draft.path, draft.bank, draft.program, draft.versions))
    return plan


def _is_new(audio: tuple[str, ...], plan: Plan) -> bool:
    """Of strokes, whether none before plays these recordings: kits share most of theirs, and so do velocities."""
    if plan.root_note is None:
        return True
    known = audio in plan.heard
    plan.heard.add(audio)
    return not known


@dataclass
class _Draft:
    """A job whose sources have no numbers yet; one member of a group for each item."""

    key: str
    items: list[Item]
    members: list[Hashable]
    path: Path
    bank: int = 0
    program: int = NO_PROGRAM
    versions: tuple[Version, ...] = ()


def _of_font(source: SoundfontSource, plan: Plan, groups: _Groups, common: dict[str, Any]) -> Iterable[_Draft]:
    path = find_soundfont(source.file, source.package)
    try:
        font, content = SoundFont(path), _file_digest(path)
    except (DataError, OSError) as error:
        plan.skipped.append({"what": shown(path.name), "why": str(error)})
        return
    if source.origin and source.origin not in plan.origins:
        plan.origins.append(source.origin)
    for instrument in source.instruments:
        for program in (instrument.program, *instrument.also):
            for fault in font.faults(instrument.bank, program):
                plan.skipped.append({"what": instrument.name, "why": f"{shown(path.name)}: {fault}"})
            for velocity in source.velocities:
                items, members = _font_items(source, instrument, program, velocity, font, plan, groups)
                if items:
                    notes = [item.note for item in items]
                    key = _digest([common, content, instrument.bank, program, velocity, notes])
                    yield _Draft(key, items, members, path, instrument.bank, program)


def _font_items(
    source: SoundfontSource,
    instrument: Instrument,
    program: int,
    velocity: int,
    font: SoundFont,
    plan: Plan,
    groups: _Groups,
) -> tuple[list[Item], list[Hashable]]:
    """The notes of one program at one velocity, and a member of the group of recordings of each."""
    items: list[Item] = []
    members: list[Hashable] = []
    for note in _notes(instrument, plan):
        sounding = sorted(font.sounding(instrument.bank, program, note, velocity))
        told = f"{instrument.name} {note} at {velocity}"
        if not sounding:
            plan.skipped.append({"what": told, "why": f"{shown(font.path.name)} has no sample there"})
            continue
        audio = tuple(font.digest(sample) for sample in sounding)
        if not _is_new(audio, plan):
            continue
        keys = [_sample_keys(source, font, sample, groups) for sample in sounding]
        groups.join([key for pair in keys for key in pair])
        members.append(keys[0][0])
        loop_s = font.first_pass_s(instrument.bank, program, note, velocity)
        items.append(Item(instrument.name, -1, note, velocity, program, told, audio=audio, loop_s=loop_s))
    return items, members


def _notes(instrument: Instrument, plan: Plan) -> range:
    """The keys that are rendered: of strokes all, since a kit's keys are no notes of the model's."""
    low, high = instrument.notes
    if plan.root_note is not None:
        return range(low, high + 1)
    return range(max(low, plan.analysis.note_min), min(high, plan.analysis.note_max) + 1)


def _sample_keys(source: SoundfontSource, font: SoundFont, sample: int, groups: _Groups) -> list[Hashable]:
    """What the sample is known by: its audio, and the recording that its name says it is of."""
    name = font.name(sample)
    keys: list[Hashable] = [("audio", font.digest(sample))]
    recording = source.recording_of(name)
    groups.call(keys[0], f"{font.path.stem}: {recording}")
    if source.recording:
        keys.append(("name", font.path.name, recording))
    return keys


def _of_folder(
    source: FolderSource, number: int, plan: Plan, groups: _Groups, common: dict[str, Any], tuning_cents: float
) -> Iterable[_Draft]:
    found = find_recordings(source)
    table = {} if source.table is None else read_table(source.table)
    known = {one.told for one in found.recordings} | {one["what"] for one in found.skipped}
    if strange := [file for file in table if file not in known]:
        raise DataError(
            f"the table {shown(source.table or '')} names {strange[0]}, which is not in {shown(source.path)}"
        )
    plan.skipped += found.skipped
    plan.passed_over += found.passed_over
    if source.origin and source.origin not in plan.origins:
        plan.origins.append(source.origin)
    seen: dict[str, str] = {}
    for one in found.recordings:
        row = table.get(one.told)
        if row is not None and not row.kept:
            plan.skipped.append({"what": one.told, "why": "the table leaves it out"})
            continue
        try:
            content = _file_digest(one.path)
        except OSError as error:
            plan.skipped.append({"what": one.told, "why": f"it cannot be read: {error.strerror}"})
            continue
        if content in seen:
            plan.skipped.append({"what": one.told, "why": f"it is the same file as {seen[content]}"})
            continue
        seen[content] = one.told
        recording = source.recording_of(shown(one.path.stem)) if source.recording else one.told
        member = ("file", one.timbre, recording)
        groups.call(member, f"{one.timbre}: {recording}" if source.recording else one.told)
        item = Item(
            one.timbre, -1, one.note, one.velocity, NO_PROGRAM, one.told, one.said, setting_of(number), one.is_guess
        )
        if row is not None:
            said = "" if row.note is None else f"the table says {note_name(row.note)}"
            item = replace(
                item, note=row.note, said=said, setting="", is_guess=False, is_settled=True, begin_s=row.begin_s
            )
        elif item.note is not None and tuning_cents:
            item = replace(item, tuning_cents=tuning_cents)
        told = [item.note, item.is_guess, item.is_settled, item.begin_s, item.tuning_cents, one.told]
        more = [[version.effect, version.told, _digest_or_none(version.path)] for version in one.versions]
        key = _digest([common, content, told, *([VERSIONS_VERSION, more] if more else [])])
        yield _Draft(key, [item], [member], one.path, versions=one.versions)


def setting_of(number: int) -> str:
    """The key of the recipe that says where the notes of a folder are from."""
    return f"folders.{number}.notes"


class _Groups:
    """Which names mean one recording: disjoint sets, in the order in which they came."""

    def __init__(self) -> None:
        self._parent: dict[Hashable, Hashable] = {}
        self._titles: dict[Hashable, str] = {}

    def call(self, key: Hashable, title: str) -> None:
        self._titles.setdefault(key, title)

    def root(self, key: Hashable) -> Hashable:
        self._parent.setdefault(key, key)
        while self._parent[key] != key:
            key = self._parent[key]
        return key

    def join(self, keys: list[Hashable]) -> None:
        for key in keys:
            self._parent[self.root(key)] = self.root(keys[0])

    def title(self, root: Hashable) -> str:
        """The names of all that belong to a root, in order, each once."""
        titles = [title for key, title in self._titles.items() if self.root(key) == root]
        first, *rest = dict.fromkeys(titles)
        return " + ".join([first, *(title.split(": ", 1)[-1] for title in rest)])


def _distinct(title: str, taken: list[str]) -> str:
    """Two recordings may have one name: SoundFonts cut theirs off after 20 letters."""
    count, numbered = 1, title
    while numbered in taken:
        count += 1
        numbered = f"{title} ({count})"
    return numbered


def _augment_key(recipe: DataRecipe) -> Any:
    """What of the augmentation changes the bytes: nothing where there are no copies."""
    if not recipe.augment.alters:
        return None
    told = recipe.augment.model_dump(mode="json")
    if not told["transpose_semitones"]:
        del told["transpose_semitones"]
    else:
        told["version"] = _TRANSPOSED_VERSION
    if recipe.augment.noise_folder is not None:
        told["noise_folder"] = [_digest_or_none(path) for path in noise_files(recipe.augment.noise_folder)]
    return told


def _digest_or_none(path: Path) -> str | None:
    """None of a file that cannot be read, which is told where it is to be heard."""
    try:
        return _file_digest(path)
    except OSError:
        return None


def noise_files(folder: Path) -> list[Path]:
    """The files in a folder of noise; raises DataError where there is none."""
    paths = [path for path in sorted(folder.glob("*")) if path.is_file() and not path.name.startswith(".")]
    if not paths:
        raise DataError(f"the noise folder {shown(folder)} holds no sound files")
    return paths


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:32]
