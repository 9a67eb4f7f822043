"""The study of annealing: its loss is the published one, and it is stopped, gone on with and read as runs are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from oscvae.errors import DataError
from oscvae.training.config import RegulariserConfig
from oscvae.training.data.store import open_dataset
from oscvae.training.fit.losses import reconstruction
from oscvae.training.fit.regularisers import divergence, penalty
from oscvae.training.fit.targets import FrameTargets
from oscvae.training.studies import annealing as study
from oscvae.training.studies.command import run
from oscvae.training.studies.setting import Setting
from training.tiny import ANALYSIS, make_notes, store_notes


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_notes(tmp_path_factory.mktemp("data"))


def test_its_loss_is_half_the_summed_squares_and_beta_times_the_divergence() -> None:
    notes = make_notes()
    config = study.configured(study.Way("any", 3.0), 1, notes, study.Size.of(True))
    decades = ANALYSIS.range_db / 20.0
    rows = torch.arange(4)
    target = FrameTargets(torch.from_numpy(notes.x), notes, config.loss, decades)(rows)
    generator = torch.Generator().manual_seed(1)
    x = target.x + 0.1 * torch.randn(target.x.shape, generator=generator).abs()  # above the floor: all of it counts
    mean, log_variance = (torch.randn(4, study.LATENT, generator=generator) for _ in range(2))
    ours = reconstruction(x, torch.empty(0), target, config.loss, decades)
    ours = ours + config.regulariser.weight * penalty(config.regulariser, mean, log_variance, mean, mean)
    published = 0.5 * ((x - target.x) ** 2).sum((1, 2)).mean() + 3.0 * divergence(mean, log_variance).sum()
    share = 0.5 * ANALYSIS.bands.n * ANALYSIS.frames
    assert float(share * ours) == pytest.approx(float(published), rel=1e-3)


def test_free_nats_cost_nothing_and_pull_nothing() -> None:
    config = RegulariserConfig(free_nats=0.5)
    mean = torch.tensor([[0.1, 3.0]], requires_grad=True)
    log_variance = torch.zeros(1, 2)
    asked = penalty(config, mean, log_variance, mean, mean)
    assert float(asked.detach()) == pytest.approx(0.5 + 4.5)
    asked.backward()
    assert mean.grad is not None and mean.grad.tolist() == [[0.0, 3.0]]


def test_the_notes_are_taken_from_all_of_a_set() -> None:
    notes = make_notes()
    chosen = study.some_notes(notes, 20)
    assert len(chosen) == 20 == chosen.x.shape[0]
    assert {0, 1} <= set(chosen.timbre.tolist()) and {0, 1} <= set(chosen.split.tolist())
    assert study.some_notes(notes, 100) is notes


def test_it_goes_on_from_the_runs_that_are_there(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "WAYS", study.WAYS[:2])
    monkeypatch.setattr(study, "_claims", lambda outcome, found: None)
    first = study.run(Setting(tmp_path, small=True, data=data))
    held = {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/*/checkpoints/last.ckpt")}
    assert len(held) == 2
    again = study.run(Setting(tmp_path, small=True, data=data))
    assert again.figures == first.figures
    assert {path: path.stat().st_mtime_ns for path in held} == held


def test_its_page_says_what_was_found_for_every_way(data: Path, tmp_path: Path) -> None:
    assert run("annealing", tmp_path, True, data, 1) == 0
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.count("data:image/png") == 2 and "oscvae export" in page
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert set(figures["ways"]) == {way.name for way in study.WAYS}
    assert all(0 <= told["active"][0] <= study.LATENT for told in figures["ways"].values())
    assert len(figures["claims"]) == 3 and figures["claims"][1]["holds"] is None, "one seed claims nothing"
    assert len(open_dataset(data)) <= study.Size.of(True).notes


def test_it_says_which_data_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="oscvae dataset build plucked data/plucked"):
        study.run(Setting(tmp_path, small=True))
