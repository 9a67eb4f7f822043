"""Presets: names for points of the latent space, and for what else sounds there, per model, kept on disk.

The state in memory changes at once, on the event clock; the file follows in a worker thread, whole and atomically
(written aside, synced, renamed), so that pulling the plug leaves the old file or the new one. What cannot be written is
taken back: after a /fail everything is as it was, and nobody counts on a preset that is gone tomorrow. Each model has
its file, and one that hangs holds up no other's. Names are kept and compared in Unicode's normal form C.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import re
import urllib.parse
from collections import defaultdict
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from oscvae.errors import BusyError, CommandError
from oscvae.files import NAME_BYTES, why
from oscvae.model.detail import PARTS_MOST, Detail, Mix, checked
from oscvae.names import normal
from oscvae.play.journey import Point
from oscvae.settings import documents
from oscvae.settings.disk import Disk

FORMAT = 4
FORMAT_OF_DETAILS = 3  # what is written where presets say nothing of keys,
FORMAT_OF_SOUNDS = 2  # where they hold no detail, and
FORMAT_OF_POINTS = 1  # where they hold points alone: older programs read it
NAME_MAX = 64  # characters
PRESETS_MAX = 4096  # of one model
FOREIGN_SHOWN = 5  # names of presets of another version, in one line of the log
SUFFIX = ".json"
_ASIDE_BYTES = 10  # that the name of a damaged file takes besides
_STEM_MAX, _STEM_CUT = NAME_BYTES - len(SUFFIX) - _ASIDE_BYTES, 200

SOUND = ("attack", "release", "stretch")  # what a preset may hold besides, as at the addresses of these names
GLIDE = "portamento"  # held along with these where it is not 0
MODES = ("mono", "legato")  # of keys; poly is not written

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preset:
    """What a name stands for: a latent point, and where it was asked for, how it sounds.

    sound: seconds or ratio, by the names in SOUND and GLIDE. mode: of keys, one of MODES; empty = poly. macros: 0 to 1,
    by the macro's name. detail: that of the point.
    version: of the model in whose space the point is; empty where it was not kept.
    """

    z: Point
    sound: Mapping[str, float] = field(default_factory=dict)
    macros: Mapping[str, float] = field(default_factory=dict)
    detail: Mix = ()
    version: str = field(default="", compare=False)
    mode: str = ""

    @property
    def format(self) -> int:
        """The oldest that can hold it."""
        if self.mode or GLIDE in self.sound:
            return FORMAT
        if self.detail:
            return FORMAT_OF_DETAILS
        return FORMAT_OF_SOUNDS if self.sound or self.macros else FORMAT_OF_POINTS


@dataclass(slots=True, eq=False)
class _Change:
    """A preset of that name, None for a deleted one; and what became of it on disk."""

    name: str
    preset: Preset | None
    is_over: bool = False
    why_not: str = ""

    def apply(self, presets: dict[str, Preset]) -> None:
        if self.preset is None:
            presets.pop(self.name, None)
        else:
            presets[self.name] = self.preset


class Presets:
    """The presets of all models; one JSON file in `folder` for each. `open` a model before using it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._disk = Disk("the presets folder", folder)
        self._presets: dict[str, dict[str, Preset]] = {}
        self._on_disk: dict[str, dict[str, Preset]] = {}
        self._unwritten: dict[str, list[_Change]] = {}  # what memory is ahead of the disk, in order
        self._unread: dict[str, str] = {}  # why the presets of a model are not known
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, model: str) -> None:
        """Reads the presets of `model`, in a worker thread, unless they are known already.

        A file that cannot be read is logged; until it can, the model has no presets and takes none.
        """
        async with self._locks[model]:
            if model in self._presets:
                return
            try:
                presets = await self._disk.ask(
                    partial(read, self._file(model)), model, late=lambda presets: self._adopt(model, presets)
                )
            except (CommandError, OSError) as error:
                self._say_unread(model, error)
            else:
                self._adopt(model, presets)

    def open_now(self, model: str) -> None:
        """As `open`, at once: for the offline engine, which has no event clock to keep. Raises CommandError."""
        if model not in self._presets:
            self._adopt(model, read(self._file(model)))

    def _say_unread(self, model: str, error: Exception) -> None:
        told = self._unread.get(model)
        if told is not None and (isinstance(error, BusyError) or told == why(error)):
            return
        self._unread[model] = why(error)
        log.warning("%s has no presets, and takes none: %s", model, why(error))

    def _adopt(self, model: str, presets: dict[str, Preset]) -> None:
        if self._unread.pop(model, None) is not None:
            log.info("the presets of %s are read now", model)
        self._presets[model], self._on_disk[model], self._unwritten[model] = presets, dict(presets), []

    def names(self, model: str) -> list[str]:
        """Sorted; none where they have not been read."""
        return sorted(self._presets.get(model, ()))

    def places(self, model: str, dims: int) -> dict[str, Point]:
        """Where the presets of a model lie, but those of another dimension than `dims`."""
        return {name: preset.z for name, preset in self._presets.get(model, {}).items() if len(preset.z) == dims}

    def known(self, model: str) -> dict[str, Preset]:
        """The presets of a model. Raises CommandError where they have not been read, and has that tried again."""
        if model in self._presets:
            return self._presets[model]
        self.try_again(model)
        reason = self._unread.get(model)
        raise CommandError(f"the presets of {model} have not been read{f': {reason}' if reason else ''}")

    def try_again(self, model: str) -> None:
        """Has presets read that could not be."""
        if model in self._unread and not self._locks[model].locked():
            self._start(self.open(model))

    def find(self, model: str, name: str, dims: int) -> Preset:
        """The preset of that name. Raises CommandError if there is none, or of another dimension than `dims`."""
        presets = self.known(model)
        preset = presets.get(normal(name))
        if preset is None:
            raise CommandError(f"no preset {name!r} for {model}, /presets lists them")
        if len(preset.z) != dims:
            raise CommandError(f"preset {name!r} has {len(preset.z)} dimensions, {model} has {dims}")
        return preset

    def say_foreign(self, model: str, version: str) -> None:
        """Logs which presets are of another major version of the model, and so of another latent space."""
        versions = {name: preset.version for name, preset in self._presets.get(model, {}).items() if preset.version}
        foreign = {name: other for name, other in sorted(versions.items()) if _major(other) != _major(version)}
        if foreign:
            shown = ", ".join(map(repr, list(foreign)[:FOREIGN_SHOWN])) + (
                ", .." if len(foreign) > FOREIGN_SHOWN else ""
            )
            others = " and ".join(sorted(set(foreign.values())))
            log.warning(
                "%d presets were saved with %s %s and sound otherwise in %s, another latent space: %s; "
                "save them anew, or keep the older model under another name",
                len(foreign),
                model,
                others,
                version,
                shown,
            )

    def save(self, model: str, name: str, preset: Preset) -> asyncio.Task[None]:
        """Keeps `preset` under `name` at once; the task is done when it is on disk.

        The task's CommandError says why it cannot be; then the name is as it was before. Raises CommandError for a
        bad name, and for a model that is not open, lest its file be overwritten unread.
        """
        name = normal(name)
        check_name(name)
        presets = self.known(model)
        if name not in presets and len(presets) >= PRESETS_MAX:
            raise CommandError(f"{model} has {PRESETS_MAX} presets already")
        return self._changed(model, _Change(name, preset))

    def delete(self, model: str, name: str) -> asyncio.Task[None]:
        """Forgets a preset at once; the task is as that of `save`. Raises CommandError if there is none."""
        name = normal(name)
        if name not in self.known(model):
            raise CommandError(f"no preset {name!r} for {model}, /presets lists them")
        return self._changed(model, _Change(name, None))

    async def close(self) -> None:
        """Waits for what is being written."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _changed(self, model: str, change: _Change) -> asyncio.Task[None]:
        change.apply(self._presets[model])
        self._unwritten[model].append(change)
        return self._start(self._flush(model, change))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # is logged already, and may have nobody else who asks for it

    async def _flush(self, model: str, change: _Change) -> None:
        async with self._locks[model]:  # one writer at a time; what waited behind it is often written along
            if not change.is_over:
                await self._write(model)
        if change.why_not:
            raise CommandError(change.why_not)

    async def _write(self, model: str) -> None:
        """Bring the disk to where memory is, or memory back to where the disk is."""
        presets, changes = dict(self._presets[model]), list(self._unwritten[model])
        why_not = ""
        try:
            await self._disk.ask(
                partial(write, self._file(model), model, presets), model, late=lambda _: self._came_late(model)
            )
        except (CommandError, OSError) as error:
            why_not = f"presets cannot be written: {why(error)}"
            if not isinstance(error, BusyError):
                log.warning("%s, in %s", why_not, self._folder)
        else:
            self._on_disk[model] = presets
        for change in changes:
            change.is_over, change.why_not = True, why_not
        newer = self._unwritten[model] = self._unwritten[model][len(changes) :]
        if why_not:
            self._presets[model] = dict(self._on_disk[model])
            for change in newer:
                change.apply(self._presets[model])

    def _came_late(self, model: str) -> None:
        """What was given up, and taken back in memory, is on the disk now."""
        self._start(self._write_again(model))

    async def _write_again(self, model: str) -> None:
        async with self._locks[model]:
            await self._write(model)

    def _file(self, model: str) -> Path:
        return self._folder / file_name(model)


def file_name(model: str) -> str:
    """Where the presets of a model are kept: its name, readable, or the beginning of a long one and its hash."""
    stem = urllib.parse.quote(model, safe=" +()")
    if len(stem) > _STEM_MAX:
        readable = re.sub(r"%.?$", "", stem[:_STEM_CUT])  # no half of an escape
        stem = f"{readable}-{hashlib.sha256(model.encode()).hexdigest()[:16]}"
    return stem + SUFFIX


def check_name(name: str) -> None:
    """A name is 1 to 64 printable characters without spaces at the ends; else CommandError."""
    if not 0 < len(name) <= NAME_MAX or not name.isprintable() or name != name.strip():
        shown = repr(name[:NAME_MAX])
        raise CommandError(f"a preset's name has 1 to {NAME_MAX} printable characters, got {shown}")


def read(file: Path) -> dict[str, Preset]:
    """The presets in `file`; none if it is not there. A damaged file is set aside, with a warning, and not lost.

    Raises CommandError if it can neither be read nor set aside.
    """
    try:
        return _checked(documents.read(file))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CommandError(f"presets {file} cannot be read: {why(error)}") from error
    except (ValueError, CommandError, RecursionError) as damage:
        try:
            aside = documents.set_aside(file)
        except OSError as error:
            raise CommandError(f"presets {file} are damaged ({damage}) and cannot be moved: {why(error)}") from error
        log.warning("presets %s are damaged (%s): kept as %s, starting without", file, damage, aside.name)
        return {}


def write(file: Path, model: str, presets: Mapping[str, Preset]) -> None:
    """Replaces `file` atomically. Raises OSError."""
    number = max((preset.format for preset in presets.values()), default=FORMAT_OF_POINTS)
    written = {name: _written(presets[name]) for name in sorted(presets)}
    versions = {name: presets[name].version for name in written if presets[name].version}
    more = {"versions": versions} if versions else {}
    documents.write(file, {"format": number, "model": model, "presets": written, **more})


def _written(preset: Preset) -> Any:
    """A list of numbers, or for one that holds more `{"z": [..], "attack": 0, "macros": {"soften": 0.5}, "detail":
    [{"note": 60, "share": 1, "elsewhere": 0.6, "numbers": [..]}]}`, whose numbers are dB, and then dB a second, by
    band; other notes have the share `elsewhere` of it."""
    if preset.format == FORMAT_OF_POINTS:
        return preset.z
    written: dict[str, Any] = {"z": preset.z, **preset.sound, "macros": dict(preset.macros)}
    if preset.mode:
        written["mode"] = preset.mode
    if preset.detail:
        written["detail"] = [
            {
                "note": detail.note,
                "share": share,
                "elsewhere": detail.elsewhere,
                "numbers": [round(number, 2) for number in detail.numbers.reshape(-1).tolist()],
            }
            for detail, share in preset.detail
        ]
    return written


def _checked(document: Any) -> dict[str, Preset]:
    """The presets of a document that is what `write` writes; ValueError or CommandError otherwise."""
    if not isinstance(document, dict) or document.get("format") not in range(FORMAT_OF_POINTS, FORMAT + 1):
        raise ValueError(f"not a preset document of format {FORMAT_OF_POINTS} to {FORMAT}")
    presets = document.get("presets")
    if not isinstance(presets, dict):
        raise ValueError("no presets in it")
    for name in presets:
        check_name(name)
    versions = document.get("versions", {})
    if not isinstance(versions, dict) or not all(isinstance(version, str) for version in versions.values()):
        raise ValueError("its versions are not names of versions")
    return {normal(name): _read_one(name, value, versions.get(name, "")) for name, value in presets.items()}


def _read_one(name: str, value: Any, version: str) -> Preset:
    """What `_written` has written; else ValueError."""
    parts = value if isinstance(value, dict) else {"z": value}
    z, macros = parts.get("z"), parts.get("macros", {})
    mode = parts.get("mode", "")
    sound = {key: number for key, number in parts.items() if key not in ("z", "macros", "detail", "mode")}
    if not isinstance(z, list) or not all(map(_is_finite, z)):
        raise ValueError(f"preset {name!r} is not a list of finite numbers")
    if not set(sound) <= {*SOUND, GLIDE} or not isinstance(macros, dict):
        raise ValueError(f"preset {name!r} holds more than z, {', '.join((*SOUND, GLIDE))}, mode, macros and detail")
    if mode and mode not in MODES:
        raise ValueError(f"preset {name!r} has a mode that is neither {' nor '.join(MODES)}")
    if not all(map(_is_finite, (*sound.values(), *macros.values()))):
        raise ValueError(f"preset {name!r} holds what is no finite number")
    return Preset(
        tuple(map(float, z)),
        {key: float(number) for key, number in sound.items()},
        {key: min(max(float(number), 0.0), 1.0) for key, number in macros.items()},
        _read_detail(name, parts.get("detail", [])),
        version,
        mode,
    )


def _read_detail(name: str, value: Any) -> Mix:
    """The fine detail of a preset; else ValueError."""
    if not isinstance(value, list) or len(value) > PARTS_MOST:
        raise ValueError(f"preset {name!r} has a detail that is no list of up to {PARTS_MOST}")
    parts: list[tuple[Detail, float]] = []
    for part in value:
        if not isinstance(part, dict) or set(part) != {"note", "share", "elsewhere", "numbers"}:
            raise ValueError(f"preset {name!r} has a detail without note, share, elsewhere and numbers, or with more")
        share, elsewhere, numbers = part["share"], part["elsewhere"], part["numbers"]
        if not _is_finite(share) or not _is_finite(elsewhere) or not 0.0 < share <= 1.0:
            raise ValueError(f"preset {name!r} has a detail whose share is not above 0 and up to 1")
        if not isinstance(numbers, list) or not all(map(_is_finite, numbers)):
            raise ValueError(f"preset {name!r} has a detail that is no list of finite numbers")
        try:
            parts.append((checked(part["note"], numbers, elsewhere), float(share)))
        except ValueError as error:
            raise ValueError(f"preset {name!r}: {error}") from error
    return tuple(parts)


def _major(version: str) -> str:
    """Of one model, versions that begin alike have one latent space."""
    return version.partition(".")[0]


def _is_finite(value: object) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False
