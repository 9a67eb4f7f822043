"""What a dimension says is judged by what it does to the sound, which a refined code cannot hide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from oscvae.model.torchscript import load, save, script
from oscvae.training.evaluate.latent import HEARD_DB, measure_changes
from oscvae.training.evaluate.subject import Subject
from oscvae.training.export.export import Card, describe
from oscvae.training.model.network import make_model
from training.tiny import ANALYSIS, make_notes, tiny_config


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    """A model of three dimensions whose decoder does not read the second."""
    model = make_model(tiny_config(tmp_path), ANALYSIS).eval()
    card = Card("deaf", "1", "MIT", ("none",))
    document = describe(model, make_notes(), ANALYSIS, card, {})
    with torch.no_grad():
        for name, weight in model.decoder.named_parameters():
            if name == "trunk.0.weight":
                weight[:, 0] *= 1e4
                weight[:, 1] = 0.0
    save(script(model), document, tmp_path / "deaf.ts")
    return Subject(*load(tmp_path / "deaf.ts"))


def test_a_dimension_that_changes_nothing_is_dead(subject: Subject) -> None:
    change_db = measure_changes(subject, np.random.default_rng(1))
    assert change_db.shape == (3,)
    assert change_db[1] == pytest.approx(0.0, abs=1e-6)
    assert change_db[0] > HEARD_DB
