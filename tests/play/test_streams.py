"""Endless voices through the engine, block by block: models of frames and of samples that a test can foretell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from oscvae.decode.wire import RECORD
from oscvae.osc.packets import Message
from oscvae.play.offline import OfflineEngine, _await_answers
from oscvae.realtime import layout as at
from oscvae.settings.sections import load_config
from oscvae.spectral.renderer import render_until_idle
from parts.playing import heard, level_db, load, send, silence
from parts.streaming import LOWEST_HZ, QUIETER_DB, RATE, write_ramp, write_sines
from parts.waiting import until

HERE, QUIET, TRAPPED = (0.0, 0.0), (3.0, 0.0), (0.0, 4.0)
OCTAVES = (2.0, 2.6, 3.1, 3.7)
MOVED_S = 0.15


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models")
    write_ramp(made / "ramp.ts")
    write_ramp(made / "raising.ts", raises=True)
    write_sines(made / "sines.ts")
    return made


@pytest.fixture(scope="module")
def shared(folder: Path) -> Iterator[OfflineEngine]:
    settings = [
        f"model.folder={folder}",
        "model.name=ramp",
        "model.device=cpu",
        "model.streams=2",
        "engine.voices=6",
        "engine.spare=2",
        "engine.gain_db=0",
    ]
    made = OfflineEngine(load_config(None, settings), RATE)
    yield made
    assert made.engine.intact()
    made.close()


@pytest.fixture
def fallible(shared: OfflineEngine) -> Iterator[OfflineEngine]:
    """An engine that plays `ramp`, with nothing that sounds."""
    shared.errors.clear()
    load(shared, "ramp")
    yield shared
    assert shared.errors == []
    silence(shared)
    assert shared.pool.idle


@pytest.fixture
def engine(fallible: OfflineEngine) -> Iterator[OfflineEngine]:
    """The same, in which nothing is late."""
    before = late(fallible)
    yield fallible
    assert late(fallible) == before


def late(engine: OfflineEngine) -> tuple[int, int]:
    return engine.engine.word(at.E_UNDERRUNS), engine.engine.word(at.E_CHUNKS_LATE)


def frequencies(sound: NDArray[np.float32], count: int = 4) -> list[float]:
    """The loudest partials in Hz, from the lowest."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18))
    found = []
    for _ in range(count):
        peak = int(spectrum.argmax())
        found.append(peak * RATE / (1 << 18))
        spectrum[max(0, peak - 60) : peak + 60] = 0.0
    return sorted(found)


