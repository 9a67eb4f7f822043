"""Fine detail: what a recording has in each band besides the note that a model makes of it, and how a note gets it.

A model knows a recording that it never heard as the nearest that it can say. What remains is mostly steady: an offset
in each band, and a slope over time, fitted by weighted least squares. They belong to partials and not to frequencies,
so for another note they move with its fundamental. Much of them is there only where the instrument is a stranger: where
the model knows it, other notes are better without (docs/decisions.md).

Detail has a number for each band, or for each group of neighbours where there are more than MOST_BANDS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from oscvae.arrays import Float32s, Float64s
from oscvae.model.document import ModelDocument
from oscvae.model.knots import spread_matrix
from oscvae.model.level import level_frames, loudest

MOST_BANDS = 256
REACH_DB = 24.0
"""Beyond this no detail raises or lowers anything: a slope runs away behind what it was fitted to."""
SLOPE_MOST_DB = 120.0
"""Of a slope, dB a second."""
ELSEWHERE_MOST = 0.6
"""Of a recording's detail, for other notes than its own: of one that is .."""
KNOWN_DB, STRANGE_DB = 7.0, 8.0
""".. so far from what the model plays, nothing, and this."""
FITTED_S = 1.7
"""After its onset a recording is fitted so long; what comes later is mostly silence."""
_FLOOR = -0.995  # in x: nothing is said of what lies below
_CLEAR_DB = -25.0  # what is louder counts fully
_FAINT = 0.02  # and what is far below, so much
_HELD_S = 0.02  # how long no deviation at all counts beside what was heard
_HELD_S3 = 0.003  # the same of a slope, s^3


@dataclass(frozen=True, eq=False)
class Detail:
    """Of one recording. Each is its own: two are never equal."""

    note: int
    """MIDI note of the recording."""
    numbers: Float32s
    """[2, n], dB at the onset and dB a second, by band."""
    elsewhere: float = ELSEWHERE_MOST
    """How much of it other notes have, 0 to 1."""

    def at(self, note: int) -> float:
        """How much of it a note has."""
        return 1.0 if note == self.note else self.elsewhere

    @property
    def size(self) -> int:
        return int(self.numbers.shape[1])


Mix = tuple[tuple[Detail, float], ...]
"""Details that are added up, and the share of each, above 0; empty for none."""
PARTS_MOST = 4
"""Details in a mix."""
_SMALLEST = 1e-3  # of a share that is kept


def blended(a: Mix, b: Mix, share: float) -> Mix:
    """The mix at `share` of the way from `a` to `b`, 0 to 1; the PARTS_MOST that have most of it."""
    if a == b:
        return a
    shares: dict[Detail, float] = {}
    for mix, part in ((a, 1.0 - share), (b, share)):
        for detail, own in mix:
            shares[detail] = shares.get(detail, 0.0) + own * part
    kept = sorted((item for item in shares.items() if item[1] >= _SMALLEST), key=lambda item: -item[1])
    return tuple(kept[:PARTS_MOST])


def share_elsewhere(distance_db: float) -> float:
    """How much of its detail other notes have than a recording that is so far from what the model plays."""
    return ELSEWHERE_MOST * min(max((distance_db - KNOWN_DB) / (STRANGE_DB - KNOWN_DB), 0.0), 1.0)


def checked(note: object, numbers: Sequence[float], elsewhere: float, size: int | None = None) -> Detail:
    """A detail from foreign numbers, 2 n of them. size: the n that it must have; None = any that a model may have.

    Raises ValueError for what no fit answers.
    """
    n = len(numbers) // 2
    if len(numbers) % 2 or not 0 < n <= MOST_BANDS or (size is not None and n != size):
        wanted = f"an even count up to {2 * MOST_BANDS}" if size is None else str(2 * size)
        raise ValueError(f"a detail has {len(numbers)} numbers: it must have {wanted}")
    if not isinstance(note, int) or isinstance(note, bool) or not 0 <= note <= 127:
        raise ValueError("the note of a detail must be 0 to 127")
    values = np.array(numbers, np.float64).reshape(2, n)
    if not (np.abs(values) <= [[REACH_DB], [SLOPE_MOST_DB]]).all():  # false for NaN as well
        raise ValueError(f"an offset is at most {REACH_DB:g} dB, a slope {SLOPE_MOST_DB:g} dB/s")
    if not 0.0 <= elsewhere <= 1.0:
        raise ValueError(f"other notes must have 0 to 1 of a detail, not {elsewhere}")
    return Detail(note, values.astype(np.float32), float(elsewhere))


