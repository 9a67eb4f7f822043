"""Where an endless voice comes from: chunk after chunk of its model's frames or samples, each asked for in time.

A voice that streams has two blocks of the pool of its own. While one is read the other is filled, and for each that is
read through the renderer asks for the next: a record in a pipe that never blocks, with the time by which the chunk is
needed. The first chunk is control's to ask for, as a note is. Every request has one answer, so that what is owed is
known exactly.

A chunk that comes late holds the frame before it, and is counted; of samples the ring runs dry, and the callback
fades them. Nothing is skipped: the stream goes on where it was.
"""

from __future__ import annotations

import math

import numpy as np

from oscvae.realtime import layout as at
from oscvae.realtime.kernel import kernel
from oscvae.realtime.libc import write
from oscvae.realtime.lookup import voice_at
from oscvae.realtime.memory import floats_at, load, store, words_at
from oscvae.realtime.ring import RECORD, RECORD_BYTES
from oscvae.spectral.slots import context_at, own_at, render_ns

URGENT_S = 0.004  # a sounding voice with less than this in its ring goes before the bursts
FIRST = 4  # in R_OWED: the chunk with which a voice begins, for which control has asked
LOUDEST = np.float32(8.0)  # that a sample of a model may be


@kernel("int64(int64[::1])")
def urgent(engine):  # type: ignore[no-untyped-def]
    """Samples in a sounding voice's ring below which it cannot wait."""
    return load(engine, at.E_PERIOD) + int(URGENT_S * float(load(engine, at.E_RATE)))


@kernel("void(int64[::1], int64[::1])")
def begin_stream(x, own):  # type: ignore[no-untyped-def]
    """What a voice that was just armed begins its stream with."""
    own[at.R_NEXT] = -1
    own[at.R_ROW] = -x[at.X_LEAD]
    own[at.R_OWED] = FIRST


@kernel("int64(int64[::1], int64, int64)")
def rows_of(own, slot, block):  # type: ignore[no-untyped-def]
    """Of a voice's chunk that is there."""
    return own[at.R_ROWS + block - at.CHUNKS * slot]


@kernel("boolean(int64[::1], int64[::1], int64[::1], int64)")
def has_hop(engine, x, own, level):  # type: ignore[no-untyped-def]
    """Whether a voice with `level` samples in its ring has something to make a hop of: a late frame is held, but only
    at the last moment."""
    if x[at.X_SOURCE] == at.SOURCE_NOTE or own[at.R_BLOCK] >= 0 or own[at.R_LAST] >= 0:
        return True
    is_held = x[at.X_SOURCE] == at.SOURCE_FRAMES and own[at.R_PHASE] == at.PHASE_STREAM
    return is_held and level < load(engine, at.E_PERIOD)  # no voice begins with less


@kernel("void(int64[::1], int64, int64)")
def _next_chunk(own, slot, last):  # type: ignore[no-untyped-def]
    """Go on to the next chunk, and want another in place of the one that is read through; behind the last of all the
    voice is complete after `last` pushes."""
    if own[at.R_ENDS] == own[at.R_BLOCK] + 1:
        own[at.R_LAST] = last
    else:
        own[at.R_WANTED] |= 1 << (own[at.R_BLOCK] - at.CHUNKS * slot)
    own[at.R_BLOCK] = own[at.R_NEXT]
    own[at.R_NEXT] = -1
    own[at.R_ROW] = 0


