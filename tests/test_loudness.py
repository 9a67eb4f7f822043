"""How loud a default `/play` of each shipped model is, from real offline renders.

A first note must be heard beside what a newcomer has running, and six of them must leave the limiter alone. The notes
are the model's own points, at the default velocity and with the default configuration; more of them in make soak.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.model.described import Point
from oscvae.model.document import ModelDocument, read_any_document
from oscvae.osc.packets import Message
from oscvae.osc.score import Moment
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from oscvae.sound.files import read_sound
from oscvae.sound.levels import loudest_db
from oscvae.sound.trajectory import trajectory
from oscvae.training.export.loudness import LOUDNESS_DB, MOST_PEAK_DB
from oscvae.units import gain_to_db
from parts import ROOT, SOAK

pytestmark = pytest.mark.soak

MODELS = sorted(path for path in (ROOT / "models").glob("*.ts") if isinstance(read_any_document(path), ModelDocument))
"""Those of notes. A voice without end has no loudest part: `timbre` is apart."""
RATE = 48_000
APART_S = 2.5  # as long as is heard of a note
HELD_APART_S = 4.5  # of one that is held: longer than it
VELOCITY_DB = gain_to_db(0.8**2)
DEFAULT_DB = -12.0 + VELOCITY_DB
SINGLE_NOTES = 80 if SOAK else 16
SINGLE_STROKES = 400 if SOAK else 100
"""In make soak as many as an export listens to: strokes of one level peak so far apart that of 80 the median is 0.8 dB
off."""
CHORDS, CHORD_NOTES = 20 if SOAK else 6, 6
LIMBS = 3
"""A drummer strikes with a foot and two hands."""
STRUM_S = 0.02
"""Fingers and keys are never on one sample; notes of one OSC bundle are."""

BLENDED = ("drift", "beat", "strike")
"""Of docs/sounds, whose loudest quarter seconds lie 12 dB apart; their first seconds."""
BLENDED_S = 4.0
BEYOND_DB = 7.0
"""That a mix beyond both recordings may be louder than the louder of them: 6 dB a frame, and what frames add up to."""


@pytest.fixture(scope="module", params=MODELS, ids=[path.stem for path in MODELS])
def engine(request: pytest.FixtureRequest) -> Iterator[OfflineEngine]:
    path: Path = request.param
    engine = OfflineEngine(load_config(None, [f"model.folder={path.parent}", f"model.name={path.stem}"]), RATE)
    yield engine
    engine.close()


def points(engine: OfflineEngine) -> tuple[Point, ...]:
    assert engine.models.current is not None
    return engine.models.current.document.points


def is_held(engine: OfflineEngine) -> bool:
    assert engine.models.current is not None
    return engine.models.current.document.region is not None


def has_pitch(engine: OfflineEngine) -> bool:
    assert engine.models.current is not None
    return engine.models.current.document.has_pitch


def play(engine: OfflineEngine, chords: Sequence[Sequence[Point]], rng: np.random.Generator | None = None) -> Float32s:
    """Each chord's sound, [chords, samples]; with `rng`, its notes begin anywhere within `STRUM_S`."""
    begin_s, apart_s = engine.timeline.frame / RATE, HELD_APART_S if is_held(engine) else APART_S
    moments = []
    for row, chord in enumerate(chords):
        for point in chord:
            late_s = 0.0 if rng is None else rng.uniform(0.0, STRUM_S)
            due_ns = round((begin_s + row * apart_s + late_s) * 1e9)
            moments.append(Moment(due_ns, (Message("/play", (point.note, *point.z), ""),)))
    moments.sort(key=lambda moment: moment.due_ns)
    size = round(apart_s * RATE)
    sound = engine.play(moments)
    assert not engine.errors
    assert np.array_equal(sound[0], sound[1]), "a default note is in the middle"
    return np.pad(sound[0], (0, max(0, len(chords) * size - sound.shape[1])))[: len(chords) * size].reshape(-1, size)


def peaks_db(sounds: Iterable[Float32s]) -> NDArray[np.float64]:
    return np.array([gain_to_db(float(np.abs(sound).max())) for sound in sounds])


def chords_of(engine: OfflineEngine) -> list[list[Point]]:
    known, rng = points(engine), np.random.default_rng(1)
    count = CHORD_NOTES if has_pitch(engine) else LIMBS
    return [[known[row] for row in rng.choice(len(known), count, replace=False)] for _ in range(CHORDS)]


