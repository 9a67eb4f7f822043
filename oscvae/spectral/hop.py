"""One hop of one voice: a frame is read, spread over bins, given phases, resampled and written to the voice's ring."""

from __future__ import annotations

import math

import numpy as np

from oscvae.realtime import layout as at
from oscvae.realtime.kernel import kernel
from oscvae.realtime.lookup import part_at, voice_at
from oscvae.realtime.memory import bits_float, floats_at, load, store, words_at
from oscvae.spectral.expand import expand
from oscvae.spectral.phase import push as push_frame
from oscvae.spectral.reading import next_position, read
from oscvae.spectral.resample import half_width, resample
from oscvae.spectral.slots import context_at, own_at, own_floats_at, tell
from oscvae.spectral.stream import append_samples, ask, has_hop, read_frame

BURST_S = 0.005  # what must be in the ring before a voice may start
STREAM_SHARE = 2  # the part of a note's that a stream is rendered ahead: its chunks wait besides, and a move behind all
REFILL_HOPS = 2  # a sounding voice is rendered this many hops at a time: its state is in the cache then
STEP_LOW, STEP_HIGH = 1.0 / 16.0, 16.0  # of the resampler
GLIDE_SAMPLES = 32  # of one step of a glide, counted from the voice's first sample: where a hop ends is not heard
STEPS_PER_SAMPLE = 4294967296.0  # a step is a multiple of 2^-32, so that read positions add up without rounding


@kernel("void(int64[::1], int64)")
def free_block(engine, slot):  # type: ignore[no-untyped-def]
    """Give the voice's magnitudes, if it has any, back to control; the chunks of a stream stay its slot's."""
    own = own_at(engine, slot)
    context = voice_at(engine, slot)[at.V_CONTEXT]
    if own[at.R_BLOCK] >= 0 and context_at(engine, context)[at.X_SOURCE] == at.SOURCE_NOTE:
        tell(engine, at.BLOCK_FREE, context, own[at.R_BLOCK], 0, 0, 0)
    own[at.R_BLOCK] = own[at.R_NEXT] = -1
    own[at.R_WANTED] = 0


@kernel("float64(int64[::1], int64)")
def _glide(voice, sample):  # type: ignore[no-untyped-def]
    """Ratio of the pitch that a voice's glide has come to at its `sample` to its own: even steps in semitones."""
    length = voice[at.V_GLIDE]
    if sample >= length:
        return 1.0
    left = 1.0 - float(sample - sample % GLIDE_SAMPLES) / float(length)
    return math.exp(left * bits_float(voice[at.V_GLIDE_FROM]))


@kernel("float64(int64[::1], int64[::1], int64)")
def step_at(engine, voice, sample):  # type: ignore[no-untyped-def]
    """Model samples per output sample of a voice at its `sample`, now: rates, microtone, glide and bends together.

    Rounded by 10^-5 cents at most, so that a position is exact however often the history was moved on the way to it:
    rounding would make the sound depend on how far ahead of the callback it was rendered (in its last bit, measured).
    """
    x = context_at(engine, voice[at.V_CONTEXT])
    if voice[at.V_LIVE] == 1:  # at another it would run away from the input
        return min(max(bits_float(x[at.X_STEP]), STEP_LOW), STEP_HIGH)
    step = bits_float(x[at.X_STEP]) * bits_float(voice[at.V_PITCH])
    step *= (
        bits_float(load(voice, at.V_BEND))
        * bits_float(load(part_at(engine, voice[at.V_PART]), at.P_BEND))
        * _glide(voice, sample)
    )
    step = math.floor(step * STEPS_PER_SAMPLE + 0.5) / STEPS_PER_SAMPLE
    return min(max(step, STEP_LOW), STEP_HIGH)


@kernel("int64(int64[::1], int64[::1])")
def target(engine, voice):  # type: ignore[no-untyped-def]
    """Samples to which a sounding voice's ring is filled."""
    x = context_at(engine, voice[at.V_CONTEXT])
    hop = int(float(x[at.X_HOP]) / bits_float(x[at.X_STEP]))
    ahead = load(engine, at.E_BUFFER)
    if voice[at.V_LIVE] == 1:
        ahead = load(engine, at.E_PERIOD) - hop  # what is left of it and two chunks are a period, until the input comes
    elif x[at.X_SOURCE] != at.SOURCE_NOTE:
        ahead //= STREAM_SHARE
    want = load(engine, at.E_PERIOD) + max(hop, ahead)
    return min(want, at.RING_SAMPLES - 2 * at.CHUNK)


