"""Phase reconstruction of a whole spectrogram, by the same kernel that plays: `oscvae.reconstruct`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.realtime.denormal import FLUSH_BITS, get_float_mode, set_float_mode
from oscvae.realtime.kernel import kernel
from oscvae.sound.stft import n_samples
from oscvae.spectral.phase import PhaseTables
from oscvae.spectral.rtisi import push
from oscvae.spectral.views import aligned_floats, part

MAX_MAGNITUDE = 1e15  # its square must be a float32

_tables = lru_cache(maxsize=8)(PhaseTables)


@kernel(
    "void(int64[::1], float32[::1], float32[::1], float32[::1], float32[::1], float32[::1], float32[::1], int64, int64)"
)
def push_all(params, tables, state, scratch, mags, silence, out, bins, hop):  # type: ignore[no-untyped-def]
    """Push frame after frame of `mags` [frames * bins], then `silence` [bins], until `out` [any * hop] is full."""
    mode = get_float_mode()
    set_float_mode(mode | FLUSH_BITS)
    frames = mags.size // bins
    for t in range(out.size // hop):
        frame = part(mags, t * bins, bins) if t < frames else silence
        push(params, tables, state, scratch, frame, part(out, t * hop, hop))
    set_float_mode(mode)


def reconstruct(magnitudes: NDArray[Any], n_fft: int, hop: int, look_ahead: int = 1, iterations: int = 2) -> Float32s:
    """The sound whose short-time spectrum has these magnitudes, as the synthesiser would play it.

    magnitudes: float32 [frames, n_fft // 2 + 1], linear, of periodic Hann windows; frame 0 starts at sample 0.
    n_fft: a power of two, 256 to 8192; hop: n_fft / 2, / 4 or / 8.
    look_ahead: 0 to 3 frames that stay revisable; one more is known by its magnitudes.
    iterations: Griffin-Lim steps of the revisable frames per hop, 0 to 16; up to 16 while they still help.
    Returns float32 [n_fft + (frames - 1) * hop], nothing for no frames.
    Raises ValueError for a wrong shape, type, setting, or a magnitude that is negative, not finite or above 1e15.
    """
    tables = _tables(n_fft, hop, look_ahead, iterations)
    mags = _checked(magnitudes, tables.bins)
    frames = mags.shape[0]
    if frames == 0:
        return np.zeros(0, np.float32)
    out = aligned_floats((frames + tables.tail_frames) * hop)
    push_all(
        tables.params,
        tables.tables,
        tables.new_state(),
        tables.new_scratch(),
        mags.reshape(-1),
        np.zeros(tables.bins, np.float32),
        out,
        tables.bins,
        hop,
    )
    delay = tables.delay_frames * hop
    return out[delay : delay + n_samples(frames, n_fft, hop)]


def _checked(magnitudes: NDArray[Any], bins: int) -> Float32s:
    if not isinstance(magnitudes, np.ndarray) or magnitudes.dtype != np.float32:
        kind = magnitudes.dtype if isinstance(magnitudes, np.ndarray) else type(magnitudes).__name__
        raise ValueError(f"magnitudes are {kind}: they must be a NumPy array of float32")
    if magnitudes.ndim != 2 or magnitudes.shape[1] != bins:
        raise ValueError(f"magnitudes have the shape {magnitudes.shape}: it must be (frames, {bins})")
    if magnitudes.size and not (magnitudes.min() >= 0.0 and magnitudes.max() <= MAX_MAGNITUDE):  # false for NaN too
        raise ValueError(
            f"magnitudes go from {magnitudes.min()} to {magnitudes.max()}: they must be from 0 to {MAX_MAGNITUDE:g}"
        )
    return np.ascontiguousarray(magnitudes)
