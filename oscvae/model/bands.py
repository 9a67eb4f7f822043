"""Band axes: how the FFT's bins are gathered into the bands that a decoder speaks, and spread out again.

A plain mel axis blurs the partials of low notes, which costs more than any phase reconstruction can give back.
So the default axis is a hybrid: bins one to one up to a corner, proportional bands above.

Source of the mel scale: M. Slaney, Auditory Toolbox, 1998.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Float64s
from oscvae.errors import ModelError

Kind = Literal["hybrid", "mel", "linear"]

KINDS: tuple[str, ...] = get_args(Kind)
MIN_N_FFT = 256
MAX_N_FFT = 8192

# The Slaney mel scale: linear below 1 kHz (15 mels), logarithmic above with 27 mels to a factor of 6.4.
_MEL_HZ = 200.0 / 3.0
_MEL_BREAK_HZ = 1000.0
_MEL_BREAK = _MEL_BREAK_HZ / _MEL_HZ
_MEL_LOG_STEP = float(np.log(6.4)) / 27.0


@dataclass(frozen=True, eq=False)
class BandAxis:
    """A band matrix M in compressed rows, with where its bands lie.

    Band b averages the bins `first[b] ... first[b] + offset[b+1] - offset[b] - 1` with the weights
    `weight[offset[b]:offset[b+1]]`, which sum to 1. Distances are in bins of `sample_rate / n_fft` Hz.
    """

    kind: Kind
    n_bands: int
    n_bins: int
    n_fft: int
    sample_rate: int
    corner: int
    """How many bins are bands of their own (hybrid), else 0."""
    first: NDArray[np.int32]
    """[n_bands], the first bin of each band."""
    offset: NDArray[np.int64]
    """[n_bands + 1], where each band's weights start."""
    weight: Float32s
    """[offset[-1]], above 0."""
    centre: Float32s
    """[n_bands], in bins, rising."""
    spacing: Float32s
    """[n_bands], half the width of the band's triangle in bins, at least 1."""

    def matrix(self) -> Float32s:
        """M [n_bands, n_bins]: bands = M @ bins, rows sum to 1."""
        M = np.zeros((self.n_bands, self.n_bins), np.float32)
        for band in range(self.n_bands):
            begin, end = self.offset[band], self.offset[band + 1]
            M[band, self.first[band] : self.first[band] + end - begin] = self.weight[begin:end]
        return M

    def transpose(self) -> Float32s:
        """T [n_bins, n_bands]: bins = T @ bands, M transposed with each bin's weights summing to 1.

        A bin that no band covers takes the band with the nearest centre.
        """
        T = self.matrix().T.astype(np.float64)
        total = T.sum(axis=1)
        bare = np.flatnonzero(total == 0.0)
        nearest = np.abs(bare[:, None] - self.centre[None, :]).argmin(axis=1)
        T[bare, nearest] = 1.0
        total[bare] = 1.0
        return np.ascontiguousarray((T / total[:, None]).astype(np.float32))

    def width(self) -> Float64s:
        """[n_bands], how many bins each band stands for: together all of them."""
        width: Float64s = self.transpose().sum(axis=0, dtype=np.float64)
        return width

    def to_bands(self, mags: NDArray[Any]) -> Float32s:
        """Magnitudes [..., n_bins] averaged into bands [..., n_bands]; linear in, linear out."""
        if mags.shape[-1] != self.n_bins:
            raise ModelError(f"magnitudes have {mags.shape[-1]} bins, this axis wants {self.n_bins}")
        return np.asarray(mags, np.float32) @ self.matrix().T


