"""From an encoder's guess to the point whose note comes nearest: a few damped Gauss-Newton steps through the decoder.

An encoder answers for all recordings at once; of one that it never heard it only guesses the neighbourhood. What the
decoder makes of the guess says the rest. Slopes are differences, because a model file carries no derivatives.

Source: K. Levenberg, A Method for the Solution of Certain Non-Linear Problems in Least Squares, Quarterly of Applied
Mathematics 2, 1944.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from oscvae.model.analysis import NoteAnalysis
from oscvae.training.config import RefineConfig

STEP = 0.02
"""Between the two points of a slope: far above the rounding of float32, far below what z spans."""


class Refinement(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """The step from a point to the next one, given what the decoder makes of it and of its neighbours.

    What is made least, over all bands and frames of x: the mean squared error; `convergence` times the square of the
    spectral convergence; and `anchor` times the distance from the guess, in the encoder's own deviations.
    """

    def __init__(self, config: RefineConfig, latent: int, analysis: NoteAnalysis) -> None:
        super().__init__()
        self.convergence, self.anchor, self.damping = config.convergence, config.anchor, config.damping
        self.step = STEP
        self.to_linear = math.log(10.0) * analysis.range_db / 40.0
        around = torch.cat([torch.zeros(1, latent), STEP * torch.eye(latent)])
        self.register_buffer("around", around[None], persistent=False)

    def neighbours(self, z: Tensor) -> Tensor:
        """A point (B, D), and one further in each dimension: (B, D + 1, D)."""
        return z[:, None] + self.around

    def forward(self, z: Tensor, guess: Tensor, log_variance: Tensor, decoded: Tensor, x: Tensor) -> Tensor:
        """The next point (B, D), from its decoded neighbours (B, D + 1, bands * frames) and the x wanted (B, 1, ..)."""
        curve, pull = self._normal(decoded, x, torch.ones_like(x[:, :, :1]) / x.shape[2])
        if self.convergence > 0.0:
            wanted = torch.exp(self.to_linear * (x - 1.0))
            scale = self.convergence / torch.square(wanted).sum(2, keepdim=True)
            heard = self._normal(torch.exp(self.to_linear * (decoded - 1.0)), wanted, scale)
            curve, pull = curve + heard[0], pull + heard[1]
        prior = self.anchor * torch.exp(-log_variance)
        curve = curve + torch.diag_embed(prior + self.damping * curve.diagonal(dim1=1, dim2=2) + 1e-9)
        return z + torch.linalg.solve(curve, pull + prior * (guess - z))

    def _normal(self, decoded: Tensor, wanted: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        """The two sides of the normal equations, (B, D, D) and (B, D); scale (B, 1, 1) of the squared error."""
        slope = (decoded[:, 1:] - decoded[:, :1]) / self.step
        rest = wanted - decoded[:, :1]
        return scale * (slope @ slope.transpose(1, 2)), (scale * (slope @ rest.transpose(1, 2)))[:, :, 0]