@kernel("int64(int64[::1], int64[::1])")
def refill_at(engine, voice):  # type: ignore[no-untyped-def]
    """Samples in a sounding voice's ring below which it is filled up again, several hops at a time."""
    x = context_at(engine, voice[at.V_CONTEXT])
    hop = int(float(x[at.X_HOP]) / bits_float(x[at.X_STEP]))
    full = target(engine, voice)
    if voice[at.V_LIVE] == 1 and load(engine, at.E_PERIOD) > at.CHUNKS * hop:  # its frames come several at a time
        return full
    return max(full // 2, full - REFILL_HOPS * hop, load(engine, at.E_PERIOD))  # never less than the callback takes


@kernel("float64(int64[::1], int64, int64[::1], float64[::1])")
def heard_at(engine, slot, own, floats):  # type: ignore[no-untyped-def]
    """The sample of a voice, at its present speed, at which the next frame begins."""
    voice = voice_at(engine, slot)
    x = context_at(engine, voice[at.V_CONTEXT])
    begin = own[at.R_PUSHES] * x[at.X_HOP] - own[at.R_SKIP]
    appended = max(0, begin - (x[at.X_LOOK_AHEAD] + 1) * x[at.X_HOP])  # the sample that the history gets next
    ahead = float(own[at.R_FILLED] + begin - appended) - floats[at.RF_INPUT]
    return float(voice[at.V_HEAD]) + ahead / step_at(engine, voice, voice[at.V_HEAD])


@kernel("void(int64[::1], int64, int64[::1], float32[::1])")
def _append(x, slot, own, out):  # type: ignore[no-untyped-def]
    """Append a hop to the resampler's history, less the silent lead; the cut is faded in."""
    hop, fade, skip = x[at.X_HOP], x[at.X_FADE], own[at.R_SKIP]
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
    voice = voice_at(engine, slot)
    own = own_at(engine, slot)
    floats = own_floats_at(engine, slot)
    x = context_at(engine, voice[at.V_CONTEXT])
    if x[at.X_SOURCE] == at.SOURCE_SAMPLES:
        append_samples(x, slot, own)
        store(engine, at.E_HOPS, engine[at.E_HOPS] + 1)
        return
    bands, hop, n_fft = x[at.X_BANDS], x[at.X_HOP], x[at.X_N_FFT]
    size = bands * x[at.X_ROWS]
    bins = floats_at(x[at.X_BINS], n_fft // 2 + 1)
    out = floats_at(x[at.X_OUT], hop)
    position = floats[at.RF_POSITION]
    if own[at.R_LAST] < 0:
        row = floats_at(x[at.X_ROW], bands)
        difference = floats_at(x[at.X_DIFFERENCE] + slot * x[at.X_DIFFERENCE_SIZE] * 4, bands)
        if x[at.X_SOURCE] == at.SOURCE_FRAMES:
            read_frame(engine, x, slot, own, difference, row)
        else:
            block = floats_at(x[at.X_POOL] + own[at.R_BLOCK] * size * 4, size)
            position = read(x, voice, own, block, difference, position, heard_at(engine, slot, own, floats), row)
            floats[at.RF_POSITION] = next_position(engine, x, voice, own, position)
            if floats[at.RF_POSITION] > float(x[at.X_FRAMES] - 1):
                own[at.R_LAST] = own[at.R_PUSHES] + 1 + n_fft // hop + x[at.X_LOOK_AHEAD]
        expand(
            words_at(x[at.X_EXPAND_PARAMS], x[at.X_EXPAND_PARAMS_SIZE]),
            floats_at(x[at.X_EXPAND_TABLES], x[at.X_EXPAND_TABLES_SIZE]),
            floats_at(engine[at.E_SCRATCH], engine[at.E_SCRATCH_SIZE]),
            row,
            bins,
        )
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
    voice = voice_at(engine, slot)
    own = own_at(engine, slot)
    floats = own_floats_at(engine, slot)
    x = context_at(engine, voice[at.V_CONTEXT])
    head = voice[at.V_HEAD]
    level = head - load(voice, at.V_TAIL)
    history = floats_at(x[at.X_HISTORY] + slot * x[at.X_HISTORY_SIZE] * 4, x[at.X_HISTORY_SIZE])
    table = floats_at(engine[at.E_SINC], engine[at.E_SINC_SIZE])
    finished = own[at.R_LAST] >= 0 and own[at.R_PUSHES] >= own[at.R_LAST]
    filled = own[at.R_FILLED]
    if finished and own[at.R_PHASE] != at.PHASE_COMPLETE and own[at.R_CLOSED] == 0:
        # silence after the last sample, for the resampler's right half
        for i in range(half_width(STEP_HIGH)):
            history[filled + i] = np.float32(0.0)
        own[at.R_CLOSED] = 1
    position = floats[at.RF_INPUT]
    wanted = target(engine, voice) - level
    complete = False
    while wanted > 0:
        place = head & (at.RING_SAMPLES - 1)
        count = min(wanted, at.RING_SAMPLES - place)
        if head < voice[at.V_GLIDE]:
            count = min(count, GLIDE_SAMPLES - head % GLIDE_SAMPLES)
        step = step_at(engine, voice, head)
        limit = float(filled) if finished else float(filled - half_width(step))
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
            free_block(engine, slot)
    store(voice, at.V_HEAD, head)
    # move what is still needed to the front once the next hop would not fit
    keep = half_width(STEP_HIGH)
    base = int(position) - keep
    if not finished and base > 0 and filled + x[at.X_HOP] + keep > x[at.X_HISTORY_SIZE]:
        for i in range(filled - base):
            history[i] = history[base + i]
        own[at.R_FILLED] = filled - base
        floats[at.RF_INPUT] = position - float(base)
    return head - load(voice, at.V_TAIL)


@kernel("void(int64[::1], int64, int64)")
def serve(engine, slot, hops):  # type: ignore[no-untyped-def]
    """Give a voice at most `hops` hops of rendering."""
    own = own_at(engine, slot)
    voice = voice_at(engine, slot)
    x = context_at(engine, voice[at.V_CONTEXT])
    own[at.R_SERVED] = engine[at.E_PASSES]
    level = _drain(engine, slot)
    for _ in range(hops):
        if level >= target(engine, voice) or (own[at.R_LAST] >= 0 and own[at.R_PUSHES] >= own[at.R_LAST]):
            break
        if not has_hop(engine, x, own, level):
            break
        _render_frame(engine, slot)
        level = _drain(engine, slot)
    if own[at.R_WANTED] != 0:
        ask(engine, slot, x, own, level, step_at(engine, voice, voice[at.V_HEAD]))
    if own[at.R_PHASE] == at.PHASE_BURST:
        need = max(int(BURST_S * float(load(engine, at.E_RATE))), load(engine, at.E_PERIOD))
        if level >= need or load(voice, at.V_END) >= 0:
            own[at.R_PHASE] = at.PHASE_READY