@lru_cache(maxsize=32)
def band_axis(kind: str, n: int, corner: int | None, n_fft: int, sample_rate: int) -> BandAxis:
    """The axis of `n` bands over an FFT of `n_fft` points at `sample_rate` Hz.

    kind: "hybrid" (bins 0 .. corner-1 one to one, then triangles whose spacing grows by a constant ratio up to the
    last bin), "mel" (Slaney, from 0 Hz to half the sample rate) or "linear" (equal spacing).
    corner: for hybrid only; 0 or None solves it, so that the growth of the spacing continues the width of the corner
    (ratio - 1 = 1 / corner: constant relative bandwidth). The other kinds ignore it.
    Made once for the same numbers: its arrays are everybody's. Raises ModelError for an unknown kind or numbers that
    cannot be an axis.
    """
    if kind not in KINDS:
        raise ModelError(f"band axis of kind {kind!r}: it must be one of {', '.join(KINDS)}")
    if n_fft < MIN_N_FFT or n_fft > MAX_N_FFT or n_fft & (n_fft - 1):
        raise ModelError(f"n_fft is {n_fft}: it must be a power of two from {MIN_N_FFT} to {MAX_N_FFT}")
    if sample_rate <= 0:
        raise ModelError(f"sample rate is {sample_rate} Hz: it must be above 0")
    n_bins = n_fft // 2 + 1
    if not 2 <= n <= n_bins:
        raise ModelError(f"{n} bands: there must be 2 to {n_bins}, the bins of an FFT of {n_fft} points")
    if kind == "hybrid":
        corner = corner or _solve_corner(n, n_bins)
        if not 1 <= corner <= n or (corner == n and n < n_bins):
            raise ModelError(f"corner is {corner}: {n} bands over {n_bins} bins leave 1 to {n - (n < n_bins)}, or 0")
        edges = _hybrid_edges(n, corner, n_bins)
    else:
        corner = 0
        edges = _mel_edges(n, n_fft, sample_rate) if kind == "mel" else _linear_edges(n, n_bins)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:].copy()
    right[:corner] = centre[:corner] + 1.0  # a bin that is a band of its own takes nothing of the next
    first, offset, weight = _triangles(left, centre, right, n_bins)
    return BandAxis(
        kind=cast(Kind, kind),
        n_bands=n,
        n_bins=n_bins,
        n_fft=n_fft,
        sample_rate=sample_rate,
        corner=corner,
        first=first,
        offset=offset,
        weight=weight,
        centre=centre.astype(np.float32),
        spacing=np.maximum(1.0, 0.5 * (right - left)).astype(np.float32),
    )


def _growth(n_steps: int, length: float) -> float:
    """The ratio r >= 1 with r + r^2 + ... + r^n_steps = length."""
    steps = np.arange(1, n_steps + 1)
    low, high = 1.0, max(2.0, length)
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):  # no number lies between them
            break
        with np.errstate(over="ignore"):
            too_long = np.sum(middle**steps) > length
        low, high = (low, middle) if too_long else (middle, high)
    return low


def _solve_corner(n: int, n_bins: int) -> int:
    if n == n_bins:
        return n

    def misfit(corner: int) -> float:  # rises with the corner, since fewer bands are left to cover the rest
        return (_growth(n - corner, n_bins - corner) - 1.0) * corner - 1.0

    low, high = 1, n - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if misfit(middle) > 0.0 else (middle, high)
    return min(low, high, key=lambda corner: abs(misfit(corner)))


def _hybrid_edges(n: int, corner: int, n_bins: int) -> Float64s:
    """Centres [n + 2] in bins, with one more on each side of the axis."""
    centres = np.arange(-1, corner, dtype=np.float64)
    if corner == n:
        return np.append(centres, float(n_bins))
    ratio = _growth(n - corner, n_bins - corner)
    above = corner - 1 + np.cumsum(ratio ** np.arange(1, n - corner + 2))
    above[-2] = n_bins - 1
    return np.concatenate([centres, above])


def _linear_edges(n: int, n_bins: int) -> Float64s:
    return np.arange(-1, n + 1, dtype=np.float64) * ((n_bins - 1) / (n - 1))


def _mel_edges(n: int, n_fft: int, sample_rate: int) -> Float64s:
    mels: Float64s = np.linspace(0.0, _hz_to_mel(0.5 * sample_rate), n + 2)
    logarithmic = _MEL_BREAK_HZ * np.exp(_MEL_LOG_STEP * (mels - _MEL_BREAK))
    freqs_hz = np.where(mels < _MEL_BREAK, mels * _MEL_HZ, logarithmic)
    return np.asarray(freqs_hz * (n_fft / sample_rate), np.float64)


def _hz_to_mel(freq_hz: float) -> float:
    if freq_hz < _MEL_BREAK_HZ:
        return freq_hz / _MEL_HZ
    return _MEL_BREAK + float(np.log(freq_hz / _MEL_BREAK_HZ)) / _MEL_LOG_STEP


def _triangles(
    left: Float64s, centre: Float64s, right: Float64s, n_bins: int
) -> tuple[NDArray[np.int32], NDArray[np.int64], Float32s]:
    """Triangles over these feet and tops, sampled at the bins; one that falls between two bins takes the nearest."""
    first, count, weights = [], [], []
    for low, top, high in zip(left, centre, right, strict=True):
        bins = np.arange(max(0, int(np.ceil(low))), min(n_bins - 1, int(np.floor(high))) + 1)
        height = np.minimum((bins - low) / (top - low), (high - bins) / (high - top))
        bins, height = bins[height > 1e-9], height[height > 1e-9]
        if bins.size == 0:
            bins, height = np.array([min(n_bins - 1, round(top))]), np.ones(1)
        first.append(int(bins[0]))
        count.append(bins.size)
        weights.append(height / height.sum())
    offset = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return np.array(first, np.int32), offset, np.concatenate(weights).astype(np.float32)
