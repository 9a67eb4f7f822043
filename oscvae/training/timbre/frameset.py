"""A data set of single frames, in memory and on disk: recordings one after the other, each frame with its level apart.

`x.npy` holds the log band magnitudes, which map into memory as they lie, `level.npy` the levels; `index.json` has one
line for each recording. The index is written last and at once: a folder without one never opens.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from oscvae.arrays import Float32s, Int64s
from oscvae.errors import DataError
from oscvae.model.analysis import Spectrum
from oscvae.training.data.analysis import SpectrumPart
from oscvae.training.data.store import FORMAT, INDEX, SPECTRA, digest_of
from oscvae.training.timbre.recipe import KIND

LEVELS = "level.npy"
TRAIN, WATCHED, UNSEEN = 0, 1, 2
"""The values of `Recording.split`."""
SPLITS = ("training", "watched", "unseen")


@dataclass(frozen=True)
class Recording:
    """One sound file, or an altered copy of it; its frames are the rows from begin to end."""

    name: str
    source: str
    """What it shares with other recordings of the same thing, which are withheld together."""
    split: int
    begin: int
    end: int
    copy: int = 0
    """0 for the recording itself."""

    @property
    def rows(self) -> slice:
        return slice(self.begin, self.end)


@dataclass(frozen=True, eq=False)
class FrameSet:
    """N frames of R recordings."""

    x: Float32s
    """[N, bands], in [-1, 1], each relative to its frame's level (`oscvae.model.frames.Apart`)."""
    level_db: Float32s
    """[N], the level of each frame; 0 dB is that of a full-scale sine's magnitude."""
    recordings: tuple[Recording, ...]
    spectrum: Spectrum
    silence_db: float
    """A frame so far below the loudest of its recording is silence."""
    name: str = ""
    licence: str = ""
    origins: tuple[str, ...] = ()
    fingerprint: str = ""

    def __len__(self) -> int:
        return int(self.level_db.size)

    def heard(self, recording: Recording) -> NDArray[np.bool_]:
        """[frames of the recording], which of them are not silence."""
        level_db = self.level_db[recording.rows]
        found: NDArray[np.bool_] = level_db > level_db.max() + self.silence_db
        return found

    def of_split(self, split: int, copies: bool = False) -> list[Recording]:
        return [one for one in self.recordings if one.split == split and (copies or one.copy == 0)]

    def rows_of(self, split: int, copies: bool = False) -> Int64s:
        """Of all recordings of a split, the frames that are heard."""
        parts = [one.begin + np.flatnonzero(self.heard(one)) for one in self.of_split(split, copies)]
        return np.concatenate(parts).astype(np.int64) if parts else np.empty(0, np.int64)


def is_frame_set(path: Path) -> bool:
    """Whether the folder holds a data set of single frames, rather than one of notes, or none."""
    try:
        index = json.loads((path / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(index, dict) and index.get("kind") == KIND


def open_frames(path: Path) -> FrameSet:
    """The data set in the folder `path`, its x mapped. Raises DataError for a folder that holds none, or a damaged
    one."""
    index = read_frames_index(path)
    try:
        x = np.load(path / SPECTRA, mmap_mode="c")
        level_db = np.load(path / LEVELS)
        spectrum = SpectrumPart(**index["recipe"]).complete()
        recordings = tuple(Recording(**{key: row[key] for key in _KEPT}) for row in index["recordings"])
    except (OSError, ValueError, ValidationError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged: {str(error).splitlines()[0]}; build the set again") from error
    n = recordings[-1].end if recordings else 0
    if x.shape != (n, spectrum.bands.n) or x.dtype != np.float32 or level_db.shape != (n,):
        raise DataError(f"{path / SPECTRA} is {x.dtype} {x.shape}, its index wants {n} frames: build the set again")
    return FrameSet(
        x=x,
        level_db=level_db,
        recordings=recordings,
        spectrum=spectrum,
        silence_db=float(index["silence_db"]),
        name=index["name"],
        licence=index["licence"],
        origins=tuple(index["origins"]),
        fingerprint=index["fingerprint"],
    )


_KEPT = ("name", "source", "split", "begin", "end", "copy")


def read_frames_index(path: Path) -> dict[str, Any]:
    """The index of a data set of single frames. Raises DataError."""
    try:
        index: dict[str, Any] = json.loads((path / INDEX).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path} holds no {INDEX}: build a data set there with `oscvae dataset build`") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path / INDEX} cannot be read: {error}; build the set again") from error
    if not isinstance(index, dict) or index.get("format") != FORMAT or index.get("kind") != KIND:
        raise DataError(
            f"{path} holds no data set of single frames: build one with `oscvae dataset build --kind frames`"
        )
    missing = {"fingerprint", "name", "licence", "origins", "recipe", "recordings", "silence_db"} - set(index)
    if missing:
        raise DataError(f"{path / INDEX} lacks {', '.join(sorted(missing))}: build the set again")
    return index


def write_frames_index(path: Path, index: dict[str, Any]) -> str:
    """Writes index.json beside what it tells of; returns the fingerprint that it adds."""
    fingerprint = frames_fingerprint(path, index)
    rest = {key: value for key, value in index.items() if key != "recordings"}
    head = json.dumps({"fingerprint": fingerprint, **rest}, indent=1, ensure_ascii=False)
    rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in index["recordings"])
    unfinished = path / f"{INDEX}.tmp"
    unfinished.write_text(f'{head[:-2]},\n "recordings": [\n{rows}\n ]\n}}\n', encoding="utf-8")
    unfinished.replace(path / INDEX)
    return fingerprint


def frames_fingerprint(path: Path, index: dict[str, Any]) -> str:
    """SHA-256 over the index, its fingerprint left out, the spectra and the levels."""
    told = {key: value for key, value in index.items() if key != "fingerprint"}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode())
    digest.update(digest_of(path / LEVELS).encode())
    return digest_of(path / SPECTRA, digest)
