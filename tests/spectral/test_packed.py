"""The packed real transform against NumPy's, in both directions."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.spectral import fftw
from oscvae.spectral.fftw import execute
from oscvae.spectral.lanes import LANES
from oscvae.spectral.packed import pack, revise, unpack
from oscvae.spectral.views import aligned_floats

SIZES = [256, 512, 1024, 2048, 4096, 8192]


def twiddles(n: int) -> Float32s:
    apart = n // 2 + LANES
    angle = 2 * np.pi * np.arange(apart) / n
    return np.concatenate([np.cos(angle), np.sin(angle)]).astype(np.float32)


def split(values: NDArray[np.complex128], apart: int) -> Float32s:
    """Real parts and, `apart` floats on, imaginary parts."""
    out = aligned_floats(2 * apart)
    out[: values.size], out[apart : apart + values.size] = values.real, values.imag
    return out


def packed_spectrum(signal: Float32s) -> NDArray[np.complex128]:
    return np.fft.fft(signal[0::2].astype(np.float64) + 1j * signal[1::2])


@numba.njit  # type: ignore[untyped-decorator, unused-ignore]
def run(plan: int, re_in: int, im_in: int, re_out: int, im_out: int) -> None:
    execute(plan, re_in, im_in, re_out, im_out)


@pytest.mark.parametrize("n", SIZES)
def test_plans_transform_split_arrays_both_ways(n: int) -> None:
    apart = n + LANES
    rng = np.random.default_rng(n)
    values = rng.standard_normal(n) + 1j * rng.standard_normal(n)
    source, target = split(values, apart), aligned_floats(2 * apart)
    re_in, re_out = source.ctypes.data, target.ctypes.data
    im_in, im_out = re_in + 4 * apart, re_out + 4 * apart
    forward, backward = fftw.plans(n, apart)
    run(forward, re_in, im_in, re_out, im_out)
    np.testing.assert_allclose(target[:n] + 1j * target[apart : apart + n], np.fft.fft(values), atol=1e-4 * n**0.5)
    run(backward, im_in, re_in, im_out, re_out)
    np.testing.assert_allclose(target[:n] + 1j * target[apart : apart + n], np.fft.ifft(values) * n, atol=1e-4 * n**0.5)
    np.testing.assert_array_equal(source, split(values, apart))  # the input is kept


@pytest.mark.parametrize("n", SIZES)
def test_unpacking_gives_the_bins_and_packing_takes_them_back(n: int) -> None:
    half, apart = n // 2, n // 2 + LANES
    signal = np.random.default_rng(n).standard_normal(n).astype(np.float32)
    Z, C, again = split(packed_spectrum(signal), apart), aligned_floats(2 * apart), aligned_floats(2 * apart)
    unpack(C, Z, twiddles(n), half, apart)
    bins = C[: half + 1] + 1j * C[apart : apart + half + 1]
    np.testing.assert_allclose(bins, 2.0 * np.fft.rfft(signal.astype(np.float64)), atol=1e-4 * n**0.5)
    pack(again, C, twiddles(n), half, apart)
    np.testing.assert_allclose(again[:half], 4.0 * Z[:half], atol=1e-4 * n**0.5)
    np.testing.assert_allclose(again[apart : apart + half], 4.0 * Z[apart : apart + half], atol=1e-4 * n**0.5)


@pytest.mark.parametrize("n", SIZES)
def test_a_revision_is_a_griffin_lim_step_with_momentum(n: int) -> None:
    half, apart = n // 2, n // 2 + LANES
    rng = np.random.default_rng(n)
    now, then = rng.standard_normal((2, n)).astype(np.float32)
    Z, before = split(packed_spectrum(now), apart), split(packed_spectrum(then), apart)
    before[half], before[apart + half] = before[0], before[apart]  # as `pack` and `revise` leave it
    kept, out, S = Z.copy(), aligned_floats(2 * apart), aligned_floats(apart)
    S[: half + 1] = rng.uniform(0.0, 1.0, half + 1)
    S[half // 3] = 0.0
    revise(out, Z, before, S, twiddles(n), np.float32(0.7), half, apart)
    X, P = np.fft.rfft(now.astype(np.float64)), np.fft.rfft(then.astype(np.float64))
    D = X + 0.7 * (X - P)
    wanted = 2.0 * packed_spectrum(np.fft.irfft(S[: half + 1] * D / np.abs(D)).astype(np.float32))
    np.testing.assert_allclose(out[:half] + 1j * out[apart : apart + half], wanted, atol=2e-3)
    np.testing.assert_array_equal(before[:half], kept[:half])
    np.testing.assert_array_equal(before[apart : apart + half], kept[apart : apart + half])
