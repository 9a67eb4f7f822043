"""Streaming phase reconstruction: magnitude frames in, one hop of sound out per frame.

RTISI-LA (Zhu, Beauregard, Wyse 2007) keeps the last `look_ahead` + 1 frames revisable: each push gives the newest one
a first phase (see `gradient`) and then runs Griffin-Lim steps (Griffin, Lim 1984) with momentum (Perraudin, Balazs,
Sondergaard 2013) over all of them, oldest first, in place. Two things differ from the literature: a frame under
revision is normalised by the sum of the windows that are really there, and the magnitudes of one more frame are
known ahead, which the phase gradient of the first guess needs.

Everything that a voice remembers is one flat float32 array `state`, what a reconstruction of one size needs is
`params` (int64) and `tables` (float32), and what one render thread needs is `scratch`. All four start on a cache line.
"""

from __future__ import annotations

import numpy as np

from oscvae.realtime.kernel import kernel
from oscvae.spectral import fftw
from oscvae.spectral.elementary import FAST, fast_log
from oscvae.spectral.fftw import execute_c2r, execute_r2c
from oscvae.spectral.gradient import first_phase
from oscvae.spectral.views import Float32s, Int64s, address, aligned_floats, padded, part
from oscvae.stft import hann

MIN_N_FFT = 256
MAX_N_FFT = 8192
MAX_LOOK_AHEAD = 3
MAX_ITERATIONS = 16
OVERLAPS = (2, 4, 8)

# Momentum per look-ahead, tuned on plucked strings; the 0.99 of batch Griffin-Lim loses several dB here.
MOMENTUM = (0.3, 0.5, 0.6, 0.6)
# The sum of windows under which a frame is normalised falls to zero at its end: floored at this share of the full sum.
PARTIAL_SUM_FLOOR = 0.02
# The time-frequency ratio of a Gaussian whose main lobe is the Hann window's, over n_fft^2 (Prusa, Sondergaard 2016).
GAUSSIAN = 0.235

_f = np.float32
_SILENCE = _f(1e-10)  # keeps the logarithm of a zero magnitude finite
_LOG_SILENCE = _f(np.log(1e-10))
_TINY = _f(1e-30)  # keeps the direction of a zero spectrum finite

# params
_N, _HOP, _LOOK_AHEAD, _ITERATIONS, _FORWARD, _INVERSE = range(6)
_PARAMS = 8

# state: the header holds small whole numbers
_NEWEST, _ROW, _RINGING = range(3)
_TOP = 16  # highest non-zero bin + 1 of each magnitude row
_PEAK = 24  # largest magnitude of each magnitude row
_HEADER = 32
_LOG_ROWS = 3

# tables: see PhaseTables
_SCALARS = 16


