"""How near recordings come back: log-spectral distance of their frames, spectral convergence of what is heard.

A recording is encoded, decoded at its own levels, and made sound by the package's phase reconstruction; the bands of
that sound are held against the recording's. Means over recordings, each of which counts the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from oscvae import reconstruct
from oscvae.arrays import Float32s
from oscvae.model.frames import Apart
from oscvae.sound.stft import from_log, magnitudes
from oscvae.training.evaluate.sound import Renderer
from oscvae.training.evaluate.summary import Track, quietly
from oscvae.training.timbre.frameset import FrameSet, Recording

Recode = Callable[[Float32s], Float32s]
"""x [frames, bands] encoded and decoded again."""
_TINY = 1e-10


@dataclass(frozen=True)
class Near:
    """Of one recording, or the means over n, in dB; less is better."""

    n: int
    lsd_db: float
    """Log-spectral distance of the frames that are heard: root mean square over bands, mean over frames."""
    sc_bands_db: float
    """Spectral convergence 20 log10(||S' - S|| / ||S||) of linear band magnitudes, without phases."""
    sc_db: float
    """The same of the bands of what the phase reconstruction makes of them."""
    ceiling_db: float
    """The same of what it makes of the recording's own bands: no model can be nearer."""

    def record(self) -> dict[str, Any]:
        return {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(self).items()}


class Judge:
    """Measures recordings of one data set."""

    def __init__(self, frames: FrameSet) -> None:
        self._frames = frames
        self._renderer = Renderer(frames.spectrum)
        self._apart = Apart(frames.spectrum, 1.0)
        self._gather = np.ascontiguousarray(frames.spectrum.band_axis().matrix().T)
        self._ceilings: dict[str, tuple[Float32s, float]] = {}

    def bands(self, x: Float32s, level_db: Float32s) -> Float32s:
        """Linear band magnitudes [frames, bands] of x at the levels, 0 dB being 1."""
        spectrum = self._frames.spectrum
        return from_log(self._apart.add(x, level_db), 1.0, spectrum.floor_db, spectrum.ceiling_db)

    def sound(self, x: Float32s, level_db: Float32s) -> Float32s:
        """x [frames, bands] at the levels through the phase reconstruction."""
        spectrum = self._frames.spectrum
        bins = self._renderer.bins(np.ascontiguousarray(self._apart.add(x, level_db).T), 1.0)
        sound: Float32s = reconstruct(np.ascontiguousarray(bins), spectrum.n_fft, spectrum.hop)
        return sound

    def near(self, recording: Recording, recode: Recode) -> Near:
        frames, rows = self._frames, recording.rows
        target = np.array(frames.x[rows])
        level_db = frames.level_db[rows] - frames.level_db[rows].max()  # headroom is the player's business
        heard = frames.heard(recording)
        x = recode(target)
        half_db = 0.5 * frames.spectrum.range_db
        lsd_db = np.sqrt(np.mean(((x - target) * half_db) ** 2, axis=1, dtype=np.float64))[heard].mean()
        wanted, got = self.bands(target, level_db), self.bands(x, level_db)
        return Near(
            1,
            float(lsd_db),
            _convergence_db(got, wanted),
            _convergence_db(self._heard_bands(x, level_db), wanted),
            self._ceiling_db(recording, target, level_db, wanted),
        )

    def _ceiling_db(self, recording: Recording, target: Float32s, level_db: Float32s, wanted: Float32s) -> float:
        key = f"{recording.name} {recording.copy}"
        if key not in self._ceilings:
            self._ceilings[key] = (wanted[:0], _convergence_db(self._heard_bands(target, level_db), wanted))
        return self._ceilings[key][1]

    def _heard_bands(self, x: Float32s, level_db: Float32s) -> Float32s:
        spectrum = self._frames.spectrum
        return magnitudes(self.sound(x, level_db), spectrum.n_fft, spectrum.hop) @ self._gather


def mean_near(found: Sequence[Near]) -> Near:
    """The means over recordings; all zero of none."""
    if not found:
        return Near(0, 0.0, 0.0, 0.0, 0.0)
    table = np.array([[one.lsd_db, one.sc_bands_db, one.sc_db, one.ceiling_db] for one in found])
    return Near(len(found), *table.mean(axis=0).tolist())


def measure_near(
    judge: Judge, recordings: Sequence[Recording], recode: Recode, track: Track = quietly
) -> dict[str, Near]:
    """Of each recording, by its name."""
    return {one.name: judge.near(one, recode) for one in track(list(recordings), "recordings")}


def _convergence_db(got: Float32s, wanted: Float32s) -> float:
    off = float(np.linalg.norm((got - wanted).astype(np.float64)))
    return 20.0 * float(np.log10(max(off / max(float(np.linalg.norm(wanted)), _TINY), _TINY)))
