"""A variational autoencoder of single notes whose decoder ends in an additive head.

A plain decoder blurs the lobes of the partials, and blurred lobes detune low notes. The pitch is known at decode time,
so the network only says how loud each partial and each noise band is at a few times; the head then draws the window's
main lobe at every partial's exact frequency. Pitch is right by construction.

Sources: D. P. Kingma and M. Welling, Auto-Encoding Variational Bayes, ICLR 2014 (the autoencoder);
X. Serra and J. O. Smith, Spectral Modeling Synthesis, CMJ 14(4), 1990 (partials and noise);
H. Fletcher, Normal Vibration Frequencies of a Stiff Piano String, JASA 36, 1964 (inharmonicity).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from oscvae.bands import BandAxis
from oscvae.modelfile import N_OCTAVES, N_SEMITONES
from oscvae.training.dataset import Recipe
from oscvae.units import A4_HZ, A4_NOTE

# Where the head starts: partials in the middle of the range, noise at the floor, a guitar string's inharmonicity.
_PARTIAL_START = -0.3
_NOISE_START = -0.9
_INHARMONICITY_START = 7e-5
_INHARMONICITY_OCTAVES = 3.0
# x = log10(power) / 4 with 0 dB = 1e4: the 80 dB of [-1, 1].
_LOG_POWER = 4.0
_LOUDEST = 1.5
_LOBE_EDGE = 2.0
_LOBE_TERMS = 7


@dataclass(frozen=True)
class Shape:
    """The sizes of the network."""

    latent: int = 4
    knots: int = 28
    dense_knots: int = 10
    partials: int = 48
    bumps: int = 19
    width: int = 384
    codes: int = 96
    channels: int = 192
    encoder_channels: int = 128


def time_knots(shape: Shape, frames: int) -> NDArray[np.float64]:
    """Frame positions [knots]: each of the first frames, then ever wider to the last."""
    dense = np.arange(shape.dense_knots, dtype=np.float64)
    sparse = np.geomspace(dense[-1], frames - 1, shape.knots - shape.dense_knots + 1)[1:]
    return np.concatenate([dense, sparse])


def spread_matrix(knots: NDArray[np.float64], frames: int) -> NDArray[np.float32]:
    """[knots, frames]: linear interpolation from knots to frames."""
    eye = np.eye(knots.size)
    return np.stack([np.interp(np.arange(frames), knots, row) for row in eye]).astype(np.float32)


def lobe_polynomial() -> list[float]:
    """The Hann window's main lobe, 1 at its top, as a polynomial in the square of the distance in bins.

    W(d) = sin(pi d) / (pi d (1 - d^2)), |d| < 2. As a polynomial it has no singular points, and costs no sines. Within
    1e-5 of the lobe; highest power first.
    """
    square = 0.5 * _LOBE_EDGE**2 * (1.0 - np.cos(np.pi * (np.arange(400) + 0.5) / 400))
    distance = np.sqrt(square)
    lobe = np.sinc(distance) + 0.5 * np.sinc(distance - 1.0) + 0.5 * np.sinc(distance + 1.0)
    fit = np.polynomial.chebyshev.Chebyshev.fit(square, lobe, _LOBE_TERMS, domain=[0.0, _LOBE_EDGE**2])
    power = fit.convert(kind=np.polynomial.Polynomial)
    return [float(coefficient) for coefficient in power.coef[::-1]]


class Decoder(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """(z (B, D), octave (B, 7), semitone (B, 12)) -> log magnitudes (B, bands, frames), unclamped."""

    def __init__(self, recipe: Recipe, shape: Shape, axis: BandAxis) -> None:
        super().__init__()
        self.n_codes, self.n_knots, self.n_partials = shape.codes, shape.knots, shape.partials
        self.lobe = lobe_polynomial()
        # TorchScript sees attributes, not the constants of a module.
        self.log_power = _LOG_POWER * math.log(10.0)
        self.loudest = _LOUDEST
        self.edge = _LOBE_EDGE**2
        self.a4_note = float(A4_NOTE)
        self.a4_bins = A4_HZ * recipe.n_fft / recipe.sample_rate
        self.stiffness_start = _INHARMONICITY_START
        self.stiffness_octaves = _INHARMONICITY_OCTAVES
        low, high = recipe.note_min - 2.0, recipe.note_max + 2.0
        self.bump_width = (high - low) / (shape.bumps - 1)
        self.register_buffer("bumps", torch.linspace(low, high, shape.bumps)[None])
        self.register_buffer("octave_note", 12.0 * (torch.arange(N_OCTAVES).float()[:, None] + recipe.first_octave))
        self.register_buffer("semitone_note", torch.arange(N_SEMITONES).float()[:, None])
        partial = torch.arange(1, shape.partials + 1).float()
        self.register_buffer("partial", partial[None])
        self.register_buffer("partial_square", partial[None] ** 2)
        self.register_buffer("centre", torch.from_numpy(axis.centre)[None, :, None])
        self.register_buffer("spacing", torch.from_numpy(axis.spacing)[None, :, None])
        self.register_buffer("spread", torch.from_numpy(spread_matrix(time_knots(shape, recipe.frames), recipe.frames)))

        inputs = shape.latent + N_OCTAVES + N_SEMITONES + shape.bumps
        self.trunk = nn.Sequential(
            nn.Linear(inputs, shape.width),
            nn.SiLU(),
            nn.Linear(shape.width, shape.width),
            nn.SiLU(),
            nn.Linear(shape.width, shape.width),
            nn.SiLU(),
        )
        self.to_codes = nn.Linear(shape.width, shape.codes * shape.knots)
        self.mix = nn.Conv1d(shape.codes, shape.channels, 3, padding=1)
        self.to_amplitudes = nn.Conv1d(shape.channels, shape.partials + axis.n_bands, 1, bias=False)
        self.static = nn.Linear(shape.width, shape.partials + axis.n_bands)
        self.stiffness = nn.Linear(shape.width, 1)
        with torch.no_grad():
            self.static.weight.mul_(0.3)
            self.static.bias[: shape.partials] = _PARTIAL_START
            self.static.bias[shape.partials :] = _NOISE_START
            self.stiffness.weight.mul_(0.1)
            self.stiffness.bias.zero_()

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        note = octave @ self.octave_note + semitone @ self.semitone_note
        bumps = torch.exp(-0.5 * ((note - self.bumps) / self.bump_width) ** 2)
        trunk = self.trunk(torch.cat([z, octave, semitone, bumps], 1))
        codes = self.to_codes(trunk).view(-1, self.n_codes, self.n_knots)
        amplitudes = self.to_amplitudes(functional.silu(self.mix(codes))) + self.static(trunk)[:, :, None]
        power = torch.exp(amplitudes.clamp(max=self.loudest) * self.log_power)
        partials, noise = power[:, : self.n_partials], power[:, self.n_partials :]
        lobes = self.lobes(note, self.inharmonicity(trunk))
        x = torch.log(torch.baddbmm(noise, lobes, partials)) / self.log_power
        return x @ self.spread

    def inharmonicity(self, trunk: Tensor) -> Tensor:
        """B of Fletcher's stiff string (B, 1)."""
        octaves = self.stiffness_octaves * torch.tanh(self.stiffness(trunk))
        return self.stiffness_start * torch.exp2(octaves)

    def lobes(self, note: Tensor, stiffness: Tensor) -> Tensor:
        """Power of each partial's lobe in each band (B, bands, partials), 1 at the top."""
        f0_bins = self.a4_bins * torch.exp2((note - self.a4_note) / 12.0)
        stretch = torch.sqrt((1.0 + stiffness * self.partial_square) / (1.0 + 4.0 * stiffness))
        place = (f0_bins * self.partial * stretch)[:, None, :]
        square = torch.square((self.centre - place) / self.spacing).clamp(max=self.edge)
        lobe = torch.full_like(square, self.lobe[0])
        for coefficient in self.lobe[1:]:
            lobe = lobe * square + coefficient
        return torch.square(lobe)


