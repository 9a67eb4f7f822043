"""A small model whose notes can be held: a short attack, a region of 0.8 s whose level sways, and a recorded end.

In the region each of the first bands sways at a speed of its own, so that how it is read can be told from the sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from oscvae.model.document import ModelDocument2
from oscvae.model.textures import GROUPS, PARTIALS, Textures, make_textures, quantised
from oscvae.model.torchscript import save, script
from parts.small_model import long_document

BANDS, FRAMES = 64, 320
FIRST, LAST = 30, 180
RATE, HOP, ONSET = 48_000, 256, 512
LOUD, ENDED = 0.2, -1.0
PASSED_S = (LAST * HOP - ONSET) / RATE
"""From the onset to the last frame of the region."""
WHOLE_S = (1024 + (FRAMES - 1) * HOP - ONSET) / RATE


def sustaining_document(**changes: Any) -> ModelDocument2:
    own = {"format": 2, "name": "sustaining", "frames": FRAMES, "onset_sample": ONSET, "sustain": [FIRST, LAST]}
    return ModelDocument2.model_validate(long_document(**{**own, **changes}))


class Sustaining(nn.Module):
    """z moves the level."""

    def __init__(self) -> None:
        super().__init__()
        frame, band = torch.arange(FRAMES, dtype=torch.float32)[None], torch.arange(BANDS)[:, None]
        x = LOUD + 0.1 * torch.sin(frame * (0.02 + 0.01 * band)) - band / BANDS
        x = x * (frame >= 2) + ENDED * (frame < 2)
        fall = ((frame - LAST) / (FRAMES - 1 - LAST)).clamp(0.0, 1.0)
        self.register_buffer("x", x * (1.0 - fall) + ENDED * fall)

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return (self.x[None] + 0.1 * z[:, :1, None]).clamp(-1.0, 1.0)


def write_sustaining(path: Path, textures: Textures | None = None, **changes: Any) -> None:
    if textures is not None:
        changes["texture_rows"] = textures.head.frames
    save(script(Sustaining()), sustaining_document(**changes), path, textures)


def swaying_textures(db: float = 12.0, period: float = 9.0, plain: Sequence[tuple[float, ...]] = ()) -> Textures:
    """One texture at z = (0, 0), MIDI note 60, in which all partials and groups sway alike, so many frames a period."""
    sway = db * np.sin(2.0 * np.pi * np.arange(LAST - FIRST + 1) / period)
    columns = np.repeat(sway[:, None], PARTIALS + GROUPS, axis=1).astype(np.float32)
    return make_textures([((0.0, 0.0), 60)], [quantised(columns)], list(plain))
