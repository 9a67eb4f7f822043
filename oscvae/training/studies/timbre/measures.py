"""What a model of single frames makes of recordings that it never heard, and of blends of those that it knows.

Sources: D. P. Kingma and M. Welling, Auto-Encoding Variational Bayes, ICLR 2014 (codes are drawn); Y. Burda, R. Grosse
and R. Salakhutdinov, Importance Weighted Autoencoders, ICLR 2016 (active units).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.sound.files import read_sound
from oscvae.sound.stft import magnitudes
from oscvae.training.fit.regularisers import activity
from oscvae.training.studies.kept import write_json
from oscvae.training.studies.timbre.constantq import FLOOR_DB, HIGHEST_HZ, LOWEST_HZ, SILENCE_DB
from oscvae.training.studies.timbre.network import Size
from oscvae.training.studies.timbre.subjects import HEARD_AT, Excerpt, Subject
from oscvae.training.timbre.frameset import FrameSet

MIXES = (-0.15, 0.0, 0.25, 0.5, 0.75, 1.0, 1.15)
"""0 is the first recording, 1 the second, and what lies beyond is extrapolated, as far as the source's curve goes."""
TOLD = "told.json"
_ACTIVE_VARIANCE = 0.01
_TINY = 1e-10

Pair = tuple[str, str]


@dataclass(frozen=True)
class Heard:
    """How near a sound is to the recording, in dB; means over recordings, of bands that both kinds of frames know."""

    lsd_db: float
    sc_db: float


class Ear:
    """Holds sounds of either kind of model against the recording itself, by this package's bands from 33 Hz to 8.4 kHz,
    where constant-Q frames end."""

    def __init__(self, frames: FrameSet, paths: dict[str, Path], size: Size) -> None:
        self._spectrum, self._paths, self._seconds = frames.spectrum, paths, size.judged_s
        axis = frames.spectrum.band_axis()
        self._gather = np.ascontiguousarray(axis.matrix().T)
        centre_hz = axis.centre * frames.spectrum.sample_rate / frames.spectrum.n_fft
        self.known = (centre_hz > LOWEST_HZ) & (centre_hz < HIGHEST_HZ)
        self._wanted: dict[str, Float32s] = {}

    def bands(self, sound: Float32s) -> Float32s:
        """Linear magnitudes [T, bands] of the beginning of a sound at 48 kHz."""
        n_fft, hop = self._spectrum.n_fft, self._spectrum.hop
        padded = np.pad(sound, (n_fft - hop, n_fft - hop + (-sound.size) % hop))
        return (magnitudes(padded, n_fft, hop) @ self._gather)[: int(self._seconds * HEARD_AT / hop)]

    def wanted(self, name: str) -> Float32s:
        """Those of a recording."""
        if name not in self._wanted:
            self._wanted[name] = self.bands(read_sound(self._paths[name], HEARD_AT, allow_clipped=True))
        return self._wanted[name]

    def near(self, name: str, sound: Float32s) -> Heard:
        wanted, got = self.wanted(name)[:, self.known], self.bands(sound)[:, self.known]
        count = min(len(wanted), len(got))
        wanted, got = wanted[:count], got[:count]
        level = np.sqrt(np.square(wanted, dtype=np.float64).sum(1, keepdims=True))
        floor = np.maximum(level * 10.0 ** (FLOOR_DB / 20.0), _TINY)
        off_db = 20.0 * np.log10(np.maximum(got, floor) / np.maximum(wanted, floor))
        loud = level[:, 0] > level.max() * 10.0 ** (SILENCE_DB / 20.0)
        return Heard(float(np.sqrt(np.mean(off_db**2, axis=1))[loud].mean()), convergence_db(got, wanted))

    def mean(self, names: Sequence[str], sounds: Sequence[Float32s]) -> Heard:
        found = [self.near(name, sound) for name, sound in zip(names, sounds, strict=True)]
        return Heard(float(np.mean([one.lsd_db for one in found])), float(np.mean([one.sc_db for one in found])))


