"""The hop clock: from decoded blocks to samples in the voices' rings.

`render_pass` does one bounded piece of work: it obeys control's records, takes in what the decoders have finished, acts
on voices whose state control or the callback has changed, and renders a hop or two of the voice whose ring is lowest.
`render_loop` repeats it, rests until it is woken when nothing is left to do, and returns when the engine stops; the
offline engine calls the same `render_pass` until it has nothing to do.

A voice that has just been decoded is rendered in a burst until its first samples are in the ring, one hop per voice in
turn; voices that sound go first when their ring runs low.
"""

from __future__ import annotations

import numpy as np

from oscvae.realtime import layout as at
from oscvae.realtime.bell import wake_control, wake_renderer
from oscvae.realtime.denormal import FLUSH_BITS, get_float_mode, set_float_mode
from oscvae.realtime.kernel import kernel
from oscvae.realtime.libc import POLLIN, poll, read
from oscvae.realtime.lookup import voice_at
from oscvae.realtime.memory import floats_at, load, store, words_at
from oscvae.realtime.ring import RECORD, RECORD_BYTES, pending, pop, publish, published, ring_at, stage
from oscvae.spectral.hop import REFILL_HOPS, STEP_HIGH, free_block, refill_at, serve, step_at
from oscvae.spectral.legato import go_on
from oscvae.spectral.phase import reset as reset_phase
from oscvae.spectral.resample import half_width
from oscvae.spectral.slots import context_at, own_at, own_floats_at, render_ns, tell
from oscvae.spectral.stream import answers_stream, ask, begin_stream, has_hop, take_chunk, urgent

IDLE_WAIT_MS = 50  # the longest rest
NOBODY = 0xFFFF_FFFF  # a struct poll that waits for nothing
GROUP_WAIT_S = 0.030  # notes of one bundle wait this long for the slowest decode
BEGUN = 1 << 32  # added to a group's count of notes that ended unheard once it has begun: more than it has notes
LONGEST_DECODE_NS = 60_000_000_000  # that is believed


@kernel("void(int64[::1], int64, int64)")
def _arm(engine, slot, generation):  # type: ignore[no-untyped-def]
    """Begin a voice: everything of its slot that the renderer owns back to the start."""
    voice = voice_at(engine, slot)
    own = own_at(engine, slot)
    floats = own_floats_at(engine, slot)
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
    own[at.R_SKIP] = context_at(engine, voice[at.V_CONTEXT])[at.X_SKIP]
    store(voice, at.V_END, -1)
    store(voice, at.V_RELEASE_AT, -1)
    store(voice, at.V_HEAD, 0)
    x = context_at(engine, voice[at.V_CONTEXT])
    if x[at.X_SOURCE] != at.SOURCE_SAMPLES:
        params = words_at(x[at.X_PHASE_PARAMS], x[at.X_PHASE_PARAMS_SIZE])
        state = floats_at(x[at.X_STATE] + slot * x[at.X_STATE_SIZE] * 4, x[at.X_STATE_SIZE])
        reset_phase(params, state)
    begin_stream(x, own)
    history = floats_at(x[at.X_HISTORY] + slot * x[at.X_HISTORY_SIZE] * 4, x[at.X_HISTORY_SIZE])
    lead = half_width(STEP_HIGH)  # silence before the first sample, for the resampler's left half
    for i in range(lead):
        history[i] = np.float32(0.0)
    own[at.R_FILLED] = lead
    floats[at.RF_INPUT] = float(lead)
    if voice[at.V_MOVED] == 1 and x[at.X_SOURCE] == at.SOURCE_NOTE:
        go_on(engine, slot)


@kernel("void(int64[::1], int64)")
def _idle(engine, slot):  # type: ignore[no-untyped-def]
    """The renderer's last touch of a voice."""
    voice = voice_at(engine, slot)
    own = own_at(engine, slot)
    free_block(engine, slot)
    own[at.R_PHASE] = at.PHASE_NONE
    store(voice, at.V_STATE, at.IDLE)
    tell(engine, at.VOICE_IDLE, slot, voice[at.V_GENERATION], 0, 0, 0)


@kernel("void(int64[::1], int64)")
def _end_unheard(engine, slot):  # type: ignore[no-untyped-def]
    """End a voice that the callback never saw; the others of its bundle no longer wait for it."""
    group = own_at(engine, slot)[at.R_GROUP]
    if group > 0:
        words_at(engine[at.E_UNHEARD], at.GROUPS)[group % at.GROUPS] += 1
    _idle(engine, slot)


