"""What pulls the codes towards a standard normal, and what tells that they have stopped saying anything.

Sources: D. P. Kingma and M. Welling, Auto-Encoding Variational Bayes, ICLR 2014 (the divergence); I. Higgins et al.,
beta-VAE, ICLR 2017 (its weight); A. Gretton et al., A Kernel Two-Sample Test, JMLR 13, 2012, and I. Tolstikhin et al.,
Wasserstein Auto-Encoders, ICLR 2018 (the discrepancy); Y. Burda, R. Grosse and R. Salakhutdinov, Importance Weighted
Autoencoders, ICLR 2016 (active units).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from oscvae.training.config import RegulariserConfig

PRIOR_POINTS = 256
"""Points of the prior that a discrepancy is measured against: more than a batch, for a steadier estimate."""
COLLAPSED_NATS = 0.01
"""A dimension whose divergence is below this is the prior, whatever is encoded."""


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) || N(0, 1)) of each dimension in nats, the mean over the batch: (B, D) twice -> (D,)."""
    return 0.5 * (mean**2 + log_variance.exp() - 1.0 - log_variance).mean(0)


def variance_divergence(log_variance: Tensor) -> Tensor:
    """The part of `divergence` that variances alone owe, summed over dimensions: (B, D) -> ()."""
    return 0.5 * (log_variance.exp() - 1.0 - log_variance).mean(0).sum()


def rbf(square: Tensor, width: float) -> Tensor:
    """The Gaussian kernel exp(-|x - y|^2 / (2 width^2)) of squared distances."""
    return torch.exp(square / (-2.0 * width**2))


def imq(square: Tensor, width: float) -> Tensor:
    """The inverse multiquadratic kernel 1 / sqrt(|x - y|^2 + width^2) of squared distances."""
    return torch.rsqrt(square + width**2)


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """|x_i - y_j|^2: (N, D), (M, D) -> (N, M)."""
    return torch.square(x[:, None] - y[None]).sum(2)


def default_width(kind: str, latent: int) -> float:
    """The kernel's width where none is given: 1/e of a Gaussian kernel, 1/sqrt(2) of an inverse multiquadratic one at
    the mean squared distance 2 D between two points of the prior."""
    return math.sqrt(latent) if kind == "mmd-rbf" else math.sqrt(2.0 * latent)


def discrepancy(z: Tensor, prior: Tensor, kind: str, width: float) -> Tensor:
    """The squared maximum mean discrepancy between codes (N, D) and points of the prior (M, D), unbiased: ().

    kind: "mmd-rbf" or "mmd-imq". Unbiased means that no point is compared with itself, so it may fall below zero.
    """
    kernel = rbf if kind == "mmd-rbf" else imq
    n, m = z.shape[0], prior.shape[0]
    itself = 1.0 if kind == "mmd-rbf" else 1.0 / width
    codes = (kernel(squared_distances(z, z), width).sum() - n * itself) / (n * (n - 1))
    points = (kernel(squared_distances(prior, prior), width).sum() - m * itself) / (m * (m - 1))
    return codes + points - 2.0 * kernel(squared_distances(z, prior), width).mean()


def penalty(config: RegulariserConfig, mean: Tensor, log_variance: Tensor, z: Tensor, prior: Tensor) -> Tensor:
    """What the regulariser asks for a batch of codes, before its weight: ().

    kl: the divergence summed over dimensions, of each no less than `free_nats`, so that the first nats of a dimension
    cost nothing (D. P. Kingma et al., Improving Variational Inference with Inverse Autoregressive Flow, NIPS 2016).
    mmd-rbf, mmd-imq: the discrepancy of z from the prior, and `variance`
    times what the variances of a stochastic encoder owe; without that they are free to vanish.
    """
    if config.kind == "kl":
        return divergence(mean, log_variance).clamp(min=config.free_nats).sum()
    if config.kind == "none":
        return torch.zeros((), device=mean.device)
    width = config.width if config.width is not None else default_width(config.kind, z.shape[1])
    asked = discrepancy(z, prior, config.kind, width)
    return asked + config.variance * variance_divergence(log_variance) if config.variance > 0.0 else asked


def say_dimensions(numbers: Sequence[int]) -> str:
    """ "dimension 3 says" or "dimensions 3 and 4 say", of numbers from 1."""
    if len(numbers) == 1:
        return f"dimension {numbers[0]} says"
    return f"dimensions {', '.join(map(str, numbers[:-1]))} and {numbers[-1]} say"


@dataclass(frozen=True)
class Activity:
    """What each latent dimension says about the notes."""

    variance: tuple[float, ...]
    """Of the codes' means over the notes: a unit is active above a threshold, in Burda et al. 0.01."""
    nats: tuple[float, ...]
    """The divergence of each dimension, mean over notes; empty for a deterministic encoder."""
    active: tuple[bool, ...]

    def complaint(self) -> str | None:
        """What to say to somebody whose posterior collapses, None where all dimensions are in use."""
        if all(self.active):
            return None
        silent = say_dimensions([number + 1 for number, active in enumerate(self.active) if not active])
        figures = ", ".join(f"{value:.3g}" for value in self.variance)
        return (
            f"the posterior collapses: {sum(self.active)} of {len(self.active)} latent dimensions are active, "
            f"{silent} nothing (variances {figures}); lower regulariser.weight, or let it come in slowly with "
            "regulariser.schedule linear or cyclical"
        )


def activity(mean: Tensor, log_variance: Tensor | None, threshold: float, relative: bool = False) -> Activity:
    """Of the codes (N, D) of many notes; log_variance is None for a deterministic encoder.

    relative: the threshold is a share of the largest variance, for codes that nothing holds to a scale.
    """
    variance = mean.var(0, unbiased=False)
    limit = threshold * float(variance.max()) if relative else threshold
    active = variance > limit
    nats: Tensor | None = None
    if log_variance is not None:
        nats = divergence(mean, log_variance)
        active = active & (nats > COLLAPSED_NATS) if not relative else active
    return Activity(
        variance=tuple(variance.tolist()),
        nats=tuple(nats.tolist()) if nats is not None else (),
        active=tuple(bool(one) for one in active.tolist()),
    )
