"""The heap-free first phase is what a heap gives."""

from __future__ import annotations

import numpy as np
import pytest

from oscvae.sound.stft import magnitudes
from oscvae.spectral.gradient import ROWS, first_phase
from oscvae.spectral.lanes import LANES
from oscvae.spectral.phase import PhaseTables
from oscvae.spectral.rtisi import CONSTANTS
from oscvae.spectral.views import aligned_floats
from spectral import reference
from spectral.plucks import pluck


@pytest.mark.parametrize(("n_fft", "hop"), [(2048, 512), (1024, 128), (256, 128)])
def test_the_sweeps_find_what_the_heap_finds(n_fft: int, hop: int) -> None:
    tables = PhaseTables(n_fft, hop).tables
    bins, apart = n_fft // 2 + 1, n_fft // 2 + LANES
    advance = tables[CONSTANTS + 2 * apart : CONSTANTS + 3 * apart]
    rng = np.random.default_rng(0)
    sounds = (pluck(147.0, 0.3, lead=n_fft), rng.standard_normal(12 * n_fft).astype(np.float32))
    compared = 0
    for sound in sounds:
        mags = magnitudes(sound, n_fft, hop)
        for t in range(1, min(len(mags) - 1, 40)):
            frames = [aligned_floats(apart) for _ in range(3)]
            for frame, source in zip(frames, mags[t - 1 : t + 2], strict=True):
                frame[:bins] = source
            if not frames[1].any():
                continue
            carrier = rng.standard_normal(2 * apart).astype(np.float32)
            C = aligned_floats(2 * apart)
            C[:bins] = frames[1][:bins]
            work = rng.standard_normal(ROWS * apart).astype(np.float32)
            peak = max(frames[0].max(), frames[1].max())
            first_phase(tables, advance, *frames, peak, carrier, C, work, bins, apart)
            before = carrier[:bins] + 1j * carrier[apart : apart + bins]
            S0, S1, S2 = (frame[:bins].astype(np.float64) for frame in frames)
            wanted = S1.astype(complex)
            for m, direction in reference.heap_phases(S0, S1, S2, before, n_fft, hop).items():
                wanted[m] = S1[m] * direction
                compared += 1
            got = C[:bins] + 1j * C[apart : apart + bins]
            np.testing.assert_allclose(got, wanted, atol=2e-3 * S1.max())
    assert compared > 1000
