"""One voice into the mix: its ring, attack, release, stealing fade, gain, pan, and what an underrun sounds like.

No envelope depends on where the chunk borders fall: each is a running product or sum per sample, or a line over the
samples heard. What control changes in a voice that sounds is seen at the next border, and none of it makes a step:

- gain and pan glide there;
- an attack that is changed while it lasts goes on from its present value at the new slope, which is no steeper than the
  fade of a stolen voice; once it is over a change does nothing, and before the first sample it is the attack;
- a release that is changed while it lasts goes on from its present value at the new rate.

A voice that takes over from another begins the other's fade at its own first sample, to the frame; where it goes on in
the middle of the note it enters as fast, and its attack is where the other's was.
"""

from __future__ import annotations

import numpy as np

from oscvae.realtime import layout as at
from oscvae.realtime.kernel import kernel
from oscvae.realtime.lookup import part_at, voice_at
from oscvae.realtime.memory import bits_float, doubles_at, float_bits, floats_at, load, store, words_at

STEAL_FADE_S = 0.005
HAND_OVER_S = 0.010  # of two voices that are one note to the ear, at unrelated phases
RELEASE_FLOOR = 1e-3  # -60 dB: where the exponential release is brought to zero
GAIN_SETTLE_S = 0.005  # time constant of gain and pan changes: shorter clicks, longer drags behind a fader
STARVED_DECAY = np.float32(0.96)  # per sample: an underrun sinks by 40 dB in 2.4 ms
STARVED_RETURN = np.float32(1.0 / 128.0)  # per sample: what comes back fades in over 128
SETTLED = 1e-7  # gains nearer than this are there


@kernel("float64(int64[::1], float64[::1], int64)")
def _attack_at(voice, private, frame):  # type: ignore[no-untyped-def]
    """How far the attack of a voice has come by that frame, 0 to 1."""
    ramp = private[at.C_RAMP]
    if load(voice, at.V_TAIL) == 0:  # nothing was heard yet
        ramp = float(load(voice, at.V_ATTACK))
    if ramp <= 0.0:
        return 1.0
    age = float(max(0, frame - voice[at.V_ONSET_FRAME])) - private[at.C_RAMP_AGE]
    return min(1.0, private[at.C_RAMP_FROM] + max(0.0, age) / ramp)


@kernel("void(int64[::1], int64[::1], float64[::1], int64)")
def _take_over(engine, voice, private, start):  # type: ignore[no-untyped-def]
    """Have the voice fade from `start` on that this one takes over from, if it sounds."""
    slot = voice[at.V_TAKES] - 1
    other = voice_at(engine, slot)
    state = load(other, at.V_STATE)
    if not at.PLAYING <= state <= at.RELEASING or other[at.V_GENERATION] != voice[at.V_TAKEN]:
        return
    its = doubles_at(engine[at.E_CALLBACK] + slot * at.CALLBACK_FLOATS * 8, at.CALLBACK_FLOATS)
    rate = float(load(engine, at.E_RATE))
    its[at.C_TAKEN] = float(start + 1)
    its[at.C_CROSS] = STEAL_FADE_S * rate
    if voice[at.V_MOVED] == 1:
        its[at.C_CROSS] = HAND_OVER_S * rate
        private[at.C_ENTRY] = 0.0
        private[at.C_RAMP_FROM] = _attack_at(other, its, start)


@kernel("void(int64[::1], int64, int64[::1], float64[::1])")
def _be_taken(engine, slot, voice, private):  # type: ignore[no-untyped-def]
    """Fade where another begins that takes over from this voice, and was ready before it."""
    active = words_at(engine[at.E_ACTIVE], engine[at.E_SLOTS] + 1)
    for k in range(active[0]):
        other = voice_at(engine, active[1 + k])
        if other[at.V_TAKES] == slot + 1 and other[at.V_TAKEN] == voice[at.V_GENERATION]:
            private[at.C_TAKEN] = float(other[at.V_ONSET_FRAME] + 1)
            private[at.C_CROSS] = STEAL_FADE_S * float(load(engine, at.E_RATE))


