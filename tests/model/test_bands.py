"""Band axes: what every axis must hold, and the figures that PHASE and Slaney give."""

from __future__ import annotations

import numpy as np
import pytest

from oscvae.errors import ModelError
from oscvae.model.bands import BandAxis, band_axis

AXES = [
    ("hybrid", 256, 0, 2048, 48000),
    ("hybrid", 256, 100, 2048, 48000),
    ("hybrid", 128, None, 1024, 22050),
    ("hybrid", 1025, 0, 2048, 48000),
    ("hybrid", 2, 0, 256, 8000),
    ("mel", 128, 0, 2048, 48000),
    ("mel", 256, 0, 1024, 22050),
    ("linear", 100, 0, 2048, 48000),
    ("linear", 129, 0, 256, 8000),
]


@pytest.fixture(params=AXES, ids=lambda axis: "-".join(map(str, axis)))
def axis(request: pytest.FixtureRequest) -> BandAxis:
    return band_axis(*request.param)


def test_rows_are_averages_over_contiguous_bins(axis: BandAxis) -> None:
    M = axis.matrix()
    assert M.shape == (axis.n_bands, axis.n_bins)
    assert M.dtype == np.float32
    np.testing.assert_allclose(M.sum(axis=1), 1.0, atol=1e-6)
    for band, row in enumerate(M):
        bins = np.flatnonzero(row)
        assert bins[0] == axis.first[band]
        assert np.array_equal(bins, np.arange(bins[0], bins[-1] + 1))
        assert bins.size == axis.offset[band + 1] - axis.offset[band]
    assert axis.offset[0] == 0
    assert axis.offset[-1] == axis.weight.size
    assert axis.weight.min() > 0.0


def test_every_bin_is_an_average_of_bands(axis: BandAxis) -> None:
    T = axis.transpose()
    assert T.shape == (axis.n_bins, axis.n_bands)
    np.testing.assert_allclose(T.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(T @ np.ones(axis.n_bands, np.float32), 1.0, atol=1e-6)


def test_centres_rise_and_spacing_is_at_least_a_bin(axis: BandAxis) -> None:
    assert np.all(np.diff(axis.centre) > 0.0)
    assert axis.spacing.min() >= 1.0
    assert axis.centre.dtype == axis.spacing.dtype == axis.weight.dtype == np.float32
    assert axis.first.dtype == np.int32
    assert axis.offset.dtype == np.int64


def test_to_bands_is_the_matrix_and_keeps_leading_axes(axis: BandAxis) -> None:
    mags = np.random.default_rng(1).random((2, 3, axis.n_bins), np.float32)
    np.testing.assert_allclose(axis.to_bands(mags), np.einsum("abk,mk->abm", mags, axis.matrix()), rtol=1e-5)
    with pytest.raises(ModelError, match="bins"):
        axis.to_bands(mags[..., 1:])


def test_hybrid_is_one_to_one_up_to_the_corner_and_ends_at_the_last_bin() -> None:
    axis = band_axis("hybrid", 256, 69, 2048, 48000)
    np.testing.assert_array_equal(axis.matrix()[:69, :69], np.eye(69, dtype=np.float32))
    np.testing.assert_array_equal(axis.centre[:69], np.arange(69))
    assert axis.centre[-1] == 1024.0
    steps = np.diff(axis.centre[68:].astype(np.float64))
    np.testing.assert_allclose(steps[1:] / steps[:-1], steps[1] / steps[0], rtol=1e-3)


@pytest.mark.parametrize(("n_fft", "rate", "corner"), [(2048, 48000, 69), (1024, 22050, 96)])
def test_solved_corner_has_constant_relative_bandwidth(n_fft: int, rate: int, corner: int) -> None:
    axis = band_axis("hybrid", 256, 0, n_fft, rate)
    assert abs(axis.corner - corner) <= 1
    first_step = float(axis.centre[axis.corner] - axis.centre[axis.corner - 1])
    assert first_step - 1.0 == pytest.approx(1.0 / axis.corner, rel=0.05)


def test_full_axes_are_the_bins_themselves() -> None:
    for kind in ("hybrid", "linear"):
        np.testing.assert_array_equal(band_axis(kind, 1025, 0, 2048, 48000).matrix(), np.eye(1025, dtype=np.float32))


def test_mel_centres_are_slaneys() -> None:
    """40 bands to 4 kHz: linear below 1 kHz, then equal ratios; mel(4000) = 15 + 27 log(4) / log(6.4)."""
    axis = band_axis("mel", 40, 0, 8192, 8000)
    freq_hz = axis.centre * 8000 / 8192
    step = (15.0 + 27.0 * np.log(4.0) / np.log(6.4)) / 41.0
    below = freq_hz[freq_hz < 1000.0]
    np.testing.assert_allclose(below, np.arange(1, below.size + 1) * step * 200.0 / 3.0, rtol=1e-5)
    above = freq_hz[freq_hz > 1000.0]
    np.testing.assert_allclose(above[1:] / above[:-1], 6.4 ** (step / 27.0), rtol=1e-5)


@pytest.mark.parametrize(
    ("kind", "n", "corner", "n_fft", "rate", "message"),
    [
        ("bark", 64, 0, 2048, 48000, "kind 'bark'"),
        ("hybrid", 1, 0, 2048, 48000, "1 bands"),
        ("hybrid", 1026, 0, 2048, 48000, "1026 bands"),
        ("hybrid", 256, 256, 2048, 48000, "corner is 256"),
        ("hybrid", 256, -3, 2048, 48000, "corner is -3"),
        ("mel", 64, 0, 2000, 48000, "n_fft is 2000"),
        ("mel", 64, 0, 128, 48000, "n_fft is 128"),
        ("mel", 64, 0, 2048, 0, "sample rate is 0"),
    ],
)
def test_nonsense_is_refused(kind: str, n: int, corner: int, n_fft: int, rate: int, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        band_axis(kind, n, corner, n_fft, rate)
