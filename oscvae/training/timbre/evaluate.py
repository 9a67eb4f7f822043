"""The evaluation of a model of single frames: its figures, and a page to see and hear them.

index.html      everything, self-contained
figures.json    the figures
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from oscvae.arrays import Float32s
from oscvae.errors import DataError
from oscvae.model.frames import FramesDocument
from oscvae.model.torchscript import has_encoder
from oscvae.training.evaluate.drawing import thumbnail
from oscvae.training.evaluate.gallery import Block, Cell
from oscvae.training.evaluate.page import Page
from oscvae.training.evaluate.summary import Track, quietly
from oscvae.training.timbre.export import decode_rows, encode_rows, open_frames_model
from oscvae.training.timbre.frameset import TRAIN, UNSEEN, FrameSet, Recording
from oscvae.training.timbre.measure import Judge, Near, mean_near, measure_near

INDEX, FIGURES = "index.html", "figures.json"
ACTIVE_VARIANCE = 0.01
"""Of the means over training frames: a dimension with less says nothing."""
_SEEN = 8
_SEEN_S = 3.0
_PEAK = 0.9


@dataclass(frozen=True)
class FramesTarget:
    """What recordings never trained on must come back within, in dB; less is better."""

    lsd_db: float
    sc_db: float


LEAST = {16: FramesTarget(5.0, -7.4), 64: FramesTarget(4.5, -8.5)}
AIM = {16: FramesTarget(4.3, -9.0), 64: FramesTarget(3.5, -11.0)}
"""By the most dimensions that they are asked of."""


@dataclass(frozen=True)
class FramesEvaluation:
    """The figures of a model on a data set."""

    model: str
    version: str
    data: str
    fingerprint: str
    dimensions: int
    unseen: Near
    """Of recordings that were never trained on."""
    training: Near
    """Of as many that were."""
    by_recording: dict[str, Near]
    variance: tuple[float, ...]
    """Of each dimension, of the means of the training frames."""

    @property
    def active(self) -> int:
        return sum(value > ACTIVE_VARIANCE for value in self.variance)

    def to_json(self) -> str:
        told = {
            "model": self.model,
            "version": self.version,
            "data": {"name": self.data, "fingerprint": self.fingerprint},
            "dimensions": self.dimensions,
            "active": self.active,
            "variance": [round(value, 4) for value in self.variance],
            "unseen": self.unseen.record(),
            "training": self.training.record(),
            "recordings": {name: near.record() for name, near in self.by_recording.items()},
        }
        return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def evaluate_frames(path: Path, frames: FrameSet, out: Path, track: Track = quietly) -> FramesEvaluation:
    """Measures a model file on a data set, and writes the page and the figures into the folder `out`.

    Raises ModelError for a file that cannot be used, DataError for data that are not on its axes, or withhold nothing.
    """
    module, document = open_frames_model(path)
    if not has_encoder(module):
        raise DataError(f"{path} has no encoder: only a model that can encode can be evaluated")
    _check(document, frames)
    unseen = frames.of_split(UNSEEN)
    if not unseen:
        raise DataError("the data withhold no recording from training: build them with split.unseen above 0")
    known = frames.of_split(TRAIN)
    known = [known[at] for at in np.linspace(0, len(known) - 1, min(len(unseen), len(known))).round().astype(int)]

    def recode(x: Float32s) -> Float32s:
        return decode_rows(module, encode_rows(module, x))

    judge = Judge(frames)
    heard = measure_near(judge, unseen, recode, track)
    z = encode_rows(module, frames.x[frames.rows_of(TRAIN)])
    found = FramesEvaluation(
        model=document.name,
        version=document.version,
        data=frames.name,
        fingerprint=frames.fingerprint,
        dimensions=document.latent_size,
        unseen=mean_near(list(heard.values())),
        training=mean_near(list(measure_near(judge, known, recode, track).values())),
        by_recording=heard,
        variance=tuple(z.var(axis=0, dtype=np.float64).tolist()),
    )
    out.mkdir(parents=True, exist_ok=True)
    (out / FIGURES).write_text(found.to_json(), encoding="utf-8")
    chosen = [unseen[at] for at in np.linspace(0, len(unseen) - 1, min(_SEEN, len(unseen))).round().astype(int)]
    (out / INDEX).write_text(_page(found, judge, frames, chosen, recode, track), encoding="utf-8")
    return found


def rows_of(found: FramesEvaluation) -> list[tuple[str, float, float, float]]:
    """What is asked of a model: what, measured, at least, aim."""
    size = min((size for size in LEAST if found.dimensions <= size), default=max(LEAST))
    least, aim = LEAST[size], AIM[size]
    return [
        ("log-spectral distance, recordings never trained on", found.unseen.lsd_db, least.lsd_db, aim.lsd_db),
        ("spectral convergence of what is heard", found.unseen.sc_db, least.sc_db, aim.sc_db),
    ]


def _check(document: FramesDocument, frames: FrameSet) -> None:
    """Raises DataError for data that are not on a model's axes."""
    theirs = frames.spectrum.solved()
    for name in type(theirs).model_fields:
        wants, has = getattr(document.solved(), name), getattr(theirs, name)
        if wants != has:
            raise DataError(f"the data have {name} {has}, the model wants {wants}: build the set for this model")


