"""Clips of four seconds as pictures, what each is of, and which recording it was cut from.

The source takes UrbanSound8K (J. Salamon, C. Jacoby and J. P. Bello, A Dataset and Taxonomy for Urban Sound Research,
ACM Multimedia 2014): 8,732 clips of ten classes, in ten folds, so that no recording is in two. Its licence forbids
commerce, and no package brings it; who has it gives its folder. Without it, clips are notes of the instruments of a
SoundFont, from a data set as `oscvae dataset build` makes it, and CC0 recordings (Sonic Pi's), both split by recording.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from oscvae.arrays import Float32s, Int64s
from oscvae.errors import DataError, SoundFileError
from oscvae.model.analysis import NoteAnalysis
from oscvae.names import shown
from oscvae.sound.files import read_sound
from oscvae.sound.stft import magnitudes, n_frames
from oscvae.training.data.dataset import TRAIN, WITHHELD_NOTE, WITHHELD_RECORDING, NoteSet
from oscvae.training.data.folder.recordings import sound_suffixes
from oscvae.training.evaluate.subject import batches
from oscvae.training.evaluate.summary import Track, quietly
from oscvae.training.studies.embedding.size import Size
from oscvae.training.timbre.build import files_of, split_of
from oscvae.training.timbre.frameset import UNSEEN
from oscvae.training.timbre.recipe import FramesSplit, load_frames_recipe

SIDE = 96
"""Of a picture: bands and columns."""
SECONDS = 4.0
"""The longest clip of UrbanSound8K."""
FLOOR_DB = -80.0
"""Below the loudest place of a clip."""
RECORDINGS = "timbre"
"""The recipe of the CC0 recordings."""
NEW, KNOWN = "recordings never heard", "other notes of recordings that were"
SOURCES = {
    "ambi": "ambience", "bass": "synth bass", "bd": "bass drum", "drum": "drum kit", "elec": "electronic",
    "loop": "loop", "perc": "percussion", "tabla": "tabla",
}  # fmt: skip
"""How the names of the recordings begin, and of what they are; of what else there is, there is too little."""
URBAN = (
    *("air conditioner", "car horn", "children playing", "dog bark", "drilling", "engine idling", "gun shot"),
    *("jackhammer", "siren", "street music"),
)
"""The classes of UrbanSound8K, by their numbers."""
_URBAN_NAME = re.compile(r"^(\d+)-(\d)-\d+-\d+$")
"""fsID-classID-occurrenceID-sliceID: the recording, the class, the place in it."""
_UNSEEN = 0.25
"""Share of the recordings' sources, of each class, that is never trained on."""
_LEAST_S = 1.0
"""A rest of a recording that is shorter is no clip."""
_QUIET = 1e-8


@dataclass(frozen=True)
class Round:
    """What one classifier learns from, and what it is tested on."""

    name: str
    train: Int64s
    tests: dict[str, Int64s]


@dataclass(frozen=True, eq=False)
class Clips:
    """N pictures of sounds."""

    x: Float32s
    """[N, SIDE, SIDE], bands by columns, -1 is FLOOR_DB below the loudest place, 1 is that."""
    label: Int64s
    """[N], which of `classes`."""
    source: tuple[str, ...]
    """[N], the recording that it was cut from."""
    part: Int64s
    """[N], its fold, or whether it is withheld as `NoteSet.split` says it."""
    classes: tuple[str, ...]
    folds: bool
    skipped: int = 0
    """Files that could not be read."""

    def __len__(self) -> int:
        return len(self.label)

    @cached_property
    def fingerprint(self) -> str:
        rest = f"{self.classes}{self.source}".encode() + self.label.tobytes() + self.part.tobytes()
        return hashlib.sha256(np.ascontiguousarray(self.x).tobytes() + rest).hexdigest()

    @property
    def shared(self) -> int:
        """Recordings that a classifier is both trained and tested on by the clips that are called new."""
        pairs = {(source, part) for source, part in zip(self.source, self.part.tolist(), strict=True)}
        if not self.folds:
            pairs = {(source, int(part == WITHHELD_RECORDING)) for source, part in pairs}
        return len(pairs) - len({source for source, _ in pairs})

    def rounds(self, most: int) -> list[Round]:
        """Each fold tested once, by what learnt from the others; without folds, one round. Raises DataError."""
        if not self.folds:
            train, known, new = (
                np.flatnonzero(self.part == value) for value in (TRAIN, WITHHELD_NOTE, WITHHELD_RECORDING)
            )
            if not len(train) or not len(new):
                raise DataError(f"{len(train)} clips to learn from, {len(new)} of {NEW}: there must be both")
            return [Round("split", train, {NEW: new} | ({KNOWN: known} if len(known) else {}))]
        return [
            Round(f"fold {fold}", np.flatnonzero(self.part != fold), {NEW: np.flatnonzero(self.part == fold)})
            for fold in np.unique(self.part).tolist()[:most]
        ]


