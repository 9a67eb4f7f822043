"""The published network on constant-Q frames, its loss, and how it is trained.

Source: K. Tatar, D. Bisig and P. Pasquier, Latent Timbre Synthesis, Neural Computing and Applications 33, 2021, and
the configuration that its program ships with (GPL-3, of which nothing is copied): 384 bins to 2,048 rectified units to
mean and log variance of 256 dimensions, and back over 2,048 to 384 rectified magnitudes; mean squares and alpha times
the mean of s^2 + m^2 - 1 - log s^2; Adam at 1e-4, batches of 64, up to 2,000 epochs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from oscvae.arrays import Float32s
from oscvae.training.config import OptimiserConfig
from oscvae.training.fit.regularisers import divergence
from oscvae.training.fit.schedules import rate_factor
from oscvae.training.studies.kept import begin
from oscvae.training.studies.timbre.constantq import BINS, ConstantQ
from oscvae.training.timbre.frameset import TRAIN

UNITS, LATENT = 2048, 256
ALPHAS = (0.0, 5e-5, 5e-4, 5e-3)
PUBLISHED = 5e-4
_RECORD, _LAST = "run.json", "last.pt"
_KEEP_STEPS = 100
_AT_ONCE = 4096


@dataclass(frozen=True)
class Size:
    """How much is trained, and on how much."""

    seeds: int
    recordings: int
    """At most so many are taken."""
    steps: int
    batch: int
    rate: float
    ours_steps: int
    judged: int
    """Recordings never heard of which figures are taken."""
    judged_s: float
    pairs: int
    excerpt_s: float
    iterations: int
    """Of Griffin-Lim."""

    @classmethod
    def of(cls, small: bool) -> Size:
        if small:
            return cls(1, 10, 6, 16, 1e-3, 6, 2, 0.3, 1, 0.3, 1)
        return cls(3, 1000, 1500, 64, 3e-4, 600, 10, 1.0, 6, 1.5, 8)


class Published(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Frames (B, 384), linear magnitudes, to mean and log variance (B, D), and codes (B, D) back to frames."""

    def __init__(self, latent: int = LATENT) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(BINS, UNITS), nn.ReLU(), nn.Linear(UNITS, 2 * latent))
        self.decoder = nn.Sequential(nn.Linear(latent, UNITS), nn.ReLU(), nn.Linear(UNITS, BINS), nn.ReLU())
        for layer in (*self.encoder, *self.decoder):
            if isinstance(layer, nn.Linear):  # as the library of the source begins
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What comes back of sampled codes (B, 384), mean and log variance (B, D)."""
        mean, log_variance = self.encoder(x).chunk(2, -1)
        return self.decoder(mean + noise * torch.exp(0.5 * log_variance)), mean, log_variance


def loss_of(x: Tensor, back: Tensor, mean: Tensor, log_variance: Tensor, alpha: float) -> Tensor:
    """Mean squares, and alpha times the mean over frames and dimensions of s^2 + m^2 - 1 - log s^2."""
    return torch.mean((back - x) ** 2) + alpha * 2.0 * divergence(mean, log_variance).mean()


def trained(alpha: float, seed: int, data: ConstantQ, place: Path, size: Size) -> Published:
    """One training, in a folder of its own: stopped, it goes on; done, it is read.

    What a step sees is a function of the seed and its number. Raises DataError for a folder that was begun otherwise.
    """
    begun = {"alpha": alpha, "seed": seed, "steps": size.steps, "batch": size.batch, "rate": size.rate}
    begin(place / _RECORD, begun | {"data": data.fingerprint})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Published()
    config = OptimiserConfig(kind="adam", rate=size.rate, schedule="cosine", warm_up_steps=min(20, size.steps // 2))
    optimiser = torch.optim.Adam(network.parameters(), lr=config.rate, fused=True)
    step = 0
    if (place / _LAST).is_file():
        kept = torch.load(place / _LAST, weights_only=True)
        network.load_state_dict(kept["network"])
        optimiser.load_state_dict(kept["optimiser"])
        step = kept["step"]
    rows = data.rows_of(TRAIN)
    while step < size.steps:
        rng = np.random.default_rng((seed, step))
        x = torch.from_numpy(data.x[rng.choice(rows, size.batch)])
        noise = torch.from_numpy(rng.standard_normal((size.batch, LATENT), np.float32))
        for group in optimiser.param_groups:
            group["lr"] = config.rate * rate_factor(config, step, size.steps, len(rows) / size.batch)
        optimiser.zero_grad()
        back, mean, log_variance = network(x, noise)
        loss_of(x, back, mean, log_variance, alpha).backward()
        optimiser.step()
        step += 1
        if step % _KEEP_STEPS == 0 or step == size.steps:
            unfinished = place / f"{_LAST}.tmp"
            state = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "step": step}
            torch.save(state, unfinished)
            unfinished.replace(place / _LAST)
    return network.eval()


def encode(network: Published, x: Float32s) -> tuple[Float32s, Float32s]:
    """Mean and log variance, each [N, D], of frames [N, 384]."""
    with torch.inference_mode():
        parts = [network.encoder(torch.from_numpy(x[at : at + _AT_ONCE])) for at in range(0, len(x), _AT_ONCE)]
    mean, log_variance = torch.cat(parts).chunk(2, -1)
    return mean.contiguous().numpy(), log_variance.contiguous().numpy()


def decode(network: Published, z: Float32s) -> Float32s:
    """Frames [N, 384] of codes [N, D]."""
    with torch.inference_mode():
        parts = [network.decoder(torch.from_numpy(z[at : at + _AT_ONCE])) for at in range(0, len(z), _AT_ONCE)]
    found: Float32s = torch.cat(parts).numpy()
    return found
