"""The block clock: one period of audio from the voices' rings, whatever the backend.

`block` is what every backend's callback runs: extend the server's clock, take up the voices that are ready, mix them
in chunks of at most CHUNK samples, limit, meter. It copies and multiplies; it never waits, allocates or raises.

The arithmetic is free of fast-math on purpose: a voice's samples must not depend on where the chunk borders fall, so
that what is heard equals the offline rendering bit for bit.
"""

from __future__ import annotations

import math

import numpy as np

from oscvae.realtime import layout as at
from oscvae.realtime.denormal import FLUSH_BITS, get_float_mode, set_float_mode
from oscvae.realtime.kernel import kernel
from oscvae.realtime.libc import CLOCK_REALTIME, clock_gettime, sem_post
from oscvae.realtime.memory import bits_float, doubles_at, float_bits, floats_at, load, store, words_at
from oscvae.realtime.ring import pop, push, ring_at

STEAL_FADE_S = 0.005
RELEASE_FLOOR = 1e-3  # -60 dB: where the exponential release is brought to zero
GAIN_SETTLE_S = 0.005  # time constant of gain and pan changes: shorter clicks, longer drags behind a fader
LIMIT_RELEASE_S = 0.050
CLOSE_FADE_S = 0.050
METER_DECAY_S = 0.300
STARVED_DECAY = np.float32(0.96)  # per sample: an underrun sinks by 40 dB in 2.4 ms
STARVED_RETURN = np.float32(1.0 / 128.0)  # per sample: what comes back fades in over 128
_CEILING = np.float32(1.0)
_SETTLED = 1e-7


@kernel("int64(int64)")
def wall_ns(scratch):  # type: ignore[no-untyped-def]
    """Wall-clock time in ns; `scratch` is the address of two words."""
    clock_gettime(np.int32(CLOCK_REALTIME), scratch)
    words = words_at(scratch, 2)
    return words[0] * 1_000_000_000 + words[1]


@kernel("int64(int64[::1], int64)")
def advance_clock(engine, frame_32):  # type: ignore[no-untyped-def]
    """Extend the server's 32-bit frame count to 64 bits; returns this block's first frame.

    The difference is taken modulo 2^32, so a wrap after a day is one block like any other, and frames that the server
    skipped in an xrun are skipped here too: the count is never derived from the blocks that were served.
    """
    last = engine[at.E_FRAME_32]
    frame = engine[at.E_FRAME]
    if last >= 0:
        frame = frame + ((frame_32 - last) & 0xFFFFFFFF)
    store(engine, at.E_FRAME_32, frame_32)
    store(engine, at.E_FRAME, frame)
    return frame


@kernel("void(int64[::1], int64, int64)")
def publish_clock(engine, frame, wall):  # type: ignore[no-untyped-def]
    """Let control see that `frame` began at `wall` ns (a sequence lock: odd while it is written)."""
    sequence = engine[at.E_SEQUENCE]
    store(engine, at.E_SEQUENCE, sequence + 1)
    store(engine, at.E_CLOCK_FRAME, frame)
    store(engine, at.E_CLOCK_WALL, wall)
    store(engine, at.E_SEQUENCE, sequence + 2)


@kernel("void(int64[::1], int64, int64, int64, int64)")
def _tell(engine, kind, slot, generation, frame):  # type: ignore[no-untyped-def]
    ring = ring_at(engine[at.E_AUDIO_CONTROL])
    record = words_at(engine[at.E_RECORD], 8)
    record[0] = kind
    record[1] = slot
    record[2] = generation
    record[3] = frame
    push(ring, record)


@kernel("void(int64[::1], int64)")
def _take_up(engine, frame):  # type: ignore[no-untyped-def]
    """Move the voices that the renderer started into the list of those that are mixed."""
    ring = ring_at(engine[at.E_RENDER_AUDIO])
    record = words_at(engine[at.E_RECORD], 8)
    slots = engine[at.E_SLOTS]
    active = words_at(engine[at.E_ACTIVE], slots + 1)
    while pop(ring, record):
        slot = record[1]
        voice = words_at(engine[at.E_VOICES] + slot * at.VOICE_WORDS * 8, at.VOICE_WORDS)
        private = doubles_at(engine[at.E_CALLBACK] + slot * at.CALLBACK_FLOATS * 8, at.CALLBACK_FLOATS)
        for i in range(at.CALLBACK_FLOATS):
            private[i] = 0.0
        private[at.C_RELEASE] = 1.0
        private[at.C_FADE] = 1.0
        private[at.C_RETURN] = 1.0
        private[at.C_LEFT] = -1.0  # not set yet: the first chunk starts at its target
        start = record[3]
        if start < 0:
            start = frame
        elif start < frame:
            start = frame
            store(engine, at.E_LATE, engine[at.E_LATE] + 1)
        store(voice, at.V_ONSET_FRAME, start)
        active[1 + active[0]] = slot
        active[0] += 1
        store(voice, at.V_STATE, at.PLAYING)
        _tell(engine, at.VOICE_ON, slot, voice[at.V_GENERATION], start)


