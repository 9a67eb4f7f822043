"""Saving and loading model files, with networks that keep their word and networks that do not."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from oscvae.errors import ModelError
from oscvae.model.document import ModelDocument, read_document
from oscvae.model.torchscript import has_encoder, load, one_hots, save, script, verify
from parts.small_model import small_document


class Good(nn.Module):
    def __init__(self, bands: int = 16, frames: int = 4, fill: float = 0.25) -> None:
        super().__init__()
        self.bands, self.frames, self.fill = bands, frames, fill

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return torch.full((z.size(0), self.bands, self.frames), self.fill)

    @torch.jit.export
    def encode(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        return x[:, :2, 0], x[:, :2, 1]


class NoEncoder(nn.Module):
    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return torch.zeros(z.size(0), 16, 4)


class Raises(nn.Module):
    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        return z @ octave


@pytest.fixture
def document() -> ModelDocument:
    return ModelDocument.model_validate(small_document())


def stored(module: Any, document: ModelDocument, path: Path) -> tuple[Any, ModelDocument]:
    save(script(module), document, path)
    return load(path)


def test_what_is_saved_is_loaded(tmp_path: Path, document: ModelDocument) -> None:
    module, read = stored(Good(), document, tmp_path / "good.ts")
    assert read == document == read_document(tmp_path / "good.ts")
    verify(module, read)
    assert has_encoder(module)
    x = module(torch.zeros(3, 2), *one_hots([48, 60, 72], 3))
    assert x.shape == (3, 16, 4)
    assert [path.name for path in tmp_path.iterdir()] == ["good.ts"]


def test_the_encoder_is_optional(tmp_path: Path, document: ModelDocument) -> None:
    module, read = stored(NoEncoder(), document, tmp_path / "a.ts")
    verify(module, read)
    assert not has_encoder(module)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (Good(bands=17), "shape"),
        (Good(frames=5), "shape"),
        (Good(fill=float("nan")), "finite"),
        (Raises(), "fails to run"),
    ],
)
def test_a_network_that_disagrees_with_its_document_is_refused(
    tmp_path: Path, document: ModelDocument, module: nn.Module, message: str
) -> None:
    loaded, read = stored(module, document, tmp_path / "a.ts")
    with pytest.raises(ModelError, match=message):
        verify(loaded, read)


def test_files_that_are_not_models_are_refused(tmp_path: Path, document: ModelDocument) -> None:
    save(script(Good()), document, tmp_path / "good.ts")
    whole = (tmp_path / "good.ts").read_bytes()
    (tmp_path / "truncated.ts").write_bytes(whole[: len(whole) // 2])
    script(Good()).save(str(tmp_path / "bare.ts"))
    torch.save({"weights": torch.zeros(3)}, tmp_path / "weights.ts")
    for name, message in [
        ("truncated", "truncated"),
        ("bare", "no oscvae"),
        ("weights", "no oscvae"),
        ("none", "no such"),
    ]:
        with pytest.raises(ModelError, match=message):
            load(tmp_path / f"{name}.ts")


def test_a_document_without_a_network_is_refused(tmp_path: Path, document: ModelDocument) -> None:
    buffer = io.BytesIO()
    torch.save({"weights": torch.zeros(3)}, buffer)
    path = tmp_path / "a.ts"
    path.write_bytes(buffer.getvalue())
    import zipfile

    with zipfile.ZipFile(path, "a") as file:
        file.writestr("archive/extra/oscvae.json", document.model_dump_json())
    with pytest.raises(ModelError, match="TorchScript cannot load"):
        load(path)


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, document: ModelDocument) -> None:
    path = tmp_path / "folder.ts"
    path.mkdir()
    with pytest.raises(ModelError, match="cannot be written"):
        save(script(Good()), document, path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.ts"]


def test_one_hots_follow_midi() -> None:
    octave, semitone = one_hots([24, 61, 107], first_octave=2)
    assert octave.shape == (3, 7)
    assert semitone.shape == (3, 12)
    assert octave.argmax(1).tolist() == [0, 3, 6]
    assert semitone.argmax(1).tolist() == [0, 1, 11]
    assert octave.sum(1).tolist() == semitone.sum(1).tolist() == [1.0, 1.0, 1.0]
    for note in (23, 108):
        with pytest.raises(ModelError, match=f"note {note}"):
            one_hots([note], first_octave=2)