@kernel("void(int64[::1], int64[::1], int64, int64[::1], float32[::1], float32[::1])")
def read_frame(engine, x, slot, own, last, row):  # type: ignore[no-untyped-def]
    """Log magnitudes [bands] of a stream's next frame; `last` [bands] keeps the one before, which is held where the
    next is late."""
    bands = x[at.X_BANDS]
    if own[at.R_BLOCK] < 0:
        if own[at.R_HELD] == 0:
            own[at.R_HELD] = 1
            store(engine, at.E_CHUNKS_LATE, engine[at.E_CHUNKS_LATE] + 1)
        for b in range(bands):
            row[b] = last[b]
        return
    base = (own[at.R_BLOCK] * x[at.X_ROWS] + max(own[at.R_ROW], 0)) * bands
    block = floats_at(x[at.X_POOL] + base * 4, bands)
    for b in range(bands):
        row[b] = last[b] = block[b]
    own[at.R_ROW] += 1
    if own[at.R_ROW] == rows_of(own, slot, own[at.R_BLOCK]):
        _next_chunk(own, slot, own[at.R_PUSHES] + 1 + x[at.X_N_FFT] // x[at.X_HOP] + x[at.X_LOOK_AHEAD])


@kernel("void(int64[::1], int64, int64[::1])")
def append_samples(x, slot, own):  # type: ignore[no-untyped-def]
    """Append a stream's next samples to the resampler's history; its beginning is faded in."""
    fade, count = x[at.X_FADE], min(x[at.X_HOP], x[at.X_ROWS] - own[at.R_ROW])
    block = floats_at(x[at.X_POOL] + (own[at.R_BLOCK] * x[at.X_ROWS] + own[at.R_ROW]) * 4, count)
    history = floats_at(x[at.X_HISTORY] + slot * x[at.X_HISTORY_SIZE] * 4, x[at.X_HISTORY_SIZE])
    filled, place = own[at.R_FILLED], own[at.R_PUSHES]
    for i in range(count):
        sample = block[i]
        sample = np.float32(0.0) if math.isnan(sample) else min(max(sample, -LOUDEST), LOUDEST)  # it is foreign
        if place + i < fade:
            sample *= np.float32(0.5 - 0.5 * math.cos(math.pi * float(place + i + 1) / float(fade + 1)))
        history[filled + i] = sample
    own[at.R_FILLED] = filled + count
    own[at.R_PUSHES] = place + count
    own[at.R_ROW] += count
    if own[at.R_ROW] == x[at.X_ROWS]:
        _next_chunk(own, slot, own[at.R_PUSHES])


@kernel("void(int64[::1], int64, int64[::1], int64[::1], int64, float64)")
def ask(engine, slot, x, own, level, step):  # type: ignore[no-untyped-def]
    """Ask for the chunks that a voice wants, by when its ring of `level` samples and what it has will run dry, at
    `step` model samples a sample; along the live input, by when a frame would be held (`has_hop`). What the pipe does
    not take is asked for again at the next pass."""
    if words_at(x[at.X_HEARD], at.HEARD_WORDS)[at.H_ENDED] == 1:
        own[at.R_WANTED] = 0
        return
    left = 0
    if voice_at(engine, slot)[at.V_LIVE] == 1:
        level = max(0, level - load(engine, at.E_PERIOD))
    if own[at.R_BLOCK] >= 0:
        left += rows_of(own, slot, own[at.R_BLOCK]) - max(own[at.R_ROW], 0)
    if own[at.R_NEXT] >= 0:
        left += rows_of(own, slot, own[at.R_NEXT])
    elif own[at.R_OWED] != 0:  # comes before what is asked for now
        is_one = x[at.X_SOURCE] == at.SOURCE_FRAMES and voice_at(engine, slot)[at.V_LIVE] == 1
        left += 1 if is_one else x[at.X_ROWS]
    per_row = float(x[at.X_HOP]) if x[at.X_SOURCE] == at.SOURCE_FRAMES else 1.0
    seconds = (float(level) + float(left) * per_row / step) / float(load(engine, at.E_RATE))
    deadline = render_ns(engine) + int(seconds * 1e9)
    record = words_at(engine[at.E_RENDER_RECORD], RECORD)
    heard = words_at(x[at.X_HEARD], at.HEARD_WORDS)
    for chunk in range(at.CHUNKS):
        bit = 1 << chunk
        if own[at.R_WANTED] & bit == 0:
            continue
        record[0] = slot
        record[1] = own[at.R_GENERATION]
        record[2] = at.CHUNKS * slot + chunk
        record[3] = deadline
        if write(np.int32(x[at.X_CREDIT]), engine[at.E_RENDER_RECORD], RECORD_BYTES) != RECORD_BYTES:
            return
        own[at.R_WANTED] &= ~bit
        own[at.R_OWED] |= bit
        store(heard, at.H_OWED, heard[at.H_OWED] + 1)


@kernel("boolean(int64[::1], int64[::1], int64[::1])")
def answers_stream(engine, x, record):  # type: ignore[no-untyped-def]
    """Whether a record answers something that the decoder of a stream was asked for; then it is counted."""
    slot, generation, block = record[1], record[2], record[3]
    if not 0 <= slot < engine[at.E_SLOTS] or not 0 <= block - at.CHUNKS * slot < at.CHUNKS:
        return False
    heard = words_at(x[at.X_HEARD], at.HEARD_WORDS)
    own = own_at(engine, slot)
    current = own[at.R_GENERATION] == generation and own[at.R_PHASE] != at.PHASE_NONE
    if record[6] == 1:
        if heard[at.H_OWED] <= 0 or (current and own[at.R_OWED] >> (block - at.CHUNKS * slot) & 1 == 0):
            return False
        store(heard, at.H_OWED, heard[at.H_OWED] - 1)
        store(heard, at.H_CHUNKS, heard[at.H_CHUNKS] + 1)
        return True
    asked = words_at(x[at.X_ASKED], at.ASKED_WORDS)
    if record[6] != 0 or block != at.CHUNKS * slot or heard[at.H_BEGUN] >= load(asked, at.A_ALL):
        return False
    if current and own[at.R_OWED] & FIRST == 0:
        return False
    heard[at.H_BEGUN] += 1
    return True


@kernel("boolean(int64[::1], int64, int64[::1])")
def take_chunk(engine, context, record):  # type: ignore[no-untyped-def]
    """Give a chunk to the voice that it was asked for; False if that voice has moved on."""
    slot, generation, block, status = record[1], record[2], record[3], record[4]
    own = own_at(engine, slot)
    voice = voice_at(engine, slot)
    if own[at.R_GENERATION] != generation or own[at.R_PHASE] == at.PHASE_NONE or voice[at.V_CONTEXT] != context:
        return False
    x = context_at(engine, context)
    own[at.R_OWED] &= ~(1 << (block - at.CHUNKS * slot)) if record[6] == 1 else ~FIRST
    if status != 0:
        return True
    if record[7] & 1 == 1 and own[at.R_ENDS] == 0:
        own[at.R_ENDS] = block + 1
    rows = record[7] >> 1
    own[at.R_ROWS + block - at.CHUNKS * slot] = rows if 0 < rows < x[at.X_ROWS] else x[at.X_ROWS]
    if own[at.R_BLOCK] < 0:
        own[at.R_BLOCK] = block
        own[at.R_HELD] = 0
    else:
        own[at.R_NEXT] = block
    if own[at.R_PHASE] == at.PHASE_WAITING:
        own[at.R_PHASE] = at.PHASE_BURST
        own[at.R_WANTED] |= 2
    return True
