"""The rows of the published table: how the network is trained for each, and what is kept of a training.

The source says epochs, dropout, beta and dimensions. What it does not say is this package's: half the summed squares,
Adam at 1e-3, batches of 16.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from oscvae.arrays import Float32s
from oscvae.errors import DataError
from oscvae.names import shown
from oscvae.training.fit.regularisers import divergence
from oscvae.training.studies.waveform.published import DROPOUT, Network

BATCH, LEARNING_RATE = 16, 1e-3
WEIGHTS = "weights.pt"
_AT_ONCE = 50


@dataclass(frozen=True)
class Way:
    """One row. published: its distances from test and training clips, where it has any."""

    name: str
    dropout: float
    beta: float
    """Of 0.5 x summed squares + beta x divergence."""
    latent: int
    published: tuple[float, float] | None = None


EYE = Way("dropout, beta 1, D = 20", DROPOUT, 1.0, 20, (14.6, 49.3))
"""Its encoder is the published embedding as well."""
WAYS = (
    Way("no dropout, beta 1, D = 2", 0.0, 1.0, 2, (101.0, 23.0)),
    Way("dropout, beta 1, D = 2", DROPOUT, 1.0, 2, (68.55, 8.6)),
    EYE,
    Way("dropout, beta 10, D = 10", DROPOUT, 10.0, 10, (111.5, 61.1)),
    Way("dropout, beta 100, D = 10", DROPOUT, 100.0, 10, (96.0, 20.1)),
    Way("dropout, beta 200, D = 10", DROPOUT, 200.0, 10),
)
CHUNKED = Way("dropout, beta 1, D = 10", DROPOUT, 1.0, 10)


@dataclass(frozen=True)
class Size:
    """How much is trained, and on how much."""

    counts: tuple[int, ...]
    """Clips in all."""
    seeds: tuple[int, ...]
    """Of each of them."""
    epochs: int
    few: int
    """Clips of the start."""
    made: int
    """Clips that are judged of each training."""
    frame_steps: int
    hidden: int
    """Of the model of frames: steps, and the width of its layers."""

    @classmethod
    def of(cls, small: bool) -> Size:
        if small:
            return cls((24,), (1,), 2, 8, 6, 10, 32)
        return cls((100, 500), (3, 3), 20, 20, 100, 800, 512)


@dataclass(frozen=True)
class Epoch:
    """Means over the batches of one epoch."""

    loss: float
    heard: float
    """Half the summed squares."""
    nats: tuple[float, ...]
    """Of each dimension."""
    gradient: float
    """Norm over the encoder's weights."""


def trained(way: Way, x: Float32s, epochs: int, seed: int) -> tuple[Network, list[Epoch]]:
    """The network of a row, in evaluation mode, after its epochs over the clips x [N, samples]."""
    torch.set_num_threads(1)
    clips = torch.from_numpy(x)
    network = Network(x.shape[1], way.latent, way.dropout, seed).train()
    optimiser = torch.optim.Adam(network.parameters(), LEARNING_RATE, fused=True)
    batch = min(BATCH, len(x))
    course = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for _ in range(epochs):
            order = torch.randperm(len(x))[: len(x) // batch * batch]
            steps = [_step(network, optimiser, clips[rows], way) for rows in order.split(batch)]
            loss, heard, nats, gradient = (np.mean(part, axis=0) for part in zip(*steps, strict=True))
            course.append(Epoch(float(loss), float(heard), tuple(nats.tolist()), float(gradient)))
    return network.eval(), course


def _step(
    network: Network, optimiser: torch.optim.Optimizer, x: torch.Tensor, way: Way
) -> tuple[float, float, list[float], float]:
    mean, log_variance = network.encode(x)
    z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
    heard = 0.5 * (network(z) - x).square().sum(1).mean()
    nats = divergence(mean, log_variance)
    loss = heard + way.beta * nats.sum()
    optimiser.zero_grad()
    loss.backward()
    squares = [(one.grad**2).sum() for one in network.encoder.parameters() if one.grad is not None]
    optimiser.step()
    gradient = math.sqrt(float(torch.stack(squares).sum()))
    return float(loss.detach()), float(heard.detach()), nats.detach().tolist(), gradient


def made(network: Network, latent: int, count: int, seed: int) -> Float32s:
    """Clips [count, samples] of points of the prior."""
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(count, latent, generator=generator)
    with torch.inference_mode():
        found: Float32s = torch.cat([network(part) for part in z.split(_AT_ONCE)]).numpy()
    return found


def again(network: Network, x: Float32s) -> Float32s:
    """Clips encoded and decoded."""
    with torch.inference_mode():
        parts = [network(network.encode(part)[0]) for part in torch.from_numpy(x).split(_AT_ONCE)]
    found: Float32s = torch.cat(parts).numpy()
    return found


def keep(network: Network, place: Path) -> None:
    """Its weights, for `opened`."""
    torch.save(network.state_dict(), place / WEIGHTS)


def opened(place: Path, size: int, way: Way) -> Network:
    """The network whose weights were kept. Raises DataError."""
    network = Network(size, way.latent, way.dropout)
    try:
        network.load_state_dict(torch.load(place / WEIGHTS, map_location="cpu", weights_only=True))
    except Exception as error:  # pickle, zip and torch each raise their own
        raise DataError(f"{shown(place / WEIGHTS)} cannot be read: remove {shown(place)}") from error
    return network.eval()
