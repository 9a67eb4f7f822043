"""Streamed equals offline: what the JACK port gives is what `oscvae render` writes, sample for sample."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from e2e.streamed import APART_S, PLAIN, Sent, check
from oscvae.osc.packets import Message
from oscvae.osc.score import Moment
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from parts import SOAK
from parts.daemon import Z
from parts.listening import Sound, aligned, difference
from parts.soak import SOAKED
from parts.stage import Stage

pytestmark = pytest.mark.jack

VOICES: tuple[tuple[Sent, ...], ...] = (
    (*PLAIN, ("/play", 60, *Z, 1.0, 1.5)),
    (*PLAIN, ("/play", 64.37, 1.0, -0.5, 0.2, -1.1, 0.6, 1.5)),  # a fraction: resampled
    (*PLAIN, ("/play", 43, *Z, 0.8, 0.3)),  # released after 0.3 s
    (*PLAIN, ("/stretch", 1.6), ("/attack", 0.02), ("/play", 81, -0.7, 0.4, 1.3, 0.0, 0.5, 1.5)),
    (*PLAIN, ("/stretch", 0.5), ("/release", 0.7), ("/play", 94.5, *Z, 0.7, 0.2)),  # beyond the model's notes
)


def test_each_voice_alone_is_the_rendering_bit_for_bit_and_the_mix_within_1e_6(stage: Stage, tmp_path: Path) -> None:
    check(stage, tmp_path, VOICES)


def test_a_glide_is_the_rendering_bit_for_bit(stage: Stage, tmp_path: Path) -> None:
    """The first key says from where, and gives way at once."""
    line: tuple[Sent, ...] = (("/mode", "mono"), ("/portamento", 0.0), ("/note", 76, 100), ("/portamento", 0.3))
    check(stage, tmp_path, [(*PLAIN, ("/stretch", 0.25), ("/z", *Z), *line, ("/note", 52, 100))])


@pytest.mark.parametrize(
    ("rate", "period"),
    [
        (44_100, 256),
        pytest.param(96_000, 64, marks=SOAKED),
        pytest.param(48_000, 1024, marks=SOAKED),
        pytest.param(44_100, 64, marks=SOAKED),
        pytest.param(22_050, 128, marks=SOAKED),
    ],
)
def test_so_it_is_after_another_server_came_with_its_rate_and_period(
    mortal_stage: Stage, tmp_path: Path, rate: int, period: int
) -> None:
    mortal_stage.replace_server(rate, period)
    check(mortal_stage, tmp_path, VOICES if SOAK else VOICES[1:2])


@pytest.mark.soak
def test_a_voice_is_the_same_however_far_ahead_it_is_rendered() -> None:
    """Live, the renderer is a little or a lot ahead of the callback; offline it always is as far as it can."""
    rate = 44_100
    rng = random.Random(1)
    notes = [tuple(rng.gauss(0.0, 0.7) for _ in range(4)) for _ in range(20 if SOAK else 6)]
    score = [
        Moment(round((0.1 + number * APART_S) * 1e9), (Message("/play", (35.0 + 62.0 * number / len(notes), *z), ""),))
        for number, z in enumerate(notes)
    ]
    takes: list[Sound] = []
    for buffer_s in (0.013, 0.2):
        engine = OfflineEngine(load_config(None, [f"engine.buffer_s={buffer_s}", "model.device=cpu"]), rate)
        try:
            takes.append(engine.play(score))
        finally:
            engine.close()
        assert engine.errors == []
    assert takes[0].any()
    assert difference(*aligned(*takes)) is None
