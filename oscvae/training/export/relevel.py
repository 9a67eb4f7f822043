"""A model file that is there already, brought to the common loudness without its data or its run.

For models from before there was one, and for those of others. The network stays as it is, byte for byte: only the
document changes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from oscvae.errors import ConfigError
from oscvae.model.archive import replace_document
from oscvae.model.document import ModelDocument
from oscvae.model.torchscript import load, verify
from oscvae.training.evaluate.summary import Track, quietly
from oscvae.training.export.export import written
from oscvae.training.export.loudness import Loudness, levelled
from oscvae.training.fit.run import versions


class Relevelled(NamedTuple):
    """A model file at the common loudness, and what it was before."""

    path: Path
    before: ModelDocument
    document: ModelDocument
    loudness: Loudness


def relevel(source: Path, out: Path, version: str | None = None, track: Track = quietly) -> Relevelled:
    """Writes the model file `source` at the common loudness to `out`, which may be the same.

    version: of the new file; without it, that of the old one and ".1". Raises ModelError for a file that cannot be
    played or copied, ConfigError for a version that is none.
    """
    if version == "":
        raise ConfigError("--model-version must not be empty")
    module, before = load(source)
    verify(module, before)
    document, loudness = levelled(module, before, track)
    document = document.model_copy(
        update={
            "name": out.stem,
            "version": version or f"{before.version}.1",
            "training": _training(before, loudness),
        }
    )
    with written(out) as unchecked:
        replace_document(source, unchecked, document)
        again, read = load(unchecked)
        verify(again, read)
    return Relevelled(out, before, read, loudness)


def _training(before: ModelDocument, loudness: Loudness) -> dict[str, Any]:
    """What the old document says, and how it came to the new level: the earlier ones first."""
    earlier = before.training.get("relevelled")
    step = {"from_version": before.version, "from_reference": before.reference, "with": versions()}
    return {
        **before.training,
        "loudness": loudness.record(),
        "relevelled": [*(earlier if isinstance(earlier, list) else []), step],
    }
