"""The block clock: one period of audio from the voices' rings, whatever the backend.

`block` is what every backend's callback runs: extend the server's clock, take up the voices that are ready, mix them
into the buses of their parts in chunks of at most CHUNK samples, sum these into pairs of outputs, limit, meter. It
copies and multiplies; it never waits, allocates or raises.

The arithmetic is free of fast-math on purpose: a voice's samples must not depend on where the chunk borders fall, so
that what is heard equals the offline rendering bit for bit.
"""

from __future__ import annotations

import numpy as np

from oscvae.audio.master import master, monitor, record, send_parts
from oscvae.audio.measure import count_time, keep_largest_step
from oscvae.audio.voice import begin_voice, mix_voice
from oscvae.realtime import layout as at
from oscvae.realtime.bell import wake_renderer
from oscvae.realtime.denormal import FLUSH_BITS, get_float_mode, set_float_mode
from oscvae.realtime.kernel import kernel
from oscvae.realtime.libc import CLOCK_MONOTONIC, CLOCK_REALTIME
from oscvae.realtime.lookup import clock_ns, part_at, voice_at
from oscvae.realtime.memory import bits_float, float_bits, floats_at, load, store, words_at
from oscvae.realtime.ring import RECORD, pop, push, ring_at

_HALF_WRAP = 1 << 31


@kernel("int64(int64[::1], int64)")
def advance_clock(engine, frame_32):  # type: ignore[no-untyped-def]
    """Extend the server's 32-bit frame count to 64 bits; returns this block's first frame.

    The difference is taken modulo 2^32, so a wrap after a day is one block like any other, and frames that the server
    skipped in an xrun are skipped here too: the count is never derived from the blocks that were served. A count that
    went back is a server that began anew (PipeWire's, when its driver changes): time goes on by the last period.
    Asked again in the same block, it answers the same.
    """
    last = engine[at.E_FRAME_32]
    frame = engine[at.E_FRAME]
    if last >= 0:
        step = (frame_32 - last) & 0xFFFFFFFF
        frame += step if step < _HALF_WRAP else engine[at.E_PERIOD]
    store(engine, at.E_FRAME_32, frame_32)
    store(engine, at.E_FRAME, frame)
    return frame


@kernel("void(int64[::1], int64, int64)")
def publish_clock(engine, frame, wall):  # type: ignore[no-untyped-def]
    """Let control see that `frame` began at `wall` ns (a sequence lock: odd while it is written)."""
    writing = engine[at.E_SEQUENCE] | 1  # also where a server took its thread away in the middle of this
    store(engine, at.E_SEQUENCE, writing)
    store(engine, at.E_CLOCK_FRAME, frame)
    store(engine, at.E_CLOCK_WALL, wall)
    store(engine, at.E_SEQUENCE, writing + 1)


@kernel("void(int64[::1], int64, int64, int64, int64)")
def _tell(engine, kind, slot, generation, frame):  # type: ignore[no-untyped-def]
    ring = ring_at(engine[at.E_AUDIO_CONTROL])
    record = words_at(engine[at.E_RECORD], RECORD)
    record[0] = kind
    record[1] = slot
    record[2] = generation
    record[3] = frame
    push(ring, record)


@kernel("void(int64[::1], int64, int64)")
def _take_up(engine, frame, epoch):  # type: ignore[no-untyped-def]
    """Move the voices that the renderer started into the list of those that are mixed."""
    ring = ring_at(engine[at.E_RENDER_AUDIO])
    started = words_at(engine[at.E_RECORD], RECORD)
    active = words_at(engine[at.E_ACTIVE], engine[at.E_SLOTS] + 1)
    while pop(ring, started):
        slot = started[1]
        start = started[3]
        voice = voice_at(engine, slot)
        if voice[at.V_EPOCH] < epoch:  # started while the panic was on its way
            store(voice, at.V_STATE, at.DONE)
            continue
        if start < 0:
            start = frame
        elif start < frame:
            start = frame
            store(engine, at.E_LATE, engine[at.E_LATE] + 1)
        begin_voice(engine, slot, start)
        active[1 + active[0]] = slot
        active[0] += 1
        _tell(engine, at.VOICE_ON, slot, voice[at.V_GENERATION], start)


@kernel("void(int64[::1], int64, int64)")
def _let_go(engine, slot, frame):  # type: ignore[no-untyped-def]
    """The callback's last touch of a voice."""
    voice = voice_at(engine, slot)
    _tell(engine, at.VOICE_OFF, slot, voice[at.V_GENERATION], frame)
    store(voice, at.V_STATE, at.DONE)


@kernel("boolean(int64[::1], int64, int64, int64)")
def _mix(engine, slot, frame, count):  # type: ignore[no-untyped-def]
    """Add one voice to the bus of its part, for a chunk that begins at `frame`; True when it is over."""
    k = voice_at(engine, slot)[at.V_PART]
    bus = engine[at.E_MIX] + k * 2 * at.CHUNK * 4
    left, right = floats_at(bus, at.CHUNK), floats_at(bus + at.CHUNK * 4, at.CHUNK)
    part = part_at(engine, k)
    if part[at.P_HEARD] == 0:
        store(part, at.P_HEARD, 1)
        for i in range(count):
            left[i] = 0.0
            right[i] = 0.0
    return mix_voice(engine, slot, frame, count, left, right)


