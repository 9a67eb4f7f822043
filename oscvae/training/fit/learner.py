"""One training step and one look at the withheld notes, as Lightning's loop wants them.

The notes stay in one tensor, on the GPU where there is one and they fit; a batch only says which.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor

from oscvae.errors import ConfigError
from oscvae.model.torchscript import one_hots
from oscvae.training.config import LossConfig, TrainConfig
from oscvae.training.data.dataset import NoteSet
from oscvae.training.effects.sets import EffectSet
from oscvae.training.fit.batches import (
    Batch,
    Sampler,
    TrainStream,
    WatchStream,
    augmentation_seed,
    chance_seed,
    watched,
)
from oscvae.training.fit.clarity import around, unclear
from oscvae.training.fit.losses import log_spectral_distance, reconstruction, spectral_convergence
from oscvae.training.fit.regularisers import Activity, activity, penalty
from oscvae.training.fit.schedules import rate_factor, weight_factor
from oscvae.training.fit.targets import FrameTargets, KnotTargets
from oscvae.training.model.network import NoteModel, make_model

WATCHED_LOSS = "withheld/loss"
_ON_DEVICE_BYTES = 8 << 30
"""A data set of at most this size is moved to the GPU as a whole."""


class Learner(lightning.LightningModule):
    """Trains a `NoteModel` on a data set."""

    def __init__(self, config: TrainConfig, notes: NoteSet) -> None:
        super().__init__()
        self.config = config
        analysis = notes.analysis
        self.model: NoteModel = make_model(config, analysis, effects=len(EffectSet.of(notes)))
        if config.decoder.kind == "convolutional":
            self.model = self.model.to(memory_format=torch.channels_last)  # twice as fast on a CPU
        self.sampler = Sampler(notes, config)
        recordings = int((~notes.held_out & ~notes.altered).sum())  # their copies make an epoch no longer
        self.steps_per_epoch = recordings / config.fit.batch
        steps = config.fit.steps or max(1, round((config.fit.epochs or 0.0) * self.steps_per_epoch))
        self.look_steps = min(config.watch.every_steps, steps)
        # Rounded up, so that the last step is looked at, and kept.
        self.steps = math.ceil(steps / self.look_steps) * self.look_steps
        self.activity: Activity | None = None
        self.rows = watched(notes)
        self.range_db = analysis.range_db
        self.decades = self.range_db / 20.0
        self.width = torch.from_numpy(analysis.band_axis().width()).float()
        self.x = torch.from_numpy(notes.x)
        knots = self.model.knots
        self.targets: KnotTargets | FrameTargets = (
            KnotTargets(notes, knots, config.loss, self.decades)
            if knots
            else FrameTargets(self.x, notes, config.loss, self.decades)
        )
        known, which = np.unique(notes.note, return_inverse=True)  # row by row, a large set would take seconds
        self.octave, self.semitone = (table[which] for table in one_hots(known.tolist(), analysis.first_octave))
        self._stochastic = config.encoder.output == "stochastic"
        self._augment = _augment(config, notes)
        self._same_knots = bool(knots) and getattr(self.model.encoder, "knots", ()) == knots
        self._codes: list[tuple[Tensor, Tensor]] = []

    def train_dataloader(self) -> TrainStream:
        stream = TrainStream(self.sampler)
        stream.trainer = self.trainer
        return stream

    def val_dataloader(self) -> WatchStream:
        return WatchStream(self.rows)

    def on_fit_start(self) -> None:
        world, batch = self.trainer.world_size, self.config.fit.batch
        if batch % world or batch < 2 * world:
            raise ConfigError(f"fit.batch {batch} must be shared by {world} processes: two or more notes for each")
        self.octave, self.semitone = self.octave.to(self.device), self.semitone.to(self.device)
        self.width = self.width.to(self.device)
        if self.device.type != "cpu" and self.x.nbytes <= _ON_DEVICE_BYTES:
            self.x = self.x.to(self.device)
        if self.device.type != "cpu" and self.targets.nbytes <= _ON_DEVICE_BYTES:
            self.targets.to(self.device)

    def configure_optimizers(self) -> Any:
        wanted = self.config.optimiser
        settings: dict[str, Any] = {"lr": wanted.rate, "betas": wanted.betas, "weight_decay": wanted.weight_decay}
        kind = torch.optim.AdamW if wanted.kind == "adamw" else torch.optim.Adam
        # With mixed precision a fused optimiser unscales the gradients itself, and Lightning cannot clip them before.
        fused = "mixed" not in str(self.trainer.precision)
        optimiser = kind(self.parameters(), **settings, fused=fused)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: rate_factor(wanted, step, self.steps, self.steps_per_epoch)
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def training_step(self, batch: Batch, number: int) -> Tensor:
        mean, log_variance = self.encode_sources(batch)
        z = mean + batch.noise * torch.exp(0.5 * log_variance) if self._stochastic else mean
        x, spread = self.model.decoder.describe(z, self.octave[batch.target], self.semitone[batch.target])
        heard = reconstruction(x, spread, self.targets(batch.target), self.grown_loss(), self.decades, self.width)
        factor = weight_factor(self.config.regulariser, self.global_step, self.steps)
        weight = self.config.regulariser.weight * factor
        loss = heard
        asked = heard.new_zeros(())
        if self.config.regulariser.kind != "none":
            asked = penalty(self.config.regulariser, mean, log_variance, z, batch.prior)
            loss = heard + weight * asked
        if self.config.loss.pitch > 0.0:
            loss = loss + self.config.loss.pitch * self.unpitched(around(mean, self.dice()))
        if self.global_step % self.config.watch.log_steps == 0:
            parts = {"loss": loss, "reconstruction": heard, "regulariser": asked, "weight": weight}
            self.log_dict({f"train/{name}": value for name, value in parts.items()}, batch_size=1)
        return loss

    def unpitched(self, z: Tensor) -> Tensor:
        """What points (B, D) owe to a pitch, each at a note of its own, by chance: ()."""
        rows = torch.randint(self.octave.shape[0], (len(z),), generator=self.dice(1)).to(self.octave.device)
        return unclear(self.model.decoder, z, self.octave[rows], self.semitone[rows])

    def dice(self, number: int = 0) -> torch.Generator:
        """Random numbers of this step, the same however often a run is taken up again."""
        return torch.Generator().manual_seed(chance_seed(self.config.seed, self.global_step, self.global_rank, number))

    def grown_loss(self) -> LossConfig:
        """The weights of this step: that of peaks grows evenly over the run, since from the start it would hold up the
        others."""
        loss = self.config.loss
        share = min(1.0, self.global_step / self.steps)
        return loss.model_copy(update={"peak": loss.peak * share}) if loss.peak else loss

    def validation_step(self, rows: Tensor, number: int) -> None:
        mean, log_variance = self.encode(rows)
        x, spread = self.model.decoder.describe(mean, self.octave[rows], self.semitone[rows])
        target = self.targets(rows)
        found = {
            WATCHED_LOSS: reconstruction(x, spread, target, self.config.loss, self.decades, self.width),
            "withheld/lsd_db": log_spectral_distance(x, target, self.range_db).mean(),
            "withheld/sc_db": 20.0 * torch.log10(spectral_convergence(x, target, self.decades)).mean(),
        }
        self.log_dict(found, batch_size=len(rows), on_step=False, on_epoch=True)
        self._codes.append((mean.float().cpu(), log_variance.float().cpu()))

    def on_validation_epoch_end(self) -> None:
        mean, log_variance = (torch.cat(part) for part in zip(*self._codes, strict=True))
        self._codes.clear()
        threshold, free = self.config.watch.active_variance, self.config.regulariser.kind == "none"
        self.activity = activity(mean, log_variance if self._stochastic else None, threshold, relative=free)
        figures = {f"latent/variance_{number + 1}": value for number, value in enumerate(self.activity.variance)}
        figures |= {f"latent/nats_{number + 1}": value for number, value in enumerate(self.activity.nats)}
        self.log_dict({"latent/active": float(sum(self.activity.active)), **figures})

    def encode_sources(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The codes (B, D) that a batch is decoded from; of augmented notes where the configuration wants it."""
        if self._augment is None:
            return self.encode(batch.source)
        x = self.notes(batch.source)
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(augmentation_seed(self.config.seed, self.global_step, self.global_rank))
            changed = self._augment(x)
        x = torch.where((batch.chance < self.config.augment.probability)[:, None, None], changed, x)
        return self.model.encoder(x, self.octave[batch.source], self.semitone[batch.source])

    def encode(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The encoder's codes of notes (B,) of the data set, not refined: mean (B, D), log variance (B, D)."""
        if self._same_knots:
            return self.model.encoder.of_knots(self.targets(rows).x, self.octave[rows], self.semitone[rows])
        return self.model.encoder(self.notes(rows), self.octave[rows], self.semitone[rows])

    def notes(self, rows: Tensor) -> Tensor:
        """Log magnitudes (B, bands, frames) of notes (B,) of the data set."""
        return self.x[rows.to(self.x.device)].to(self.device)


def _augment(config: TrainConfig, notes: NoteSet) -> Callable[[Tensor], Tensor] | None:
    wanted = config.augment
    if wanted.probability == 0.0:
        return None
    from oscvae.training.data.augment import Augment

    analysis = notes.analysis
    return Augment(
        axis=analysis.band_axis(),
        range_db=analysis.range_db,
        time_frames=wanted.time_frames,
        bands=wanted.bands,
        gain_db=wanted.gain_db,
        detune_cents=wanted.detune_cents,
        noise_db=wanted.noise_db,
    )
