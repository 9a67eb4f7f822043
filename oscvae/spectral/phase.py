"""The constants of one phase reconstruction: windows, normalisations, twiddles, transform plans."""

from __future__ import annotations

import numpy as np

from oscvae.arrays import Float32s, Float64s, Int64s
from oscvae.sound.stft import hann
from oscvae.spectral import fftw, rtisi
from oscvae.spectral.lanes import LANES
from oscvae.spectral.rtisi import push, reset, scratch_floats, state_floats
from oscvae.spectral.views import aligned_floats

__all__ = ["PhaseTables", "push", "reset", "scratch_floats", "state_floats"]

MIN_N_FFT = 256
MAX_N_FFT = 8192
MAX_LOOK_AHEAD = 3
MAX_ITERATIONS = 16
OVERLAPS = (2, 4, 8)

# Momentum per look-ahead, tuned on plucked strings; the 0.99 of batch Griffin-Lim loses several dB here.
MOMENTUM = (0.3, 0.7, 0.7, 0.7)
# As many iterations per push while the frames have not settled and the iterations are not futile.
MOST_ITERATIONS = 16
# Settled: the last iteration changed the frames by this share of the energy of the voice's loudest ones (-47 dB).
SETTLED = 2e-5
# Futile: the last iteration left this share of what the magnitudes miss. A decoder's frames contradict each other.
FUTILE = 0.98
# The sum of windows under which a frame is normalised falls to zero at its end: floored at this share of the full sum.
PARTIAL_SUM_FLOOR = 0.01
# The time-frequency ratio of a Gaussian whose main lobe is the Hann window's, over n_fft^2 (Prusa, Sondergaard 2016).
GAUSSIAN = 0.235
# The steepest phase step between bins that is believed, in rad.
MOST_RAD = 0.6


class PhaseTables:
    """The constants of one reconstruction, built once outside the hop clock and shared by its voices.

    n_fft: a power of two, 256 to 8192. hop: n_fft / 2, / 4 or / 8. look_ahead: 0 to 3 frames beside the one whose
    magnitudes alone are known. iterations: 0 to 16 per push. most_iterations: as many while they still help (by default
    16; `iterations` where there are none, or nothing is looked ahead).
    Raises ValueError for anything else.
    """

    def __init__(
        self,
        n_fft: int,
        hop: int,
        look_ahead: int = 1,
        iterations: int = 2,
        most_iterations: int | None = None,
        momentum: float | None = None,
    ) -> None:
        if not MIN_N_FFT <= n_fft <= MAX_N_FFT or n_fft & (n_fft - 1):
            raise ValueError(f"n_fft is {n_fft}: it must be a power of two from {MIN_N_FFT} to {MAX_N_FFT}")
        if hop not in {n_fft // overlap for overlap in OVERLAPS}:
            raise ValueError(f"hop is {hop}: for n_fft {n_fft} it must be one of {[n_fft // o for o in OVERLAPS]}")
        if not 0 <= look_ahead <= MAX_LOOK_AHEAD:
            raise ValueError(f"look_ahead is {look_ahead}: it must be 0 to {MAX_LOOK_AHEAD} frames")
        if not 0 <= iterations <= MAX_ITERATIONS:
            raise ValueError(f"iterations is {iterations}: it must be 0 to {MAX_ITERATIONS}")
        if most_iterations is None:
            most_iterations = MOST_ITERATIONS if iterations > 0 and look_ahead > 0 else iterations
        if not iterations <= most_iterations <= MAX_ITERATIONS:
            raise ValueError(f"most_iterations is {most_iterations}: it must be {iterations} to {MAX_ITERATIONS}")
        self.n_fft, self.hop, self.look_ahead = n_fft, hop, look_ahead
        self.iterations, self.most_iterations = iterations, most_iterations
        self.bins = n_fft // 2 + 1
        self.delay_frames = look_ahead + 1
        self.tail_frames = n_fft // hop + look_ahead + 1
        self.state_floats = state_floats(n_fft, hop, look_ahead)
        self.scratch_floats = scratch_floats(n_fft)
        self.params: Int64s = np.zeros(rtisi.PARAMS, np.int64)
        forward, backward = fftw.plans(n_fft // 2, n_fft // 2 + LANES)
        self.params[: rtisi.BACKWARD + 1] = (n_fft, hop, look_ahead, iterations, most_iterations, forward, backward)
        self.tables = self._tables(MOMENTUM[look_ahead] if momentum is None else momentum)

    def _tables(self, momentum: float) -> Float32s:
        n, hop, slots = self.n_fft, self.hop, self.look_ahead + 1
        apart = n // 2 + LANES
        window = hann(n).astype(np.float64)
        gaussian = GAUSSIAN * n * n
        turn = 2.0 * np.pi
        constants = np.zeros(rtisi.CONSTANTS)
        constants[rtisi.PER_TIME] = 0.5 * hop / n  # the mean of two frames
        constants[rtisi.PER_FREQUENCY] = -gaussian / (4.0 * hop * n) / turn
        constants[rtisi.MOST] = MOST_RAD / turn
        constants[rtisi.MOMENTUM] = momentum
        constants[rtisi.SETTLED] = SETTLED
        constants[rtisi.FUTILE] = FUTILE
        k = np.arange(apart)
        advance = (k * hop % n) / n
        square = window * window
        full = square.reshape(-1, hop).sum(axis=0)
        newest = self.look_ahead * hop
        total = np.zeros(newest + n)
        for left in range(newest, -n, -hop):  # the newest frame and all that came before it
            total[max(left, 0) : left + n] += square[max(-left, 0) :]
        partial = np.maximum(total, PARTIAL_SUM_FLOOR * square.sum() / hop)
        vectors = [
            constants,
            np.cos(turn * k / n),
            np.sin(turn * k / n),
            advance,
            np.cos(turn * advance),
            np.sin(turn * advance),
            _halves(window / n),  # the packed spectrum is 2 times too large, its transform n / 2 times
            *[_halves(window / partial[slot * hop : slot * hop + n]) for slot in range(slots)],
            _halves(1.0 / full),
        ]
        tables = aligned_floats(sum(vector.size for vector in vectors))
        tables[:] = np.concatenate(vectors)
        return tables

    def new_state(self) -> Float32s:
        """The state of a voice that has not begun."""
        state = aligned_floats(self.state_floats)
        reset(self.params, state)
        return state

    def new_scratch(self) -> Float32s:
        """Scratch for one render thread."""
        return aligned_floats(self.scratch_floats)


def _halves(vector: Float64s) -> Float64s:
    """The even samples, then the odd ones."""
    return np.concatenate([vector[0::2], vector[1::2]])
