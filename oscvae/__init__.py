"""A headless latent-space synthesiser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oscvae.spectral.offline import reconstruct

__all__ = ["reconstruct"]


def __getattr__(name: str) -> Any:
    # the kernels behind it take a second to load, which `import oscvae` alone should not
    if name == "reconstruct":
        from oscvae.spectral.offline import reconstruct

        return reconstruct
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
