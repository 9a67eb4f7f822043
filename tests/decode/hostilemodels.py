"""An honest model, and one that tries what TorchScript lets a model try.

What there is: `torch.save` writes a file, `torch.from_file` maps one, to read or to write, and makes it where there is
none; memory and time can be taken without end.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from oscvae.model.document import ModelDocument
from oscvae.model.torchscript import save, script
from parts.small_model import small_document

BANDS, FRAMES = 16, 4


class Honest(nn.Module):
    """Enough of a network to use torch's threads and its compiled code, and an encoder."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.first = nn.Linear(2 + 7 + 12, 256)
        self.convolution = nn.Conv1d(16, 16, 3, padding=1)
        self.last = nn.Linear(256, BANDS * FRAMES)

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        x = torch.relu(self.first(torch.cat([z, octave, semitone], 1)))
        x = torch.relu(self.convolution(x.view(-1, 16, 16))).view(-1, 256)
        return torch.tanh(self.last(x)).view(-1, 16, 4)

    @torch.jit.export
    def encode(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        flat = x.reshape(-1, 64)
        return flat[:, :2] * 2.0, flat[:, 2:4]


class Saves(nn.Module):
    """Writes a file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = str(path)

    def forward(self, x: Tensor) -> Tensor:
        torch.save(x, self.path)
        return x


class Maps(nn.Module):
    """Maps 64 bytes of a file, and writes into them where they are shared: where there is no file, it makes one.

    It answers the first byte, / 256: what is not used would not be done.
    """

    def __init__(self, path: Path, shared: bool) -> None:
        super().__init__()
        self.path = str(path)
        self.shared = shared

    def forward(self, x: Tensor) -> Tensor:
        found = torch.from_file(self.path, self.shared, 64, dtype=torch.uint8)
        if self.shared:
            found.fill_(88)
        return x * 0.0 + found[0].to(torch.float32) / 256.0


class Takes(nn.Module):
    """Takes memory, a GiB at a time."""

    def __init__(self, gib: int) -> None:
        super().__init__()
        self.gib = gib

    def forward(self, x: Tensor) -> Tensor:
        taken = [x]
        for i in range(self.gib):
            taken.append(torch.empty((1 << 28) + i))  # of one size, the compiler would take one for all
        for piece in taken:
            x = x + piece.view(-1)[0] * 0.0
        return x


class Loops(nn.Module):
    """Never comes back."""

    def forward(self, x: Tensor) -> Tensor:
        count = x.size(0)
        while count > 0:
            count += 1 if count < 1000000 else -1
        return x * float(count)


class Hostile(nn.Module):
    """Honest, but where the first latent coordinate is 1, 2 .. it does its first thing, its second .."""

    def __init__(self, things: Sequence[nn.Module]) -> None:
        super().__init__()
        self.things = nn.ModuleList(things)

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        x = torch.full((z.size(0), 16, 4), -0.2)
        for i, thing in enumerate(self.things):
            if float(z[0, 0]) == float(i + 1):
                x = thing(x)
        return x


def write(path: Path, module: nn.Module) -> ModelDocument:
    """A model file, and its document."""
    document = ModelDocument.model_validate(small_document())
    save(script(module), document, path)
    return document
