"""The hop clock: from decoded blocks to samples in the voices' rings.

`render_pass` does one bounded piece of work: obey what control says, take in what the decoders finished, look after
the voices whose life changed, and render one hop of the voice that needs it most. `render_loop` repeats it, blocks on
its own semaphore when nothing is left to do, and returns when the engine stops; the offline engine calls the same
`render_pass` until it has nothing to do.

A voice that has just been decoded is rendered in a burst until its first samples are in the ring, one hop per voice in
turn; voices that sound go first when their ring runs low.
"""

from __future__ import annotations

import math

import numpy as np

from oscvae.realtime import layout as at
from oscvae.realtime.denormal import FLUSH_BITS, get_float_mode, set_float_mode
from oscvae.realtime.kernel import kernel
from oscvae.realtime.libc import CLOCK_MONOTONIC, clock_gettime, read, sem_post, sem_timedwait, sem_trywait, write
from oscvae.realtime.memory import bits_float, doubles_at, floats_at, load, store, words_at
from oscvae.realtime.ring import pending, pop, publish, push, ring_at, stage
from oscvae.spectral.expand import expand
from oscvae.spectral.phase import push as push_frame
from oscvae.spectral.phase import reset as reset_phase
from oscvae.spectral.resample import half_width, resample

IDLE_WAIT_NS = 50_000_000  # the loop looks around this often even if nobody posts its semaphore
GROUP_WAIT_S = 0.030  # notes of one bundle wait this long for the slowest decode
URGENT_S = 0.004  # a sounding voice with less than this in its ring goes before the bursts
BURST_S = 0.005  # what must be in the ring before a voice may start
REFILL_HOPS = 2  # a sounding voice is rendered this many hops at a time: its state is in the cache then
_STEP_LOW, _STEP_HIGH = 1.0 / 16.0, 16.0  # of the resampler
_SILENT = np.float32(-1.0)


@kernel("int64(int64)")
def monotonic_ns(scratch):  # type: ignore[no-untyped-def]
    """Monotonic time in ns; `scratch` is the address of two words."""
    clock_gettime(np.int32(CLOCK_MONOTONIC), scratch)
    words = words_at(scratch, 2)
    return words[0] * 1_000_000_000 + words[1]


@kernel("void(int64[::1], int64, int64, int64, int64, int64, int64)")
def _tell(engine, kind, a, b, c, d, e):  # type: ignore[no-untyped-def]
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
def _voice(engine, slot):  # type: ignore[no-untyped-def]
    return words_at(engine[at.E_VOICES] + slot * at.VOICE_WORDS * 8, at.VOICE_WORDS)


@kernel("int64[::1](int64[::1], int64)")
def _own(engine, slot):  # type: ignore[no-untyped-def]
    return words_at(engine[at.E_RENDER] + slot * at.R_WORDS * 8, at.R_WORDS)


@kernel("float64[::1](int64[::1], int64)")
def _own_floats(engine, slot):  # type: ignore[no-untyped-def]
    return doubles_at(engine[at.E_RENDER_FLOATS] + slot * at.R_FLOATS * 8, at.R_FLOATS)


@kernel("int64[::1](int64[::1], int64)")
def _context(engine, index):  # type: ignore[no-untyped-def]
    return words_at(words_at(engine[at.E_CONTEXTS], at.CONTEXTS)[index], at.CONTEXT_WORDS)


@kernel("void(int64[::1], int64)")
def _free_block(engine, slot):  # type: ignore[no-untyped-def]
    own = _own(engine, slot)
    if own[at.R_BLOCK] >= 0:
        _tell(engine, at.BLOCK_FREE, _voice(engine, slot)[at.V_CONTEXT], own[at.R_BLOCK], 0, 0, 0)
        own[at.R_BLOCK] = -1


