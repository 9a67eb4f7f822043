"""The published network, layer by layer as its summary prints it: dense layers in effect.

It is given a clip as one time step of 90,000 channels, and its convolutions have a kernel of 1, so each is a dense
layer. The block's class takes (kernel size, filters) and is given (filters, 1): its first convolution has a kernel as
long as there are channels, of which one tap meets the only time step and all others meet padding, and a single filter.
Its output is one number, which is added to all channels alike; and the encoder's instance normalisation subtracts the
mean of that one number from it, which leaves nothing.

Source: P. R. Yellareddygari and V. Nguyen, a music VAE with FID (its summaries, its listing of `Resnet1DBlock`). What
neither says is this package's: no activation after the layers between blocks, and none at the end.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

ENCODER_WIDTHS = (64, 128, 128, 256)
DECODER_WIDTHS = (512, 256, 128, 64)
SLOPE, DROPOUT = 0.4, 0.3
PRINTED = (5_926_060, 6_206_264)
"""Parameters of encoder and decoder at ten dimensions, as the summary prints them: with the two statistics of each
batch normalisation, which are not trained."""
_EPSILON, _MOMENTUM = 1e-3, 0.01
"""Of batch normalisation in Keras."""


class Block(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """The residual block, as it is called: (B, channels) -> (B, channels). decode: as the decoder has it."""

    def __init__(self, channels: int, kernel: int, dropout: float, decode: bool) -> None:
        super().__init__()
        # a transposed convolution of stride 1 is one of the mirrored kernel: what it sees is the same
        self.first = nn.Conv1d(channels, 1, kernel)
        self.second = nn.Conv1d(1, 1, kernel)
        self.norms = nn.ModuleList(_batch_norm() if decode else InstanceNorm() for _ in range(2))
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.drop(self.branch(x) + x))

    def branch(self, x: Tensor) -> Tensor:
        """What the block adds: (B, 1), one number for all channels."""
        added = torch.relu(x)[:, :, None]
        for layer, norm in zip((self.first, self.second), self.norms, strict=True):
            added = norm(layer(_padded(added, layer.kernel_size[0])))
            added = nn.functional.leaky_relu(self.drop(added), SLOPE)
        return added[:, :, 0]


class InstanceNorm(nn.Module):  # type: ignore[misc]
    """Of one channel: the deviation from its mean over time, (B, 1, 1) -> (B, 1, 1), which of one step is none.

    torch's own refuses a single step, which TensorFlow's takes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        away = x - x.mean(2, keepdim=True)
        return self.scale * away * torch.rsqrt(away.square().mean(2, keepdim=True) + _EPSILON) + self.shift


class Network(nn.Module):  # type: ignore[misc]
    """Encoder and decoder. size: samples of a clip; latent: D."""

    def __init__(self, size: int, latent: int, dropout: float = DROPOUT, seed: int = 1) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            encoder: list[nn.Module] = []
            before = size
            for width in ENCODER_WIDTHS:
                encoder += [nn.Linear(before, width), Block(width, width, dropout, False)]
                before = width
            self.encoder = nn.Sequential(*encoder, nn.Linear(before, 2 * latent))
            decoder: list[nn.Module] = []
            before = latent
            for width in DECODER_WIDTHS:
                decoder += [Block(before, width, dropout, True), nn.Linear(before, width)]
                before = width
            self.decoder = nn.Sequential(*decoder, nn.Linear(before, size))
            self.apply(_begin)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, size) -> mean (B, D), log variance (B, D)."""
        mean, log_variance = self.encoder(x).chunk(2, 1)
        return mean, log_variance

    def forward(self, z: Tensor) -> Tensor:
        """(B, D) -> (B, size)."""
        clips: Tensor = self.decoder(z)
        return clips


def count(module: nn.Module) -> int:
    """Parameters as Keras counts them: with the two statistics of each batch normalisation."""
    held = sum(each.numel() for each in module.parameters())
    kept = [one for one in module.modules() if isinstance(one, nn.BatchNorm1d)]
    return held + sum(one.running_mean.numel() + one.running_var.numel() for one in kept)


def reached(network: Network, x: Tensor) -> dict[str, Tensor]:
    """Of each block's first kernel, [channels, taps]: how large the gradient of a loss of the clips (B, size) is there,
    before anything is trained. Of dropout nothing is drawn."""
    network.zero_grad()
    drops = [one for one in network.modules() if isinstance(one, nn.Dropout)]
    for one in drops:
        one.eval()
    mean, log_variance = network.encode(x)
    (0.5 * (network(mean) - x).square().sum(1).mean() + log_variance.square().mean()).backward()
    found = {}
    for part, layers in (("encoder", network.encoder), ("decoder", network.decoder)):
        blocks = [layer for layer in layers if isinstance(layer, Block)]
        for number, block in enumerate(blocks, 1):
            assert block.first.weight.grad is not None
            found[f"{part} {number}"] = block.first.weight.grad[0].abs().clone()
    network.zero_grad()
    for one in drops:
        one.train()
    return found


def _begin(layer: nn.Module) -> None:
    """As Keras begins a layer: what torch does makes clips of the first step a hundred times as loud."""
    if isinstance(layer, nn.Linear | nn.Conv1d):
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)


def _batch_norm() -> nn.Module:
    return nn.BatchNorm1d(1, eps=_EPSILON, momentum=_MOMENTUM)


def _padded(x: Tensor, kernel: int) -> Tensor:
    """So that as many steps come out as go in ("same"), the odd one at the end, as TensorFlow pads one step."""
    before = (kernel - 1) // 2
    return nn.functional.pad(x, (before, kernel - 1 - before))
