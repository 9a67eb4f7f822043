"""How a study is run: small or whole, on which data, from which seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from oscvae.training.evaluate.summary import Track, quietly


@dataclass(frozen=True)
class Setting:
    """small: under a minute, for a first look. data: a folder of one's own, where the study takes one."""

    out: Path
    small: bool = False
    data: Path | None = None
    seed: int = 1
    track: Track = field(default=quietly)
