"""A renderer by itself: the test is control, decoder and callback."""

from __future__ import annotations

import os

import numpy as np

from oscvae.audio.mixer import block_offline
from oscvae.decode.wire import RECORD
from oscvae.model.document import ModelDocument
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.realtime.memory import load_word, store_float, store_word
from oscvae.realtime.ring import push
from oscvae.spectral.context import ModelContext, render_scratch_floats, sinc_table
from oscvae.spectral.renderer import render_until_idle
from parts.small_model import small_document

RATE, PERIOD = 48_000, 128
SLOTS = 4


class Bench:
    """An engine with one model, whose notes last 1.6 s."""

    def __init__(self) -> None:
        document = ModelDocument.model_validate(small_document() | {"frames": 400})
        self.engine = Engine(SLOTS, RATE, render_scratch_floats(), sinc_table())
        self._blocks = np.full((SLOTS, document.frames, document.bands.n), -0.2, np.float32)
        self._pipe, self._answers = os.pipe2(os.O_NONBLOCK)
        self.context = ModelContext(
            document,
            slots=SLOTS,
            rate=RATE,
            pool=int(self._blocks.ctypes.data),
            n_blocks=SLOTS,
            pipe_fd=self._pipe,
            look_ahead=1,
            iterations=2,
        )
        self._tell(at.ADD_CONTEXT, 0, self.context.address)
        self._frame = 0
        self.serve(10 * PERIOD)

    def _tell(self, *record: int) -> None:
        assert push(self.engine.control_render, np.array([*record, *[0] * (8 - len(record))], np.int64))

    def close(self) -> None:
        os.close(self._pipe)
        os.close(self._answers)
        assert self.engine.intact()
        assert self.context.intact()

    def bundle(self, size: int, complete: bool = True) -> int:
        """Arm notes in the first slots, to start together; returns the frame from which they wait."""
        for slot in range(size):
            words = self.engine.voices[slot]
            words[:] = 0
            words[at.V_GENERATION] = 1
            words[at.V_GROUP], words[at.V_GROUP_SIZE] = 7, size
            words[at.V_START_FRAME] = words[at.V_STOP_SAMPLE] = words[at.V_END] = words[at.V_ONSET_FRAME] = -1
            for word in (at.V_STRETCH, at.V_PITCH, at.V_VELOCITY, at.V_GAIN, at.V_BEND, at.V_RATE):
                store_float(words, word, 1.0)
            store_word(words, at.V_STATE, at.ARMED)
            self._tell(at.ARM, slot, 1, int(slot == 0))
        if complete:
            self.complete()
        return self.engine.word(at.E_FRAME)

    def complete(self) -> None:
        """Control has obeyed the bundle to its end."""
        self.engine.set_word(at.E_GROUP_COMPLETE, 7)

    def decode(self, *slots: int) -> None:
        """The decoder has finished these."""
        for slot in slots:
            self.context.expect(slot, slot, 1)
            os.write(self._answers, RECORD.pack(at.DECODED, slot, 1, slot, 0, 1_000, 0, 0))

    def serve(self, frames: int) -> None:
        """That many frames are played, and all that can be rendered is rendered before each period."""
        for _ in range(frames // PERIOD):
            render_until_idle(self.engine.address)
            self.play()

    def play(self) -> None:
        """A period is played, of what was rendered."""
        block_offline(self.engine.words, self._frame, PERIOD, 0)
        self._frame += PERIOD

    def drop(self) -> None:
        """The model is not needed any more."""
        self._tell(at.DROP_CONTEXT, 0)

    def onsets(self) -> list[int]:
        """The frame at which each slot's voice began; -1: not yet."""
        return [int(load_word(words, at.V_ONSET_FRAME)) for words in self.engine.voices]

    @property
    def late(self) -> int:
        return self.engine.word(at.E_LATE)
