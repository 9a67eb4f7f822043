"""The models that play: loading beside the one that sounds, swapping, letting go, and a decoder that died.

A new decoder is started, lets the model be checked and warmed, and only then becomes the one that new notes use. Old
voices finish in the old context, which is freed when the renderer has acknowledged that it is gone. What needs no
decoder to be refused (a name, a file, a document) is refused first, and disturbs nothing that is being loaded.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from oscvae.decode.confine import OFF
from oscvae.decode.decoder import Decoder
from oscvae.errors import CommandError, DecoderError, ModelError, NoDocumentError, OscvaeError
from oscvae.files import why
from oscvae.model.document import SUFFIX, AnyDocument, model_names, model_path, read_any_document
from oscvae.osc.parse import ModelInfo
from oscvae.play.link import RendererLink
from oscvae.play.listener import Listener
from oscvae.play.loaded import Loaded
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.settings.disk import Disk
from oscvae.settings.threads import Threads
from oscvae.spectral.context import ModelContext

HANG_S = 5.0  # a decoder that owes an answer for so long will never give it
LAPSE_S = 1.0  # a daemon that has not watched for so long was stopped itself, and nobody is late
FAREWELL_S = 0.5  # after which nothing is on its way any more from a process that has ended
_SPARE_BLOCKS = 8
_LOADERS = 4  # threads: one loads, one replaces a decoder that died, others wait for one to end

log = logging.getLogger(__name__)


class ModelManager:
    """Loads models from `folder` for an engine; `current` is the one that new notes use.

    listener: hears of a new current model, of a decoder's death and of its notices. streams: the most voices of a model
    that has memory inside. sample_rate: Hz, of a model that has no document and does not say its own; 0 = unknown.
    """

    def __init__(
        self,
        engine: Engine,
        link: RendererLink,
        folder: Path,
        listener: Listener,
        *,
        device: str,
        threads: int,
        look_ahead: int,
        iterations: int,
        confine: bool = True,
        streams: int = 8,
        sample_rate: int = 0,
    ) -> None:
        self.engine = engine
        self.folder = folder
        self.current: Loaded | None = None
        self._link = link
        self._listener = listener
        self._device = device
        self._threads = threads
        self._look_ahead = look_ahead
        self._iterations = iterations
        self._confine = confine
        self._streams = streams
        self._sample_rate = sample_rate
        self._said: set[str] = set()
        self._contexts: list[Loaded | None] = [None] * at.CONTEXTS
        self._disk = Disk("the models folder", folder)
        self._loaders = Threads("load", _LOADERS)
        self._asked = 0  # requests to load
        self._request = 0  # the newest of them whose file is there
        self._turn = asyncio.Lock()
        self._opening: Decoder | None = None  # by `load`
        self._watched_s = time.monotonic()
        self._restarted = False
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()

    def names(self) -> list[str]:
        """The models that /load takes. Blocks on the disk: for a worker thread."""
        return model_names(self.folder)

    async def list_names(self) -> list[str]:
        """The same beside the event clock. Raises CommandError where the folder cannot be read, or does not answer."""
        try:
            return await self._disk.ask(self.names)
        except OSError as error:
            raise CommandError(f"the models folder cannot be read: {why(error)}") from error

    def info(self) -> ModelInfo:
        """What the vocabulary needs of the current model."""
        return self.current.info if self.current else ModelInfo(is_loaded=False)

    # -- loading -------------------------------------------------------------------------------------------------------

    def open(self, name: str, on_decoder: Callable[[Decoder], None] | None = None, device: str | None = None) -> Loaded:
        """Load, check and warm a model. Blocks for as long as that takes: for a worker thread or the offline engine.

        on_decoder(decoder): called before the process is started, to be able to cancel it. device: another than usual.
        Raises ModelError or DecoderError.
        """
        return self._open(name, *self._find(name), on_decoder, device)

    def _find(self, name: str) -> tuple[Path, AnyDocument | None]:
        """The file of a model and what it says of itself; None where only its code can say that. Blocks on the disk;
        raises ModelError."""
        path = model_path(self.folder, name)
        try:
            return path, read_any_document(path, self._shown(name))
        except NoDocumentError:
            return path, None

    def _shown(self, name: str) -> str:
        return str(self.folder / (name + SUFFIX))

    def _open(
        self,
        name: str,
        path: Path,
        document: AnyDocument | None,
        on_decoder: Callable[[Decoder], None] | None = None,
        device: str | None = None,
    ) -> Loaded:
        n_blocks = at.CHUNKS * self.engine.slots
        if document is not None and not document.is_endless:
            n_blocks += _SPARE_BLOCKS
        try:
            decoder = Decoder(path, document, n_blocks)
        except (OSError, MemoryError) as error:
            raise DecoderError(f"{path.name}: there is no room for its notes: {why(error)}") from error
        if on_decoder is not None:
            on_decoder(decoder)
        try:
            decoder.spawn(
                device or self._device,
                self._threads,
                confine=self._confine,
                streams=self._streams,
                sample_rate=self._sample_rate,
            )
            context = ModelContext(
                decoder.document,
                slots=self.engine.slots,
                rate=self.engine.rate,
                pool=int(decoder.pool.ctypes.data),
                n_blocks=n_blocks,
                pipe_fd=decoder.pipe_fd,
                credit_fd=decoder.credit_fd,
                look_ahead=self._look_ahead,
                iterations=self._iterations,
            )
        except BaseException as error:
            decoder.close()
            if isinstance(error, ValueError):
                raise ModelError(f"{path.name}: {error}") from error
            if isinstance(error, OSError | MemoryError):
                raise DecoderError(f"{path.name}: there is no room for it: {why(error)}") from error
            if isinstance(error, DecoderError):
                raise DecoderError(str(error).replace(str(path), self._shown(name))) from error
            raise
        if decoder.warning:
            log.warning("%s: %s", name, decoder.warning)
        self._say_how_confined(decoder)
        return Loaded(name, decoder.document, decoder, context, -1)

    def _say_how_confined(self, decoder: Decoder) -> None:
        """Warn once of what a model's code may do here."""
        if decoder.confined == OFF:
            problems = ["model.confine is off: a model's code may do whatever you may"]
        else:
            problems = [f"a model's code is confined, but not by {what}" for what in decoder.lacking]
        for problem in problems:
            if problem not in self._said:
                self._said.add(problem)
                log.warning("%s", problem)

    def adopt(self, loaded: Loaded) -> None:
        """Make an opened model the current one, and let the old one finish. Raises DecoderError if too many are
        still sounding."""
        index = next((i for i, used in enumerate(self._contexts) if used is None), None)
        if index is None:
            loaded.decoder.close()
            raise DecoderError(f"{at.CONTEXTS} models still sound, wait until one has ended")
        loaded.index = index
        loaded.context.set_rate(self.engine.rate)
        self._contexts[index] = loaded
        if not self._link.tell(at.ADD_CONTEXT, index, loaded.context.address):
            self._contexts[index] = None
            loaded.decoder.close()
            raise DecoderError("the renderer's queue is full")
        old, self.current = self.current, loaded
        if old is not None:
            self.collect()
        self._listener.model(loaded)

    async def load(self, name: str) -> Loaded:
        """Load a model beside the one that plays, then swap. A newer request for a model that is there makes this one
        fail as superseded.

        Raises ModelError, DecoderError, and DiskError or BusyError for a folder that does not answer; what played
        before plays on.
        """
        self._asked += 1
        mine = self._asked
        path, document = await self._ask_disk(name)
        if mine < self._request:  # the disk was quicker with a newer one
            raise ModelError("superseded")
        self._request = mine
        if self._opening is not None:
            self._opening.cancel()
        async with self._turn:  # one at a time: a flood of requests must not become a flood of processes
            if mine != self._request:
                raise ModelError("superseded")
            self._listener.loading(name)
            try:
                loaded = await self._loaders.run(self._open, name, path, document, self._begin)
            except OscvaeError:
                if mine != self._request:  # which is why it failed
                    raise ModelError("superseded") from None
                self._listener.loading("")
                raise
            finally:
                self._opening = None
            if self._closed or mine != self._request:
                await self._loaders.run(loaded.decoder.close)
                raise ModelError("superseded")
            self._listen(loaded)
            try:
                self.adopt(loaded)
            except DecoderError:
                self._listener.loading("")
                raise
            self._restarted = False
            return loaded

    async def _ask_disk(self, name: str) -> tuple[Path, AnyDocument | None]:
        return await self._disk.ask(partial(self._find, name), name)

    def _begin(self, decoder: Decoder) -> None:
        self._opening = decoder

    def _listen(self, loaded: Loaded) -> None:
        loaded.decoder.on_gone = lambda: self._died(loaded)
        loaded.decoder.on_notice = self._listener.notice
        loaded.decoder.listen(asyncio.get_running_loop())

    # -- letting go ----------------------------------------------------------------------------------------------------

    def collect(self) -> None:
        """Dismiss the decoders that no note will ask any more, and drop the contexts that no voice uses."""
        for index, loaded in enumerate(self._contexts):
            if loaded is None or loaded is self.current or loaded.waiting or loaded.dropping:
                continue
            if loaded.document.is_endless and loaded.voices:  # each goes on until it is stopped
                continue
            loaded.decoder.dismiss()
            if not loaded.voices:
                loaded.dropping = self._link.tell(at.DROP_CONTEXT, index)

    def dropped(self, index: int) -> None:
        """The renderer let go of a context."""
        loaded = self._contexts[index]
        if loaded is not None:
            self._contexts[index] = None
            threading.Thread(target=loaded.decoder.close, name="farewell", daemon=True).start()

    def returned(self, index: int, block: int) -> None:
        """The renderer gave a magnitude block back."""
        loaded = self._contexts[index]
        if loaded is not None:
            loaded.decoder.free_blocks.append(block)

    def answered(self, index: int) -> None:
        """A decoder answered a request."""
        loaded = self._contexts[index]
        if loaded is not None:
            loaded.decoder.answered()

    def watch(self) -> None:
        """End decoders that hang, and the notes of those that left without an answer; let go of what is over. Call it
        now and then."""
        self.collect()
        now = time.monotonic()
        lapsed = now - self._watched_s > LAPSE_S
        self._watched_s = now
        for loaded in self._contexts:
            if loaded is None:
                continue
            decoder = loaded.decoder
            if decoder.alive and loaded.context.refused:
                log.error("the decoder of %r answers what nobody asked it: it is ended", loaded.name)
                decoder.kill()
                continue
            if lapsed:
                decoder.excuse()
            decoder.owes_chunks(loaded.context.owed if decoder.alive else 0, loaded.context.chunks)
            silent_s = decoder.silent_s()
            if decoder.alive and silent_s > HANG_S:
                log.error("the decoder of %r has not answered for %.0f s: it is ended", loaded.name, silent_s)
                decoder.forgive()
                decoder.kill()
            elif not decoder.alive and silent_s > FAREWELL_S and (silent_s > HANG_S or not decoder.running()):
                decoder.forgive()
                decoder.kill()
                self._listener.died(loaded)

    def set_rate(self, rate: int) -> None:
        """Another output rate; only while nothing sounds."""
        for loaded in self._contexts:
            if loaded is not None:
                loaded.context.set_rate(rate)

    def close(self) -> None:
        """End every decoder process now."""
        self._closed = True
        contexts = [loaded for loaded in self._contexts if loaded is not None]
        for loaded in contexts:
            loaded.decoder.kill()  # all of them before the first is waited for
        for loaded in contexts:
            loaded.decoder.close()

    # -- a decoder that died -------------------------------------------------------------------------------------------

    def _died(self, loaded: Loaded) -> None:
        if self._closed:
            return
        self._listener.died(loaded)
        task = asyncio.get_running_loop().create_task(self._replace(loaded))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _replace(self, loaded: Loaded) -> None:
        """Say how the decoder ended, and start it again: once, and once more where it was CUDA that failed."""
        why = f"the decoder of {loaded.name!r} {await self._loaders.run(loaded.decoder.ending)}"
        if loaded is not self.current:
            log.warning("%s, while its last notes sounded", why)
            return
        device = loaded.decoder.device
        if loaded.decoder.cuda_failed:  # which happens once, and is no fault of the model's
            device = "cpu"
            log.warning("%s: CUDA failed, going on on the CPU: %s", loaded.name, loaded.decoder.cuda_failed)
        elif self._restarted:
            log.error("%s again; it is not started a second time, /load a model to play on", why)
            return
        else:
            self._restarted = True
            log.error("%s; starting it again", why)
        try:
            path, document = await self._ask_disk(loaded.name)
            fresh = await self._loaders.run(self._open, loaded.name, path, document, None, device)
            if self._closed or self.current is not loaded:  # a /load under way may fail: only one that is done counts
                await self._loaders.run(fresh.decoder.close)
                return
            fresh.revived, fresh.handles = True, loaded.handles
            fresh.handles.forget_recordings()
            self._listen(fresh)
            self.adopt(fresh)
        except OscvaeError as error:
            log.error("%s cannot be started again: %s", loaded.name, error)