@kernel("boolean(int64[::1])")
def _obey(engine):  # type: ignore[no-untyped-def]
    """Take in control's records; True if there were any."""
    ring = ring_at(engine[at.E_CONTROL_RENDER])
    record = words_at(engine[at.E_RENDER_RECORD], RECORD)
    any_ = False
    while pop(ring, record):
        any_ = True
        kind = record[0]
        if kind == at.ARM:
            slot = record[1]
            voice = voice_at(engine, slot)
            if voice[at.V_GROUP] > 0 and record[3] == 1:  # first of its bundle
                words_at(engine[at.E_UNHEARD], at.GROUPS)[voice[at.V_GROUP] % at.GROUPS] = 0
            _arm(engine, slot, record[2])
        elif kind == at.ADD_CONTEXT:
            words_at(engine[at.E_CONTEXTS], at.CONTEXTS)[record[1]] = record[2]
        elif kind == at.DROP_CONTEXT:
            index = record[1]
            words_at(engine[at.E_CONTEXTS], at.CONTEXTS)[index] = 0
            tell(engine, at.CONTEXT_DROPPED, index, 0, 0, 0, 0)
    return any_


@kernel("boolean(int64[::1], int64[::1], int64[::1])")
def _answers_a_request(engine, x, record):  # type: ignore[no-untyped-def]
    """Whether a record is the first answer to what its decoder, which runs foreign code, was asked for that block."""
    slot, generation, block = record[1], record[2], record[3]
    if x[at.X_SOURCE] != at.SOURCE_NOTE:
        return answers_stream(engine, x, record)
    if 0 <= block < x[at.X_BLOCKS]:
        asked = words_at(x[at.X_ASKED] + block * at.ASKED_WORDS * 8, at.ASKED_WORDS)
        answered = words_at(x[at.X_ANSWERED], x[at.X_BLOCKS])
        number = load(asked, at.A_NUMBER)
        if number > answered[block] and asked[at.A_SLOT] == slot and asked[at.A_GENERATION] == generation:
            answered[block] = number
            return True
    return False


@kernel("void(int64[::1], int64)")
def _hear_no_more(x, refused):  # type: ignore[no-untyped-def]
    """Listen to a decoder no more: what it said was `refused` (1), or its process has ended (0)."""
    heard = words_at(x[at.X_HEARD], at.HEARD_WORDS)
    store(heard, at.H_REFUSED, heard[at.H_REFUSED] + refused)
    heard[at.H_ENDED] = 1


@kernel("boolean(int64[::1], int64, int64[::1])")
def _take_note(engine, context, record):  # type: ignore[no-untyped-def]
    """Give a decoded block to the voice that asked for it, or back to the pool; False if that voice has moved on."""
    slot, generation, block, status = record[1], record[2], record[3], record[4]
    own = own_at(engine, slot)
    current = own[at.R_GENERATION] == generation and own[at.R_PHASE] != at.PHASE_NONE
    current = current and voice_at(engine, slot)[at.V_CONTEXT] == context
    if current and status == 0 and own[at.R_PHASE] != at.PHASE_COMPLETE:
        if own[at.R_PHASE] == at.PHASE_WAITING:
            own[at.R_PHASE] = at.PHASE_BURST
        free_block(engine, slot)
        own[at.R_BLOCK] = block
    else:
        tell(engine, at.BLOCK_FREE, context, block, 0, 0, 0)
    return current


@kernel("void(int64[::1], int64, int64[::1])")
def _take_answer(engine, context, record):  # type: ignore[no-untyped-def]
    """Take in an answer that was asked for, and tell control of it; of chunks that a stream went on with, only of
    those that failed."""
    slot, generation, status = record[1], record[2], record[4]
    took = min(max(record[5], 0), LONGEST_DECODE_NS)
    goes_on = False
    if context_at(engine, context)[at.X_SOURCE] == at.SOURCE_NOTE:
        current = _take_note(engine, context, record)
    else:
        goes_on = record[6] == 1
        current = take_chunk(engine, context, record)
    if not current:
        store(engine, at.E_STALE, engine[at.E_STALE] + 1)
    if not goes_on:
        tell(engine, at.DECODE_SEEN, slot, generation, status, took, context)
    elif current and status != 0:
        tell(engine, at.CHUNK_FAILED, slot, generation, status, 0, 0)
    if current and own_at(engine, slot)[at.R_PHASE] == at.PHASE_WAITING:  # after control has heard why: then it
        _end_unheard(engine, slot)  # forgets the voice


