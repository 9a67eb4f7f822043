"""The published network, told the note in the ways that the source tried, or with transposed convolutions.

The networks are those of the package (`training.model.convolutional`); what is told stands where they take octave and
semitone, so that only what it says differs: one-hots, or a number in the first place of seven.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from oscvae.arrays import Float32s, Int64s
from oscvae.model.analysis import N_OCTAVES, N_SEMITONES, NoteAnalysis
from oscvae.model.torchscript import one_hots
from oscvae.training.config import ConvolutionalDecoder as DecoderConfig
from oscvae.training.config import ConvolutionalEncoder as EncoderConfig
from oscvae.training.model.convolutional import ConvolutionalDecoder, ConvolutionalEncoder
from oscvae.units import note_to_hz

NUMBER, ONE_HOTS = "number", "one-hots"


def told(how: str, note: Sequence[int] | Int64s, analysis: NoteAnalysis) -> tuple[Tensor, Tensor]:
    """What stands for notes (B) where octave (B, 7) and semitone (B, 12) are expected.

    A number is the pitch, the logarithm of f0, from -1 for the lowest note to 1 for the highest one.
    """
    octave, semitone = one_hots([int(one) for one in note], analysis.first_octave)
    if how == ONE_HOTS:
        return octave, semitone
    low, high = analysis.note_min, analysis.note_max
    number = torch.zeros_like(octave)
    number[:, 0] = 2.0 * (torch.as_tensor(np.asarray(note)) - low) / (high - low) - 1.0
    return number, torch.zeros_like(semitone)


def shifted(x: Float32s, note: Int64s, analysis: NoteAnalysis) -> Float32s:
    """Spectra [N, bands, frames], moved along the bands so that all fundamentals lie where that of the middle note
    does, to within half a band. What comes in at the edge is silence."""
    centre_hz = analysis.band_axis().centre * analysis.sample_rate / analysis.n_fft
    bands = np.arange(centre_hz.size)

    def place(note: float) -> float:
        return float(np.interp(note_to_hz(note), centre_hz, bands))

    middle = place(0.5 * (analysis.note_min + analysis.note_max))
    found = np.full_like(x, -1.0)
    for row, one in enumerate(note.tolist()):
        by = round(middle - place(float(one)))
        into, of = slice(max(0, by), bands.size + min(0, by)), slice(max(0, -by), bands.size - max(0, by))
        found[row, into] = x[row, of]
    return found


class ToldEncoder(ConvolutionalEncoder):
    """An encoder that is told what the decoder is told, beside what its convolutions found."""

    def __init__(self, config: EncoderConfig, latent: int, analysis: NoteAnalysis) -> None:
        super().__init__(config, latent, analysis)
        at = next(place for place, layer in enumerate(self.body) if isinstance(layer, nn.Flatten)) + 1
        first = self.body[at]
        self.found, self.dense = self.body[:at], self.body[at:]
        self.dense[0] = nn.Linear(first.in_features + N_OCTAVES + N_SEMITONES, first.out_features)
        del self.body

    def forward(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        body = self.dense(torch.cat([self.found(x[:, None]), octave, semitone], 1))
        return self.mean(body), self.log_variance(body).clamp(*self.log_variances)


class TransposedDecoder(ConvolutionalDecoder):
    """As the package's decoder, but with the encoder's strides turned round: a transposed convolution, of the encoder's
    kernel, in the stead of each upsampling and its convolution. The last of them is the output.

    What falls on the output: a kernel of 3 and a stride of 2 cover every second place twice and the others once.
    """

    def __init__(self, config: DecoderConfig, latent: int, analysis: NoteAnalysis) -> None:
        super().__init__(config, latent, analysis)
        channels = (*config.channels[:-1], 1)
        layers: list[nn.Module] = []
        for (inner, outer), kernel, size, wanted in zip(
            itertools.pairwise(channels), config.kernels, self.sizes[:-1], self.sizes[1:], strict=False
        ):
            padding = kernel // 2
            odd = [new - ((old - 1) * 2 - 2 * padding + kernel) for old, new in zip(size, wanted, strict=True)]
            layers += [
                nn.ConvTranspose2d(inner, outer, kernel, stride=2, padding=padding, output_padding=tuple(odd)),
                nn.LeakyReLU(),
            ]
        self.body = nn.Sequential(*layers[:-1])
        self.last = nn.Identity()


def coverage(size: int, kernel: int, stride: int) -> list[int]:
    """How many taps of a transposed convolution fall on each of the places [stride * size] of its output."""
    found = [0] * (stride * size)
    for begin, tap in itertools.product(range(size), range(kernel)):
        place = stride * begin + tap - kernel // 2
        if 0 <= place < len(found):
            found[place] += 1
    return found


def count(network: nn.Module) -> int:
    """Its parameters."""
    return sum(math.prod(one.shape) for one in network.parameters())