def test_a_stream_sounds_until_it_is_stopped(engine: OfflineEngine) -> None:
    send(engine, "/play", 60.0, *HERE)
    sound = heard(engine, 12.0)
    loud = level_db(sound[RATE:])
    assert loud > -60.0
    assert abs(level_db(sound[-RATE // 2 :]) - loud) < 1.5
    send(engine, "/stop", 60.0)
    assert level_db(heard(engine, 0.6)[-RATE // 10 :]) < loud - 40.0
    assert engine.pool.idle


def test_a_stream_with_seconds_stops_by_itself(engine: OfflineEngine) -> None:
    send(engine, "/play", 60.0, *HERE, 0.8, 1.0)
    sound = heard(engine, 2.0)
    assert level_db(sound[RATE // 2 : round(0.95 * RATE)]) > level_db(sound[round(1.3 * RATE) :]) + 40.0
    assert engine.pool.idle


def test_a_stream_that_moves_is_where_it_was_sent_soon(engine: OfflineEngine) -> None:
    send(engine, "/voice/new", 1, 60.0, *HERE)
    before = level_db(heard(engine, 0.5)[RATE // 4 :])
    send(engine, "/voice/set", 1, "z", *QUIET)
    heard(engine, MOVED_S)
    assert level_db(heard(engine, 0.3)) == pytest.approx(before - 3.0 * QUIETER_DB, abs=1.0)


def test_interp_brings_a_stream_from_one_point_to_another(engine: OfflineEngine) -> None:
    send(engine, "/interp", 60.0, 1.0, *HERE, *QUIET)
    sound = heard(engine, 1.5)
    levels = [level_db(part) for part in np.split(sound[: round(0.9 * RATE)], 3)]
    assert levels[0] > levels[1] + 2.0 > levels[2] + 4.0
    assert engine.pool.idle


def test_a_stream_is_the_same_bits_whoever_sounds_beside_it(engine: OfflineEngine) -> None:
    send(engine, "/play", 60.0, *HERE)
    alone = heard(engine, 0.5)
    silence(engine)
    for note in (55.0, 60.0, 62.0, 67.0):
        send(engine, "/play", note, 0.5, 0.5, 0.0)  # unheard
    heard(engine, 0.05)
    send(engine, "/play", 60.0, *HERE)
    np.testing.assert_array_equal(heard(engine, 0.5), alone)


def test_a_point_at_which_a_model_fails_ends_the_voice_and_not_those_beside_it(fallible: OfflineEngine) -> None:
    load(fallible, "raising")
    for id_ in (1, 2):
        send(fallible, "/voice/new", id_, 60.0, *HERE)
    heard(fallible, 0.2)
    send(fallible, "/voice/set", 1, "z", *TRAPPED)
    heard(fallible, 1.0)
    assert [voice.asked.id for voice in fallible.pool] == [2]
    assert fallible.errors.pop().endswith("the model 'raising' failed: the voice ends")


def test_a_point_at_which_a_model_answers_no_numbers_ends_the_voice(fallible: OfflineEngine) -> None:
    send(fallible, "/voice/new", 1, 60.0, *HERE)
    heard(fallible, 0.2)
    send(fallible, "/voice/set", 1, "z", *TRAPPED)
    assert np.isfinite(heard(fallible, 1.0)).all()
    assert fallible.pool.idle
    assert fallible.errors.pop().endswith("answered numbers that are not finite: the voice ends")


def test_a_voice_that_fails_before_it_is_heard_ends_and_leaves_its_slot(fallible: OfflineEngine) -> None:
    load(fallible, "raising")
    for _ in range(3):
        send(fallible, "/play", 60.0, *TRAPPED)
        heard(fallible, 0.1)
        assert fallible.errors.pop().endswith("failed at this point")
        assert fallible.errors == []
        assert fallible.pool.idle


def test_a_decoder_that_dies_before_a_voice_is_heard_leaves_no_slot_behind(folder: Path) -> None:
    """Its first chunk is there, the second never comes."""
    settings = [f"model.folder={folder}", "model.name=ramp", "model.device=cpu", "engine.voices=2", "engine.spare=1"]
    engine = OfflineEngine(load_config(None, settings), RATE)
    try:
        send(engine, "/play", 60.0, *HERE)
        (voice,) = engine.pool
        current = engine.models.current
        assert current is not None
        _await_answers(current, RECORD.size)
        current.decoder.kill()
        assert until(lambda: not current.decoder.running(), 5.0)
        render_until_idle(engine.engine.address)
        engine.instrument.take_events()
        assert not voice.in_flight and not voice.heard and not engine.pool.idle
        engine.pool.abandon(current)
        render_until_idle(engine.engine.address)
        engine.instrument.take_events()
        assert engine.pool.idle
        assert "died" in engine.errors.pop()
    finally:
        engine.close()


def test_a_model_of_samples_plays_what_it_decodes_without_a_seam(engine: OfflineEngine) -> None:
    load(engine, "sines")
    send(engine, "/play", 60.0, *OCTAVES, 1.0)
    sound = heard(engine, 2.0)
    sent = next(i for i in range(RATE) if sound[i] != 0.0)
    steps = LOWEST_HZ * 2.0 ** np.array(OCTAVES) / RATE
    steady = sound[sent + 2400 : sent + 2400 + RATE].astype(np.float64)
    t = np.arange(len(steady))
    basis = np.stack([wave(2.0 * np.pi * step * t) for step in steps for wave in (np.sin, np.cos)], axis=1)
    left = steady - basis @ np.linalg.lstsq(basis, steady, rcond=None)[0]
    assert level_db(left.astype(np.float32)) < level_db(steady.astype(np.float32)) - 70.0


def test_a_note_transposes_a_stream(engine: OfflineEngine) -> None:
    load(engine, "sines")
    send(engine, "/play", 72.0, *OCTAVES)
    found = frequencies(heard(engine, 1.2)[RATE // 5 :])
    np.testing.assert_allclose(found, 2.0 * LOWEST_HZ * 2.0 ** np.array(OCTAVES), rtol=2e-3)


def test_the_memory_of_a_model_of_samples_belongs_to_one_voice_and_begins_anew(engine: OfflineEngine) -> None:
    load(engine, "sines")
    send(engine, "/play", 60.0, *OCTAVES)
    alone = heard(engine, 0.4)
    silence(engine)
    send(engine, "/play", 50.0, 1.0, 1.5, 2.0, 2.5, 0.0)  # unheard
    heard(engine, 0.1)
    send(engine, "/play", 60.0, *OCTAVES)
    np.testing.assert_array_equal(heard(engine, 0.4), alone)


def test_a_model_of_samples_steals_from_itself_when_its_copies_are_used(engine: OfflineEngine) -> None:
    load(engine, "sines")
    for note in (55.0, 60.0, 64.0, 67.0, 71.0):
        send(engine, "/play", note, *OCTAVES)
        heard(engine, 0.1)
    assert [voice.asked.note for voice in engine.pool] == [67.0, 71.0]
    engine.execute([Message("/play", (note, *OCTAVES), "") for note in (40.0, 45.0)])
    heard(engine, 0.1)
    assert [voice.asked.note for voice in engine.pool] == [40.0, 45.0]


def test_a_stream_goes_on_when_another_model_is_loaded(engine: OfflineEngine) -> None:
    send(engine, "/play", 60.0, *HERE)
    before = level_db(heard(engine, 0.5)[RATE // 4 :])
    load(engine, "sines")
    assert level_db(heard(engine, 1.0)) == pytest.approx(before, abs=1.0)
    contexts = len(list(engine.contexts))
    send(engine, "/stop", 60.0)
    heard(engine, 0.6)
    engine.contexts.collect()
    heard(engine, 0.1)
    assert len(list(engine.contexts)) == contexts - 1
