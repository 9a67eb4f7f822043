"""Where a voice reads its note: on through it, round and round while it is held, and in its recorded end.

A note of a model that sustains is held by a walk: its read position goes to and fro in the model's region, turns at
random, and is reflected at the ends, so that nothing repeats and vibrato stays. At the end it jumps to the region's
last frame, behind which the recorded release lies; what differs fades out in each band, and the voice's release begins.

The walk's random numbers follow from the voice's generation, so that a rendering repeats bit by bit.
"""

from __future__ import annotations

import math

import numpy as np

from oscvae.realtime import layout as at
from oscvae.realtime.kernel import kernel
from oscvae.realtime.lookup import part_at
from oscvae.realtime.memory import bits_float, floats_at, load, store, words_at

TURN_LEAST_S, TURN_MOST_S = 0.15, 0.6  # between two turns of the walk
BLEND_S = 0.15  # over which the difference between where a note was held and its recorded end fades
_NEAR = 1e-6  # samples: nearer than this is no later, however it was rounded
# D. Knuth's linear congruential generator for MMIX
_FACTOR, _SUM = 6364136223846793005, 1442695040888963407


@kernel("int64(int64[::1])")
def _random(own):  # type: ignore[no-untyped-def]
    """The next random number of a voice, 31 bits."""
    if own[at.R_RANDOM] == 0:
        own[at.R_RANDOM] = own[at.R_GENERATION] * _FACTOR + _SUM
    own[at.R_RANDOM] = own[at.R_RANDOM] * _FACTOR + _SUM
    return (own[at.R_RANDOM] >> 32) & 0x7FFF_FFFF


@kernel("float64(int64[::1], int64[::1], float64, float64)")
def _walk(x, own, position, speed):  # type: ignore[no-untyped-def]
    """The next position of a walk at `speed` frames a hop."""
    first, last = float(x[at.X_HELD_FIRST]), float(x[at.X_HELD_LAST])
    if own[at.R_DIRECTION] == 0:  # it has just come in
        own[at.R_DIRECTION] = 1
        own[at.R_TURN] = x[at.X_TURN_LEAST] + _random(own) % x[at.X_TURN_CHOICE]
    if own[at.R_TURN] <= 0:
        own[at.R_DIRECTION] = 1 - 2 * (_random(own) & 1)
        own[at.R_TURN] = x[at.X_TURN_LEAST] + _random(own) % x[at.X_TURN_CHOICE]
    own[at.R_TURN] -= 1
    position += float(own[at.R_DIRECTION]) * speed
    if position > last:
        position = 2.0 * last - position
        own[at.R_DIRECTION] = -own[at.R_DIRECTION]
    elif position < first:
        position = 2.0 * first - position
        own[at.R_DIRECTION] = -own[at.R_DIRECTION]
    return min(max(position, first), last)


@kernel("float64(int64[::1], int64[::1], int64[::1], int64[::1], float64)")
def next_position(engine, x, voice, own, position):  # type: ignore[no-untyped-def]
    """Where a voice reads one hop after `position`, in frames; beyond the last frame it is over."""
    onset = float(x[at.X_ONSET_FRAME])
    if position < onset:
        return position + 1.0
    stretch = bits_float(voice[at.V_STRETCH])
    if own[at.R_ENDING] == 1:
        return position + 1.0 / stretch
    speed = bits_float(load(voice, at.V_RATE)) / stretch
    if load(part_at(engine, voice[at.V_PART]), at.P_FREEZE) == 1 or speed == 0.0:
        return position
    if voice[at.V_HOLD] == at.HOLD_WALK and position >= float(x[at.X_HELD_FIRST]):
        return _walk(x, own, position, speed)
    return max(position + speed, onset)


@kernel("boolean(int64[::1], float64)")
def _is_let_go(voice, heard):  # type: ignore[no-untyped-def]
    """Whether a voice is to end by its sample `heard`."""
    automatic = voice[at.V_STOP_SAMPLE]
    if automatic >= 0 and heard + _NEAR >= float(automatic):
        return True
    if load(voice, at.V_STOP) != at.STOP_RELEASE:
        return False
    frame = load(voice, at.V_STOP_FRAME)
    if frame == 0:
        return True
    begun = load(voice, at.V_ONSET_FRAME)
    if begun < 0:
        begun = voice[at.V_START_FRAME]
    return begun >= 0 and heard + _NEAR >= float(frame - begun)


