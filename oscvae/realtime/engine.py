"""The memory of one engine: what control, renderer and callback share, laid out once and never freed.

Built before anything runs. The addresses in `words` are how compiled code finds everything; the numpy views here are
how control reads and writes the same memory.
"""

from __future__ import annotations

import os

from oscvae.arrays import Float32s, Int64s
from oscvae.realtime import layout as at
from oscvae.realtime.arrays import ENGINE_ARRAYS, WORDS, SharedArrays, Sizes
from oscvae.realtime.live import LiveInput
from oscvae.realtime.memory import load_float, load_word, store_float, store_word

_UNSET = -1.0  # a smoothed gain that begins at its target
_OF_A_PART = (
    (at.P_GAIN, 1.0),
    (at.P_BEND, 1.0),
    (at.P_RELEASE, 0.999),
    (at.P_LEFT, _UNSET),
    (at.P_RIGHT, _UNSET),
)
"""The floats of a part that do not begin at 0."""


class Engine:
    """Shared memory for `slots` voices (spare ones included), at an output rate of `rate` Hz.

    scratch_floats: what the renderer's kernels need; sinc: the resampler's table, both from the spectral modules.
    outputs: an even number, 2 to 16. live: the live input, where there is one.
    """

    def __init__(
        self,
        slots: int,
        rate: int,
        scratch_floats: int,
        sinc: Float32s,
        outputs: int = 2,
        live: LiveInput | None = None,
    ) -> None:
        self.slots = slots
        self.live = live
        arrays = SharedArrays(ENGINE_ARRAYS, Sizes(slots, scratch_floats, sinc.size))
        self.arrays = arrays
        self.arena = arrays.arena
        self.words: Int64s = arrays[WORDS]
        self.address = int(self.words.ctypes.data)
        self.voices: Int64s = arrays["voices"]
        self.parts: Int64s = arrays["parts"]
        self.pairs: Int64s = arrays["pairs"]
        self.rings: Float32s = arrays["rings"]
        self.recording: Float32s = arrays["recording"]
        self.monitor: Float32s = arrays["monitor"]
        self.control_render: Int64s = arrays["control_render"]
        self.render_control: Int64s = arrays["render_control"]
        self.render_audio: Int64s = arrays["render_audio"]
        self.audio_control: Int64s = arrays["audio_control"]
        self.midi: Int64s = arrays["midi"]
        self.contexts: Int64s = arrays["contexts"]
        self.active: Int64s = arrays["active"]
        self.times: Int64s = arrays["times"]
        arrays["sinc"][:] = sinc
        arrays["one"][:] = 1

        self.render_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.event_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

        for word, value in (
            (at.E_SLOTS, slots),
            (at.E_SCRATCH_SIZE, scratch_floats),
            (at.E_SINC_SIZE, sinc.size),
            (at.E_RENDER_FD, self.render_fd),
            (at.E_EVENT_FD, self.event_fd),
            (at.E_FRAME_32, -1),
            (at.E_RUN, 1),
            (at.E_PERIOD, at.CHUNK),
            (at.E_OUTPUTS, outputs // 2),
            (at.E_LIVE, live.address if live else 0),
        ):
            self.words[word] = value
        store_float(self.words, at.E_CLOSE_GAIN, 1.0)
        for pair in self.pairs:
            store_float(pair, at.Q_LIMIT, 1.0)
        for part in self.parts:
            for word, number in _OF_A_PART:
                store_float(part, word, number)
        self.set_rate(rate)

    def intact(self) -> bool:
        """Whether no kernel has written past its array: the guards between the arrays are as they were laid."""
        return self.arrays.intact()

    def set_rate(self, rate: int) -> None:
        """The output's sample rate in Hz; only while no callback runs."""
        store_word(self.words, at.E_RATE, rate)

    @property
    def rate(self) -> int:
        return int(load_word(self.words, at.E_RATE))

    def word(self, index: int) -> int:
        """One of the engine's words."""
        return int(load_word(self.words, index))

    def number(self, index: int) -> float:
        """One of the engine's words that carries a float."""
        return float(load_float(self.words, index))

    def set_word(self, index: int, value: int) -> None:
        store_word(self.words, index, value)

    def set_number(self, index: int, value: float) -> None:
        store_float(self.words, index, value)

    def of_part(self, part: int, index: int) -> float:
        """One of a part's words that carries a float; parts are counted from 0."""
        return float(load_float(self.parts[part], index))

    def set_of_part(self, part: int, index: int, value: float) -> None:
        store_float(self.parts[part], index, value)

    def of_pair(self, pair: int, index: int) -> float:
        """One of the words of a pair of outputs, which carry floats; pairs are counted from 0."""
        return float(load_float(self.pairs[pair], index))

    @property
    def outputs(self) -> int:
        """How many there are: the callback fills a buffer for each."""
        return 2 * self.word(at.E_OUTPUTS)

    def clock_pair(self) -> tuple[int, int] | None:
        """(frame, wall ns) of the newest block, or None before the first one."""
        for _ in range(8):
            before = self.word(at.E_SEQUENCE)
            frame, wall = self.word(at.E_CLOCK_FRAME), self.word(at.E_CLOCK_WALL)
            if before == self.word(at.E_SEQUENCE) and not before & 1:
                return (frame, wall) if before else None
        return None
