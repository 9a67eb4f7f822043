"""From a trained network to a model file that the daemon can play."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from oscvae.modelfile import FORMAT, Bands, Latent, ModelDocument, Point
from oscvae.torchscript import load, save, script, verify
from oscvae.training.dataset import NoteSet, Recipe
from oscvae.training.fit import Plan
from oscvae.training.metrics import encode_all
from oscvae.training.network import NoteModel, Shape
from oscvae.training.sound import Renderer

Float32s = NDArray[np.float32]

REFERENCE_PEAK = 0.9
REFERENCE_PERCENTILE = 95.0
_RANGE_PERCENTILES = (2.0, 98.0)
_MAX_POINTS = 400
_DIGITS = 4


@dataclass(frozen=True)
class Card:
    """What a model file says of its origin."""

    name: str
    version: str
    licence: str
    sources: tuple[str, ...]


def measure_reference(notes: NoteSet, recipe: Recipe) -> float:
    """The linear magnitude of 0 dB at which 95 % of the training notes peak at 0.9 or less after reconstruction."""
    renderer = Renderer(recipe.axis(), recipe.n_fft, recipe.hop, recipe.floor_db, recipe.ceiling_db)
    peaks = [np.abs(renderer.sound(x, 1.0)).max() for x in notes.x[~notes.held_out]]
    return float(REFERENCE_PEAK / np.percentile(peaks, REFERENCE_PERCENTILE))


def make_document(
    model: Any, notes: NoteSet, recipe: Recipe, shape: Shape, plan: Plan, card: Card, reference: float
) -> ModelDocument:
    """The document of a trained model; the latent range and the points come from the encoded training notes."""
    z = encode_all(model, notes, recipe.first_octave)
    train = np.flatnonzero(~notes.held_out)
    axis = recipe.axis()
    low, high = np.percentile(z[train], _RANGE_PERCENTILES, axis=0)
    shown = train[np.linspace(0, train.size - 1, min(_MAX_POINTS, train.size)).round().astype(int)]
    return ModelDocument(
        format=FORMAT,
        name=card.name,
        sample_rate=recipe.sample_rate,
        n_fft=recipe.n_fft,
        hop=recipe.hop,
        window="hann",
        bands=Bands(kind=axis.kind, n=axis.n_bands, corner=axis.corner),
        floor_db=recipe.floor_db,
        ceiling_db=recipe.ceiling_db,
        frames=recipe.frames,
        onset_sample=recipe.onset_sample,
        reference=round(reference, _DIGITS),
        note_min=recipe.note_min,
        note_max=recipe.note_max,
        first_octave=recipe.first_octave,
        latent=Latent(
            mean=_rounded(z[train].mean(axis=0)),
            std=_rounded(z[train].std(axis=0)),
            low=_rounded(low),
            high=_rounded(high),
        ),
        points=tuple(
            Point(z=_rounded(z[index]), note=int(notes.note[index]), label=notes.label(index)) for index in shown
        ),
        licence=card.licence,
        sources=card.sources,
        version=card.version,
        training={
            "notes": int(train.size),
            "held_out": int(notes.held_out.sum()),
            "plan": asdict(plan),
            "network": asdict(shape),
            "torch": str(torch.__version__),
            "python": platform.python_version(),
        },
    )


def export(model: NoteModel, document: ModelDocument, path: Path) -> tuple[Any, ModelDocument]:
    """Writes the model file, opens it again as the decoder would, and checks it; returns what was opened."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save(script(model), document, path)
    module, read = load(path)
    verify(module, read)
    return module, read


def _rounded(values: NDArray[Any]) -> tuple[float, ...]:
    return tuple(round(float(value), _DIGITS) for value in values)
