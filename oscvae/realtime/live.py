"""The live input: its newest samples, which the callback writes and decoder processes read (`decode.live`).

The memory is one page of words and a ring of float32 [FRAMES] behind it, of its own and sealed: a decoder runs foreign
code, so it is given a descriptor from which the memory can only be read. The callback waits for no reader.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os

import numpy as np

from oscvae.arrays import Float32s, Int64s
from oscvae.realtime import layout as at
from oscvae.realtime.kernel import kernel
from oscvae.realtime.memory import floats_at, load_word, store, store_word, words_at

PAGE_BYTES = 4096
WORDS = PAGE_BYTES // 8
FRAMES = 1 << 16  # 1.4 s at 48 kHz, of which the oldest are overwritten
HEAD = 0  # samples written; the callback's
RATE = 16  # Hz; 0 = nobody writes; control's, before a callback runs and after it has ended
PERIOD = 8  # samples that came last; the callback's
_SEAL_FUTURE_WRITE = 0x10  # F_SEAL_FUTURE_WRITE, since Linux 5.1: nobody can map it to be written any more


class LiveInput:
    """The memory of one engine. `descriptor`: of it, from which it can only be read. Raises OSError where there is none
    to be had."""

    def __init__(self) -> None:
        size = PAGE_BYTES + 4 * FRAMES
        whole = os.memfd_create("oscvae-input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(whole, size)
            self._map = mmap.mmap(whole, size)
            fcntl.fcntl(whole, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
            with contextlib.suppress(OSError):
                fcntl.fcntl(whole, fcntl.F_ADD_SEALS, _SEAL_FUTURE_WRITE)
            self.descriptor = os.open(f"/proc/self/fd/{whole}", os.O_RDONLY | os.O_CLOEXEC)
        finally:
            os.close(whole)
        self.words: Int64s = np.frombuffer(self._map, np.int64, WORDS)
        self.ring: Float32s = np.frombuffer(self._map, np.float32, FRAMES, PAGE_BYTES)
        self.ring[:] = 0.0  # touch every page now
        self.address = int(self.words.ctypes.data)

    @property
    def rate(self) -> int:
        """Of what is written, Hz; 0 = nobody writes."""
        return int(load_word(self.words, RATE))

    @rate.setter
    def rate(self, rate: int) -> None:
        store_word(self.words, RATE, rate)


@kernel("void(int64[::1], int64, int64)")
def take_input(engine, buffer, count):  # type: ignore[no-untyped-def]
    """Keep a period of the live input, float32 [count] at `buffer`; runs in the callback."""
    address = engine[at.E_LIVE]
    if address == 0 or buffer == 0:
        return
    words = words_at(address, WORDS)
    ring = floats_at(address + PAGE_BYTES, FRAMES)
    heard = floats_at(buffer, count)
    head = words[HEAD]
    for i in range(count):
        ring[(head + i) & (FRAMES - 1)] = heard[i]
    store(words, PERIOD, count)
    store(words, HEAD, head + count)
