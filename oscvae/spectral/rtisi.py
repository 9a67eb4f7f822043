"""Streaming phase reconstruction: magnitude frames in, one hop of sound out per frame.

RTISI-LA (Zhu, Beauregard, Wyse 2007) keeps the last `look_ahead` + 1 frames revisable: each push gives the newest one
a first phase (see `gradient`) and then runs Griffin-Lim steps (Griffin, Lim 1984) with momentum (Perraudin, Balazs,
Sondergaard 2013) over all of them, oldest first, in place. Three things differ from the literature: a frame under
revision is normalised by the sum of the windows that are really there; the magnitudes of one more frame are known
ahead, which the phase gradient of the first guess needs; and the steps go on until the frames hardly change or hardly
come nearer to their magnitudes, so that most of the work goes where most of the error of a plucked note is, into its
onset and into low notes.

Everything that a voice remembers is one flat float32 array `state`; what a reconstruction of one size needs is
`params` (int64) and `tables` (float32), see `phase`; what one render thread needs is `scratch`, whose content
never matters. All of them start on a cache line.
"""

from __future__ import annotations

import numpy as np

from oscvae.realtime.kernel import kernel
from oscvae.spectral.elementary import fast_turn
from oscvae.spectral.fftw import execute
from oscvae.spectral.gradient import ROWS, first_phase
from oscvae.spectral.lanes import LANES, interleave, larger, largest, put, spread, take
from oscvae.spectral.packed import carry_on, clear, copy, exchange, pack, revise, scale, unpack, window
from oscvae.spectral.views import address, part

# params
N_FFT, HOP, LOOK_AHEAD, ITERATIONS, MOST_ITERATIONS, FORWARD, BACKWARD = range(7)
PARAMS = 8

# tables: constants, then vectors; signals as even and odd halves
PER_TIME, PER_FREQUENCY, MOST, MOMENTUM, SETTLED, FUTILE = range(6)
CONSTANTS = 16

# state: the header holds small whole numbers, and the largest magnitude of each row
_NEWEST, _ROW, _RINGING, _LOUDEST = range(4)
_PEAKS = 16
_HEADER = 32

PATIENCE = 4  # iterations before more may be called futile: the first ones only start the momentum

_FLOAT = 4
_f = np.float32
_HALF = _f(0.5)


def state_floats(n_fft: int, hop: int, look_ahead: int) -> int:
    """How many float32 one voice's state takes."""
    half = n_fft // 2
    apart = half + LANES
    slots = look_ahead + 1
    signal = n_fft + look_ahead * hop
    return _HEADER + signal + (slots + 2) * apart + slots * (2 * apart + n_fft) + 2 * apart


