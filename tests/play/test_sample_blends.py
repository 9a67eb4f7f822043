"""Blends of models that decode samples: a recording is a trajectory of theirs, and any two are met."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscvae.errors import ModelError
from oscvae.play.offline import OfflineEngine
from oscvae.settings.sections import load_config
from oscvae.sound.trajectory import read_trajectory
from parts.nn_models import LOWEST_HZ, RATE, Resounding, WithRate, write_foreign
from parts.playing import encode, heard, level_db, load, send, silence

LOW_HZ, HIGH_HZ = 375.0, 1500.0  # the model counts crossings: it hears multiples of 46.9 Hz
SECONDS = 3.0  # two parts and a bit: 65,536 samples are encoded at a time


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models")
    write_foreign(made / "resounding.ts", Resounding())
    write_foreign(made / "stereo.ts", Resounding(channels=2))
    write_foreign(made / "other.ts", WithRate())
    t = np.arange(round(SECONDS * RATE)) / RATE
    for name, hz, level in (("low", LOW_HZ, 0.3), ("high", HIGH_HZ, 0.3), ("soft", LOW_HZ, 0.03)):
        soundfile.write(made / f"{name}.wav", level * np.sin(2.0 * np.pi * hz * t + 0.1), RATE)
    return made


@pytest.fixture(scope="module")
def shared(folder: Path) -> Iterator[OfflineEngine]:
    settings = [f"model.folder={folder}", "model.name=resounding", "model.device=cpu", "engine.gain_db=0"]
    made = OfflineEngine(load_config(None, [*settings, "engine.voices=4", "engine.spare=2"]), RATE)
    yield made
    assert made.engine.intact()
    made.close()


@pytest.fixture(params=["resounding", "stereo"])
def engine(shared: OfflineEngine, folder: Path, request: pytest.FixtureRequest) -> Iterator[OfflineEngine]:
    shared.errors.clear()
    load(shared, request.param)
    for name in ("low", "high", "soft"):
        encode(shared, folder / f"{name}.wav", name)
    yield shared
    assert shared.errors == []
    silence(shared)


def pitch_hz(sound: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18))
    return float(np.argmax(spectrum) * RATE / (1 << 18))


def second(sound: np.ndarray) -> np.ndarray:
    return sound[RATE // 2 : RATE // 2 + RATE]


def test_each_recording_comes_back_and_ends_where_it_ended(engine: OfflineEngine) -> None:
    for mix, hz in ((0.0, LOW_HZ), (1.0, HIGH_HZ)):
        send(engine, "/blend", 1, "low", "high", mix, 1.0, 1.0)
        sound = heard(engine, SECONDS + 0.6)
        assert pitch_hz(second(sound)) == pytest.approx(hz, rel=0.06)
        assert level_db(second(sound)) == pytest.approx(20 * np.log10(0.3 / np.sqrt(2.0)), abs=0.5)
        last_s = np.flatnonzero(np.abs(sound) > 1e-3)[-1] / RATE
        assert last_s == pytest.approx(SECONDS, abs=0.15)
        assert engine.pool.idle


def test_between_two_a_voice_is_between_them_and_a_move_is_heard(engine: OfflineEngine) -> None:
    send(engine, "/blend", 1, "low", "high", 0.5, 1.0, 1.0)
    sound = heard(engine, 1.5)
    assert pitch_hz(second(sound)) == pytest.approx(np.sqrt(LOW_HZ * HIGH_HZ), rel=0.06)
    send(engine, "/voice/set", 1, "mix", 1.0)
    heard(engine, 0.3)
    assert pitch_hz(heard(engine, 0.5)) == pytest.approx(HIGH_HZ, rel=0.06)
    send(engine, "/voice/set", 1, "z", -1.0, 0.0)
    heard(engine, 0.3)
    assert pitch_hz(heard(engine, 0.2)) == pytest.approx(HIGH_HZ / 2.0, rel=0.06)


def test_the_same_blend_is_the_same_bits_and_a_recording_with_itself_is_itself(engine: OfflineEngine) -> None:
    def rendering(a: str, b: str, mix: float) -> np.ndarray:
        send(engine, "/blend", 1, a, b, mix, 1.0, 1.0)
        sound = heard(engine, 1.0)
        silence(engine)
        return sound[int(np.argmax(np.abs(sound) > 0.0)) :][: RATE // 2]

    once = rendering("low", "high", 0.3)
    np.testing.assert_array_equal(once, rendering("low", "high", 0.3))
    np.testing.assert_array_equal(rendering("low", "low", 0.0), rendering("low", "low", 0.7))


def test_a_recording_is_a_point_as_well_where_it_is_loud(engine: OfflineEngine) -> None:
    handle = engine.models.current.handles.find("low")  # type: ignore[union-attr]
    assert handle is not None
    assert handle.z == pytest.approx((np.log2(LOW_HZ / LOWEST_HZ), 0.3), abs=0.05)
    assert handle.seconds == pytest.approx(SECONDS, abs=0.02)


def test_a_model_whose_encode_has_other_frames_blends_nothing(shared: OfflineEngine, folder: Path) -> None:
    load(shared, "other")
    with pytest.raises(ModelError, match="'other' encodes no recordings"):
        encode(shared, folder / "low.wav", "low")
    send(shared, "/blend", 1, "low", "high", 0.5)
    assert "encodes no recordings" in shared.errors.pop()


def test_pieces_hold_all_of_a_recording_and_their_levels(folder: Path, shared: OfflineEngine) -> None:
    load(shared, "resounding")
    x, levels = read_trajectory(folder / "low.wav", shared.encoding)
    sound, _ = soundfile.read(folder / "low.wav", dtype="float32")
    np.testing.assert_allclose(x.reshape(-1)[: sound.size], sound, atol=1e-4)
    assert not x.reshape(-1)[sound.size :].any()
    assert np.median(levels) == pytest.approx(20 * np.log10(0.3 / np.sqrt(2.0)), abs=0.1)
