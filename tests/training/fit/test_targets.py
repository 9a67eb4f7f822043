"""What a decoder is judged by at its knots, and how much each counts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from oscvae.training.config import LossConfig
from oscvae.training.fit.learner import Learner
from oscvae.training.fit.losses import log_spectral_distance, reconstruction, spectral_convergence
from oscvae.training.fit.targets import FrameTargets, KnotTargets, frame_weights
from oscvae.training.model.additive import time_knots
from training.tiny import ANALYSIS, make_notes, tiny_config

KNOTS = tuple(time_knots(8, 4, ANALYSIS.frames).tolist())
CERTAIN = torch.zeros(2, 0, 1)


def test_knots_at_every_frame_are_the_frames() -> None:
    notes, every, rows = make_notes(), tuple(map(float, range(ANALYSIS.frames))), torch.tensor([3, 17])
    config = LossConfig()
    knots = KnotTargets(notes, every, config, 4.3)(rows)
    frames = FrameTargets(torch.from_numpy(notes.x), notes, config, 4.3)(rows)
    for one, other in zip(knots, frames, strict=True):
        torch.testing.assert_close(one, other)


def test_a_note_that_is_right_at_its_knots_owes_nothing() -> None:
    target = KnotTargets(make_notes(), KNOTS, LossConfig(), 4.3)(torch.tensor([0, 9]))
    assert target.x.shape == (2, ANALYSIS.bands.n, 8)
    assert float(reconstruction(target.x, CERTAIN, target, LossConfig(convergence=0.0), 4.3)) == 0.0
    assert float(log_spectral_distance(target.x, target, 86.0).max()) == 0.0
    # The mean of magnitudes is not the magnitude of the mean: so much a knot cannot know.
    assert float(spectral_convergence(target.x, target, 4.3).max()) < 0.2


def test_a_knot_counts_as_many_frames_as_it_stands_for() -> None:
    weight = KnotTargets(make_notes(), KNOTS, LossConfig(), 4.3)(torch.tensor([0])).weight[0]
    assert float(weight.sum()) == pytest.approx(1.0)
    assert float(weight[0]) == pytest.approx(1.0 / ANALYSIS.frames)
    assert torch.all(weight[4:-1] > weight[1:4].max())


def test_what_is_repeated_or_late_counts_less() -> None:
    notes = make_notes()
    step_s = ANALYSIS.hop / ANALYSIS.sample_rate
    loop_s = np.full(len(notes), np.inf, np.float32)
    loop_s[:10] = 10.5 * step_s
    looped = dataclasses.replace(notes, loop_s=loop_s)
    weight = frame_weights(looped, LossConfig(looped=0.25))
    first = np.flatnonzero(np.diff(weight[0]))
    assert first.size == 1
    begin = (ANALYSIS.onset_sample - ANALYSIS.n_fft / 2) / ANALYSIS.hop
    assert first[0] + 1 == np.ceil(10.5 + begin)
    assert weight[0, -1] / weight[0, 0] == pytest.approx(0.25)
    assert np.ptp(weight[10:]) == 0.0
    assert weight[~notes.held_out].sum(1).mean() == pytest.approx(1.0)
    late = frame_weights(notes, LossConfig(late=0.5, late_s=10.5 * step_s))
    assert late[0, -1] / late[0, 0] == pytest.approx(0.5)
    assert np.ptp(late, axis=0).max() == 0.0


def test_an_encoder_of_the_same_knots_hears_what_it_would_hear_of_frames(tmp_path: Path) -> None:
    notes = make_notes()
    same = Learner(tiny_config(tmp_path), notes)
    rows = torch.tensor([1, 20, 40])
    with torch.inference_mode():
        of_frames = same.model.encoder(same.notes(rows), same.octave[rows], same.semitone[rows])
        torch.testing.assert_close(same.encode(rows), of_frames)
    other = Learner(tiny_config(tmp_path, "encoder.knots=6"), notes)
    with torch.inference_mode():
        of_frames = other.model.encoder(other.notes(rows), other.octave[rows], other.semitone[rows])
        torch.testing.assert_close(other.encode(rows), of_frames)
