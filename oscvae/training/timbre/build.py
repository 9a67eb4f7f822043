"""Builds a data set of single frames: the same recipe and sounds, the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np

from oscvae.arrays import Float32s
from oscvae.errors import DataError, SoundFileError
from oscvae.model.analysis import Spectrum
from oscvae.model.frames import Apart
from oscvae.names import shown
from oscvae.sound.files import read_sound, resample
from oscvae.sound.stft import magnitudes
from oscvae.training.data.folder.recordings import sound_suffixes
from oscvae.training.data.store import INDEX, SPECTRA
from oscvae.training.timbre.frameset import LEVELS, TRAIN, UNSEEN, WATCHED, read_frames_index, write_frames_index
from oscvae.training.timbre.recipe import KIND, FramesAugment, FramesRecipe, FramesSplit, RecordingFolder

VERSION = 1
"""Raised when the same recipe gives other bytes."""
_RAW = "x.raw"
_ROWS_AT_ONCE = 1 << 14
_PIVOT_HZ = 1000.0
"""Where a tilt leaves the spectrum as it is."""
_LOWEST_HZ = 30.0

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class BuiltFrames:
    """What a build came to."""

    path: Path
    frames: int
    recordings: int
    fingerprint: str
    skipped: tuple[dict[str, Any], ...]
    """{"what", "why"}."""
    was_there: bool = False


@dataclass(frozen=True)
class SoundFile:
    """One of a recipe's files."""

    path: Path
    name: str
    """Its path inside the recipe's folder, without the suffix."""
    folder: int
    source: str


@dataclass(frozen=True)
class _Heard:
    file: SoundFile
    digest: str
    x: list[Float32s]
    """[frames, bands]: the recording's, and of each altered copy."""
    level_db: list[Float32s]
    """[frames] of each."""


def build_frames(
    recipe: FramesRecipe, out: Path, workers: int = 1, force: bool = False, progress: Progress | None = None
) -> BuiltFrames:
    """Builds the recipe's data set in the folder `out`, in so many threads; a set that is there already stays.

    Raises DataError for sounds that are missing, a folder that holds something else, or a set that would be empty.
    """
    out, told = Path(out), progress or (lambda done, total: None)
    files = files_of(recipe)
    identity = _identity(recipe, files)
    if (out / INDEX).is_file() and not force:
        index = _index_there(out)
        if index is not None and index.get("identity") == identity:
            rows = index["recordings"]
            return BuiltFrames(out, rows[-1]["end"], len(rows), index["fingerprint"], tuple(index["skipped"]), True)
        raise DataError(f"{out} holds another data set: choose another folder, or --force")
    if out.is_dir() and any(each.name != _RAW for each in out.iterdir()) and not force:
        raise DataError(f"{out} is not empty, and holds no data set: choose another folder, or --force")
    out.mkdir(parents=True, exist_ok=True)
    (out / INDEX).unlink(missing_ok=True)
    split = split_of(list(dict.fromkeys(file.source for file in files)), recipe.split)
    rows, levels, skipped = _write_raw(recipe, files, split, out, max(1, workers), told)
    if not any(row["split"] == TRAIN for row in rows):
        (out / _RAW).unlink()
        raise DataError(f"{shown(recipe.name)}: no recording is left to train on{_first_reason(skipped)}")
    _write_arrays(out, np.concatenate(levels), recipe.analysis.n_bands)
    index = {
        "format": 1,
        "kind": KIND,
        "name": recipe.name,
        "licence": recipe.licence,
        "origins": list(dict.fromkeys(folder.origin for folder in recipe.folders if folder.origin)),
        "recipe": recipe.analysis.model_dump(),
        "silence_db": recipe.silence_db,
        "identity": identity,
        "skipped": skipped,
        "recordings": rows,
    }
    fingerprint = write_frames_index(out, index)
    return BuiltFrames(out, rows[-1]["end"], len(rows), fingerprint, tuple(skipped))


def _index_there(out: Path) -> dict[str, Any] | None:
    try:
        return read_frames_index(out)
    except DataError:
        return None


def _first_reason(skipped: list[dict[str, Any]]) -> str:
    return f" ({skipped[0]['what']}: {skipped[0]['why']})" if skipped else ""


def files_of(recipe: FramesRecipe) -> list[SoundFile]:
    """The sound files of all folders, by name. Raises DataError for a folder that is not there or holds none."""
    found = []
    for number, folder in enumerate(recipe.folders):
        if not folder.path.is_dir():
            hint = f": apt install {folder.package}" if folder.package else ""
            raise DataError(f"{shown(folder.path)} is no folder{hint}")
        own = [_file(path, number, folder) for path in sorted(folder.path.rglob("*")) if _counts(path, folder)]
        if not own:
            raise DataError(f"{shown(folder.path)} holds no sound files called {folder.files}")
        found += own
    return found


def _counts(path: Path, folder: RecordingFolder) -> bool:
    return path.suffix.lower() in sound_suffixes() and fnmatch(path.name, folder.files) and path.is_file()


def _file(path: Path, number: int, folder: RecordingFolder) -> SoundFile:
    inside = path.relative_to(folder.path)
    name = shown(inside.with_suffix("").as_posix())
    return SoundFile(path, name, number, shown((inside.parent / folder.source_of(path.stem)).as_posix()))


def split_of(sources: list[str], split: FramesSplit) -> dict[str, int]:
    """Where each source belongs: withheld ones lie evenly among the sorted names, of which neighbours are alike."""
    places = dict.fromkeys(sorted(sources), TRAIN)
    names = list(places)
    for share, value in ((split.unseen, UNSEEN), (split.watched, WATCHED)):
        left = [name for name in names if places[name] == TRAIN]
        count = min(round(share * len(names)), len(left) - 1)
        for at in ((np.arange(count) + 0.5) * len(left) / max(1, count)).astype(int).tolist():
            places[left[at]] = value
    return places