@kernel("void(int64[::1], float32[::1], float64, float32[::1])")
def _read_row(x, block, position, row):  # type: ignore[no-untyped-def]
    """Log magnitudes [bands] at a fractional frame of a block [rows, bands]: linear in dB between two frames, and each
    of these between two rows."""
    bands, frames = x[at.X_BANDS], x[at.X_FRAMES]
    rows = words_at(x[at.X_FRAME_ROW], frames)
    weights = floats_at(x[at.X_FRAME_WEIGHT], frames)
    frame = min(int(position), frames - 1)
    blend = np.float32(position - float(frame))
    base, weight = rows[frame] * bands, weights[frame]
    above = base + bands if weight > np.float32(0.0) else base  # the last row has none after it
    if frame + 1 >= frames or blend == np.float32(0.0):
        for b in range(bands):
            row[b] = block[base + b] + weight * (block[above + b] - block[base + b])
        return
    then, then_weight = rows[frame + 1] * bands, weights[frame + 1]
    then_above = then + bands if then_weight > np.float32(0.0) else then
    for b in range(bands):
        value = block[base + b] + weight * (block[above + b] - block[base + b])
        following = block[then + b] + then_weight * (block[then_above + b] - block[then + b])
        row[b] = value + blend * (following - value)


@kernel("void(int64[::1], float32[::1], float64, float32[::1])")
def _add_texture(x, block, position, row):  # type: ignore[no-untyped-def]
    """Add to log magnitudes [bands] what the texture of a block does at a fractional frame.

    It has a row for each frame of the region; before that and behind it lies its mirror image, which fades out.
    """
    first, last = float(x[at.X_HELD_FIRST]), float(x[at.X_HELD_LAST])
    outside = max(first - position, position - last, 0.0)
    share = np.float32(1.0 - outside / float(x[at.X_BLEND]))
    if share <= np.float32(0.0):
        return
    place = first + outside if position < first else last - outside if position > last else position
    place = min(max(place, first), last) - first
    bands = x[at.X_BANDS]
    frame = int(place)
    blend = np.float32(place - float(frame))
    base = (x[at.X_TEXTURE] + frame) * bands
    then = base + bands if blend > np.float32(0.0) else base  # the last row has none after it
    for b in range(bands):
        value = block[base + b] + blend * (block[then + b] - block[base + b])
        if row[b] > np.float32(-1.0):
            row[b] = min(max(row[b] + share * value, np.float32(-1.0)), np.float32(1.0))


@kernel("float64(int64[::1], int64[::1], int64[::1], float32[::1], float32[::1], float64, float64, float32[::1])")
def read(x, voice, own, block, difference, position, heard, row):  # type: ignore[no-untyped-def]
    """Log magnitudes [bands] of a voice's next frame; returns where in the note they were read.

    A voice that is held ends here if it is to end by its sample `heard`, at which this frame begins.
    """
    last = float(x[at.X_HELD_LAST])
    hold = voice[at.V_HOLD]
    if hold != at.HOLD_NONE and own[at.R_ENDING] == 0 and position >= float(x[at.X_ONSET_FRAME]):
        passed = hold == at.HOLD_PASS and position >= last
        if passed or _is_let_go(voice, heard):
            own[at.R_ENDING] = 1
            own[at.R_BLEND] = x[at.X_BLEND]
            _read_row(x, block, position, difference)
            if x[at.X_TEXTURE] > 0:
                _add_texture(x, block, position, difference)
            if not passed:
                position = last
            _read_row(x, block, position, row)
            for b in range(row.size):
                difference[b] -= row[b]
            store(voice, at.V_RELEASE_AT, max(0, math.floor(heard + 0.5)))
    _read_row(x, block, position, row)
    if x[at.X_TEXTURE] > 0 and own[at.R_ENDING] == 0:
        _add_texture(x, block, position, row)
    if own[at.R_ENDING] == 1 and own[at.R_BLEND] > 0:
        share = np.float32(float(own[at.R_BLEND]) / float(x[at.X_BLEND]))
        own[at.R_BLEND] -= 1
        for b in range(row.size):
            row[b] = min(max(row[b] + share * difference[b], np.float32(-1.0)), np.float32(1.0))
    return position
