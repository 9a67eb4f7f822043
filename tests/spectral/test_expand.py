"""Bands to bins against a dense NumPy version."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from oscvae.model.bands import BandAxis, band_axis
from oscvae.sound.stft import from_log, magnitudes, to_log
from oscvae.spectral.expand import ExpandTables, expand
from oscvae.spectral.views import aligned_floats
from spectral.plucks import convergence_db, pluck

REFERENCE, FLOOR_DB, CEILING_DB = 300.0, -80.0, 0.0
AXES = [
    ("hybrid", 256, 2048, 48_000),
    ("hybrid", 128, 1024, 22_050),
    ("hybrid", 513, 1024, 44_100),
    ("mel", 128, 1024, 22_050),
    ("mel", 256, 1024, 22_050),
    ("mel", 40, 8192, 48_000),
    ("linear", 100, 256, 48_000),
    ("linear", 1025, 2048, 48_000),
]


def run(tables: ExpandTables, x: NDArray[np.float32]) -> NDArray[np.float32]:
    scratch = aligned_floats(tables.scratch_floats)
    scratch[:] = np.nan
    room = np.full(tables.bins + 16, -7.0, np.float32)  # what lies beyond must stay
    expand(tables.params, tables.tables, scratch, x, room[: tables.bins])
    assert np.all(room[tables.bins :] == -7.0)
    return room[: tables.bins]


def dense(axis: BandAxis, x: NDArray[np.float32], updates: int) -> NDArray[np.float64]:
    T, M = axis.transpose().astype(np.float64), axis.matrix().astype(np.float64)
    bands = from_log(x, REFERENCE, FLOOR_DB, CEILING_DB).astype(np.float64)
    bins = T @ bands
    for _ in range(updates):
        bins = bins * (T @ (bands / np.maximum(M @ bins, 1e-30))) ** 1.5
    return bins


@pytest.mark.parametrize(("kind", "n", "n_fft", "rate"), AXES)
@pytest.mark.parametrize("updates", [0, 1, 2, 5])
def test_the_sparse_axis_agrees_with_the_dense_one(kind: str, n: int, n_fft: int, rate: int, updates: int) -> None:
    axis = band_axis(kind, n, None, n_fft, rate)
    tables = ExpandTables(axis, REFERENCE, FLOOR_DB, CEILING_DB, updates)
    rng = np.random.default_rng(n)
    for silent_top in (0, 1, n // 3, n - 1, n):
        x = rng.uniform(-1.1, 1.1, n).astype(np.float32)
        x[n - silent_top :] = -1.0
        wanted = dense(axis, x, updates)
        got = run(tables, x)
        np.testing.assert_allclose(got, wanted, rtol=2e-4, atol=1e-6)
        assert not np.any(got[wanted == 0.0])


def test_silence_is_exactly_zero() -> None:
    axis = band_axis("hybrid", 256, None, 2048, 48_000)
    tables = ExpandTables(axis, REFERENCE, FLOOR_DB, CEILING_DB)
    for level in (-1.0, -1.5, -100.0):
        assert not np.any(run(tables, np.full(256, level, np.float32)))


def test_bins_of_their_own_are_copied() -> None:
    axis = band_axis("hybrid", 256, None, 2048, 48_000)
    tables = ExpandTables(axis, REFERENCE, FLOOR_DB, CEILING_DB)
    x = np.random.default_rng(3).uniform(-0.9, 0.9, 256).astype(np.float32)
    levels = from_log(x, REFERENCE, FLOOR_DB, CEILING_DB)
    np.testing.assert_allclose(run(tables, x)[:60], levels[:60], rtol=1e-5)


def test_updates_sharpen_real_partials() -> None:
    axis = band_axis("hybrid", 256, None, 2048, 48_000)
    mags = magnitudes(pluck(196.0, 0.5), 2048, 512)[6:]
    x = to_log(axis.to_bands(mags), REFERENCE, -100.0, 20.0)

    def quality_db(updates: int) -> float:
        tables = ExpandTables(axis, REFERENCE, -100.0, 20.0, updates)
        return convergence_db(np.stack([run(tables, frame) for frame in x]), mags)

    assert quality_db(2) < quality_db(0) - 3.0


def test_what_is_wrong_is_said() -> None:
    axis = band_axis("linear", 10, None, 256, 48_000)
    with pytest.raises(ValueError, match="33"):
        ExpandTables(axis, 1.0, -80.0, 0.0, 33)
    with pytest.raises(ValueError, match="reference is 0"):
        ExpandTables(axis, 0.0, -80.0, 0.0)
    with pytest.raises(ValueError, match="not below"):
        ExpandTables(axis, 1.0, 0.0, 0.0)
