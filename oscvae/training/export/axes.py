"""The dimensions of a model in the order of how much they change, each the way in which it says more of something.

A network numbers its dimensions by chance and turns them as it likes, so two runs on the same data have other faders.
An exported model has them by the log-spectral distance that two standard deviations make, the largest first. Where one
of a few words of sound goes with a dimension, and no other nearly as well, that is its label, and it rises with it; all
others rise with brightness, or where that does not change, with the first weight of the decoder.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from oscvae.arrays import Float32s, Float64s
from oscvae.model.described import Latent
from oscvae.model.document import ModelDocument, ModelDocument2
from oscvae.training.evaluate.latent import measure_changes, rank_correlation
from oscvae.training.evaluate.listening import listen_to_points
from oscvae.training.evaluate.subject import Subject
from oscvae.training.evaluate.summary import Track, quietly
from oscvae.units import note_to_hz

WORDS = ("brightness", "low end", "damping", "metallic", "attack", "noise")
"""brightness: the spectral centroid. low end: the share of what lies below 1.5 times the fundamental. damping: how fast
it fades. metallic: inharmonicity. attack: how long it takes to rise. noise: against the partials."""
LABELLED = 0.6
"""The rank correlation that makes a word a label .."""
APART = 0.2
""".. and by how much it must be above the next word's."""
_SIGNED = 0.3
_POINTS = 60
_NOTES = 3
_SEED = 1
_LOW_END = 1.5
_TINY = 1e-12


@dataclass(frozen=True)
class Axes:
    """What becomes of D dimensions: new one i is signs[i] times the old one order[i]."""

    order: tuple[int, ...]
    signs: tuple[int, ...]
    labels: tuple[str, ...]
    """Of the new ones, one of `WORDS` or z and its number; none where no word fits any."""
    change_db: tuple[float, ...]
    """Of the new ones: log-spectral distance from a standard deviation below to one above."""

    def record(self) -> dict[str, Any]:
        """For the training record, dimensions counted from 1."""
        return {
            "order": [old + 1 for old in self.order],
            "signs": list(self.signs),
            "change_db": [round(change, 2) for change in self.change_db],
        }


def measure_axes(
    model: Any, document: ModelDocument, first_weights: Float32s, track: Track = quietly, parted: int = 0
) -> Axes:
    """Of a model as it was trained; first_weights [D] are those that read z first. parted: the first so many dimensions
    stay before the rest."""
    subject, rng = Subject(model, document), np.random.default_rng(_SEED)
    change_db = measure_changes(subject, rng)
    order = np.lexsort((-change_db, np.arange(change_db.size) >= parted))
    rho = _correlations(subject, rng, track)[:, order]
    words = choose_words(rho)
    signs = []
    for new, old in enumerate(order):
        leads = rho[0 if words[new] is None else words[new], new]
        signs.append(1 if (leads if abs(leads) >= _SIGNED else first_weights[old]) >= 0.0 else -1)
    labels = tuple(f"z{new + 1}" if word is None else WORDS[word] for new, word in enumerate(words))
    return Axes(
        order=tuple(order.tolist()),
        signs=tuple(signs),
        labels=labels if any(word is not None for word in words) else (),
        change_db=tuple(change_db[order].tolist()),
    )


def choose_words(rho: Float64s) -> list[int | None]:
    """The word of each dimension, or none, from the correlations [words, D]; the surest has the first choice."""
    size = np.abs(rho)
    chosen: list[int | None] = [None] * rho.shape[1]
    for dimension in np.argsort(-size.max(axis=0), kind="stable").tolist():
        first, second = np.argsort(-size[:, dimension], kind="stable")[:2].tolist()
        clear = size[first, dimension] >= LABELLED and size[first, dimension] - size[second, dimension] >= APART
        if clear and first not in chosen:
            chosen[dimension] = first
    return chosen


def turned(model: Any, axes: Axes) -> Any:
    """A copy of a network with its dimensions so; what it can decode and encode is the same."""
    made = copy.deepcopy(model)
    with torch.no_grad():
        made.decoder.turn(list(axes.order), torch.tensor(axes.signs, dtype=torch.float32))
        made.encoder.turn(list(axes.order), torch.tensor(axes.signs, dtype=torch.float32))
    return made


def turned_document(document: ModelDocument2, axes: Axes) -> ModelDocument2:
    """Its document: range and points in the new dimensions, and their labels."""
    order, signs = list(axes.order), np.array(axes.signs)
    latent = document.latent

    def turn(values: tuple[float, ...]) -> tuple[float, ...]:
        return tuple((signs * np.array(values)[order]).tolist())

    low, high = turn(latent.low), turn(latent.high)
    return document.model_copy(
        update={
            "latent": Latent(
                mean=turn(latent.mean),
                std=tuple(np.array(latent.std)[order].tolist()),
                low=tuple(map(min, low, high)),
                high=tuple(map(max, low, high)),
            ),
            "points": tuple(point.model_copy(update={"z": turn(point.z)}) for point in document.points),
            "labels": axes.labels,
            "training": {**document.training, "axes": axes.record()},
        }
    )


def _correlations(subject: Subject, rng: np.random.Generator, track: Track) -> Float64s:
    """[words, D], rank correlations over random points at one note at a time, mean over the notes."""
    document = subject.document
    places = np.linspace(*document.decoded_notes, _NOTES + 2)[1:-1].round().astype(int).tolist()
    z = subject.random_points(_POINTS, rng)
    found = []
    for note in places:
        heard = listen_to_points(subject, z, [note] * len(z), f"words at {note}", track)
        said = {
            "brightness": heard["brightness_hz"],
            "low end": _low_end(subject.decode(z, [note] * len(z)), document, note_to_hz(float(note))),
            "damping": -heard["decay_s"],
            "metallic": heard["stiffness"],
            "attack": heard["attack_s"],
            "noise": -heard["hnr_db"],
        }
        found.append([[rank_correlation(z[:, d], said[word]) for d in range(z.shape[1])] for word in WORDS])
    mean: Float64s = np.array(found).mean(axis=0)
    return mean


def _low_end(x: Float32s, document: ModelDocument, f0_hz: float) -> Float64s:
    """Of notes [N, bands, frames]: the share of their power below 1.5 times the fundamental, 0 to 1."""
    axis = document.band_axis()
    power = 10.0 ** (0.1 * (document.floor_db + (x.astype(np.float64) + 1.0) * 0.5 * document.range_db))
    power = np.where(x > -1.0, power, 0.0).sum(axis=2) * axis.width()
    low = axis.centre * document.sample_rate / document.n_fft < _LOW_END * f0_hz
    share: Float64s = power[:, low].sum(axis=1) / np.maximum(power.sum(axis=1), _TINY)
    return share
