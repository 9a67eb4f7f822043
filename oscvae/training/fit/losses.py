"""How far a decoded note is from the one it should be.

Source of the learnt variance: O. Rybkin, K. Daniilidis and S. Levine, Simple and Effective VAE Training with Calibrated
Decoders, ICML 2021.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from oscvae.training.config import LossConfig

SILENT = -1.0
"""x of the floor, and of all that is quieter."""
_LOUDEST = 1.5


def reconstruction(x: Tensor, log_variance: Tensor, target: Tensor, config: LossConfig, decades: float) -> Tensor:
    """The loss of log magnitudes (B, bands, frames) against those wanted, mean over everything: ().

    The squared error, or, where the decoder is stochastic and log_variance is not empty, the negative log likelihood of
    a normal distribution (but for its constant), times `square`; and `convergence` times the spectral convergence.
    Nothing is owed below the floor, x = -1, where silence is wanted: it is silence already. Where a sound is wanted,
    what lies below the floor is as wrong as it is far away, so that there is a slope up. decades: those of amplitude in
    the range of x.
    """
    heard = torch.where(target > SILENT, x, x.clamp(min=SILENT))
    if log_variance.numel() == 0:
        square = torch.mean((heard - target) ** 2)
    else:
        square = 0.5 * torch.mean((heard - target) ** 2 * torch.exp(-log_variance) + log_variance)
    loss = config.square * square
    if config.convergence > 0.0:
        loss = loss + config.convergence * spectral_convergence(heard, target, decades).mean()
    return loss


def spectral_convergence(x: Tensor, target: Tensor, decades: float = 4.0) -> Tensor:
    """||S' - S|| / ||S|| of each note (B,), on the linear magnitudes of x, whose [-1, 1] is `decades` of amplitude."""
    to_linear = 0.5 * decades * math.log(10.0)
    wanted = torch.exp(to_linear * (target - 1.0))
    got = torch.exp(to_linear * (x.clamp(max=_LOUDEST) - 1.0))
    return torch.linalg.vector_norm(got - wanted, dim=(1, 2)) / torch.linalg.vector_norm(wanted, dim=(1, 2))


def log_spectral_distance(x: Tensor, target: Tensor, range_db: float) -> Tensor:
    """The log-spectral distance of each note in dB (B,): root mean square over bands, mean over frames."""
    half = 0.5 * range_db
    return torch.sqrt(torch.mean(((x.clamp(-1.0, 1.0) - target) * half) ** 2, dim=1)).mean(1)
