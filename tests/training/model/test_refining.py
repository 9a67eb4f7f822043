"""An encoder's guess is improved on by what the decoder makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from oscvae.model.torchscript import one_hots, script
from oscvae.training.config import RefineConfig
from oscvae.training.model.network import NoteModel, in_frames, make_model
from oscvae.training.model.refining import Refinement
from training.tiny import ANALYSIS, make_notes, tiny_config

NOTES = list(range(60, 73))


def make(folder: Path, *overrides: str) -> NoteModel:
    return make_model(tiny_config(folder, "refine.rounds=5", *overrides), ANALYSIS).eval()


@pytest.mark.parametrize("convergence", [0.0, 0.1])
def test_what_was_decoded_from_a_point_is_found_again(convergence: float, tmp_path: Path) -> None:
    model = make(tmp_path, f"refine.convergence={convergence}", "refine.damping=0.01")
    octave, semitone = one_hots(NOTES, ANALYSIS.first_octave)
    z = torch.randn(len(NOTES), 3, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        knots = model(z, octave, semitone)
        x = in_frames(knots, model.knots, ANALYSIS.frames)
        guess = model.encoder(x, octave, semitone)[0]
        found = model.encode(x, octave, semitone)[0]
        near, far = ((model(point, octave, semitone) - knots).square().mean() for point in (found, guess))
    assert near < 0.01 * far
    assert (found - z).abs().median() < 0.1 * (guess - z).abs().median()


def test_an_anchor_holds_a_point_near_the_guess(tmp_path: Path) -> None:
    octave, semitone = one_hots(NOTES, ANALYSIS.first_octave)
    x = torch.from_numpy(make_notes().x[: len(NOTES)])
    moved = []
    for anchor in (0.0, 1e-3, 1e3):
        model = make(tmp_path, f"refine.anchor={anchor}")
        with torch.inference_mode():
            away = model.encode(x, octave, semitone)[0] - model.encoder(x, octave, semitone)[0]
        moved.append(float(away.abs().mean()))
    assert moved[0] > moved[1] > moved[2]
    assert moved[2] < 1e-3


def test_only_the_beginning_of_a_note_counts(tmp_path: Path) -> None:
    model = make(tmp_path, "refine.seconds=0.03")
    octave, semitone = one_hots(NOTES, ANALYSIS.first_octave)
    x = torch.from_numpy(make_notes().x[: len(NOTES)])
    judged = ANALYSIS.frames_within(0.03)
    assert 8 < judged < ANALYSIS.frames
    later, sooner = x.clone(), x.clone()
    later[:, :, judged:] = 0.5
    sooner[:, :, judged - 1] = 0.5
    guess = model.encoder(x, octave, semitone)
    model.encoder.forward = lambda x, octave, semitone: guess  # type: ignore[method-assign]
    with torch.inference_mode():
        found = [model.encode(one, octave, semitone)[0] for one in (x, later, sooner)]
    assert torch.equal(found[0], found[1])
    assert not torch.allclose(found[0], found[2])


def test_without_rounds_the_guess_is_the_point(tmp_path: Path) -> None:
    model = make(tmp_path, "refine.rounds=0")
    octave, semitone = one_hots(NOTES, ANALYSIS.first_octave)
    x = torch.from_numpy(make_notes().x[: len(NOTES)])
    with torch.inference_mode():
        assert torch.equal(model.encode(x, octave, semitone)[0], model.encoder(x, octave, semitone)[0])


def test_a_scripted_model_refines_alike_and_the_weights_are_those_of_any(tmp_path: Path) -> None:
    model = make(tmp_path)
    octave, semitone = one_hots(NOTES, ANALYSIS.first_octave)
    x = torch.from_numpy(make_notes().x[: len(NOTES)])
    with torch.inference_mode():
        torch.testing.assert_close(script(model).encode(x, octave, semitone), model.encode(x, octave, semitone))
    assert not [key for key in model.state_dict() if key.startswith("refinement")]
    assert Refinement(RefineConfig(), 3, ANALYSIS).neighbours(torch.zeros(2, 3)).shape == (2, 4, 3)
