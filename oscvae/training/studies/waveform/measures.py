"""By what clips are judged: two Frechet distances, and the flatness of their spectrum.

One embedding is the source's: the means of its own encoder, of twenty dimensions. The other knows nothing of that
network: principal components of the statistics of log-mel spectra (`evaluate.realism`), fitted on the training clips.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import torch

from oscvae.arrays import Float32s, Float64s
from oscvae.model.bands import band_axis
from oscvae.sound.stft import magnitudes, to_log
from oscvae.training.evaluate.realism import Embedding, frechet, note_statistics
from oscvae.training.studies.waveform.clips import SLOW_RATE, Clips
from oscvae.training.studies.waveform.published import Network

N_FFT, HOP, MELS = 512, 128, 40
FLOOR_DB, CEILING_DB = -100.0, 0.0
LATER_S = 0.01
_HEARD_DB = -60.0
"""Frames so far below the loudest of a clip are silence, of which no flatness is told."""
_TINY = 1e-20
_QUIETEST = 1e-9
_AT_ONCE = 50


def log_mel(x: Float32s) -> Float32s:
    """Clips [N, samples] as log magnitudes [N, mel bands, frames] in [-1, 1]; a full-scale sine that fills its
    band is 1."""
    gather = band_axis("mel", MELS, None, N_FFT, SLOW_RATE).matrix().T
    return np.stack([to_log(magnitudes(one, N_FFT, HOP) @ gather, N_FFT / 4, FLOOR_DB, CEILING_DB).T for one in x])


def flatness(x: Float32s) -> Float64s:
    """Of each clip [N]: the geometric over the arithmetic mean of a frame's power over bins, mean over its frames that
    are heard. 1 is a flat spectrum; of white noise it is 0.56, since its bins scatter."""
    told = []
    for one in x:
        power = np.square(magnitudes(one, N_FFT, HOP)[:, 1:-1], dtype=np.float64)
        level = power.sum(axis=1)
        heard = np.maximum(power[level > level.max() * 10.0 ** (_HEARD_DB / 10.0)], _TINY)
        flat = np.exp(np.log(heard).mean(axis=1)) / heard.mean(axis=1)
        told.append(float(flat.mean()) if flat.size else 1.0)
    return np.array(told)


def encoded(network: Network, x: Float32s) -> tuple[Float64s, Float64s]:
    """(means, log variances) of clips, [N, D] each."""
    with torch.inference_mode():
        parts = [network.encode(torch.from_numpy(x[at : at + _AT_ONCE])) for at in range(0, len(x), _AT_ONCE)]
    mean, log_variance = (torch.cat(part).double().numpy() for part in zip(*parts, strict=True))
    return mean, log_variance


@dataclass(frozen=True)
class Away:
    """The Frechet distances of a set of clips from test and training clips, in both embeddings."""

    encoder_test: float
    encoder_train: float
    mel_test: float
    mel_train: float

    def nearer(self, other: Away) -> bool:
        """Whether all four are less."""
        return all(mine < theirs for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True))


COLUMNS = tuple(column.name for column in fields(Away))


@dataclass(frozen=True)
class Judged:
    """A set of clips, beside the data."""

    away: Away
    flat: float
    """Median of their flatness."""
    within: float
    """Share of them whose flatness is within the data's 5 to 95 %."""
    level_db: float
    """Root mean square, over that of the data."""
    variety: float
    """Variance of the clips' log-mel statistics from each other, over that of the training clips."""


class Ear:
    """Who knows the clips, and tells how far others are from them. network: the encoder of the first embedding, which
    stays the same whatever is judged."""

    def __init__(self, clips: Clips, network: Network) -> None:
        self.clips, self.network = clips, network
        train, test = clips.x[~clips.test], clips.x[clips.test]
        statistics = _statistics(train)
        self.embed = Embedding(statistics)
        self._code = {"train": encoded(network, train)[0], "test": encoded(network, test)[0]}
        self._mel = {"train": self.embed(statistics), "test": self.embed(_statistics(test))}
        flat = flatness(clips.x)
        self.flat = tuple(np.percentile(flat, (5.0, 50.0, 95.0)).tolist())
        """5, 50 and 95 % of the data's flatness."""
        self.level = float(np.sqrt(np.mean(clips.x**2)))

    def judge(self, x: Float32s) -> Judged:
        """Clips [N, samples]."""
        mel, flat = self.embed(_statistics(x)), flatness(x)
        low, _, high = self.flat
        level = float(np.sqrt(np.mean(x.astype(np.float64) ** 2)))
        return Judged(
            self._away(encoded(self.network, x)[0], mel),
            float(np.median(flat)),
            float(np.mean((flat >= low) & (flat <= high))),
            20.0 * math.log10(max(level, _QUIETEST) / self.level),
            float(mel.var(axis=0).sum() / self._mel["train"].var(axis=0).sum()),
        )

    def real(self, rng: np.random.Generator) -> Away:
        """Training clips from test clips, and one half of the training clips, drawn at random, from the other."""
        order = rng.permutation(len(self._mel["train"]))
        halves = order[: order.size // 2], order[order.size // 2 :]
        return Away(
            frechet(self._code["train"], self._code["test"]).distance,
            frechet(*(self._code["train"][half] for half in halves)).distance,
            frechet(self._mel["train"], self._mel["test"]).distance,
            frechet(*(self._mel["train"][half] for half in halves)).distance,
        )

    def same(self) -> dict[str, Judged]:
        """The test clips themselves, changed so that nobody hears it."""
        test = self.clips.x[self.clips.test]
        return {
            "upside down": self.judge(-test),
            f"{LATER_S:g} s later": self.judge(np.roll(test, round(LATER_S * SLOW_RATE), axis=1)),
        }

    def noise(self, rng: np.random.Generator) -> Float32s:
        """White noise, as many clips as there are to train on, each as loud as one of them."""
        train = self.clips.x[~self.clips.test]
        level = np.sqrt(np.mean(train**2, axis=1, keepdims=True))
        return (level * rng.standard_normal(train.shape, np.float32)).astype(np.float32)

    @property
    def rank(self) -> tuple[int, int]:
        """Of the covariance of the test clips' codes, and how many dimensions it has."""
        code = self._code["test"]
        return int(np.linalg.matrix_rank(np.cov(code, rowvar=False))), code.shape[1]

    def _away(self, code: Float64s, mel: Float64s) -> Away:
        return Away(
            frechet(code, self._code["test"]).distance,
            frechet(code, self._code["train"]).distance,
            frechet(mel, self._mel["test"]).distance,
            frechet(mel, self._mel["train"]).distance,
        )


def _statistics(x: Float32s) -> Float64s:
    return note_statistics(log_mel(x), 0.5 * (CEILING_DB - FLOOR_DB))