@dataclass(frozen=True)
class Told:
    """Of one training."""

    lsd_db: float
    """Log-spectral distance of what comes back of the means, by the model's own bins."""
    sampled_lsd_db: float
    """Of what comes back of codes that are drawn."""
    sc_db: float
    """Spectral convergence of the means' magnitudes, without phases."""
    heard: Heard
    """Of the means' sounds."""
    sampled_heard: Heard
    flutter: float
    """How far a frame is from the one before it, over the same of the recording; means."""
    sampled_flutter: float
    apart_db: float
    """Log-spectral distance of two draws from each other."""
    nats: float
    active: int
    dimensions: int
    silent: float
    """Share of bins that it never decodes above the floor, and that sound in the recordings."""
    off: dict[str, float]
    """By mix: how far the code of a decoded blend is from the code that was asked, over the distance of both ends."""
    ends_db: float
    """Log-spectral distance of the two ends of a blend, decoded."""
    crossfade_db: float
    """Of the middle of a blend from the cross-fade of the ends' magnitudes."""
    geometric_db: float
    """And from the mean of their decibels."""
    detour: float
    """From one end to the middle and on to the other, over the distance of the ends; 1 is straight."""
    beyond: float
    """How far what is decoded beyond an end is from the other end, over the distance of the ends."""


def told_of(
    place: Path, subject: Subject, ear: Ear, judged: Sequence[str], pairs: Sequence[Pair], size: Size, seed: int
) -> Told:
    """What `measure` finds of the run in the folder `place`, kept there."""
    kept = place / TOLD
    if not kept.is_file():
        found = measure(subject, ear, judged, pairs, size, np.random.default_rng(seed))
        write_json(kept, asdict(found))
    held = json.loads(kept.read_text(encoding="utf-8"))
    return Told(**(held | {name: Heard(**held[name]) for name in ("heard", "sampled_heard")}))


def measure(
    subject: Subject, ear: Ear, judged: Sequence[str], pairs: Sequence[Pair], size: Size, rng: np.random.Generator
) -> Told:
    excerpts = [subject.excerpt(name, size.judged_s) for name in judged]
    codes = [subject.encode(one.x) for one in excerpts]
    means = [subject.decode(mean) for mean, _ in codes]
    drawn, drawn_again = ([subject.decode(draw(*code, rng)) for code in codes] for _ in range(2))
    shapes, of_means, of_drawn, of_again = (
        [subject.shape_db(x) for x in part] for part in ([one.x for one in excerpts], means, drawn, drawn_again)
    )
    loud = [subject.heard(one) for one in excerpts]
    still = [_step(shape, mask) for shape, mask in zip(shapes, loud, strict=True)]

    def away(one: Sequence[Float32s], other: Sequence[Float32s]) -> float:
        return float(np.mean([lsd_db(a[mask], b[mask]) for a, b, mask in zip(one, other, loud, strict=True)]))

    def flutters(part: Sequence[Float32s]) -> float:
        found = [_step(shape, mask) / was for shape, mask, was in zip(part, loud, still, strict=True) if was > 0.0]
        return float(np.mean(found)) if found else 1.0

    def sounding(part: Sequence[Float32s]) -> Heard:
        back = [Excerpt(x, one.level_db) for x, one in zip(part, excerpts, strict=True)]
        return ear.mean(judged, subject.sounds(back))

    known, known_variance = (torch.from_numpy(part) for part in subject.training_codes())
    units = activity(known, known_variance, _ACTIVE_VARIANCE)
    blends = [_blend(subject, pair, size) for pair in pairs]
    most = np.concatenate(of_means).max(0) <= FLOOR_DB
    return Told(
        lsd_db=away(of_means, shapes),
        sampled_lsd_db=away(of_drawn, shapes),
        sc_db=float(
            np.mean(
                [
                    convergence_db(subject.linear(Excerpt(x, one.level_db)), subject.linear(one))
                    for x, one in zip(means, excerpts, strict=True)
                ]
            )
        ),
        heard=sounding(means),
        sampled_heard=sounding(drawn),
        flutter=flutters(of_means),
        sampled_flutter=flutters(of_drawn),
        apart_db=away(of_drawn, of_again),
        nats=float(sum(units.nats)),
        active=sum(units.active),
        dimensions=known.shape[1],
        silent=float(np.mean(most & (np.concatenate(shapes).max(0) > FLOOR_DB))),
        off={f"{mix:g}": float(np.mean([one.off[mix] for one in blends])) for mix in MIXES},
        ends_db=float(np.mean([one.ends_db for one in blends])),
        crossfade_db=float(np.mean([one.crossfade_db for one in blends])),
        geometric_db=float(np.mean([one.geometric_db for one in blends])),
        detour=float(np.mean([one.detour for one in blends])),
        beyond=float(np.mean([one.beyond for one in blends])),
    )


