"""One analysis: its numbers, its limits, and that whatever says it says the same."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from oscvae.model.analysis import Analysis, Bands, NoteAnalysis
from oscvae.model.document import ModelDocument
from oscvae.sound.stft import n_samples
from parts.small_model import small_document

SOUND: dict[str, Any] = {
    "sample_rate": 48000,
    "n_fft": 2048,
    "hop": 512,
    "window": "hann",
    "bands": {"kind": "hybrid", "n": 256, "corner": 0},
    "floor_db": -80.0,
    "ceiling_db": 6.0,
    "frames": 160,
    "onset_sample": 1536,
}
NOTES = {"note_min": 40, "note_max": 88, "first_octave": 2}


def test_its_sizes_are_those_of_its_frames() -> None:
    analysis = Analysis(**SOUND)
    assert analysis.n_bins == 1025
    assert analysis.n_samples == n_samples(160, 2048, 512) == 2048 + 159 * 512
    assert analysis.range_db == 86.0
    assert analysis.band_axis().n_bands == 256


@pytest.mark.parametrize("key", SOUND | NOTES)
def test_every_key_must_be_given(key: str) -> None:
    told = SOUND | NOTES
    del told[key]
    with pytest.raises(ValidationError, match=f"{key}\n  Field required"):
        NoteAnalysis(**told)


def test_a_corner_of_nought_is_solved_once() -> None:
    analysis = Analysis(**SOUND)
    solved = analysis.solved()
    assert analysis.bands == Bands(kind="hybrid", n=256, corner=0)
    assert solved.bands.corner == analysis.band_axis().corner > 0
    assert solved.solved() == solved
    assert (solved.band_axis().matrix() == analysis.band_axis().matrix()).all()


def test_an_analysis_can_be_a_key() -> None:
    assert len({NoteAnalysis(**SOUND, **NOTES), NoteAnalysis(**NOTES, **SOUND), Analysis(**SOUND)}) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_fft": 1536}, "power of two"),
        ({"hop": 500}, "one of 1024, 512, 256"),
        ({"bands": {"kind": "linear", "n": 1026, "corner": 0}}, "1026 bands: n_fft 2048 allows 1025"),
        ({"bands": {"kind": "hybrid", "n": 100, "corner": 101}}, "corner 101"),
        ({"bands": {"kind": "linear", "n": 1025, "corner": 0}, "frames": 1024}, "numbers a note"),
        ({"onset_sample": 2048 + 159 * 512}, "must lie inside the 83456 samples"),
        ({"floor_db": 6.0}, "floor_db 6.0 must be below ceiling_db 6.0"),
        ({"floor_db": float("nan")}, "finite"),
        ({"note_min": 89}, "note_min 89 must not be above note_max 88"),
        ({"first_octave": 4}, "note 40 is outside the 7 octaves from 4"),
    ],
)
def test_what_cannot_be_is_refused_wherever_it_is_said(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        NoteAnalysis(**SOUND | NOTES | change)
    with pytest.raises(ValidationError, match=said):
        ModelDocument(**small_document() | SOUND | NOTES | change)


def test_a_document_is_an_analysis() -> None:
    document = ModelDocument(**small_document())
    assert isinstance(document, NoteAnalysis)
    told = {name: small_document()[name] for name in SOUND | NOTES}
    assert NoteAnalysis(**told) == NoteAnalysis(**{name: getattr(document, name) for name in told})
