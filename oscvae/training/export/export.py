"""From a trained network to a model file that the daemon can play."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.errors import ModelError
from oscvae.model.analysis import NoteAnalysis
from oscvae.model.described import Latent, Point
from oscvae.model.document import ModelDocument, ModelDocument2
from oscvae.model.textures import Textures, read_textures
from oscvae.model.torchscript import has_encoder, load, one_hots, save, script, to_frames, verify
from oscvae.training.data.dataset import NoteSet
from oscvae.training.evaluate.metrics import encode_all
from oscvae.training.export.precision import halved

SAME = 1e-5
"""How far the exported file may be from the network that it was made from."""
_RANGE_PERCENTILES = (2.0, 98.0)
_MAX_POINTS = 400
_ROOT_NOTE = 60  # which says nothing of a model whose notes have a pitch
_DIGITS = 4
_GRID_SEED = 1  # only a space of very many corners needs it
_BATCHES = (1, 2, 5, 16)
_ALONE = 1e-4  # between a note in a batch and the same note alone: sums run in another order


@dataclass(frozen=True)
class Card:
    """What a model file says of its origin."""

    name: str
    version: str
    licence: str
    sources: tuple[str, ...]


class Difference(NamedTuple):
    """The largest absolute differences that a check found."""

    decoded: float
    """Of x."""
    encoded: float
    """Of latent means and log variances, relative where they are above 1."""
    alone: float
    """Of x between a note in a batch and the same note alone."""


def describe(
    model: Any, notes: NoteSet, analysis: NoteAnalysis, card: Card, training: dict[str, Any]
) -> ModelDocument2:
    """The document of a trained model; the latent range and the points come from the encoded training notes.

    Its 0 dB is a full-scale sine until `loudness.levelled` has heard the model. Raises ModelError where a latent
    dimension is the same for all of them.
    """
    train = np.flatnonzero(~notes.held_out)
    z = encode_all(model, notes, analysis.first_octave, train)
    low, high = np.percentile(z, _RANGE_PERCENTILES, axis=0)
    written = np.minimum(z.std(axis=0).round(_DIGITS), high.round(_DIGITS) - low.round(_DIGITS))
    if (dead := np.flatnonzero(written <= 0.0)).size:
        named = " and ".join(str(dimension + 1) for dimension in dead)
        raise ModelError(
            f"{card.name}: every sound has the same place on latent dimension {named}: the encoder has not learnt to "
            "use it; train longer, or with fewer dimensions (latent), or with less regulariser.weight"
        )
    return ModelDocument2(
        **dict(analysis.solved()),
        format=2,
        knots=model.knots or None,
        sustain=notes.held.sustain if notes.held is not None else None,
        release_s=notes.held.release_s if notes.held is not None else None,
        pitched=notes.root_note is None,
        root_note=_ROOT_NOTE if notes.root_note is None else notes.root_note,
        name=card.name,
        reference=analysis.n_fft / 4,
        latent=Latent(
            mean=_rounded(z.mean(axis=0)),
            std=_rounded(z.std(axis=0)),
            low=_rounded(low),
            high=_rounded(high),
        ),
        points=tuple(
            Point(z=_rounded(z[at]), note=int(notes.note[train[at]]), label=notes.label(int(train[at])))
            for at in _spread(np.flatnonzero(~notes.altered[train]), _MAX_POINTS)
        ),
        licence=card.licence,
        sources=card.sources,
        version=card.version,
        training=training,
    )


def export(
    model: Any, document: ModelDocument, path: Path, textures: Textures | None = None
) -> tuple[Any, ModelDocument]:
    """Writes the model file, opens it again as the decoder would, and checks it; returns what was opened.

    Of a document that says float16, the model is one whose parameters are rounded already.
    The file appears under its name only after it was found to be good; one that was there stays until then.
    Raises ModelError where it is not what was trained.
    """
    half = isinstance(document, ModelDocument2) and document.weights == "float16"
    with written(path) as unchecked:
        save(script(halved(model) if half else model), document, unchecked, textures)
        module, read = load(unchecked)
        read_textures(unchecked, read)
        verify(module, read)
        check_same(model, module, read)
    return module, read


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """A name to write a model file to, which becomes `path` where nothing is raised, and is removed otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unchecked = path.with_name(f".{path.stem}.unchecked{path.suffix}")
    try:
        yield unchecked
        unchecked.replace(path)
    finally:
        unchecked.unlink(missing_ok=True)


def check_same(model: Any, module: Any, document: ModelDocument) -> Difference:
    """That an opened file decodes and encodes as the network it was made from, at several batch sizes.

    Raises ModelError with the difference.
    """
    rng = np.random.default_rng(1)
    decoded = encoded = alone = 0.0
    model = model.cpu().eval()
    with torch.inference_mode():
        for batch in _BATCHES:
            z = torch.from_numpy(_random_points(document, batch, rng))
            low, high = document.decoded_notes
            notes = rng.integers(low, high + 1, batch).tolist()
            octave, semitone = one_hots(notes, document.first_octave)
            wanted, got = model(z, octave, semitone), module(z, octave, semitone)
            decoded = max(decoded, _largest([wanted], [got], "decodes"))
            alone = max(alone, _largest([got[:1]], [module(z[:1], octave[:1], semitone[:1])], "decodes"))
            if has_encoder(module):
                frames = to_frames(wanted, document)
                pairs = (model.encode(frames, octave, semitone), module.encode(frames, octave, semitone))
                encoded = max(encoded, _largest(*pairs, "encodes"))
    for found, limit, what in (
        (decoded, SAME, "decodes otherwise than the trained network"),
        (encoded, SAME, "encodes otherwise than the trained network"),
        (alone, _ALONE, "decodes a note in a batch otherwise than alone"),
    ):
        if not found <= limit:
            raise ModelError(f"the exported model {what}: by {found:.2g}, at most {limit:g} is right")
    return Difference(decoded, encoded, alone)


def _random_points(document: ModelDocument, count: int, rng: np.random.Generator) -> Float32s:
    latent = document.latent
    points: Float32s = rng.uniform(latent.low, latent.high, (count, document.latent_size)).astype(np.float32)
    return points


def _largest(wanted: Sequence[Any], got: Sequence[Any], what: str) -> float:
    found = 0.0
    for one, other in zip(wanted, got, strict=True):
        if one.shape != other.shape:
            raise ModelError(f"the exported model {what} {list(other.shape)} instead of {list(one.shape)}")
        found = max(found, float(((one - other).abs() / one.abs().clamp(min=1.0)).max()))
    return found


def _spread(rows: NDArray[np.int64], most: int) -> list[int]:
    """At most so many of the rows, evenly."""
    chosen: list[int] = rows[np.linspace(0, rows.size - 1, min(most, rows.size)).round().astype(int)].tolist()
    return chosen


def _rounded(values: NDArray[Any]) -> tuple[float, ...]:
    return tuple(round(float(value), _DIGITS) for value in values)
