"""A residual network of 18 layers that tells classes of spectrogram pictures apart, trained from scratch.

The source goes on from a network that knows photographs (ImageNet). None of those is fetched here, so this one begins
with weights drawn by lot, and sees pictures of one channel.

Source: K. He, X. Zhang, S. Ren and J. Sun, Deep Residual Learning for Image Recognition, 2015 (CVPR 2016).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.training.config import OptimiserConfig
from oscvae.training.fit.schedules import rate_factor
from oscvae.training.studies.embedding.clips import Clips, Round
from oscvae.training.studies.embedding.size import Size
from oscvae.training.studies.kept import begin

WIDTH = 64
"""The published one."""
RATE = 2e-3
_STAGES = (1, 2, 4, 8)
_BLOCKS = 2
_SHIFTS = 3, 6
"""Bands and columns by which a picture is moved at random while training, at most."""
_LAST, _RECORD = "last.pt", "begun.json"
_KEEP_STEPS = 50
_AT_ONCE = 64


class Block(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Two convolutions of 3 x 3 beside a shortcut: (B, channels, H, W) to (B, wide, H / stride, W / stride)."""

    def __init__(self, channels: int, wide: int, stride: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            *(nn.Conv2d(channels, wide, 3, stride, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU()),
            *(nn.Conv2d(wide, wide, 3, 1, 1, bias=False), nn.BatchNorm2d(wide)),
        )
        same = channels == wide and stride == 1
        self.shortcut = nn.Sequential(
            *(() if same else (nn.Conv2d(channels, wide, 1, stride, bias=False), nn.BatchNorm2d(wide)))
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.shortcut(x) + self.branch(x))


class Residual(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Pictures (B, SIDE, SIDE) to what each class has going for it (B, classes), by way of (B, 8 width)."""

    def __init__(self, classes: int, width: int = WIDTH, seed: int = 1) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            layers = [nn.Conv2d(1, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
            channels = width
            for times in _STAGES:
                for number in range(_BLOCKS):
                    layers.append(Block(channels, times * width, 2 if times > 1 and number == 0 else 1))
                    channels = times * width
            self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
            self.head = nn.Linear(channels, classes)
            for layer in self.modules():
                if isinstance(layer, nn.Conv2d):
                    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        self.to(memory_format=torch.channels_last)  # faster on a CPU

    def features(self, x: Tensor) -> Tensor:
        """The last layer before the classes, (B, 8 width): the embedding."""
        return self.body(x[:, None].contiguous(memory_format=torch.channels_last))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


def embedded(network: Residual, x: Float32s) -> Float64s:
    """Of pictures [N, SIDE, SIDE], [N, 8 width]."""
    return _of_all(network.features, x).astype(np.float64)


def told(network: Residual, x: Float32s) -> Int64s:
    """Which class each picture [N, SIDE, SIDE] is taken for, [N]."""
    return np.asarray(_of_all(network, x).argmax(axis=1), np.int64)


def _of_all(what: Any, x: Float32s) -> Float32s:
    with torch.inference_mode():
        parts = [what(torch.from_numpy(x[at : at + _AT_ONCE])).numpy() for at in range(0, len(x), _AT_ONCE)]
    return np.concatenate(parts)


@dataclass(frozen=True)
class Look:
    """Means over the steps since the look before."""

    step: int
    loss: float
    """Cross entropy, nats."""
    right: float
    """Share of the training pictures."""


def trained(clips: Clips, of: Round, seed: int, place: Path, size: Size) -> tuple[Residual, list[Look]]:
    """One training, in a folder of its own: stopped, it goes on; done, it is read.

    Every class is drawn as often as each other. What a step sees is a function of the seed and its number. Raises
    DataError for a folder that was begun otherwise.
    """
    torch.set_num_threads(1)
    steps = size.steps(len(of.train))
    begun = {"data": clips.fingerprint, "round": of.name, "seed": seed, "steps": steps, "batch": size.batch}
    begin(place / _RECORD, begun | {"width": size.width, "rate": RATE})
    network = Residual(len(clips.classes), size.width, seed)
    config = OptimiserConfig(kind="adamw", rate=RATE, schedule="cosine", warm_up_steps=min(30, steps // 2))
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-2, fused=True)
    looks, step = _resume(place, network, optimiser)
    label = clips.label[of.train]
    often = 1.0 / np.bincount(label, minlength=len(clips.classes))[label]
    often /= often.sum()
    found: list[tuple[float, float]] = []
    network.train()
    while step < steps:
        rng = np.random.default_rng((seed, step))
        rows = rng.choice(of.train, size.batch, p=often)
        x, wanted = torch.from_numpy(moved(clips.x[rows], rng)), torch.from_numpy(clips.label[rows])
        for group in optimiser.param_groups:
            group["lr"] = RATE * rate_factor(config, step, steps, len(of.train) / size.batch)
        optimiser.zero_grad()
        answer = network(x)
        loss = nn.functional.cross_entropy(answer, wanted)
        loss.backward()
        optimiser.step()
        step += 1
        found.append((float(loss.detach()), float((answer.argmax(1) == wanted).float().mean())))
        if step % _KEEP_STEPS == 0 or step == steps:
            looks.append(Look(step, *np.mean(found, axis=0).tolist()))
            found.clear()
            _keep(place, network, optimiser, looks)
    return network.eval(), looks


def moved(x: Float32s, rng: np.random.Generator) -> Float32s:
    """Pictures [N, SIDE, SIDE], each moved a little up or down, earlier or later; what comes in is silence."""
    up, late = _SHIFTS
    count, height, width = x.shape
    wide = np.pad(x, ((0, 0), (up, up), (late, late)), constant_values=-1.0)
    places = np.stack([rng.integers(0, 2 * most + 1, count) for most in _SHIFTS], axis=1).tolist()
    return np.stack([wide[at, up : up + height, on : on + width] for at, (up, on) in enumerate(places)])


def _resume(place: Path, network: Residual, optimiser: torch.optim.Optimizer) -> tuple[list[Look], int]:
    if not (place / _LAST).is_file():
        return [], 0
    kept = torch.load(place / _LAST, weights_only=True)
    network.load_state_dict(kept["network"])
    optimiser.load_state_dict(kept["optimiser"])
    looks = [Look(**look) for look in kept["looks"]]
    return looks, looks[-1].step


def _keep(place: Path, network: Residual, optimiser: torch.optim.Optimizer, looks: list[Look]) -> None:
    unfinished = place / f"{_LAST}.tmp"
    state = {"network": network.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save(state | {"looks": [asdict(look) for look in looks]}, unfinished)
    unfinished.replace(place / _LAST)
