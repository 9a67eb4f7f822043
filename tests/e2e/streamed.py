"""What a JACK port gives beside what `oscvae render` writes, sample for sample."""

from __future__ import annotations

import struct
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from oscvae.app import render
from oscvae.osc.packets import encode_bundle, encode_message
from oscvae.settings.sections import load_config
from parts import ROOT
from parts.listening import Sound, aligned, difference, first_sound
from parts.recorder import Recorder
from parts.stage import Stage

Sent = tuple[Any, ...]

AHEAD_S = 0.25  # of the bundle's timetag, so that no decode is late
APART_S = 4.0  # of bundles in the score: longer than any of these notes
LENGTH_S = 2.9

# a release of 0.15 s as a float32 of OSC is not the default's double: both sides are told
PLAIN: tuple[Sent, ...] = (("/release", 0.15), ("/stretch", 1.0), ("/attack", 0.0))


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
