"""Phase reconstruction of a whole spectrogram, by the same kernel that plays: `oscvae.reconstruct`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscvae.realtime.denormal import FLUSH_BITS, get_float_mode, set_float_mode
from oscvae.realtime.kernel import kernel
from oscvae.spectral.phase import PhaseTables
from oscvae.spectral.rtisi import push
from oscvae.spectral.views import Float32s, aligned_floats, part
from oscvae.stft import n_samples

MAX_MAGNITUDE = 1e15  # its square must be a float32


@kernel("void(int64[::1], float32[::1], float32[::1], float32[::1], float32[::1], float32[::1], int64, int64)")
def push_all(params, tables, state, scratch, mags, out, bins, hop):  # type: ignore[no-untyped-def]
    """Push frame after frame of `mags` [frames * bins] and write a hop each to `out` [frames * hop]."""
    mode = get_float_mode()
    set_float_mode(mode | FLUSH_BITS)
    for t in range(mags.size // bins):
        push(params, tables, state, scratch, part(mags, t * bins, bins), part(out, t * hop, hop))
    set_float_mode(mode)


def reconstruct(magnitudes: NDArray[Any], n_fft: int, hop: int, look_ahead: int = 1, iterations: int = 2) -> Float32s:
    """The sound whose short-time spectrum has these magnitudes, as the synthesiser would play it.

    magnitudes: float32 [frames, n_fft // 2 + 1], linear, of periodic Hann windows; frame 0 starts at sample 0.
    n_fft: a power of two, 256 to 8192; hop: n_fft / 2, / 4 or / 8.
    look_ahead: 0 to 3 frames that stay revisable; one more is known by its magnitudes.
    iterations: Griffin-Lim steps of every frame per hop, 0 to 16.
    Returns float32 [n_fft + (frames - 1) * hop], nothing for no frames.
    Raises ValueError for a wrong shape, type, setting, or a magnitude that is negative, not finite or above 1e15.
    """
    tables = PhaseTables(n_fft, hop, look_ahead, iterations)
    mags = _checked(magnitudes, tables.bins)
    frames = mags.shape[0]
    if frames == 0:
        return np.zeros(0, np.float32)
    padded_mags = np.concatenate([mags, np.zeros((tables.tail_frames, tables.bins), np.float32)])
    out = aligned_floats(padded_mags.shape[0] * hop)
    push_all(
        tables.params,
        tables.tables,
        tables.new_state(),
        tables.new_scratch(),
        padded_mags.reshape(-1),
        out,
        tables.bins,
        hop,
    )
    delay = tables.delay_frames * hop
    return out[delay : delay + n_samples(frames, n_fft, hop)].copy()


def _checked(magnitudes: NDArray[Any], bins: int) -> Float32s:
    if not isinstance(magnitudes, np.ndarray) or magnitudes.dtype != np.float32:
        kind = magnitudes.dtype if isinstance(magnitudes, np.ndarray) else type(magnitudes).__name__
        raise ValueError(f"magnitudes are {kind}: they must be a NumPy array of float32")
    if magnitudes.ndim != 2 or magnitudes.shape[1] != bins:
        raise ValueError(f"magnitudes have the shape {magnitudes.shape}: it must be (frames, {bins})")
    if not np.all((magnitudes >= 0.0) & (magnitudes <= MAX_MAGNITUDE)):
        raise ValueError(f"magnitudes hold values that are not from 0 to {MAX_MAGNITUDE:g} (or not finite)")
    return np.ascontiguousarray(magnitudes)
