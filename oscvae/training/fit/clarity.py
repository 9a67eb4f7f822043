"""How far a decoded note is from having a clear pitch: asked of points of the latent space that no recording has.

A decoder is only told how notes sound that were recorded. Between and beyond their codes it may answer with a noise
that is louder than the partials, with every eighth partial alone or with nothing but the highest, and the note is lost.
At a weight of 0.3 `sustained` is as near to its recordings as without, at 1 it is 0.1 dB farther.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

_DEVIATIONS = 2.2
"""Of the codes of a batch, to either side of their mean: a little more than the range that a document suggests."""
_AT_THE_EDGE = 3.0
"""Random numbers this much wider than the range, and cut: two thirds of them lie at its ends, where corners are."""
_LOBE_BINS = 1.5
"""Of power, in the Hann window's main lobe of power 1: its equivalent noise bandwidth."""
_LOW = ((2, -12.0), (8, -3.0))
"""What so many of the lowest partials must have, of all."""
_OVER_LOW_DB, _OVER_ALL_DB = 3.0, -3.0
"""What partials together must have over the noise between the lowest of them and below, and over all noise."""
_MULTIPLES = (2, 3, 5)
_OWN_DB = -12.0
"""What partials that are no multiples of one of these must have, of all of them: else the multiples are the note."""
_TINY = 1e-12


def around(mean: Tensor, dice: torch.Generator) -> Tensor:
    """Half as many points as there are codes (B, D), one at least, in a box around them and at its edges."""
    middle, half = mean.detach().mean(0), _DEVIATIONS * mean.detach().std(0)
    places = torch.empty(max(1, len(mean) // 2), mean.shape[1])
    places.uniform_(-_AT_THE_EDGE, _AT_THE_EDGE, generator=dice)
    return middle + half * places.clamp(-1.0, 1.0).to(mean.device)


def between(places: Tensor, count: int, dice: torch.Generator) -> Tensor:
    """Points (count, E) on lines between two of some places (N, E) each; two thirds of them at an end of it."""
    ends = torch.randint(len(places), (2, count), generator=dice).to(places.device)
    along = torch.empty(count, 1)
    along.uniform_(-1.0, 2.0, generator=dice)
    along = along.clamp(0.0, 1.0).to(places.device)
    return places[ends[0]] + along * (places[ends[1]] - places[ends[0]])


def unclear(decoder: Any, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
    """What notes at points (B, D) lack of a clear pitch in the half second after their attack: the mean of the squares,
    in the units of x, over points, and the sum over what is asked: ().

    decoder: an `AdditiveDecoder` with partials. octave (B, 7), semitone (B, 12).
    """
    note = decoder.note(octave, semitone)
    partials, _, noise = decoder.powers(decoder.features(z, octave, semitone, note), note)
    time = decoder.heard
    partials = (partials * time).sum(2)
    noise = (noise * time).sum(2) * decoder.levelled.log_width[:, :, 0].exp() / _LOBE_BINS
    whole = partials.sum(1)
    low = (noise * (decoder.centre < (decoder.n_clear + 0.5) * decoder.f0_bins(note))).sum(1)
    lack = [
        _lack(whole, low, _OVER_LOW_DB, decoder.log_power),
        _lack(whole, noise.sum(1), _OVER_ALL_DB, decoder.log_power),
    ]
    number = torch.arange(1, partials.shape[1] + 1, device=partials.device)
    lack += [_lack(partials[:, :few].sum(1), whole, least, decoder.log_power) for few, least in _LOW]
    lack += [_lack(partials[:, number % every != 0].sum(1), whole, _OWN_DB, decoder.log_power) for every in _MULTIPLES]
    return torch.stack(lack).square().sum(0).mean()


def _lack(power: Tensor, over: Tensor, wanted_db: float, log_power: float) -> Tensor:
    """By how much a power (B,) is less than so many dB over another, in the units of x."""
    wanted = wanted_db / 10.0 * math.log(10.0)
    return functional.relu(wanted - torch.log((power + _TINY) / (over + _TINY))) / log_power
