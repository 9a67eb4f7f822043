"""Held notes: where they are let go, tuned by the middle, and their release at one frame however slowly they speak."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from oscvae.errors import DataError, SoundFileError
from oscvae.model.level import level_frames
from oscvae.sound.pitch import detune_cents
from oscvae.training.data.analysis import AnalysisPart
from oscvae.training.data.holding import Hold, finish_held, middle, tune_held
from oscvae.training.data.prepare import Checks, prepare
from oscvae.units import note_to_hz

ANALYSIS = AnalysisPart(frames=140, note_min=40, note_max=88).complete()
AXIS = ANALYSIS.band_axis()
RATE = ANALYSIS.sample_rate
HOLD = Hold.of(ANALYSIS, 1.0, 0.5)
HALF_DB = 0.5 * ANALYSIS.range_db


def take(
    note: float,
    speaks_s: float = 0.0,
    vibrato_cents: float = 0.0,
    falls: float = 0.1,
    pressed_s: float = HOLD.pressed_s,
) -> tuple[NDArray[np.float32], int]:
    """A comb whose key is pressed at 0.1 s; it speaks so much later, and at its release falls to a share of itself."""
    time_s = np.arange(round((0.2 + HOLD.length_s(ANALYSIS)) * RATE)) / RATE
    released = round((0.1 + pressed_s) * RATE)
    bend = vibrato_cents * np.sin(2.0 * np.pi * 5.5 * time_s)
    phase = 2.0 * np.pi * np.cumsum(note_to_hz(note) * 2.0 ** (bend / 1200.0)) / RATE
    sound = sum(np.sin(h * phase) / h for h in (1, 2, 3, 4))
    level = np.where(time_s < 0.1 + speaks_s, 0.0, np.where(np.arange(time_s.size) < released, 1.0, falls))
    return (0.1 * sound * level).astype(np.float32), released


def levels_db(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of each frame."""
    power = np.where(x > -1.0, 10.0 ** (0.1 * HALF_DB * x.astype(np.float64)), 0.0) * AXIS.width()[:, None]
    return 10.0 * np.log10(power.sum(0) + 1e-12)


def test_a_hold_says_where_notes_are_let_go() -> None:
    middle_s = (HOLD.release_frame * ANALYSIS.hop + 0.5 * ANALYSIS.n_fft - ANALYSIS.onset_sample) / RATE
    assert middle_s == pytest.approx(1.0, abs=0.5 * ANALYSIS.hop / RATE)
    first, last = HOLD.region
    assert last == HOLD.release_frame - 1
    assert (last - first) * ANALYSIS.hop / RATE == pytest.approx(0.5, abs=ANALYSIS.hop / RATE)


@pytest.mark.parametrize(
    ("hold_s", "sustain_s", "said"), [(1.0, 1.2, "sustain_s 1.2"), (1.5, 0.5, "leaves no release")]
)
def test_a_hold_that_the_frames_have_no_room_for_is_refused(hold_s: float, sustain_s: float, said: str) -> None:
    with pytest.raises(DataError, match=said):
        Hold.of(ANALYSIS, hold_s, sustain_s)


@pytest.mark.parametrize("speaks_s", [0.0, 0.13, 0.4])
def test_the_release_is_at_one_frame_however_late_a_note_speaks(speaks_s: float) -> None:
    sound, released = take(57, speaks_s)
    x, level = finish_held(sound, released, HOLD, ANALYSIS, AXIS)
    assert x.shape == (256, 140)
    assert level > 0.0
    at = levels_db(x)
    held = at[level_frames(ANALYSIS) : HOLD.release_frame]
    assert np.ptp(held) < 0.1, "nothing of the release is in what is held"
    assert at[HOLD.release_frame + 4] - held[-1] == pytest.approx(-20.0, abs=0.2)
    half = at[HOLD.release_frame] - held[-1]
    assert half == pytest.approx(-3.0, abs=0.3), "the key is let go in the middle of the window"


def test_a_note_that_speaks_too_late_is_refused() -> None:
    sound, released = take(57, 0.6)
    with pytest.raises(SoundFileError, match=r"held for 0\.\d\d s after its onset"):
        finish_held(sound, released, HOLD, ANALYSIS, AXIS)


def test_vibrato_does_not_bend_a_note() -> None:
    sound, released = take(69.2, vibrato_cents=30.0)
    tuned, moved = tune_held(sound, 69, RATE, released)
    assert moved == pytest.approx(released * 2.0 ** (20.0 / 1200.0), rel=5e-3)
    begin = round(0.6 * RATE)
    assert abs(detune_cents(tuned[begin : begin + RATE // 2], RATE, note_to_hz(69.0))) < 8.0
    x, _ = finish_held(tuned, moved, HOLD, ANALYSIS, AXIS)
    at = levels_db(x)
    assert at[HOLD.release_frame + 4] - at[HOLD.release_frame - 1] == pytest.approx(-20.0, abs=0.5)


def test_a_held_take_becomes_a_note_of_the_pitch_of_its_middle() -> None:
    sound, released = take(57.3)
    noise = np.random.default_rng(1).normal(0.0, 0.2, round(0.1 * RATE)).astype(np.float32)
    sound[round(0.1 * RATE) :][: noise.size] += noise  # a bow that scratches first
    made = prepare(sound, 57, ANALYSIS, AXIS, Checks(), held=(HOLD, released))
    assert made.note == 57
    assert made.f0_hz == pytest.approx(note_to_hz(57.3), rel=2e-3)
    assert middle(sound, RATE, released).size == RATE // 4
