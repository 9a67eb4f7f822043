"""An autoencoder of single notes, as its configuration wants it: what is trained, and what is exported.

Sources: D. P. Kingma and M. Welling, Auto-Encoding Variational Bayes, ICLR 2014; I. Tolstikhin, O. Bousquet, S. Gelly
and B. Schoelkopf, Wasserstein Auto-Encoders, ICLR 2018.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from oscvae.model.analysis import NoteAnalysis
from oscvae.model.knots import spread_matrix
from oscvae.training import config as configuration
from oscvae.training.config import TrainConfig
from oscvae.training.effects.bank import BANK
from oscvae.training.model.additive import AdditiveDecoder, KnotsEncoder
from oscvae.training.model.convolutional import ConvolutionalDecoder, ConvolutionalEncoder
from oscvae.training.model.paired import PairedEncoder
from oscvae.training.model.refining import Refinement
from oscvae.training.model.within import Within


class NoteModel(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """forward decodes, encode encodes, both in the shapes that `oscvae.model.torchscript.verify` asks for.

    knots: at which frames the rows of a decoded note lie; empty for a decoder of all frames.
    """

    def __init__(self, config: TrainConfig, analysis: NoteAnalysis, effects: int) -> None:
        super().__init__()
        self.encoder = _encoder(config, analysis, effects)
        self.decoder = _decoder(config, analysis)
        self.within = Within()  # anywhere, until it is exported
        self.refinement = Refinement(config.refine, config.latent, analysis)
        self.rounds = config.refine.rounds
        self.knots: tuple[float, ...] = self.decoder.knots
        self.has_knots = len(self.knots) > 0
        self.judged = analysis.frames_within(config.refine.seconds)
        spread = spread_matrix(self.knots or (0.0, analysis.frames - 1.0), analysis.frames)[:, : self.judged]
        self.register_buffer("spread", torch.from_numpy(np.ascontiguousarray(spread)), persistent=False)

    @torch.jit.unused
    def first_weights(self) -> Tensor:
        """The weights (D,) that read z first."""
        first = self.decoder.trunk[0] if isinstance(self.decoder, AdditiveDecoder) else self.decoder.dense[0]
        return first.weight[0, : self.refinement.around.shape[2]].detach()

    def forward(self, z: Tensor, octave: Tensor, semitone: Tensor) -> Tensor:
        """(z (B, D), octave (B, 7), semitone (B, 12)) -> log magnitudes (B, bands, knots or frames) in [-1, 1]."""
        return self.decoder(self.within(z), octave, semitone).clamp(-1.0, 1.0)

    @torch.jit.export
    def encode(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        """(log magnitudes (B, bands, frames), octave, semitone) -> (mean (B, D), log variance (B, D)).

        The encoder's guess, refined as the configuration wants it, by the first seconds of the note.
        """
        guess, log_variance = self.encoder(x, octave, semitone)
        if self.rounds == 0:
            return guess, log_variance
        z, wanted, around = guess, x[:, :, : self.judged].flatten(1)[:, None], guess.shape[1] + 1
        octaves, semitones = octave.repeat_interleave(around, 0), semitone.repeat_interleave(around, 0)
        for _ in range(self.rounds):
            decoded = self.forward(self.refinement.neighbours(z).flatten(0, 1), octaves, semitones)
            decoded = decoded @ self.spread if self.has_knots else decoded[:, :, : self.judged]
            z = self.refinement(z, guess, log_variance, decoded.view(-1, around, wanted.shape[2]), wanted)
        return z, log_variance


def in_frames(x: Tensor, knots: Sequence[float], frames: int) -> Tensor:
    """All frames (B, bands, frames) of a decoded note (B, bands, knots or frames)."""
    return x @ torch.from_numpy(spread_matrix(knots, frames)).to(x.device) if len(knots) > 0 else x


def make_model(
    config: TrainConfig, analysis: NoteAnalysis, seed: int | None = None, effects: int = len(BANK)
) -> NoteModel:
    """A fresh model; its weights follow from the seed, by default the configuration's. effects: those of its data, with
    the dry sound, where it is trained with any."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed if seed is None else seed)
        return NoteModel(config, analysis, effects)


def _encoder(config: TrainConfig, analysis: NoteAnalysis, effects: int) -> nn.Module:
    if isinstance(config.encoder, configuration.KnotsEncoder):
        if config.effects.size:
            size = config.effects.size
            return PairedEncoder(config.encoder, config.latent - size, size, analysis, effects)
        return KnotsEncoder(config.encoder, config.latent, analysis)
    return ConvolutionalEncoder(config.encoder, config.latent, analysis)


def _decoder(config: TrainConfig, analysis: NoteAnalysis) -> nn.Module:
    if isinstance(config.decoder, configuration.AdditiveDecoder):
        return AdditiveDecoder(config.decoder, config.latent, analysis)
    return ConvolutionalDecoder(config.decoder, config.latent, analysis)
