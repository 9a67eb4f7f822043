"""The ways to train that are compared: one network, and what pulls its codes towards the prior."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from oscvae.training.config import TrainConfig, find_config, load_config
from oscvae.training.data.dataset import NoteSet
from oscvae.training.fit.run import RECORD, check_resumed, load_run
from oscvae.training.model.network import NoteModel
from oscvae.training.studies.digits.mnist import SIDE

LATENTS = (2, 8)
BATCH = 64
DONE = "done"
"""An empty file in the folder of a run that is over."""
TOO_MUCH = 10.0
"""A beta that silences dimensions of these pictures."""
ALPHA = 5e-4
"""Of Latent Timbre Synthesis, beside means over pixels and dimensions."""


@dataclass(frozen=True)
class Size:
    """How much is trained, and on how much."""

    seeds: dict[int, int]
    """By number of dimensions."""
    steps: int
    look_steps: int
    train: int
    test: int

    @classmethod
    def of(cls, small: bool) -> Size:
        return cls({2: 1, 8: 1}, 4, 4, 400, 150) if small else cls({2: 3, 8: 3}, 500, 250, 30_000, 10_000)


@dataclass(frozen=True)
class Way:
    """One regulariser. beta: of 0.5 x summed squares + beta x divergence; weight: of the mean square error and it."""

    name: str
    kind: str
    beta: float = 0.0
    alpha: float = 0.0
    weight: float = 0.0
    schedule: str = "constant"

    def weighs(self, latent: int) -> float:
        """The regulariser's weight beside a mean square error."""
        if self.alpha > 0.0:
            # mean over D dimensions of s^2 + m^2 - 1 - log s^2, which is twice the divergence
            return 2.0 * self.alpha / latent
        return 2.0 * self.beta / SIDE**2 if self.beta > 0.0 else self.weight


AE, VAE, WAE = "autoencoder", "VAE, beta 1", "WAE, RBF"
DEAR, CYCLES = f"VAE, beta {TOO_MUCH:g}", f"VAE, beta {TOO_MUCH:g}, cyclical"
WAYS = (
    Way(AE, "none"),
    Way(VAE, "kl", beta=1.0),
    Way(DEAR, "kl", beta=TOO_MUCH),
    Way(CYCLES, "kl", beta=TOO_MUCH, schedule="cyclical"),
    Way(f"VAE, alpha {ALPHA:g}", "kl", alpha=ALPHA),
    Way(WAE, "mmd-rbf", weight=1.0),
    Way("WAE, IMQ", "mmd-imq", weight=1.0),
)


def trained(way: Way, latent: int, seed: int, digits: NoteSet, data: Path, place: Path, size: Size) -> NoteModel:
    """One training, in a run folder of its own: stopped, it goes on; done, it is read.

    Raises ConfigError and DataError for a folder that was begun otherwise.
    """
    from oscvae.training.fit.train import train

    config = configured(way, latent, seed, size)
    if (place / DONE).is_file():
        check_resumed(place, config, digits)
    else:
        train(config, digits, data, place, (place / RECORD).is_file(), Console(file=io.StringIO()))
        (place / DONE).touch()
    model: NoteModel = load_run(place).model
    return model


def configured(way: Way, latent: int, seed: int, size: Size) -> TrainConfig:
    """The published network, made small enough for pictures of 28 x 28."""
    output = "stochastic" if way.kind == "kl" else "deterministic"
    return load_config(
        find_config("published"),
        [
            "name=digits",
            f"seed={seed}",
            f"latent={latent}",
            *(f"encoder.output={output}", "encoder.channels=[8, 16]", "encoder.kernel=3", "encoder.hidden=[128]"),
            *("decoder.hidden=[128]", "decoder.channels=[16, 8, 4]", "decoder.kernels=[3, 3, 3]"),
            *("loss.convergence=0", "loss.looped=1", "loss.late=1"),
            f"regulariser.kind={way.kind}",
            f"regulariser.weight={way.weighs(latent):.6g}",
            *("regulariser.width=null", "regulariser.variance=0"),
            f"regulariser.schedule={way.schedule}",
            *("optimiser.rate=2e-3", "optimiser.schedule=cosine", "optimiser.warm_up_steps=60"),
            f"fit.steps={size.steps}",
            *(f"fit.batch={BATCH}", "fit.threads=1"),
            f"watch.every_steps={size.look_steps}",
            *("watch.hear_every=0", "watch.keep=last"),
        ],
    )
