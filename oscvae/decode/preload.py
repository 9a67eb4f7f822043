"""What a decoder would import and compile, done once in the zygote, whose decoders have it in their memory."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

WARM_CALLS = 6  # TorchScript's profiling executor specialises on the second and third call

_USUAL = """
def forward(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    y = torch.nn.functional.gelu(torch.matmul(x, weight) + bias)
    y = torch.conv1d(torch.nn.functional.layer_norm(y, [4]).unsqueeze(1), torch.ones([1, 1, 3]), None, [1], [1])
    return torch.cat([torch.sigmoid(y).sum(2) * torch.exp(x[:, :1]), torch.clamp(x, -1.0, 1.0)], 1)
"""

# what importing torch imports and no decoder runs: the shapes of operators without their numbers, which tracers ask for
# and TorchScript never, and which draw in torch.fx, torch._refs and torch._decomp (1.0 s of the 3.4 s of processor time
# that importing torch takes, 2.14.1, in turns); and what exports, quantises, samples and reads data sets in Python (0.5
# of the 2.9 s that were left, on a busy machine, in turns)
_NOT_RUN = (
    "torch._meta_registrations",
    "torch.distributed._meta_registrations",
    "torch._native",
    "torch.distributions",
    "torch.export",
    "torch.masked",
    "torch.nn.intrinsic",
    "torch.nn.qat",
    "torch.quantization",
    "torch.utils.data",
)


def import_torch() -> Any:
    """torch, as far as a decoder needs it."""
    for name in _NOT_RUN:
        sys.modules.setdefault(name, ModuleType(name))
    import torch

    return torch


def import_all() -> None:
    """Whatever a decoder imports, and what TorchScript makes when it first runs what models usually do."""
    torch = import_torch()
    from oscvae.model import torchscript

    with torchscript.without_deprecation(), torch.inference_mode():
        usual = torch.jit.CompilationUnit(_USUAL)
        for _ in range(WARM_CALLS):
            usual.forward(torch.zeros(1, 4), torch.ones(4, 4), torch.zeros(4))