@kernel("void(int64[::1], int64, int64)")
def begin_voice(engine, slot, start):  # type: ignore[no-untyped-def]
    """Take up a voice whose first sample is due at frame `start`."""
    voice = voice_at(engine, slot)
    private = doubles_at(engine[at.E_CALLBACK] + slot * at.CALLBACK_FLOATS * 8, at.CALLBACK_FLOATS)
    for i in range(at.CALLBACK_FLOATS):
        private[i] = 0.0
    private[at.C_RELEASE] = 1.0
    private[at.C_FADE] = 1.0
    private[at.C_RETURN] = 1.0
    private[at.C_LEFT] = -1.0  # not set yet: the first chunk starts at its target
    private[at.C_ENTRY] = 1.0
    if voice[at.V_TAKES] > 0:
        _take_over(engine, voice, private, start)
    _be_taken(engine, slot, voice, private)
    store(voice, at.V_LEVEL, float_bits(0.0))
    store(voice, at.V_ONSET_FRAME, start)
    store(voice, at.V_STATE, at.PLAYING)


@kernel("void(int64[::1], float64[::1], int64, float64)")
def _follow_attack(voice, private, age, shortest):  # type: ignore[no-untyped-def]
    """Obey V_ATTACK before the attack is over; `age` samples of the voice are heard.

    shortest: samples of the steepest slope that a change on the way may have.
    """
    attack = float(load(voice, at.V_ATTACK))
    if age == 0:  # nothing was heard yet
        private[at.C_RAMP] = attack
    elif attack != private[at.C_ATTACK]:
        private[at.C_RAMP_FROM] += (float(age) - private[at.C_RAMP_AGE]) / private[at.C_RAMP]
        private[at.C_RAMP_AGE] = float(age)
        private[at.C_RAMP] = max(attack, shortest)
    private[at.C_ATTACK] = attack


@kernel("float32(float32[::1], int64, int64, int64, float64, float64, float32[::1], float32[::1])")
def _add_steady(ring, age, first, count, gain_left, gain_right, left, right):  # type: ignore[no-untyped-def]
    """Add to [first, count) of a chunk a voice in which nothing changes, from its sample `age` on; returns its peak.

    The same samples as in `mix_voice`, in less than half of the time: nearly all chunks of a voice are such.
    """
    peak = np.float32(0.0)
    for i in range(first, count):
        sample = ring[(age + i - first) & (at.RING_SAMPLES - 1)]
        left[i] += np.float32(float(sample) * gain_left)
        right[i] += np.float32(float(sample) * gain_right)
        peak = max(peak, abs(sample))
    return peak


