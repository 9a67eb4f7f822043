"""The one module that saves and loads TorchScript, and speaks a model's conditioning.

TorchScript is deprecated upstream; when the format changes, it changes here. torch is imported inside the functions,
because the daemon imports the package and must never import torch. A TorchScript file is code: load only what was put
into the model folder on purpose.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oscvae.errors import ModelError
from oscvae.model import nn_tilde
from oscvae.model.analysis import N_OCTAVES, N_SEMITONES
from oscvae.model.document import (
    DOCUMENT_NAME,
    AnyDocument,
    ModelDocument,
    ModelDocument2,
    SamplesDocument,
    read_any_document,
    read_document,
)
from oscvae.model.frames import FramesDocument
from oscvae.model.textures import TEXTURES_NAME, Textures


def script(module: Any) -> Any:
    """The TorchScript of a network in evaluation mode, on the CPU.

    Its weights stay parameters, so that the file plays on any device; `load` freezes them for the one it lands on.
    """
    import torch

    with without_deprecation():
        return torch.jit.script(module.cpu().eval())


def save(module: Any, document: AnyDocument, path: Path, textures: Textures | None = None) -> None:
    """Writes a scripted module, its document and its textures, if it has any, as a model file: all of it, or nothing.

    Saved through memory, so that the archive inside has the same name wherever the file lies.
    Raises ModelError where the disk refuses.
    """
    import torch

    buffer = io.BytesIO()
    extra: dict[str, str | bytes] = {DOCUMENT_NAME: document.model_dump_json()}
    if textures is not None:
        extra[TEXTURES_NAME] = textures.to_bytes()
    with without_deprecation():
        torch.jit.save(module, buffer, _extra_files=extra)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ModelError(f"{path}: cannot be written: {error}") from error


def load(path: Path, device: str = "cpu") -> tuple[Any, ModelDocument]:
    """The module on `device` ("cpu", "cuda", "cuda:0"), in evaluation mode and frozen, and its checked document.

    Frozen, the first decode of a process takes 5 ms instead of 35, and each batch size is at full speed from its second
    call on. Raises ModelError for a file that is missing, broken, foreign, or no TorchScript. That a module keeps its
    word is only known after `verify`.
    """
    document = read_document(path)
    module = _opened(path, device)
    if isinstance(document, ModelDocument2) and document.weights != "float32":
        module = module.float()
    return _checked_frozen(path, module), document


def load_apart(path: Path, device: str = "cpu") -> tuple[Any, Any, ModelDocument]:
    """As `load`, but frozen as far as it decodes only, and the whole of it, which encodes, as it is: half of the time,
    most of which a decoder that is never asked to encode has for nothing."""
    document = read_document(path)
    module = _opened(path, device)
    if isinstance(document, ModelDocument2) and document.weights != "float32":
        module = module.float()
    return _checked_frozen(path, module, encoder=False), module, document


def _checked_frozen(path: Path, module: Any, *, encoder: bool = True) -> Any:
    try:
        return _frozen(module.eval(), encoder=encoder)
    except (RuntimeError, ValueError) as error:
        raise _unloadable(path, error) from error


def load_stream(path: Path, device: str = "cpu") -> tuple[Any, FramesDocument | SamplesDocument]:
    """As `load`, of a model whose voices are endless. One of samples is not frozen: its memory is its own."""
    document = read_any_document(path)
    if isinstance(document, ModelDocument):
        raise ModelError(f"{path}: decodes whole notes, not a stream")
    module = _opened(path, device)
    if document.weights != "float32":
        module = module.float()
    if isinstance(document, SamplesDocument):
        return module.eval(), document
    return _checked_frozen(path, module), document


def load_nn_tilde(path: Path, device: str, rate: int) -> tuple[Any, dict[str, Any]]:
    """The part of an nn~ model that decodes, on `device`, and its document's JSON (`nn_tilde`).

    rate: Hz, where the model does not say its own. Raises ModelError.
    """
    module = _opened(path, device).eval()
    try:
        return nn_tilde.decoding_part(module), nn_tilde.derive(module, path.stem, rate)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def verify_stream(module: Any, document: FramesDocument | SamplesDocument, device: str = "cpu") -> None:
    """Decodes a chunk at the latent mean; raises ModelError if the module disagrees with its document in shape, or
    answers anything but finite numbers."""
    import torch

    rows, numbers = document.block_shape
    mean = torch.tensor(document.latent.mean, dtype=torch.float32, device=device)[None, :, None]
    try:
        with torch.inference_mode():
            if isinstance(document, SamplesDocument):
                x = module.decode(mean.repeat(1, 1, rows // document.ratio))
                _check("decode", x, (1, document.channels, rows))
            else:
                x = module(mean.repeat(1, 1, rows))
                _check("forward", x, (1, numbers, rows))
                if has_encoder(module):
                    at_mean, log_variance = module.encode(x)
                    _check("encode's mean", at_mean, (1, document.latent_size, rows))
                    _check("encode's log variance", log_variance, (1, document.latent_size, rows))
    except ModelError:
        raise
    except Exception as error:  # a model's code may raise anything; torch.jit.Error is no RuntimeError
        reason = str(error).strip().splitlines()
        raise ModelError(f"model {document.name!r} fails to run: {reason[-1] if reason else error!r}") from error


def parameters(path: Path) -> dict[str, Any]:
    """The parameters of a model file by name, float32, on the CPU. Raises ModelError where it cannot be loaded."""
    return {name: value.detach().float() for name, value in _opened(path, "cpu").named_parameters()}


def _opened(path: Path, device: str) -> Any:
    import torch

    try:
        with without_deprecation():
            return torch.jit.load(str(path), map_location=torch.device(device))
    except (RuntimeError, ValueError, OSError) as error:
        raise _unloadable(path, error) from error


def _unloadable(path: Path, error: Exception) -> ModelError:
    reason = str(error).strip().splitlines()
    return ModelError(f"{path}: TorchScript cannot load it: {reason[0] if reason else error!r}")


def has_encoder(module: Any) -> bool:
    """Whether the model can also encode sounds."""
    return callable(getattr(module, "encode", None))


def verify(module: Any, document: ModelDocument, device: str = "cpu") -> None:
    """Decodes one note at the latent mean, and encodes it where the model can; raises ModelError if it disagrees with
    its document in shape, or answers anything but finite numbers."""
    import torch

    z = torch.tensor([document.latent.mean], dtype=torch.float32, device=device)
    octave, semitone = one_hots([document.decoded_note(document.note_min)], document.first_octave, device)
    try:
        with torch.inference_mode():
            x = module(z, octave, semitone)
            _check("forward", x, (1, document.bands.n, len(document.rows)))
            if has_encoder(module):
                mean, log_variance = module.encode(to_frames(x, document), octave, semitone)
                check_encoded(mean, log_variance, document)
    except ModelError:
        raise
    except Exception as error:  # a model's code may raise anything; torch.jit.Error is no RuntimeError
        reason = str(error).strip().splitlines()
        raise ModelError(f"model {document.name!r} fails to run: {reason[-1] if reason else error!r}") from error


def check_encoded(mean: Any, log_variance: Any, document: ModelDocument) -> None:
    """Raises ModelError unless this is what a model answers that encodes one note."""
    _check("encode's mean", mean, (1, document.latent_size))
    _check("encode's log variance", log_variance, (1, document.latent_size))


def to_frames(x: Any, document: ModelDocument) -> Any:
    """All frames [B, bands, frames] of what `forward` returned, which has knots where the document does."""
    if document.has_all_frames:
        return x
    import torch

    return x @ torch.from_numpy(document.spread()).to(x.device)


def one_hots(notes: Sequence[int], first_octave: int, device: str = "cpu") -> tuple[Any, Any]:
    """MIDI notes [B] as one-hot octave [B, 7] and semitone [B, 12], float32, C = 0.

    Raises ModelError for a note outside the octaves that the model knows.
    """
    import torch

    octave = torch.zeros(len(notes), N_OCTAVES)
    semitone = torch.zeros(len(notes), N_SEMITONES)
    for row, note in enumerate(notes):
        column = note // N_SEMITONES - first_octave
        if not 0 <= column < N_OCTAVES:
            raise ModelError(
                f"note {note} is outside the {N_OCTAVES} octaves from MIDI note {first_octave * N_SEMITONES}"
            )
        octave[row, column] = 1.0
        semitone[row, note % N_SEMITONES] = 1.0
    return octave.to(device), semitone.to(device)


def _frozen(module: Any, *, encoder: bool = True) -> Any:
    import torch

    try:
        with without_deprecation():
            return torch.jit.freeze(module, preserved_attrs=["encode"] if encoder and has_encoder(module) else [])
    except RuntimeError:  # a foreign module may do what freezing forbids, and still plays
        return module


@contextmanager
def without_deprecation() -> Iterator[None]:
    """Nothing is said of TorchScript's end, which is known here."""
    with warnings.catch_warnings():
        for category in (DeprecationWarning, FutureWarning):
            warnings.filterwarnings("ignore", r".*torch\.jit", category)
        yield


def _check(what: str, tensor: Any, shape: tuple[int, ...]) -> None:
    import torch

    if not isinstance(tensor, torch.Tensor):
        raise ModelError(f"{what} is no tensor but {type(tensor).__name__}")
    if not tensor.is_floating_point():
        raise ModelError(f"{what} is of {tensor.dtype}, it must be floating point")
    if tuple(tensor.shape) != shape:
        raise ModelError(f"{what} has the shape {list(tensor.shape)}, its document says {list(shape)}")
    if not bool(tensor.isfinite().all()):
        raise ModelError(f"{what} holds numbers that are not finite")
