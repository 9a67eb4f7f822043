"""Presets: names for points of the latent space, per model, kept on disk.

The state in memory changes at once, on the event clock; the file follows in a worker thread, whole and atomically
(written aside, synced, renamed), so that pulling the plug leaves the old file or the new one. What cannot be written is
taken back: after a /fail everything is as it was, and nobody counts on a preset that is gone tomorrow.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import urllib.parse
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oscvae.errors import CommandError
from oscvae.settings import documents

FORMAT = 1
NAME_MAX = 64  # characters
PRESETS_MAX = 4096  # of one model

Point = tuple[float, ...]

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Change:
    """One preset's new point, None for a deleted one; and what became of it on disk."""

    name: str
    point: Point | None
    is_over: bool = False
    why_not: str = ""

    def apply(self, points: dict[str, Point]) -> None:
        if self.point is None:
            points.pop(self.name, None)
        else:
            points[self.name] = self.point


class Presets:
    """The presets of all models; one JSON file in `folder` for each. `open` a model before using it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._points: dict[str, dict[str, Point]] = {}
        self._on_disk: dict[str, dict[str, Point]] = {}
        self._unwritten: dict[str, list[_Change]] = {}  # what memory is ahead of the disk, in order
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, model: str) -> None:
        """Reads the presets of `model`, in a worker thread, unless they are known already.

        A file that cannot be read is logged; until it can, the model has no presets and takes none.
        """
        async with self._lock:
            if model in self._points:
                return
            try:
                points = await asyncio.to_thread(read, self._file(model))
            except CommandError as error:
                log.warning("%s", error)
            else:
                self._adopt(model, points)

    def open_now(self, model: str) -> None:
        """As `open`, at once: for the offline engine, which has no event clock to keep."""
        if model not in self._points:
            self._adopt(model, read(self._file(model)))

    def _adopt(self, model: str, points: dict[str, Point]) -> None:
        self._points[model], self._on_disk[model], self._unwritten[model] = points, dict(points), []

    def names(self, model: str) -> list[str]:
        """Sorted."""
        return sorted(self._points.get(model, ()))

    def point(self, model: str, name: str, dims: int) -> Point:
        """The latent point [dims] of a preset. Raises CommandError if there is none, or of another dimension."""
        points = self._points.get(model, {})
        if name not in points:
            raise CommandError(f"no preset {name!r} for {model}, /presets lists them")
        point = points[name]
        if len(point) != dims:
            raise CommandError(f"preset {name!r} has {len(point)} dimensions, {model} has {dims}")
        return point

    def save(self, model: str, name: str, point: Sequence[float]) -> asyncio.Task[None]:
        """Keeps `point` under `name` at once; the task is done when it is on disk.

        The task's CommandError says why it cannot be; then the name is as it was before. Raises CommandError for a
        bad name, and for a model that is not open, lest its file be overwritten unread.
        """
        check_name(name)
        points = self._points.get(model)
        if points is None:
            raise CommandError(f"the presets of {model} have not been read")
        if name not in points and len(points) >= PRESETS_MAX:
            raise CommandError(f"{model} has {PRESETS_MAX} presets already")
        return self._changed(model, _Change(name, tuple(float(value) for value in point)))

    def delete(self, model: str, name: str) -> asyncio.Task[None]:
        """Forgets a preset at once; the task is as that of `save`. Raises CommandError if there is none."""
        if name not in self._points.get(model, {}):
            raise CommandError(f"no preset {name!r} for {model}, /presets lists them")
        return self._changed(model, _Change(name, None))

    async def close(self) -> None:
        """Waits for what is being written."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _changed(self, model: str, change: _Change) -> asyncio.Task[None]:
        change.apply(self._points[model])
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
        async with self._lock:  # one writer at a time; what waited behind it is often written along
            if not change.is_over:
                await self._write(model)
        if change.why_not:
            raise CommandError(change.why_not)

    async def _write(self, model: str) -> None:
        """Bring the disk to where memory is, or memory back to where the disk is."""
        points, changes = dict(self._points[model]), list(self._unwritten[model])
        why_not = ""
        try:
            await asyncio.to_thread(write, self._file(model), model, points)
        except OSError as error:
            why_not = f"presets cannot be written to {self._folder}: {error.strerror}"
            log.warning("%s", why_not)
        else:
            self._on_disk[model] = points
        for change in changes:
            change.is_over, change.why_not = True, why_not
        newer = self._unwritten[model] = self._unwritten[model][len(changes) :]
        if why_not:
            self._points[model] = dict(self._on_disk[model])
            for change in newer:
                change.apply(self._points[model])

    def _file(self, model: str) -> Path:
        return self._folder / (urllib.parse.quote(model, safe=" +()") + ".json")


def check_name(name: str) -> None:
    """A name is 1 to 64 printable characters without spaces at the ends; else CommandError."""
    if not 0 < len(name) <= NAME_MAX or not name.isprintable() or name != name.strip():
        shown = repr(name[:NAME_MAX])
        raise CommandError(f"a preset's name has 1 to {NAME_MAX} printable characters, got {shown}")


def read(file: Path) -> dict[str, Point]:
    """The presets in `file`; none if it is not there. A damaged file is set aside, with a warning, and not lost.

    Raises CommandError if it can neither be read nor set aside.
    """
    try:
        return _checked(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CommandError(f"presets {file} cannot be read: {error.strerror}") from error
    except (ValueError, CommandError, RecursionError) as damage:
        try:
            aside = documents.set_aside(file)
        except OSError as error:
            raise CommandError(
                f"presets {file} are damaged ({damage}) and cannot be moved: {error.strerror}"
            ) from error
        log.warning("presets %s are damaged (%s): kept as %s, starting without", file, damage, aside.name)
        return {}


def write(file: Path, model: str, points: dict[str, Point]) -> None:
    """Replaces `file` atomically. Raises OSError."""
    presets = {name: points[name] for name in sorted(points)}
    documents.write(file, {"format": FORMAT, "model": model, "presets": presets})


def _checked(document: Any) -> dict[str, Point]:
    """The points of a document that is what `write` writes; ValueError or CommandError otherwise."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"not a preset document of format {FORMAT}")
    presets = document.get("presets")
    if not isinstance(presets, dict):
        raise ValueError("no presets in it")
    points: dict[str, Point] = {}
    for name, values in presets.items():
        check_name(name)
        if not isinstance(values, list) or not all(_is_finite(value) for value in values):
            raise ValueError(f"preset {name!r} is not a list of finite numbers")
        points[name] = tuple(float(value) for value in values)
    return points


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
