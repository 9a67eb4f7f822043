"""How far a decoded note has faded, against its recording."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from oscvae.arrays import Float32s
from oscvae.model.document import ModelDocument
from oscvae.sound.stft import to_log
from oscvae.training.data.dataset import NoteSet
from oscvae.training.evaluate import levels
from oscvae.training.evaluate.levels import measure_tails, tail_frames, tail_levels
from oscvae.training.evaluate.subject import Codes, Subject
from training.ringing import ringing_document

FRAMES = 1400


def document() -> ModelDocument:
    return ringing_document().model_copy(update={"frames": FRAMES})


def fading(slope_db_s: float) -> Float32s:
    """x [bands, frames] of one band that falls from 0 dB at the onset by so many dB a second."""
    told = document()
    centre_s = (np.arange(FRAMES) * told.hop + 0.5 * told.n_fft - told.onset_sample) / told.sample_rate
    bands = np.zeros((told.bands.n, FRAMES))
    bands[20] = 10.0 ** (-slope_db_s * centre_s / 20.0)
    return to_log(bands, 1.0, told.floor_db, told.ceiling_db).astype(np.float32)


@pytest.mark.parametrize("at_s", [3.0, 5.0])
def test_the_level_is_that_of_the_moment(at_s: float) -> None:
    width_db = 10.0 * np.log10(document().band_axis().width()[20])
    (level,) = tail_levels(fading(6.0)[None], document(), at_s)
    assert level == pytest.approx(width_db - 6.0 * at_s, abs=0.2)
    assert tail_levels(fading(60.0)[None], document(), at_s)[0] == pytest.approx(-80.0, abs=0.1)


def test_a_note_that_is_over_by_then_has_no_tail() -> None:
    short = document().model_copy(update={"frames": 160})
    assert tail_frames(short, 3.0) is None
    assert tail_frames(document(), 5.0) is not None


class Fading(Subject):
    """Decodes z as the slope of a note, in dB a second."""

    def decode_batch(self, z: object, note: object) -> Float32s:
        return np.stack([fading(float(one)) for one in np.asarray(z)[:, 0]])


def test_tails_are_told_by_split_and_apart_where_the_font_repeats() -> None:
    told = document()
    slopes = np.array([6.0, 6.0, 8.0, 6.0, 30.0])
    notes = NoteSet(
        x=np.stack([fading(slope) for slope in slopes]),
        note=np.full(5, 60), program=np.zeros(5, int), velocity=np.full(5, 100), level=np.ones(5, np.float32),
        split=np.array([0, 1, 1, 1, 1]), analysis=told,
        loop_s=np.array([np.inf, np.inf, np.inf, 4.0, np.inf], np.float32),
    )  # fmt: skip
    codes = Codes(np.array([[6.0], [7.0], [8.0], [9.0], [6.0]], np.float32), np.zeros((5, 1), np.float32))
    found = measure_tails(Fading(None, told), notes, codes)
    assert found.recorded["3 s"]["training"].error_db == pytest.approx(0.0, abs=1e-3)
    at_3_s, at_5_s = (found.recorded[at]["withheld notes"] for at in ("3 s", "5 s"))
    assert (at_3_s.n, at_5_s.n) == (3, 2), "one has faded, and one repeats itself after 4 s"
    assert at_3_s.error_db == pytest.approx((3.0 + 0.0 + 9.0) / 3.0, abs=0.1)
    assert at_5_s.error_db == pytest.approx(2.5, abs=0.1)
    assert (found.looped["3 s"]["withheld notes"].n, found.looped["5 s"]["withheld notes"].n) == (0, 1)
    assert found.looped["5 s"]["withheld notes"].error_db == pytest.approx(15.0, abs=0.1)


def test_a_set_of_short_notes_has_no_tails() -> None:
    short = document().model_copy(update={"frames": 100})
    notes = NoteSet(
        x=np.zeros((1, short.bands.n, 100), np.float32), note=np.array([60]), program=np.array([0]),
        velocity=np.array([1]), level=np.ones(1, np.float32), split=np.array([1]), analysis=short,
    )  # fmt: skip
    found = measure_tails(Fading(None, short), notes, Codes(np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32)))
    assert found == levels.Tails({}, {})
    assert dataclasses.asdict(found) == {"recorded": {}, "looped": {}}