@kernel("void(int64[::1], int64, int64)")
def _arm(engine, slot, generation):  # type: ignore[no-untyped-def]
    """Begin a voice: everything of its slot that the renderer owns back to the start."""
    voice = _voice(engine, slot)
    own = _own(engine, slot)
    floats = _own_floats(engine, slot)
    for i in range(at.R_WORDS):
        own[i] = 0
    for i in range(at.R_FLOATS):
        floats[i] = 0.0
    own[at.R_GENERATION] = generation
    own[at.R_PHASE] = at.PHASE_WAITING
    own[at.R_BLOCK] = -1
    own[at.R_LAST] = -1
    own[at.R_ARM_FRAME] = load(engine, at.E_FRAME)
    own[at.R_GROUP] = voice[at.V_GROUP]
    store(voice, at.V_END, -1)
    store(voice, at.V_HEAD, 0)
    x = _context(engine, voice[at.V_CONTEXT])
    params = words_at(x[at.X_PHASE_PARAMS], x[at.X_PHASE_PARAMS_SIZE])
    state = floats_at(x[at.X_STATE] + slot * x[at.X_STATE_SIZE] * 4, x[at.X_STATE_SIZE])
    reset_phase(params, state)
    history = floats_at(x[at.X_HISTORY] + slot * x[at.X_HISTORY_SIZE] * 4, x[at.X_HISTORY_SIZE])
    lead = half_width(_STEP_HIGH)  # silence before the first sample, for the resampler's left half
    for i in range(lead):
        history[i] = np.float32(0.0)
    own[at.R_FILLED] = lead
    floats[at.RF_INPUT] = float(lead)


@kernel("void(int64[::1], int64)")
def _idle(engine, slot):  # type: ignore[no-untyped-def]
    """The renderer's last touch of a voice."""
    voice = _voice(engine, slot)
    own = _own(engine, slot)
    _free_block(engine, slot)
    own[at.R_PHASE] = at.PHASE_NONE
    store(voice, at.V_STATE, at.IDLE)
    _tell(engine, at.VOICE_IDLE, slot, voice[at.V_GENERATION], 0, 0, 0)


@kernel("void(int64[::1], int64)")
def _die_unheard(engine, slot):  # type: ignore[no-untyped-def]
    """End a voice that the callback never saw; the others of its bundle no longer wait for it."""
    group = _own(engine, slot)[at.R_GROUP]
    if group > 0:
        words_at(engine[at.E_DEAD], at.GROUPS)[group % at.GROUPS] += 1
    _idle(engine, slot)


@kernel("boolean(int64[::1])")
def _obey(engine):  # type: ignore[no-untyped-def]
    """Take in control's records; True if there were any."""
    ring = ring_at(engine[at.E_CONTROL_RENDER])
    record = words_at(engine[at.E_RENDER_RECORD], 8)
    any_ = False
    while pop(ring, record):
        any_ = True
        kind = record[0]
        if kind == at.ARM:
            slot = record[1]
            voice = _voice(engine, slot)
            if voice[at.V_GROUP] > 0 and record[3] == 1:  # first of its bundle
                words_at(engine[at.E_DEAD], at.GROUPS)[voice[at.V_GROUP] % at.GROUPS] = 0
            _arm(engine, slot, record[2])
        elif kind == at.ADD_CONTEXT:
            words_at(engine[at.E_CONTEXTS], at.CONTEXTS)[record[1]] = record[2]
        elif kind == at.DROP_CONTEXT:
            index = record[1]
            words_at(engine[at.E_CONTEXTS], at.CONTEXTS)[index] = 0
            _tell(engine, at.CONTEXT_DROPPED, index, 0, 0, 0, 0)
    return any_


@kernel("void(int64[::1], int64, int64[::1])")
def _take_block(engine, context, record):  # type: ignore[no-untyped-def]
    """Give a decoded block to the voice that asked for it, or back to the pool if that voice has moved on."""
    slot, generation, block, status = record[1], record[2], record[3], record[4]
    x = _context(engine, context)
    if slot < 0 or slot >= engine[at.E_SLOTS] or block < 0 or block >= x[at.X_BLOCKS]:
        store(engine, at.E_STALE, engine[at.E_STALE] + 1)
        return
    took = record[5]
    own = _own(engine, slot)
    voice = _voice(engine, slot)
    current = own[at.R_GENERATION] == generation and own[at.R_PHASE] != at.PHASE_NONE
    current = current and voice[at.V_CONTEXT] == context
    if current and status == 0 and own[at.R_PHASE] != at.PHASE_COMPLETE:
        if own[at.R_PHASE] == at.PHASE_WAITING:
            own[at.R_PHASE] = at.PHASE_BURST
        _free_block(engine, slot)
        own[at.R_BLOCK] = block
    else:
        if not current:
            store(engine, at.E_STALE, engine[at.E_STALE] + 1)
        _tell(engine, at.BLOCK_FREE, context, block, 0, 0, 0)
        if current and own[at.R_PHASE] == at.PHASE_WAITING:
            _die_unheard(engine, slot)
    _tell(engine, at.DECODE_SEEN, slot, generation, status, took, context)


