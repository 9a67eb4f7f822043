"""The better way: frames instead of clips, magnitudes instead of samples, and time as a walk through the codes.

The package's own model of single frames (`training.timbre`) is trained on the short-time spectra of the clips. A clip
is then a trajectory of codes and levels. What all trajectories of the training clips share is told by a process that
returns to a mean, a vector autoregression of first order (G. E. P. Box and G. M. Jenkins, Time Series Analysis,
1970), with a mean and a spread of its own for each clip and with steps drawn from those that occurred. A new clip is a
new trajectory of it, decoded, with phases by the package's phase reconstruction.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from oscvae import reconstruct
from oscvae.arrays import Float32s, Float64s
from oscvae.model.frames import Apart
from oscvae.sound.files import resample
from oscvae.sound.stft import magnitudes
from oscvae.training.config import find_config
from oscvae.training.data.analysis import SpectrumPart
from oscvae.training.data.store import INDEX, SPECTRA
from oscvae.training.evaluate.sound import Renderer
from oscvae.training.fit.run import RECORD
from oscvae.training.studies.waveform.clips import RATE, SAMPLES, SECONDS, SLOW_RATE, Clips
from oscvae.training.studies.waveform.ways import Size
from oscvae.training.timbre.config import TimbreConfig, load_timbre_config
from oscvae.training.timbre.frameset import (
    LEVELS,
    TRAIN,
    UNSEEN,
    FrameSet,
    open_frames,
    read_frames_index,
    write_frames_index,
)
from oscvae.training.timbre.network import FramesModel
from oscvae.training.timbre.recipe import KIND
from oscvae.training.timbre.train import load_frames_run, train_frames

NAME = "waveform"
LATENT = 16
DONE = "done"
"""An empty file in the folder of a run that is over."""
ANALYSIS = SpectrumPart(sample_rate=RATE, n_fft=1024, hop=256, band_kind="hybrid", n_bands=256)
_SILENCE_DB = -60.0
_REFERENCE = ANALYSIS.n_fft / 4
_LEAST = 1e-6
_CALM = 0.98
"""The largest size that an eigenvalue of a step may have, so that no walk runs away."""


def frame_set(clips: Clips, folder: Path) -> FrameSet:
    """The clips frame by frame, as a data set in a folder; what is there is opened.

    Raises DataError for a folder that holds another one.
    """
    if not (folder / INDEX).is_file() or read_frames_index(folder)["identity"] != clips.fingerprint:
        folder.mkdir(parents=True, exist_ok=True)
        _write(clips, folder)
    return open_frames(folder)


def _write(clips: Clips, folder: Path) -> None:
    spectrum = ANALYSIS.complete()
    gather = spectrum.band_axis().matrix().T
    apart = Apart(spectrum, _REFERENCE)
    told = [apart.tell(magnitudes(one, spectrum.n_fft, spectrum.hop) @ gather) for one in clips.sound]
    np.save(folder / SPECTRA, np.concatenate([x for x, _ in told]))
    np.save(folder / LEVELS, np.concatenate([level_db for _, level_db in told]))
    rows, begin = [], 0
    for name, source, test, (x, _) in zip(clips.names, clips.source.tolist(), clips.test, told, strict=True):
        split = UNSEEN if test else TRAIN
        rows.append({"name": name, "source": str(source), "split": split, "begin": begin, "end": begin + len(x)})
        begin += len(x)
    index = {
        "format": 1,
        "kind": KIND,
        "name": NAME,
        "licence": "",
        "origins": [],
        "recipe": ANALYSIS.model_dump(),
        "silence_db": _SILENCE_DB,
        "identity": clips.fingerprint,
        "skipped": [],
        "recordings": [row | {"copy": 0} for row in rows],
    }
    write_frames_index(folder, index)


def configured(seed: int, size: Size) -> TimbreConfig:
    """The configuration of the model of frames that ships, on fewer steps."""
    return load_timbre_config(
        find_config("timbre"),
        [
            f"name={NAME}",
            f"seed={seed}",
            f"latent={LATENT}",
            f"hidden=[{size.hidden}, {size.hidden}]",
            f"fit.steps={size.frame_steps}",
            "fit.threads=1",
            f"watch.every_steps={max(1, size.frame_steps // 3)}",
        ],
    )


def trained_frames(frames: FrameSet, data: Path, place: Path, seed: int, size: Size) -> FramesModel:
    """One training, in a run folder of its own: stopped, it goes on; done, it is read.

    Raises ConfigError and DataError for a folder that was begun otherwise.
    """
    config = configured(seed, size)
    if not (place / DONE).is_file():
        train_frames(config, frames, data, place, (place / RECORD).is_file(), Console(file=io.StringIO()))
        (place / DONE).touch()
    return load_frames_run(place).model


@dataclass(frozen=True)
class Walk:
    """What the trajectories of clips have in common. A trajectory [T, K] is the codes of a clip's frames and their
    level in dB; in a clip's own deviations it is y(t + 1) = y(t) @ step + a draw of steps."""

    about: Float64s
    """[2 K], mean over clips of their means and of the logarithms of their deviations."""
    spread: Float64s
    """[2 K, 2 K], their covariance."""
    step: Float64s
    steps: Float64s
    """[M, K], what one frame brought that the frame before did not tell."""
    loudest_db: float

    @classmethod
    def of(cls, trajectories: list[Float64s]) -> Walk:
        """Of two clips and more."""
        means = np.array([one.mean(axis=0) for one in trajectories])
        deviations = np.maximum([one.std(axis=0) for one in trajectories], _LEAST)
        own = np.concatenate([means, np.log(deviations)], axis=1)
        alone = [(y - mean) / deviation for y, mean, deviation in zip(trajectories, means, deviations, strict=True)]
        before, after = (np.concatenate([y[part] for y in alone]) for part in (slice(None, -1), slice(1, None)))
        step = np.linalg.lstsq(before, after, rcond=None)[0]
        step *= min(1.0, _CALM / max(float(np.abs(np.linalg.eigvals(step)).max()), _LEAST))
        loudest = max(float(one[:, -1].max()) for one in trajectories)
        return cls(own.mean(axis=0), np.cov(own, rowvar=False), step, after - before @ step, loudest)

    def draw(self, length: int, rng: np.random.Generator) -> Float64s:
        """A trajectory [length, K]."""
        own = rng.multivariate_normal(self.about, self.spread, method="eigh")
        mean, deviation = own[: own.size // 2], np.exp(own[own.size // 2 :])
        steps = self.steps[rng.integers(len(self.steps), size=2 * length)]
        y = np.zeros_like(steps)
        for t in range(1, len(y)):
            y[t] = y[t - 1] @ self.step + steps[t]
        found: Float64s = mean + deviation * y[length:]  # by then it has forgotten where it began
        found[:, -1] = np.minimum(found[:, -1], self.loudest_db)
        return found


class Player:
    """Makes clips of trajectories, and trajectories of clips."""

    def __init__(self, model: FramesModel, frames: FrameSet) -> None:
        self._model, self._frames = model, frames
        self._renderer = Renderer(frames.spectrum)
        self._apart = Apart(frames.spectrum, _REFERENCE)

    def trajectories(self, split: int) -> list[Float64s]:
        """Of all clips of a split, [T, D + 1] each."""
        found = []
        for one in self._frames.of_split(split):
            with torch.inference_mode():
                mean, _ = self._model.guess(torch.from_numpy(np.array(self._frames.x[one.rows])))
            found.append(np.concatenate([mean.double().numpy(), self._frames.level_db[one.rows, None]], axis=1))
        return found

    def clip(self, trajectory: Float64s) -> Float32s:
        """A trajectory as sound [240,000] at `RATE`."""
        spectrum = self._frames.spectrum
        z = torch.from_numpy(trajectory[:, :-1].T[None].astype(np.float32))
        with torch.inference_mode():
            x = self._model(z)[0].numpy().T
        levelled = self._apart.add(x, trajectory[:, -1].astype(np.float32))
        bins = self._renderer.bins(np.ascontiguousarray(levelled.T), _REFERENCE)
        sound = reconstruct(np.ascontiguousarray(bins), spectrum.n_fft, spectrum.hop)
        return np.pad(sound, (0, max(0, SECONDS * RATE - sound.size)))[: SECONDS * RATE]


def slowed(sounds: list[Float32s]) -> Float32s:
    """Clips at `RATE` at the published rate, [N, 90,000]."""
    return np.stack([resample(one, RATE, SLOW_RATE)[:SAMPLES] for one in sounds])
