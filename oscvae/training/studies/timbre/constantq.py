"""Constant-Q frames of recordings, and sounds of such frames, by librosa.

Sources: J. C. Brown, Calculation of a constant Q spectral transform, JASA 89, 1991; C. Schoerkhuber and A. Klapuri,
Constant-Q transform toolbox for music processing, SMC 2010; N. Perraudin, P. Balazs and P. Soendergaard, A fast
Griffin-Lim algorithm, WASPAA 2013 (the phases); B. McFee et al., librosa, SciPy 2015 (ISC licence).
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from oscvae.arrays import Float32s, Int64s
from oscvae.errors import ConfigError
from oscvae.sound.files import read_sound
from oscvae.training.evaluate.summary import Track
from oscvae.training.timbre.frameset import TRAIN, UNSEEN, FrameSet, Recording

RATE, HOP, PER_OCTAVE, OCTAVES = 44100, 128, 48, 8
BINS = PER_OCTAVE * OCTAVES
LOWEST_HZ = 32.7032
"""C1, where librosa's transform begins; the source leaves it there."""
HIGHEST_HZ = LOWEST_HZ * 2.0**OCTAVES
FLOOR_DB, SILENCE_DB = -80.0, -60.0
"""Below a frame's own level, and of a frame below the loudest of its recording, as this package's frames have them."""
_GAP_S = 0.3
_X, _INDEX = "x.npy", "index.json"


@dataclass(frozen=True, eq=False)
class ConstantQ:
    """N frames of R recordings."""

    x: Float32s
    """[N, 384], linear magnitudes as librosa scales them."""
    recordings: tuple[Recording, ...]
    """Those of a `FrameSet`, by their rows here."""
    fingerprint: str

    def of_split(self, split: int) -> list[Recording]:
        return [one for one in self.recordings if one.split == split]

    def rows_of(self, split: int) -> Int64s:
        """All frames of a split, silent ones too."""
        return np.concatenate([np.arange(one.begin, one.end) for one in self.of_split(split)])

    def named(self, name: str) -> Recording:
        return next(one for one in self.recordings if one.name == name)


def constant_q(frames: FrameSet, paths: dict[str, Path], folder: Path, most: int, track: Track) -> ConstantQ:
    """The frames of at most so many recordings of a data set, evenly from all that are trained on,
    a quarter of them never heard.

    paths: the files, by name. They are kept in the folder. Raises ConfigError where librosa is missing.
    """
    chosen = [
        known[at]
        for known, count in ((frames.of_split(TRAIN), most - most // 4), (frames.of_split(UNSEEN), most // 4))
        for at in np.linspace(0, len(known) - 1, min(count, len(known))).round().astype(int)
    ]
    wanted = {"fingerprint": frames.fingerprint, "recordings": [one.name for one in chosen]}
    index = _read(folder / _INDEX)
    if {key: index.get(key) for key in wanted} != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _INDEX).unlink(missing_ok=True)
        parts = [
            analyse(read_sound(paths[one.name], RATE, allow_clipped=True)) for one in track(chosen, "constant-Q frames")
        ]
        np.save(folder / _X, np.concatenate(parts))
        index = wanted | {"lengths": [len(part) for part in parts]}
        (folder / _INDEX).write_text(json.dumps(index), encoding="utf-8")
    ends = np.cumsum(index["lengths"]).tolist()
    recordings = tuple(
        replace(one, begin=end - length, end=end)
        for one, end, length in zip(chosen, ends, index["lengths"], strict=True)
    )
    return ConstantQ(np.load(folder / _X), recordings, f"{frames.fingerprint}-{len(chosen)}")


def _read(path: Path) -> dict[str, Any]:
    try:
        index: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return index


def analyse(sound: Float32s) -> Float32s:
    """A sound [samples] at 44.1 kHz as linear magnitudes [1 + samples // 128, 384]."""
    with _librosa() as librosa:
        found = librosa.cqt(sound, sr=RATE, hop_length=HOP, n_bins=BINS, bins_per_octave=PER_OCTAVE)
    return np.ascontiguousarray(np.abs(found).T, np.float32)


def sounds(parts: Sequence[Float32s], iterations: int, seed: int) -> list[Float32s]:
    """Magnitudes [T, 384] as sounds [(T - 1) 128] at 44.1 kHz, all at once: an iteration's cost is mostly its own.

    Between them is silence. iterations: of fast Griffin-Lim, from random phases.
    """
    gap = np.zeros((round(_GAP_S * RATE / HOP), BINS), np.float32)
    laid = [np.concatenate([np.maximum(part, 0.0), gap]) for part in parts]
    begin = np.cumsum([0, *(len(part) for part in laid)])
    whole = np.concatenate(laid)
    with _librosa() as librosa:
        found = librosa.griffinlim_cqt(
            np.ascontiguousarray(whole.T),
            n_iter=iterations,
            sr=RATE,
            hop_length=HOP,
            bins_per_octave=PER_OCTAVE,
            length=HOP * (len(whole) - 1),
            dtype=np.float32,
            random_state=seed,
        )
    return [
        np.asarray(found[HOP * at : HOP * (at + len(part) - 1)], np.float32)
        for at, part in zip(begin[:-1].tolist(), parts, strict=True)
    ]


def shape_db(x: Float32s) -> Float32s:
    """Linear magnitudes [T, bins] in dB below each frame's own level, no less than `FLOOR_DB`."""
    level = np.sqrt(np.square(x, dtype=np.float64).sum(axis=1, keepdims=True))
    ratio = x / np.maximum(level, 1e-12)
    return np.asarray(20.0 * np.log10(np.maximum(ratio, 10.0 ** (FLOOR_DB / 20.0))), np.float32)


def heard(x: Float32s) -> np.ndarray:
    """[T], which frames are no silence."""
    level = np.sqrt(np.square(x, dtype=np.float64).sum(axis=1))
    return np.asarray(level > level.max() * 10.0 ** (SILENCE_DB / 20.0))


@contextmanager
def _librosa() -> Iterator[Any]:
    """The library, which warns of every filter that is longer than a short sound."""
    try:
        import librosa
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"this study needs the package {error.name} for its constant-Q frames: pip install 'oscvae[study]'"
        ) from None
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "n_fft=", UserWarning)
        yield librosa
