"""An autoencoder of single frames: dense layers, the same for every frame, and no memory between them.

Sources: D. P. Kingma and M. Welling, Auto-Encoding Variational Bayes, ICLR 2014; K. Tatar, D. Bisig and P. Pasquier,
Latent Timbre Synthesis, Neural Computing and Applications, 2021 (frames one at a time, and what for).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from oscvae.model.analysis import Spectrum
from oscvae.training.model.additive import CODE_LOG_VARIANCES, turn_inputs, turn_outputs
from oscvae.training.timbre.config import TimbreConfig


class FramesModel(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """forward decodes, encode encodes, both in the shapes of `oscvae.model.frames.FramesDocument`.

    What is decoded has a level of 0 dB exactly, whatever the network says: its level is the trajectory's alone.
    """

    def __init__(self, config: TimbreConfig, spectrum: Spectrum) -> None:
        super().__init__()
        bands = spectrum.bands.n
        self.encoder = _layers((bands, *config.hidden), config.dropout)
        self.codes = nn.Linear(config.hidden[-1], 2 * config.latent)
        self.decoder = _layers((config.latent, *config.hidden[::-1]), config.dropout)
        self.bands = nn.Linear(config.hidden[0], bands)
        self.log_variances = CODE_LOG_VARIANCES
        self.per_x = 0.1 * math.log(10.0) * 0.5 * spectrum.range_db
        """From x to the logarithm of power."""
        self.level_x = -spectrum.floor_db * 2.0 / spectrum.range_db - 1.0
        """x of 0 dB."""
        width = torch.from_numpy(spectrum.band_axis().width()).float()
        self.register_buffer("log_width", torch.log(width), persistent=False)

    def forward(self, z: Tensor) -> Tensor:
        """z (B, D, T) -> log magnitudes (B, bands, T) in [-1, 1]."""
        return self.describe(z.transpose(1, 2)).transpose(1, 2).clamp(-1.0, 1.0)

    @torch.jit.export
    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Log magnitudes (B, bands, T) -> mean (B, D, T), log variance (B, D, T)."""
        mean, log_variance = self.guess(x.transpose(1, 2))
        return mean.transpose(1, 2), log_variance.transpose(1, 2)

    def describe(self, z: Tensor) -> Tensor:
        """z (.., D) -> log magnitudes (.., bands), which training also judges where they are below the floor."""
        x = self.bands(self.decoder(z))
        power = torch.logsumexp(self.per_x * (x - self.level_x) + self.log_width, -1, keepdim=True)
        return x - power / self.per_x

    def guess(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Log magnitudes (.., bands) -> mean (.., D), log variance (.., D)."""
        mean, log_variance = self.codes(self.encoder(x)).chunk(2, -1)
        low, high = self.log_variances
        return mean, log_variance.clamp(low, high)

    @torch.jit.unused
    def turn(self, order: list[int], signs: Tensor) -> None:
        """Makes dimension order[i] of z, times signs[i], dimension i."""
        turn_inputs(self.decoder[0], order, signs)
        turn_outputs(self.codes, order, signs)


def make_frames_model(config: TimbreConfig, spectrum: Spectrum) -> FramesModel:
    """A fresh model; its weights follow from the configuration's seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return FramesModel(config, spectrum)


def _layers(widths: Sequence[int], dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inner, outer in itertools.pairwise(widths):
        layers += [nn.Linear(inner, outer), nn.SiLU()]
        if dropout:
            layers.append(nn.Dropout(dropout))
    return nn.Sequential(*layers)
