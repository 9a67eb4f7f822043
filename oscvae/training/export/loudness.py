"""How loud a model is, and the level of 0 dB at which it is as loud as every other.

One instrument is loaded after another on a stage, so `/load` must not change the loudness. The model's own points are
heard as the engine plays them at full velocity and a master gain of 0 dB; `reference` brings the median one to
`LOUDNESS_DB`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from oscvae.arrays import Float32s, Float64s
from oscvae.errors import ModelError
from oscvae.model.document import ModelDocument
from oscvae.sound.envelope import peak_db
from oscvae.sound.levels import loudest_db
from oscvae.training.evaluate.subject import Subject, batches
from oscvae.training.evaluate.summary import Track, quietly

LOUDNESS_DB = -14.8
"""Of the median note's loudest quarter second, in dB of full scale: a sine that reaches full scale has -3.

Plucked strings at this level peak at -2.8 dBFS in the median (n 400): one note at full velocity and 0 dB is just under
full scale. At the defaults, velocity 0.8 and -12 dB, it peaks at -18.6 dBFS."""
MOST_PEAK_DB = 3.9
"""What the median note may peak at: -12 dBFS at velocity 0.8 and a master gain of -12 dB. A stroke is over so soon that
it would need more than that to have the loudness of a note."""
MOST_NOTES = 400
"""Of a model whose document has more points, so many are heard, evenly chosen; each takes 25 ms."""
MOST_REFERENCE = 1e6
"""What a document may hold."""

_WITHOUT_POINTS = 100
_SEED = 1
_SILENT_DB = -150.0
_DIGITS = 6
_PERCENTILES = (5.0, 50.0, 95.0)


@dataclass(frozen=True, eq=False)
class Loudness:
    """Of N notes at full velocity and 0 dB, each in dB of full scale."""

    loudest_db: Float64s
    """[N], root mean square of the loudest quarter second."""
    peak_db: Float64s
    """[N]."""

    @property
    def median_db(self) -> float:
        return float(np.median(self.loudest_db))

    @property
    def median_peak_db(self) -> float:
        return float(np.median(self.peak_db))

    def louder(self, gain_db: float) -> Loudness:
        return Loudness(self.loudest_db + gain_db, self.peak_db + gain_db)

    def record(self) -> dict[str, Any]:
        """For the training record: 5th percentile, median and 95th percentile."""
        return {
            "notes": int(self.loudest_db.size),
            "loudest_quarter_second_db": np.percentile(self.loudest_db, _PERCENTILES).round(2).tolist(),
            "peak_db": np.percentile(self.peak_db, _PERCENTILES).round(2).tolist(),
        }


def measure_loudness(model: Any, document: ModelDocument, track: Track = quietly) -> Loudness:
    """Of the model's points, at the reference of its document.

    Raises ModelError where one of them decodes to numbers that are not finite.
    """
    subject = Subject(model, document)
    z, note = _points(document)
    rows = []
    for part in track(list(batches(len(note), 16)), "measuring the loudness"):
        for x, each in zip(subject.decode_batch(z[part], note[part]), note[part], strict=True):
            if not np.isfinite(x).all():
                raise ModelError(f"{document.name}: note {each} decodes to numbers that are not finite")
            sound = subject.sound(x)
            rows.append((loudest_db(sound, document.sample_rate), peak_db(sound)))
    loudest, peak = np.array(rows).T
    return Loudness(loudest, peak)


def gain_to_common_db(loudness: Loudness) -> float:
    """By how much a model must become louder to be as loud as every other, its peaks permitting."""
    return min(LOUDNESS_DB - loudness.median_db, MOST_PEAK_DB - loudness.median_peak_db)


def levelled(model: Any, document: ModelDocument, track: Track = quietly) -> tuple[ModelDocument, Loudness]:
    """The document with the reference of the common loudness, and what was measured, at that reference.

    What the document's reference was does not matter. Raises ModelError for a model that is silent.
    """
    full_scale = document.n_fft / 4  # the magnitude of a full-scale sine under a Hann window
    heard = measure_loudness(model, document.model_copy(update={"reference": full_scale}), track)
    if heard.median_db < _SILENT_DB:
        raise ModelError(f"{document.name}: half of its notes or more are silent: its loudness cannot be measured")
    gain_db = gain_to_common_db(heard)
    reference = float(f"{full_scale * 10.0 ** (gain_db / 20.0):.{_DIGITS}g}")
    if reference > MOST_REFERENCE:
        raise ModelError(
            f"{document.name}: its loudest quarter second is {-heard.median_db:.0f} dB below full scale at a reference "
            f"of {full_scale:g}: it would need {reference:.3g}, and {MOST_REFERENCE:g} is the most"
        )
    return document.model_copy(update={"reference": reference}), heard.louder(gain_db)


def _points(document: ModelDocument) -> tuple[Float32s, Sequence[int]]:
    """z [N, D] and notes [N] that the model was taught; without any in its range, such as it is likely to be asked."""
    inside = [point for point in document.points if document.note_min <= point.note <= document.note_max]
    if inside:
        chosen = np.linspace(0, len(inside) - 1, min(MOST_NOTES, len(inside))).round().astype(int)
        return np.array([inside[row].z for row in chosen], np.float32), [inside[row].note for row in chosen]
    latent, rng = document.latent, np.random.default_rng(_SEED)
    z = rng.normal(latent.mean, latent.std, (_WITHOUT_POINTS, document.latent_size)).clip(latent.low, latent.high)
    notes = np.linspace(*document.decoded_notes, _WITHOUT_POINTS).round().astype(int)
    return z.astype(np.float32), notes.tolist()