@kernel("boolean(int64[::1])")
def _collect(engine):  # type: ignore[no-untyped-def]
    """Take in what the decoders finished, of each at most what it can have been asked; True if there was anything."""
    contexts = words_at(engine[at.E_CONTEXTS], at.CONTEXTS)
    record = words_at(engine[at.E_ANSWER], RECORD)
    any_ = False
    for index in range(at.CONTEXTS):
        address = contexts[index]
        if address == 0:
            continue
        x = context_at(engine, index)
        if words_at(x[at.X_HEARD], at.HEARD_WORDS)[at.H_ENDED] == 1:
            continue
        for _ in range(x[at.X_BLOCKS]):
            size = read(np.int32(x[at.X_PIPE]), engine[at.E_ANSWER], RECORD_BYTES)
            if size < 0:  # nothing more, for now
                break
            if size == 0:
                _hear_no_more(x, 0)
                break
            # the answer's voice was armed before it was asked for, so its record waits by now if it was not seen yet
            _obey(engine)
            if contexts[index] != address:  # dropped just now: its memory is control's again
                break
            if size != RECORD_BYTES or not _answers_a_request(engine, x, record):
                _hear_no_more(x, 1)
                break
            any_ = True
            _take_answer(engine, index, record)
    return any_


@kernel("boolean(int64[::1], int64, int64, int64)")
def _start(engine, slot, start, ahead):  # type: ignore[no-untyped-def]
    """Stage the record that lets the callback play a voice; False when the ring to it is full."""
    voice = voice_at(engine, slot)
    record = words_at(engine[at.E_RENDER_RECORD], RECORD)
    record[0] = at.START
    record[1] = slot
    record[2] = voice[at.V_GENERATION]
    record[3] = start
    if not stage(ring_at(engine[at.E_RENDER_AUDIO]), ahead, record):
        return False
    store(voice, at.V_STATE, at.READY)
    own = own_at(engine, slot)
    own[at.R_PHASE] = at.PHASE_STREAM
    if load(voice, at.V_END) >= 0:
        own[at.R_PHASE] = at.PHASE_COMPLETE
        free_block(engine, slot)
    return True


@kernel("boolean(int64[::1], int64)")
def _start_group(engine, group):  # type: ignore[no-untyped-def]
    """Start the ready voices of a bundle together: when all of them are ready, or when the wait is over.

    In no case before control has obeyed the whole bundle, with what it sets for its notes.
    """
    if load(engine, at.E_GROUP_COMPLETE) < group:
        return False
    slots = engine[at.E_SLOTS]
    now = load(engine, at.E_FRAME)
    ready = 0
    started = 0
    size = 0
    armed = now
    for slot in range(slots):
        own = own_at(engine, slot)
        if own[at.R_PHASE] == at.PHASE_NONE or own[at.R_GROUP] != group:
            continue
        size = voice_at(engine, slot)[at.V_GROUP_SIZE]
        armed = min(armed, own[at.R_ARM_FRAME])
        if own[at.R_PHASE] == at.PHASE_READY:
            ready += 1
        elif own[at.R_PHASE] >= at.PHASE_STREAM:
            started += 1
    unheard = words_at(engine[at.E_UNHEARD], at.GROUPS)
    begun = started > 0 or unheard[group % at.GROUPS] >= BEGUN  # those that began first may have ended by now
    overdue = now - armed > int(GROUP_WAIT_S * float(load(engine, at.E_RATE)))
    if ready == 0 or (ready + started + unheard[group % at.GROUPS] < size and not overdue):
        return False
    count = 0
    # a note whose bundle has begun without it is late: frame 0 is always in the past
    start = 0 if begun else -1
    for slot in range(slots):
        own = own_at(engine, slot)
        if own[at.R_PHASE] == at.PHASE_READY and own[at.R_GROUP] == group and _start(engine, slot, start, count):
            count += 1
    publish(ring_at(engine[at.E_RENDER_AUDIO]), count)
    if count > 0 and not begun:
        unheard[group % at.GROUPS] += BEGUN
    return count > 0


@kernel("int64(int64[::1], int64)")
def _attend(engine, slot):  # type: ignore[no-untyped-def]
    """Act on what control or the callback has changed in a voice, and say how urgently it needs samples.

    Returns how many samples it can do without more (-1: it needs none).
    """
    own = own_at(engine, slot)
    phase = own[at.R_PHASE]
    if phase == at.PHASE_NONE:
        return -1
    voice = voice_at(engine, slot)
    x = context_at(engine, voice[at.V_CONTEXT])
    level = voice[at.V_HEAD] - load(voice, at.V_TAIL)
    if own[at.R_WANTED] != 0:
        ask(engine, slot, x, own, level, step_at(engine, voice, voice[at.V_HEAD]))
    if phase < at.PHASE_STREAM:
        if load(voice, at.V_STOP) == at.STOP_FADE or voice[at.V_EPOCH] < load(engine, at.E_EPOCH):
            _end_unheard(engine, slot)
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
        return urgent(engine) if has_hop(engine, x, own, level) else -1
    if load(voice, at.V_STATE) == at.DONE:
        _idle(engine, slot)
        return -1
    if phase == at.PHASE_COMPLETE:
        return -1
    if level >= refill_at(engine, voice) or not has_hop(engine, x, own, level):
        return -1
    return level


