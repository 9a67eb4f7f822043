"""The contexts of an engine's models, of all parts: which slot of the engine's table is whose, letting go of what is
over, and watching over decoders.

Old voices finish in the old context, which is freed when the renderer has acknowledged that it is gone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

from oscvae.errors import DecoderError
from oscvae.play.link import RendererLink
from oscvae.play.models.loaded import Loaded
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine

HANG_S = 5.0  # a decoder that owes an answer for so long will never give it
LAPSE_S = 1.0  # a daemon that has not watched for so long was stopped itself, and nobody is late
FAREWELL_S = 0.5  # after which nothing is on its way any more from a process that has ended

log = logging.getLogger(__name__)


class Contexts:
    """The models that an engine knows, those that play and those whose last notes sound.

    abandoned(loaded): a decoder has left without answers that it owes.
    """

    def __init__(self, engine: Engine, link: RendererLink) -> None:
        self.engine = engine
        self.closed = False
        self.abandoned: Callable[[Loaded], None] = lambda loaded: None
        self._link = link
        self._contexts: list[Loaded | None] = [None] * at.CONTEXTS
        self._watched_s = time.monotonic()

    def __iter__(self) -> Iterator[Loaded]:
        return (loaded for loaded in self._contexts if loaded is not None)

    def add(self, loaded: Loaded) -> None:
        """Have the renderer know a model that was opened. Raises DecoderError if too many are still sounding."""
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

    # -- letting go ----------------------------------------------------------------------------------------------------

    def collect(self) -> None:
        """Dismiss the decoders that no note will ask any more, and drop the contexts that no voice uses."""
        for index, loaded in enumerate(self._contexts):
            if loaded is None or loaded.plays or loaded.waiting or loaded.dropping:
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
        for loaded in self:
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
                decoder.expect_nothing()
                decoder.kill()
            elif not decoder.alive and silent_s > FAREWELL_S and (silent_s > HANG_S or not decoder.running()):
                decoder.expect_nothing()
                decoder.kill()
                self.abandoned(loaded)

    def set_rate(self, rate: int) -> None:
        """Another output rate; only while nothing sounds."""
        for loaded in self:
            loaded.context.set_rate(rate)

    def close(self) -> None:
        """End every decoder process now."""
        self.closed = True
        for loaded in self:
            loaded.decoder.kill()  # all of them before the first is waited for
        for loaded in self:
            loaded.decoder.close()
