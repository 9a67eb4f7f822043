"""What fine detail brings a recording, and what it brings another recording of the same instrument."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from oscvae.arrays import Float32s
from oscvae.model.analysis import NoteAnalysis
from oscvae.training.data.dataset import TRAIN, WITHHELD_RECORDING, NoteSet
from oscvae.training.evaluate.detail import measure_detail, never_heard
from oscvae.training.evaluate.subject import Subject
from parts import ROOT

ELSEWHERE = 63
NOTES = np.array([60, 62, ELSEWHERE, ELSEWHERE + 1, 60])
SOURCE = np.array([0, 0, 1, 1, 2])
INSTRUMENT = np.array([0, 0, 0, 0, 1])


@pytest.fixture(scope="module")
def subject() -> Subject:
    return Subject.open(ROOT / "models" / "plucked.ts")


def resonance_db(place: Float32s) -> Float32s:
    """A peak of 9 dB; place: of each band, 0 to 1."""
    return 9.0 * np.exp(-(((place - 0.3) / 0.05) ** 2))


def waves_db(place: Float32s) -> Float32s:
    return 22.0 * np.sin(6.0 * np.pi * place)


def coloured(subject: Subject, colour_db: Callable[[Float32s], Float32s] = resonance_db) -> NoteSet:
    """Two recordings of an instrument whose colour the model has not, and one of another."""
    document = subject.document
    mean = np.tile(np.array(document.latent.mean, np.float32), (NOTES.size, 1))
    x = subject.decode(mean, NOTES)
    added = colour_db(np.arange(document.bands.n, dtype=np.float32) / document.bands.n) / subject.half_range_db
    x = np.where(x > -0.9, np.clip(x + added[None, :, None], -1.0, 1.0), x)
    analysis = NoteAnalysis(**{name: getattr(document, name) for name in NoteAnalysis.model_fields})
    return NoteSet(
        x=x.astype(np.float32),
        note=NOTES,
        program=np.zeros(NOTES.size, int),
        velocity=np.full(NOTES.size, 100),
        level=np.ones(NOTES.size, np.float32),
        split=np.array([WITHHELD_RECORDING, WITHHELD_RECORDING, TRAIN, TRAIN, TRAIN]),
        analysis=analysis,
        timbre=INSTRUMENT,
        timbres=("coloured", "other"),
        source=SOURCE,
        sources=("one", "two", "three"),
    )


def random() -> np.random.Generator:
    return np.random.default_rng(1)


def test_detail_brings_a_recording_nearer(subject: Subject) -> None:
    notes = coloured(subject)
    assert never_heard(notes).tolist() == [0, 1]
    found = measure_detail(subject, notes, never_heard(notes), 100, random())
    assert found is not None
    without, with_detail = found.encoded.without, found.encoded.with_detail
    assert without.n == with_detail.n == 2
    assert with_detail.lsd_db < 0.7 * without.lsd_db and with_detail.sc_db < without.sc_db
    # its neighbour has none of it: as near as this the detail is the recording's own (model.detail.share_elsewhere)
    assert found.elsewhere.without.n == 4, "two notes of the other recording, from two points each"
    assert found.elsewhere.with_detail == found.elsewhere.without


def test_detail_brings_a_neighbour_nearer_where_the_model_is_far(subject: Subject) -> None:
    notes = coloured(subject, waves_db)
    found = measure_detail(subject, notes, never_heard(notes), 100, random())
    assert found is not None
    assert found.elsewhere.with_detail.lsd_db < found.elsewhere.without.lsd_db - 0.5


def test_without_detail_it_is_the_distance_of_the_notes(subject: Subject) -> None:
    from oscvae.training.evaluate.fidelity import measure_distances

    notes = coloured(subject)
    found = measure_detail(subject, notes, never_heard(notes), 100, random())
    assert found is not None
    plain = measure_distances(subject, notes, never_heard(notes))
    assert found.encoded.without.lsd_db == pytest.approx(plain.lsd_db, abs=0.02)
    assert found.encoded.without.sc_db == pytest.approx(plain.sc_db, abs=0.05)


def test_an_instrument_with_one_recording_has_no_other(subject: Subject) -> None:
    notes = dataclasses.replace(coloured(subject), timbre=np.array([0, 0, 1, 1, 1]))
    found = measure_detail(subject, notes, never_heard(notes), 100, random())
    assert found is not None and found.elsewhere.without.n == found.elsewhere.with_detail.n == 0
    assert found.encoded.without.n == 2


def test_of_many_notes_elsewhere_some_are_taken(subject: Subject) -> None:
    found = measure_detail(subject, coloured(subject), np.array([0, 1]), 3, random())
    assert found is not None and found.elsewhere.without.n == 3


def test_where_nothing_was_kept_from_training_there_is_nothing_to_tell(subject: Subject) -> None:
    notes = dataclasses.replace(coloured(subject), split=np.full(NOTES.size, TRAIN))
    assert measure_detail(subject, notes, never_heard(notes), 100, random()) is None