def test_a_single_note_is_as_loud_as_every_model_and_a_stroke_as_its_peak_permits(engine: OfflineEngine) -> None:
    known = points(engine)
    count = SINGLE_NOTES if has_pitch(engine) else min(SINGLE_STROKES, len(known))
    rows = np.linspace(0, len(known) - 1, count).round().astype(int)
    sounds = play(engine, [[known[row]] for row in rows])
    peaks = peaks_db(sounds)
    low, high = np.percentile(peaks, (5, 95))
    loudest = np.median([loudest_db(sound, RATE) for sound in sounds])
    if is_held(engine):  # a sine peaks 3 dB above its level, a struck note far more
        assert low > LOUDNESS_DB + DEFAULT_DB + 2.0, "a note that is hardly heard"
        assert np.median(peaks) < -17.0
    elif has_pitch(engine):
        assert -22.0 < np.median(peaks) < -17.0  # of one loudness: the attack of a piano is rounder than a koto's
        assert low > -26.0, "a note that is hardly heard"
    if has_pitch(engine):
        assert high < -9.0
        assert loudest == pytest.approx(LOUDNESS_DB + DEFAULT_DB, abs=0.3), "not the loudness of every model"
    else:
        below = LOUDNESS_DB + DEFAULT_DB - loudest, MOST_PEAK_DB + DEFAULT_DB - np.median(peaks)
        assert min(below) == pytest.approx(0.0, abs=0.3), "neither as loud as every model nor of the peak of a stroke"
    assert peaks.max() < (-3.0 if has_pitch(engine) else -1.0), "a single note of default velocity is near the limiter"


def test_six_notes_of_a_hand_or_most_strokes_of_a_drummer_stay_under_minus_3_dbfs(engine: OfflineEngine) -> None:
    peaks = peaks_db(play(engine, chords_of(engine), np.random.default_rng(2)))
    if has_pitch(engine):
        assert peaks.max() < -3.0
    else:  # all peak: the loudest alone are at -2
        assert np.percentile(peaks, 75) < -3.0


def test_six_notes_or_three_strokes_on_one_sample_are_limited_by_a_few_decibels_at_most(engine: OfflineEngine) -> None:
    """Their attacks add up. Of most chords the peak is under -3 dBFS, and what goes beyond is never limited by much."""
    engine.execute([Message("/gain", (-32.0,), "")])
    try:
        peaks = peaks_db(play(engine, chords_of(engine))[1:]) + 20.0  # the gain settles within the first
    finally:
        engine.execute([Message("/gain", (-12.0,), "")])
    assert np.percentile(peaks, 75) < -3.0
    assert peaks.max() < 2.0


# -- voices without end ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def timbre() -> Iterator[OfflineEngine]:
    folder = ROOT / "models"
    engine = OfflineEngine(load_config(None, [f"model.folder={folder}", "model.name=timbre"]), RATE)
    yield engine
    engine.close()


def test_a_voice_at_a_place_of_timbre_is_as_loud_as_every_model(timbre: OfflineEngine) -> None:
    known = points(timbre)
    rows = np.linspace(0, len(known) - 1, SINGLE_NOTES // 2).round().astype(int)
    sounds = [played(timbre, "/play", 60.0, *known[row].z, 0.8, 1.0) for row in rows]
    peaks = peaks_db(sounds)
    assert np.median([loudest_db(sound, RATE) for sound in sounds]) == pytest.approx(LOUDNESS_DB + DEFAULT_DB, abs=0.3)
    assert -23.0 < np.median(peaks) < -17.0 and np.percentile(peaks, 5) > -28.0, (
        "steady: as its recordings, tone or noise"
    )
    assert peaks.max() < -9.0


def test_a_blend_is_as_loud_as_what_was_recorded_and_never_far_above_the_louder(timbre: OfflineEngine) -> None:
    recorded = {}
    for name in BLENDED:
        sound = read_sound(ROOT / "docs" / "sounds" / f"{name}.mp3", RATE, allow_clipped=True)[
            : round(BLENDED_S * RATE)
        ]
        timbre.encode(*trajectory(sound, timbre.encoding), name)
        recorded[name] = loudest_db(sound, RATE) + DEFAULT_DB
    for a, b in itertools.permutations(BLENDED, 2) if SOAK else itertools.pairwise((*BLENDED, BLENDED[0])):
        low, high = sorted((recorded[a], recorded[b]))
        heard = {mix: loudest_db(played(timbre, "/blend", 1, a, b, mix), RATE) for mix in (-1.0, 0.0, 0.5, 1.0, 2.0)}
        assert heard[0.0] == pytest.approx(recorded[a], abs=1.0)
        assert heard[1.0] == pytest.approx(recorded[b], abs=1.5), "stretched"
        assert low - 3.0 < heard[0.5] < high + 1.0
        assert max(heard[-1.0], heard[2.0]) < high + BEYOND_DB


def played(engine: OfflineEngine, address: str, *args: float | str) -> Float32s:
    """The left channel, from one message on until nothing sounds."""
    due_ns = round(engine.timeline.frame / RATE * 1e9)
    sound = engine.play([Moment(due_ns, (Message(address, args, ""),))])
    assert not engine.errors
    return sound[0]
