"""The figures by which a model is judged: spectral distances, pitch, and the time of a decode."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from oscvae.arrays import Float32s, Int64s
from oscvae.model.document import ModelDocument
from oscvae.model.torchscript import one_hots, to_frames
from oscvae.sound.pitch import detune_cents
from oscvae.training.data.dataset import NoteSet
from oscvae.training.evaluate.sound import Renderer
from oscvae.units import note_to_hz

_AT_ONCE = 64
_PITCH_FROM_S = 0.05
_IN_TUNE_CENTS = 10.0


@dataclass(frozen=True)
class Distance:
    """Means over notes, both in dB; less is better."""

    lsd_db: float
    """Log-spectral distance over bands, floored, mean over frames."""
    sc_db: float
    """Spectral convergence 20 log10(||S' - S|| / ||S||) on linear band magnitudes, of each note."""


@dataclass(frozen=True)
class Pitch:
    """Deviation from equal temperament in cents, absolute."""

    median_cents: float
    p95_cents: float
    within_10_cents: float


def encode_all(module: Any, notes: NoteSet, first_octave: int, rows: Int64s | None = None) -> Float32s:
    """The latent means [N, D] of all notes, or of some rows, on the CPU."""
    chosen = np.arange(len(notes)) if rows is None else rows
    octave, semitone = one_hots(notes.note[chosen].tolist(), first_octave)
    with torch.inference_mode():
        parts = [
            module.encode(
                torch.from_numpy(np.array(notes.x[chosen[at : at + _AT_ONCE]])),
                octave[at : at + _AT_ONCE],
                semitone[at : at + _AT_ONCE],
            )[0]
            for at in range(0, chosen.size, _AT_ONCE)
        ]
    z: Float32s = torch.cat(parts).numpy()
    return z


def decode_all(module: Any, z: Float32s, note: Sequence[int], first_octave: int) -> Float32s:
    """Log magnitudes [N, bands, frames], on the CPU; of a model with knots [N, bands, knots]."""
    octave, semitone = one_hots(note, first_octave)
    with torch.inference_mode():
        parts = [
            module(torch.from_numpy(z[at : at + _AT_ONCE]), octave[at : at + _AT_ONCE], semitone[at : at + _AT_ONCE])
            for at in range(0, len(note), _AT_ONCE)
        ]
    x: Float32s = torch.cat(parts).numpy()
    return x


def distance(x: Float32s, target: Float32s, floor_db: float, ceiling_db: float) -> Distance:
    """Between log magnitudes [N, bands, frames] and what they should be."""
    half_range_db = 0.5 * (ceiling_db - floor_db)
    lsd_db = np.sqrt(np.mean(((x - target) * half_range_db) ** 2, axis=1)).mean(axis=1)
    to_exponent = half_range_db / 20.0
    got, wanted = 10.0 ** (to_exponent * (x - 1.0)), 10.0 ** (to_exponent * (target - 1.0))
    ratio = np.linalg.norm(got - wanted, axis=(1, 2)) / np.linalg.norm(wanted, axis=(1, 2))
    return Distance(float(lsd_db.mean()), float(np.mean(20.0 * np.log10(ratio))))


def pitch(module: Any, document: ModelDocument, count: int = 200, seed: int = 1) -> Pitch:
    """Of `count` random notes and points of the latent range, heard through the phase reconstruction."""
    rng = np.random.default_rng(seed)
    note = rng.integers(document.note_min, document.note_max + 1, count)
    low, high = np.array(document.latent.low), np.array(document.latent.high)
    z = rng.uniform(low, high, (count, low.size)).astype(np.float32)
    rows = torch.from_numpy(decode_all(module, z, note.tolist(), document.first_octave))
    decoded = to_frames(rows, document).numpy()
    renderer = Renderer(document)
    begin = document.onset_sample + round(_PITCH_FROM_S * document.sample_rate)
    error = []
    for row, x in enumerate(decoded):
        sound = renderer.sound(x, document.reference)[begin:]
        error.append(abs(detune_cents(sound, document.sample_rate, note_to_hz(float(note[row])))))
    within = float(np.mean(np.array(error) <= _IN_TUNE_CENTS))
    return Pitch(float(np.median(error)), float(np.percentile(error, 95)), within)


def decode_ms(module: Any, document: ModelDocument, batch: int = 1, count: int = 500) -> tuple[float, float, float]:
    """(slowest of the first five calls, median, 99th percentile) in ms of one decode, at the caller's thread count."""
    rng = np.random.default_rng(1)
    octave, semitone = one_hots([document.note_min] * batch, document.first_octave)
    taken = []
    with torch.inference_mode():
        for _ in range(count):
            z = torch.from_numpy(rng.standard_normal((batch, document.latent_size), np.float32))
            begin = time.perf_counter()
            module(z, octave, semitone)
            taken.append(1e3 * (time.perf_counter() - begin))
    return max(taken[:5]), float(np.median(taken[5:])), float(np.percentile(taken[5:], 99))
