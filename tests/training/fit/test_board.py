"""Somebody's own effects, learnt as the second pad: trained, evaluated, exported, called by their names."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from oscvae.errors import ConfigError
from oscvae.model.document import ModelDocument2, read_document
from oscvae.model.torchscript import load, verify
from oscvae.play.models.loaded import factory_presets, find_preset
from oscvae.training.data.store import open_dataset
from oscvae.training.effects.sets import EffectSet
from oscvae.training.evaluate import command as evaluating
from oscvae.training.evaluate.effects.measure import has_effects, measure_effects
from oscvae.training.evaluate.report import Effort
from oscvae.training.evaluate.subject import Subject
from oscvae.training.export.command import export_run
from oscvae.training.fit.paired import PairedLearner
from oscvae.training.fit.run import load_run, read_record
from oscvae.training.fit.start import open_start
from oscvae.training.fit.train import train
from parts.pedals import EFFECTS
from training.board import store_board
from training.hits import paired_config, store_hits
from training.tiny import typed

NAMES = ["dry", *sorted(EFFECTS)]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_board(tmp_path_factory.mktemp("board") / "set")


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    train(paired_config(folder), open_dataset(data), data, folder / "run", False, Console(file=io.StringIO()))
    return folder / "run"


@pytest.fixture(scope="module")
def model(run: Path) -> Path:
    return export_run(run, run.parent / "board.ts").path


def test_a_grid_holds_every_pair_that_there_is_and_no_other(data: Path, tmp_path: Path) -> None:
    notes = open_dataset(data)
    learner = PairedLearner(paired_config(tmp_path, "effects.unseen_pairs=0"), notes)
    seen = set()
    for number in range(60):
        grid = learner.grids.batch(number)
        seen |= set(zip(grid.row.tolist(), grid.effect.tolist(), strict=True))
    trained = np.flatnonzero(~notes.held_out).tolist()
    there = EffectSet.of(notes).has(np.arange(6)[:, None], np.arange(4))
    assert not there.all(), "one is missing"
    assert seen == {(row, effect) for row in trained for effect in range(4) if there[row, effect]}
    assert learner.grids.epoch == len(seen)


def test_the_table_begins_where_the_effects_differ_and_is_trained(data: Path, run: Path, tmp_path: Path) -> None:
    learner = PairedLearner(paired_config(tmp_path), open_dataset(data))
    learner.place_effects()
    places = learner.model.encoder.places.detach()
    assert places.shape == (4, 2)
    apart = torch.linalg.norm(places[:, None] - places[None], dim=2)
    dry, dark, drive, fuzz = range(4)
    assert apart[drive, fuzz] < apart[dark, fuzz], "two distortions and a filter"
    assert apart[drive, fuzz] < apart[dry, fuzz]
    trained = load_run(run).model.encoder.places.detach()
    assert (trained - places).abs().max() > 1e-4
    assert read_record(run)["effects"] == NAMES


def test_the_model_says_where_each_effect_lies_and_calls_it_by_its_name(model: Path) -> None:
    document = read_document(model)
    assert isinstance(document, ModelDocument2)
    assert document.pads == ("sound", "effect")
    assert [row["name"] for row in document.training["effects"]] == NAMES
    assert all(set(row) == {"name", "place"} for row in document.training["effects"])
    presets = factory_presets(document.points, document.latent)
    assert list(presets) == NAMES, "drive 50 is no velocity"
    for row in document.training["effects"]:
        found = find_preset(presets, row["name"])
        assert found is not None
        assert found[2:] == pytest.approx(row["place"], abs=2e-4)
    verify(*load(model))


def test_every_effect_is_a_preset_where_there_are_fewer_sounds_than_effects(data: Path, run: Path, model: Path) -> None:
    notes = open_dataset(data)
    document = read_document(model)
    assert len(document.points) == max((~notes.held_out).sum(), len(NAMES))


def test_what_is_known_of_the_bank_alone_is_left_out(model: Path, data: Path) -> None:
    subject, notes = Subject.open(model), open_dataset(data)
    assert has_effects(subject.document, notes)
    found = measure_effects(subject, notes, np.random.default_rng(1))
    there = EffectSet.of(notes).has(np.flatnonzero(notes.split == 2)[:, None], np.arange(4))
    assert found.all.n == found.detailed.n == there.sum()
    assert sum(distance.n for distance in found.family.values()) == found.all.n
    assert set(found.family) <= set(NAMES)
    assert found.brightness_rank is found.brightness_rank_true is found.unseen_right is None
    assert found.distances == 6
    assert found.effect_from_sound.chance == 0.25
    assert found.seen_pairs.n > 0


def test_a_report_names_what_it_leaves_out(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    effort = Effort(notes_per_semitone=1, recordings=4, correlated_points=6, decodes=10)
    assert evaluating.main(run, None, tmp_path / "out", effort=effort) == 0
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    untold = said[said.index("these data do not say") :]
    assert "unseen effects whose nearest is of their family" in untold
    assert "Moog corner against brightness" in untold
    assert "effect, from the sound's code" not in said
    page = (tmp_path / "out" / "index.html").read_text()
    assert "Families, and the rank of the Moog corner against brightness, are known of the bank alone." in page
    assert "drive 50" in page
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert set(figures["effects"]["family"]) <= set(NAMES)
    assert (tmp_path / "out" / "pictures" / "effects.png").stat().st_size > 1000


def test_a_model_is_judged_by_its_own_effects_only(model: Path, tmp_path: Path) -> None:
    hits = open_dataset(store_hits(tmp_path / "hits"))
    assert not has_effects(Subject.open(model).document, hits)


def test_an_effect_may_be_kept_from_training(data: Path, tmp_path: Path) -> None:
    config = paired_config(tmp_path, "effects.unseen=[fuzz]", "fit.steps=2")
    train(config, open_dataset(data), data, tmp_path / "run", False, Console(file=io.StringIO()))
    document = export_run(tmp_path / "run", tmp_path / "board.ts").document
    assert [row["name"] for row in document.training["effects"] if row.get("unseen")] == ["fuzz"]
    found = measure_effects(Subject.open(tmp_path / "board.ts"), open_dataset(data), np.random.default_rng(1))
    assert set(found.unseen) == {"fuzz"}
    assert found.unseen["fuzz"] in NAMES


def test_effects_that_a_network_does_not_know_begin_where_it_decodes_them_best(data: Path, tmp_path: Path) -> None:
    hits = store_hits(tmp_path / "hits")
    quiet = Console(file=io.StringIO())
    train(paired_config(tmp_path), open_dataset(hits), hits, tmp_path / "first", False, quiet)
    start = open_start(str(tmp_path / "first"))
    assert start.effects[:2] == ("dry", "moog-50")
    notes = open_dataset(data)
    config = paired_config(tmp_path, "optimiser.rate=1e-9", "fit.steps=2")
    learner = train(config, notes, data, tmp_path / "second", console=quiet, start=start)
    places, known = learner.model.encoder.places.detach(), start.weights["encoder.places"].detach()
    assert places.shape == (4, 2)
    rows = np.flatnonzero(~notes.held_out)
    octave, semitone = learner.octave[rows], learner.semitone[rows]
    with torch.no_grad():
        sound = learner.encode(torch.from_numpy(rows))[0][:, :2]
        x, _ = learner.grids.at_knots(rows, np.full(rows.size, 1))
        off = []
        for place in (places[1], *known):
            decoded = learner.model.decoder.describe(
                torch.cat([sound, place.expand(rows.size, 2)], 1), octave, semitone
            )
            there = (decoded[0] > -1.0) | (x > -1.0)
            off.append(float(((decoded[0].clamp(min=-1.0) - x)[there] ** 2).mean()))
    assert off[0] <= 1.05 * min(off)
    exported = export_run(tmp_path / "first", tmp_path / "first.ts").path
    assert open_start(str(exported)).effects == start.effects


def test_what_cannot_be_trained_is_told(data: Path, tmp_path: Path) -> None:
    notes = open_dataset(data)
    for override, said in (
        ("effects.unseen=[wah]", "effects.unseen: no effect 'wah'"),
        ("effects.unseen=[dark, 'drive 50', fuzz]", "effects.unseen: it leaves no effect to train on"),
        (
            "effects.size=4",
            r"effects.size 4: it must be below the number of effects with the dry sound, 4",
        ),
    ):
        more = ("latent=8",) if "size" in override else ()
        with pytest.raises(ConfigError, match=said):
            PairedLearner(paired_config(tmp_path, override, *more), notes)


def test_a_set_of_ones_own_effects_is_trained_with_them(data: Path, tmp_path: Path) -> None:
    small = ("encoder.knots=8", "encoder.dense_knots=4", "decoder.knots=8", "decoder.dense_knots=4", "decoder.width=16")
    settings = ("fit.steps=1", "fit.threads=1", "trainer.accelerator=cpu", *small)
    overrides = [word for setting in settings for word in ("--set", setting)]
    code, said = typed("--data", data, "--out", tmp_path / "run", *overrides)
    assert code == 0, said
    assert re.search(r"begins from nothing: hits \d\.\d was trained with", " ".join(said.split()))
    run = load_run(tmp_path / "run")
    assert (run.config.name, run.config.effects.size) == ("board", 2), "they are few"
    assert run.model.encoder.places.shape == (4, 2)
