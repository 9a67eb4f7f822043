"""Which files are processed versions of others, by their names: A3.wav or A3__dry.wav, and A3__fuzz.wav beside it.

What comes behind the last two underscores is the effect, where what comes before them names a sound of the same folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from oscvae.errors import DataError
from oscvae.names import normal, shown

MARK = "__"
DRY = "dry"
MOST_EFFECTS = 95
"""With the dry sound as many as a model has presets."""
_LONGEST_NAME = 64
"""Of a preset."""


class Version(NamedTuple):
    """A processed version of a recording."""

    effect: str
    path: Path
    told: str
    """What to call it in a report."""


@dataclass
class Sorted:
    """What the files of a folder are."""

    dry: list[Path] = field(default_factory=list)
    versions: dict[Path, tuple[Version, ...]] = field(default_factory=dict)
    """Of each dry file, in the order of the effects' names."""
    skipped: list[dict[str, str]] = field(default_factory=list)
    """{"what", "why"}."""


def sort_versions(paths: Iterable[Path], root: Path) -> Sorted:
    """The dry sounds among the files below `root`, which are in order, and the versions of each."""
    found = Sorted()
    beside: dict[Path, list[Path]] = {}
    for path in paths:
        beside.setdefault(path.parent, []).append(path)
    for files in beside.values():
        _sort_folder(files, root, found)
    found.dry.sort()
    return found


def check_effects(effects: Sequence[str], root: Path) -> None:
    """That a pad can be made of these effects. Raises DataError."""
    if not effects:
        raise DataError(
            f"{shown(root)} holds no processed versions: beside a recording A3.wav, one is called A3{MARK}fuzz.wav"
        )
    if len(effects) == 1:
        raise DataError(
            f"{shown(root)} holds one effect, {effects[0]}: a pad lies between two or more, besides the dry sound"
        )
    if len(effects) > MOST_EFFECTS:
        raise DataError(f"{shown(root)} holds {len(effects)} effects: a model has presets for {MOST_EFFECTS} at most")


def name_fault(effect: str) -> str:
    """Why an effect cannot be called so; empty where it can: `/preset/recall` must find it."""
    if not effect:
        return f"nothing stands behind the {MARK} of its name: there should be the effect's name"
    if len(effect) > _LONGEST_NAME:
        return f"the name of its effect has {len(effect)} letters: a preset's has {_LONGEST_NAME} at most"
    if not effect.isprintable() or effect != effect.strip():
        return "the name of its effect must be printable, and have no spaces at its ends: a preset is called so"
    return ""


def _sort_folder(paths: list[Path], root: Path, found: Sorted) -> None:
    """The files of one folder."""
    stems = {path: normal(path.stem) for path in paths}
    bases = {base for base, mark, _ in map(_parted, stems.values()) if mark}
    sounds: dict[str, Path] = {}
    versions: dict[str, dict[str, Path]] = {}

    def skip(path: Path, why: str) -> None:
        found.skipped.append({"what": shown(path.relative_to(root)), "why": why})

    # Those with the fewest marks first: without an A3, A3__take2 is a sound, and A3__take2__fuzz a version of it.
    for path in sorted(paths, key=lambda path: (stems[path].count(MARK), not _is_dry(stems[path]), path)):
        base, mark, effect = _parted(stems[path])
        known = bool(mark) and base in sounds
        name = base if _is_dry(stems[path]) else stems[path]
        if _is_dry(stems[path]) or not mark or (not known and stems[path] in bases):
            if name in sounds:
                skip(path, f"{shown(sounds[name].name)} is the same sound already")
            else:
                sounds[name] = path
        elif not known:
            skip(
                path,
                f"it has no dry sound beside it: {shown(base)}{path.suffix} or {shown(base)}{MARK}{DRY}{path.suffix}",
            )
        elif fault := name_fault(effect):
            skip(path, fault)
        elif effect in (others := versions.setdefault(base, {})):
            skip(path, f"{shown(others[effect].name)} is the same effect on the same sound already")
        else:
            others[effect] = path
    found.dry += sounds.values()
    for name, path in sounds.items():
        own = sorted(versions.get(name, {}).items())
        found.versions[path] = tuple(Version(effect, one, shown(one.relative_to(root))) for effect, one in own)


def _parted(stem: str) -> tuple[str, str, str]:
    return stem.rpartition(MARK)


def _is_dry(stem: str) -> bool:
    base, mark, effect = _parted(stem)
    return bool(base and mark) and effect.casefold() == DRY
