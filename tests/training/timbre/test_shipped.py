"""The model of single frames that ships: as its document says, its places what their names say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from oscvae.model.frames import FramesDocument
from oscvae.model.torchscript import has_encoder
from oscvae.training.timbre.export import decode_rows, open_frames_model
from oscvae.training.timbre.recipe import load_frames_recipe
from parts import ROOT

PATH = ROOT / "models" / "timbre.ts"


@pytest.fixture(scope="module")
def model() -> tuple[Any, FramesDocument]:
    return open_frames_model(PATH)


def test_it_keeps_its_word(model: tuple[Any, FramesDocument]) -> None:
    module, document = model
    assert has_encoder(module)
    assert PATH.stat().st_size <= 10_000_000
    assert (document.latent_size, document.level, document.licence) == (16, "apart", "MIT")
    assert document.sources == (load_frames_recipe("timbre").folders[0].origin,)


def test_its_dimensions_are_in_the_order_of_their_variance(model: tuple[Any, FramesDocument]) -> None:
    _, document = model
    variance = document.training["axes"]["variance"]
    assert variance == sorted(variance, reverse=True)
    np.testing.assert_allclose(document.latent.std, np.sqrt(variance), atol=2e-3)


def brightness_hz(model: tuple[Any, FramesDocument], prefix: str) -> float:
    """The median spectral centroid of the places whose names begin so."""
    module, document = model
    z = np.array([point.z for point in document.points if point.label.startswith(prefix)], np.float32)
    x = decode_rows(module, z).astype(np.float64)
    axis = document.band_axis()
    power = 10.0 ** (0.05 * document.range_db * (x - 1.0)) * axis.width()
    centroid = (power * axis.centre).sum(axis=1) / power.sum(axis=1)
    return float(np.median(centroid)) * document.sample_rate / document.n_fft


def test_places_sound_as_they_are_called(model: tuple[Any, FramesDocument]) -> None:
    bass, snare, cymbal = (brightness_hz(model, prefix) for prefix in ("bd ", "sn ", "drum cymbal"))
    assert bass < snare < cymbal


def test_every_place_comes_back_where_it_was(model: tuple[Any, FramesDocument]) -> None:
    """Nearer to itself than to nine tenths of the others."""
    module, document = model
    z = torch.tensor([point.z for point in document.points]).T[None]
    with torch.inference_mode():
        again = module.encode(module(z))[0][0].T.numpy()
    places = z[0].T.numpy() / np.array(document.latent.std, np.float32)
    again = again / np.array(document.latent.std, np.float32)
    distance = np.linalg.norm(again[:, None] - places[None], axis=2)
    rank = (distance < np.diag(distance)[:, None]).sum(axis=1)
    assert np.median(rank) <= 1
    assert (rank < 0.1 * len(places)).mean() > 0.9


def test_its_places_are_recordings_of_its_data(model: tuple[Any, FramesDocument]) -> None:
    folder = load_frames_recipe("timbre").folders[0].path
    if not Path(folder).is_dir():
        pytest.skip("Sonic Pi's samples are not installed")
    names = {path.stem.replace("_", " ") for path in Path(folder).glob("*.flac")}
    _, document = model
    labels = [point.label for point in document.points]
    assert set(labels) <= names
    assert len(labels) == len(set(labels)) > 100
