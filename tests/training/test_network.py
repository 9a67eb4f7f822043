"""The additive head, the network's contract, and a training run small enough to watch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from oscvae.modelfile import read_document
from oscvae.torchscript import has_encoder, one_hots
from oscvae.training import export
from oscvae.training.dataset import NoteSet, Recipe
from oscvae.training.fit import Plan, fit, losses, spectral_convergence
from oscvae.training.metrics import decode_all, decode_ms, distance, encode_all
from oscvae.training.network import Decoder, NoteModel, Shape, lobe_polynomial, spread_matrix, time_knots
from oscvae.units import note_to_hz

RECIPE = Recipe(frames=40, note_min=48, note_max=72)
SHAPE = Shape(knots=12, dense_knots=6, width=32, codes=8, channels=16, encoder_channels=16)


def made_up_notes(count: int = 24) -> NoteSet:
    """Decaying harmonic combs in two colours, one bright and one dull."""
    axis = RECIPE.axis()
    note = np.arange(count) % 25 + 48
    program = np.where(np.arange(count) % 2 == 0, 24, 46)
    spectra = []
    for row in range(count):
        h = np.arange(1, 30)
        place = note_to_hz(float(note[row])) * 2048 / 48000 * h
        level_db = -3.0 * (h - 1) if program[row] == 24 else -12.0 * (h - 1)
        near = np.abs(axis.centre[:, None] - place) < axis.spacing[:, None]
        band_db = np.where(near, level_db, -90.0).max(axis=1)
        spectra.append(band_db[:, None] - 0.5 * np.arange(RECIPE.frames))
    x = np.clip(np.stack(spectra) / 40.0 + 1.0, -1.0, 1.0).astype(np.float32)
    return NoteSet(x, note, program, np.full(count, 110), np.ones(count, np.float32), np.arange(count) % 6 == 5)


def test_the_lobe_is_a_hann_windows() -> None:
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(2048) / 2048)
    spectrum = np.abs(np.fft.rfft(window, 16 * 2048))[:33] / window.sum()
    distance_bins = np.arange(33) / 16
    np.testing.assert_allclose(np.polyval(lobe_polynomial(), distance_bins**2), spectrum, atol=2e-5)


def test_knots_are_dense_at_the_attack_and_interpolate_linearly() -> None:
    knots = time_knots(Shape(), 160)
    np.testing.assert_array_equal(knots[:10], np.arange(10))
    assert knots[-1] == pytest.approx(159)
    assert np.all(np.diff(knots[9:], 2) > 0.0)
    spread = spread_matrix(knots, 160)
    np.testing.assert_allclose(spread.sum(axis=0), 1.0, atol=1e-6)
    np.testing.assert_allclose(knots.astype(np.float32) @ spread, np.arange(160), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("note", [40, 55, 69, 88])
def test_partials_lie_at_their_exact_frequencies(note: int) -> None:
    """With noise at the floor and B = 0, the centroid of each lobe of a linear axis is the partial's frequency."""
    recipe = Recipe(band_kind="linear", n_bands=1025, frames=4)
    decoder = Decoder(recipe, Shape(knots=3, dense_knots=2), recipe.axis())
    lobes = decoder.lobes(torch.tensor([[float(note)]]), torch.zeros(1, 1))[0].numpy()
    f0_bins = note_to_hz(float(note)) * 2048 / 48000
    for partial in (1, 2, 5):
        lobe = np.sqrt(lobes[:, partial - 1])
        # The Hann window's lobe, sampled at bins, has its centroid exactly at its centre.
        assert np.average(np.arange(1025), weights=lobe) == pytest.approx(partial * f0_bins, abs=0.02)


def test_soft_semitones_are_quarter_tones() -> None:
    recipe = Recipe()
    decoder = Decoder(recipe, SHAPE, recipe.axis())
    octave, semitone = one_hots([60, 61], recipe.first_octave)
    note = octave @ decoder.octave_note + semitone @ decoder.semitone_note
    assert note[:, 0].tolist() == [60.0, 61.0]
    assert float(octave[:1] @ decoder.octave_note + semitone.mean(0)[None] @ decoder.semitone_note) == 60.5


def test_spectral_convergence_is_what_it_says() -> None:
    target = torch.tensor([[[1.0, 0.0]], [[1.0, -1.0]]])
    got = torch.tensor([[[1.0, 0.0]], [[0.0, -1.0]]])
    torch.testing.assert_close(spectral_convergence(got, target), torch.tensor([0.0, 0.99]), atol=1e-4, rtol=0)


def test_nothing_is_owed_below_the_floor() -> None:
    zero = torch.zeros(1, 4)
    target = torch.full((1, 8, 5), -1.0)
    assert float(losses(torch.full((1, 8, 5), -2.0), target, zero, zero, Plan())) == 0.0
    assert float(losses(torch.full((1, 8, 5), -0.5), target, zero, zero, Plan())) > 0.2


def test_training_learns_repeats_and_exports(tmp_path: Path) -> None:
    notes = made_up_notes()
    heard: list[float] = []
    plan = Plan(steps=150, batch=8)
    model = fit(notes, RECIPE, SHAPE, plan, progress=lambda step, loss: heard.append(loss))
    assert len(heard) == 150
    assert np.mean(heard[-20:]) < 0.5 * np.mean(heard[:5])
    again = fit(notes, RECIPE, SHAPE, Plan(steps=150, batch=8))
    for one, other in zip(model.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)

    card = export.Card("test", "1", "MIT", ("made up",))
    document = export.make_document(model, notes, RECIPE, SHAPE, plan, card, 12.5)
    path = tmp_path / "folder" / "test.ts"
    module, read = export.export(model, document, path)
    assert read == read_document(path)
    assert read.bands.corner == 69
    assert read.latent_size == 4
    assert len(read.points) == int((~notes.held_out).sum())
    assert has_encoder(module)
    z = encode_all(module, notes, RECIPE.first_octave)
    np.testing.assert_allclose(z, encode_all(model, notes, RECIPE.first_octave), atol=1e-5)
    assert np.all(np.abs(z - np.array(read.latent.mean)) < 6.0 * np.array(read.latent.std) + 1.0)
    x = decode_all(module, z, notes.note.tolist(), RECIPE.first_octave)
    assert x.shape == notes.x.shape
    assert x.min() >= -1.0
    assert x.max() <= 1.0
    np.testing.assert_allclose(
        decode_all(module, z[:1], notes.note[:1].tolist(), RECIPE.first_octave)[0], x[0], atol=1e-5
    )
    trained = distance(x[~notes.held_out], notes.x[~notes.held_out], -80.0, 0.0)
    assert trained.sc_db < -3.0
    torch.manual_seed(0)
    fresh = NoteModel(RECIPE, SHAPE).eval()
    untrained = distance(decode_all(fresh, z, notes.note.tolist(), RECIPE.first_octave), notes.x, -80.0, 0.0)
    assert trained.lsd_db < 0.65 * untrained.lsd_db
    assert min(decode_ms(module, read, count=20)) > 0.0


def test_distances_are_in_decibels() -> None:
    target = np.zeros((1, 3, 4), np.float32)
    found = distance(target + 0.1, target, -80.0, 0.0)
    assert found.lsd_db == pytest.approx(4.0, rel=1e-5)
    assert found.sc_db == pytest.approx(20.0 * np.log10(10.0 ** (4.0 / 20.0) - 1.0), rel=1e-4)
