"""What more than one clock looks up: the words of a voice and of its part, and what time it is."""

from __future__ import annotations

from oscvae.realtime import layout as at
from oscvae.realtime.kernel import kernel
from oscvae.realtime.libc import clock_gettime
from oscvae.realtime.memory import words_at


@kernel("int64[::1](int64[::1], int64)")
def voice_at(engine, slot):  # type: ignore[no-untyped-def]
    """The shared words of a slot, int64 [VOICE_WORDS]."""
    return words_at(engine[at.E_VOICES] + slot * at.VOICE_WORDS * 8, at.VOICE_WORDS)


@kernel("int64[::1](int64[::1], int64)")
def part_at(engine, part):  # type: ignore[no-untyped-def]
    """The shared words of a part, int64 [PART_WORDS]."""
    return words_at(engine[at.E_PARTS] + part * at.PART_WORDS * 8, at.PART_WORDS)


@kernel("int64(int32, int64)")
def clock_ns(clock, scratch):  # type: ignore[no-untyped-def]
    """Time of one of libc's clocks in ns; `scratch` is the address of two words."""
    clock_gettime(clock, scratch)
    words = words_at(scratch, 2)
    return words[0] * 1_000_000_000 + words[1]
