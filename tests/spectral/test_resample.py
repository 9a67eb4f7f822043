"""The resampler: exact where it copies, clean where it does not, seamless however it is called."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.spectral.resample import half_width, make_table, resample

TABLE = make_table()


def read(signal: Float32s, position: float, step: float, n_out: int) -> Float32s:
    out = np.zeros(n_out, np.float32)
    after = resample(TABLE, signal, position, step, out, n_out)
    assert after == pytest.approx(position + n_out * step, abs=1e-6)
    return out


def sine(freq: float, n: int) -> Float32s:
    return np.cos(2 * np.pi * freq * np.arange(n)).astype(np.float32)


def error_db(got: Float32s, wanted: NDArray[np.float64]) -> float:
    return float(20 * np.log10(np.sqrt(np.mean((got - wanted) ** 2)) / np.sqrt(0.5)))


def test_step_one_copies_bit_for_bit() -> None:
    signal = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    np.testing.assert_array_equal(read(signal, 20.0, 1.0, 900), signal[20:920])
    # and the table agrees with the copy on whole positions
    np.testing.assert_array_equal(read(signal, 20.0, 0.5, 1800)[::2], signal[20:920])


@pytest.mark.parametrize(
    "step", [1 / 16, 0.5, 44_100 / 48_000, 1.0, 2 ** (1 / 12), 48_000 / 44_100, 1.7, 2.0, 5.3, 16.0]
)
def test_sines_below_the_cutoff_are_kept(step: float) -> None:
    position = half_width(step) + 0.37
    n_out = 2000
    signal_length = int(position + n_out * step) + half_width(step) + 2
    for of_cutoff in (0.006, 0.2, 0.6, 0.76):
        freq = 0.5 * of_cutoff / max(1.0, step)
        wanted = np.cos(2 * np.pi * freq * (position + step * np.arange(n_out)))
        got = read(sine(freq, signal_length), position, step, n_out)
        assert error_db(got, wanted) < -75.0, freq


@pytest.mark.parametrize("step", [1.5, 2.0, 4.0, 16.0])
def test_what_would_alias_is_removed(step: float) -> None:
    position = float(half_width(step))
    n_out = 2000
    signal_length = int(position + n_out * step) + half_width(step) + 2
    for freq in (0.62 / step, 0.8 / step, 0.49):
        if freq > 0.6 / step:
            got = read(sine(min(freq, 0.5), signal_length), position, step, n_out)
            assert error_db(got, np.zeros(n_out)) < -80.0, freq


def test_blocks_of_any_size_give_the_same_bits() -> None:
    signal = np.random.default_rng(1).standard_normal(6000).astype(np.float32)
    for step in (0.71, 1.0, 1.31):
        whole = read(signal, 100.25, step, 3000)
        rng = np.random.default_rng(2)
        position, pieces, done = 100.25, [], 0
        while done < 3000:
            count = min(int(rng.integers(1, 200)), 3000 - done)
            out = np.zeros(count, np.float32)
            position = resample(TABLE, signal, position, step, out, count)
            pieces.append(out)
            done += count
        np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_a_gliding_step_makes_no_click() -> None:
    freq, n = 0.02, 30_000
    signal = sine(freq, n)
    position, pieces = 600.0, []
    for block in range(150):  # from an octave down to an octave up, through 1
        step = 2.0 ** (block / 75 - 1.0)
        out = np.zeros(64, np.float32)
        position = resample(TABLE, signal, position, step, out, 64)
        pieces.append(out)
    got = np.concatenate(pieces)
    assert np.abs(np.diff(got, n=2)).max() < 1.1 * (2 * np.pi * freq * 2.0) ** 2


@pytest.mark.parametrize("step", [1 / 16, 0.8, 1.0, 1.01, 1.5, 2.0, 7.7, 16.0])
def test_it_reads_no_further_than_it_says(step: float) -> None:
    width = half_width(step)
    for fraction in (0.0, 0.1, 0.5, 0.999):
        whole = 300
        signal = np.full(1000, np.nan, np.float32)
        signal[whole - width : whole + width + 1] = 1.0
        got = read(signal, whole + fraction, step, 1)
        assert got[0] == pytest.approx(1.0, abs=1e-3)