def scratch_floats(n_fft: int) -> int:
    """How many float32 of scratch `push` needs; shared by all voices of a render thread."""
    return (6 + ROWS) * (n_fft // 2 + LANES)


@kernel("void(int64[::1], float32[::1])")
def reset(params, state):  # type: ignore[no-untyped-def]
    """Begin a voice: silence before the first frame."""
    clear(state, state.size)


@kernel("float32(float32[::1], float32[::1], int64)")
def _take_in(row, mags, half):  # type: ignore[no-untyped-def]
    """Copy the magnitudes [half + 1]; returns the largest."""
    top = spread(mags[half])
    for m in range(0, half, LANES):
        value = take(mags, m)
        put(row, m, value)
        top = larger(top, value)
    row[half] = mags[half]
    return largest(top)


@kernel("void(float32[::1], float32[::1], int64, int64)")
def _impulse(C, S, hop, bins):  # type: ignore[no-untyped-def]
    """The phases of an impulse in the middle of the window's newest hop: before it was silence."""
    apart = C.size // 2
    twice = 4 * (bins - 1)
    for m in range(bins):
        cosine, sine = fast_turn(_f(m * hop % twice) / _f(twice))
        C[m] = S[m] * cosine
        C[apart + m] = S[m] * sine


@kernel("void(float32[::1], float32[::1], float32[::1], int64, int64)")
def _emit(out, signal, inverse_sum, hop, odd):  # type: ignore[no-untyped-def]
    """The first hop of the overlap-add, normalised."""
    half = hop // 2
    for i in range(0, half, LANES):
        interleave(
            out,
            2 * i,
            take(signal, i) * take(inverse_sum, i),
            take(signal, odd + i) * take(inverse_sum, half + i),
        )


@kernel("void(int64[::1], float32[::1], float32[::1], float32[::1], float32[::1], float32[::1])")
def push(params, tables, state, scratch, magnitudes, out):  # type: ignore[no-untyped-def]
    """Take in the magnitudes [n_fft / 2 + 1] of the next frame and give the next `hop` samples.

    The samples are those from the left edge of frame t - (look_ahead + 1), where t is the frame just pushed.
    """
    n, hop, look_ahead = params[N_FFT], params[HOP], params[LOOK_AHEAD]
    half = n // 2
    bins = half + 1
    apart = half + LANES
    slots = look_ahead + 1
    rows = slots + 2
    odd = (n + look_ahead * hop) // 2  # where the odd samples of the overlap-add begin

    signal = part(state, _HEADER, 2 * odd)
    at_rows = _HEADER + 2 * odd
    at_before = at_rows + rows * apart
    at_held = at_before + slots * 2 * apart
    carrier = part(state, at_held + slots * n, 2 * apart)

    twiddle = part(tables, CONSTANTS, 2 * apart)
    advance = part(tables, CONSTANTS + 2 * apart, apart)
    turn = part(tables, CONSTANTS + 3 * apart, 2 * apart)
    at_weights = CONSTANTS + 5 * apart
    weight_out = part(tables, at_weights, n)
    at_partial = at_weights + n
    inverse_sum = part(tables, at_partial + slots * n, hop)

    A = part(scratch, 0, 2 * apart)
    B = part(scratch, 2 * apart, 2 * apart)
    C = part(scratch, 4 * apart, 2 * apart)
    work = part(scratch, 6 * apart, ROWS * apart)
    A_re, A_im = address(A), address(A) + apart * _FLOAT
    B_re, B_im = address(B), address(B) + apart * _FLOAT

    # shift by one hop; the pending frame enters the newest slot, these magnitudes become pending
    copy(signal, part(signal, hop // 2, odd), odd - hop // 2)
    clear(part(signal, odd - hop // 2, hop), hop // 2)
    copy(part(signal, odd, odd), part(signal, odd + hop // 2, odd), odd - hop // 2)
    clear(part(signal, 2 * odd - hop // 2, hop), hop // 2)
    newest = (np.int64(state[_NEWEST]) + 1) % slots
    next_row = (np.int64(state[_ROW]) + 1) % rows
    state[_NEWEST] = _f(newest)
    state[_ROW] = _f(next_row)
    this_row = (next_row + rows - 1) % rows
    last_row = (next_row + rows - 2) % rows
    S2 = part(state, at_rows + next_row * apart, apart)
    S1 = part(state, at_rows + this_row * apart, apart)
    S0 = part(state, at_rows + last_row * apart, apart)
    state[_PEAKS + next_row] = _take_in(S2, magnitudes, half)
    peak, last_peak = state[_PEAKS + this_row], state[_PEAKS + last_row]

    held = part(state, at_held + newest * n, n)
    clear(held, n)
    if peak > _f(0.0):
        state[_RINGING] = _f(n // hop + look_ahead)
    elif state[_RINGING] > _f(0.0):
        state[_RINGING] -= _f(1.0)
    if state[_RINGING] == _f(0.0):
        clear(out, hop)
        return

    # the first phase of the newest frame
    if peak > _f(0.0):
        newest_signal = part(signal, look_ahead * hop // 2, 2 * odd)
        if last_peak == _f(0.0):
            _impulse(C, S1, hop, bins)
        else:
            carry_on(C, carrier, turn, S1, bins, apart)
            first_phase(tables, advance, S0, S1, S2, max(peak, last_peak), carrier, C, work, bins, apart)
        pack(A, C, twiddle, half, apart)
        before = part(state, at_before + newest * 2 * apart, 2 * apart)
        scale(before, A, _HALF, 2 * apart)
        execute(params[BACKWARD], A_im, A_re, B_im, B_re)
        exchange(newest_signal, held, B, weight_out, half, apart, odd)

    # Griffin-Lim over the revisable frames, until they have settled or cannot be made to agree
    last_missed = _f(0.0)
    for iteration in range(params[MOST_ITERATIONS]):
        moved, energy, missed = _f(0.0), _f(0.0), _f(0.0)
        for j in range(slots):
            slot = (newest + 1 + j) % slots
            row = (this_row + rows - (look_ahead - j)) % rows
            if state[_PEAKS + row] == _f(0.0):
                continue
            segment = part(signal, j * hop // 2, 2 * odd)
            weight = part(tables, at_partial + j * n, n)
            window(A, segment, weight, half, apart, odd)
            execute(params[FORWARD], A_re, A_im, B_re, B_im)
            before = part(state, at_before + slot * 2 * apart, 2 * apart)
            S = part(state, at_rows + row * apart, apart)
            missed += revise(A, B, before, S, twiddle, tables[MOMENTUM], half, apart)
            execute(params[BACKWARD], A_im, A_re, B_im, B_re)
            held = part(state, at_held + slot * n, n)
            frame_moved, frame_energy = exchange(segment, held, B, weight_out, half, apart, odd)
            moved += frame_moved
            energy += frame_energy
        state[_LOUDEST] = max(state[_LOUDEST], energy)
        settled = moved <= tables[SETTLED] * state[_LOUDEST]
        futile = iteration + 1 >= PATIENCE and missed > tables[FUTILE] * last_missed
        if iteration + 1 >= params[ITERATIONS] and (settled or futile):
            break
        last_missed = missed
    # the newest frame was the last to be transformed: its phase is where the next one starts
    if peak > _f(0.0):
        unpack(carrier, A, twiddle, half, apart)

    _emit(out, signal, inverse_sum, hop, odd)