@kernel("boolean(int64[::1], int64, int64, int64, float32[::1], float32[::1])")
def _mix_voice(engine, slot, frame, count, left, right):  # type: ignore[no-untyped-def]
    """Add one voice to a chunk of `count` samples that begins at `frame`; True when the voice is over."""
    voice = words_at(engine[at.E_VOICES] + slot * at.VOICE_WORDS * 8, at.VOICE_WORDS)
    private = doubles_at(engine[at.E_CALLBACK] + slot * at.CALLBACK_FLOATS * 8, at.CALLBACK_FLOATS)
    ring = floats_at(engine[at.E_RINGS] + slot * at.RING_SAMPLES * 4, at.RING_SAMPLES)
    rate = float(load(engine, at.E_RATE))
    onset = voice[at.V_ONSET_FRAME]
    stop = load(voice, at.V_STOP)
    first = max(0, onset - frame)
    if first >= count:
        return stop == at.STOP_FADE  # stolen before it was heard
    age = voice[at.V_TAIL]
    head = load(voice, at.V_HEAD)
    end = load(voice, at.V_END)
    mask = at.RING_SAMPLES - 1

    gain = bits_float(voice[at.V_VELOCITY]) * bits_float(load(voice, at.V_GAIN))
    pan = bits_float(load(voice, at.V_PAN))
    target_left = gain * min(1.0, 1.0 - pan)
    target_right = gain * min(1.0, 1.0 + pan)
    if private[at.C_LEFT] < 0.0:
        private[at.C_LEFT] = target_left
        private[at.C_RIGHT] = target_right
    gain_left = private[at.C_LEFT]
    gain_right = private[at.C_RIGHT]
    settle = 1.0 / (GAIN_SETTLE_S * rate)

    # the sample of this chunk from which the voice is released; count = not in this chunk
    release_at = count
    if private[at.C_RELEASING] > 0.0:
        release_at = first
    else:
        if stop == at.STOP_RELEASE:
            release_at = min(release_at, max(first, load(voice, at.V_STOP_FRAME) - frame))
        automatic = voice[at.V_STOP_SAMPLE]
        if automatic >= 0:
            release_at = min(release_at, max(first, onset + automatic - frame))
    release = private[at.C_RELEASE]
    factor = bits_float(load(engine, at.E_RELEASE))
    fade = private[at.C_FADE]
    fade_step = 0.0
    if stop == at.STOP_FADE:
        fade_step = 1.0 / (STEAL_FADE_S * rate)
    attack = voice[at.V_ATTACK]
    held = np.float32(private[at.C_HELD])
    back = np.float32(private[at.C_RETURN])
    starved = private[at.C_STARVED] > 0.0
    peak = np.float32(0.0)
    over = False

    for i in range(first, count):
        if age == end:
            over = True
            break
        if age < head:
            sample = ring[age & mask]
            if starved:
                starved = False
                back = np.float32(0.0)
            if back < np.float32(1.0):
                sample = sample * back + held * (np.float32(1.0) - back)
                held = held * STARVED_DECAY
                back = min(np.float32(1.0), back + STARVED_RETURN)
            else:
                held = sample
            age += 1
        else:
            if not starved:
                starved = True
                store(engine, at.E_UNDERRUNS, engine[at.E_UNDERRUNS] + 1)
            held = held * STARVED_DECAY
            sample = held
        envelope = 1.0
        if age <= attack:
            envelope = float(age) / float(attack)
        if i >= release_at:
            release = release * factor
            if release <= RELEASE_FLOOR:
                over = True
                break
            envelope *= (release - RELEASE_FLOOR) / (1.0 - RELEASE_FLOOR)
        if fade_step > 0.0:
            fade = fade - fade_step
            if fade <= 0.0:
                over = True
                break
            envelope *= fade
        if gain_left != target_left or gain_right != target_right:
            gain_left += (target_left - gain_left) * settle
            gain_right += (target_right - gain_right) * settle
            if abs(gain_left - target_left) < _SETTLED and abs(gain_right - target_right) < _SETTLED:
                gain_left = target_left
                gain_right = target_right
        shaped = float(sample) * envelope
        left[i] += np.float32(shaped * gain_left)
        right[i] += np.float32(shaped * gain_right)
        peak = max(peak, np.float32(abs(shaped)))

    if release_at < count and private[at.C_RELEASING] == 0.0:
        private[at.C_RELEASING] = 1.0
        store(voice, at.V_STATE, at.RELEASING)
    private[at.C_RELEASE] = release
    private[at.C_FADE] = fade
    private[at.C_LEFT] = gain_left
    private[at.C_RIGHT] = gain_right
    private[at.C_HELD] = held
    private[at.C_RETURN] = back
    private[at.C_STARVED] = 1.0 if starved else 0.0
    store(voice, at.V_TAIL, age)
    store(voice, at.V_LEVEL, float_bits(float(peak) * max(target_left, target_right)))
    return over


