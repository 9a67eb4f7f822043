"""The analysis as recipes, indexes and run records write it: flat, and the same one as a model's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from oscvae.errors import DataError
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.store import INDEX, SPECTRA, fingerprint_of, open_dataset, read_index

RECIPE = {
    "sample_rate": 48000,
    "n_fft": 2048,
    "hop": 512,
    "band_kind": "hybrid",
    "n_bands": 32,
    "corner": 0,
    "frames": 7,
    "onset_sample": 1536,
    "floor_db": -80.0,
    "ceiling_db": 6.0,
    "note_min": 60,
    "note_max": 62,
    "first_octave": 2,
}
"""As the index of every data set of format 1 holds it."""
WRITTEN = {
    "fingerprint": "bd15e6d1dc458e7c42dcdbe27be2272a462f7b085295bbe02dc6a3b320e9d313",
    "format": 1,
    "name": "three",
    "licence": "MIT",
    "origins": [],
    "recipe": RECIPE,
    "timbres": ["program 24"],
    "sources": ["a"],
    "notes": [
        {"note": 60, "program": 24, "velocity": 110, "level": 1.5, "split": 0, "timbre": 0, "source": 0, "f0_hz": 261.6}
    ],
}


def test_a_set_that_was_built_before_opens(tmp_path: Path) -> None:
    np.save(tmp_path / SPECTRA, np.zeros((1, 32, 7), np.float32))
    (tmp_path / INDEX).write_text(json.dumps(WRITTEN))
    notes = open_dataset(tmp_path)
    analysis = notes.analysis
    assert (analysis.bands.kind, analysis.bands.n, analysis.bands.corner) == ("hybrid", 32, 0)
    assert (analysis.frames, analysis.note_min, analysis.note_max, analysis.window) == (7, 60, 62, "hann")
    assert fingerprint_of(tmp_path, read_index(tmp_path)) == notes.fingerprint


def test_what_is_written_is_what_was_written_before() -> None:
    told = AnalysisPart.of(AnalysisPart(**RECIPE).complete()).model_dump()
    assert json.dumps(told) == json.dumps(RECIPE), "to the byte, since a fingerprint covers it"


def test_a_damaged_index_is_told(tmp_path: Path) -> None:
    np.save(tmp_path / SPECTRA, np.zeros((1, 32, 7), np.float32))
    (tmp_path / INDEX).write_text(json.dumps(WRITTEN | {"recipe": RECIPE | {"hop": 500}}))
    with pytest.raises(DataError, match="its recipe is none"):
        open_dataset(tmp_path)


def test_an_end_that_is_not_given_is_wide() -> None:
    wide = AnalysisPart(note_max=70).complete()
    assert (wide.note_min, wide.note_max) == (28, 70)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [("n_bands", 1, "equal to 2"), ("band_kind", "bark", "'hybrid', 'mel' or 'linear'"), ("note_max", 128, "127")],
)
def test_a_limit_is_told_of_the_key_that_was_written(key: str, value: object, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        AnalysisPart(**{key: value})
    (detail,) = caught.value.errors()
    assert detail["loc"] == (key,)
    assert said in detail["msg"]
