"""The configuration of a training run of single frames: `configs/timbre.yaml` is complete."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from oscvae.errors import ConfigError
from oscvae.settings.reader import Document, Section
from oscvae.settings.yamltree import read_tree
from oscvae.training.config import (
    Counts,
    FitConfig,
    LossConfig,
    OptimiserConfig,
    RegulariserConfig,
    Share,
    Weight,
)
from oscvae.training.timbre.recipe import KIND

Dropout = Annotated[float, Field(ge=0.0, lt=1.0)]


class FrameLoss(Section):
    """Weights of the parts of the reconstruction loss.

    square: of the squared error of x. convergence: of the spectral convergence of each frame.
    """

    square: Weight = 1.0
    convergence: Weight = 0.05

    def of_notes(self) -> LossConfig:
        """The same for `oscvae.training.fit.losses`."""
        return LossConfig(square=self.square, convergence=self.convergence)


class FrameWatch(Section):
    """What is looked at while training, and when."""

    every_steps: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    log_steps: Annotated[int, Field(ge=1, le=1_000_000)] = 50
    keep: Literal["best", "last"] = "last"
    active_variance: Annotated[float, Field(gt=0, le=1)] = 0.01


class TimbreConfig(Section):
    """Everything that a run depends on, besides its data.

    latent: D. hidden: the widths of the encoder's layers; the decoder has the same in reverse. balance: 0 draws
    every frame as often, 1 every recording.
    """

    example = "latent=64"

    kind: Literal["frames"]
    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.-]+$")]
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    latent: Annotated[int, Field(ge=1, le=64)] = 16
    hidden: Counts = (1024, 1024)
    dropout: Dropout = 0.0
    balance: Share = 0.0
    regulariser: RegulariserConfig = RegulariserConfig()
    loss: FrameLoss = FrameLoss()
    optimiser: OptimiserConfig = OptimiserConfig()
    fit: FitConfig
    watch: FrameWatch = FrameWatch()
    trainer: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.regulariser.kind not in ("kl", "none"):
            raise ValueError(f"regulariser.kind {self.regulariser.kind}: single frames are trained with kl, or none")
        return self


def is_timbre(path: Path) -> bool:
    """Whether a configuration is one of single frames; whoever reads it says what else is wrong with it."""
    try:
        tree = read_tree(path)[0]
    except ConfigError:
        return False
    return isinstance(tree, dict) and tree.get("kind") == KIND


def load_timbre_config(path: Path, overrides: Sequence[str] = ()) -> TimbreConfig:
    """The configuration in `path` under the overrides, "key=value" each.

    Raises ConfigError that lists all that is wrong.
    """
    document = Document.read(TimbreConfig, path)
    for setting in overrides:
        given = document.set(setting)
        if given in (("fit", "steps"), ("fit", "epochs")):
            document.drop(("fit", "epochs" if given[1] == "steps" else "steps"))
    return document.check()
