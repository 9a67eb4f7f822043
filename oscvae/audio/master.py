"""What the mix goes through: gain and balance of each part; closing fade, limiter and meters of each pair of outputs;
recording and monitoring of the first pair.

The limiter looks at no sample ahead: it attacks at once, recovers with a time constant of 50 ms, and its gain is
exactly 1 while nothing has reached the ceiling, so that what stays below it passes unchanged.
"""

from __future__ import annotations

import math

import numpy as np

from oscvae.audio.voice import GAIN_SETTLE_S, SETTLED
from oscvae.realtime import layout as at
from oscvae.realtime.kernel import kernel
from oscvae.realtime.lookup import part_at
from oscvae.realtime.memory import bits_float, doubles_at, float_bits, floats_at, load, store, words_at
from oscvae.units import db_to_gain

CEILING = db_to_gain(-0.3)
"""The largest sample that leaves: what turns samples into a wave again, a converter or a lossy codec, overshoots them,
and would clip that at full scale."""
LIMIT_RELEASE_S = 0.050
CLOSE_FADE_S = 0.050
METER_DECAY_S = 0.300
_CEILING_32 = np.float32(CEILING)
_INAUDIBLE = 1e-4  # gain of a part on its way to other outputs
_ABSURD = 1e6  # times full scale: 120 dB over what any mix of voices can reach


@kernel("void(int64[::1], int64[::1], float64)")
def _go_to_its_pair(engine, part, level):  # type: ignore[no-untyped-def]
    """Have a part go to the outputs that it is to have, once nothing is heard of it; level: the louder of its gains."""
    wanted = load(part, at.P_PAIR)
    if wanted != part[at.P_AT] and (part[at.P_HEARD] == 0 or level < _INAUDIBLE):
        store(part, at.P_AT, wanted)


@kernel("boolean(int64[::1], int64[::1], int64, float32[::1], float32[::1], float64[::1], float64[::1], boolean)")
def _add_part(engine, part, count, left, right, sum_left, sum_right, first):  # type: ignore[no-untyped-def]
    """Add the bus of a part to the sum of its pair, through its gain and balance; first: it begins the sum.

    True if it did: a bus without voices adds nothing, and only its gains move on.
    """
    heard = part[at.P_HEARD] == 1
    gain = bits_float(load(part, at.P_GAIN)) if load(part, at.P_PAIR) == part[at.P_AT] else 0.0
    pan = bits_float(load(part, at.P_PAN))
    target_left = gain * min(1.0, 1.0 - pan)
    target_right = gain * min(1.0, 1.0 + pan)
    gain_left = bits_float(part[at.P_LEFT])
    gain_right = bits_float(part[at.P_RIGHT])
    if gain_left < 0.0:
        gain_left = target_left
        gain_right = target_right
    if heard or gain_left != target_left or gain_right != target_right:
        settle = 1.0 / (GAIN_SETTLE_S * float(load(engine, at.E_RATE)))
        for i in range(count):
            if gain_left != target_left or gain_right != target_right:
                gain_left += (target_left - gain_left) * settle
                gain_right += (target_right - gain_right) * settle
                if abs(gain_left - target_left) < SETTLED and abs(gain_right - target_right) < SETTLED:
                    gain_left = target_left
                    gain_right = target_right
            if heard:
                add_left = float(left[i]) * gain_left
                add_right = float(right[i]) * gain_right
                sum_left[i] = add_left if first else sum_left[i] + add_left
                sum_right[i] = add_right if first else sum_right[i] + add_right
    store(part, at.P_LEFT, float_bits(gain_left))
    store(part, at.P_RIGHT, float_bits(gain_right))
    return heard


