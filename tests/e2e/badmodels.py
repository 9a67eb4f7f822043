"""Model files that must not be played, each with a part of what the daemon is to say about it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch
from modeldocument import small_document
from support import ROOT
from torch import Tensor, nn

from oscvae.model.document import DOCUMENT_NAME, parse_document
from oscvae.model.torchscript import save, script

GOOD = ROOT / "models" / "plucked.ts"


def _broken(path: Path) -> str:
    path.write_bytes(bytes(range(256)) * 40)
    return "not a model file"


def _empty(path: Path) -> str:
    path.write_bytes(b"")
    return "not a model file"


def _truncated(path: Path) -> str:
    path.write_bytes(GOOD.read_bytes()[:100_000])
    return "truncated or damaged"


def _is_document(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.endswith(f"/extra/{DOCUMENT_NAME}")


def _rewritten(path: Path, change: Callable[[bytes], bytes | None]) -> None:
    """The shipped model with another document, or none."""
    with zipfile.ZipFile(GOOD) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        for entry in source.infolist():
            data = change(source.read(entry)) if _is_document(entry) else source.read(entry)
            if data is not None:
                target.writestr(entry, data)


def _foreign(path: Path) -> str:
    """Somebody else's TorchScript."""
    _rewritten(path, lambda document: None)
    return "holds no oscvae.json"


def _lacking(path: Path) -> str:
    _rewritten(path, lambda document: document.replace(b'"reference"', b'"refference"'))
    return "lacks the key 'reference'"


def _newer(path: Path) -> str:
    _rewritten(path, lambda document: document.replace(b'"format":1,', b'"format":2,'))
    return "this version reads format 1"


class _Nan(nn.Module):
    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return torch.full([z.size(0), 16, 4], float("nan"))


class _Trap(nn.Module):
    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return torch.full([z.size(0), 16, 4], -0.2) + 0.0 * torch.log(1.0 - z[:, :1]).unsqueeze(2)


def _save_small(module: nn.Module, path: Path) -> None:
    """As a model of 2 latents, 16 bands, 4 frames."""
    save(script(module), parse_document(json.dumps(small_document()), "the test's document"), path)


def _nan(path: Path) -> str:
    _save_small(_Nan(), path)
    return "not finite"


MAKERS: dict[str, Callable[[Path], str]] = {
    "broken": _broken,
    "empty": _empty,
    "truncated": _truncated,
    "foreign": _foreign,
    "lacking": _lacking,
    "newer": _newer,
    "nan": _nan,
}


def make(name: str, folder: Path) -> str:
    """Put a bad model into a folder; returns a part of what is to be said about it."""
    return MAKERS[name](folder / f"{name}.ts")


def trap(folder: Path) -> None:
    """Put `trap` into a folder: a small model that answers no number where its first latent is above 1."""
    _save_small(_Trap(), folder / "trap.ts")
