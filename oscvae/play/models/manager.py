"""The model that a part plays: loading beside the one that sounds, swapping, and a decoder that died.

A new decoder is started, lets the model be checked and warmed, and only then becomes the one that new notes use. What
needs no decoder to be refused (a name, a file, a document) is refused first, and disturbs nothing that is being loaded.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from functools import partial
from pathlib import Path

from oscvae.decode.decoder import Decoder
from oscvae.errors import DecoderError, ModelError, OscvaeError
from oscvae.model.document import AnyDocument
from oscvae.osc.parse import ModelInfo
from oscvae.osc.parts import FIRST
from oscvae.play.listener import Listener
from oscvae.play.models.contexts import Contexts
from oscvae.play.models.loaded import Loaded
from oscvae.play.models.opener import Opener

log = logging.getLogger(__name__)

STEADY_S = 60.0
"""Between two starts of a decoder that dies: one that cannot live is not started over and over."""


class ModelManager:
    """The model of one part; `current` is the one that new notes use.

    listener: hears of a new current model, of a decoder's death and of its notices.
    """

    def __init__(self, opener: Opener, contexts: Contexts, listener: Listener, part: int = FIRST) -> None:
        self.part = part
        self.current: Loaded | None = None
        self._opener = opener
        self._contexts = contexts
        self._listener = listener
        self._asked = 0  # requests to load
        self._request = 0  # the newest of them whose file is there
        self._turn = asyncio.Lock()  # one at a time: a flood of requests must not become a flood of processes
        self._opening: Decoder | None = None  # by `load`
        self._restarted_s = -math.inf
        self._tasks: set[asyncio.Task[None]] = set()

    def info(self) -> ModelInfo:
        """What the vocabulary needs of the current model."""
        return self.current.info if self.current else ModelInfo(is_loaded=False)

    def adopt(self, loaded: Loaded) -> None:
        """Make an opened model the current one, and let the old one finish. Raises DecoderError if too many are
        still sounding."""
        self._contexts.add(loaded)
        old, self.current = self.current, loaded
        loaded.part, loaded.plays = self.part, True
        if old is not None:
            old.plays = False
            self._contexts.collect()
        self._listener.model(loaded)

    def open(self, name: str) -> Loaded:
        """An opened model, as `Opener.open`."""
        return self._opener.open(name)

    async def list_names(self) -> list[str]:
        """The models that there are, as `Opener.list_names`."""
        return await self._opener.list_names()

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
        async with self._turn:
            if mine != self._request:
                raise ModelError("superseded")
            self._listener.loading(name, self.part)
            try:
                loaded = await self._opener.threads.run(self._opener.open_file, name, path, document, self._begin)
            except OscvaeError:
                if mine != self._request:  # which is why it failed
                    raise ModelError("superseded") from None
                self._listener.loading("", self.part)
                raise
            finally:
                self._opening = None
            if self._contexts.closed or mine != self._request:
                await self._opener.threads.run(loaded.decoder.close)
                raise ModelError("superseded")
            self._listen(loaded)
            try:
                self.adopt(loaded)
            except DecoderError:
                self._listener.loading("", self.part)
                raise
            self._restarted_s = -math.inf
            return loaded

    async def _ask_disk(self, name: str) -> tuple[Path, AnyDocument | None]:
        return await self._opener.disk.ask(partial(self._opener.find, name), name)

    def _begin(self, decoder: Decoder) -> None:
        self._opening = decoder

    def _listen(self, loaded: Loaded) -> None:
        loaded.decoder.on_gone = lambda: self._died(loaded)
        loaded.decoder.on_notice = self._listener.notice
        loaded.decoder.listen(asyncio.get_running_loop())

    # -- a decoder that died -------------------------------------------------------------------------------------------

    def _died(self, loaded: Loaded) -> None:
        if self._contexts.closed:
            return
        self._listener.died(loaded)
        task = asyncio.get_running_loop().create_task(self._replace(loaded))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _replace(self, loaded: Loaded) -> None:
        """Say how the decoder ended, and start it again: once in `STEADY_S`, and once more where CUDA failed."""
        why = f"the decoder of {loaded.name!r} {await self._opener.threads.run(loaded.decoder.ending)}"
        if loaded is not self.current:
            log.warning("%s, while its last notes sounded", why)
            return
        device = loaded.decoder.device
        if loaded.decoder.cuda_failed:  # which happens once, and is no fault of the model's
            device = "cpu"
            log.warning("%s: CUDA failed, going on on the CPU: %s", loaded.name, loaded.decoder.cuda_failed)
        elif time.monotonic() - self._restarted_s < STEADY_S:
            log.error("%s again; it is not started a second time, /load a model to play on", why)
            return
        else:
            self._restarted_s = time.monotonic()
            log.error("%s; starting it again", why)
        try:
            path, document = await self._ask_disk(loaded.name)
            fresh = await self._opener.threads.run(self._opener.open_file, loaded.name, path, document, None, device)
            if self._contexts.closed or self.current is not loaded:  # of another /load only one that is done counts
                await self._opener.threads.run(fresh.decoder.close)
                return
            fresh.revived, fresh.handles = True, loaded.handles
            fresh.handles.forget_recordings()
            self._listen(fresh)
            self.adopt(fresh)
        except OscvaeError as error:
            log.error("%s cannot be started again: %s", loaded.name, error)
