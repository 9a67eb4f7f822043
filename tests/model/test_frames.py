"""The document of a model of single frames, and levels that are told apart and added again."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from oscvae.errors import ModelError
from oscvae.model.analysis import Spectrum
from oscvae.model.document import parse_any_document
from oscvae.model.frames import SILENT_DB, Apart, FramesDocument
from oscvae.sound.stft import from_log, magnitudes
from parts.small_model import frames_document, small_document


def read(**changes: Any) -> FramesDocument:
    document = parse_any_document(json.dumps(frames_document(**changes)), "file")
    assert isinstance(document, FramesDocument)
    return document


def test_a_document_of_frames_says_what_a_frame_is_and_where_recordings_lie() -> None:
    document = read(root_note=48)
    assert (document.latent_size, document.n_bins, document.root_note, document.level) == (2, 129, 48, "apart")
    assert document.points[0].label == "a recording"
    assert document.band_axis().n_bands == 16


NEEDED = {"name", "sample_rate", "n_fft", "hop", "window", "bands", "floor_db", "ceiling_db", "reference", "latent"}


@pytest.mark.parametrize("key", sorted(NEEDED | {"points", "licence", "sources", "version", "training"}))
def test_a_document_of_frames_is_checked_as_well(key: str) -> None:
    raw = frames_document()
    del raw[key]
    with pytest.raises(ModelError, match=f"lacks the key '{key}'"):
        parse_any_document(json.dumps(raw), "file")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        *(({key: small_document()[key]}, f"unknown key '{key}'") for key in ("frames", "onset_sample", "note_min")),
        ({"pitched": False}, "unknown key 'pitched'"),
        ({"knots": [0, 3]}, "unknown key 'knots'"),
        ({"sustain": [4, 5]}, "unknown key 'sustain'"),
        ({"points": [{"z": [0.0, 0.0], "note": 60, "label": "a"}]}, "unknown key 'points.0.note'"),
        ({"points": [{"z": [0.0], "label": "a"}]}, "a point has 1"),
        ({"level": "loud"}, "level"),
        ({"hop": 100}, "hop 100"),
        ({"ceiling_db": -90.0}, "floor_db -80.0 must be below ceiling_db -90.0"),
        ({"bands": {"kind": "linear", "n": 130, "corner": 0}}, "130 bands"),
        ({"labels": ["one"]}, "1 labels"),
        ({"root_note": 128}, "root_note"),
        ({"format": 1}, "unknown key|lacks the key"),
    ],
)
def test_nonsense_of_frames_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read(**changes)


def sounding(document: Spectrum) -> np.ndarray:
    """Bands [T, bands] of a chirp that fades over 100 dB, and silence."""
    t = np.arange(16000) / 16000
    sound = np.sin(2 * np.pi * (300 + 2000 * t) * t) * 10.0 ** (-5.0 * t)
    mags = magnitudes(np.append(sound, np.zeros(1000)).astype(np.float32), document.n_fft, document.hop)
    return document.band_axis().to_bands(mags)


def test_a_level_that_is_told_apart_comes_back_when_it_is_added() -> None:
    document = read()
    bands = sounding(document)
    apart = Apart(document, document.reference)
    x, level_db = apart.tell(bands)
    back = from_log(apart.add(x, level_db), document.reference, document.floor_db, document.ceiling_db)
    heard = bands > document.reference * 10.0 ** (-79.0 / 20.0)
    loud = heard & (bands > bands.max(1, keepdims=True) * 10.0 ** (-60.0 / 20.0))
    assert loud.sum() > 400
    np.testing.assert_allclose(back[loud], bands[loud], rtol=1e-4)


def test_a_frame_at_any_level_is_the_same_frame() -> None:
    document = read()
    bands = sounding(document)[:40]
    apart = Apart(document, document.reference)
    (x, level_db), (quiet, lower_db) = apart.tell(bands), apart.tell(0.01 * bands)
    np.testing.assert_allclose(quiet, x, atol=1e-4)
    np.testing.assert_allclose(level_db - lower_db, 40.0, atol=1e-3)


def test_silence_stays_silence_at_any_level() -> None:
    document = read()
    apart = Apart(document, document.reference)
    x, level_db = apart.tell(np.zeros((3, 16), np.float32))
    assert (x == -1.0).all() and (level_db == np.float32(SILENT_DB)).all()
    assert (apart.add(x, np.full(3, 30.0, np.float32)) == -1.0).all()
    assert (apart.add(np.full((1, 16), 0.5, np.float32), np.array([SILENT_DB], np.float32)) == -1.0).all()
