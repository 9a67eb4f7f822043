"""Where a pad ends: beyond what a network has learnt, its nearest place within sounds instead."""

from __future__ import annotations

import numpy as np
import scipy.spatial
import torch
from torch import Tensor, nn

from oscvae.arrays import Float64s


class Within(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Brings the last two numbers of a point (B, D) into a convex polygon, by the shortest way.

    corners: of the polygon (K, 2), anticlockwise; two are the ends of a line, and without any a point stays where it
    is. The way is continuous: a finger that moves along outside moves the sound along the edge.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("corners", torch.zeros(0, 2), persistent=False)

    def forward(self, z: Tensor) -> Tensor:
        if self.corners.shape[0] == 0:
            return z
        first = z.shape[1] - 2
        place, start = z[:, None, first:], self.corners[None]
        side = torch.roll(self.corners, -1, 0)[None] - start
        to = place - start
        is_inside = (side[:, :, 0] * to[:, :, 1] - side[:, :, 1] * to[:, :, 0] >= 0.0).all(1, keepdim=True)
        if self.corners.shape[0] == 2:  # a line has no inside
            is_inside = torch.zeros_like(is_inside)
        share = ((to * side).sum(2) / (side * side).sum(2)).clamp(0.0, 1.0)
        near = start + share[:, :, None] * side
        closest = ((place - near) ** 2).sum(2).argmin(1)
        nearest = near.gather(1, closest[:, None, None].expand(-1, 1, 2))[:, 0]
        return torch.cat([z[:, :first], torch.where(is_inside, z[:, first:], nearest)], 1)

    @torch.jit.unused
    def hold(self, places: Float64s) -> None:
        """From now on, the convex hull of places [N, 2], of which some differ."""
        try:
            corners = places[scipy.spatial.ConvexHull(places).vertices]
        except scipy.spatial.QhullError:  # they lie on one line
            along = places @ np.linalg.svd(places - places.mean(axis=0))[2][0]
            corners = places[[along.argmin(), along.argmax()]]
        self.corners = torch.from_numpy(np.ascontiguousarray(corners, np.float32))
