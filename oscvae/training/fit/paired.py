"""One step of training with effects, and one look at sounds that are withheld.

A pair is decoded from the code of its sound, taken under another effect, and the place of its effect. The places are a
table that is trained with the rest, and begins where the effects' distances put them; the encoder of the effect learns
to answer with these places.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from oscvae.arrays import Int64s
from oscvae.errors import ConfigError
from oscvae.training.config import TrainConfig
from oscvae.training.data.dataset import NoteSet
from oscvae.training.effects.places import distances, scaled
from oscvae.training.fit.batches import WatchStream
from oscvae.training.fit.clarity import around, between
from oscvae.training.fit.grids import Grid, GridSampler, GridStream
from oscvae.training.fit.learner import WATCHED_LOSS, Learner
from oscvae.training.fit.losses import log_spectral_distance, reconstruction, spectral_convergence
from oscvae.training.fit.regularisers import divergence
from oscvae.training.fit.schedules import rate_factor, weight_factor
from oscvae.training.fit.targets import Target

_WATCHED = 40
"""Sounds that are looked at, each under two effects."""
_SCALED_SOUNDS = 24
"""Sounds that the distances of the effects are measured on."""
_SCALED_RECORDINGS = 100
"""The same, where not each has every effect."""
_CALIBRATION = 1e-3
"""Weight of what teaches the encoder how far off its own code of an effect is."""


class PairedLearner(Learner):
    """Trains a `NoteModel` with a `PairedEncoder` on a data set that keeps its sounds."""

    def __init__(self, config: TrainConfig, notes: NoteSet) -> None:
        super().__init__(config, notes)
        self.grids: GridSampler = self._grids(config, notes)
        self._sound = config.latent - config.effects.size
        weight = self.targets(torch.zeros(1, dtype=torch.long)).weight
        self.register_buffer("share", weight, persistent=False)
        chosen = self.rows[np.linspace(0, self.rows.size - 1, min(_WATCHED, self.rows.size)).round().astype(int)]
        self._watched_row = np.repeat(chosen, 2)
        self._watched_effect = self.grids.some_effects(self._watched_row)
        self._watched: tuple[Tensor, Tensor] | None = None

    def _grids(self, config: TrainConfig, notes: NoteSet) -> GridSampler:
        grids = GridSampler(notes, config, self.model.knots)
        if len(grids.pairs.effects) <= config.effects.size:
            raise ConfigError(
                f"effects.size {config.effects.size}: it must be below the number of effects with the dry sound, "
                f"{len(grids.pairs.effects)}"
            )
        self.steps_per_epoch = grids.epoch / config.fit.batch
        return grids

    def place_effects(self) -> None:
        """Where the table begins: for a new run, once."""
        effects = self.grids.pairs.effects
        every = np.arange(len(effects))
        rows = self.grids.first_sounds(_SCALED_SOUNDS if effects.at is None else _SCALED_RECORDINGS)
        has = effects.has(rows[:, None], every)
        first = self.grids.at_knots(rows[:1], every[:1])[0].numpy()
        x = np.zeros((*has.shape, *first.shape[1:]), np.float32)
        for one, row, there in zip(x, rows, has, strict=True):
            one[there] = self.grids.at_knots(np.full(int(there.sum()), row), every[there])[0].numpy()
        # Roots of distances: the few that are far apart leave room for the many that are near.
        places = scaled(np.sqrt(distances(x.reshape(*has.shape, -1), has)), self.config.effects.size)
        with torch.no_grad():
            self.model.encoder.places.copy_(torch.from_numpy(places))

    def find_effects(self, known: Tensor) -> None:
        """The same, for a run that begins at a network which knows other effects, at the places `known` (n, E).

        Each begins at the one of these from which its sounds are decoded best, or where the encoder hears it, if that
        is better: of an effect that is like none of its own an encoder answers with any place.
        """
        encoder, rows = self.model.encoder, self.grids.first_sounds(_SCALED_SOUNDS)
        with torch.no_grad():
            for effect in range(len(self.grids.pairs.effects)):
                own = rows[self.grids.has(rows, np.full(rows.size, effect))]
                if not own.size:
                    continue
                x, linear = self.grids.at_knots(own, np.full(own.size, effect))
                heard, _ = encoder.effect.of_knots(x, self.octave[own], self.semitone[own])
                places = torch.cat([heard.mean(0, keepdim=True), known])
                target, sound = self._target(x, linear), self.encode(torch.from_numpy(own))[0][:, : self._sound]
                off = [self._off(sound, place, own, target) for place in places]
                encoder.places[effect] = places[int(np.argmin(off))]

    def _off(self, sound: Tensor, place: Tensor, rows: Int64s, target: Target) -> float:
        """How far sounds that are decoded from one place are from what they should be, in dB."""
        z = torch.cat([sound, place.expand(len(sound), -1)], 1)
        x, _ = self.model.decoder.describe(z, self.octave[rows], self.semitone[rows])
        return float(log_spectral_distance(x, target, self.range_db).mean())

    def train_dataloader(self) -> Any:
        stream = GridStream(self.grids)
        stream.trainer = self.trainer
        return stream

    def val_dataloader(self) -> WatchStream:
        return WatchStream(np.arange(self._watched_row.size))

    def on_fit_start(self) -> None:
        if self.trainer.world_size > 1:
            raise ConfigError("effects are trained by one process: trainer.devices must be 1")
        super().on_fit_start()

    def configure_optimizers(self) -> Any:
        wanted = self.config.optimiser
        table = [self.model.encoder.places, self.model.encoder.spread]
        rest = [one for one in self.parameters() if all(one is not each for each in table)]
        groups = [
            {"params": rest, "lr": wanted.rate, "weight_decay": wanted.weight_decay},
            {"params": table, "lr": wanted.rate * self.config.effects.table_rate, "weight_decay": 0.0},
        ]
        kind = torch.optim.AdamW if wanted.kind == "adamw" else torch.optim.Adam
        optimiser = kind(groups, betas=wanted.betas, fused="mixed" not in str(self.trainer.precision))
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: rate_factor(wanted, step, self.steps, self.steps_per_epoch)
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def training_step(self, batch: Grid, number: int) -> Tensor:  # type: ignore[override]  # its own stream
        octave, semitone = self.octave[batch.row], self.semitone[batch.row]
        encoder, part = self.model.encoder, self._sound
        mean, log_variance = encoder.of_knots(batch.x, octave, semitone)
        sound, sound_variance = mean[:, :part], log_variance[:, :part]
        place = encoder.places[batch.effect]
        z = torch.cat(
            [
                sound[batch.source] + batch.noise[:, :part] * torch.exp(0.5 * sound_variance[batch.source]),
                place + batch.noise[:, part:] * torch.exp(0.5 * encoder.spread),
            ],
            1,
        )
        x, spread = self.model.decoder.describe(z, octave, semitone)
        target = self._target(batch.x, batch.linear)
        heard = reconstruction(x, spread, target, self.grown_loss(), self.decades, self.width)
        asked = divergence(sound, sound_variance).sum()
        asked = asked + divergence(encoder.places, encoder.spread.expand_as(encoder.places)).sum()
        off = mean[:, part:] - place.detach()
        guessed = (off**2).sum(1).mean()
        effect_variance = log_variance[:, part:]
        sure = (off.detach() ** 2 * torch.exp(-effect_variance) + effect_variance).sum(1).mean()
        weight = self.config.regulariser.weight * weight_factor(self.config.regulariser, self.global_step, self.steps)
        loss = heard + weight * asked + self.config.effects.regression * guessed + _CALIBRATION * sure
        if self.config.loss.pitch > 0.0:
            beside = around(sound, self.dice())
            loss = loss + self.config.loss.pitch * self.unpitched(
                torch.cat([beside, between(encoder.places.detach(), len(beside), self.dice(2))], 1)
            )
        if self.global_step % self.config.watch.log_steps == 0:
            parts = {"loss": loss, "reconstruction": heard, "regulariser": asked, "effect": guessed}
            self.log_dict({f"train/{name}": value for name, value in parts.items()}, batch_size=1)
        return loss

    def validation_step(self, rows: Tensor, number: int) -> None:
        """Of withheld sounds, decoded from the dry sound's code and the effect's place."""
        if self._watched is None:
            self._watched = self.grids.at_knots(self._watched_row, self._watched_effect)
        at = rows.cpu()
        row = torch.from_numpy(self._watched_row)[at].to(self.device)
        effect = torch.from_numpy(self._watched_effect)[at].to(self.device)
        x, linear = (part[at].to(self.device) for part in self._watched)
        octave, semitone = self.octave[row], self.semitone[row]
        own, own_variance = self.model.encoder.of_knots(x, octave, semitone)
        sound = self.encode(row)[0][:, : self._sound]
        z = torch.cat([sound, self.model.encoder.places[effect]], 1)
        decoded, spread = self.model.decoder.describe(z, octave, semitone)
        target = self._target(x, linear)
        found = {
            WATCHED_LOSS: reconstruction(decoded, spread, target, self.config.loss, self.decades, self.width),
            "withheld/lsd_db": log_spectral_distance(decoded, target, self.range_db).mean(),
            "withheld/sc_db": 20.0 * torch.log10(spectral_convergence(decoded, target, self.decades)).mean(),
        }
        self.log_dict(found, batch_size=len(rows), on_step=False, on_epoch=True)
        self._codes.append((own.float().cpu(), own_variance.float().cpu()))

    def _target(self, x: Tensor, linear: Tensor) -> Target:
        return Target(x, linear, self.share.expand(x.shape[0], -1))
