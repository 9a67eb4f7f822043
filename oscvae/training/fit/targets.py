"""What a decoder is to bring forth at its knots: each note averaged around them, and how much each knot counts.

A decoder that says only a few dozen moments of a note is judged at those, which costs a tenth of judging all frames
that lie between them. A knot counts as many frames as it stands for; less where a SoundFont repeats what it has played
before, and as the configuration wants it in what comes late.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from oscvae.arrays import Float32s
from oscvae.model.knots import spread_matrix
from oscvae.training.config import LossConfig
from oscvae.training.data.dataset import NoteSet
from oscvae.training.model.additive import gather_matrix

_AT_ONCE = 64


class Target(NamedTuple):
    """Of B notes at K knots, or at all frames."""

    x: Tensor
    """(B, bands, K), log magnitudes."""
    linear: Tensor
    """(B, bands, K), linear magnitudes, 1 at x = 1."""
    weight: Tensor
    """(B, K), the share of each; those of an average note are 1 together."""

    @classmethod
    def of(cls, x: Tensor, decades: float) -> Target:
        """Of log magnitudes at all frames, each of which counts the same."""
        return cls(x, to_linear(x, decades), torch.full_like(x[:, 0], 1.0 / x.shape[2]))


def to_linear(x: Tensor, decades: float) -> Tensor:
    """Linear magnitudes, 1 at x = 1, of log magnitudes whose [-1, 1] is so many decades."""
    return torch.exp(0.5 * decades * math.log(10.0) * (x - 1.0))


def frame_weights(notes: NoteSet, config: LossConfig) -> Float32s:
    """[N, frames], the share of each frame; on average over the notes that are trained on they are 1 together."""
    analysis = notes.analysis
    centre_s = (np.arange(analysis.frames) * analysis.hop + 0.5 * analysis.n_fft - analysis.onset_sample) / (
        analysis.sample_rate
    )
    weight = np.where(centre_s[None] < notes.loop_s[:, None], 1.0, config.looped)
    weight *= np.where(centre_s < config.late_s, 1.0, config.late)[None]
    whole = float(weight[~notes.held_out].sum(1).mean())
    return (weight / (whole if whole > 0.0 else 1.0)).astype(np.float32)


class KnotTargets:
    """The targets of a whole set at a decoder's knots, computed once: two arrays of N x bands x knots in float32."""

    def __init__(self, notes: NoteSet, knots: tuple[float, ...], config: LossConfig, decades: float) -> None:
        frames = notes.analysis.frames
        gather = torch.from_numpy(gather_matrix(np.array(knots), frames))
        x, linear = [], []
        for at in range(0, len(notes), _AT_ONCE):
            part = torch.from_numpy(np.array(notes.x[at : at + _AT_ONCE]))
            x.append(part @ gather)
            linear.append(to_linear(part, decades) @ gather)
        self._x, self._linear = torch.cat(x), torch.cat(linear)
        self._weight = torch.from_numpy(frame_weights(notes, config) @ spread_matrix(knots, frames).T)

    @property
    def x(self) -> Tensor:
        """(N, bands, knots), log magnitudes."""
        return self._x

    def __call__(self, rows: Tensor) -> Target:
        """Of notes (B,), on the device of the rows."""
        here = rows.to(self._x.device)
        return Target(*(part[here].to(rows.device) for part in (self._x, self._linear, self._weight)))

    def to(self, device: torch.device) -> None:
        self._x, self._linear, self._weight = (part.to(device) for part in (self._x, self._linear, self._weight))

    @property
    def nbytes(self) -> int:
        return self._x.nbytes + self._linear.nbytes + self._weight.nbytes


class FrameTargets:
    """The targets of a decoder of all frames, taken from the set as they are asked for."""

    def __init__(self, x: Tensor, notes: NoteSet, config: LossConfig, decades: float) -> None:
        self._x, self._decades = x, decades
        self._weight = torch.from_numpy(frame_weights(notes, config))

    def __call__(self, rows: Tensor) -> Target:
        x = self._x[rows.to(self._x.device)].to(rows.device)
        return Target(x, to_linear(x, self._decades), self._weight[rows.to(self._weight.device)].to(rows.device))

    def to(self, device: torch.device) -> None:
        self._x, self._weight = self._x.to(device), self._weight.to(device)

    @property
    def nbytes(self) -> int:
        return self._x.nbytes + self._weight.nbytes
