"""/encode: a performer's own recording becomes a point of the latent space.

The file is looked up in a worker thread, read and analysed in a helper process, and encoded in the decoder process
beside the notes. An encoding that takes too long is given up; its decoder plays on, and encodes again when it is done.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np

from oscvae.decode.wire import ENCODE, Request
from oscvae.errors import BusyError, CommandError
from oscvae.play.loaded import Loaded

TIMEOUT_S = 60.0


class Encoder:
    """Encodes files of one folder, one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
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
            path = (folder / name).resolve()
            found = path.is_file()
        except (OSError, RuntimeError) as error:
            raise CommandError(f"{name[:64]!r} cannot be read: {error}") from error
        if not path.is_relative_to(folder):
            raise CommandError(f"{name[:64]!r} leads out of {self._folder}")
        if not found:
            raise CommandError(f"no sound {name[:64]!r} in {self._folder}")
        return path

    async def encode(self, name: str, loaded: Loaded) -> tuple[int, tuple[float, ...]]:
        """(note, latent mean) of a sound file, in the range that /play takes. Raises CommandError."""
        if not loaded.decoder.encodes:
            raise CommandError(f"the model {loaded.name!r} has no encoder")
        loaded.waiting += 1  # its decoder is not dismissed, whatever is loaded in the meantime
        try:
            async with self._turn:
                path = await self._find(name)
                note, x = await self._analyse(path, loaded)
                notice = await self._ask(loaded, note, x)
        finally:
            loaded.waiting -= 1
        if "why" in notice:
            raise CommandError(f"{name}: {notice['why']}")
        if not np.isfinite(notice["mean"]).all():
            raise CommandError(f"{name}: the model {loaded.name!r} makes nothing of it")
        # of noise, or of anything that is unlike its notes, a model may think whatever it likes
        z = zip(notice["mean"], loaded.info.z_low, loaded.info.z_high, strict=True)
        return note, tuple(min(max(float(value), low), high) for value, low, high in z)

    async def _find(self, name: str) -> Path:
        try:
            return await asyncio.wait_for(asyncio.to_thread(self.path, name), TIMEOUT_S)
        except TimeoutError:
            raise CommandError(f"{name[:64]!r} took longer than {TIMEOUT_S:.0f} s to find") from None

    async def _analyse(self, path: Path, loaded: Loaded) -> tuple[int, np.ndarray[Any, Any]]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "oscvae.sound.analyse",
            str(path),
            str(loaded.decoder.path),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            data, errors = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
        except (TimeoutError, asyncio.CancelledError):
            process.kill()
            raise CommandError(f"{path.name} took longer than {TIMEOUT_S:.0f} s to analyse") from None
        document = loaded.document
        if process.returncode or len(data) != 8 + 4 * document.frames * document.bands.n:
            lines = errors.decode(errors="replace").strip().splitlines()
            raise CommandError(lines[-1] if lines else f"{path.name} crashed its analysis")
        x = np.frombuffer(data, np.float32, offset=8).reshape(document.frames, document.bands.n)
        return int(np.frombuffer(data, np.int64, count=1)[0]), x

    async def _ask(self, loaded: Loaded, note: int, x: np.ndarray[Any, Any]) -> dict[str, Any]:
        decoder = loaded.decoder
        if not decoder.alive or not decoder.free_blocks:
            raise BusyError("busy: the model takes no requests just now")
        if decoder.encoding:  # what was given up
            raise BusyError(f"busy: the model {loaded.name!r} still encodes an earlier sound")
        block = decoder.free_blocks.pop()
        decoder.pool[block] = x
        number = next(self._ids)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = loaded, answer
        try:
            if not decoder.send(Request(ENCODE, 0, number, block, number, note, ())):
                raise BusyError("busy: the model takes no requests just now")
            return await asyncio.wait_for(answer, TIMEOUT_S)
        except TimeoutError:
            raise CommandError(f"the model did not encode within {TIMEOUT_S:.0f} s") from None
        finally:
            del self._answers[number]
            decoder.free_blocks.append(block)

    def notice(self, notice: dict[str, Any]) -> None:
        """The decoder's answer to an encoding."""
        _, answer = self._answers.get(int(notice.get("encoded", 0)), (None, None))
        if answer is not None and not answer.done():
            answer.set_result(notice)

    def lost(self, loaded: Loaded) -> None:
        """A decoder died: what it was encoding will not come."""
        for model, answer in self._answers.values():
            if model is loaded and not answer.done():
                answer.set_result({"why": f"the decoder of {loaded.name!r} died"})
