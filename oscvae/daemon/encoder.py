"""/encode: a performer's own recording becomes a point of the latent space.

The file is looked up in a worker thread, read and analysed in a helper process, and encoded in the decoder process
beside the notes. An encoding that takes too long is given up; its decoder plays on, and encodes again when it is done.
A foreign file may be made to take over what reads it, so what the helper answers is foreign input.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from oscvae.arrays import Float32s
from oscvae.daemon import helper
from oscvae.decode.wire import ENCODE, Request
from oscvae.errors import BusyError, CommandError
from oscvae.files import open_regular, why
from oscvae.model.detail import Detail, checked, detail_size, share_elsewhere
from oscvae.model.document import AnyDocument, ModelDocument
from oscvae.names import find
from oscvae.play.models.loaded import Handle, Loaded
from oscvae.play.recordings import Recorded as RecordedDocument
from oscvae.play.recordings import read_recording, recording_parts
from oscvae.settings.disk import Disk

TIMEOUT_S = 60.0
NAMES_MOST = 250  # that are listed: a message has at most 512 arguments
SUFFIXES = frozenset((".wav", ".flac", ".aif", ".aiff", ".ogg", ".oga", ".opus", ".mp3", ".caf", ".au", ".w64"))
FAR_DB = 8.5  # of 255 recordings of its instruments that `plucked` never heard, the farthest is 7.5 dB away
_NOTE_BYTES = 8
_DOUBT_MAX = 200  # bytes


class Encoded(NamedTuple):
    """A sound file as a model knows it."""

    note: int
    """MIDI note."""
    z: tuple[float, ...]
    """The latent mean [D], in the range that /play takes."""
    doubt: str
    """Why it may be something else than a note that the model knows; empty where nothing speaks against it."""
    distance_db: float
    """How far what the model plays there is from it: log-spectral, in dB."""
    detail: Detail
    """What it has besides."""


class Recorded(NamedTuple):
    """A recording as a model knows it that encodes such."""

    handle: Handle
    distance_db: float
    """How far the frames that it decodes are from those of the recording, level apart: log-spectral, in dB; 0 of a
    model of samples, which is not asked."""


class Encoder:
    """Encodes files of one folder, one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._disk = Disk("the sounds folder", folder)
        self._turn = asyncio.Lock()
        self._ids = itertools.count(1)
        self._answers: dict[int, tuple[Loaded, asyncio.Future[dict[str, Any]]]] = {}

    def path(self, name: str) -> Path:
        """The file `name` in the sounds folder. Asks the disk: not for the event clock.

        Raises CommandError for anything that leads out of the folder, or nowhere.
        """
        folder = self._folder.resolve()
        if not name or "\0" in name or Path(name).is_absolute() or ".." in Path(name).parts:
            raise CommandError(f"a sound is named by its path inside {self._folder}, got {name[:64]!r}")
        try:
            path = (find(folder, name) or folder / name).resolve()
            found = path.is_file()
            if found and path.is_relative_to(folder):
                with open_regular(path) as file:
                    file.read(1)  # here is a deadline
        except (OSError, RuntimeError) as error:
            raise CommandError(f"{name[:64]!r} cannot be read: {why(error)}") from error
        if not path.is_relative_to(folder):
            raise CommandError(f"{name[:64]!r} leads out of {self._folder}")
        if not found:
            raise CommandError(f"no sound {name[:64]!r} in {self._folder}")
        return path

    async def list_names(self) -> list[str]:
        """The sound files in the folder, by their paths inside it. Raises CommandError."""
        try:
            return await self._disk.ask(self._names)
        except OSError as error:
            raise CommandError(f"the sounds folder cannot be read: {why(error)}") from error

    def _names(self) -> list[str]:
        folder = self._folder.resolve()
        if not folder.is_dir():
            return []
        found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        return sorted(path.relative_to(folder).as_posix() for path in islice(found, NAMES_MOST))

    async def encode(self, name: str, loaded: Loaded, note: int | None = None) -> Encoded:
        """What a sound file is to a model. note: which it is, instead of the one that is heard. Raises CommandError."""
        if not loaded.decoder.encodes:
            raise CommandError(f"the model {loaded.name!r} has no encoder")
        if note is not None and not loaded.info.note_min <= note <= loaded.info.note_max:
            notes = f"{loaded.info.note_min:g} to {loaded.info.note_max:g}"
            raise CommandError(f"the model {loaded.name!r} has the notes {notes}, not {note}")
        loaded.waiting += 1  # its decoder is not dismissed, whatever is loaded in the meantime
        try:
            async with self._turn:
                path = await self._disk.ask(partial(self.path, name), name)
                document = cast(ModelDocument, loaded.document)  # a stream's are recorded, or have no encoder
                heard, x, doubt = await self._analyse(path, document, note)
                notice = await self._ask(loaded, Request(ENCODE, 0, 0, 0, 0, heard, ()), partial(_put, x))
        finally:
            loaded.waiting -= 1
        if "why" in notice:
            raise CommandError(f"{name}: {notice['why']}")
        mean = _numbers(notice.get("mean"), loaded.info.dims)
        distance = _numbers([notice.get("distance_db")], 1)
        numbers = _numbers(notice.get("detail"), 2 * detail_size(document.bands.n))
        if mean is None or distance is None or numbers is None:
            raise CommandError(f"{name}: the model {loaded.name!r} makes nothing of it")
        try:
            detail = checked(heard, numbers, share_elsewhere(distance[0]))
        except ValueError as error:
            raise CommandError(f"{name}: the model {loaded.name!r} makes nothing of it: {error}") from error
        # of noise, or of anything that is unlike its notes, a model may think whatever it likes
        doubts = [why for why in (doubt, document.unlike(mean), far(distance[0])) if why]
        return Encoded(heard, document.within_reach(mean), "; ".join(doubts), distance[0], detail)

    async def record(self, name: str, loaded: Loaded, document: RecordedDocument) -> Recorded:
        """What a whole recording is to a model that encodes such, whose decoder then knows it. Raises CommandError."""
        if not loaded.decoder.encodes:
            raise CommandError(f"the model {loaded.name!r} has no encoder")
        try:
            shared = os.memfd_create("oscvae-recording", os.MFD_CLOEXEC)
        except OSError as error:
            raise CommandError(f"{name}: there is no room for its frames: {why(error)}") from error
        loaded.waiting += 1  # its decoder is not dismissed, whatever is loaded in the meantime
        try:
            async with self._turn:
                path = await self._disk.ask(partial(self.path, name), name)
                frames = await self._analyse_frames(path, document, shared)
                number, notice = loaded.handles.new_recording(), dict[str, Any]()
                for request in recording_parts(frames, number, document.encoded_at_once):
                    put = partial(read_recording, shared, frames, request, document)
                    notice = await self._ask(loaded, request, put)
                    if "why" in notice:
                        raise CommandError(f"{name}: {notice['why']}")
        finally:
            loaded.waiting -= 1
            # which frees up to a hundred megabytes
            threading.Thread(target=os.close, args=(shared,), name="farewell", daemon=True).start()
        mean, distance = _numbers(notice.get("mean"), loaded.info.dims), _numbers([notice.get("distance_db")], 1)
        if mean is None or distance is None:
            raise CommandError(f"{name}: the model {loaded.name!r} makes nothing of it")
        seconds = frames * document.frame_s
        return Recorded(Handle(document.within_reach(mean), (), number, seconds), round(distance[0], 2))

    async def _analyse_frames(self, path: Path, document: RecordedDocument, shared: int) -> int:
        """Have a recording's frames written into shared memory; how many there are."""
        size = range(_NOTE_BYTES, _NOTE_BYTES + 1)
        data = await self._help(path, "oscvae.sound.trajectory", document, size, str(shared), given=(shared,))
        frames = int(np.frombuffer(data, np.int64)[0])
        if not frames > 0 or os.fstat(shared).st_size != frames * (document.frame_numbers + 1) * 4:
            raise CommandError(f"{path.name}: its analysis answered nonsense")
        return frames

    async def _help(
        self, path: Path, module: str, document: AnyDocument, size: range, *args: str, given: Sequence[int] = ()
    ) -> bytes:
        """What a process that analyses a file answers, of such a size. Raises CommandError."""
        try:
            data, errors = await helper.ask(
                module,
                str(path),
                *args,
                said=document.model_dump_json().encode(),
                most=size[-1],
                timeout_s=TIMEOUT_S,
                given=given,
            )
        except TimeoutError:
            raise CommandError(f"{path.name} took longer than {TIMEOUT_S:.0f} s to analyse") from None
        except OSError as error:
            raise CommandError(f"no process can be started for {path.name}: {why(error)}") from error
        if len(data) not in size:
            lines = errors.decode(errors="replace").strip().splitlines()
            raise CommandError(lines[-1] if lines else f"{path.name} crashed its analysis")
        return data

    async def _analyse(
        self, path: Path, document: ModelDocument, note: int | None
    ) -> tuple[int, np.ndarray[Any, Any], str]:
        """Its note, its magnitudes, and why it may be no single note."""
        size = _NOTE_BYTES + 4 * document.frames * document.bands.n
        args = () if note is None else (str(note),)
        data = await self._help(path, "oscvae.sound.analyse", document, range(size, size + _DOUBT_MAX + 1), *args)
        heard = int(np.frombuffer(data, np.int64, count=1)[0])
        x = np.frombuffer(data[:size], np.float32, offset=_NOTE_BYTES).reshape(document.frames, document.bands.n)
        if not document.note_min <= heard <= document.note_max or not (np.abs(x) <= 1.0).all():
            raise CommandError(f"{path.name}: its analysis answered nonsense")
        return heard, x, data[size:].decode(errors="replace")

    async def _ask(self, loaded: Loaded, request: Request, put: Callable[[Float32s], None]) -> dict[str, Any]:
        """Have the decoder encode what `put` lays into the memory that is shared with it."""
        decoder = loaded.decoder
        if not decoder.alive:
            raise BusyError("busy: the model takes no requests just now")
        if decoder.encoding:  # what was given up
            raise BusyError(f"busy: the model {loaded.name!r} still encodes an earlier sound")
        put(decoder.to_encode)
        number = next(self._ids)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = loaded, answer
        try:
            if not decoder.send(request._replace(generation=number)):
                raise BusyError("busy: the model takes no requests just now")
            return await asyncio.wait_for(answer, TIMEOUT_S)
        except TimeoutError:
            raise CommandError(f"the model did not encode within {TIMEOUT_S:.0f} s") from None
        finally:
            del self._answers[number]

    def notice(self, notice: dict[str, Any]) -> None:
        """The decoder's answer to an encoding."""
        number = notice.get("encoded")
        _, answer = self._answers.get(number, (None, None)) if isinstance(number, int) else (None, None)
        if answer is not None and not answer.done():
            answer.set_result(notice)

    def lost(self, loaded: Loaded) -> None:
        """A decoder died: what it was encoding will not come."""
        for model, answer in self._answers.values():
            if model is loaded and not answer.done():
                answer.set_result({"why": f"the decoder of {loaded.name!r} died"})


def _put(x: Float32s, to_encode: Float32s) -> None:
    to_encode[:] = x


def far(distance_db: float) -> str:
    """Why to doubt a sound that the model comes no nearer to; empty where it comes near."""
    return f"the model comes no nearer to it than {distance_db:.1f} dB" if distance_db > FAR_DB else ""


def _numbers(answer: object, count: int) -> list[float] | None:
    """A list of `count` finite numbers, or None for any other answer."""
    if not isinstance(answer, list) or len(answer) != count:
        return None
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in answer):
        return None
    return [float(value) for value in answer]