@kernel("boolean(int64)")
def render_pass(address):  # type: ignore[no-untyped-def]
    """One bounded piece of the renderer's work; False when nothing is left to do for now."""
    engine = words_at(address, at.ENGINE_WORDS)
    began = render_ns(engine)
    store(engine, at.E_PASSES, engine[at.E_PASSES] + 1)
    worked = _obey(engine)
    worked = _collect(engine) or worked
    neediest = -1
    least = 1 << 62
    oldest = 1 << 62
    for slot in range(engine[at.E_SLOTS]):
        need = _attend(engine, slot)
        if need < 0:
            continue
        served = own_at(engine, slot)[at.R_SERVED]
        if need < least or (need == least and served < oldest):
            neediest = slot
            least = need
            oldest = served
    if neediest >= 0:
        calm = least >= urgent(engine)
        streaming = own_at(engine, neediest)[at.R_PHASE] == at.PHASE_STREAM
        serve(engine, neediest, REFILL_HOPS if calm and streaming else 1)
        worked = True
        store(engine, at.E_RENDER_NS, engine[at.E_RENDER_NS] + render_ns(engine) - began)
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
def _pass_events_on(address):  # type: ignore[no-untyped-def]
    """Wake control if events wait for it."""
    engine = words_at(address, at.ENGINE_WORDS)
    if pending(ring_at(engine[at.E_RENDER_CONTROL])) + pending(ring_at(engine[at.E_AUDIO_CONTROL])) > 0:
        wake_control(engine)


@kernel("int64(int64, int64)")
def _pass_midi_on(address, seen):  # type: ignore[no-untyped-def]
    """Wake control if MIDI has come since `seen` records, however much there is to render; how many there are now."""
    engine = words_at(address, at.ENGINE_WORDS)
    now = published(ring_at(engine[at.E_MIDI]))
    if now != seen:
        wake_control(engine)
    return now


@kernel("void(int64[::1])")
def _rest(engine):  # type: ignore[no-untyped-def]
    """Wait until control or the callback rings, a decoder answers, or IDLE_WAIT_MS have passed."""
    contexts = words_at(engine[at.E_CONTEXTS], at.CONTEXTS)
    waits = words_at(engine[at.E_WAITS], 1 + at.CONTEXTS)
    waits[0] = engine[at.E_RENDER_FD] | POLLIN << 32
    for index in range(at.CONTEXTS):
        waits[1 + index] = NOBODY
        if contexts[index] != 0:
            x = context_at(engine, index)
            if words_at(x[at.X_HEARD], at.HEARD_WORDS)[at.H_ENDED] == 0:
                waits[1 + index] = x[at.X_PIPE] | POLLIN << 32
    poll(engine[at.E_WAITS], np.uint64(1 + at.CONTEXTS), np.int32(IDLE_WAIT_MS))
    read(np.int32(engine[at.E_RENDER_FD]), engine[at.E_ANSWER], 8)  # silent again, however often it was rung


@kernel("void(int64)")
def render_loop(address):  # type: ignore[no-untyped-def]
    """Render until the engine stops: entered once by the render thread, without the GIL."""
    engine = words_at(address, at.ENGINE_WORDS)
    mode = get_float_mode()
    set_float_mode(mode | FLUSH_BITS)
    store(engine, at.E_ALIVE, 1)
    midi = 0
    while load(engine, at.E_RUN) == 1:
        passes = 0
        midi = _pass_midi_on(address, midi)
        while render_pass(address) and load(engine, at.E_RUN) == 1:
            midi = _pass_midi_on(address, midi)
            passes += 1
            if passes & 15 == 0:
                _pass_events_on(address)
        _pass_events_on(address)
        _rest(engine)
    store(engine, at.E_ALIVE, 0)
    set_float_mode(mode)


@kernel("void(int64)")
def wake(address):  # type: ignore[no-untyped-def]
    """Have the renderer look at its rings and words, for control."""
    wake_renderer(words_at(address, at.ENGINE_WORDS))
