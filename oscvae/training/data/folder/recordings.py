"""Which files of a folder are recordings, what note each is said to be, and how hard it was played.

What libsndfile reads counts, whatever it is called. A note is said by the file's name, else by the root that the file
stores, as samplers write it; a bare number in the name is only a guess, which the sound must bear out.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from oscvae.errors import DataError
from oscvae.names import shown
from oscvae.sound.chunks import stored_root
from oscvae.training.data.folder.names import note_of, velocities_of
from oscvae.training.data.processed.names import Version, check_effects, sort_versions
from oscvae.training.data.recipes import FolderSource
from oscvae.units import note_name

_FOREIGN = frozenset({".m4a", ".aac", ".wma", ".mp4", ".ape", ".wv", ".dsf"})
"""Sound files that libsndfile does not read: said, not overlooked."""
_OTHER_SUFFIXES = frozenset({".aif", ".aifc", ".oga", ".opus"})
_DEFAULT_ROOTS = 2
"""A root that more files than this share, and no file contradicts, is what an editor writes by itself."""


@dataclass(frozen=True)
class Recording:
    """A sound file of a folder."""

    path: Path
    told: str
    """What to call it in a report: its path inside the folder."""
    timbre: str
    note: int | None = None
    """The MIDI note that it is said to be; None for one that is to be heard."""
    said: str = ""
    """Where the note is from, for a report."""
    is_guess: bool = False
    """Whether the note is a bare number in the name, which may as well count files."""
    velocity: int = 100
    versions: tuple[Version, ...] = ()
    """What effects have made of it, where the folder holds that."""


@dataclass
class Found:
    """What is in a folder."""

    recordings: list[Recording] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    """{"what", "why"} of sounds that cannot be used."""
    passed_over: list[dict[str, str]] = field(default_factory=list)
    """{"what", "why"} of what is no sound."""


def find_recordings(source: FolderSource) -> Found:
    """The recordings of a folder and the folders inside it, in the order of their names.

    Raises DataError where there is no folder, or no sound file in it.
    """
    root = source.path
    if not root.is_dir():
        raise DataError(f"there is no folder {shown(root)} of recordings")
    found = Found()
    others: Counter[str] = Counter()
    paths = []
    for path in sorted(_walk(root, found)):
        if not fnmatchcase(path.name, source.files):
            continue
        suffix = path.suffix.lower()
        told = shown(path.relative_to(root))
        if suffix in _FOREIGN:
            found.skipped.append({"what": told, "why": f"{suffix} files are not read: convert it to WAV or FLAC"})
        elif not os.access(path, os.R_OK):
            found.skipped.append({"what": told, "why": "it cannot be read: Permission denied"})
        elif suffix in sound_suffixes() or _is_sound(path):
            paths.append(path)
        else:
            others[suffix] += 1
    for suffix, count in sorted(others.items()):
        what = f"{count} file{'s' * (count > 1)} {suffix or 'without a suffix'}"
        found.passed_over.append({"what": shown(what), "why": "libsndfile reads no sound there"})
    if not paths:
        reasons = "; ".join(f"{one['what']}: {one['why']}" for one in [*found.skipped, *found.passed_over][:3])
        told = f"; {reasons}" if reasons else ""
        raise DataError(f"{shown(root)} holds no sound files: WAV, FLAC, AIFF, OGG and MP3 are read{told}")
    versions: dict[Path, tuple[Version, ...]] = {}
    if source.effects:
        parted = sort_versions(paths, root)
        paths, versions = parted.dry, parted.versions
        found.skipped += parted.skipped
        check_effects(sorted({one.effect for ones in versions.values() for one in ones}), root)
    for path in paths:
        inside = shown(path.parent.relative_to(root))
        timbre = source.instrument or (inside if inside != "." else shown(root.resolve().name) or "recordings")
        told, own = shown(path.relative_to(root)), versions.get(path, ())
        found.recordings.append(Recording(path, told, timbre, versions=own))
    _name_notes(source, found)
    return found


def _walk(root: Path, found: Found) -> Iterator[Path]:
    """The files below a folder, but for hidden ones; what cannot be entered is skipped, and said."""

    def refused(error: OSError) -> None:
        what = shown(Path(error.filename).relative_to(root)) if error.filename else shown(root)
        found.skipped.append({"what": what, "why": f"it cannot be read: {error.strerror}"})

    for place, folders, files in os.walk(root, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if (linked := Path(place) / name).is_symlink():
                why = "a link to a folder is not followed: give that folder to the recipe"
                found.skipped.append({"what": shown(linked.relative_to(root)), "why": why})
        for name in sorted(files):
            if name.startswith("."):
                continue
            path = Path(place) / name
            if path.is_file():
                yield path
            elif path.is_symlink():
                found.skipped.append({"what": shown(path.relative_to(root)), "why": "it is a link that leads nowhere"})


@cache
def sound_suffixes() -> frozenset[str]:
    """What the names of sound files end in, in lower case."""
    import soundfile

    return _OTHER_SUFFIXES | {f".{kind.lower()}" for kind in soundfile.available_formats()}


def _is_sound(path: Path) -> bool:
    """Whether libsndfile opens a file of some other name."""
    import soundfile

    try:
        soundfile.info(os.fsencode(path))
    except (OSError, RuntimeError, ValueError):
        return False
    return True


def _name_notes(source: FolderSource, found: Found) -> None:
    """Says of each recording which note it is said to be, and how hard it was played."""
    roots = _roots(found.recordings) if source.notes != "sound" else {}
    by_timbre: dict[str, list[str]] = {}
    for one in found.recordings:
        by_timbre.setdefault(one.timbre, []).append(one.path.stem)
    velocities = {timbre: iter(velocities_of(stems, source.velocity)) for timbre, stems in by_timbre.items()}
    named = []
    for one in found.recordings:
        told = vars(one) | {"velocity": next(velocities[one.timbre])}
        said = None if source.notes == "sound" else note_of(shown(one.path.stem), source.middle_c)
        root = roots.get(one.path)
        if said is not None and not said.bare:
            told |= {"note": said.note, "said": f"its name says {said.word}"}
        elif root is not None:
            told |= {"note": root, "said": f"the file stores the root {root}, {note_name(root)}"}
        elif said is not None:
            guess = source.notes == "either"
            told |= {"note": said.note, "said": f"its name says {said.word}", "is_guess": guess}
        elif source.notes == "name" and source.table is None:  # a table may say it
            found.skipped.append({"what": one.told, "why": "its name says no note, like C#4 or 61"})
            continue
        named.append(Recording(**told))
    found.recordings = named


def _roots(recordings: list[Recording]) -> dict[Path, int]:
    """The notes that files store, but for one that too many share to mean it."""
    roots: dict[Path, int] = {}
    for one in recordings:
        try:
            root = stored_root(one.path)
        except OSError:
            continue  # which is told when it is to be read
        if root is not None:
            roots[one.path] = root
    alike = len(roots) > _DEFAULT_ROOTS and len(set(roots.values())) == 1
    return {} if alike else roots