@kernel("void(int64[::1], int64, int64, int64)")
def _silence_older(engine, epoch, frame, count):  # type: ignore[no-untyped-def]
    """Panic: mix the voices of older epochs for the last time, faded to zero within this chunk, and end them."""
    active = words_at(engine[at.E_ACTIVE], engine[at.E_SLOTS] + 1)
    kept = 0
    for k in range(active[0]):
        slot = active[1 + k]
        if voice_at(engine, slot)[at.V_EPOCH] < epoch:
            _mix(engine, slot, frame, count)
            _let_go(engine, slot, frame + count)
        else:
            active[1 + kept] = slot
            kept += 1
    active[0] = kept
    for k in range(at.PARTS):
        if part_at(engine, k)[at.P_HEARD] == 1:
            for side in range(2):
                bus = floats_at(engine[at.E_MIX] + (2 * k + side) * at.CHUNK * 4, at.CHUNK)
                for i in range(count):
                    bus[i] *= np.float32(1.0) - np.float32(i + 1) / np.float32(count)


@kernel("void(int64[::1], int64, int64)")
def _mix_voices(engine, frame, count):  # type: ignore[no-untyped-def]
    """Add all voices to the buses of a chunk that begins at `frame`, and let go of those that are over."""
    active = words_at(engine[at.E_ACTIVE], engine[at.E_SLOTS] + 1)
    kept = 0
    for k in range(active[0]):
        slot = active[1 + k]
        if _mix(engine, slot, frame, count):
            _let_go(engine, slot, frame + count)
        else:
            active[1 + kept] = slot
            kept += 1
    active[0] = kept


@kernel("void(int64, int64, int64, float32[::1], boolean)")
def _put(address, offset, count, mixed, silent):  # type: ignore[no-untyped-def]
    """Copy a chunk to a port's buffer, or silence; a null address is a port without one."""
    if address == 0:
        return
    out = floats_at(address + offset, count)
    for i in range(count):
        out[i] = np.float32(0.0) if silent else mixed[i]


@kernel("void(int64[::1], int64, int64, int64, boolean)")
def _put_out(engine, count, outs, offset, silent):  # type: ignore[no-untyped-def]
    """Sum each pair of outputs from the buses of a chunk, and copy it to its buffers, `offset` bytes from the start."""
    closing = load(engine, at.E_CLOSING)
    close = bits_float(engine[at.E_CLOSE_GAIN])
    left = floats_at(engine[at.E_MIX] + at.PARTS * 2 * at.CHUNK * 4, at.CHUNK)
    right = floats_at(engine[at.E_MIX] + (at.PARTS * 2 + 1) * at.CHUNK * 4, at.CHUNK)
    pairs = engine[at.E_OUTPUTS]
    for pair in range(pairs):
        close = master(engine, pair, count, closing, left, right)
        if pair == 0:
            if load(engine, at.E_RECORD_ON) == 1:
                record(engine, count, left, right)
            if load(engine, at.E_MONITOR_ON) == 1:
                monitor(engine, count, left, right)
            if load(engine, at.E_MEASURE) == 1:
                keep_largest_step(engine, count, left, right)
        if outs != 0:
            buffers = words_at(outs + pair * 16, 2)
            _put(buffers[0], offset, count, left, silent)
            _put(buffers[1], offset, count, right, silent)
    store(engine, at.E_CLOSE_GAIN, float_bits(close))
    if close <= 0.0:
        store(engine, at.E_SILENT, 1)


@kernel("void(int64[::1], int64, int64, int64, int64)")
def block(engine, frame_32, count, outs, begin):  # type: ignore[no-untyped-def]
    """Serve one period of `count` samples whose first is the server's frame `frame_32`.

    outs: address of one word for each output, the address of its buffer, filled from its sample `begin` on. A null
    address is a port that nobody gave a buffer, or no ports at all: the clock and the voices go on without them.
    """
    wall = clock_ns(np.int32(CLOCK_REALTIME), engine[at.E_CLOCK])
    began = clock_ns(np.int32(CLOCK_MONOTONIC), engine[at.E_CLOCK])
    frame = advance_clock(engine, frame_32)
    publish_clock(engine, frame, wall)
    store(engine, at.E_PERIOD, count)
    epoch = load(engine, at.E_EPOCH)
    _take_up(engine, frame, epoch)
    silent = load(engine, at.E_FREEWHEEL) == 1
    measuring = load(engine, at.E_MEASURE) == 1
    done = 0
    while done < count:
        n = min(at.CHUNK, count - done)
        send_parts(engine)
        for k in range(at.PARTS):
            store(part_at(engine, k), at.P_HEARD, 0)
        if epoch != engine[at.E_EPOCH_SEEN]:
            _silence_older(engine, epoch, frame + done, n)
            store(engine, at.E_EPOCH_SEEN, epoch)
        _mix_voices(engine, frame + done, n)
        _put_out(engine, n, outs, (begin + done) * 4, silent)
        done += n
    store(engine, at.E_SOUNDING, words_at(engine[at.E_ACTIVE], 1)[0])
    store(engine, at.E_BLOCKS, engine[at.E_BLOCKS] + 1)
    wake_renderer(engine)
    busy = clock_ns(np.int32(CLOCK_MONOTONIC), engine[at.E_CLOCK]) - began
    store(engine, at.E_BUSY_NS, engine[at.E_BUSY_NS] + busy)
    if measuring:
        count_time(engine, busy)


@kernel("void(int64[::1], int64, int64, int64)")
def block_offline(engine, frame_32, count, outs):  # type: ignore[no-untyped-def]
    """`block` for the offline engine: in the callback's floating-point mode."""
    mode = get_float_mode()
    set_float_mode(mode | FLUSH_BITS)
    block(engine, frame_32, count, outs, 0)
    set_float_mode(mode)
