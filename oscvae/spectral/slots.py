"""What the renderer looks up: its private words of a voice, a model's context; and how it tells control of an event."""

from __future__ import annotations

import numpy as np

from oscvae.realtime import layout as at
from oscvae.realtime.kernel import kernel
from oscvae.realtime.libc import CLOCK_MONOTONIC
from oscvae.realtime.lookup import clock_ns
from oscvae.realtime.memory import doubles_at, store, words_at
from oscvae.realtime.ring import RECORD, push, ring_at


@kernel("int64(int64[::1])")
def render_ns(engine):  # type: ignore[no-untyped-def]
    """Monotonic time in ns, for the renderer."""
    return clock_ns(np.int32(CLOCK_MONOTONIC), engine[at.E_RENDER_CLOCK])


@kernel("void(int64[::1], int64, int64, int64, int64, int64, int64)")
def tell(engine, kind, a, b, c, d, e):  # type: ignore[no-untyped-def]
    """Queue an event for control."""
    record = words_at(engine[at.E_RENDER_RECORD], RECORD)
    record[0] = kind
    record[1] = a
    record[2] = b
    record[3] = c
    record[4] = d
    record[5] = e
    if not push(ring_at(engine[at.E_RENDER_CONTROL]), record):
        store(engine, at.E_EVENTS_LOST, engine[at.E_EVENTS_LOST] + 1)


@kernel("int64[::1](int64[::1], int64)")
def own_at(engine, slot):  # type: ignore[no-untyped-def]
    """The renderer's private words of a slot, int64 [R_WORDS]."""
    return words_at(engine[at.E_RENDER] + slot * at.R_WORDS * 8, at.R_WORDS)


@kernel("float64[::1](int64[::1], int64)")
def own_floats_at(engine, slot):  # type: ignore[no-untyped-def]
    """The renderer's private floats of a slot, float64 [R_FLOATS]."""
    return doubles_at(engine[at.E_RENDER_FLOATS] + slot * at.R_FLOATS * 8, at.R_FLOATS)


@kernel("int64[::1](int64[::1], int64)")
def context_at(engine, index):  # type: ignore[no-untyped-def]
    """The words of a model's context, int64 [CONTEXT_WORDS]."""
    return words_at(words_at(engine[at.E_CONTEXTS], at.CONTEXTS)[index], at.CONTEXT_WORDS)
