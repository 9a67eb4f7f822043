"""Models that keep nn~'s contract, and bring whatever such models bring: made here, of sines with a memory."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from oscvae.model.torchscript import script, without_deprecation

RATE = 48_000
LOWEST_HZ = 55.0


class NnTilde(nn.Module):
    """Sines of 55 * 2^z Hz, one for each dimension, whose phases go on from call to call.

    noise: its amplitude. fails_after: frames, 0 = never. work: rounds of computing that nobody needs, for each frame.
    stutters: the first calls compute so much more often.
    """

    def __init__(
        self,
        size: int = 4,
        ratio: int = 512,
        channels: int = 1,
        noise: float = 0.0,
        fails_after: int = 0,
        work: int = 0,
        stutters: int = 0,
    ) -> None:
        super().__init__()
        self.ratio, self.channels, self.noise, self.fails_after = ratio, channels, noise, fails_after
        self.work, self.stutters = work, stutters
        self.register_buffer("decode_params", torch.tensor([size, ratio, channels, 1]))
        self.register_buffer("encode_params", torch.tensor([1, 1, size, 2 * ratio]))  # another ratio
        self.register_buffer("phase", torch.zeros(64, size, 1))
        self.register_buffer("frames", torch.zeros(64))

    def forward(self, x: Tensor) -> Tensor:
        return x

    @torch.jit.export
    def get_methods(self) -> list[str]:
        return ["decode", "encode"]

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        frames = x.size(2) // (2 * self.ratio)
        return torch.zeros(x.size(0), self.phase.size(1), frames)

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        count = z.size(0)
        before = int(self.frames[0])
        self.frames[:count] += z.size(2)
        if self.fails_after > 0 and before > self.fails_after:
            raise ValueError("worn out")
        rounds = self.work * z.size(2) + (self.stutters if before == 0 else 0)
        spent = torch.zeros(1)
        for _ in range(rounds):
            spent = spent + torch.ones(20000).cumsum(0)[-1:]
        step = (55.0 * torch.exp2(z) / 48000.0).repeat_interleave(self.ratio, 2)
        phase = torch.cumsum(step, 2) + self.phase[:count]
        self.phase[:count] = phase[:, :, -1:].frac()
        y = 0.4 / z.size(1) * torch.sin(6.283185307179586 * phase).sum(1, keepdim=True) + 0.0 * spent
        if self.noise > 0.0:
            y = y + self.noise * torch.randn_like(y)
        return y.repeat(1, self.channels, 1)


class WithRate(NnTilde):
    """Its rate is an attribute, as RAVE 2 has it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.sr = RATE
        self.latent_size = self.full_latent_size = int(self.decode_params[0])


class Resounding(NnTilde):
    """A sine that is as high and as loud as what it encoded: z is the octave above 55 Hz, and the amplitude.

    Its encode remembers: the first frame that it hears after its beginning is silent.
    """

    def __init__(self, channels: int = 1, **more: Any) -> None:
        super().__init__(size=2, channels=1, **more)
        self.sr = RATE
        self.encode_params = torch.tensor([channels, 1, 2, self.ratio])
        self.register_buffer("heard", torch.zeros(1))

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        frames = x.mean(1).reshape(x.size(0), -1, self.ratio)
        amplitude = 1.4142135 * frames.square().mean(2).sqrt()
        crossings = ((frames[:, :, 1:] * frames[:, :, :-1]) < 0.0).float().sum(2)
        hz = crossings * (48000.0 / 2.0 / self.ratio)
        if float(self.heard[0]) == 0.0:
            amplitude[:, 0] = 0.0
        self.heard.fill_(1.0)
        return torch.stack([torch.log2(torch.clamp(hz, min=55.0) / 55.0), amplitude], 1)

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        count = z.size(0)
        hz = 55.0 * torch.exp2(z[:, :1])
        phase = torch.cumsum((hz / 48000.0).repeat_interleave(self.ratio, 2), 2) + self.phase[:count, :1]
        self.phase[:count, :1] = phase[:, :, -1:].frac()
        return z[:, 1:].repeat_interleave(self.ratio, 2) * torch.sin(6.283185307179586 * phase)


class Deaf(Resounding):
    """Its encode fails."""

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        raise ValueError("never heard of it")


class Misheard(Resounding):
    """Its encode answers another shape than it says."""

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        return torch.zeros(x.size(0), 3, x.size(2))


class WithBuffer(NnTilde):
    """Its rate is a buffer, as RAVE 1 has it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.register_buffer("sampling_rate", torch.tensor(RATE))


class Combined(nn.Module):
    """The real one is behind `_rave`, as combined exports have it."""

    def __init__(self) -> None:
        super().__init__()
        self._rave = WithBuffer()

    def forward(self, x: Tensor) -> Tensor:
        return x


class Wrapped(nn.Module):
    """The real one is behind `model`, as wrappers of plugins have it."""

    def __init__(self) -> None:
        super().__init__()
        self.model = WithRate()

    def forward(self, x: Tensor) -> Tensor:
        return x


class Labelled(WithRate):
    def __init__(self) -> None:
        super().__init__()
        self.decode_input_labels = ["pitch", "body", "air", "dust"]


class NoDecoder(nn.Module):
    """A TorchScript file, and nothing more."""

    def forward(self, x: Tensor) -> Tensor:
        return x


def write_foreign(path: Path, module: nn.Module) -> None:
    """Saved as others save them: no document inside."""
    buffer = io.BytesIO()
    with without_deprecation():
        torch.jit.save(script(module), buffer)
    path.write_bytes(buffer.getvalue())
    with zipfile.ZipFile(path) as archive:
        assert not any(name.endswith("oscvae.json") for name in archive.namelist())
