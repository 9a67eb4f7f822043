"""Small models whose voices are endless: one of frames, whose bands are a ramp, and one of samples, four sines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from oscvae.model.document import SamplesDocument
from oscvae.model.frames import FramesDocument
from oscvae.model.torchscript import save, script
from parts.small_model import frames_document, long_document, samples_document

BANDS, RATE, HOP = 64, 48_000, 256
RATIO = 512
LOWEST_HZ = 55.0
QUIETER_DB = 80.0 * 0.1 / 2.0
"""What one more in the first coordinate of `Ramp` takes away."""
TRAP = 3.0
"""A second coordinate above it is where these models fail."""


def _latent(size: int) -> dict[str, list[float]]:
    return {"mean": [0.0] * size, "std": [1.0] * size, "low": [-3.0] * size, "high": [3.0] * size}


class Ramp(nn.Module):
    """The first coordinate lowers the level; beyond the trap it raises, or what it decodes is no number."""

    def __init__(self, raises: bool) -> None:
        super().__init__()
        self.raises = raises
        self.register_buffer("x", 0.2 - 1.2 * torch.arange(BANDS) / BANDS)

    def forward(self, z: Tensor) -> Tensor:
        x = self.x[None, :, None] - 0.1 * z[:, :1]
        trapped = z[:, 1:2] > 3.0
        if self.raises and bool(trapped.any()):
            raise ValueError("not there")
        return torch.where(trapped, x * float("nan"), x)


class Sines(nn.Module):
    """Four sines of 55 * 2^z Hz, whose phases go on from call to call."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("phase", torch.zeros(64, 4, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        if bool((z > 10.0).any()):
            raise ValueError("not there")
        count = z.size(0)
        step = (55.0 * torch.exp2(z) / 48000.0).repeat_interleave(512, 2)
        phase = torch.cumsum(step, 2) + self.phase[:count]
        self.phase[:count] = phase[:, :, -1:].frac()
        return 0.1 * torch.sin(6.283185307179586 * phase).sum(1, keepdim=True)


class SlowSines(Sines):
    """The same, in an eighth of real time at the best."""

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        work = torch.zeros(1)
        for _ in range(z.size(2) * 40):
            work = work + torch.ones(20000).cumsum(0)[-1:]
        step = (55.0 * torch.exp2(z) / 48000.0).repeat_interleave(512, 2)
        phase = torch.cumsum(step, 2) + self.phase[: z.size(0)]
        self.phase[: z.size(0)] = phase[:, :, -1:].frac()
        return 0.1 * torch.sin(6.283185307179586 * phase).sum(1, keepdim=True) + 0.0 * work


def write_ramp(path: Path, raises: bool = False, **changes: Any) -> None:
    shared = ("sample_rate", "n_fft", "hop", "window", "bands", "floor_db", "ceiling_db", "reference")
    long = long_document()
    raw = frames_document(**{key: long[key] for key in shared})
    document = FramesDocument.model_validate(raw | {"name": path.stem, "level": "in"} | changes)
    save(script(Ramp(raises)), document, path)


def write_sines(path: Path, slow: bool = False, **changes: Any) -> None:
    raw = samples_document(name=path.stem, sample_rate=RATE, ratio=RATIO, latent=_latent(4), points=[])
    document = SamplesDocument.model_validate(raw | changes)
    save(script(SlowSines() if slow else Sines()), document, path)


class Mirror(nn.Module):
    """A model of frames whose points are the frames themselves: what it decodes is what it encoded."""

    def forward(self, z: Tensor) -> Tensor:
        return 1.0 * z

    @torch.jit.export
    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return 1.0 * x, torch.zeros_like(x)


def mirror_document(**changes: Any) -> FramesDocument:
    shared = ("sample_rate", "n_fft", "hop", "window", "bands", "floor_db", "reference")
    long = long_document()
    raw = frames_document(**{key: long[key] for key in shared}, name="mirror", latent=_latent(BANDS), points=[])
    return FramesDocument.model_validate(raw | changes)


def write_mirror(path: Path, **changes: Any) -> None:
    save(script(Mirror()), mirror_document(**changes), path)
