"""What a model of sounds and effects says of both: where each effect lies, and points that show them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import torch

from oscvae.arrays import Float64s
from oscvae.model.described import Latent, Point
from oscvae.model.document import ModelDocument2
from oscvae.model.torchscript import one_hots
from oscvae.training.config import TrainConfig
from oscvae.training.data.dataset import NoteSet
from oscvae.training.effects.pairs import Pairs
from oscvae.training.effects.sets import EffectSet

PADS = ("sound", "effect")
RECORD = "effects"
"""The key of the training record that holds the effects and their places."""
_LIKE_VELOCITY = re.compile(r"\s\d{1,3}$")
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
    with torch.inference_mode():
        for effect in pairs.effects.unseen(config.effects.unseen):
            there = rows[pairs.effects.has(rows, np.full(rows.size, effect))]
            if not there.size:  # only withheld sounds have it
                there = np.flatnonzero(pairs.effects.has(np.arange(len(notes)), np.full(len(notes), effect)))
            octave, semitone = one_hots(notes.note[there].tolist(), notes.analysis.first_octave)
            x = torch.from_numpy(pairs.spectra(there, np.full(there.size, effect)))
            model.encoder.places.data[effect] = model.encoder.effect(x, octave, semitone)[0].mean(0)


def hold_to_places(model: Any) -> None:
    """Has what lies beyond all effects sound as the nearest place between them, where an effect is two numbers: what
    would be there no training has ever heard."""
    places = model.encoder.places.detach().numpy().astype(np.float64)
    if places.shape[1] == 2:  # of a pad
        model.within.hold(places)


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
    names = EffectSet.of(notes).names
    # Where there are fewer sounds than effects, some stand for two: each effect is a preset.
    number = np.arange(max(rows.size, len(names)))
    effects, sounds = number % len(names), number % rows.size
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
                    z=joined(tuple(round(float(value), _DIGITS) for value in z[sound]), places[effect]),
                    note=int(notes.note[rows[sound]]),
                    label=_label(names[effect], int(notes.velocity[rows[sound]])),
                )
                for sound, effect in zip(sounds, effects, strict=True)
            ),
        }
    )


def with_bank(document: ModelDocument2, model: Any, notes: NoteSet, config: TrainConfig) -> ModelDocument2:
    """The same, its training record with the effects: of each its name, of the bank its family and parameters, where it
    lies in the model's own dimensions, and whether it was trained on."""
    places = model.encoder.places.detach().numpy()
    effects = EffectSet.of(notes)
    unseen = effects.unseen(config.effects.unseen)
    told = [
        {
            **record,
            "place": [round(float(value), _DIGITS) for value in places[row]],
            **({"unseen": True} if row in unseen else {}),
        }
        for row, record in enumerate(effects.records)
    ]
    return document.model_copy(update={"training": {**document.training, RECORD: told}})


def _label(name: str, velocity: int) -> str:
    """An effect's name; one that ends as a velocity would has one behind it, which is not shown."""
    return f"{name} {velocity}" if _LIKE_VELOCITY.search(name) else name


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
