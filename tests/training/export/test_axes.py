"""The order, the signs and the labels of an exported model's dimensions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from oscvae.arrays import Float32s
from oscvae.model.torchscript import one_hots
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.export import axes as measuring
from oscvae.training.export.axes import Axes, choose_words, measure_axes, turned, turned_document
from oscvae.training.export.export import Card, describe
from oscvae.training.model.network import NoteModel, make_model
from training.tiny import ANALYSIS, make_notes, tiny_config

AXES = Axes((2, 0, 1), (1, -1, 1), ("brightness", "z2", "noise"), (3.0, 2.0, 1.0))
KINDS = {
    "knots": [],
    "convolutional": [
        "encoder={kind: convolutional, channels: [4, 4], kernel: 3, hidden: [8]}",
        "decoder={kind: convolutional, channels: [6, 4, 4], kernels: [3, 3, 3], hidden: [16]}",
    ],
}


def make(folder: Path, kind: str = "knots") -> NoteModel:
    return make_model(tiny_config(folder, "refine.rounds=0", *KINDS[kind]), ANALYSIS).eval()


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_turned_network_says_the_same_in_other_dimensions(kind: str, tmp_path: Path) -> None:
    model = make(tmp_path, kind)
    again = turned(model, AXES)
    octave, semitone = one_hots([60, 65, 72], ANALYSIS.first_octave)
    z = torch.randn(3, 3, generator=torch.Generator().manual_seed(1))
    other = torch.stack([z[:, 2], -z[:, 0], z[:, 1]], 1)
    x = torch.from_numpy(make_notes().x[[0, 5, 12]])
    with torch.inference_mode():
        torch.testing.assert_close(again(other, octave, semitone), model(z, octave, semitone))
        (mean, variance), (turned_mean, turned_variance) = (one.encode(x, octave, semitone) for one in (model, again))
    torch.testing.assert_close(turned_mean, torch.stack([mean[:, 2], -mean[:, 0], mean[:, 1]], 1))
    torch.testing.assert_close(turned_variance, variance[:, [2, 0, 1]])


def test_a_turned_document_is_that_of_the_turned_network(tmp_path: Path) -> None:
    model, notes, card = make(tmp_path), make_notes(), Card("tiny", "1", "", ())
    document = turned_document(describe(model, notes, ANALYSIS, card, {"seed": 1}), AXES)
    wanted = describe(turned(model, AXES), notes, ANALYSIS, card, {})
    for name in ("mean", "std", "low", "high"):
        np.testing.assert_allclose(getattr(document.latent, name), getattr(wanted.latent, name), atol=2e-4)
    for one, other in zip(document.points, wanted.points, strict=True):
        np.testing.assert_allclose(one.z, other.z, atol=2e-4)
    assert document.labels == AXES.labels
    told = document.training["axes"]
    assert told == {"order": [3, 1, 2], "signs": [1, -1, 1], "change_db": [3.0, 2.0, 1.0]}
    assert type(document).model_validate_json(json.dumps(document.model_dump())).labels == AXES.labels


def test_a_word_must_be_sure_and_alone_and_is_given_once() -> None:
    rho = np.array(
        [
            [0.9, 0.8, 0.59, 0.7],
            [0.1, 0.1, 0.0, -0.75],
            [0.0, 0.2, 0.0, 0.0],
        ]
    )
    assert choose_words(rho) == [0, None, None, None]
    rho[:, 1] = [0.1, 0.3, -0.8]
    assert choose_words(rho) == [0, 2, None, None]


def test_dimensions_go_by_what_they_change_and_rise_with_their_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a decoder whose first dimension does nothing, whose second lowers and whose third raises what is high."""
    analysis = AnalysisPart(
        n_fft=512, hop=128, n_bands=48, frames=40, onset_sample=384, note_min=60, note_max=72
    ).complete()
    model, notes = make(tmp_path), make_notes()
    document = describe(model, notes, ANALYSIS, Card("tiny", "1", "", ()), {})
    latent = document.latent.model_copy(update={"std": (1.0,) * 3, "low": (-1.0,) * 3, "high": (1.0,) * 3})
    document = document.model_copy(update={"latent": latent, "frames": analysis.frames, "knots": None})

    class Tilted(torch.nn.Module):
        def forward(self, z: torch.Tensor, octave: torch.Tensor, semitone: torch.Tensor) -> torch.Tensor:
            band = torch.linspace(-1.0, 1.0, analysis.bands.n)[None, :, None]
            x = 0.1 * (z[:, 2] - 3.0 * z[:, 1])[:, None, None] * band - 0.2
            fades = torch.arange(analysis.frames)[None, None] * 0.01
            return (x - fades).clamp(-1.0, 1.0)

    weights: Float32s = np.array([-1.0, 1.0, 1.0], np.float32)
    monkeypatch.setattr(measuring, "_POINTS", 30)
    found = measure_axes(Tilted(), document, weights)
    assert found.order == (1, 2, 0)
    assert found.change_db[0] == pytest.approx(3.0 * found.change_db[1], rel=0.05)
    assert found.change_db[2] == 0.0
    assert found.signs == (-1, 1, -1), "the last by its weight"
