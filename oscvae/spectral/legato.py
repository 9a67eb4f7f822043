"""Where a voice begins that goes on in the note of another: at the place which that one has come to, so that a legato
is heard from its key on, and not after all that is rendered ahead.

The other is rendered ahead of what is heard. So the place is counted back from the frame that it reads next, by the
samples until that frame is heard, at its present speed.
"""

from __future__ import annotations

from oscvae.realtime import layout as at
from oscvae.realtime.kernel import kernel
from oscvae.realtime.lookup import part_at, voice_at
from oscvae.realtime.memory import bits_float, load
from oscvae.spectral.hop import heard_at, step_at
from oscvae.spectral.slots import context_at, own_at, own_floats_at


@kernel("float64(int64[::1], int64[::1], int64[::1], int64[::1], float64)")
def _speed(engine, x, voice, own, position):  # type: ignore[no-untyped-def]
    """Frames a hop at which a voice reads, now."""
    if position <= float(x[at.X_ONSET_FRAME]):
        return 1.0
    if load(part_at(engine, voice[at.V_PART]), at.P_FREEZE) == 1:
        return 0.0
    speed = bits_float(load(voice, at.V_RATE)) / bits_float(voice[at.V_STRETCH])
    return speed * float(own[at.R_DIRECTION]) if own[at.R_DIRECTION] != 0 else speed


@kernel("void(int64[::1], int64)")
def go_on(engine, slot):  # type: ignore[no-untyped-def]
    """Have a voice that was just armed begin where the one is that it takes over from; if that sounds no more, at the
    beginning.

    It reads as many frames before its first sample as a whole window has, and these are not heard.
    """
    voice = voice_at(engine, slot)
    other = voice[at.V_TAKES] - 1
    if other < 0:
        return
    taken, its, its_floats = voice_at(engine, other), own_at(engine, other), own_floats_at(engine, other)
    if its[at.R_GENERATION] != voice[at.V_TAKEN] or its[at.R_PHASE] < at.PHASE_STREAM:
        return
    begun = load(taken, at.V_ONSET_FRAME)
    if begun < 0:
        return
    own, floats = own_at(engine, slot), own_floats_at(engine, slot)
    x = context_at(engine, voice[at.V_CONTEXT])
    start = voice[at.V_START_FRAME]
    sample = float(load(taken, at.V_TAIL) if start < 0 else start - begun)
    place = its_floats[at.RF_POSITION]
    speed = _speed(engine, x, taken, its, place)
    ahead = (heard_at(engine, other, its, its_floats) - sample) * step_at(engine, taken, taken[at.V_HEAD])
    frames = -(-max(x[at.X_N_FFT], x[at.X_SKIP]) // x[at.X_HOP])
    first = place - speed * (ahead / float(x[at.X_HOP]) + float(frames))
    own[at.R_SKIP] = frames * x[at.X_HOP]
    floats[at.RF_POSITION] = min(max(first, 0.0), float(x[at.X_FRAMES] - 1))
    for word in (at.R_RANDOM, at.R_TURN, at.R_DIRECTION):
        own[word] = its[word]