def _write_raw(
    recipe: FramesRecipe, files: list[SoundFile], split: dict[str, int], out: Path, workers: int, told: Progress
) -> tuple[list[dict[str, Any]], list[Float32s], list[dict[str, Any]]]:
    """All spectra into one file of raw floats; returns the lines of the index, the levels, and what was skipped."""
    analyser = _Analyser(recipe)
    rows: list[dict[str, Any]] = []
    levels: list[Float32s] = []
    skipped: list[dict[str, Any]] = []
    known: dict[str, str] = {}
    begin = 0
    with ThreadPoolExecutor(workers) as pool, (out / _RAW).open("wb") as raw:

        def heard(file: SoundFile) -> _Heard | str:
            return analyser(file, split[file.source] == TRAIN)

        for number, (file, found) in enumerate(zip(files, _in_order(pool, heard, files, 2 * workers), strict=True)):
            told(number + 1, len(files))
            if isinstance(found, str):
                skipped.append({"what": file.name, "why": found})
                continue
            if (same := known.setdefault(found.digest, file.name)) != file.name:
                skipped.append({"what": file.name, "why": f"it is the same sound as {same}"})
                continue
            for copy, (x, level_db) in enumerate(zip(found.x, found.level_db, strict=True)):
                raw.write(x.tobytes())
                levels.append(level_db)
                rows.append(
                    {
                        "name": file.name,
                        "source": file.source,
                        "split": split[file.source],
                        "begin": begin,
                        "end": begin + len(x),
                        "copy": copy,
                        "folder": file.folder,
                    }
                )
                begin += len(x)
    return rows, levels, skipped


def _in_order(
    pool: ThreadPoolExecutor, work: Callable[[SoundFile], _Heard | str], files: list[SoundFile], ahead: int
) -> Iterator[_Heard | str]:
    """As pool.map, but so many sounds ahead at most: ten minutes of one are 60 MB."""
    waiting = [pool.submit(work, file) for file in files[:ahead]]
    for number in range(len(files)):
        found = waiting.pop(0).result()
        if number + ahead < len(files):
            waiting.append(pool.submit(work, files[number + ahead]))
        yield found


def _write_arrays(out: Path, level_db: Float32s, n_bands: int) -> None:
    raw = np.memmap(out / _RAW, np.float32, "r", shape=(level_db.size, n_bands))
    x = np.lib.format.open_memmap(out / SPECTRA, "w+", np.float32, raw.shape)
    for begin in range(0, level_db.size, _ROWS_AT_ONCE):
        x[begin : begin + _ROWS_AT_ONCE] = raw[begin : begin + _ROWS_AT_ONCE]
    x.flush()
    np.save(out / LEVELS, level_db)
    del x, raw
    (out / _RAW).unlink()


class _Analyser:
    """From a file to its frames, and those of its altered copies."""

    def __init__(self, recipe: FramesRecipe) -> None:
        self._spectrum: Spectrum = recipe.analysis.complete()
        axis = self._spectrum.band_axis()
        self._gather = np.ascontiguousarray(axis.matrix().T)
        centre_hz = axis.centre * self._spectrum.sample_rate / self._spectrum.n_fft
        self._octaves = np.log2(np.maximum(centre_hz, _LOWEST_HZ) / _PIVOT_HZ)
        self._augment: FramesAugment = recipe.augment
        self._apart = Apart(self._spectrum, self._spectrum.n_fft / 4)

    def __call__(self, file: SoundFile, copies: bool) -> _Heard | str:
        """The frames of a file, or why it has none."""
        rate = self._spectrum.sample_rate
        try:
            sound = read_sound(file.path, rate, allow_clipped=True)
        except SoundFileError as error:
            return str(error)
        digest = hashlib.sha256(np.round(sound * 32767.0).astype(np.int32).tobytes()).hexdigest()
        pairs = [self._apart.tell(self._bands(sound))]
        for copy in range(self._augment.copies if copies else 0):
            rng = np.random.default_rng((self._augment.seed, copy, int(digest[:15], 16)))
            pairs.append(self._apart.tell(self._altered(sound, rng)))
        return _Heard(file, digest, [x for x, _ in pairs], [level_db for _, level_db in pairs])

    def _bands(self, sound: Float32s) -> Float32s:
        """Linear band magnitudes [frames, bands] of a sound [samples], from its first sample to its last: what lies
        around it is silence."""
        n_fft, hop = self._spectrum.n_fft, self._spectrum.hop
        padded = np.pad(sound, (n_fft - hop, n_fft - hop + (-sound.size) % hop))
        return magnitudes(padded, n_fft, hop) @ self._gather

    def _altered(self, sound: Float32s, rng: np.random.Generator) -> Float32s:
        wanted, rate = self._augment, self._spectrum.sample_rate
        ratio = 2.0 ** (rng.uniform(-wanted.speed_semitones, wanted.speed_semitones) / 12.0)
        tilt_db = rng.uniform(-wanted.tilt_db, wanted.tilt_db) * self._octaves
        return (self._bands(resample(sound, rate * ratio, rate)) * 10.0 ** (tilt_db / 20.0)).astype(np.float32)


def _identity(recipe: FramesRecipe, files: list[SoundFile]) -> str:
    """Of the recipe and the files: their names, sizes and times."""
    told: dict[str, Any] = {"version": VERSION, **recipe.model_dump(mode="json", exclude={"folders"})}
    told["folders"] = [folder.model_dump(mode="json") for folder in recipe.folders]
    told["files"] = [(file.name, (stat := file.path.stat()).st_size, stat.st_mtime_ns) for file in files]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
