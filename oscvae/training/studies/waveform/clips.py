"""Clips of 30 seconds, as many as are asked for, split by what they are of.

The source takes the classical genre of GTZAN (G. Tzanetakis and P. Cook, Musical Genre Classification of Audio Signals,
IEEE Transactions on Speech and Audio Processing 10(5), 2002), 100 clips of 30 s, which no package brings. Instead
scores are rendered (`rendering`): those that music21 carries (M. S. Cuthbert and C. Ariza, ISMIR 2010), by FluidR3. Any
folder of sound files that are long enough can stand in their place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Int64s
from oscvae.errors import DataError, SoundFileError
from oscvae.names import shown
from oscvae.sound.files import read_sound, resample
from oscvae.training.data.folder.recordings import sound_suffixes
from oscvae.training.evaluate.summary import Track, quietly

DATA = Path("data/waveform")
RATE, SLOW_RATE = 8000, 3000
"""At which clips are kept, and the published one, Hz."""
SECONDS = 30
SAMPLES = SECONDS * SLOW_RATE
MARK, SUFFIX = "--", ".flac"
"""MARK: between the name of a score and the number of its clip."""
TEST_SHARE = 0.2
FEWEST = 20
_SHORT_S = 0.1
"""By so much a clip may be short: those of GTZAN are 29.9 s and more."""


@dataclass(frozen=True, eq=False)
class Clips:
    """N clips."""

    names: tuple[str, ...]
    source: Int64s
    """[N], which score each is of."""
    test: NDArray[np.bool_]
    """[N]: no clip of these scores is trained on."""
    sound: Float32s
    """[N, 240,000], at `RATE`."""
    x: Float32s
    """[N, 90,000], at `SLOW_RATE`, as they are: between -1 and 1."""

    def __len__(self) -> int:
        return len(self.names)

    @property
    def fingerprint(self) -> str:
        split = self.test.tobytes() + self.source.tobytes()
        return hashlib.sha256(np.ascontiguousarray(self.sound).tobytes() + split).hexdigest()

    def first(self, count: int) -> Clips:
        """The first so many training clips, and all test clips."""
        rows = np.concatenate([np.flatnonzero(~self.test)[:count], np.flatnonzero(self.test)])
        names = tuple(self.names[row] for row in rows)
        return Clips(names, self.source[rows], self.test[rows], self.sound[rows], self.x[rows])


def open_clips(folder: Path, count: int, seed: int, track: Track = quietly) -> Clips:
    """At most so many clips of the sound files in a folder, drawn score by score, a fifth of them to test.

    Raises DataError for a folder that holds too few that are long enough.
    """
    if not folder.is_dir():
        raise DataError(
            f"{shown(folder)} is no folder: `make study-waveform` renders scores into {DATA}, or --data with a folder "
            f"of sound files of {SECONDS} s"
        )
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in sound_suffixes() and path.is_file())
    rng = np.random.default_rng(seed)
    sources: dict[str, list[Path]] = {}
    for path in files:
        sources.setdefault(source_of(path), []).append(path)
    order = [list(sources)[at] for at in rng.permutation(len(sources))]
    drawn = _fill(order, sources, min(count, len(files)))
    tested = _fill(drawn, sources, round(TEST_SHARE * sum(len(sources[name]) for name in drawn)))
    names, which, test, sounds = [], [], [], []
    paths = [(name, path) for name in drawn for path in sources[name]]
    for name, path in track(paths, "clips"):
        sound = _read(path)
        if sound is not None:
            names.append(path.stem)
            which.append(drawn.index(name))
            test.append(name in tested)
            sounds.append(sound)
    if len(names) < FEWEST or sum(test) < 2:
        raise DataError(
            f"{shown(folder)} holds {len(names)} sound files of {SECONDS} s and more: there must be {FEWEST} at least"
        )
    slow = np.stack([resample(sound, RATE, SLOW_RATE)[:SAMPLES] for sound in sounds])
    return Clips(tuple(names), np.array(which, np.int64), np.array(test), np.stack(sounds), slow)


def source_of(path: Path) -> str:
    """The score that a clip is of; a file that says none is one of its own."""
    return path.stem.partition(MARK)[0]


def _fill(order: Sequence[str], sources: dict[str, list[Path]], count: int) -> list[str]:
    """Sources in this order whose clips are so many together; one that has too many is passed over."""
    chosen, have = [], 0
    for name in order:
        if have + len(sources[name]) <= count:
            chosen.append(name)
            have += len(sources[name])
    return chosen


def _read(path: Path) -> Float32s | None:
    """The first 30 s of a file at `RATE`; None of one that is silent, damaged or too short."""
    try:
        sound = read_sound(path, RATE, allow_clipped=True)
    except SoundFileError:
        return None
    size = SECONDS * RATE
    if sound.size < size - round(_SHORT_S * RATE):
        return None
    return np.pad(sound[:size], (0, max(0, size - sound.size)))