def draw(mean: Float32s, log_variance: Float32s, rng: np.random.Generator) -> Float32s:
    """One code [N, D] of each normal distribution."""
    noise = rng.standard_normal(mean.shape, np.float32)
    return np.asarray(mean + noise * np.exp(0.5 * log_variance), np.float32)


def blended(one: Float32s, other: Float32s, mix: float) -> Float32s:
    """Codes, or log variances, frame by frame between two recordings or beyond them."""
    return np.asarray((1.0 - mix) * one + mix * other, np.float32)


def lsd_db(one: Float32s, other: Float32s) -> float:
    """Root mean square over bins, mean over frames."""
    return float(np.sqrt(np.mean(np.square(one - other, dtype=np.float64), axis=1)).mean())


def convergence_db(got: Float32s, wanted: Float32s) -> float:
    """20 log10(||S' - S|| / ||S||) of linear magnitudes."""
    off = float(np.linalg.norm((got - wanted).astype(np.float64)))
    return 20.0 * float(np.log10(max(off / max(float(np.linalg.norm(wanted)), _TINY), _TINY)))


@dataclass(frozen=True)
class _Blend:
    off: dict[float, float]
    ends_db: float
    crossfade_db: float
    geometric_db: float
    detour: float
    beyond: float


def _blend(subject: Subject, pair: Pair, size: Size) -> _Blend:
    first, second = (subject.excerpt(name, size.excerpt_s) for name in pair)
    count = min(len(first.x), len(second.x))
    one, other = (subject.encode(part.x[:count])[0] for part in (first, second))
    gap = np.maximum(np.linalg.norm(one - other, axis=1), _TINY)
    off = {}
    for mix in MIXES:
        z = blended(one, other, mix)
        again = subject.encode(subject.decode(z))[0]
        off[mix] = float(np.median(np.linalg.norm(again - z, axis=1) / gap))
    before, a, middle, b, after = (
        subject.shape_db(subject.decode(blended(one, other, mix))) for mix in (MIXES[0], 0.0, 0.5, 1.0, MIXES[-1])
    )
    faded = 20.0 * np.log10(0.5 * (10.0 ** (a / 20.0) + 10.0 ** (b / 20.0)))
    ends_db = max(lsd_db(a, b), _TINY)
    return _Blend(
        off,
        ends_db,
        lsd_db(middle, faded.astype(np.float32)),
        lsd_db(middle, (0.5 * (a + b)).astype(np.float32)),
        (lsd_db(a, middle) + lsd_db(middle, b)) / ends_db,
        0.5 * (lsd_db(before, b) + lsd_db(after, a)) / ends_db,
    )


def _step(shape: Float32s, mask: NDArray[np.bool_]) -> float:
    """dB from frame to frame."""
    both = mask[1:] & mask[:-1]
    return lsd_db(shape[1:][both], shape[:-1][both]) if both.any() else 0.0
