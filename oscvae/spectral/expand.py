"""Bands to bins: the log magnitudes of one decoded frame spread over the bins of its spectrum.

Two steps. Interpolation: each bin takes the mean of the bands that cover it, by their weights there. Then a few
multiplicative updates (Lee, Seung 2001, for the Kullback-Leibler divergence): each bin is scaled by how much more its
bands hold than the bins now give them, which sharpens the ridges that interpolation has blurred. The updates are
over-relaxed, by which two are as good as three. Where a band is one bin, both steps are a copy.

The bins are dealt with in runs of up to sixteen that lie between the same bands; each run is one vector.
"""

from __future__ import annotations

import numpy as np

from oscvae.arrays import Float32s, Int64s
from oscvae.model.bands import BandAxis
from oscvae.realtime.kernel import kernel
from oscvae.spectral.elementary import FAST, fast_exp2
from oscvae.spectral.lanes import LANES, put, root, spread, take, total
from oscvae.spectral.views import aligned_floats, padded, part

DEFAULT_UPDATES = 2
MAX_UPDATES = 32

_f = np.float32
_ZERO = _f(0.0)
_ONE = _f(1.0)
_TINY = _f(1e-30)

# params: counts, then the first bin of each run, then its lowest band
_BANDS, _BINS, _UPDATES, _PLAIN, _COVER, _RUNS = range(6)
_PARAMS = 8
# tables: two scalars, then for each run and each of its bands sixteen shares of the bin and sixteen of the band
_SLOPE, _OFFSET = range(2)
_SCALARS = 16


class ExpandTables:
    """The constants of one band axis and level scale, built once outside the hop clock.

    axis: the band axis of the model. reference: the linear magnitude of 0 dB. floor_db, ceiling_db: the levels of
    x = -1 and x = 1. updates: how many multiplicative updates follow the interpolation, 0 to 32.
    Raises ValueError for numbers that cannot be.
    """

    def __init__(
        self,
        axis: BandAxis,
        reference: float,
        floor_db: float,
        ceiling_db: float,
        updates: int = DEFAULT_UPDATES,
    ) -> None:
        if not 0 <= updates <= MAX_UPDATES:
            raise ValueError(f"updates is {updates}: it must be 0 to {MAX_UPDATES}")
        if not reference > 0.0:
            raise ValueError(f"reference is {reference}: it must be a magnitude above 0")
        if not floor_db < ceiling_db:
            raise ValueError(f"floor {floor_db} dB is not below ceiling {ceiling_db} dB")
        self.bands, self.bins = axis.n_bands, axis.n_bins
        T = axis.transpose()  # [bins, bands]
        M = axis.matrix().T
        used = T > 0.0
        low = used.argmax(axis=1)
        cover = int((self.bands - used[:, ::-1].argmax(axis=1) - low).max())
        low = np.minimum(low, self.bands - cover)
        plain = _count_plain(axis, T)
        starts = _runs(low, plain)
        ends = np.append(starts, self.bins)[1:]
        self.params: Int64s = np.concatenate(
            [[self.bands, self.bins, updates, plain, cover, starts.size, 0, 0], starts, low[starts]]
        ).astype(np.int64)
        self.tables: Float32s = aligned_floats(_SCALARS + starts.size * cover * 2 * LANES)
        # level in octaves of magnitude (powers of 2) = offset + slope * x
        per_db = np.log2(10.0) / 20.0
        self.tables[_SLOPE] = per_db * 0.5 * (ceiling_db - floor_db)
        self.tables[_OFFSET] = per_db * 0.5 * (ceiling_db + floor_db) + np.log2(reference)
        vectors = self.tables[_SCALARS:].reshape(starts.size, cover, 2, LANES)
        for run, (start, end) in enumerate(zip(starts, ends, strict=True)):
            bands = slice(low[start], low[start] + cover)
            vectors[run, :, 0, : end - start] = T[start:end, bands].T
            vectors[run, :, 1, : end - start] = M[start:end, bands].T
        self.scratch_floats = 2 * padded(self.bands + cover) + 2 * (padded(self.bins) + LANES)


def _count_plain(axis: BandAxis, T: Float32s) -> int:
    """How many of the lowest bins are a band of their own and nothing else."""
    plain = 0
    while plain < axis.n_bands and plain < axis.n_bins:
        alone = axis.offset[plain + 1] - axis.offset[plain] == 1 and axis.first[plain] == plain
        if not alone or T[plain, plain] != 1.0:
            break
        plain += 1
    return plain


def _runs(low: Int64s, plain: int) -> Int64s:
    """Where runs of at most LANES bins with the same lowest band begin, from bin `plain` on."""
    starts: list[int] = []
    for k in range(plain, low.size):
        if not starts or low[k] != low[starts[-1]] or k - starts[-1] == LANES:
            starts.append(k)
    return np.array(starts, np.int64)


@kernel("void(int64[::1], float32[::1], float32[::1], float32[::1], float32[::1])", fastmath=FAST)
def expand(params, tables, scratch, x, bins_out):  # type: ignore[no-untyped-def]
    """Linear magnitudes [bins] from log magnitudes `x` [bands] in [-1, 1]; x <= -1 is exactly zero."""
    bands, bins, updates = params[_BANDS], params[_BINS], params[_UPDATES]
    plain, cover, runs = params[_PLAIN], params[_COVER], params[_RUNS]
    starts = part(params, _PARAMS, runs)
    low = part(params, _PARAMS + runs, runs)
    vectors = part(tables, _SCALARS, runs * cover * 2 * LANES)
    wide = (bands + cover + LANES - 1) // LANES * LANES
    level = part(scratch, 0, wide)
    ratio = part(scratch, wide, wide)
    length = (bins + 2 * LANES - 1) // LANES * LANES
    now = part(scratch, 2 * wide, length)
    then = part(scratch, 2 * wide + length, length)

    slope, level_0 = tables[_SLOPE], tables[_OFFSET]
    for b in range(bands):
        value = fast_exp2(level_0 + slope * min(x[b], _ONE))
        level[b] = value if x[b] > -_ONE else _ZERO
    for b in range(bands, wide):
        level[b] = _ZERO
    top_band = bands
    while top_band > 0 and level[top_band - 1] == _ZERO:
        top_band -= 1
    while runs > 0 and low[runs - 1] >= top_band:
        runs -= 1
    top = min(plain, top_band)
    for k in range(top):
        bins_out[k] = level[k]

    for run in range(runs):
        value = spread(_ZERO)
        for c in range(cover):
            value = value + level[low[run] + c] * take(vectors, (run * cover + c) * 2 * LANES)
        put(now, starts[run], value)
    for _ in range(updates):
        for b in range(wide):
            ratio[b] = _ZERO
        for run in range(runs):
            value = take(now, starts[run])
            for c in range(cover):
                ratio[low[run] + c] += total(value * take(vectors, ((run * cover + c) * 2 + 1) * LANES))
        for b in range(0, wide, LANES):
            put(ratio, b, take(level, b) / (take(ratio, b) + _TINY))
        for run in range(runs):
            gain = spread(_ZERO)
            for c in range(cover):
                gain = gain + ratio[low[run] + c] * take(vectors, (run * cover + c) * 2 * LANES)
            put(then, starts[run], take(now, starts[run]) * gain * root(gain))
        now, then = then, now

    if runs > 0:
        top = starts[runs] if runs < params[_RUNS] else bins
        for k in range(plain, top):
            bins_out[k] = now[k]
    for k in range(top, bins):
        bins_out[k] = _ZERO
