"""Training with effects: what a step sees, what is never seen, and what comes out as a model."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from oscvae.errors import ConfigError, DataError
from oscvae.model.document import ModelDocument2, read_document
from oscvae.model.torchscript import load, one_hots
from oscvae.play.models.loaded import factory_presets
from oscvae.training.data.store import open_dataset
from oscvae.training.effects.bank import BANK, BY_NAME, DRY
from oscvae.training.effects.pairs import Pairs
from oscvae.training.effects.sets import OF_BANK
from oscvae.training.evaluate.effects.measure import has_effects, measure_effects
from oscvae.training.evaluate.subject import Subject
from oscvae.training.export.command import export_run
from oscvae.training.fit.grids import GridSampler
from oscvae.training.fit.paired import PairedLearner
from oscvae.training.fit.run import load_run
from oscvae.training.fit.train import train
from training.hits import UNSEEN, paired_config, store_hits
from training.tiny import store_notes


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_hits(tmp_path_factory.mktemp("hits") / "set")


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    train(paired_config(folder), open_dataset(data), data, folder / "run", False, Console(file=io.StringIO()))
    return folder / "run"


@pytest.fixture(scope="module")
def model(run: Path) -> Path:
    return export_run(run, run.parent / "hits.ts").path


def test_a_grid_holds_no_pair_that_is_never_trained_on(data: Path, tmp_path: Path) -> None:
    config = paired_config(tmp_path, "effects.unseen_pairs=0.4")
    notes = open_dataset(data)
    sampler = GridSampler(notes, config, PairedLearner(config, notes).model.knots)
    seen = set()
    for number in range(40):
        grid = sampler.batch(number)
        pairs = list(zip(grid.row.tolist(), grid.effect.tolist(), strict=True))
        seen.update(pairs)
        sources = grid.source.tolist()
        for (row, effect), source in zip(pairs, sources, strict=True):
            assert pairs[source][0] == row, "a code of another sound"
            assert pairs[source][1] != effect or sum(one == row for one, _ in pairs) == 1
        assert {row for row, _ in pairs} == {row for row, effect in pairs if effect == DRY}, "each sound is there dry"
    assert not any(OF_BANK.is_unseen_pair(row, effect, 0.4) for row, effect in seen)
    assert not any(effect == BY_NAME[UNSEEN] for _, effect in seen)
    assert all(notes.split[row] == 0 for row, _ in seen)
    assert len({effect for _, effect in seen}) > 30


def test_a_grid_is_a_function_of_its_number_and_holds_the_sounds_as_the_effects_make_them(
    data: Path, tmp_path: Path
) -> None:
    config, notes = paired_config(tmp_path), open_dataset(data)
    learner = PairedLearner(config, notes)
    one, again = learner.grids.batch(3), learner.grids.batch(3)
    for part, same in zip(one, again, strict=True):
        assert torch.equal(part, same)
    dry = one.effect == DRY
    assert torch.allclose(one.x[dry], learner.targets(one.row[dry]).x, atol=5e-3)
    wanted = Pairs(notes).spectrum(int(one.row[1]), int(one.effect[1]))
    gather = learner.model.encoder.sound.gather.numpy()
    np.testing.assert_allclose(one.x[1].numpy(), wanted @ gather, atol=1e-5)


def test_which_pairs_are_unseen_does_not_depend_on_the_run() -> None:
    chosen = [
        (row, effect) for row in range(60) for effect in range(len(BANK)) if OF_BANK.is_unseen_pair(row, effect, 0.1)
    ]
    assert 0.07 < len(chosen) / (60 * len(BANK)) < 0.13
    assert all(effect != DRY for _, effect in chosen)
    assert not any(OF_BANK.is_unseen_pair(row, 5, 0.0) for row in range(200))


def test_effects_begin_apart_and_their_table_is_trained(data: Path, run: Path, tmp_path: Path) -> None:
    learner = PairedLearner(paired_config(tmp_path), open_dataset(data))
    learner.place_effects()
    begun = learner.model.encoder.places.detach()
    near = torch.linalg.norm(begun[BY_NAME["moog-400"]] - begun[BY_NAME["moog-800"]])
    far = torch.linalg.norm(begun[BY_NAME["moog-400"]] - begun[BY_NAME["cubic-100"]])
    assert near < far
    trained = load_run(run).model.encoder.places.detach()
    assert (trained - begun).abs().max() > 1e-4


def test_the_model_says_where_each_effect_lies(model: Path, run: Path) -> None:
    document = read_document(model)
    assert isinstance(document, ModelDocument2)
    assert document.pads == ("sound", "effect")
    bank = document.training["effects"]
    assert [row["name"] for row in bank] == [effect.name for effect in BANK]
    assert [row["name"] for row in bank if row.get("unseen")] == [UNSEEN]
    assert bank[BY_NAME["moog-400-r75"]]["hz"] == 400.0
    places = np.array([row["place"] for row in bank])
    low, high = np.array(document.latent.low)[2:], np.array(document.latent.high)[2:]
    assert (places > low).all()
    assert (places < high).all()
    for point in document.points:
        np.testing.assert_allclose(point.z[2:], places[BY_NAME[point.label]], atol=2e-4)


def test_beyond_all_effects_the_nearest_of_their_places_is_heard(model: Path) -> None:
    module, document = load(model)
    places = torch.tensor([row["place"] for row in document.training["effects"]])
    octave, semitone = (part.expand(len(places) + 1, -1) for part in one_hots([60], document.first_octave))
    far = torch.tensor([[0.0, 0.0, 900.0, 1000.0]])
    with torch.inference_mode():
        x = module(torch.cat([far, torch.nn.functional.pad(places, (2, 0))]), octave, semitone)
    away = (x[1:] - x[0]).abs().flatten(1).amax(1)
    assert away.min() < 1e-4 < away.median()


def test_each_effect_that_a_point_shows_is_a_preset(model: Path) -> None:
    document = read_document(model)
    presets = factory_presets(document.points, document.latent)
    assert list(presets) == [effect.name for effect in BANK][: len(document.points)]


def test_an_effect_that_was_never_trained_on_lies_where_the_encoder_hears_it(model: Path, data: Path) -> None:
    module, document = load(model)
    notes = open_dataset(data)
    rows = np.flatnonzero(~notes.held_out)
    x = torch.from_numpy(Pairs(notes).spectra(rows, np.full(rows.size, BY_NAME[UNSEEN])))
    octave, semitone = one_hots(notes.note[rows].tolist(), document.first_octave)
    with torch.inference_mode():
        heard = module.encode(x, octave, semitone)[0].mean(0)[2:]
    np.testing.assert_allclose(heard, document.training["effects"][BY_NAME[UNSEEN]]["place"], atol=2e-3)


def test_every_figure_of_effects_is_measured(model: Path, data: Path) -> None:
    subject, notes = Subject.open(model), open_dataset(data)
    assert has_effects(subject.document, notes)
    found = measure_effects(subject, notes, np.random.default_rng(1), sounds=3)
    assert found.sounds == 3
    assert found.all.n == found.detailed.n == 3 * len(BANK)
    assert sum(distance.n for distance in found.family.values()) == found.all.n
    assert set(found.unseen) == {UNSEEN}
    assert found.unseen_pairs.n == found.seen_pairs.n > 0
    assert found.brightness_rank_true > 0.5
    assert 1 < found.groups <= len(BANK)
    assert 0.0 <= found.group.right <= 1.0
    assert found.level_db[0] <= 0.0 <= found.level_db[1] < 6.0


def test_a_run_goes_on_with_its_own_table(data: Path, tmp_path: Path) -> None:
    notes, quiet = open_dataset(data), Console(file=io.StringIO())
    config = paired_config(tmp_path, "optimiser.rate=1e-9", "optimiser.kind=adam")
    train(config, notes, data, tmp_path / "run", console=quiet)
    before = load_run(tmp_path / "run").model.encoder.places.detach().clone()
    moved = tmp_path / "run" / "checkpoints" / "last.ckpt"
    kept = torch.load(moved, weights_only=False)
    kept["state_dict"]["model.encoder.places"] += 1.0
    torch.save(kept, moved)
    learner = train(config, notes, data, tmp_path / "run", resume=True, console=quiet)
    assert torch.allclose(learner.model.encoder.places.detach(), before + 1.0, atol=1e-4)


def test_what_cannot_be_trained_with_effects_is_told(tmp_path: Path) -> None:
    notes = open_dataset(store_notes(tmp_path / "notes"))
    with pytest.raises(DataError, match="these data keep no sounds to put effects on"):
        PairedLearner(paired_config(tmp_path), notes)
    for override, said in (
        ("effects.size=4", r"effects.size 4 must be below latent 4"),
        ("fit.batch=7", r"fit.batch 7 must be a multiple of effects.at_once 3"),
        ("encoder.knots=9", "the same knots in encoder and decoder"),
        ("regulariser.kind=mmd-rbf", "effects want regulariser.kind kl"),
        ("decoder.output=stochastic", "a deterministic decoder"),
    ):
        with pytest.raises(ConfigError, match=said):
            paired_config(tmp_path, override)


def test_effects_that_there_are_not_are_told(data: Path, tmp_path: Path) -> None:
    notes = open_dataset(data)
    for name, said in (("moog-440", "no effect 'moog-440'"), ("dry", "dry is the sound itself")):
        with pytest.raises(ConfigError, match=said):
            PairedLearner(paired_config(tmp_path, f"effects.unseen=[{name}]"), notes)