@kernel("boolean(int64[::1], int64, int64, int64, float32[::1], float32[::1])")
def mix_voice(engine, slot, frame, count, left, right):  # type: ignore[no-untyped-def]
    """Add one voice to a chunk of `count` samples that begins at `frame`; True when the voice is over."""
    voice = voice_at(engine, slot)
    private = doubles_at(engine[at.E_CALLBACK] + slot * at.CALLBACK_FLOATS * 8, at.CALLBACK_FLOATS)
    ring = floats_at(engine[at.E_RINGS] + slot * at.RING_SAMPLES * 4, at.RING_SAMPLES)
    rate = float(load(engine, at.E_RATE))
    onset = voice[at.V_ONSET_FRAME]
    stop = load(voice, at.V_STOP)
    first = max(0, onset - frame)
    if first >= count:
        return stop == at.STOP_FADE  # stolen before it was heard
    age = voice[at.V_TAIL]
    if onset < frame and age == 0 and private[at.C_STARVED] == 0.0:  # the server jumped over its onset: at once, then
        onset = frame
        store(voice, at.V_ONSET_FRAME, onset)
        store(engine, at.E_LATE, engine[at.E_LATE] + 1)
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
    elif voice[at.V_HOLD] != at.HOLD_NONE:  # its release begins with its recorded end, which the renderer knows
        ending = load(voice, at.V_RELEASE_AT)
        if ending >= 0:
            release_at = min(count, max(first, first + ending - age))
    else:
        if stop == at.STOP_RELEASE:
            release_at = min(release_at, max(first, load(voice, at.V_STOP_FRAME) - frame))
        automatic = voice[at.V_STOP_SAMPLE]
        if automatic >= 0:
            release_at = min(release_at, max(first, onset + automatic - frame))
    release = private[at.C_RELEASE]
    factor = bits_float(load(voice, at.V_RELEASE))
    if factor <= 0.0:
        factor = bits_float(load(part_at(engine, voice[at.V_PART]), at.P_RELEASE))
    fade = private[at.C_FADE]
    fade_at = count  # the sample of this chunk from which it fades
    fade_step = 0.0
    if stop == at.STOP_FADE:
        fade_at = first
        fade_step = 1.0 / (STEAL_FADE_S * rate)
    elif private[at.C_TAKEN] > 0.0:
        fade_at = min(count, max(first, int(private[at.C_TAKEN]) - 1 - frame))
        fade_step = 1.0 / private[at.C_CROSS]
    entry = private[at.C_ENTRY]
    entry_step = 1.0 / (HAND_OVER_S * rate)
    if age == 0 or private[at.C_RAMP] > 0.0:
        _follow_attack(voice, private, age, STEAL_FADE_S * rate)
    ramp = private[at.C_RAMP]
    ramp_from = private[at.C_RAMP_FROM]
    ramp_age = int(private[at.C_RAMP_AGE])
    held = np.float32(private[at.C_HELD])
    tail = np.float32(private[at.C_TAIL])
    back = np.float32(private[at.C_RETURN])
    starved = private[at.C_STARVED] > 0.0
    peak = np.float32(0.0)
    over = False

    # nothing of the envelope moves, and the samples are there and go on to the end of the chunk
    steady = ramp == 0.0 and release_at == count and fade_at == count and not starved and back == np.float32(1.0)
    steady = steady and entry == 1.0 and gain_left == target_left and gain_right == target_right
    if steady and age + count - first <= head and (end < 0 or age + count - first <= end):
        peak = _add_steady(ring, age, first, count, gain_left, gain_right, left, right)
        age += count - first
        held = ring[(age - 1) & mask]
        first = count
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
                sample = sample * back + tail * (np.float32(1.0) - back)
                tail = tail * STARVED_DECAY
                back = min(np.float32(1.0), back + STARVED_RETURN)
            held = sample
            age += 1
        else:
            if not starved:
                starved = True
                tail = held
                store(engine, at.E_UNDERRUNS, engine[at.E_UNDERRUNS] + 1)
            tail = tail * STARVED_DECAY
            sample = tail
        envelope = 1.0
        if ramp > 0.0:
            envelope = min(1.0, ramp_from + float(age - ramp_age) / ramp)
        if i >= release_at:
            release = release * factor
            if release <= RELEASE_FLOOR:
                over = True
                break
            envelope *= (release - RELEASE_FLOOR) / (1.0 - RELEASE_FLOOR)
        if entry < 1.0:
            entry = min(1.0, entry + entry_step)
            envelope *= entry
        if i >= fade_at:
            fade = fade - fade_step
            if fade <= 0.0:
                over = True
                break
            envelope *= fade
        if gain_left != target_left or gain_right != target_right:
            gain_left += (target_left - gain_left) * settle
            gain_right += (target_right - gain_right) * settle
            if abs(gain_left - target_left) < SETTLED and abs(gain_right - target_right) < SETTLED:
                gain_left = target_left
                gain_right = target_right
        shaped = float(sample) * envelope
        left[i] += np.float32(shaped * gain_left)
        right[i] += np.float32(shaped * gain_right)
        peak = max(peak, np.float32(abs(shaped)))

    if release_at < count and private[at.C_RELEASING] == 0.0:
        private[at.C_RELEASING] = 1.0
        store(voice, at.V_STATE, at.RELEASING)
    if ramp > 0.0 and ramp_from + float(age - ramp_age) / ramp >= 1.0:
        private[at.C_RAMP] = 0.0
    private[at.C_RELEASE] = release
    private[at.C_FADE] = fade
    private[at.C_ENTRY] = entry
    private[at.C_LEFT] = gain_left
    private[at.C_RIGHT] = gain_right
    private[at.C_HELD] = held
    private[at.C_TAIL] = tail
    private[at.C_RETURN] = back
    private[at.C_STARVED] = 1.0 if starved else 0.0
    store(voice, at.V_TAIL, age)
    store(voice, at.V_LEVEL, float_bits(float(peak) * max(target_left, target_right)))
    return over
