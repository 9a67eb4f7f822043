"""The patches for Pd, Max, SuperCollider, TouchOSC, Open Stage Control and the rest, copied to where they can be used.

A wheel carries them as package data, where nobody looks; a checkout has them at the top.
"""

from __future__ import annotations

from pathlib import Path

from oscvae.app import layouts
from oscvae.errors import ConfigError

DEFAULT_FOLDER = "oscvae-patches"

_PACKAGE = Path(__file__).resolve().parents[1]
_LEFT_BY_PYTHON = "__pycache__"  # beside the examples, where they were compiled by an installer
_SHOWN = 3  # names in an error


def source() -> Path:
    """The folder that they are copied from."""
    packaged = _PACKAGE / "data" / "patches"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "patches"


def files() -> list[Path]:
    """Every file, relative to `source()`, sorted."""
    folder = source()
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if _LEFT_BY_PYTHON not in path.parts)


def copy(folder: Path, *, force: bool = False, part: int | None = None) -> list[Path]:
    """Copies all files into `folder`, which is made where needed; returns those that were written, relative to it.

    part: whose layouts are written besides the first's, 1 to 8; None = no other's. A file that is there already and
    differs is somebody's work: unless `force`, ConfigError names it and nothing is written. Raises ConfigError too
    where the folder cannot be written, and for a part that there is not.
    """
    origin = source()
    new = {path: (origin / path).read_bytes() for path in files()}
    if part is not None:
        found = [path for path in new if layouts.is_layout(path)]
        new |= {layouts.named(path, part): layouts.of_part(path, new[path], part) for path in found}
    try:
        kept = {path: (folder / path).read_bytes() for path in new if (folder / path).is_file()}
        changed = [path for path, content in kept.items() if content != new[path]]
        if changed and not force:
            names = ", ".join(str(path) for path in changed[:_SHOWN])
            more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
            raise ConfigError(
                f"{folder} holds other versions of {names}{more}: name another folder, or --force to replace them"
            )
        written = [path for path in new if path not in kept or path in changed]
        for path in written:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(new[path])
    except OSError as error:
        raise ConfigError(f"patches cannot be copied to {folder}: {error.strerror or error}") from error
    return written


def main(folder: Path, *, force: bool, part: int | None = None) -> int:
    """As `oscvae patches`."""
    written = copy(folder, force=force, part=part)
    print(f"{folder}: {len(written)} files" if written else f"{folder}: everything is there")
    for path in written:
        print(f"  {path}")
    return 0
