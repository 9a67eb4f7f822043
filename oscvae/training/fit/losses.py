"""How far a decoded note is from the one it should be.

Source of the learnt variance: O. Rybkin, K. Daniilidis and S. Levine, Simple and Effective VAE Training with Calibrated
Decoders, ICML 2021.
"""

from __future__ import annotations

import torch
from torch import Tensor

from oscvae.training.config import LossConfig
from oscvae.training.fit.targets import Target, to_linear

SILENT = -1.0
"""x of the floor, and of all that is quieter."""
_LOUDEST = 1.5


def reconstruction(
    x: Tensor, log_variance: Tensor, target: Target, config: LossConfig, decades: float, width: Tensor | None = None
) -> Tensor:
    """The loss of log magnitudes (B, bands, knots) against those wanted, mean over everything: ().

    The squared error, or, where the decoder is stochastic and log_variance is not empty, the negative log likelihood of
    a normal distribution (but for its constant), times `square`; `convergence` times the spectral convergence; and
    `peak` times that of what it can peak at. Nothing is owed below the floor, x = -1, where silence is wanted: it is
    silence already. Where a sound is wanted, what lies below the floor is as wrong as it is far away, so that there is
    a slope up. decades: those of amplitude in the range of x. width (bands,): how many bins each band stands for; one
    without it.
    """
    heard = torch.where(target.x > SILENT, x, x.clamp(min=SILENT))
    square = (heard - target.x) ** 2
    if log_variance.numel() > 0:
        square = 0.5 * (square * torch.exp(-log_variance) + log_variance)
    loss = config.square * _mean(square, target.weight).mean()
    if config.convergence > 0.0:
        loss = loss + config.convergence * spectral_convergence(heard, target, decades).mean()
    if config.peak > 0.0:
        loss = loss + config.peak * peak_convergence(heard, target, decades, width).mean()
    return loss


def spectral_convergence(x: Tensor, target: Target, decades: float = 4.0) -> Tensor:
    """||S' - S|| / ||S|| of each note (B,), on the linear magnitudes of x, whose [-1, 1] is `decades` of amplitude."""
    got = to_linear(x.clamp(max=_LOUDEST), decades)
    off, wanted = (_mean(part**2, target.weight) for part in (got - target.linear, target.linear))
    return torch.sqrt(off / wanted)


def peak_convergence(x: Tensor, target: Target, decades: float = 4.0, width: Tensor | None = None) -> Tensor:
    """||s' - s|| / ||s|| of each note (B,), s being the sum of a frame's magnitudes over its bins (B, knots).

    No frame peaks higher than that, and one whose phases meet, as at a stroke, comes near. A spectrum that is smoother
    than the one wanted has the same power and a greater sum. width (bands,): how many bins each band stands for.
    """
    width = torch.ones_like(x[0, :, 0]) if width is None else width
    got = torch.einsum("bfk,f->bk", to_linear(x.clamp(max=_LOUDEST), decades), width)
    wanted = torch.einsum("bfk,f->bk", target.linear, width)
    off, whole = ((part**2 * target.weight).sum(1) for part in (got - wanted, wanted))
    return torch.sqrt(off / whole)


def log_spectral_distance(x: Tensor, target: Target, range_db: float) -> Tensor:
    """The log-spectral distance of each note in dB (B,): root mean square over bands, mean over frames."""
    half = 0.5 * range_db
    distance = torch.sqrt(torch.mean(((x.clamp(-1.0, 1.0) - target.x) * half) ** 2, dim=1))
    return (distance * target.weight).sum(1) / target.weight.sum(1)


def _mean(part: Tensor, weight: Tensor) -> Tensor:
    """Over bands and frames (B,), of (B, bands, knots); a note whose knots count less has less."""
    return (part.mean(1) * weight).sum(1)
