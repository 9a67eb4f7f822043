"""One training step on single frames, and one look at those that are watched, as Lightning's loop wants them."""

from __future__ import annotations

import math
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor

from oscvae.errors import ConfigError
from oscvae.training.fit.batches import TrainStream, WatchStream
from oscvae.training.fit.learner import WATCHED_LOSS
from oscvae.training.fit.losses import log_spectral_distance, reconstruction, spectral_convergence
from oscvae.training.fit.regularisers import Activity, activity, divergence
from oscvae.training.fit.schedules import rate_factor, weight_factor
from oscvae.training.fit.targets import Target
from oscvae.training.timbre.batches import FrameBatch, FrameSampler
from oscvae.training.timbre.config import TimbreConfig
from oscvae.training.timbre.frameset import TRAIN, UNSEEN, WATCHED, FrameSet
from oscvae.training.timbre.network import make_frames_model

_MAX_WATCHED = 2048


class FramesLearner(lightning.LightningModule):
    """Trains a `FramesModel` on a data set of single frames."""

    def __init__(self, config: TimbreConfig, frames: FrameSet) -> None:
        super().__init__()
        self.config = config
        self.model = make_frames_model(config, frames.spectrum)
        self.sampler = FrameSampler(frames, config)
        self.steps_per_epoch = self.sampler.epoch / config.fit.batch
        steps = config.fit.steps or max(1, round((config.fit.epochs or 0.0) * self.steps_per_epoch))
        self.look_steps = min(config.watch.every_steps, steps)
        # Rounded up, so that the last step is looked at, and kept.
        self.steps = math.ceil(steps / self.look_steps) * self.look_steps
        self.activity: Activity | None = None
        self.rows = _watched(frames)
        self.range_db = frames.spectrum.range_db
        self.decades = self.range_db / 20.0
        self.x = torch.from_numpy(frames.x)
        self._loss = config.loss.of_notes()
        self._codes: list[tuple[Tensor, Tensor]] = []

    def train_dataloader(self) -> TrainStream:
        stream = TrainStream(self.sampler)
        stream.trainer = self.trainer
        return stream

    def val_dataloader(self) -> WatchStream:
        return WatchStream(self.rows)

    def on_fit_start(self) -> None:
        world, batch = self.trainer.world_size, self.config.fit.batch
        if batch % world:
            raise ConfigError(f"fit.batch {batch} must be shared by {world} processes")

    def configure_optimizers(self) -> Any:
        wanted = self.config.optimiser
        settings: dict[str, Any] = {"lr": wanted.rate, "betas": wanted.betas, "weight_decay": wanted.weight_decay}
        kind = torch.optim.AdamW if wanted.kind == "adamw" else torch.optim.Adam
        optimiser = kind(self.parameters(), **settings, fused="mixed" not in str(self.trainer.precision))
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: rate_factor(wanted, step, self.steps, self.steps_per_epoch)
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def training_step(self, batch: FrameBatch, number: int) -> Tensor:
        x = self.frames(batch.row)
        mean, log_variance = self.model.guess(x)
        free = self.config.regulariser.kind == "none"
        z = mean if free else mean + batch.noise * torch.exp(0.5 * log_variance)
        heard = self._distance(self.model.describe(z), self._target(x))
        asked = heard.new_zeros(())
        weight = self.config.regulariser.weight * weight_factor(self.config.regulariser, self.global_step, self.steps)
        if not free:
            asked = divergence(mean, log_variance).clamp(min=self.config.regulariser.free_nats).sum()
        loss = heard + weight * asked
        if self.global_step % self.config.watch.log_steps == 0:
            parts = {"loss": loss, "reconstruction": heard, "regulariser": asked, "weight": weight}
            self.log_dict({f"train/{name}": value for name, value in parts.items()}, batch_size=1)
        return loss

    def validation_step(self, rows: Tensor, number: int) -> None:
        x = self.frames(rows)
        mean, log_variance = self.model.guess(x)
        decoded, target = self.model.describe(mean), self._target(x)
        found = {
            WATCHED_LOSS: self._distance(decoded, target),
            "withheld/lsd_db": log_spectral_distance(decoded[..., None], target, self.range_db).mean(),
            "withheld/sc_db": 20.0 * torch.log10(spectral_convergence(decoded[..., None], target, self.decades)).mean(),
        }
        self.log_dict(found, batch_size=len(rows), on_step=False, on_epoch=True)
        self._codes.append((mean.float().cpu(), log_variance.float().cpu()))

    def on_validation_epoch_end(self) -> None:
        mean, log_variance = (torch.cat(part) for part in zip(*self._codes, strict=True))
        self._codes.clear()
        free = self.config.regulariser.kind == "none"
        self.activity = activity(mean, None if free else log_variance, self.config.watch.active_variance, relative=free)
        self.log("latent/active", float(sum(self.activity.active)))

    def frames(self, rows: Tensor) -> Tensor:
        """Log magnitudes (B, bands) of frames (B,) of the data set."""
        return self.x[rows.to(self.x.device)].to(self.device)

    def _target(self, x: Tensor) -> Target:
        return Target.of(x[..., None], self.decades)

    def _distance(self, x: Tensor, target: Target) -> Tensor:
        return reconstruction(x[..., None], x.new_empty(0), target, self._loss, self.decades)


def _watched(frames: FrameSet) -> np.ndarray:
    """The frames that a run is judged by while it trains; unseen ones only where nothing else is withheld."""
    for split in (WATCHED, UNSEEN, TRAIN):
        rows = frames.rows_of(split)
        if rows.size:
            break
    return rows[np.linspace(0, rows.size - 1, min(_MAX_WATCHED, rows.size)).round().astype(int)]