@kernel("void(int64[::1], int64, int64, float32[::1], float32[::1])")
def _master(engine, count, closing, left, right):  # type: ignore[no-untyped-def]
    """Master gain, balance, closing fade, limiter and meters, in place."""
    rate = float(load(engine, at.E_RATE))
    gain = bits_float(load(engine, at.E_GAIN))
    pan = bits_float(load(engine, at.E_PAN))
    target_left = gain * min(1.0, 1.0 - pan)
    target_right = gain * min(1.0, 1.0 + pan)
    gain_left = bits_float(engine[at.E_MASTER_LEFT])
    gain_right = bits_float(engine[at.E_MASTER_RIGHT])
    if gain_left < 0.0:
        gain_left = target_left
        gain_right = target_right
    settle = 1.0 / (GAIN_SETTLE_S * rate)
    limit = bits_float(engine[at.E_LIMIT])
    recover = 1.0 / (LIMIT_RELEASE_S * rate)
    close = bits_float(engine[at.E_CLOSE_GAIN])
    close_step = 1.0 / (CLOSE_FADE_S * rate)
    decay = math.exp(-float(count) / (METER_DECAY_S * rate))
    meter_left = bits_float(engine[at.E_LEVEL_LEFT]) * decay
    meter_right = bits_float(engine[at.E_LEVEL_RIGHT]) * decay
    last_left = bits_float(engine[at.E_LAST_LEFT])
    last_right = bits_float(engine[at.E_LAST_RIGHT])
    step = bits_float(engine[at.E_MAX_STEP])
    for i in range(count):
        if gain_left != target_left or gain_right != target_right:
            gain_left += (target_left - gain_left) * settle
            gain_right += (target_right - gain_right) * settle
            if abs(gain_left - target_left) < _SETTLED and abs(gain_right - target_right) < _SETTLED:
                gain_left = target_left
                gain_right = target_right
        out_left = float(left[i]) * gain_left
        out_right = float(right[i]) * gain_right
        if closing == 1:
            close = max(0.0, close - close_step)
            out_left *= close
            out_right *= close
        peak = max(abs(out_left), abs(out_right))
        if peak * limit > 1.0:
            limit = 1.0 / peak
        elif limit < 1.0:
            limit += (1.0 - limit) * recover
            if limit > 0.999999:
                limit = 1.0
            limit = min(limit, 1.0 / peak) if peak > 1.0 else limit
        l32 = min(max(np.float32(out_left * limit), -_CEILING), _CEILING)
        r32 = min(max(np.float32(out_right * limit), -_CEILING), _CEILING)
        left[i] = l32
        right[i] = r32
        meter_left = max(meter_left, abs(float(l32)))
        meter_right = max(meter_right, abs(float(r32)))
        step = max(step, abs(float(l32) - last_left), abs(float(r32) - last_right))
        last_left = float(l32)
        last_right = float(r32)
    store(engine, at.E_MASTER_LEFT, float_bits(gain_left))
    store(engine, at.E_MASTER_RIGHT, float_bits(gain_right))
    store(engine, at.E_LIMIT, float_bits(limit))
    store(engine, at.E_CLOSE_GAIN, float_bits(close))
    store(engine, at.E_LEVEL_LEFT, float_bits(meter_left))
    store(engine, at.E_LEVEL_RIGHT, float_bits(meter_right))
    store(engine, at.E_LAST_LEFT, float_bits(last_left))
    store(engine, at.E_LAST_RIGHT, float_bits(last_right))
    store(engine, at.E_MAX_STEP, float_bits(step))
    if close <= 0.0:
        store(engine, at.E_SILENT, 1)


@kernel("void(int64[::1], int64, float32[::1], float32[::1])")
def _record(engine, count, left, right):  # type: ignore[no-untyped-def]
    """Copy the output to the recording buffer; what finds no room is counted as lost."""
    head = engine[at.E_RECORD_HEAD]
    room = at.RECORD_FRAMES - (head - load(engine, at.E_RECORD_TAIL))
    fits = min(count, room)
    buffer = floats_at(engine[at.E_RECORDING], at.RECORD_FRAMES * 2)
    for i in range(fits):
        place = ((head + i) & (at.RECORD_FRAMES - 1)) * 2
        buffer[place] = left[i]
        buffer[place + 1] = right[i]
    store(engine, at.E_RECORD_HEAD, head + fits)
    if fits < count:
        store(engine, at.E_RECORD_LOST, engine[at.E_RECORD_LOST] + count - fits)