@kernel("boolean(int64[::1])")
def _collect(engine):  # type: ignore[no-untyped-def]
    """Take in what the decoders finished; True if there was anything."""
    contexts = words_at(engine[at.E_CONTEXTS], at.CONTEXTS)
    record = words_at(engine[at.E_RENDER_RECORD] + 64, 8)
    any_ = False
    for index in range(at.CONTEXTS):
        if contexts[index] == 0:
            continue
        pipe = np.int32(_context(engine, index)[at.X_PIPE])
        while read(pipe, engine[at.E_RENDER_RECORD] + 64, 64) == 64:
            # the answer's voice was armed before it was asked for, so its record waits by now if it was not seen yet
            _obey(engine)
            any_ = True
            _take_block(engine, index, record)
    return any_


@kernel("float64(int64[::1], int64[::1])")
def _step(engine, voice):  # type: ignore[no-untyped-def]
    """Model samples per output sample of a voice, now: rates, microtone and bends together."""
    x = _context(engine, voice[at.V_CONTEXT])
    step = bits_float(x[at.X_STEP]) * bits_float(voice[at.V_PITCH])
    step *= bits_float(load(voice, at.V_BEND)) * bits_float(load(engine, at.E_BEND))
    return min(max(step, _STEP_LOW), _STEP_HIGH)


@kernel("int64(int64[::1], int64[::1])")
def _target(engine, voice):  # type: ignore[no-untyped-def]
    """Samples to which a sounding voice's ring is filled."""
    x = _context(engine, voice[at.V_CONTEXT])
    hop = int(float(x[at.X_HOP]) / bits_float(x[at.X_STEP]))
    want = load(engine, at.E_PERIOD) + max(hop, load(engine, at.E_BUFFER))
    return min(want, at.RING_SAMPLES - 2 * at.CHUNK)


