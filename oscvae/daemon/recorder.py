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
from pathlib import Path

import numpy as np

from oscvae.errors import CommandError
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine

log = logging.getLogger(__name__)

_POLL_S = 0.05
SUFFIX = ".wav"
NAME_MAX = 128
_FORBIDDEN = frozenset('/\\\0:*?"<>|')
_FULL_BYTES = 65536  # of a disk on which a block of the recording no longer fits


def recording_path(folder: Path, name: str) -> Path:
    """A new file `name`.wav in `folder`; a number is added rather than an old recording lost.

    Raises CommandError for a name that is a path, hidden, empty or over 128 characters.
    """
    stem = name.removesuffix(SUFFIX)
    if not stem or len(stem) > NAME_MAX or stem.startswith(".") or _FORBIDDEN & set(stem) or not stem.isprintable():
        raise CommandError(
            f"a recording's name has 1 to {NAME_MAX} printable characters, no path, none of : * ? \" < > | and no dot "
            f"in front, got {len(stem)} characters, {name[:64]!r}"
        )
    path = folder / f"{stem}{SUFFIX}"
    number = 2
    while path.exists():
        path = folder / f"{stem}-{number}{SUFFIX}"
        number += 1
    return path


class Recorder:
    """Writes an engine's output while it runs; one recording at a time."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._path: Path | None = None
        self._rate = engine.rate
        self._frames = 0
        self._lost = 0
        self._error = ""

    @property
    def active(self) -> bool:
        return self._thread is not None

    def start(self, name: str) -> str:
        """Begin a recording; returns the file's name. Blocks on the disk: for a worker thread.

        Raises CommandError when one is running, for a bad name, or when the disk refuses.
        """
        import soundfile

        if self._thread is not None:
            raise CommandError(
                f"{self._path.name if self._path else 'a recording'} is being recorded: /record stops it"
            )
        path = recording_path(self._folder, name)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with path.open("xb"):
                pass
            self._rate = self._engine.rate
            file = soundfile.SoundFile(path, "w", samplerate=self._rate, channels=2, subtype="FLOAT")
        except (OSError, RuntimeError) as error:
            _remove_empty(path)
            raise CommandError(f"{path.name} cannot be written: {_reason(error, self._folder)}") from error
        self._path, self._frames, self._error = path, 0, ""
        self._stop.clear()
        self._lost = self._engine.word(at.E_RECORD_LOST)
        self._engine.set_word(at.E_RECORD_TAIL, self._engine.word(at.E_RECORD_HEAD))
        self._engine.set_word(at.E_RECORD_ON, 1)
        self._thread = threading.Thread(target=self._run, args=(file,), name="recorder", daemon=True)
        self._thread.start()
        return path.name

    def stop(self) -> tuple[str, float]:
        """End the recording; returns its file's name and length in seconds. Blocks until it is on disk.

        Raises CommandError when none is running, or when something of it was lost.
        """
        if self._thread is None or self._path is None:
            raise CommandError("nothing is being recorded: /record name starts")
        self._engine.set_word(at.E_RECORD_ON, 0)
        self._stop.set()
        self._thread.join()
        self._thread = None
        if self._error:
            raise CommandError(f"{self._path.name} ends after {self._frames / self._rate:.1f} s: {self._error}")
        lost = self._engine.word(at.E_RECORD_LOST) - self._lost
        if lost:
            raise CommandError(f"{self._path.name} lacks {lost} frames: the disk was too slow")
        return self._path.name, self._frames / self._rate

    def _run(self, file: object) -> None:
        with file:  # type: ignore[attr-defined]
            while True:
                stopping = self._stop.is_set()
                if self._engine.rate != self._rate:
                    self._engine.set_word(at.E_RECORD_ON, 0)
                    name = self._path.name if self._path else "the recording"
                    log.warning("%s ends here: the rate is %d Hz now, not %d", name, self._engine.rate, self._rate)
                    return
                if stopping:
                    time.sleep(_POLL_S)  # the block that saw the recording end may still be writing
                try:
                    self._drain(file)
                except (OSError, RuntimeError) as error:
                    self._engine.set_word(at.E_RECORD_ON, 0)
                    self._error = _reason(error, self._folder)
                    log.error("%s cannot be written any more: %s", self._path, self._error)
                    return
                if stopping:
                    return
                self._stop.wait(_POLL_S)

    def _drain(self, file: object) -> None:
        engine = self._engine
        head, tail = engine.word(at.E_RECORD_HEAD), engine.word(at.E_RECORD_TAIL)
        places = np.arange(tail, head) & (at.RECORD_FRAMES - 1)
        samples = engine.recording[places]
        engine.set_word(at.E_RECORD_TAIL, head)
        file.write(samples)  # type: ignore[attr-defined]
        self._frames += len(samples)


def _reason(error: Exception, folder: Path) -> str:
    """Why the disk refused; libsndfile calls a full one a "System error"."""
    if isinstance(error, OSError) and error.strerror:
        return f"{folder}: {error.strerror}"
    with contextlib.suppress(OSError):
        if shutil.disk_usage(folder).free < _FULL_BYTES:
            return f"no space is left in {folder}"
    return str(error)


def _remove_empty(path: Path) -> None:
    """What a start that failed has left of its own; an older file cannot be empty of sound, it has a header."""
    with contextlib.suppress(OSError):
        if path.stat().st_size == 0:
            path.unlink()
