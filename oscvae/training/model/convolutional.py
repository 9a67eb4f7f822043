"""The published encoder and decoder: strided convolutions in, upsampling and convolutions out.

A transposed convolution covers its outputs unevenly, which shows as a checkerboard; repeating each value and then
convolving does not. Kept for comparison: it blurs the partials that the additive decoder draws.

Sources: A. Caillon, J.-B. Dakeyo, M. Fouilleul and T. Geoffroy, Latent space organisation of sounds with variational
autoencoders, IRCAM ATIAM 2018/2019 (layers and sizes); A. Odena, V. Dumoulin and C. Olah, Deconvolution and
Checkerboard Artifacts, Distill, 2016.
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

from oscvae.model.analysis import N_OCTAVES, N_SEMITONES, NoteAnalysis
from oscvae.training.config import ConvolutionalDecoder as DecoderConfig
from oscvae.training.config import ConvolutionalEncoder as EncoderConfig
from oscvae.training.model.additive import CODE_LOG_VARIANCES, LOG_VARIANCES, turn_inputs, turn_outputs


def _grid(analysis: NoteAnalysis, halvings: int) -> list[tuple[int, int]]:
    """Bands and frames after each halving, rounded up, the whole spectrum first."""
    sizes = [(analysis.bands.n, analysis.frames)]
    for _ in range(halvings):
        bands, frames = sizes[-1]
        sizes.append((math.ceil(bands / 2), math.ceil(frames / 2)))
    return sizes


class ConvolutionalEncoder(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """(log magnitudes (B, bands, frames), octave, semitone) -> (mean (B, D), log variance (B, D)).

    It is not told the note: only the decoder is, so that pitch has no need of z.
    """

    def __init__(self, config: EncoderConfig, latent: int, analysis: NoteAnalysis) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inner, outer in itertools.pairwise((1, *config.channels)):
            layers.append(nn.Conv2d(inner, outer, config.kernel, stride=2, padding=config.kernel // 2))
            layers += [nn.BatchNorm2d(outer), nn.LeakyReLU()]
        bands, frames = _strided(analysis, config)
        layers.append(nn.Flatten())
        for inner, outer in itertools.pairwise((config.channels[-1] * bands * frames, *config.hidden)):
            layers += [nn.Linear(inner, outer), nn.BatchNorm1d(outer), nn.LeakyReLU()]
        self.body = nn.Sequential(*layers)
        self.mean = nn.Linear(config.hidden[-1], latent)
        self.deterministic = config.output == "deterministic"
        self.log_variance = nn.Identity() if self.deterministic else nn.Linear(config.hidden[-1], latent)
        self.log_variances = CODE_LOG_VARIANCES

    @torch.jit.unused
    def turn(self, order: list[int], signs: Tensor) -> None:
        """Makes dimension order[i] of z, times signs[i], dimension i."""
        turn_outputs(self.mean, order, signs)
        if not self.deterministic:
            turn_outputs(self.log_variance, order, torch.ones_like(signs))

    def forward(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        body = self.body(x[:, None])
        mean, (low, high) = self.mean(body), self.log_variances
        if self.deterministic:
            return mean, torch.full_like(mean, low)
        return mean, self.log_variance(body).clamp(low, high)


class ConvolutionalDecoder(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """(z (B, D), octave (B, 7), semitone (B, 12)) -> log magnitudes (B, bands, frames) in (-1, 1)."""

    def __init__(self, config: DecoderConfig, latent: int, analysis: NoteAnalysis) -> None:
        super().__init__()
        self.stochastic = config.output == "stochastic"
        self.knots: tuple[float, ...] = ()
        """It decodes all frames."""
        self.sizes = [list(size) for size in _grid(analysis, len(config.channels) - 1)[::-1]]
        self.first = [config.channels[0], *self.sizes[0]]
        layers: list[nn.Module] = []
        flat = math.prod(self.first)
        for inner, outer in itertools.pairwise((latent + N_OCTAVES + N_SEMITONES, *config.hidden, flat)):
            layers += [nn.Linear(inner, outer), nn.LeakyReLU()]
        self.dense = nn.Sequential(*layers)
        steps = zip(itertools.pairwise(config.channels), config.kernels[:-1], self.sizes[1:], strict=True)
        self.body = nn.Sequential(*(_grow(inner, outer, kernel, size) for (inner, outer), kernel, size in steps))
        kernel = config.kernels[-1]
        self.last = nn.Conv2d(config.channels[-1], 2 if self.stochastic else 1, kernel, padding=kernel // 2)
        self.log_variances = LOG_VARIANCES

    @torch.jit.unused
    def turn(self, order: list[int], signs: Tensor) -> None:
        """As of the encoder."""
        turn_inputs(self.dense[0], order, signs)

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return self.describe(z, octave, semitone)[0]

    def describe(self, z: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        """As forward, and the log variances (B, bands, frames); a deterministic decoder has none, (B, 0, frames)."""
        dense = self.dense(torch.cat([z, octave, semitone], 1))
        both = self.last(self.body(dense.view(-1, self.first[0], self.first[1], self.first[2])))
        low, high = self.log_variances
        log_variance = both[:, 1] if self.stochastic else both[:, 0, :0]
        return torch.tanh(both[:, 0]), log_variance.clamp(low, high)


def _grow(inner: int, outer: int, kernel: int, size: list[int]) -> nn.Module:
    return nn.Sequential(
        nn.Upsample(size=(size[0], size[1]), mode="nearest"),
        nn.Conv2d(inner, outer, kernel, padding=kernel // 2),
        nn.LeakyReLU(),
    )


def _strided(analysis: NoteAnalysis, config: EncoderConfig) -> tuple[int, int]:
    """What a convolution of stride 2 with padding kernel // 2 leaves of bands and frames, layer by layer."""
    bands, frames = analysis.bands.n, analysis.frames
    rest = 2 * (config.kernel // 2) - config.kernel
    for _ in config.channels:
        bands, frames = (bands + rest) // 2 + 1, (frames + rest) // 2 + 1
    return bands, frames
