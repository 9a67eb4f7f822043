"""What is withheld: by recording, evenly, and never so that a recording is known by nothing."""

from __future__ import annotations

import numpy as np

from oscvae.training.data.dataset import TRAIN, WITHHELD_NOTE, WITHHELD_RECORDING
from oscvae.training.data.recipes import Split
from oscvae.training.data.split import divide


def instruments(counts: tuple[int, ...], notes_each: int = 4, velocities: int = 2) -> tuple[np.ndarray, ...]:
    """note, timbre, source of instruments that have so many recordings, each over a few semitones."""
    rows, source = [], 0
    for timbre, count in enumerate(counts):
        for recording in range(count):
            rows += [
                (40 + recording * notes_each + step, timbre, source)
                for step in range(notes_each)
                for _ in range(velocities)
            ]
            source += 1
    note, timbre, sources = np.array(rows, np.int64).T
    return note, timbre, sources


def test_no_recording_is_on_both_sides() -> None:
    note, timbre, source = instruments((10, 7, 3, 20))
    part = divide(note, timbre, source, Split())
    assert part.dtype == np.int8
    withheld = set(source[part == WITHHELD_RECORDING].tolist())
    assert not withheld & set(source[part != WITHHELD_RECORDING].tolist())
    for which, count in enumerate((2, 1, 1, 3)):
        assert len(withheld & set(source[timbre == which].tolist())) == count
        assert source[timbre == which].min() not in withheld, "the lowest notes have no other teacher"
    np.testing.assert_array_equal(part, divide(note, timbre, source, Split()))


def test_withheld_notes_leave_something_of_their_recording() -> None:
    note, timbre, source = instruments((10, 8), notes_each=3)
    part = divide(note, timbre, source, Split(recordings=0.1, every_note=2))
    for recording in np.unique(source[part == WITHHELD_NOTE]).tolist():
        assert (part[source == recording] == TRAIN).any()
    single = divide(np.array([42, 43, 44]), np.zeros(3, int), np.arange(3), Split(recordings=0.0, every_note=2))
    assert not single.any(), "a recording of one note cannot lose it and stay known"


def test_a_withheld_note_is_withheld_at_all_its_velocities() -> None:
    note, timbre, source = instruments((9,), velocities=3)
    part = divide(note, timbre, source, Split())
    for one in np.unique(note).tolist():
        assert np.unique(part[note == one]).size == 1
    share = float(np.mean(part == WITHHELD_NOTE))
    assert 0.1 < share < 0.2


def test_a_shared_recording_is_withheld_from_both_instruments() -> None:
    note, timbre, source = instruments((6, 6))
    source = np.where(source >= 6, source - 6, source)
    part = divide(note, timbre, source, Split(recordings=0.2))
    for recording in range(6):
        assert np.unique(part[source == recording] == WITHHELD_RECORDING).size == 1


def test_nothing_is_withheld_where_nothing_should_be() -> None:
    note, timbre, source = instruments((10, 2))
    assert not divide(note, timbre, source, Split(recordings=0.0, every_note=0)).any()
    few = divide(note, timbre, source, Split(recordings=0.5, every_note=0))
    assert not few[timbre == 1].any(), "two recordings are too few to lose one"
