"""What a decoder would import and compile, done once in the zygote, whose decoders have it in their memory."""

from __future__ import annotations

WARM_CALLS = 6  # TorchScript's profiling executor specialises on the second and third call

_USUAL = """
def forward(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    y = torch.nn.functional.gelu(torch.matmul(x, weight) + bias)
    y = torch.conv1d(torch.nn.functional.layer_norm(y, [4]).unsqueeze(1), torch.ones([1, 1, 3]), None, [1], [1])
    return torch.cat([torch.sigmoid(y).sum(2) * torch.exp(x[:, :1]), torch.clamp(x, -1.0, 1.0)], 1)
"""


def import_all() -> None:
    """Whatever a decoder imports, and what TorchScript makes when it first runs what models usually do."""
    import torch

    from oscvae.model import torchscript

    with torchscript.without_deprecation(), torch.inference_mode():
        usual = torch.jit.CompilationUnit(_USUAL)
        for _ in range(WARM_CALLS):
            usual.forward(torch.zeros(1, 4), torch.ones(4, 4), torch.zeros(4))