@kernel("float64(int64[::1], int64[::1], int64, int64, float64[::1], float64[::1], float32[::1], float32[::1])")
def _limit(engine, pair, count, closing, sum_left, sum_right, left, right):  # type: ignore[no-untyped-def]
    """The closing fade, the limiter and the meters of one pair of outputs; returns where the fade has come to."""
    rate = float(load(engine, at.E_RATE))
    limit = bits_float(pair[at.Q_LIMIT])
    recover = 1.0 / (LIMIT_RELEASE_S * rate)
    close = bits_float(engine[at.E_CLOSE_GAIN])
    close_step = 1.0 / (CLOSE_FADE_S * rate)
    decay = math.exp(-float(count) / (METER_DECAY_S * rate))
    meter_left = bits_float(pair[at.Q_LEFT]) * decay
    meter_right = bits_float(pair[at.Q_RIGHT]) * decay
    for i in range(count):
        out_left = sum_left[i]
        out_right = sum_right[i]
        if closing == 1:
            close = max(0.0, close - close_step)
            out_left *= close
            out_right *= close
        peak = max(abs(out_left), abs(out_right))
        # not a number, or beyond: never let it reach a loudspeaker or stay in the meters
        if not abs(out_left) + abs(out_right) < _ABSURD:
            out_left = out_right = peak = 0.0
        if peak * limit > CEILING:
            limit = CEILING / peak
        elif limit < 1.0:
            limit += (1.0 - limit) * recover
            if limit > 0.999999:
                limit = 1.0
            limit = min(limit, CEILING / peak) if peak > CEILING else limit
        l32 = min(max(np.float32(out_left * limit), -_CEILING_32), _CEILING_32)
        r32 = min(max(np.float32(out_right * limit), -_CEILING_32), _CEILING_32)
        left[i] = l32
        right[i] = r32
        meter_left = max(meter_left, abs(float(l32)))
        meter_right = max(meter_right, abs(float(r32)))
    store(pair, at.Q_LIMIT, float_bits(limit))
    store(pair, at.Q_LEFT, float_bits(meter_left))
    store(pair, at.Q_RIGHT, float_bits(meter_right))
    return close


@kernel("float64(int64[::1], int64, int64, int64, float32[::1], float32[::1])")
def master(engine, index, count, closing, left, right):  # type: ignore[no-untyped-def]
    """One pair of outputs, counted from 0, from the buses of the parts that go there; returns the closing fade."""
    sum_left = doubles_at(engine[at.E_SUM], at.CHUNK)
    sum_right = doubles_at(engine[at.E_SUM] + at.CHUNK * 8, at.CHUNK)
    first = True
    for k in range(at.PARTS):
        part = part_at(engine, k)
        if part[at.P_AT] == index:
            bus = engine[at.E_MIX] + k * 2 * at.CHUNK * 4
            bus_left, bus_right = floats_at(bus, at.CHUNK), floats_at(bus + at.CHUNK * 4, at.CHUNK)
            if _add_part(engine, part, count, bus_left, bus_right, sum_left, sum_right, first):
                first = False
    if first:
        for i in range(count):
            sum_left[i] = 0.0
            sum_right[i] = 0.0
    pair = words_at(engine[at.E_PAIRS] + index * at.PAIR_WORDS * 8, at.PAIR_WORDS)
    return _limit(engine, pair, count, closing, sum_left, sum_right, left, right)


@kernel("void(int64[::1])")
def send_parts(engine):  # type: ignore[no-untyped-def]
    """Send each part to the outputs that it is to have, before a chunk is mixed."""
    for k in range(at.PARTS):
        part = part_at(engine, k)
        _go_to_its_pair(engine, part, max(bits_float(part[at.P_LEFT]), bits_float(part[at.P_RIGHT])))


@kernel("void(int64[::1], int64, float32[::1], float32[::1])")
def record(engine, count, left, right):  # type: ignore[no-untyped-def]
    """Copy the first two outputs to the recording buffer; what finds no room is counted as lost."""
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


@kernel("void(int64[::1], int64, float32[::1], float32[::1])")
def monitor(engine, count, left, right):  # type: ignore[no-untyped-def]
    """Copy the first two outputs to the monitor's ring, over what is oldest there."""
    head = engine[at.E_MONITOR_HEAD]
    buffer = floats_at(engine[at.E_MONITOR], at.MONITOR_FRAMES * 2)
    for i in range(count):
        place = ((head + i) & (at.MONITOR_FRAMES - 1)) * 2
        buffer[place] = left[i]
        buffer[place + 1] = right[i]
    store(engine, at.E_MONITOR_HEAD, head + count)
