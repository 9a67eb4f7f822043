"""Which studies there are: `oscvae study --list`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from oscvae.errors import ConfigError

if TYPE_CHECKING:  # which import torch, and the list is shown without
    from oscvae.training.studies.outcome import Outcome
    from oscvae.training.studies.setting import Setting

    Run = Callable[[Setting], Outcome]


@dataclass(frozen=True)
class Study:
    """One experiment. module: of this folder; its `run` makes the outcome."""

    name: str
    asks: str
    """The question, for the list."""
    source: str
    """The document, and where in it."""
    minutes: float
    """Of the full run, on two cores."""
    module: str

    def run(self, setting: Setting) -> Outcome:
        """The experiment itself. Raises OscvaeError for data that it cannot use."""
        run: Run = import_module(f"oscvae.training.studies.{self.module}").run
        return run(setting)


SOUNDS = (
    "A. Caillon, J.-B. Dakeyo, M. Fouilleul, T. Geoffroy: Latent space organisation of sounds, IRCAM ATIAM 2018/2019"
)

STUDIES = (
    Study(
        name="divergence",
        asks="How far from the prior do Kullback-Leibler and maximum mean discrepancy say that codes are?",
        source=f"{SOUNDS}, 1.2 and appendix A",
        minutes=8,
        module="divergence",
    ),
    Study(
        name="annealing",
        asks="Does a divergence that falls mean that codes say nothing, and which schedule keeps them talking?",
        source="Variational Autoencoders for music, its last section",
        minutes=20,
        module="annealing",
    ),
    Study(
        name="timbre",
        asks="What becomes of recordings frame by frame in a latent space, and what lies between two of them?",
        source="K. Tatar: Organized Sound Spaces with Machine Learning, 2.2, and his Latent Timbre Synthesis",
        minutes=25,
        module="timbre.study",
    ),
    Study(
        name="digits",
        asks="Why does an autoencoder make no new digits, what makes one that does, and what does that cost?",
        source=f"{SOUNDS}, 1.3; K. Tatar: Organized Sound Spaces with Machine Learning, 2.2",
        minutes=20,
        module="digits.study",
    ),
    Study(
        name="waveform",
        asks="Can a network be given 30 seconds as one point, and do its Frechet distances say what came of it?",
        source="P. R. Yellareddygari and V. Nguyen: a music VAE with FID",
        minutes=45,
        module="waveform.study",
    ),
    Study(
        name="embedding",
        asks="Does a classifier of spectrogram pictures judge generated notes better than plain statistics do?",
        source="a residual network fine-tuned on pictures of UrbanSound8K, whose last layer is an embedding",
        minutes=15,
        module="embedding.study",
    ),
    Study(
        name="ukulelatent",
        asks="How must a network be told the note that it is to play, and what do its few dimensions say?",
        source=f"{SOUNDS}, 2.2",
        minutes=15,
        module="ukulelatent.study",
    ),
)


def find_study(name: str) -> Study:
    """Raises ConfigError where there is none of that name."""
    for study in STUDIES:
        if study.name == name:
            return study
    names = ", ".join(study.name for study in STUDIES)
    raise ConfigError(f"there is no study {name!r}: there are {names}")
