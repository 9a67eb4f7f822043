"""The offline analysis and the logarithmic scale."""

from __future__ import annotations

import numpy as np
import pytest

from oscvae.errors import DataError
from oscvae.sound import stft


def test_frames_begin_at_sample_zero_and_advance_by_the_hop() -> None:
    signal = np.random.default_rng(1).standard_normal(3000).astype(np.float32)
    mags = stft.magnitudes(signal, 512, 128)
    assert mags.shape == (1 + (3000 - 512) // 128, 257)
    assert mags.dtype == np.float32
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(512) / 512)
    for frame in (0, 7, mags.shape[0] - 1):
        expected = np.abs(np.fft.rfft(signal[frame * 128 : frame * 128 + 512] * window))
        np.testing.assert_allclose(mags[frame], expected, atol=1e-3)


def test_a_sine_on_a_bin_peaks_at_a_quarter_of_n_fft() -> None:
    signal = np.sin(2.0 * np.pi * 20 * np.arange(2048) / 512).astype(np.float32)
    mags = stft.magnitudes(signal, 512, 128)
    np.testing.assert_allclose(mags[:, 20], 512 / 4, rtol=1e-4)
    assert np.all(mags.argmax(axis=1) == 20)


def test_many_frames_are_analysed_as_few() -> None:
    signal = np.random.default_rng(2).standard_normal(128 * 700).astype(np.float32)
    np.testing.assert_array_equal(
        stft.magnitudes(signal, 512, 128)[300:], stft.magnitudes(signal[300 * 128 :], 512, 128)
    )


def test_lengths_agree() -> None:
    for frames in (1, 2, 160):
        assert stft.n_frames(stft.n_samples(frames, 2048, 512), 2048, 512) == frames
    assert stft.magnitudes(np.zeros(100, np.float32), 512, 128).shape == (0, 257)


def test_two_channels_are_refused() -> None:
    with pytest.raises(DataError, match="one channel"):
        stft.magnitudes(np.zeros((1000, 2), np.float32), 512, 128)


def test_log_scale_runs_from_floor_to_ceiling() -> None:
    mags = np.array([5.0, 5.0e-2, 5.0e-4, 1e-9, 0.0, 50.0])
    x = stft.to_log(mags, 5.0, -80.0, 0.0)
    np.testing.assert_allclose(x, [1.0, 0.0, -1.0, -1.0, -1.0, 1.0], atol=1e-6)


def test_log_scale_inverts_and_the_floor_is_silence() -> None:
    mags = np.array([0.01, 0.3, 1.0, 2.5], np.float32)
    x = stft.to_log(mags, 1.5, -60.0, 6.0)
    np.testing.assert_allclose(stft.from_log(x, 1.5, -60.0, 6.0), mags, rtol=1e-4)
    silent = stft.from_log(np.array([-1.0, -1.5, 9.0]), 2.0, -60.0, 0.0)
    np.testing.assert_allclose(silent, [0.0, 0.0, 2.0])