def detail_size(bands: int) -> int:
    """n, for a model of so many bands."""
    return -(-bands // _group(bands))


def _group(bands: int) -> int:
    return -(-bands // MOST_BANDS)


class Moved(NamedTuple):
    """A detail that is to be added: so much of it, moved from that note to the one that is decoded."""

    share: float
    note: int
    numbers: Float32s
    """[2, n]."""


class Detailer:
    """Fits detail to what a model of `document` decodes, and adds it there."""

    def __init__(self, document: ModelDocument) -> None:
        axis = document.band_axis()
        group = _group(document.bands.n)
        self.size = detail_size(document.bands.n)
        self._of_band = np.arange(document.bands.n) // group
        self._starts = np.arange(0, document.bands.n, group)
        counts = np.diff(self._starts, append=document.bands.n)
        self._centre = np.add.reduceat(axis.centre.astype(np.float64), self._starts) / counts
        self._width = axis.width()
        self._half_range_db = 0.5 * document.range_db
        self._ceiling_db = document.ceiling_db
        frame_s = document.hop / document.sample_rate
        first = document.onset_sample / document.hop
        self._frame_s = frame_s
        self._row_s = np.maximum(0.0, (np.asarray(document.rows, np.float64) - first) * frame_s)
        self._fitted_s = np.maximum(0.0, (np.arange(document.frames_within(FITTED_S)) - first) * frame_s)
        self._spread = spread_matrix(document.rows, document.frames)
        self._loud = level_frames(document, document.level_s)

    def fit(self, decoded: Float32s, heard: Float32s) -> Float32s:
        """[2, n], what to add to the decoded x [frames, bands] to come near to the heard one."""
        t = self._fitted_s[:, None]
        y, x = (part[: t.size].astype(np.float64) for part in (decoded, heard))
        loud_db = self._ceiling_db + (np.maximum(x, y) - 1.0) * self._half_range_db
        weight = np.clip(10.0 ** ((loud_db - _CLEAR_DB) / 20.0), _FAINT, 1.0) * self._frame_s
        weight *= (x > _FLOOR) & (y > _FLOOR)
        rest_db = (x - y) * self._half_range_db
        s0, s1, s2 = self._sum(weight) + _HELD_S, self._sum(weight * t), self._sum(weight * t * t) + _HELD_S3
        b0, b1 = self._sum(weight * rest_db), self._sum(weight * rest_db * t)
        scale = s0 * s2 - s1 * s1
        offset, slope = (s2 * b0 - s1 * b1) / scale, (s0 * b1 - s1 * b0) / scale
        limits = [np.clip(offset, -REACH_DB, REACH_DB), np.clip(slope, -SLOPE_MOST_DB, SLOPE_MOST_DB)]
        return np.array(limits).astype(np.float32)

    def distance_db(self, decoded: Float32s, heard: Float32s) -> float:
        """The log-spectral distance of two x [frames, bands] over what is fitted."""
        rest_db = (decoded - heard)[: self._fitted_s.size].astype(np.float64) * self._half_range_db
        return float(np.sqrt(np.square(rest_db).mean(axis=1)).mean())

    def _sum(self, cells: Float64s) -> Float64s:
        """Over the frames, and the bands of a group: [n]."""
        total: Float64s = np.add.reduceat(cells.sum(axis=0), self._starts)
        return total

    def add(self, block: Float32s, note: int, parts: Sequence[Moved]) -> None:
        """Add details to the decoded x [rows, bands] of a note, in place. Its level stays as it was."""
        deviation_db = np.zeros((self._row_s.size, self.size))
        for part in parts:
            offset, slope = self._moved(part, note)
            deviation_db += offset + self._row_s[:, None] * slope
        deviation = (np.clip(deviation_db, -REACH_DB, REACH_DB) / self._half_range_db).astype(np.float32)
        before = self._level_db(block)
        audible = block > _FLOOR
        block += np.where(audible, deviation[:, self._of_band], np.float32(0.0))
        block += np.where(audible, np.float32((before - self._level_db(block)) / self._half_range_db), np.float32(0.0))
        np.clip(block, -1.0, 1.0, out=block)

    def _moved(self, part: Moved, note: int) -> Float64s:
        """[2, n], a detail's numbers where the partials of a note lie."""
        numbers = part.numbers.astype(np.float64) * part.share
        if note == part.note:
            return numbers
        there = self._centre * 2.0 ** ((part.note - note) / 12.0)
        return np.stack([np.interp(there, self._centre, row) for row in numbers])

    def _level_db(self, block: Float32s) -> float:
        """The power of its loudest quarter second, in dB."""
        power = np.exp(np.float32(np.log(10.0) / 10.0 * self._half_range_db) * block) @ self._width
        return float(10.0 * np.log10(loudest(np.exp(np.log(power) @ self._spread), self._loud)))
