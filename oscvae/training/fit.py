"""The training loop: what is minimised, in what order, with what schedule.

z-swap: half of the time a note is decoded from the code of another note of the same instrument and velocity, at most an
octave away, so that one z comes to mean one instrument at every pitch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from oscvae.torchscript import one_hots
from oscvae.training.dataset import NoteSet, Recipe
from oscvae.training.network import NoteModel, Shape


@dataclass(frozen=True)
class Plan:
    """How to train. The losses are means over bands and frames of x, so `beta` weighs nats against that."""

    steps: int = 10000
    batch: int = 32
    rate: float = 1.5e-3
    warm_up: int = 60
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 1e-4
    clip: float = 1.0
    beta: float = 3e-4
    convergence: float = 0.05
    swap: float = 0.5
    swap_semitones: int = 12
    seed: int = 1


def fit(
    notes: NoteSet,
    recipe: Recipe,
    shape: Shape,
    plan: Plan,
    device: str = "cpu",
    progress: Callable[[int, float], None] | None = None,
) -> NoteModel:
    """A model trained on the notes that are not held out; `progress(step, loss)` is called after each step."""
    torch.manual_seed(plan.seed)
    rng = np.random.default_rng(plan.seed)
    model = NoteModel(recipe, shape).to(device)
    x = torch.from_numpy(notes.x).to(device)
    octave, semitone = one_hots(notes.note.tolist(), recipe.first_octave, device)
    train = np.flatnonzero(~notes.held_out)
    partners = [_partners(notes, index, train, plan.swap_semitones) for index in range(len(notes.note))]
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=plan.rate, betas=plan.betas, weight_decay=plan.weight_decay, foreach=True
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, plan))
    model.train()
    order = np.empty(0, np.int64)
    for step in range(plan.steps):
        while order.size < plan.batch:
            order = np.concatenate([order, rng.permutation(train)])
        target, order = order[: plan.batch], order[plan.batch :]
        swap = rng.random(plan.batch) < plan.swap
        source = np.where(swap, [rng.choice(partners[index]) for index in target], target)
        mean, log_variance = model.encode(x[source], octave[source], semitone[source])
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        loss = losses(model.decoder(z, octave[target], semitone[target]), x[target], mean, log_variance, plan)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), plan.clip)
        optimiser.step()
        schedule.step()
        if progress is not None:
            progress(step, float(loss.detach()))
    return model.eval()


def losses(x: Tensor, target: Tensor, mean: Tensor, log_variance: Tensor, plan: Plan) -> Tensor:
    """L2 on x, spectral convergence on linear magnitudes, and the divergence from N(0, 1)."""
    heard = x.clamp(min=-1.0)  # nothing is owed below the floor
    square = torch.mean((heard - target) ** 2)
    divergence = 0.5 * torch.mean(torch.sum(mean**2 + log_variance.exp() - 1.0 - log_variance, 1))
    return square + plan.convergence * spectral_convergence(heard, target).mean() + plan.beta * divergence


def spectral_convergence(x: Tensor, target: Tensor) -> Tensor:
    """||S' - S|| / ||S|| of each note (B,), on the linear magnitudes of x; 80 dB over [-1, 1]."""
    to_linear = 2.0 * math.log(10.0)
    wanted = torch.exp(to_linear * (target - 1.0))
    got = torch.exp(to_linear * (x.clamp(max=1.5) - 1.0))
    return torch.linalg.vector_norm(got - wanted, dim=(1, 2)) / torch.linalg.vector_norm(wanted, dim=(1, 2))


def _rate(step: int, plan: Plan) -> float:
    if step < plan.warm_up:
        return (step + 1) / plan.warm_up
    return 0.5 * (1.0 + math.cos(math.pi * (step - plan.warm_up) / max(1, plan.steps - plan.warm_up)))


def _partners(notes: NoteSet, index: int, train: NDArray[np.int64], reach: int) -> NDArray[np.int64]:
    same = (notes.program[train] == notes.program[index]) & (notes.velocity[train] == notes.velocity[index])
    near = np.abs(notes.note[train] - notes.note[index]) <= reach
    return train[same & near]
