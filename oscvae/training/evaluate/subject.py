"""The model that is judged: an exported file, opened as the decoder process opens it, asked for many notes at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from oscvae.arrays import Float32s, Int64s
from oscvae.errors import DataError
from oscvae.model.analysis import Analysis
from oscvae.model.detail import Detailer, Moved
from oscvae.model.document import ModelDocument
from oscvae.model.torchscript import has_encoder, load, one_hots, to_frames, verify
from oscvae.sound.envelope import as_heard
from oscvae.training.data.dataset import TRAIN, NoteSet
from oscvae.training.evaluate.sound import Renderer

AT_ONCE = 64
"""Notes in one batch."""


@dataclass(frozen=True)
class Codes:
    """What an encoder says of N notes."""

    mean: Float32s
    """[N, D]."""
    log_variance: Float32s
    """[N, D]."""


class Subject:
    """A model and its document; latent points are [N, D], notes MIDI numbers, spectra [N, bands, frames]."""

    def __init__(self, module: Any, document: ModelDocument) -> None:
        self.module, self.document = module, document
        self.renderer = Renderer(document)
        self.low, self.high = np.array(document.latent.low), np.array(document.latent.high)

    @classmethod
    def open(cls, path: Path) -> Subject:
        """Raises ModelError for a file that cannot be used, and DataError for one that cannot encode."""
        module, document = load(path)
        verify(module, document)
        if not has_encoder(module):
            raise DataError(f"{path} has no encoder: only a model that can encode can be evaluated")
        return cls(module, document)

    def check(self, notes: NoteSet) -> None:
        """Raises DataError for data that are not on this model's axes or beyond its notes."""
        document, analysis = self.document, notes.analysis
        for name in Analysis.model_fields.keys() - {"bands"}:
            wants, has = getattr(document, name), getattr(analysis, name)
            if wants != has:
                raise DataError(f"the data have {name} {has}, the model wants {wants}: build the set for this model")
        if document.has_pitch != (notes.root_note is None):
            has, wants = ("no pitch", "notes") if document.has_pitch else ("notes", "sounds without pitch")
            raise DataError(f"the data have {has}, the model wants {wants}: build the set for this model")
        mine, theirs = document.solved().bands, analysis.solved().bands
        if mine != theirs:
            raise DataError(
                f"the data have {theirs.n} {theirs.kind} bands with corner {theirs.corner}, the model wants "
                f"{mine.n} {mine.kind} bands with corner {mine.corner}"
            )
        if not np.any(notes.split == TRAIN):
            raise DataError("the data set has no notes to train on: the latent space is judged by where they lie")
        one_hots([int(notes.note.min()), int(notes.note.max())], document.first_octave)

    @property
    def every_note(self) -> Int64s:
        """The MIDI notes that can be decoded; of a model without pitch one."""
        low, high = self.document.decoded_notes
        return np.arange(low, high + 1)

    @property
    def half_range_db(self) -> float:
        """dB of one unit of x."""
        return 0.5 * self.document.range_db

    def encode(self, x: Float32s, note: Sequence[int] | Int64s) -> Codes:
        means, variances = [], []
        with torch.inference_mode():
            for part in batches(len(note)):
                octave, semitone = one_hots(_plain(note[part]), self.document.first_octave)
                mean, log_variance = self.module.encode(torch.from_numpy(np.array(x[part])), octave, semitone)
                means.append(mean.numpy())
                variances.append(log_variance.numpy())
        return Codes(np.concatenate(means), np.concatenate(variances))

    def decode(self, z: NDArray[Any], note: Sequence[int] | Int64s) -> Float32s:
        return np.concatenate([self.decode_batch(z[part], note[part]) for part in batches(len(note))])

    def decode_batch(self, z: NDArray[Any], note: Sequence[int] | Int64s) -> Float32s:
        octave, semitone = one_hots(_plain(note), self.document.first_octave)
        with torch.inference_mode():
            rows = self.module(torch.from_numpy(np.asarray(z, np.float32)), octave, semitone)
            x: Float32s = to_frames(rows, self.document).numpy()
        return x

    def with_detail(
        self, z: NDArray[Any], note: Sequence[int] | Int64s, detailer: Detailer, parts: Sequence[Moved]
    ) -> Float32s:
        """As `decode`, with the same details added to each."""
        octave, semitone = one_hots(_plain(note), self.document.first_octave)
        with torch.inference_mode():
            rows = self.module(torch.from_numpy(np.asarray(z, np.float32)), octave, semitone)
            blocks = np.ascontiguousarray(rows.numpy().transpose(0, 2, 1))
            for block, each in zip(blocks, _plain(note), strict=True):
                detailer.add(block, each, parts)
            x: Float32s = to_frames(torch.from_numpy(blocks.transpose(0, 2, 1)), self.document).numpy()
        return x

    def sound(self, x: Float32s) -> Float32s:
        """One spectrum [bands, frames] through the phase reconstruction, at full velocity, as the daemon plays it."""
        document = self.document
        return as_heard(self.renderer.sound(x, document.reference), document.onset_sample, document.sample_rate)

    def random_points(self, count: int, rng: np.random.Generator) -> Float32s:
        """[count, D], uniform over the suggested range."""
        points: Float32s = rng.uniform(self.low, self.high, (count, self.low.size)).astype(np.float32)
        return points


def batches(count: int, size: int = AT_ONCE) -> Iterator[slice]:
    """Slices over `count` rows."""
    for begin in range(0, count, size):
        yield slice(begin, min(count, begin + size))


def _plain(note: Sequence[int] | Int64s) -> list[int]:
    return [int(each) for each in note]
