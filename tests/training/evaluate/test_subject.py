"""The model that is judged: whatever it decodes, its spectra have all frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from oscvae.model.torchscript import load, save, script, verify
from oscvae.training.evaluate.metrics import pitch
from oscvae.training.evaluate.subject import Subject
from oscvae.training.export.export import check_same
from parts.knotted import BANDS, FRAMES, Knotted, knotted_document, write_both


def test_a_model_that_decodes_knots_is_judged_by_all_frames(tmp_path: Path) -> None:
    write_both(tmp_path)
    knots, frames = Subject.open(tmp_path / "knots.ts"), Subject.open(tmp_path / "frames.ts")
    z, notes = knots.random_points(5, np.random.default_rng(1)), [48, 52, 60, 61, 72]
    x = knots.decode(z, notes)
    assert x.shape == (5, BANDS, FRAMES)
    np.testing.assert_array_equal(x, frames.decode(z, notes))
    np.testing.assert_array_equal(knots.encode(x, notes).mean, x[:, 0, [3, 200]])
    assert pitch(knots.module, knots.document, count=3) == pitch(frames.module, frames.document, count=3)


def test_an_export_of_knots_is_compared_with_what_it_was_made_from(tmp_path: Path) -> None:
    write_both(tmp_path)
    module, document = load(tmp_path / "knots.ts")
    assert max(check_same(Knotted(whole=False), module, document)) < 1e-5


def test_half_precision_weights_compute_in_float32(tmp_path: Path) -> None:
    class Halved(Knotted):
        def __init__(self) -> None:
            super().__init__(whole=False)
            self.level = torch.nn.Parameter(torch.full((1,), 0.1))

        def forward(self, z: torch.Tensor, octave: torch.Tensor, semitone: torch.Tensor) -> torch.Tensor:
            return (z[:, :1, None] * 0.0 + self.shape[0]) * self.level

    stored = Halved()
    stored.level.data = stored.level.data.half()
    save(script(stored), knotted_document(weights="float16"), tmp_path / "half.ts")
    module, document = load(tmp_path / "half.ts")
    verify(module, document)
    x = module(torch.zeros(1, 2), torch.zeros(1, 7), torch.zeros(1, 12))
    assert x.dtype == torch.float32
    assert abs(float(x.max()) - 0.6 * float(torch.tensor(0.1).half())) < 1e-6
