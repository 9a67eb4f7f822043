"""Streamed equals offline: what the JACK port gives is what `oscvae render` writes, sample for sample."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from oscvae.app import render
from oscvae.osc.packets import Message, encode_bundle, encode_message
from oscvae.osc.score import Moment
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from parts import ROOT, SOAK
from parts.daemon import Z
from parts.listening import Sound, aligned, difference, first_sound
from parts.recorder import Recorder
from parts.soak import SOAKED
from parts.stage import Stage

pytestmark = pytest.mark.jack

Sent = tuple[Any, ...]

AHEAD_S = 0.25  # of the bundle's timetag, so that no decode is late
APART_S = 4.0  # of bundles in the score: longer than any of these notes
LENGTH_S = 2.9

# a release of 0.15 s as a float32 of OSC is not the default's double: both sides are told
PLAIN: tuple[Sent, ...] = (("/release", 0.15), ("/stretch", 1.0), ("/attack", 0.0))
VOICES: tuple[tuple[Sent, ...], ...] = (
    (*PLAIN, ("/play", 60, *Z, 1.0, 1.5)),
    (*PLAIN, ("/play", 64.37, 1.0, -0.5, 0.2, -1.1, 0.6, 1.5)),  # a fraction: resampled
    (*PLAIN, ("/play", 43, *Z, 0.8, 0.3)),  # released after 0.3 s
    (*PLAIN, ("/stretch", 1.6), ("/attack", 0.02), ("/play", 81, -0.7, 0.4, 1.3, 0.0, 0.5, 1.5)),
    (*PLAIN, ("/stretch", 0.5), ("/release", 0.7), ("/play", 94.5, *Z, 0.7, 0.2)),  # beyond the model's notes
)


def write_score(path: Path, bundles: Sequence[Sequence[Sent]]) -> None:
    """Bundles APART_S from each other in scsynth's non-real-time format: sizes, and timetags counted from 0."""
    with path.open("wb") as file:
        for number, messages in enumerate(bundles):
            timetag = round((0.1 + number * APART_S) * (1 << 32))
            bundle = encode_bundle(timetag, [encode_message(m[0], m[1:]) for m in messages])
            file.write(struct.pack(">i", len(bundle)) + bundle)


def rendered(folder: Path, bundles: Sequence[Sequence[Sent]], rate: int, *more: str) -> list[Sound]:
    """`oscvae render --score` of bundles, each from its first onset on: float32 [2, frames]."""
    score, out = folder / "piece.osc", folder / "piece.wav"
    write_score(score, bundles)
    settings = [f"audio.sample_rate={rate}", "model.device=cpu", *more]
    assert render.main(load_config(ROOT / "config.yaml", settings), score=score, out=out, progress=False) == 0
    samples, written_rate = soundfile.read(out, dtype="float32", always_2d=True)
    assert written_rate == rate
    parts = [
        samples.T[:, round(number * APART_S * rate) : round((number + 1) * APART_S * rate)]
        for number in range(len(bundles))
    ]
    return [part[:, first_sound(part) :] for part in parts]


def sounding_s(part: Sound, rate: int) -> float:
    return float(np.max(np.flatnonzero(part.any(axis=0)), initial=0)) / rate


def check(stage: Stage, folder: Path, voices: Sequence[Sequence[Sent]], *settings: str) -> None:
    """Each voice alone bit for bit, and all of them in one bundle within 1e-6. settings: of the rendering."""
    rate = int(stage.status().sample_rate)
    bundles = [*voices, [message for voice in voices for message in voice]]
    for messages, rendering in zip(bundles, rendered(folder, bundles, rate, *settings), strict=True):
        seconds = sounding_s(rendering, rate)
        assert 0.1 < seconds < LENGTH_S and np.abs(rendering).max() > 0.01
        tolerance = 1e-6 if len(messages) == len(bundles[-1]) else 0.0

        def compared(
            sound: Sound, _: Recorder, *, rendering: Sound = rendering, tolerance: float = tolerance
        ) -> str | None:
            if not sound.any():
                return "nothing was heard"
            got, expected = aligned(sound[:, first_sound(sound) :], rendering)
            return difference(got, expected, tolerance)

        stage.hear(
            lambda messages=messages: stage.client.send_bundle(messages, time.time() + AHEAD_S),  # type: ignore[misc]
            AHEAD_S + seconds + 0.2,
            compared,
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
