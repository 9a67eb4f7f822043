"""What a model of sounds and effects says of both: where each effect lies, and points that show them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from oscvae.arrays import Float64s
from oscvae.model.described import Latent, Point
from oscvae.model.document import ModelDocument2
from oscvae.model.torchscript import one_hots
from oscvae.training.config import TrainConfig
from oscvae.training.data.dataset import NoteSet
from oscvae.training.effects.bank import BANK
from oscvae.training.effects.pairs import Pairs, unseen_effects

PADS = ("sound", "effect")
RECORD = "effects"
"""The key of the training record that holds the bank and its places."""
_HEARD = 48
"""Sounds that an effect which was never trained on is placed by."""
_MARGIN = 0.05
"""Of the span of the effects' places, beyond the outermost."""
_MOST_POINTS = 400
_DIGITS = 4


def place_unseen(model: Any, notes: NoteSet, config: TrainConfig) -> None:
    """Puts each effect that was never trained on where the encoder hears it, on average over sounds."""
    rows = _some(np.flatnonzero(~notes.held_out), _HEARD)
    pairs = Pairs(notes)
    octave, semitone = one_hots(notes.note[rows].tolist(), notes.analysis.first_octave)
    with torch.inference_mode():
        for effect in unseen_effects(config.effects.unseen):
            x = torch.from_numpy(pairs.spectra(rows, np.full(rows.size, effect)))
            model.encoder.places.data[effect] = model.encoder.effect(x, octave, semitone)[0].mean(0)


def with_effects(document: ModelDocument2, model: Any, notes: NoteSet) -> ModelDocument2:
    """The document of a model whose last dimensions are an effect: their range is that of the places, and each point is
    a sound under an effect, by whose name it is called."""
    places = model.encoder.places.detach().numpy().astype(np.float64)
    parted = document.latent_size - places.shape[1]
    latent, span = document.latent, np.ptp(places, axis=0)
    low, high = places.min(axis=0) - _MARGIN * span, places.max(axis=0) + _MARGIN * span

    def joined(sound: tuple[float, ...], effect: Float64s) -> tuple[float, ...]:
        return *sound[:parted], *(round(float(value), _DIGITS) for value in effect)

    rows = _some(np.flatnonzero(~notes.held_out), _MOST_POINTS)
    octave, semitone = one_hots(notes.note[rows].tolist(), document.first_octave)
    with torch.inference_mode():
        z = model.encode(torch.from_numpy(np.array(notes.x[rows])), octave, semitone)[0].numpy()
    effects = np.arange(rows.size) % len(BANK)
    return document.model_copy(
        update={
            "pads": _pads(parted, places.shape[1]),
            "latent": Latent(
                mean=joined(latent.mean, places.mean(axis=0)),
                std=joined(latent.std, places.std(axis=0)),
                low=joined(latent.low, low),
                high=joined(latent.high, high),
            ),
            "points": tuple(
                Point(
                    z=joined(tuple(round(float(value), _DIGITS) for value in z[at]), places[effect]),
                    note=int(notes.note[row]),
                    label=BANK[effect].name,
                )
                for at, (row, effect) in enumerate(zip(rows, effects, strict=True))
            ),
        }
    )


def with_bank(document: ModelDocument2, model: Any, config: TrainConfig) -> ModelDocument2:
    """The same, its training record with the bank: of each effect its name, family and parameters, where it lies in the
    model's own dimensions, and whether it was trained on."""
    places = model.encoder.places.detach().numpy()
    unseen = unseen_effects(config.effects.unseen)
    told = [
        {
            **effect.record(),
            "place": [round(float(value), _DIGITS) for value in places[row]],
            **({"unseen": True} if row in unseen else {}),
        }
        for row, effect in enumerate(BANK)
    ]
    return document.model_copy(update={"training": {**document.training, RECORD: told}})


def _pads(sound: int, effect: int) -> tuple[str, ...]:
    """Names of the pairs of dimensions; none where a pair would be half sound and half effect."""
    if sound % 2 or effect % 2:
        return ()
    names = []
    for name, size in zip(PADS, (sound, effect), strict=True):
        names += [name if number == 0 else f"{name} {number + 1}" for number in range(size // 2)]
    return tuple(names)


def _some(rows: Any, most: int) -> Any:
    return rows[np.linspace(0, rows.size - 1, min(most, rows.size)).round().astype(int)]
