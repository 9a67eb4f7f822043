"""What `oscvae export` may be asked for, and what is right of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oscvae.errors import ConfigError, DataError
from oscvae.model.document import SUFFIX

FIRST = "1"
"""The version of a model that none is said of."""
_WEIGHTS = ("float32", "float16")


@dataclass(frozen=True)
class Wish:
    """What the command line may say about a model that its run and data do not."""

    version: str | None = None
    """Without it, 1, or of a model file what it says and ".1"."""
    licence: str | None = None
    """Instead of the data's."""
    checkpoint: str | None = None
    """best or last; without it, the one that the run's configuration keeps."""
    weights: str | None = None
    """float32 or float16: how the file holds its parameters; without it float32."""


def check_out(out: Path, force: bool) -> None:
    """Raises ConfigError for a file that is there, or whose name is that of no model."""
    if out.suffix != SUFFIX:
        raise ConfigError(f"{out} must end in {SUFFIX}: a model is found by that")
    if out.exists() and not force:
        raise ConfigError(f"{out} is there already: --force replaces it")


def check_weights(wish: Wish) -> None:
    """Raises ConfigError for weights that are neither float32 nor float16."""
    if wish.weights not in (None, *_WEIGHTS):
        raise ConfigError(f"--weights must be {' or '.join(_WEIGHTS)}, not {wish.weights}")


def check_data(run: Path, record: dict[str, Any], where: Path, fingerprint: str) -> None:
    """Raises DataError where the data in a folder are not those of a run."""
    if fingerprint != record["data"]["fingerprint"]:
        raise DataError(
            f"{run} was trained on the data {record['data']['fingerprint'][:12]}, {where} holds "
            f"{fingerprint[:12]}: build the same set again, or name it with --data"
        )