@kernel("int64(int64[::1], int64[::1])")
def _refill_at(engine, voice):  # type: ignore[no-untyped-def]
    """Samples in a sounding voice's ring below which it is filled up again, several hops at a time."""
    x = _context(engine, voice[at.V_CONTEXT])
    hop = int(float(x[at.X_HOP]) / bits_float(x[at.X_STEP]))
    target = _target(engine, voice)
    return max(target // 2, target - REFILL_HOPS * hop)


@kernel("void(float32[::1], int64, int64, float64, float32[::1])")
def _read_row(block, frames, bands, position, row):  # type: ignore[no-untyped-def]
    """Log magnitudes [bands] at a fractional read position of a block [frames, bands], linear in dB."""
    low = int(position)
    blend = np.float32(position - float(low))
    base = low * bands
    if low + 1 >= frames or blend == np.float32(0.0):
        for b in range(bands):
            row[b] = block[base + b]
        return
    for b in range(bands):
        row[b] = block[base + b] + blend * (block[base + bands + b] - block[base + b])


@kernel("void(int64[::1], int64, int64[::1], float32[::1])")
def _append(x, slot, own, out):  # type: ignore[no-untyped-def]
    """Append a hop to the resampler's history, less the silent lead; the cut is faded in."""
    hop, fade, skip = x[at.X_HOP], x[at.X_FADE], x[at.X_SKIP]
    # push t gives the samples from the left edge of frame t - (look_ahead + 1)
    first = (own[at.R_PUSHES] - 1 - (x[at.X_LOOK_AHEAD] + 1)) * hop - skip
    history = floats_at(x[at.X_HISTORY] + slot * x[at.X_HISTORY_SIZE] * 4, x[at.X_HISTORY_SIZE])
    filled = own[at.R_FILLED]
    for i in range(hop):
        place = first + i
        if place < 0:
            continue
        sample = out[i]
        if place < fade:
            sample *= np.float32(0.5 - 0.5 * math.cos(math.pi * float(place + 1) / float(fade + 1)))
        history[filled] = sample
        filled += 1
    own[at.R_FILLED] = filled


@kernel("void(int64[::1], int64)")
def _render_frame(engine, slot):  # type: ignore[no-untyped-def]
    """Push the voice's next frame into its phase reconstruction, and append what comes out to its history."""
    voice = _voice(engine, slot)
    own = _own(engine, slot)
    floats = _own_floats(engine, slot)
    x = _context(engine, voice[at.V_CONTEXT])
    bands, frames, hop, n_fft = x[at.X_BANDS], x[at.X_FRAMES], x[at.X_HOP], x[at.X_N_FFT]
    bins = floats_at(x[at.X_BINS], n_fft // 2 + 1)
    out = floats_at(x[at.X_OUT], hop)
    position = floats[at.RF_POSITION]
    if own[at.R_LAST] < 0:
        row = floats_at(x[at.X_ROW], bands)
        block = floats_at(x[at.X_POOL] + own[at.R_BLOCK] * bands * frames * 4, bands * frames)
        _read_row(block, frames, bands, position, row)
        expand(
            words_at(x[at.X_EXPAND_PARAMS], x[at.X_EXPAND_PARAMS_SIZE]),
            floats_at(x[at.X_EXPAND_TABLES], x[at.X_EXPAND_TABLES_SIZE]),
            floats_at(engine[at.E_SCRATCH], engine[at.E_SCRATCH_SIZE]),
            row,
            bins,
        )
        advance = 1.0
        if position >= float(x[at.X_ONSET_FRAME]):
            advance = 1.0 / bits_float(voice[at.V_STRETCH])
        floats[at.RF_POSITION] = position + advance
        if position + advance > float(frames - 1):
            own[at.R_LAST] = own[at.R_PUSHES] + 1 + n_fft // hop + x[at.X_LOOK_AHEAD]
    else:
        for i in range(n_fft // 2 + 1):
            bins[i] = np.float32(0.0)
    push_frame(
        words_at(x[at.X_PHASE_PARAMS], x[at.X_PHASE_PARAMS_SIZE]),
        floats_at(x[at.X_PHASE_TABLES], x[at.X_PHASE_TABLES_SIZE]),
        floats_at(x[at.X_STATE] + slot * x[at.X_STATE_SIZE] * 4, x[at.X_STATE_SIZE]),
        floats_at(engine[at.E_SCRATCH], engine[at.E_SCRATCH_SIZE]),
        bins,
        out,
    )
    own[at.R_PUSHES] += 1
    store(engine, at.E_HOPS, engine[at.E_HOPS] + 1)
    _append(x, slot, own, out)


@kernel("int64(int64[::1], int64)")
def _drain(engine, slot):  # type: ignore[no-untyped-def]
    """Resample what the history allows into the voice's ring; returns the samples in the ring afterwards."""
    voice = _voice(engine, slot)
    own = _own(engine, slot)
    floats = _own_floats(engine, slot)
    x = _context(engine, voice[at.V_CONTEXT])
    head = voice[at.V_HEAD]
    level = head - load(voice, at.V_TAIL)
    history = floats_at(x[at.X_HISTORY] + slot * x[at.X_HISTORY_SIZE] * 4, x[at.X_HISTORY_SIZE])
    table = floats_at(engine[at.E_SINC], engine[at.E_SINC_SIZE])
    step = _step(engine, voice)
    reach = half_width(step)
    finished = own[at.R_LAST] >= 0 and own[at.R_PUSHES] >= own[at.R_LAST]
    filled = own[at.R_FILLED]
    if finished and own[at.R_PHASE] != at.PHASE_COMPLETE and own[at.R_DROPPED] == 0:
        # silence after the last sample, for the resampler's right half
        for i in range(half_width(_STEP_HIGH)):
            history[filled + i] = np.float32(0.0)
        own[at.R_DROPPED] = 1
    limit = float(filled) if finished else float(filled - reach)
    position = floats[at.RF_INPUT]
    wanted = _target(engine, voice) - level
    complete = False
    while wanted > 0:
        place = head & (at.RING_SAMPLES - 1)
        count = min(wanted, at.RING_SAMPLES - place)
        possible = math.ceil((limit - position) / step)
        if possible <= 0:
            complete = finished
            break
        count = min(count, possible)
        out = floats_at(engine[at.E_RINGS] + (slot * at.RING_SAMPLES + place) * 4, count)
        position = resample(table, history, position, step, out, count)
        head += count
        wanted -= count
    floats[at.RF_INPUT] = position
    if complete:
        store(voice, at.V_END, head)
        if own[at.R_PHASE] == at.PHASE_STREAM:
            own[at.R_PHASE] = at.PHASE_COMPLETE
            _free_block(engine, slot)
    store(voice, at.V_HEAD, head)
    # move what is still needed to the front once the next hop would not fit
    keep = half_width(_STEP_HIGH)
    base = int(position) - keep
    if not finished and base > 0 and filled + x[at.X_HOP] + keep > x[at.X_HISTORY_SIZE]:
        for i in range(filled - base):
            history[i] = history[base + i]
        own[at.R_FILLED] = filled - base
        floats[at.RF_INPUT] = position - float(base)
    return head - load(voice, at.V_TAIL)


@kernel("void(int64[::1], int64, int64)")
def _serve(engine, slot, hops):  # type: ignore[no-untyped-def]
    """Give a voice at most `hops` hops of rendering."""
    own = _own(engine, slot)
    voice = _voice(engine, slot)
    own[at.R_SERVED] = engine[at.E_PASSES]
    level = _drain(engine, slot)
    for _ in range(hops):
        if level >= _target(engine, voice) or (own[at.R_LAST] >= 0 and own[at.R_PUSHES] >= own[at.R_LAST]):
            break
        _render_frame(engine, slot)
        level = _drain(engine, slot)
    if own[at.R_PHASE] == at.PHASE_BURST:
        need = max(int(BURST_S * float(load(engine, at.E_RATE))), load(engine, at.E_PERIOD))
        if level >= need or load(voice, at.V_END) >= 0:
            own[at.R_PHASE] = at.PHASE_READY


@kernel("boolean(int64[::1], int64, int64, int64)")
def _start(engine, slot, start, ahead):  # type: ignore[no-untyped-def]
    """Stage the record that lets the callback play a voice; False when the ring to it is full."""
    voice = _voice(engine, slot)
    record = words_at(engine[at.E_RENDER_RECORD], 8)
    record[0] = at.START
    record[1] = slot
    record[2] = voice[at.V_GENERATION]
    record[3] = start
    if not stage(ring_at(engine[at.E_RENDER_AUDIO]), ahead, record):
        return False
    store(voice, at.V_STATE, at.READY)
    own = _own(engine, slot)
    own[at.R_PHASE] = at.PHASE_STREAM
    if load(voice, at.V_END) >= 0:
        own[at.R_PHASE] = at.PHASE_COMPLETE
        _free_block(engine, slot)
    return True


@kernel("boolean(int64[::1], int64)")
def _start_group(engine, group):  # type: ignore[no-untyped-def]
    """Start the ready voices of a bundle together once none is missing, or once the wait is over."""
    slots = engine[at.E_SLOTS]
    now = load(engine, at.E_FRAME)
    ready = 0
    started = 0
    size = 0
    armed = now
    for slot in range(slots):
        own = _own(engine, slot)
        if own[at.R_PHASE] == at.PHASE_NONE or own[at.R_GROUP] != group:
            continue
        size = _voice(engine, slot)[at.V_GROUP_SIZE]
        armed = min(armed, own[at.R_ARM_FRAME])
        if own[at.R_PHASE] == at.PHASE_READY:
            ready += 1
        elif own[at.R_PHASE] >= at.PHASE_STREAM:
            started += 1
    dead = words_at(engine[at.E_DEAD], at.GROUPS)[group % at.GROUPS]
    overdue = now - armed > int(GROUP_WAIT_S * float(load(engine, at.E_RATE)))
    if ready == 0 or (ready + started + dead < size and not overdue):
        return False
    count = 0
    # a bundle that has begun without this note (it was too slow) makes it late: frame 0 is always in the past
    start = 0 if started > 0 else -1
    for slot in range(slots):
        own = _own(engine, slot)
        if own[at.R_PHASE] == at.PHASE_READY and own[at.R_GROUP] == group and _start(engine, slot, start, count):
            count += 1
    publish(ring_at(engine[at.E_RENDER_AUDIO]), count)
    return count > 0


@kernel("int64(int64[::1], int64)")
def _look_after(engine, slot):  # type: ignore[no-untyped-def]
    """Follow the voice's life where others changed it; returns how urgent it is (small = soon; -1 = not at all)."""
    own = _own(engine, slot)
    phase = own[at.R_PHASE]
    if phase == at.PHASE_NONE:
        return -1
    voice = _voice(engine, slot)
    if phase < at.PHASE_STREAM:
        if load(voice, at.V_STOP) == at.STOP_FADE or voice[at.V_EPOCH] < load(engine, at.E_EPOCH):
            _die_unheard(engine, slot)
            return -1
        if phase == at.PHASE_WAITING:
            return -1
        if phase == at.PHASE_READY:
            start = voice[at.V_START_FRAME]
            if voice[at.V_GROUP] > 0 and start < 0:
                _start_group(engine, voice[at.V_GROUP])
            elif _start(engine, slot, start, 0):
                publish(ring_at(engine[at.E_RENDER_AUDIO]), 1)
            return -1
        return load(engine, at.E_PERIOD) + int(URGENT_S * float(load(engine, at.E_RATE)))
    if load(voice, at.V_STATE) == at.DONE:
        _idle(engine, slot)
        return -1
    if phase == at.PHASE_COMPLETE:
        return -1
    level = voice[at.V_HEAD] - load(voice, at.V_TAIL)
    if level >= _refill_at(engine, voice):
        return -1
    return level


@kernel("boolean(int64)")
def render_pass(address):  # type: ignore[no-untyped-def]
    """One bounded piece of the renderer's work; False when nothing is left to do for now."""
    engine = words_at(address, at.ENGINE_WORDS)
    began = monotonic_ns(engine[at.E_RENDER_CLOCK])
    store(engine, at.E_PASSES, engine[at.E_PASSES] + 1)
    worked = _obey(engine)
    worked = _collect(engine) or worked
    neediest = -1
    least = 1 << 62
    oldest = 1 << 62
    for slot in range(engine[at.E_SLOTS]):
        need = _look_after(engine, slot)
        if need < 0:
            continue
        served = _own(engine, slot)[at.R_SERVED]
        if need < least or (need == least and served < oldest):
            neediest = slot
            least = need
            oldest = served
    if neediest >= 0:
        calm = least >= load(engine, at.E_PERIOD) + int(URGENT_S * float(load(engine, at.E_RATE)))
        streaming = _own(engine, neediest)[at.R_PHASE] == at.PHASE_STREAM
        _serve(engine, neediest, REFILL_HOPS if calm and streaming else 1)
        worked = True
        store(engine, at.E_RENDER_NS, engine[at.E_RENDER_NS] + monotonic_ns(engine[at.E_RENDER_CLOCK]) - began)
    return worked


@kernel("void(int64)")
def render_until_idle(address):  # type: ignore[no-untyped-def]
    """Everything that can be rendered now, for the offline engine: in the render loop's floating-point mode."""
    mode = get_float_mode()
    set_float_mode(mode | FLUSH_BITS)
    while render_pass(address):
        pass
    set_float_mode(mode)


@kernel("void(int64)")
def _ring_the_bell(address):  # type: ignore[no-untyped-def]
    """Wake control if events wait for it."""
    engine = words_at(address, at.ENGINE_WORDS)
    if pending(ring_at(engine[at.E_RENDER_CONTROL])) + pending(ring_at(engine[at.E_AUDIO_CONTROL])) > 0:
        one = words_at(engine[at.E_RENDER_CLOCK], 2)
        one[0] = 1
        write(np.int32(engine[at.E_EVENT_FD]), engine[at.E_RENDER_CLOCK], 8)


@kernel("void(int64)")
def render_loop(address):  # type: ignore[no-untyped-def]
    """Render until the engine stops: entered once by the render thread, without the GIL."""
    engine = words_at(address, at.ENGINE_WORDS)
    mode = get_float_mode()
    set_float_mode(mode | FLUSH_BITS)
    store(engine, at.E_ALIVE, 1)
    while load(engine, at.E_RUN) == 1:
        passes = 0
        while render_pass(address) and load(engine, at.E_RUN) == 1:
            passes += 1
            if passes & 15 == 0:
                _ring_the_bell(address)
        _ring_the_bell(address)
        # sem_timedwait wants the wall clock; a jump of it only shortens or lengthens one idle wait
        until = words_at(engine[at.E_RENDER_CLOCK], 2)
        clock_gettime(np.int32(0), engine[at.E_RENDER_CLOCK])
        until[1] += IDLE_WAIT_NS
        if until[1] >= 1_000_000_000:
            until[0] += 1
            until[1] -= 1_000_000_000
        sem_timedwait(engine[at.E_SEMAPHORE], engine[at.E_RENDER_CLOCK])
        while sem_trywait(engine[at.E_SEMAPHORE]) == 0:
            pass
    store(engine, at.E_ALIVE, 0)
    set_float_mode(mode)


@kernel("void(int64)")
def wake(address):  # type: ignore[no-untyped-def]
    """Post the renderer's semaphore, for control."""
    sem_post(words_at(address, at.ENGINE_WORDS)[at.E_SEMAPHORE])
