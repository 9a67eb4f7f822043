"""The reconstruction once more, in NumPy, float64 and with a real heap: what the kernels must agree with."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from oscvae.spectral import phase, rtisi
from oscvae.spectral.gradient import SILENCE, TOLERANCE

Float64s = NDArray[np.float64]
Complexes = NDArray[np.complex128]


def offset(left: Float64s, right: Float64s) -> Float64s:
    """How far beside a bin a sinusoid lies, by its neighbours' magnitudes under a Hann window; found by bisection."""
    low, high = np.full(left.shape, -1.0), np.full(left.shape, 1.0)
    for _ in range(60):
        d = 0.5 * (low + high)
        too_low = (1 + d) * (2 + d) * (left + 0.5 * SILENCE) < (1 - d) * (2 - d) * (right + 0.5 * SILENCE)
        low, high = np.where(too_low, d, low), np.where(too_low, high, d)
    return 0.5 * (low + high)


def heap_phases(
    S0: Float64s, S1: Float64s, S2: Float64s, before: Complexes, n_fft: int, hop: int
) -> dict[int, np.complex128]:
    """RTPGHI as published, with a heap: the directions of the strong bins of a frame.

    S0, S1, S2: magnitudes of the previous, this and the next frame; before: the previous frame's spectrum.
    """
    bins = S1.size
    gaussian = phase.GAUSSIAN * n_fft**2
    slope = -gaussian / (4 * hop * n_fft) * np.log((S2 + SILENCE) / (S0 + SILENCE))
    slope = np.clip(slope, -phase.MOST_RAD, phase.MOST_RAD)
    frequency = np.arange(bins, dtype=np.float64)
    frequency[1:-1] += 0.5 * (offset(S0[:-2], S0[2:]) + offset(S1[:-2], S1[2:]))
    sign = (-1.0) ** np.arange(bins)
    last = np.angle(sign * before)
    threshold = TOLERANCE * max(S0.max(), S1.max())
    wanted = {m for m in range(1, bins - 1) if S1[m] > threshold}
    heap = [(-S0[m], 0, m) for m in range(1, bins - 1) if S0[m] > threshold]
    heapq.heapify(heap)
    angles: dict[int, float] = {}
    while heap:
        _, here, m = heapq.heappop(heap)
        if here == 0:
            if m in wanted:
                wanted.discard(m)
                angles[m] = last[m] + 2 * np.pi * hop / n_fft * frequency[m]
                heapq.heappush(heap, (-S1[m], 1, m))
            continue
        for side in (-1, 1):
            if m + side in wanted:
                wanted.discard(m + side)
                angles[m + side] = angles[m] + side * (slope[m] + slope[m + side])
                heapq.heappush(heap, (-S1[m + side], 1, m + side))
    return {m: sign[m] * np.exp(1j * angle) for m, angle in angles.items()}


def reconstruct(mags: NDArray[np.float32], n_fft: int, hop: int, look_ahead: int, iterations: int) -> Float64s:
    """What `oscvae.reconstruct` does, slowly."""
    most = phase.MOST_ITERATIONS if iterations > 0 and look_ahead > 0 else iterations
    momentum = phase.MOMENTUM[look_ahead]
    bins, slots = n_fft // 2 + 1, look_ahead + 1
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    square = window**2
    full = np.tile(square.reshape(-1, hop).sum(axis=0), n_fft // hop)
    partial = np.zeros(look_ahead * hop + n_fft)
    for left in range(look_ahead * hop, -n_fft, -hop):
        partial[max(left, 0) : left + n_fft] += square[max(-left, 0) :]
    partial = np.maximum(partial, phase.PARTIAL_SUM_FLOOR * square.sum() / hop)
    impulse = np.exp(-2j * np.pi * np.arange(bins) * (n_fft - hop / 2) / n_fft)

    tone = np.exp(2j * np.pi * np.arange(bins) * hop / n_fft)
    signal = np.zeros(n_fft + look_ahead * hop)
    S = [np.zeros(bins)] * slots
    P = [np.zeros(bins, complex)] * slots
    Y = [np.zeros(n_fft)] * slots
    pending, carrier, loudest = np.zeros(bins), np.zeros(bins, complex), 0.0
    out = []
    for t in range(len(mags) + n_fft // hop + look_ahead):
        signal = np.concatenate([signal[hop:], np.zeros(hop)])
        S0, S1 = S[-1], pending
        S2 = pending = mags[t].astype(np.float64) if t < len(mags) else np.zeros(bins)
        S, P, Y = [*S[1:], S1], [*P[1:], np.zeros(bins, complex)], [*Y[1:], np.zeros(n_fft)]
        if S1.max() > 0.0:
            if S0.max() == 0.0:
                C = S1 * impulse
            else:
                C = S1 * tone * carrier / np.maximum(np.abs(carrier), 1e-15)
                for m, direction in heap_phases(S0, S1, S2, carrier, n_fft, hop).items():
                    C[m] = S1[m] * direction
            P[-1], carrier = C, C
            Y[-1] = window * np.fft.irfft(C)
            signal[look_ahead * hop :] += Y[-1]
        last_missed = 0.0
        for iteration in range(most):
            moved = energy = missed = 0.0
            for j in range(slots):
                if S[j].max() == 0.0:
                    continue
                frame = slice(j * hop, j * hop + n_fft)
                X = np.fft.rfft(signal[frame] * window / partial[frame])
                D = X + momentum * (X - P[j])
                missed += np.sum((S[j] - np.abs(D)) ** 2)
                C = S[j] * D / np.maximum(np.abs(D), 1e-15)
                y = window * np.fft.irfft(C)
                moved, energy = moved + np.sum((y - Y[j]) ** 2), energy + np.sum(y**2)
                signal[frame] += y - Y[j]
                P[j], Y[j] = X, y
                if j == look_ahead:
                    carrier = C
            loudest = max(loudest, energy)
            settled = moved <= phase.SETTLED * loudest
            futile = iteration + 1 >= rtisi.PATIENCE and missed > phase.FUTILE * last_missed
            if iteration + 1 >= iterations and (settled or futile):
                break
            last_missed = missed
        out.append(signal[:hop] / full[:hop])
    return np.concatenate(out)[slots * hop :][: n_fft + (len(mags) - 1) * hop]
