"""A small model for tests of loudness: one band that rings, its level set by z."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from oscvae.model.document import ModelDocument
from parts.small_model import small_document


def ringing_document(
    reference: float = 10.5, notes: Iterable[int] = (60, 62, 64), floor_db: float = -80.0
) -> ModelDocument:
    """Half a second at 16 kHz, 65 linear bands."""
    changed = {
        "name": "ringing",
        "bands": {"kind": "linear", "n": 65, "corner": 0},
        "frames": 128,
        "reference": reference,
        "floor_db": floor_db,
        "points": [{"z": [0.0, 0.5], "note": note, "label": f"note {note}"} for note in notes],
    }
    return ModelDocument.model_validate(small_document() | changed)


class Ringing(nn.Module):
    """Plays; it cannot encode."""

    def __init__(self, document: ModelDocument) -> None:
        super().__init__()
        x = torch.full((document.bands.n, document.frames), -1.0)
        begin = document.onset_sample // document.hop
        x[20, begin:] = 0.5 - torch.arange(document.frames - begin) / (2.0 * document.frames)
        self.x = nn.Parameter(x)

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return (self.x + 0.01 * z[:, :1, None]).clamp(-1.0, 1.0)