def pictures(level_db: Float32s, analysis: NoteAnalysis) -> Float32s:
    """Levels [N, bands, frames] in dB as pictures [N, SIDE, SIDE] of the first four seconds: means of neighbours."""
    columns = n_frames(round(SECONDS * analysis.sample_rate), analysis.n_fft, analysis.hop)
    below = np.maximum(level_db[..., :columns] - level_db.max(axis=(1, 2), keepdims=True), np.float32(FLOOR_DB))
    short = columns - below.shape[2]
    if short > 0:
        below = np.pad(below, ((0, 0), (0, 0), (0, short)), constant_values=FLOOR_DB)
    grouped = _grouped(_grouped(below, 1), 2)
    return np.asarray(1.0 - grouped * (2.0 / FLOOR_DB), np.float32)


def _grouped(x: Float32s, axis: int) -> Float32s:
    """Means of SIDE groups of neighbours along an axis; of fewer than SIDE places, some are taken twice."""
    edges = (np.arange(SIDE + 1) * x.shape[axis] / SIDE).astype(int)
    count = np.maximum(1, np.diff(edges))
    shape = [1] * x.ndim
    shape[axis] = SIDE
    return np.add.reduceat(x, edges[:-1], axis=axis) / count.reshape(shape)


def note_pictures(x: Float32s, analysis: NoteAnalysis) -> Float32s:
    """Log magnitudes [N, bands, frames] in [-1, 1], as notes and models have them, as pictures."""
    return pictures(np.asarray(x) * np.float32(0.5 * analysis.range_db), analysis)


def sound_pictures(sound: Float32s, analysis: NoteAnalysis) -> Float32s:
    """A sound [samples] cut into clips, as pictures [clips, SIDE, SIDE], on the axis of the notes."""
    long = round(SECONDS * analysis.sample_rate)
    least = max(analysis.n_fft, round(_LEAST_S * analysis.sample_rate))
    cuts = [begin for begin in range(0, len(sound), long) if begin == 0 or len(sound) - begin >= least]
    gather = analysis.band_axis().matrix().T
    found = []
    for begin in cuts:
        clip = sound[begin : begin + long]
        clip = np.pad(clip, (0, max(0, analysis.n_fft - len(clip))))
        bands = magnitudes(clip, analysis.n_fft, analysis.hop) @ gather
        found.append(pictures((20.0 * np.log10(np.maximum(bands, _QUIET))).T[None], analysis)[0])
    return np.stack(found)


def is_urban(folder: Path) -> bool:
    """Whether a folder is laid out as UrbanSound8K is."""
    return any((folder / "audio").glob("fold*"))


def open_clips(notes: NoteSet, folder: Path | None, size: Size, track: Track = quietly) -> Clips:
    """Of UrbanSound8K where its folder is given, else of the notes and of recordings. Raises DataError."""
    if folder is not None and is_urban(folder):
        return _urban(folder, notes.analysis, track)
    return _own(notes, size, track)