def state_floats(n_fft: int, hop: int, look_ahead: int) -> int:
    """How many float32 one voice's state takes."""
    bins = padded(n_fft // 2 + 1)
    slots = look_ahead + 1
    signal = padded(n_fft + look_ahead * hop)
    return _HEADER + signal + (slots + 2) * bins + _LOG_ROWS * bins + slots * (2 * bins + n_fft) + 2 * bins


def scratch_floats(n_fft: int) -> int:
    """How many float32 of scratch `push` needs; shared by all voices of a render thread."""
    bins = padded(n_fft // 2 + 1)
    return n_fft + 4 * bins + 8 * bins


class PhaseTables:
    """The constants of one reconstruction, built once outside the hop clock and shared by its voices.

    n_fft: a power of two, 256 to 8192. hop: n_fft / 2, / 4 or / 8. look_ahead: 0 to 3 frames beside the one whose
    magnitudes alone are known. iterations: 0 to 16 per push. Raises ValueError for anything else.
    """

    def __init__(
        self, n_fft: int, hop: int, look_ahead: int = 1, iterations: int = 2, momentum: float | None = None
    ) -> None:
        if not MIN_N_FFT <= n_fft <= MAX_N_FFT or n_fft & (n_fft - 1):
            raise ValueError(f"n_fft is {n_fft}: it must be a power of two from {MIN_N_FFT} to {MAX_N_FFT}")
        if hop not in {n_fft // overlap for overlap in OVERLAPS}:
            raise ValueError(f"hop is {hop}: for n_fft {n_fft} it must be one of {[n_fft // o for o in OVERLAPS]}")
        if not 0 <= look_ahead <= MAX_LOOK_AHEAD:
            raise ValueError(f"look_ahead is {look_ahead}: it must be 0 to {MAX_LOOK_AHEAD} frames")
        if not 0 <= iterations <= MAX_ITERATIONS:
            raise ValueError(f"iterations is {iterations}: it must be 0 to {MAX_ITERATIONS}")
        self.n_fft, self.hop, self.look_ahead, self.iterations = n_fft, hop, look_ahead, iterations
        self.bins = n_fft // 2 + 1
        self.delay_frames = look_ahead + 1
        self.tail_frames = n_fft // hop + look_ahead + 1
        self.state_floats = state_floats(n_fft, hop, look_ahead)
        self.scratch_floats = scratch_floats(n_fft)
        self.params: Int64s = np.zeros(_PARAMS, np.int64)
        self.params[: _INVERSE + 1] = (n_fft, hop, look_ahead, iterations, *fftw.plans(n_fft))
        self.tables = self._tables(MOMENTUM[look_ahead] if momentum is None else momentum)

    def _tables(self, momentum: float) -> Float32s:
        n, hop, slots = self.n_fft, self.hop, self.look_ahead + 1
        window = hann(n).astype(np.float64)
        bins = padded(self.bins)
        tables = aligned_floats(_SCALARS + 2 * n + slots * n + hop + bins)
        gaussian = GAUSSIAN * n * n
        # in turns: the phase step in time per log ratio, in frequency per log ratio, and its bound of 0.8 rad
        tables[:4] = (
            momentum,
            hop * n / (4.0 * gaussian) / (2.0 * np.pi),
            -gaussian / (4.0 * hop * n) / (2.0 * np.pi),
            0.8 / (2.0 * np.pi),
        )
        square = window * window
        full = square.reshape(-1, hop).sum(axis=0)
        average = square.sum() / hop
        vectors = [window / n, window / np.tile(full, n // hop)]
        newest = self.look_ahead * hop
        total = np.zeros(newest + n)
        for left in range(newest, -n, -hop):  # the newest frame and all that came before it
            total[max(left, 0) : left + n] += square[max(-left, 0) :]
        partial = np.maximum(total, PARTIAL_SUM_FLOOR * average)
        vectors += [window / partial[slot * hop : slot * hop + n] for slot in range(slots)]
        vectors.append(1.0 / full)
        vectors.append((np.arange(self.bins) * hop % n) / n)
        position = _SCALARS
        for vector in vectors:
            tables[position : position + vector.size] = vector
            position += padded(vector.size)
        return tables

    def new_state(self) -> Float32s:
        """The state of a voice that has not begun."""
        state = aligned_floats(self.state_floats)
        reset(self.params, state)
        return state

    def new_scratch(self) -> Float32s:
        """Scratch for one render thread."""
        return aligned_floats(self.scratch_floats)


@kernel("void(int64[::1], float32[::1])")
def reset(params, state):  # type: ignore[no-untyped-def]
    """Begin a voice: silence before the first frame."""
    n = params[_N]
    bins = (n // 2 + 1 + 15) // 16 * 16
    slots = params[_LOOK_AHEAD] + 1
    signal = (n + params[_LOOK_AHEAD] * params[_HOP] + 15) // 16 * 16
    for i in range(state.size):
        state[i] = _f(0.0)
    logs = part(state, _HEADER + signal + (slots + 2) * bins, _LOG_ROWS * bins)
    for i in range(logs.size):
        logs[i] = _LOG_SILENCE


@kernel("void(float32[::1], float32[::1], int64, float32[::1], int64, int64)", fastmath=FAST)
def _take_in(mags, row, bins, logs, top, row_index):  # type: ignore[no-untyped-def]
    for m in range(bins):
        row[m] = mags[m]
        logs[m] = fast_log(mags[m] + _SILENCE)


@kernel("float32(float32[::1], int64)")
def _largest(row, bins):  # type: ignore[no-untyped-def]
    peak = _f(0.0)
    for m in range(bins):
        peak = max(peak, row[m])
    return peak


@kernel("int64(float32[::1], int64)")
def _highest(row, bins):  # type: ignore[no-untyped-def]
    top = bins
    while top > 0 and row[top - 1] == _f(0.0):
        top -= 1
    return top


@kernel("void(float32[::1], float32[::1], float32[::1], int64)", fastmath=FAST)
def _multiply(out, a, b, n):  # type: ignore[no-untyped-def]
    for i in range(n):
        out[i] = a[i] * b[i]


@kernel("void(float32[::1], float32[::1], float32[::1], float32[::1], int64)", fastmath=FAST)
def _replace(signal, held, window, y, n):  # type: ignore[no-untyped-def]
    """Take the frame `held` out of the overlap-add `signal`, put window * y in, and hold that."""
    for i in range(n):
        v = window[i] * y[i]
        signal[i] += v - held[i]
        held[i] = v


@kernel("void(float32[::1], float32[::1], float32[::1], int64, int64)", fastmath=FAST)
def _project(C, X, S, top, bins):  # type: ignore[no-untyped-def]
    """C = S X / |X|, the first guess; (-1)^m S where X is nothing."""
    for m in range(top):
        re, im = X[2 * m], X[2 * m + 1]
        power = re * re + im * im
        scale = S[m] / np.sqrt(power + _TINY)
        silent = power < _TINY
        sign = S[m] if m & 1 == 0 else -S[m]
        C[2 * m] = sign if silent else scale * re
        C[2 * m + 1] = _f(0.0) if silent else scale * im
    for m in range(2 * top, 2 * bins):
        C[m] = _f(0.0)


@kernel("void(float32[::1], float32[::1], float32[::1], float32[::1], float32, int64, int64)", fastmath=FAST)
def _project_with_momentum(C, X, P, S, momentum, top, bins):  # type: ignore[no-untyped-def]
    """D = X + momentum (X - P), P = X, C = S D / |D|."""
    for m in range(top):
        re, im = X[2 * m], X[2 * m + 1]
        dre = re + momentum * (re - P[2 * m])
        dim = im + momentum * (im - P[2 * m + 1])
        P[2 * m] = re
        P[2 * m + 1] = im
        scale = S[m] / np.sqrt(dre * dre + dim * dim + _TINY)
        C[2 * m] = scale * dre
        C[2 * m + 1] = scale * dim
    for m in range(2 * top, 2 * bins):
        C[m] = _f(0.0)


@kernel("void(float32[::1], float32[::1], int64)")
def _copy(out, a, n):  # type: ignore[no-untyped-def]
    for i in range(n):
        out[i] = a[i]


@kernel("void(float32[::1], float32, int64)")
def _fill(out, value, n):  # type: ignore[no-untyped-def]
    for i in range(n):
        out[i] = value


@kernel("void(int64[::1], float32[::1], float32[::1], float32[::1], float32[::1], float32[::1])", fastmath=FAST)
def push(params, tables, state, scratch, magnitudes, out):  # type: ignore[no-untyped-def]
    """Take in the magnitudes [n_fft / 2 + 1] of the next frame and give the next `hop` samples.

    The samples are those from the left edge of frame t - (look_ahead + 1), where t is the frame just pushed.
    """
    n, hop, look_ahead = params[_N], params[_HOP], params[_LOOK_AHEAD]
    bins = n // 2 + 1
    wide = (bins + 15) // 16 * 16
    slots = look_ahead + 1
    rows = slots + 2
    length = n + look_ahead * hop

    signal = part(state, _HEADER, length)
    base_rows = _HEADER + (length + 15) // 16 * 16
    base_logs = base_rows + rows * wide
    base_before = base_logs + _LOG_ROWS * wide
    base_held = base_before + slots * 2 * wide
    carrier = part(state, base_held + slots * n, 2 * wide)

    window_out = part(tables, _SCALARS, n)
    window_first = part(tables, _SCALARS + n, n)
    base_windows = _SCALARS + 2 * n
    inverse_sum = part(tables, base_windows + slots * n, hop)
    advance = part(tables, base_windows + slots * n + hop, bins)

    y = part(scratch, 0, n)
    X = part(scratch, n, 2 * wide)
    C = part(scratch, n + 2 * wide, 2 * wide)
    work = part(scratch, n + 4 * wide, 8 * wide)

    # 1. shift by one hop; the pending frame enters the newest slot, these magnitudes become pending
    for left in range(0, length - hop, hop):
        _copy(part(signal, left, hop), part(signal, left + hop, hop), hop)
    _fill(part(signal, length - hop, hop), _f(0.0), hop)
    newest = (np.int64(state[_NEWEST]) + 1) % slots
    row = (np.int64(state[_ROW]) + 1) % (rows * _LOG_ROWS)
    state[_NEWEST] = _f(newest)
    state[_ROW] = _f(row)
    next_row = row % rows
    this_row = (row + rows - 1) % rows
    last_row = (row + rows - 2) % rows
    l2 = part(state, base_logs + row % _LOG_ROWS * wide, bins)
    l1 = part(state, base_logs + (row + 2) % _LOG_ROWS * wide, bins)
    l0 = part(state, base_logs + (row + 1) % _LOG_ROWS * wide, bins)

    top = _highest(magnitudes, bins)
    pending = part(state, base_rows + next_row * wide, bins)
    if top > 0:
        _take_in(magnitudes, pending, bins, l2, top, next_row)
    else:
        _fill(pending, _f(0.0), bins)
        _fill(l2, _LOG_SILENCE, bins)
    state[_TOP + next_row] = _f(top)
    state[_PEAK + next_row] = _largest(magnitudes, top)

    top = np.int64(state[_TOP + this_row])
    ringing = np.int64(state[_RINGING])
    if top > 0:
        ringing = n // hop + look_ahead
    elif ringing > 0:
        ringing -= 1
    state[_RINGING] = _f(ringing)
    if ringing == 0:
        _fill(out, _f(0.0), hop)
        _fill(part(state, base_held + newest * n, n), _f(0.0), n)
        return

    # 3. and 4. the first phase
    S = part(state, base_rows + this_row * wide, bins)
    held = part(state, base_held + newest * n, n)
    before = part(state, base_before + newest * 2 * wide, 2 * wide)
    _fill(held, _f(0.0), n)
    if top > 0:
        segment = part(signal, look_ahead * hop, n)
        _multiply(y, segment, window_first, n)
        execute_r2c(params[_FORWARD], address(y), address(X))
        _project(C, X, S, top, bins)
        first_phase(
            tables,
            advance,
            part(state, base_rows + last_row * wide, bins),
            S,
            max(state[_PEAK + this_row], state[_PEAK + last_row]),
            l0,
            l1,
            l2,
            carrier,
            C,
            work,
        )
        _copy(before, C, 2 * bins)
        _copy(carrier, C, 2 * bins)
        execute_c2r(params[_INVERSE], address(C), address(y))
        _replace(segment, held, window_out, y, n)

    # 5. Griffin-Lim over the revisable frames, the oldest first
    for iteration in range(params[_ITERATIONS]):
        for j in range(slots):
            slot = (newest + 1 + j) % slots
            slot_row = (this_row + rows - (look_ahead - j)) % rows
            top = np.int64(state[_TOP + slot_row])
            if top > 0:
                segment = part(signal, j * hop, n)
                _multiply(y, segment, part(tables, base_windows + j * n, n), n)
                execute_r2c(params[_FORWARD], address(y), address(X))
                _project_with_momentum(
                    C,
                    X,
                    part(state, base_before + slot * 2 * wide, 2 * wide),
                    part(state, base_rows + slot_row * wide, bins),
                    tables[0],
                    top,
                    bins,
                )
                if j == look_ahead and iteration == params[_ITERATIONS] - 1:
                    _copy(carrier, C, 2 * bins)
                execute_c2r(params[_INVERSE], address(C), address(y))
                _replace(segment, part(state, base_held + slot * n, n), window_out, y, n)

    # 6. the oldest hop is final
    _multiply(out, signal, inverse_sum, hop)
