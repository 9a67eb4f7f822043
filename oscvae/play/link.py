"""The event clock's side of the rings to and from the renderer, and of what the callback reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.ring import RECORD, pop, push
from oscvae.spectral.renderer import wake


class VoiceEvents(Protocol):
    """Who hears of voices: the pool."""

    def heard(self, kind: int, slot: int, generation: int) -> None:
        """The callback began (VOICE_ON) or ended (VOICE_OFF) a voice."""

    def decoded(self, slot: int, generation: int, status: int, took_ns: int) -> None:
        """The renderer has a decode's answer; status 0 is good."""

    def failed(self, slot: int, generation: int, status: int) -> None:
        """A chunk of a stream that sounds could not be decoded; status as of `decoded`."""

    def returned(self, slot: int, generation: int) -> None:
        """The renderer has let go of a slot."""

    def serve_moves(self) -> None:
        """There may be room for further decodes."""


class ModelEvents(Protocol):
    """Who hears of models' blocks and contexts: the model manager."""

    def returned(self, index: int, block: int) -> None: ...

    def answered(self, index: int) -> None: ...

    def dropped(self, index: int) -> None: ...


class RendererLink:
    """Records to the renderer, and events from renderer and callback."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._out = np.zeros(RECORD, np.int64)
        self._from_renderer = np.zeros(RECORD, np.int64)
        self._from_callback = np.zeros(RECORD, np.int64)

    def queue(self, *record: int) -> bool:
        """Queue a record without waking the renderer; False when its queue is full."""
        self._out[:] = 0
        self._out[: len(record)] = record
        return bool(push(self._engine.control_render, self._out))

    def tell(self, *record: int) -> bool:
        """Queue a record and wake the renderer; False when its queue is full."""
        told = self.queue(*record)
        self.wake()
        return told

    def wake(self) -> None:
        """Have the renderer look at its queue and its words."""
        wake(self._engine.address)

    def take_events(self, voices: VoiceEvents, models: ModelEvents) -> None:
        """Hand on what renderer and callback have reported, in its order."""
        self._hear(voices)
        for kind, a, b, c, d, e in self._records():
            if kind == at.VOICE_IDLE:
                self._hear(voices)  # the renderer saw this voice DONE: by then the callback had said that it is off
                voices.returned(a, b)
            elif kind == at.BLOCK_FREE:
                models.returned(a, b)
            elif kind == at.DECODE_SEEN:
                models.answered(e)
                voices.decoded(a, b, c, d)
            elif kind == at.CHUNK_FAILED:
                voices.failed(a, b, c)
            elif kind == at.CONTEXT_DROPPED:
                models.dropped(a)
        voices.serve_moves()

    def _hear(self, voices: VoiceEvents) -> None:
        record = self._from_callback
        while pop(self._engine.audio_control, record):
            voices.heard(int(record[0]), int(record[1]), int(record[2]))

    def _records(self) -> Iterator[tuple[int, int, int, int, int, int]]:
        record = self._from_renderer
        while pop(self._engine.render_control, record):
            kind, a, b, c, d, e = (int(word) for word in record[:6])
            yield kind, a, b, c, d, e