def _own(notes: NoteSet, size: Size, track: Track) -> Clips:
    """An instrument of the notes is a class, and so is a kind of recordings."""
    x = [note_pictures(notes.x[part], notes.analysis) for part in track(list(batches(len(notes))), "pictures of notes")]
    sources = [notes.sources[source] for source in notes.source.tolist()]
    found = _Pictures(list(notes.timbres), [*x], [*notes.timbre.tolist()], sources, [*notes.split.tolist()])
    files = files_of(load_frames_recipe(RECORDINGS))
    places = np.linspace(0, len(files) - 1, min(size.recordings, len(files))).round().astype(int)
    chosen = [file for file in (files[at] for at in places) if file.source.partition("_")[0] in SOURCES]
    split: dict[str, int] = {}
    for kind in SOURCES:
        own = list(dict.fromkeys(file.source for file in chosen if file.source.partition("_")[0] == kind))
        if len(own) > 1:
            split |= split_of(own, FramesSplit(unseen=_share(len(own)), watched=0.0))
    for file in track(chosen, "pictures of recordings"):
        if file.source in split:
            part = WITHHELD_RECORDING if split[file.source] == UNSEEN else TRAIN
            found.add(file.path, SOURCES[file.source.partition("_")[0]], file.source, part, notes.analysis)
    return found.clips(folds=False)


def _share(sources: int) -> float:
    """One source at least is never heard."""
    return max(_UNSEEN, 1.0 / sources)


def _urban(folder: Path, analysis: NoteAnalysis, track: Track) -> Clips:
    found = _Pictures(list(URBAN), [], [], [], [])
    files = list(_urban_files(folder))
    for path, source, label, fold in track(files, "pictures of clips"):
        found.add(path, URBAN[label], source, fold, analysis)
    clips = found.clips(folds=True)
    if len(np.unique(clips.part)) < 2:
        raise DataError(f"{shown(folder)} holds clips of one fold only: there must be two, to test one of them")
    return clips


def _urban_files(folder: Path) -> Iterator[tuple[Path, str, int, int]]:
    """(file, recording, class, fold). Raises DataError where no name is as it should be."""
    held = 0
    for place in sorted((folder / "audio").glob("fold*")):
        fold = place.name.removeprefix("fold")
        for path in sorted(place.iterdir()) if fold.isdigit() and place.is_dir() else ():
            named = _URBAN_NAME.match(path.stem)
            if named and path.suffix.lower() in sound_suffixes():
                held += 1
                yield path, named[1], int(named[2]), int(fold)
    if not held:
        raise DataError(
            f"{shown(folder / 'audio')} holds no clips that are called fsID-classID-occurrenceID-sliceID.wav, as those "
            "of UrbanSound8K are"
        )


@dataclass
class _Pictures:
    """Pictures as they come."""

    classes: list[str]
    x: list[Float32s]
    label: list[int]
    source: list[str]
    part: list[int]
    skipped: int = 0

    def add(self, path: Path, name: str, source: str, part: int, analysis: NoteAnalysis) -> None:
        """The clips of a file; of one that cannot be read, none."""
        try:
            made = sound_pictures(read_sound(path, analysis.sample_rate, allow_clipped=True), analysis)
        except SoundFileError:
            self.skipped += 1
            return
        if name not in self.classes:
            self.classes.append(name)
        self.x.append(made)
        self.label += [self.classes.index(name)] * len(made)
        self.source += [source] * len(made)
        self.part += [part] * len(made)

    def clips(self, folds: bool) -> Clips:
        """Classes that nothing is of are left out."""
        held = sorted(set(self.label))
        label = np.searchsorted(held, self.label).astype(np.int64)
        classes = tuple(self.classes[at] for at in held)
        x = np.concatenate(self.x) if self.x else np.empty((0, SIDE, SIDE), np.float32)
        if len(classes) < 2:
            raise DataError(f"{len(x)} clips of {len(classes)} classes: there must be two classes, to be told apart")
        return Clips(x, label, tuple(self.source), np.array(self.part, np.int64), classes, folds, self.skipped)


def by_class(clips: Clips, rows: Sequence[int] | Int64s) -> Iterable[tuple[str, Int64s]]:
    """Of some clips, those of each class."""
    chosen = np.asarray(rows, np.int64)
    for number, name in enumerate(clips.classes):
        yield name, chosen[clips.label[chosen] == number]