class Encoder(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """(log magnitudes (B, bands, frames), octave, semitone) -> (mean (B, D), log variance (B, D))."""

    def __init__(self, recipe: Recipe, shape: Shape) -> None:
        super().__init__()
        spread = spread_matrix(time_knots(shape, recipe.frames), recipe.frames).T
        self.register_buffer("gather", torch.from_numpy(np.ascontiguousarray(spread / spread.sum(axis=0))))
        channels = shape.encoder_channels
        self.gathered = nn.Sequential(
            nn.Conv1d(recipe.n_bands, channels, 3, padding=1),
            nn.SiLU(),
            nn.Conv1d(channels, channels // 2, 3, padding=1),
            nn.SiLU(),
            nn.Flatten(),
        )
        self.head = nn.Sequential(
            nn.Linear(channels // 2 * shape.knots + N_OCTAVES + N_SEMITONES, 2 * channels),
            nn.SiLU(),
            nn.Linear(2 * channels, 2 * channels),
            nn.SiLU(),
            nn.Linear(2 * channels, 2 * shape.latent),
        )
        self.latent = shape.latent

    def forward(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        gathered = self.gathered(x @ self.gather)
        both = self.head(torch.cat([gathered, octave, semitone], 1))
        return both[:, : self.latent], both[:, self.latent :].clamp(-12.0, 6.0)


class NoteModel(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """What is exported: forward decodes, encode encodes; both in [-1, 1] as DESIGN 5 wants."""

    def __init__(self, recipe: Recipe, shape: Shape) -> None:
        super().__init__()
        self.decoder = Decoder(recipe, shape, recipe.axis())
        self.encoder = Encoder(recipe, shape)

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return self.decoder(z, octave, semitone).clamp(-1.0, 1.0)

    @torch.jit.export
    def encode(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        return self.encoder(x, octave, semitone)