def _page(
    found: FramesEvaluation, judge: Judge, frames: FrameSet, chosen: Sequence[Recording], recode: Any, track: Track
) -> str:
    page = Page()
    page.heading(f"{found.model} {found.version}", 1)
    page.text(
        f"A model of single frames of {found.dimensions} dimensions, {found.active} of them active, on the data "
        f"{found.data} ({found.fingerprint[:12]}). Each recording is encoded, decoded at its own levels, and made "
        "sound by the phase reconstruction that plays the models.",
        "lead",
    )
    page.table(
        ("figure", "measured", "at least", "aim"),
        [(what, f"{value:.2f} dB", f"{least:g}", f"{aim:g}") for what, value, least, aim in rows_of(found)],
    )
    page.table(
        ("recordings", "n", "LSD", "SC of bands", "SC as heard", "SC of their own bands as heard"),
        [
            (name, str(near.n), *_dbs(near))
            for name, near in (("never trained on", found.unseen), ("trained on", found.training))
        ],
        "means over recordings, in dB",
    )
    page.heading("Recordings never trained on")
    page.sounds(_pairs(judge, frames, chosen, recode, track))
    page.table(
        ("recording", "LSD", "SC of bands", "SC as heard", "of its own bands"),
        [(name, *_dbs(near)) for name, near in found.by_recording.items()],
    )
    page.heading("Dimensions")
    page.table(
        ("dimension", "variance"),
        [(f"z{number}", f"{value:.3f}") for number, value in enumerate(found.variance, 1)],
        f"of the training frames' means; above {ACTIVE_VARIANCE:g} a dimension is active",
    )
    return page.html(f"{found.model}, evaluated")


def _dbs(near: Near) -> tuple[str, str, str, str]:
    return f"{near.lsd_db:.2f}", f"{near.sc_bands_db:.1f}", f"{near.sc_db:.1f}", f"{near.ceiling_db:.1f}"


def _pairs(judge: Judge, frames: FrameSet, chosen: Sequence[Recording], recode: Any, track: Track) -> Block:
    """To see and hear: recorded, through the same phase reconstruction, and decoded."""
    spectrum = frames.spectrum
    most = round(_SEEN_S * spectrum.sample_rate / spectrum.hop)
    lines: list[list[Cell]] = [[], []]
    spectra: list[list[Float32s]] = [[], []]
    for one in track(list(chosen), "pages"):
        rows = slice(one.begin, min(one.end, one.begin + most))
        x, level_db = np.array(frames.x[rows]), frames.level_db[rows] - frames.level_db[one.rows].max()
        for line, seen, each in zip(lines, spectra, (x, recode(x)), strict=True):
            sound = judge.sound(each, level_db)
            sound = sound * (_PEAK / max(float(np.abs(sound).max()), 1e-9))
            shown = np.ascontiguousarray(each.T)
            line.append(Cell(one.name, thumbnail(shown), _flac(sound, spectrum.sample_rate)))
            seen.append(shown)
    cells, shown_spectra = tuple(map(tuple, lines)), tuple(map(tuple, spectra))
    return Block(("recorded", "decoded"), tuple(one.name for one in chosen), cells, shown_spectra)


def _flac(sound: Float32s, sample_rate: int) -> bytes:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, sound, sample_rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()