@kernel("void(int64[::1], int64, int64, float32[::1], float32[::1])")
def _mix_chunk(engine, frame, count, left, right):  # type: ignore[no-untyped-def]
    """Mix all voices into a chunk, and let go of those that are over."""
    for i in range(count):
        left[i] = 0.0
        right[i] = 0.0
    slots = engine[at.E_SLOTS]
    active = words_at(engine[at.E_ACTIVE], slots + 1)
    kept = 0
    for k in range(active[0]):
        slot = active[1 + k]
        if _mix_voice(engine, slot, frame, count, left, right):
            voice = words_at(engine[at.E_VOICES] + slot * at.VOICE_WORDS * 8, at.VOICE_WORDS)
            _tell(engine, at.VOICE_OFF, slot, voice[at.V_GENERATION], frame + count)
            store(voice, at.V_STATE, at.DONE)
        else:
            active[1 + kept] = slot
            kept += 1
    active[0] = kept


@kernel("void(int64[::1], int64, int64, float32[::1], float32[::1])")
def _silence_older(engine, epoch, count, left, right):  # type: ignore[no-untyped-def]
    """Panic: fade what was mixed to zero within this chunk, and end every voice of an older epoch."""
    for i in range(count):
        ramp = np.float32(1.0) - np.float32(i + 1) / np.float32(count)
        left[i] *= ramp
        right[i] *= ramp
    active = words_at(engine[at.E_ACTIVE], engine[at.E_SLOTS] + 1)
    kept = 0
    for k in range(active[0]):
        slot = active[1 + k]
        voice = words_at(engine[at.E_VOICES] + slot * at.VOICE_WORDS * 8, at.VOICE_WORDS)
        if voice[at.V_EPOCH] < epoch:
            _tell(engine, at.VOICE_OFF, slot, voice[at.V_GENERATION], 0)
            store(voice, at.V_STATE, at.DONE)
        else:
            active[1 + kept] = slot
            kept += 1
    active[0] = kept


@kernel("void(int64[::1], int64, int64, int64, int64)")
def block(engine, frame_32, count, left_address, right_address):  # type: ignore[no-untyped-def]
    """Serve one period of `count` samples whose first is the server's frame `frame_32`.

    A null address is a port that nobody gave a buffer: the clock and the voices go on without it.
    """
    began = wall_ns(engine[at.E_CLOCK])
    frame = advance_clock(engine, frame_32)
    publish_clock(engine, frame, began)
    store(engine, at.E_PERIOD, count)
    _take_up(engine, frame)
    epoch = load(engine, at.E_EPOCH)
    closing = load(engine, at.E_CLOSING)
    recording = load(engine, at.E_RECORD_ON)
    silent = load(engine, at.E_FREEWHEEL) == 1
    mix = engine[at.E_MIX]
    done = 0
    while done < count:
        n = min(at.CHUNK, count - done)
        left = floats_at(mix, at.CHUNK)
        right = floats_at(mix + at.CHUNK * 4, at.CHUNK)
        _mix_chunk(engine, frame + done, n, left, right)
        if epoch != engine[at.E_EPOCH_SEEN]:
            _silence_older(engine, epoch, n, left, right)
            store(engine, at.E_EPOCH_SEEN, epoch)
        _master(engine, n, closing, left, right)
        if recording == 1:
            _record(engine, n, left, right)
        if left_address != 0:
            out = floats_at(left_address + done * 4, n)
            for i in range(n):
                out[i] = np.float32(0.0) if silent else left[i]
        if right_address != 0:
            out = floats_at(right_address + done * 4, n)
            for i in range(n):
                out[i] = np.float32(0.0) if silent else right[i]
        done += n
    store(engine, at.E_SOUNDING, words_at(engine[at.E_ACTIVE], 1)[0])
    store(engine, at.E_BLOCKS, engine[at.E_BLOCKS] + 1)
    sem_post(engine[at.E_SEMAPHORE])
    busy = wall_ns(engine[at.E_CLOCK]) - began
    store(engine, at.E_BUSY_NS, engine[at.E_BUSY_NS] + busy)
    store(engine, at.E_BUSY_PEAK_NS, max(busy, engine[at.E_BUSY_PEAK_NS]))


@kernel("void(int64[::1], int64, int64, int64, int64)")
def block_offline(engine, frame_32, count, left_address, right_address):  # type: ignore[no-untyped-def]
    """`block` for the offline engine: in the callback's floating-point mode."""
    mode = get_float_mode()
    set_float_mode(mode | FLUSH_BITS)
    block(engine, frame_32, count, left_address, right_address)
    set_float_mode(mode)
