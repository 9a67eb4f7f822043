"""Recording the output: the callback fills a ring, a disk thread writes it to a float WAV.

What the disk cannot take in 2.7 s is lost and counted, never waited for. A file has one rate: where the audio server
returns with another, the recording ends, and /record says how long it became.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from oscvae.errors import CommandError
from oscvae.files import NAME_BYTES, why
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.settings.disk import Disk

log = logging.getLogger(__name__)

_POLL_S = 0.05
SUFFIX = ".wav"
NAME_MAX = 128
_NUMBER_BYTES = 6  # of -2, -3 .. behind a name that is taken
_STEM_BYTES = NAME_BYTES - len(SUFFIX) - _NUMBER_BYTES
_FORBIDDEN = frozenset('/\\\0:*?"<>|')
_FULL_BYTES = 65536  # of a disk on which a block of the recording no longer fits


def stem_of(name: str) -> str:
    """A recording's name without its suffix.

    Raises CommandError for a name that is a path, hidden, empty, over 128 characters or 245 bytes.
    """
    stem = name.removesuffix(SUFFIX)
    bad = not stem or len(stem) > NAME_MAX or stem.startswith(".") or _FORBIDDEN & set(stem) or not stem.isprintable()
    if bad or len(stem.encode()) > _STEM_BYTES:
        raise CommandError(
            f"a recording's name has 1 to {NAME_MAX} printable characters and at most {_STEM_BYTES} bytes, no path, "
            f'none of : * ? " < > | and no dot in front, got {len(stem)} characters, {name[:64]!r}'
        )
    return stem


class _File(NamedTuple):
    """A new recording's file, open."""

    path: Path
    sound: Any  # soundfile.SoundFile

    def discard(self) -> None:
        """Away with it: nobody waits for it any more."""
        with contextlib.suppress(OSError, RuntimeError):
            self.sound.close()
            self.path.unlink()


class Recorder:
    """Writes an engine's output while it runs; one recording at a time."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._disk = Disk("the recordings folder", folder)
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._path: Path | None = None
        self._rate = engine.rate
        self._frames = 0
        self._lost = 0
        self._error = ""

    async def start(self, name: str) -> str:
        """Begin a recording; returns the file's name: where that is taken, with a number, lest an old one be lost.

        Raises CommandError when one is running, for a bad name, or when the disk refuses.
        """
        stem = stem_of(name)
        if self._thread is not None:
            raise CommandError(
                f"{self._path.name if self._path else 'a recording'} is being recorded: /record stops it"
            )
        rate = self._engine.rate
        file = await self._disk.ask(partial(self._create, stem, rate), late=self._discard)
        self._path, self._rate, self._frames, self._error = file.path, rate, 0, ""
        self._stop = threading.Event()
        self._lost = self._engine.word(at.E_RECORD_LOST)
        self._engine.set_word(at.E_RECORD_TAIL, self._engine.word(at.E_RECORD_HEAD))
        self._engine.set_word(at.E_RECORD_ON, 1)
        self._thread = threading.Thread(target=self._run, args=(file.sound,), name="disk_recorder", daemon=True)
        self._thread.start()
        return file.path.name

    async def stop(self) -> tuple[str, float]:
        """End the recording; returns its file's name and length in seconds, once it is on disk.

        Raises CommandError when none is running, when something of it was lost, and when the disk does not take the
        rest; then it can be asked again.
        """
        if self._thread is None or self._path is None:
            raise CommandError("nothing is being recorded: /record name starts")
        self._engine.set_word(at.E_RECORD_ON, 0)
        self._stop.set()
        await self._disk.ask(self._thread.join)
        self._thread = None
        if self._error:
            raise CommandError(f"{self._path.name} ends after {self._frames / self._rate:.1f} s: {self._error}")
        lost = self._engine.word(at.E_RECORD_LOST) - self._lost
        if lost:
            raise CommandError(f"{self._path.name} lacks {lost} frames: the disk was too slow")
        return self._path.name, self._frames / self._rate

    async def close(self) -> None:
        """End the recording, if there is one."""
        if self._thread is not None:
            with contextlib.suppress(CommandError):
                await self.stop()

    # -- on the disk ---------------------------------------------------------------------------------------------------

    def _create(self, stem: str, rate: int) -> _File:
        path: Path | None = None
        try:
            import soundfile

            self._folder.mkdir(parents=True, exist_ok=True)
            path = _create_new(self._folder, stem)
            sound = soundfile.SoundFile(path, "w", samplerate=rate, channels=2, subtype="FLOAT")
        except (OSError, RuntimeError) as error:
            if path is not None:
                with contextlib.suppress(OSError):
                    path.unlink()
            raise CommandError(f"{stem}{SUFFIX} cannot be written: {_reason(error, self._folder)}") from error
        return _File(path, sound)

    def _discard(self, file: _File) -> None:
        """What was created when nobody waited for it any more."""
        threading.Thread(target=file.discard, name="disk_discard", daemon=True).start()

    def _run(self, file: Any) -> None:
        try:
            with file:
                self._write_to(file)
        except (OSError, RuntimeError) as error:
            self._engine.set_word(at.E_RECORD_ON, 0)
            self._error = _reason(error, self._folder)
            log.error("%s cannot be written any more: %s", self._path, self._error)

    def _write_to(self, file: Any) -> None:
        """Until it is stopped, or the rate changes. Raises OSError or RuntimeError when the disk refuses."""
        while True:
            stopping = self._stop.is_set()
            if self._engine.rate != self._rate:
                self._engine.set_word(at.E_RECORD_ON, 0)
                name = self._path.name if self._path else "the recording"
                log.warning("%s ends here: the rate is %d Hz now, not %d", name, self._engine.rate, self._rate)
                return
            if stopping:
                time.sleep(_POLL_S)  # the block that saw the recording end may still be writing
            self._drain(file)
            if stopping:
                return
            self._stop.wait(_POLL_S)

    def _drain(self, file: Any) -> None:
        engine = self._engine
        head, tail = engine.word(at.E_RECORD_HEAD), engine.word(at.E_RECORD_TAIL)
        places = np.arange(tail, head) & (at.RECORD_FRAMES - 1)
        samples = engine.recording[places]
        engine.set_word(at.E_RECORD_TAIL, head)
        file.write(samples)
        self._frames += len(samples)


def _create_new(folder: Path, stem: str) -> Path:
    """An empty file that was not there. Raises OSError."""
    number = 1
    while True:
        path = folder / (f"{stem}-{number}{SUFFIX}" if number > 1 else f"{stem}{SUFFIX}")
        number += 1
        with contextlib.suppress(FileExistsError), path.open("xb"):
            return path


def _reason(error: Exception, folder: Path) -> str:
    """Why the disk refused; libsndfile calls a full one a "System error"."""
    if isinstance(error, OSError):
        return f"{folder}: {why(error)}"
    with contextlib.suppress(OSError):
        if shutil.disk_usage(folder).free < _FULL_BYTES:
            return f"no space is left in {folder}"
    return str(getattr(error, "error_string", error))
