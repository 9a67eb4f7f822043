"""The streaming reconstruction: streamed = offline, exact at every address, in agreement with the slow reference."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

import oscvae
from oscvae.arrays import Float32s
from oscvae.realtime.denormal import FLUSH_BITS, get_float_mode, set_float_mode
from oscvae.sound.stft import magnitudes
from oscvae.spectral.phase import PhaseTables, push, reset
from oscvae.spectral.views import LINE, aligned_floats, padded
from spectral import reference
from spectral.plucks import convergence_db, pluck


def stream(tables: PhaseTables, mags: Float32s, pushes: int) -> Float32s:
    """Push `mags` and then silence, one by one."""
    state, scratch, out = tables.new_state(), tables.new_scratch(), aligned_floats(tables.hop)
    silence = np.zeros(tables.bins, np.float32)
    hops = []
    for t in range(pushes):
        push(tables.params, tables.tables, state, scratch, mags[t] if t < len(mags) else silence, out)
        hops.append(out.copy())
    return np.concatenate(hops)


@pytest.mark.parametrize(
    ("n_fft", "hop", "look_ahead", "iterations"),
    [(2048, 512, 1, 2), (2048, 512, 2, 1), (2048, 256, 3, 1), (1024, 512, 1, 2), (256, 64, 0, 3), (512, 64, 1, 0)],
)
def test_streamed_is_offline(n_fft: int, hop: int, look_ahead: int, iterations: int) -> None:
    mags = magnitudes(pluck(196.0, 0.3), n_fft, hop)
    tables = PhaseTables(n_fft, hop, look_ahead, iterations)
    streamed = stream(tables, mags, len(mags) + tables.tail_frames)
    offline = oscvae.reconstruct(mags, n_fft, hop, look_ahead, iterations)
    assert offline.dtype == np.float32
    assert offline.shape == (n_fft + (len(mags) - 1) * hop,)
    delay = tables.delay_frames * hop
    np.testing.assert_array_equal(streamed[delay : delay + offline.size], offline)


def test_voices_share_scratch_at_any_offset() -> None:
    """Interleaved voices, at odd cache lines of one arena, over dirty scratch, sound as each does alone."""
    tables = PhaseTables(1024, 256)
    notes = [magnitudes(pluck(f, 0.2, lead=lead), 1024, 256) for f, lead in ((110.0, 900), (294.0, 300), (880.0, 0))]
    alone = [stream(tables, mags, 50) for mags in notes]
    size = padded(tables.state_floats) + LINE
    arena = aligned_floats(len(notes) * size + LINE)
    arena[:] = np.nan
    states = [arena[v * size + LINE : v * size + LINE + tables.state_floats] for v in range(len(notes))]
    scratch = aligned_floats(tables.scratch_floats + 5 * LINE)[5 * LINE :]
    moved = aligned_floats(tables.tables.size + 3 * LINE)[3 * LINE :]
    moved[:] = tables.tables
    out = aligned_floats(256 + LINE)[LINE:]
    silence = np.zeros(tables.bins, np.float32)
    rng = np.random.default_rng(0)
    got: list[list[Float32s]] = [[] for _ in notes]
    for state in states:
        reset(tables.params, state)
    for t in range(50):
        for v in rng.permutation(len(notes)):
            scratch[:] = rng.choice([np.nan, 1e-40, 1e30, -1.0])
            mags = notes[v][t] if t < len(notes[v]) else silence
            push(tables.params, moved, states[v], scratch, mags, out)
            got[v].append(out.copy())
    for v, wanted in enumerate(alone):
        np.testing.assert_array_equal(np.concatenate(got[v]), wanted)
    assert np.all(np.isnan(arena[:LINE]))  # nothing was written outside


@pytest.mark.parametrize(
    ("n_fft", "hop", "look_ahead", "iterations"),
    [(1024, 256, 1, 2), (512, 64, 2, 1), (256, 128, 0, 2), (512, 128, 3, 0)],
)
def test_the_kernels_agree_with_the_reference(n_fft: int, hop: int, look_ahead: int, iterations: int) -> None:
    mags = magnitudes(pluck(220.0, 0.12, lead=n_fft + 100), n_fft, hop)
    wanted = reference.reconstruct(mags, n_fft, hop, look_ahead, iterations)
    got = oscvae.reconstruct(mags, n_fft, hop, look_ahead, iterations)
    # float32 against float64 through hundreds of iterations: the bins that carry the sound must agree
    assert convergence_db(magnitudes(got, n_fft, hop), magnitudes(wanted, n_fft, hop)) < -50.0


@pytest.mark.parametrize("freq_hz", [98.0, 196.0, 440.0])
def test_a_pluck_is_reconstructed_well(freq_hz: float) -> None:
    mags = magnitudes(pluck(freq_hz, 0.7), 2048, 512)
    settings = {(1, 2): -31.0, (2, 1): -33.0}
    for (look_ahead, iterations), bound_db in settings.items():
        got = magnitudes(oscvae.reconstruct(mags, 2048, 512, look_ahead, iterations), 2048, 512)
        assert convergence_db(got, mags) < bound_db


@pytest.mark.parametrize("n_fft", [256, 512, 1024, 2048, 4096, 8192])
@pytest.mark.parametrize("overlap", [2, 4, 8])
@pytest.mark.parametrize("look_ahead", [0, 1, 2, 3])
def test_every_size_is_reconstructed(n_fft: int, overlap: int, look_ahead: int) -> None:
    hop = n_fft // overlap
    mags = magnitudes(pluck(262.0, 3.5 * n_fft / 48_000, lead=n_fft), n_fft, hop)
    signal = oscvae.reconstruct(mags, n_fft, hop, look_ahead)
    assert np.all(np.isfinite(signal))
    assert convergence_db(magnitudes(signal, n_fft, hop), mags) < -8.0


def test_a_tone_at_a_special_bin_is_reconstructed() -> None:
    """DC, Nyquist and the middle, whose bins the packed transform treats apart."""
    n_fft, hop = 512, 128
    for k in (0, 1, 127, 128, 129, 255, 256):
        tone = np.cos(2 * np.pi * k * np.arange(8 * n_fft) / n_fft + (0.0 if k in (0, 256) else 0.7))
        mags = magnitudes(tone.astype(np.float32), n_fft, hop)
        got = magnitudes(oscvae.reconstruct(mags, n_fft, hop), n_fft, hop)
        assert convergence_db(got[8:-8], mags[8:-8]) < -25.0, k


def test_a_voice_ends_in_exact_silence() -> None:
    tables = PhaseTables(1024, 256, 2, 1)
    mags = magnitudes(pluck(330.0, 0.2), 1024, 256)
    streamed = stream(tables, mags, len(mags) + tables.tail_frames + 20)
    end = (len(mags) + tables.tail_frames - 1) * tables.hop
    assert np.any(streamed[end - tables.hop : end])
    assert not np.any(streamed[end:])


def test_silence_is_silent_and_a_voice_may_begin_again() -> None:
    tables = PhaseTables(1024, 256)
    assert not np.any(stream(tables, np.zeros((30, tables.bins), np.float32), 40))
    mags = magnitudes(pluck(330.0, 0.2, lead=0), 1024, 256)
    gap = np.zeros((12, tables.bins), np.float32)
    once = stream(tables, mags, len(mags) + 20)
    late = stream(tables, np.concatenate([gap, mags]), len(gap) + len(mags) + 20)
    np.testing.assert_array_equal(late[len(gap) * 256 :], once)


def test_scale_follows_the_magnitudes() -> None:
    mags = magnitudes(pluck(330.0, 0.2), 1024, 256)
    wanted = oscvae.reconstruct(mags, 1024, 256)
    got = oscvae.reconstruct((mags * np.float32(1024.0)).astype(np.float32), 1024, 256)
    np.testing.assert_allclose(got / np.float32(1024.0), wanted, atol=1e-2 * np.abs(wanted).max())


def test_another_process_gives_the_same_bits() -> None:
    code = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1]); import oscvae; from spectral.plucks import pluck;"
        "from oscvae.sound.stft import magnitudes; m = magnitudes(pluck(196.0, 0.2), 2048, 512);"
        "print(hashlib.sha256(oscvae.reconstruct(m, 2048, 512).tobytes()).hexdigest())"
    )
    folder = str(Path(__file__).parents[1])
    runs = [
        subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True) for _ in "12"
    ]
    assert runs[0].stdout == runs[1].stdout


@numba.njit
def flush(on: bool) -> None:
    mode = get_float_mode()
    set_float_mode(mode | FLUSH_BITS if on else mode & ~FLUSH_BITS)


def test_the_host_threads_float_mode_does_not_matter() -> None:
    mags = magnitudes(pluck(196.0, 0.2), 1024, 256) * np.float32(1e-18)  # whose products are denormal
    wanted = oscvae.reconstruct(mags, 1024, 256)
    flush(True)
    try:
        got = oscvae.reconstruct(mags, 1024, 256)
    finally:
        flush(False)
    np.testing.assert_array_equal(got, wanted)


def test_no_frames_is_no_sound() -> None:
    assert oscvae.reconstruct(np.zeros((0, 513), np.float32), 1024, 256).shape == (0,)


@pytest.mark.parametrize(
    ("mags", "settings", "message"),
    [
        (np.zeros((4, 513)), {}, "float64"),
        (np.zeros((4, 512), np.float32), {}, r"\(4, 512\)"),
        (np.zeros(513, np.float32), {}, r"\(513,\)"),
        (np.full((4, 513), np.nan, np.float32), {}, "nan"),
        (np.full((4, 513), np.inf, np.float32), {}, "inf"),
        (np.full((4, 513), -1.0, np.float32), {}, "-1"),
        ([[0.0]], {}, "list"),
        (np.zeros((4, 513), np.float32), {"n_fft": 1000}, "1000"),
        (np.zeros((4, 513), np.float32), {"n_fft": 128}, "128"),
        (np.zeros((4, 513), np.float32), {"hop": 300}, "300"),
        (np.zeros((4, 513), np.float32), {"look_ahead": 4}, "4"),
        (np.zeros((4, 513), np.float32), {"iterations": 17}, "17"),
    ],
)
def test_what_is_wrong_is_said(mags: Float32s, settings: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        oscvae.reconstruct(mags, **{"n_fft": 1024, "hop": 256, **settings})
