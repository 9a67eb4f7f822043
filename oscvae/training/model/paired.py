"""Two encoders side by side: the first numbers of z say which sound, the last which effect is on it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from oscvae.model.analysis import NoteAnalysis
from oscvae.training.config import KnotsEncoder as EncoderConfig
from oscvae.training.model.additive import KnotsEncoder

_SPREAD_START = -4.0


class PairedEncoder(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """As `KnotsEncoder`, of sound + effect dimensions.

    places: where each effect of the data lies, (effects, effect). spread: the log variance around a place (1, effect).
    """

    def __init__(self, config: EncoderConfig, sound: int, effect: int, analysis: NoteAnalysis, effects: int) -> None:
        super().__init__()
        self.sound = KnotsEncoder(config, sound, analysis)
        self.effect = KnotsEncoder(config, effect, analysis)
        self.knots = self.sound.knots
        self.places = nn.Parameter(torch.zeros(effects, effect))
        self.spread = nn.Parameter(torch.full((1, effect), _SPREAD_START))

    def forward(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        sound, sound_variance = self.sound(x, octave, semitone)
        effect, effect_variance = self.effect(x, octave, semitone)
        return torch.cat([sound, effect], 1), torch.cat([sound_variance, effect_variance], 1)

    @torch.jit.unused
    def of_knots(self, x: Tensor, octave: Tensor, semitone: Tensor) -> tuple[Tensor, Tensor]:
        """As of `KnotsEncoder`."""
        sound, sound_variance = self.sound.of_knots(x, octave, semitone)
        effect, effect_variance = self.effect.of_knots(x, octave, semitone)
        return torch.cat([sound, effect], 1), torch.cat([sound_variance, effect_variance], 1)

    @torch.jit.unused
    def turn(self, order: list[int], signs: Tensor) -> None:
        """As of the decoder; an order that keeps the two parts apart."""
        parted = self.sound.latent
        self.sound.turn(order[:parted], signs[:parted])
        turned = [one - parted for one in order[parted:]]
        self.effect.turn(turned, signs[parted:])
        self.places.copy_(self.places[:, turned] * signs[parted:])
        self.spread.copy_(self.spread[:, turned])
