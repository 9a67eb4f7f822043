"""One small model twice: of format 2, which decodes knots, and of format 1, which decodes every frame between them.

All numbers are multiples of 2^-8 and the knots lie powers of two apart, so that whoever interpolates gets the same
bits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from oscvae.model.document import ModelDocument, ModelDocument2
from oscvae.model.knots import spread_matrix
from oscvae.model.torchscript import save, script
from parts.small_model import long_document

BANDS = 64
KNOTS = (0, 1, 2, 4, 8, 16, 32, 64, 128, 192, 256)
FRAMES = KNOTS[-1] + 1


class Knotted(nn.Module):
    """Decaying noise; z moves its tilt and its decay, the semitone its level. `encode` hears two frames of all."""

    def __init__(self, whole: bool) -> None:
        super().__init__()
        none = torch.zeros(BANDS, len(KNOTS))
        band, knot = none + torch.arange(BANDS)[:, None] / BANDS, none + torch.tensor(KNOTS) / FRAMES
        shape = torch.stack([0.6 - 0.4 * band - 0.3 * knot, band - 0.5, knot - 0.5, none + 0.02])
        self.register_buffer("shape", shape)
        self.register_buffer("spread", torch.from_numpy(spread_matrix(KNOTS, FRAMES)))
        self.register_buffer("semitones", torch.arange(12.0))
        self.whole = whole

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        weight = torch.stack([torch.ones_like(z[:, 0]), z[:, 0], z[:, 1], semitone @ self.semitones], 1)
        x = torch.einsum("bw,wft->bft", weight, self.shape)
        x = torch.round(x.clamp(-1.0, 1.0) * 256.0) / 256.0
        return x @ self.spread if self.whole else x

    @torch.jit.export
    def encode(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        if x.size(1) != 64 or x.size(2) != 257:
            raise ValueError("these are not all frames")
        return torch.stack([x[:, 0, 3], x[:, 0, 200]], 1), torch.zeros(x.size(0), 2)


def knotted_document(**changes: Any) -> ModelDocument2:
    """Of the model that decodes knots."""
    return ModelDocument2.model_validate(
        long_document(**{"format": 2, "name": "knots", "frames": FRAMES, "knots": KNOTS, **changes})
    )


def whole_document(**changes: Any) -> ModelDocument:
    """Of the one that decodes frames."""
    return ModelDocument.model_validate(long_document(**{"name": "frames", "frames": FRAMES, **changes}))


def write_both(folder: Path) -> None:
    """`knots.ts` and `frames.ts`, the same sound."""
    save(script(Knotted(whole=False)), knotted_document(), folder / "knots.ts")
    save(script(Knotted(whole=True)), whole_document(), folder / "frames.ts")
