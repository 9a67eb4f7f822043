"""From a trained network of single frames to a model file: dimensions in order, named places, the common loudness."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from oscvae import reconstruct
from oscvae.arrays import Float32s, Float64s
from oscvae.errors import ModelError
from oscvae.model.described import Latent, Place
from oscvae.model.frames import FramesDocument
from oscvae.model.torchscript import load_stream, save, script, verify_stream
from oscvae.sound.envelope import peak_db
from oscvae.sound.levels import loudest_db
from oscvae.training.evaluate.latent import rank_correlation
from oscvae.training.evaluate.sound import Renderer
from oscvae.training.evaluate.summary import Track, quietly
from oscvae.training.export.export import SAME, Card, written
from oscvae.training.export.loudness import Loudness, gain_to_common_db
from oscvae.training.export.precision import MOST_SHIFT_DB, halved, rounded
from oscvae.training.fit.run import versions
from oscvae.training.timbre.frameset import TRAIN, UNSEEN, WATCHED, FrameSet, Recording
from oscvae.training.timbre.network import FramesModel
from oscvae.training.timbre.train import FramesRun

_RANGE_PERCENTILES = (0.5, 99.5)  # of each of many dimensions: of 16, two frames in three lie inside of all
_DIGITS = 4
_MAX_PLACES = 400
_FIRST_PLACES = 96
"""As many as a daemon makes presets of: these are of every kind, evenly chosen."""
_MOST_HEARD = 100
_HEARD_S = 0.6
_AT_ONCE = 8192
_TIMED_FRAMES = 16
_ALIKE = 8


@dataclass(frozen=True)
class FramesExported:
    """A model file of single frames, and how it compares with the network in memory."""

    path: Path
    data: Path
    document: FramesDocument
    loudness: Loudness
    difference: float
    """Largest absolute difference of x, of latent means and log variances."""
    decode_ms: float
    """Median of `_TIMED_FRAMES` frames on one thread."""
    shift_db: float
    """By which float16 moves the log-spectral distance; 0 for a file in float32."""


def export_frames(
    run: FramesRun, frames: FrameSet, data: Path, out: Path, card: Card, half: bool, track: Track = quietly
) -> FramesExported:
    """Writes the model file of a run, opens it again and checks it. Raises ModelError where it is not what was trained,
    or where a latent dimension is the same for every frame."""
    model = rounded(run.model) if half else run.model
    shift_db = _check_rounding(run.model, model, frames, card.name) if half else 0.0
    model, axes = _ordered(model, frames)
    training = {
        "data": {
            "name": frames.name,
            "fingerprint": frames.fingerprint,
            **{f"{name}_recordings": len(frames.of_split(split)) for name, split in _COUNTED},
            "frames": int(frames.rows_of(TRAIN).size),
            "altered_copies": int(frames.rows_of(TRAIN, copies=True).size - frames.rows_of(TRAIN).size),
        },
        "config": run.config.model_dump(mode="json"),
        "trained_with": run.record.get("versions", {}),
        "exported_with": versions(),
        "axes": axes,
        **({"float16_shift_db": shift_db} if half else {}),
    }
    document = _describe(model, frames, card, training, half)
    document, loudness = _levelled(model, document, track)
    with written(out) as unchecked:
        save(script(halved(model) if half else model), document, unchecked)
        module, read = open_frames_model(unchecked)
        difference = _check_same(model, module, read)
    return FramesExported(out, data, read, loudness, difference, _decode_ms(module, read), shift_db)


_COUNTED = (("training", TRAIN), ("watched", WATCHED), ("unseen", UNSEEN))


def open_frames_model(path: Path) -> tuple[Any, FramesDocument]:
    """The module of a model file of single frames, as the decoder opens it, and its document.

    Raises ModelError for a file of another kind, and for one whose frames know each other.
    """
    module, document = load_stream(path)
    if not isinstance(document, FramesDocument):
        raise ModelError(f"{path}: it decodes no single frames")
    verify_stream(module, document)
    mean = torch.tensor(document.latent.mean)[None, :, None].repeat(1, 1, _ALIKE)
    with torch.inference_mode():
        x = module(mean)
    if float((x - x[:, :, :1]).abs().max()) > SAME:
        raise ModelError(f"{path}: the same point is another frame when it comes again")
    return module, document


def encode_rows(model: Any, x: Float32s) -> Float32s:
    """The latent means [N, D] of frames x [N, bands], by a network or an opened model file."""
    found = []
    with torch.inference_mode():
        for at in range(0, len(x), _AT_ONCE):
            part = torch.from_numpy(np.array(x[at : at + _AT_ONCE]))
            found.append(model.encode(part.T[None])[0][0].T.numpy())
    return np.concatenate(found)


def decode_rows(model: Any, z: Float32s) -> Float32s:
    """x [N, bands] of latent points [N, D]."""
    found = []
    with torch.inference_mode():
        for at in range(0, len(z), _AT_ONCE):
            part = torch.from_numpy(np.ascontiguousarray(z[at : at + _AT_ONCE]))
            found.append(model(part.T[None])[0].T.numpy())
    return np.concatenate(found)


def place_of(z: Float32s) -> Float32s:
    """Of the points of a recording [T, D] the one that is nearest to their median [D]."""
    nearest: Float32s = z[np.square(z - np.median(z, axis=0)).sum(axis=1).argmin()]
    return nearest


def _ordered(model: FramesModel, frames: FrameSet) -> tuple[FramesModel, dict[str, Any]]:
    """A copy whose dimensions are in the order of the variance of the training frames' means, the largest first, each
    rising with brightness; and what was done, dimensions counted from 1."""
    rows = frames.rows_of(TRAIN)
    x = np.array(frames.x[rows])
    z = encode_rows(model, x)
    variance = z.var(axis=0, dtype=np.float64)
    order = np.argsort(-variance, kind="stable")
    brightness = _centroid(x, frames)
    signs = [1 if rank_correlation(z[:, old], brightness) >= 0.0 else -1 for old in order]
    made = copy.deepcopy(model)
    with torch.no_grad():
        made.turn(order.tolist(), torch.tensor(signs, dtype=torch.float32))
    told = {"order": (order + 1).tolist(), "signs": signs, "variance": variance[order].round(_DIGITS).tolist()}
    return made, told


def _centroid(x: Float32s, frames: FrameSet) -> Float64s:
    """[N], the spectral centroid of frames in bins."""
    axis, spectrum = frames.spectrum.band_axis(), frames.spectrum
    power = 10.0 ** (0.05 * spectrum.range_db * (x.astype(np.float64) - 1.0)) * axis.width()
    centroid: Float64s = (power * axis.centre).sum(axis=1) / power.sum(axis=1)
    return centroid


def _describe(model: FramesModel, frames: FrameSet, card: Card, training: dict[str, Any], half: bool) -> FramesDocument:
    recordings = frames.of_split(TRAIN)
    parts = [encode_rows(model, frames.x[one.rows][frames.heard(one)]) for one in recordings]
    z = np.concatenate(parts)
    low, high = np.percentile(z, _RANGE_PERCENTILES, axis=0)
    if (dead := np.flatnonzero(np.minimum(z.std(axis=0), high - low).round(_DIGITS) <= 0.0)).size:
        raise ModelError(
            f"{card.name}: every frame has the same place on latent dimension {dead[0] + 1}: train longer, with fewer "
            "dimensions (latent), or with less regulariser.weight"
        )
    return FramesDocument(
        **dict(frames.spectrum.solved()),
        format=2,
        output="frames",
        level="apart",
        name=card.name,
        reference=frames.spectrum.n_fft / 4,
        latent=Latent(
            mean=_numbers(z.mean(axis=0)), std=_numbers(z.std(axis=0)), low=_numbers(low), high=_numbers(high)
        ),
        points=tuple(
            Place(z=_numbers(place_of(parts[at])), label=_label(recordings[at])) for at in places_of(len(recordings))
        ),
        licence=card.licence,
        sources=card.sources,
        version=card.version,
        training=training,
        weights="float16" if half else "float32",
    )


def places_of(count: int) -> list[int]:
    """Which of so many recordings are places, the first of them evenly over all."""
    every = np.linspace(0, count - 1, min(_MAX_PLACES, count)).round().astype(int).tolist()
    first = [every[at] for at in np.linspace(0, len(every) - 1, min(_FIRST_PLACES, len(every))).round().astype(int)]
    return [*first, *(at for at in every if at not in set(first))]


def _label(recording: Recording) -> str:
    return recording.name.replace("_", " ")


def _levelled(model: FramesModel, document: FramesDocument, track: Track) -> tuple[FramesDocument, Loudness]:
    """The document with the reference of the common loudness, and what was measured at it, of frames that last."""
    full_scale = document.n_fft / 4
    renderer = Renderer(document)
    chosen = np.linspace(0, len(document.points) - 1, min(_MOST_HEARD, len(document.points))).round().astype(int)
    x = decode_rows(model, np.array([document.points[at].z for at in chosen], np.float32))
    count = round(_HEARD_S * document.sample_rate / document.hop)
    heard = []
    for row in track(list(x), "measuring the loudness"):
        bins = np.repeat(renderer.bins(row[:, None], full_scale), count, axis=0)
        sound = reconstruct(np.ascontiguousarray(bins), document.n_fft, document.hop)
        heard.append((loudest_db(sound, document.sample_rate), peak_db(sound)))
    loudest, peak = np.array(heard).T
    loudness = Loudness(loudest, peak)
    gain_db = gain_to_common_db(loudness)
    louder = loudness.louder(gain_db)
    told = {**document.training, "loudness": louder.record()}
    reference = float(f"{full_scale * 10.0 ** (gain_db / 20.0):.6g}")
    return document.model_copy(update={"reference": reference, "training": told}), louder


def _check_rounding(model: FramesModel, half: FramesModel, frames: FrameSet, name: str) -> float:
    """By how much rounding moves the log-spectral distance of frames, in dB.

    Raises ModelError where it is more than can be given away.
    """
    rows = next(rows for split in (UNSEEN, WATCHED, TRAIN) if (rows := frames.rows_of(split)).size)
    x = np.array(frames.x[rows])
    before, after = (_lsd_db(decode_rows(one, encode_rows(one, x)), x, frames) for one in (model, half))
    shift_db = abs(after - before)
    if not shift_db <= MOST_SHIFT_DB:
        raise ModelError(
            f"{name}: in float16 its log-spectral distance moves by {shift_db:.3f} dB, at most {MOST_SHIFT_DB:g} is "
            "right: export it in float32"
        )
    return shift_db


def _lsd_db(x: Float32s, target: Float32s, frames: FrameSet) -> float:
    return float(np.sqrt(np.mean(((x - target) * 0.5 * frames.spectrum.range_db) ** 2, axis=1)).mean())


def _check_same(model: FramesModel, module: Any, document: FramesDocument) -> float:
    """The largest difference between a network and the file that was made of it. Raises ModelError."""
    rng = np.random.default_rng(1)
    found = 0.0
    with torch.inference_mode():
        for batch, length in ((1, 1), (1, 16), (4, 3)):
            shape = (batch, document.latent_size, length)
            low, high = (
                np.array(end, np.float32)[None, :, None] for end in (document.latent.low, document.latent.high)
            )
            z = torch.from_numpy((low + (high - low) * rng.random(shape, np.float32)).astype(np.float32))
            wanted = model(z)
            pairs = [(wanted, module(z)), *zip(model.encode(wanted), module.encode(wanted), strict=True)]
            found = max(found, *(float(((a - b).abs() / a.abs().clamp(min=1.0)).max()) for a, b in pairs))
    if not found <= SAME:
        raise ModelError(
            f"the exported model differs from the trained network by {found:.2g}, at most {SAME:g} is right"
        )
    return found


def _decode_ms(module: Any, document: FramesDocument) -> float:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    z = torch.tensor(document.latent.mean)[None, :, None].repeat(1, 1, _TIMED_FRAMES)
    taken = []
    with torch.inference_mode():
        for _ in range(50):
            begin = time.perf_counter()
            module(z)
            taken.append(1e3 * (time.perf_counter() - begin))
    torch.set_num_threads(threads)
    return float(np.median(taken[5:]))


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(round(float(value), _DIGITS) for value in values)
