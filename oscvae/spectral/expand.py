"""Bands to bins: the log magnitudes of one decoded frame spread over the bins of its spectrum.

Two steps. Interpolation: each bin takes the mean of the bands that cover it, by their weights there. Then `updates`
multiplicative updates (Lee, Seung 2001, Kullback-Leibler): each bin is scaled by how much more its bands hold than
the bins now give them, which sharpens the ridges that interpolation has blurred. Where a band is one bin, both steps
are a copy.
"""

from __future__ import annotations

import numpy as np

from oscvae.bands import BandAxis
from oscvae.realtime.kernel import kernel
from oscvae.spectral.elementary import FAST, fast_exp2
from oscvae.spectral.views import Float32s, Int64s, aligned_floats, padded, part

DEFAULT_UPDATES = 3
MAX_UPDATES = 32

_f = np.float32
_ZERO = _f(0.0)
_ONE = _f(1.0)
_TINY = _f(1e-30)

# params: counts, then for each band its first bin and the start of its weights, then for each bin its first band
_BANDS, _BINS, _UPDATES, _PLAIN, _COVER = range(5)
_PARAMS = 8
# tables: two scalars, the weights of the bands, then [cover, bins] the shares of each bin's bands
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
        T = axis.transpose()
        used = T > 0.0
        low = used.argmax(axis=1)
        cover = int((self.bands - used[:, ::-1].argmax(axis=1) - low).max())
        low = np.minimum(low, self.bands - cover)
        shares = np.take_along_axis(T, low[:, None] + np.arange(cover), axis=1)
        self.params: Int64s = np.concatenate(
            [
                [self.bands, self.bins, updates, _count_plain(axis, T), cover, 0, 0, 0],
                axis.first.astype(np.int64),
                axis.offset,
                low,
            ]
        ).astype(np.int64)
        weights = padded(axis.weight.size)
        wide = padded(self.bins)
        self.tables: Float32s = aligned_floats(_SCALARS + weights + cover * wide)
        # level in octaves of magnitude (powers of 2) = offset + slope * x
        per_db = np.log2(10.0) / 20.0
        self.tables[_SLOPE] = per_db * 0.5 * (ceiling_db - floor_db)
        self.tables[_OFFSET] = per_db * 0.5 * (ceiling_db + floor_db) + np.log2(reference)
        self.tables[_SCALARS : _SCALARS + axis.weight.size] = axis.weight
        grid = self.tables[_SCALARS + weights :].reshape(cover, wide)
        grid[:, : self.bins] = shares.T
        self.scratch_floats = 2 * padded(self.bands)


def _count_plain(axis: BandAxis, T: Float32s) -> int:
    """How many of the lowest bins are a band of their own and nothing else."""
    plain = 0
    while plain < axis.n_bands and plain < axis.n_bins:
        alone = axis.offset[plain + 1] - axis.offset[plain] == 1 and axis.first[plain] == plain
        if not alone or T[plain, plain] != 1.0:
            break
        plain += 1
    return plain


@kernel("int64(int64[::1], int64[::1], int64)")
def _last_bin(first, offset, top_band):  # type: ignore[no-untyped-def]
    """One more than the highest bin of the lowest `top_band` bands."""
    top = 0
    for b in range(top_band):
        top = max(top, first[b] + offset[b + 1] - offset[b])
    return top


@kernel("void(int64[::1], float32[::1], float32[::1], float32[::1], float32[::1])", fastmath=FAST)
def expand(params, tables, scratch, x, bins_out):  # type: ignore[no-untyped-def]
    """Linear magnitudes [bins] from log magnitudes `x` [bands] in [-1, 1]; x <= -1 is exactly zero."""
    bands, bins, updates = params[_BANDS], params[_BINS], params[_UPDATES]
    plain, cover = params[_PLAIN], params[_COVER]
    first = part(params, _PARAMS, bands)
    offset = part(params, _PARAMS + bands, bands + 1)
    low = part(params, _PARAMS + 2 * bands + 1, bins)
    wide = (bins + 15) // 16 * 16
    weights = part(tables, _SCALARS, offset[bands])
    base_shares = _SCALARS + (offset[bands] + 15) // 16 * 16
    level = part(scratch, 0, bands)
    ratio = part(scratch, (bands + 15) // 16 * 16, bands)
    slope, level_0 = tables[_SLOPE], tables[_OFFSET]
    for b in range(bands):
        value = fast_exp2(level_0 + slope * min(x[b], _ONE))
        level[b] = value if x[b] > -_ONE else _ZERO

    top_band = bands
    while top_band > 0 and level[top_band - 1] == _ZERO:
        top_band -= 1
    top = _last_bin(first, offset, top_band)
    if top_band == bands:
        top = bins  # bins beyond the last band belong to it
    for k in range(min(plain, top)):
        bins_out[k] = level[k]
    for k in range(top, bins):
        bins_out[k] = _ZERO

    for k in range(plain, top):
        total = _ZERO
        for c in range(cover):
            total += tables[base_shares + c * wide + k] * level[low[k] + c]
        bins_out[k] = total
    for b in range(top_band, bands):
        ratio[b] = _ZERO
    for _ in range(updates):
        for b in range(plain, top_band):
            total = _ZERO
            start = offset[b]
            for j in range(offset[b + 1] - start):
                total += weights[start + j] * bins_out[first[b] + j]
            ratio[b] = level[b] / (total + _TINY)
        for k in range(plain, top):
            total = _ZERO
            for c in range(cover):
                total += tables[base_shares + c * wide + k] * ratio[low[k] + c]
            bins_out[k] *= total
