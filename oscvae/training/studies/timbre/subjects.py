"""The two kinds of model that are compared, asked the same: frames to codes, codes to frames, frames to sound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.model.frames import Apart
from oscvae.sound.files import resample
from oscvae.sound.stft import magnitudes
from oscvae.training.studies.timbre import constantq, network
from oscvae.training.studies.timbre.constantq import HOP, RATE, ConstantQ
from oscvae.training.timbre.export import decode_rows
from oscvae.training.timbre.frameset import TRAIN, FrameSet
from oscvae.training.timbre.measure import Judge
from oscvae.training.timbre.network import FramesModel

HEARD_AT = 48000
"""Hz, of every sound that is judged."""


@dataclass(frozen=True)
class Excerpt:
    """The beginning of a recording in one model's frames."""

    x: Float32s
    """[T, bins]."""
    level_db: Float32s | None = None
    """[T], where levels are apart from x."""


class Subject(Protocol):
    """A model, with the frames that it knows."""

    def excerpt(self, name: str, seconds: float) -> Excerpt: ...

    def encode(self, x: Float32s) -> tuple[Float32s, Float32s]: ...

    def decode(self, z: Float32s) -> Float32s: ...

    def shape_db(self, x: Float32s) -> Float32s: ...

    def heard(self, one: Excerpt) -> NDArray[np.bool_]: ...

    def linear(self, one: Excerpt) -> Float32s: ...

    def mixed(self, one: Excerpt, other: Excerpt, mix: float, x: Float32s) -> Excerpt: ...

    def sounds(self, parts: Sequence[Excerpt]) -> list[Float32s]: ...

    def again(self, one: Excerpt) -> Float32s: ...

    def training_codes(self) -> tuple[Float32s, Float32s]: ...


class Theirs:
    """The published network on constant-Q frames, whose levels are in their codes."""

    def __init__(self, model: network.Published, data: ConstantQ, iterations: int, seed: int) -> None:
        self._model, self._data, self._iterations, self._seed = model, data, iterations, seed

    def excerpt(self, name: str, seconds: float) -> Excerpt:
        one = self._data.named(name)
        return Excerpt(self._data.x[one.begin : min(one.end, one.begin + 1 + int(seconds * RATE / HOP))])

    def encode(self, x: Float32s) -> tuple[Float32s, Float32s]:
        return network.encode(self._model, x)

    def decode(self, z: Float32s) -> Float32s:
        return network.decode(self._model, z)

    def shape_db(self, x: Float32s) -> Float32s:
        return constantq.shape_db(x)

    def heard(self, one: Excerpt) -> NDArray[np.bool_]:
        return constantq.heard(one.x)

    def linear(self, one: Excerpt) -> Float32s:
        return one.x

    def mixed(self, one: Excerpt, other: Excerpt, mix: float, x: Float32s) -> Excerpt:
        del one, other, mix
        return Excerpt(x)

    def sounds(self, parts: Sequence[Excerpt]) -> list[Float32s]:
        """All at once."""
        found = constantq.sounds([one.x for one in parts], self._iterations, self._seed)
        return [resample(sound, RATE, HEARD_AT) for sound in found]

    def again(self, one: Excerpt) -> Float32s:
        (sound,) = constantq.sounds([one.x], self._iterations, self._seed)
        return constantq.analyse(sound)

    def training_codes(self) -> tuple[Float32s, Float32s]:
        return self.encode(self._data.x[_some(self._data.rows_of(TRAIN))])


class Ours:
    """The package's model of single frames, whose levels are the recording's."""

    def __init__(self, model: FramesModel, frames: FrameSet) -> None:
        self._model, self._frames = model, frames
        self._judge = Judge(frames)
        spectrum = frames.spectrum
        self._full_scale = spectrum.n_fft / 4
        self._apart = Apart(spectrum, self._full_scale)
        self._gather = np.ascontiguousarray(spectrum.band_axis().matrix().T)
        self._floor_db, self._half_db = spectrum.floor_db, 0.5 * spectrum.range_db

    def excerpt(self, name: str, seconds: float) -> Excerpt:
        one = next(one for one in self._frames.recordings if one.name == name and one.copy == 0)
        spectrum = self._frames.spectrum
        most = math.ceil((seconds * spectrum.sample_rate + spectrum.n_fft) / spectrum.hop)
        rows = slice(one.begin, min(one.end, one.begin + most))
        return Excerpt(np.array(self._frames.x[rows]), self._frames.level_db[rows])

    def encode(self, x: Float32s) -> tuple[Float32s, Float32s]:
        with torch.inference_mode():
            mean, log_variance = self._model.guess(torch.from_numpy(x))
        return mean.numpy(), log_variance.numpy()

    def decode(self, z: Float32s) -> Float32s:
        return decode_rows(self._model, z)

    def shape_db(self, x: Float32s) -> Float32s:
        return np.asarray(self._floor_db + self._half_db * (x + 1.0), np.float32)

    def heard(self, one: Excerpt) -> NDArray[np.bool_]:
        level_db = _level(one)
        found: NDArray[np.bool_] = level_db > level_db.max() + self._frames.silence_db
        return found

    def linear(self, one: Excerpt) -> Float32s:
        return self._judge.bands(one.x, _level(one))

    def mixed(self, one: Excerpt, other: Excerpt, mix: float, x: Float32s) -> Excerpt:
        return Excerpt(x, (1.0 - mix) * _level(one) + np.float32(mix) * _level(other))

    def sounds(self, parts: Sequence[Excerpt]) -> list[Float32s]:
        lead = self._frames.spectrum.n_fft - self._frames.spectrum.hop  # of silence, before the first sample
        return [self._full_scale * self._judge.sound(one.x, _level(one))[lead:] for one in parts]

    def again(self, one: Excerpt) -> Float32s:
        spectrum = self._frames.spectrum
        sound = self._full_scale * self._judge.sound(one.x, _level(one))
        return self._apart.tell(magnitudes(sound, spectrum.n_fft, spectrum.hop) @ self._gather)[0]

    def training_codes(self) -> tuple[Float32s, Float32s]:
        return self.encode(np.array(self._frames.x[_some(self._frames.rows_of(TRAIN))]))


def _level(one: Excerpt) -> Float32s:
    assert one.level_db is not None
    return one.level_db


def _some(rows: NDArray[np.int64], most: int = 5000) -> NDArray[np.int64]:
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int)]
