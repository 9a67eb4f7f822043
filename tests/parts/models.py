"""Small model files: an honest one, and those that no daemon should have to meet."""

from __future__ import annotations

import io
import json
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from oscvae.model.document import ModelDocument
from oscvae.model.torchscript import save, script
from parts import ROOT
from parts.small_model import long_document

TRAP = 3.0  # a first latent coordinate above it springs the trap of a model that behaves until then


class Honest(nn.Module):
    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return torch.full((z.size(0), 64, 2000), -0.2) + 0.01 * z[:, :1, None]


class WrongShape(nn.Module):
    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return torch.zeros(z.size(0), 64, 1999)


class NoTensor(nn.Module):
    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        return z, z


class Complex(nn.Module):
    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return torch.complex(torch.zeros(z.size(0), 64, 2000), torch.zeros(z.size(0), 64, 2000))


class NotFinite(nn.Module):
    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return torch.full((z.size(0), 64, 2000), -0.2) * float("nan")


class Raises(nn.Module):
    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        if z.size(0) > 0:
            raise ValueError("not today")
        return z


class OtherArguments(nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return torch.zeros(z.size(0), 64, 2000)


class Gluttonous(nn.Module):
    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return torch.zeros(z.size(0), 64, 2000) + torch.zeros(1 << 50).sum()


class Endless(nn.Module):
    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        count = z.size(0)
        while count > 0:
            count += 1 if count < 1000000 else -1
        return torch.zeros(count, 64, 2000)


class BadEncoder(nn.Module):
    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return torch.full((z.size(0), 64, 2000), -0.2)

    @torch.jit.export
    def encode(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        return x[:, :3, 0], x[:, :3, 1]


class SlowEncoder(nn.Module):
    """Honest, but it thinks for long of what it is to encode."""

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return torch.full((z.size(0), 64, 2000), -0.2)

    @torch.jit.export
    def encode(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        count = x.size(0)
        while count < 10000000:
            count += 1 + int(x.size(0) > 1000)
        return x[:, :2, 0] * float(count), x[:, :2, 1]


class EndlessEncoder(nn.Module):
    """Honest, but of what is no constant it never stops thinking."""

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return torch.full((z.size(0), 64, 2000), -0.2)

    @torch.jit.export
    def encode(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        count = int((x != x[:, :1, :1]).any())
        while count > 0:
            count += 1 if count < 1000000 else -1
        return x[:, :2, 0], x[:, :2, 1]


class Trap(nn.Module):
    """Honest, until somebody plays where it is not: then NaN, an exception, another shape, or an endless loop."""

    def __init__(self, kind: int) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        x = torch.full((z.size(0), 64, 2000), -0.2)
        if bool((z[:, 0] > 3.0).any()):
            if self.kind == 0:
                return x * float("inf") * 0.0
            if self.kind == 1:
                raise ValueError("not here")
            if self.kind == 2:
                return x[:, :, :7]
            count = 1
            while count > 0:
                count += 1 if count < 1000000 else -1
            return x * float(count)
        return x


NAN, RAISE, SHAPE, LOOP = range(4)


def write(path: Path, module: nn.Module, **changes: Any) -> None:
    """A model file whose document is as it should be, but for `changes`."""
    save(script(module), ModelDocument.model_validate(long_document(**changes)), path)


def write_raw(path: Path, module: nn.Module, text: str | None) -> None:
    """Likewise, with any text as its document, or none."""
    path.write_bytes(_archive(module, {} if text is None else {"oscvae.json": text}))


def _archive(module: nn.Module, files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(script(module), buffer, _extra_files=files)
    return buffer.getvalue()


def _foreign_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("word/document.xml", "<w/>" * 1000)


def _document_only(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/extra/oscvae.json", json.dumps(long_document()))


def _lacking(path: Path) -> None:
    said = long_document()
    del said["reference"]
    write_raw(path, Honest(), json.dumps(said))


def _pickled(path: Path) -> None:
    torch.save({"weights": torch.zeros(4)}, path)


def _truncated(path: Path) -> None:
    data = (ROOT / "models" / "plucked.ts").read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _damaged(path: Path) -> None:
    """The directory at the end is whole, the code inside is not."""
    data = bytearray(_archive(Honest(), {"oscvae.json": json.dumps(long_document())}))
    at = data.find(b"def forward")
    if at < 0:  # compressed
        at = len(data) // 3
    data[at : at + 11] = b"\xff" * 11
    path.write_bytes(bytes(data))


# name: how the file is made, and what the /fail must speak of
REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (lambda path: path.write_bytes(b"") and None, "not a model file"),
    "noise": (lambda path: path.write_bytes(bytes(range(256)) * 64) and None, "not a model file"),
    "truncated": (_truncated, "truncated or damaged"),
    "foreign": (_foreign_zip, "holds no oscvae.json"),
    "pickled": (_pickled, "holds no oscvae.json"),
    "metadata-less": (lambda path: write_raw(path, Honest(), None), "holds no oscvae.json"),
    "no JSON": (lambda path: write_raw(path, Honest(), "{"), "not JSON"),
    "a list": (lambda path: write_raw(path, Honest(), "[]"), "one JSON object"),
    "other format": (
        lambda path: write_raw(path, Honest(), json.dumps(long_document(format=3))),
        "this version reads formats 1 and 2",
    ),
    "lacking": (_lacking, "lacks the key 'reference'"),
    "deep": (lambda path: write_raw(path, Honest(), '{"format": 1, "training": ' + '{"a":' * 100_000), "JSON"),
    "huge document": (
        lambda path: write_raw(path, Honest(), json.dumps(long_document(training={"x": "y" * (5 << 20)}))),
        "larger than",
    ),
    "huge notes": (
        lambda path: write_raw(
            path,
            Honest(),
            json.dumps(
                long_document(frames=4096, n_fft=8192, hop=2048) | {"bands": {"kind": "linear", "n": 4097, "corner": 0}}
            ),
        ),
        "more than",
    ),
    "a folder": (lambda path: path.mkdir(), "not a file"),
    "a link out": (lambda path: path.symlink_to("/etc/passwd"), "leads out"),
    "document only": (_document_only, "TorchScript cannot load it"),
    "damaged": (_damaged, "damaged"),
    "wrong shape": (lambda path: write(path, WrongShape()), "shape"),
    "no tensor": (lambda path: write(path, NoTensor()), "forward is no tensor but tuple"),
    "complex": (lambda path: write(path, Complex()), "complex"),
    "not finite": (lambda path: write(path, NotFinite()), "not finite"),
    "raising": (lambda path: write(path, Raises()), "fails to run: 'builtins.ValueError: not today"),
    "other arguments": (lambda path: write(path, OtherArguments()), "fails to run"),
    "gluttonous": (lambda path: write(path, Gluttonous()), "memory"),
}


def furnish(folder: Path) -> None:
    """The shipped model and an honest small one."""
    shutil.copy(ROOT / "models" / "plucked.ts", folder / "plucked.ts")
    write(folder / "honest.ts", Honest())
