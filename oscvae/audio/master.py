"""What the whole mix goes through: gain, balance, the closing fade, the limiter, meters, recording, monitoring.

The limiter looks at no sample ahead: it attacks at once, recovers with a time constant of 50 ms, and its gain is
exactly 1 while nothing has reached the ceiling, so that what stays below it passes unchanged.
"""

from __future__ import annotations

import math

import numpy as np

from oscvae.audio.voice import GAIN_SETTLE_S, SETTLED
from oscvae.realtime import layout as at
from oscvae.realtime.kernel import kernel
from oscvae.realtime.memory import bits_float, float_bits, floats_at, load, store
from oscvae.units import db_to_gain

CEILING = db_to_gain(-0.3)
"""The largest sample that leaves: what turns samples into a wave again, a converter or a lossy codec, overshoots them,
and would clip that at full scale."""
LIMIT_RELEASE_S = 0.050
CLOSE_FADE_S = 0.050
METER_DECAY_S = 0.300
_CEILING_32 = np.float32(CEILING)
_ABSURD = 1e6  # times full scale: 120 dB over what any mix of voices can reach


@kernel("void(int64[::1], int64, int64, float32[::1], float32[::1])")
def master(engine, count, closing, left, right):  # type: ignore[no-untyped-def]
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
    for i in range(count):
        if gain_left != target_left or gain_right != target_right:
            gain_left += (target_left - gain_left) * settle
            gain_right += (target_right - gain_right) * settle
            if abs(gain_left - target_left) < SETTLED and abs(gain_right - target_right) < SETTLED:
                gain_left = target_left
                gain_right = target_right
        out_left = float(left[i]) * gain_left
        out_right = float(right[i]) * gain_right
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
    store(engine, at.E_MASTER_LEFT, float_bits(gain_left))
    store(engine, at.E_MASTER_RIGHT, float_bits(gain_right))
    store(engine, at.E_LIMIT, float_bits(limit))
    store(engine, at.E_CLOSE_GAIN, float_bits(close))
    store(engine, at.E_LEVEL_LEFT, float_bits(meter_left))
    store(engine, at.E_LEVEL_RIGHT, float_bits(meter_right))
    if close <= 0.0:
        store(engine, at.E_SILENT, 1)


@kernel("void(int64[::1], int64, float32[::1], float32[::1])")
def record(engine, count, left, right):  # type: ignore[no-untyped-def]
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


@kernel("void(int64[::1], int64, float32[::1], float32[::1])")
def monitor(engine, count, left, right):  # type: ignore[no-untyped-def]
    """Copy the output to the monitor's ring, over what is oldest there."""
    head = engine[at.E_MONITOR_HEAD]
    buffer = floats_at(engine[at.E_MONITOR], at.MONITOR_FRAMES * 2)
    for i in range(count):
        place = ((head + i) & (at.MONITOR_FRAMES - 1)) * 2
        buffer[place] = left[i]
        buffer[place + 1] = right[i]
    store(engine, at.E_MONITOR_HEAD, head + count)
