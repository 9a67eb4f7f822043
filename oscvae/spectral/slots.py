"""What the renderer finds where: a voice's words, its own private ones, a model's context; and how it tells control."""

from __future__ import annotations

import numpy as np

from oscvae.realtime import layout as at
from oscvae.realtime.kernel import kernel
from oscvae.realtime.libc import CLOCK_MONOTONIC, clock_gettime
from oscvae.realtime.memory import doubles_at, store, words_at
from oscvae.realtime.ring import push, ring_at


@kernel("int64(int64)")
def monotonic_ns(scratch):  # type: ignore[no-untyped-def]
    """Monotonic time in ns; `scratch` is the address of two words."""
    clock_gettime(np.int32(CLOCK_MONOTONIC), scratch)
    words = words_at(scratch, 2)
    return words[0] * 1_000_000_000 + words[1]


@kernel("void(int64[::1], int64, int64, int64, int64, int64, int64)")
def tell(engine, kind, a, b, c, d, e):  # type: ignore[no-untyped-def]
    """Queue an event for control."""
    record = words_at(engine[at.E_RENDER_RECORD], 8)
    record[0] = kind
    record[1] = a
    record[2] = b
    record[3] = c
    record[4] = d
    record[5] = e
    if not push(ring_at(engine[at.E_RENDER_CONTROL]), record):
        store(engine, at.E_EVENTS_LOST, engine[at.E_EVENTS_LOST] + 1)


@kernel("int64[::1](int64[::1], int64)")
def voice_at(engine, slot):  # type: ignore[no-untyped-def]
    return words_at(engine[at.E_VOICES] + slot * at.VOICE_WORDS * 8, at.VOICE_WORDS)


@kernel("int64[::1](int64[::1], int64)")
def own_at(engine, slot):  # type: ignore[no-untyped-def]
    return words_at(engine[at.E_RENDER] + slot * at.R_WORDS * 8, at.R_WORDS)


@kernel("float64[::1](int64[::1], int64)")
def own_floats_at(engine, slot):  # type: ignore[no-untyped-def]
    return doubles_at(engine[at.E_RENDER_FLOATS] + slot * at.R_FLOATS * 8, at.R_FLOATS)


@kernel("int64[::1](int64[::1], int64)")
def context_at(engine, index):  # type: ignore[no-untyped-def]
    return words_at(words_at(engine[at.E_CONTEXTS], at.CONTEXTS)[index], at.CONTEXT_WORDS)
